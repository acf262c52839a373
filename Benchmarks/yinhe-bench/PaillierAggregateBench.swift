import ArgumentParser
import Foundation
import Paillier
import SandboxCore
import Transport

struct PaillierAggregateBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paillier-aggregate", abstract: "Encrypted vectors of several processes, added by one and opened by another.",
        discussion: """
            Process 0 holds the private key and sends the public one; the others each encrypt n 32-bit values (slots for sums of 2^20) and \
            send the file to process 1, which adds all of them and sends the sum to process 0, which opens it. Making the key is not \
            counted, checking the public key and making the encryptors' tables is. The opened sums are compared with plain ones.
            """)

    @Option(help: "Values of each contributor.") var n = 100_000
    @Option(help: "Processes, the key's holder among them: 3 to 8.") var parties = 3
    @Option(help: "Bits of the modulus n.") var bits = 2048
    @Flag(help: "All parties in one process over memory channels.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard PaillierPublicKey.allowedBits.contains(bits) else { throw ValidationError("--bits must be 2048, 3072 or 4096") }
        guard n > 0, n <= 1 << 26, (3...8).contains(parties) else {
            throw ValidationError("--n must be 1 to \(1 << 26), --parties 3 to 8")
        }
    }

    private static let frameBytes = 1 << 20
    static let values: ClosedRange<Int64> = 0...Int64(UInt32.max)

    private static func value(_ party: Int, _ i: Int) -> Int64 { Int64(ShareInputs.mix(UInt64(i) &+ UInt64(party) << 40) >> 32) }

    func run() async throws {
        let (n, parties, bits, threads) = (n, parties, bits, options.threads)
        let samples = try await options.repeated {
            try await Parties.runPhased(parties, inProcess: inProcess) { index, channels, phases in
                let folder = FileManager.default.temporaryDirectory.appending(path: "yinhe-bench-\(UUID().uuidString)").path
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: folder) }
                if index == 0 {
                    let key = try await Parallel.offload { try BenchKeys.paillier(bits: bits, scheme: .subgroup) }
                    for i in 1..<parties { try await channels[i]!.send([1]) }
                    phases.begin()
                    for i in 1..<parties { try await channels[i]!.send(key.publicKey.encoded) }
                    try await Self.receive(folder + "/sum", channels[1]!)
                    phases.mark("waiting for the sum")
                    let opened = try await Parallel.offload {
                        var sums: [Int128] = []
                        try CiphertextFile(path: folder + "/sum", key: key.publicKey).decrypt(with: key, threads: threads) { sums += $0 }
                        return sums
                    }
                    phases.mark("opening")
                    return {
                        opened.count == n
                            && opened.indices.allSatisfy { i in
                                opened[i] == (1..<parties).reduce(0) { $0 + Int128(Self.value($1, i)) }
                            }
                    }
                }
                // The key's holder says when its key is made.
                _ = try await channels[0]!.receive()
                phases.begin()
                let bytes = try await channels[0]!.receive()
                try await Parallel.offload {
                    let key = try PaillierPublicKey(encoded: bytes), encryptor = PaillierEncryptor(key)
                    let layout = try PackedLayout(Self.values, additions: 1 << 20, key: key)
                    let writer = try VectorFileEncryptor(
                        path: folder + "/own", layout: layout, encryptor: encryptor, total: n, threads: threads)
                    for start in stride(from: 0, to: n, by: 1 << 14) {
                        try writer.append((start..<min(n, start + 1 << 14)).map { Self.value(index, $0) })
                    }
                    try writer.finish()
                }
                phases.mark("encrypting")
                guard index == 1 else {
                    try await Self.send(folder + "/own", channels[1]!)
                    return { true }
                }
                for i in 2..<parties { try await Self.receive(folder + "/\(i)", channels[i]!) }
                phases.mark("receiving")
                try await Parallel.offload {
                    let key = try PaillierPublicKey(encoded: bytes)
                    let parts = try (["own"] + (2..<parties).map(String.init)).map { try CiphertextFile(path: "\(folder)/\($0)", key: key) }
                    try CiphertextFile.sum(parts, to: folder + "/sum", threads: threads)
                }
                phases.mark("adding")
                try await Self.send(folder + "/sum", channels[0]!)
                return { true }
            }
        }
        try options.report(
            BenchResult(
                "paillier-aggregate", op: "sum", protocol: "paillier-subgroup", n: n, threads: options.threads, samples: samples,
                details: ["bits": String(bits), "parties": String(parties)]))
    }

    private static func send(_ path: String, _ channel: any Channel) async throws {
        guard let file = FileHandle(forReadingAtPath: path) else { throw YinheError(.system, "cannot read", at: path) }
        while let data = try file.read(upToCount: frameBytes), !data.isEmpty { try await channel.send([UInt8](data)) }
        try await channel.send([])
    }

    private static func receive(_ path: String, _ channel: any Channel) async throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw YinheError(.system, "cannot write", at: path)
        }
        while case let frame = try await channel.receive(), !frame.isEmpty { try file.write(contentsOf: Data(frame)) }
        try file.close()
    }
}
