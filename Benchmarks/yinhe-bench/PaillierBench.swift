import Arithmetic
import ArgumentParser
import Foundation
import Paillier
import SandboxCore

struct PaillierBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paillier", abstract: "Paillier operations per second.",
        discussion: """
            The key and the encryptor's tables are made before the clock starts (the time of both is in the details). Plaintexts and \
            scalars have 32 bits. Every result is decrypted and compared with plain arithmetic before its line is printed. \
            encrypt-packed counts values: 32-bit values in slots that hold the sum of 2^20 of them. dot counts the ciphertexts of one dot \
            product. load-key reads and checks a public key and maps its kept table. generate makes keys, with all threads.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case encrypt, encryptOwner = "encrypt-owner", encryptPacked = "encrypt-packed", decrypt, add, negate, scale, dot
        case loadKey = "load-key", generate

        /// So that a run takes seconds and most of it is the steady state.
        func defaultCount(_ scheme: PaillierPublicKey.Scheme) -> Int {
            let slow = scheme == .standard
            return switch self {
            case .encrypt: slow ? 200 : 4_000
            case .encryptOwner: slow ? 200 : 8_000
            case .encryptPacked: slow ? 5_000 : 100_000
            case .decrypt: scheme == .subgroup ? 2_000 : 500
            case .add: 200_000
            case .negate: 80_000
            case .scale: 8_000
            case .dot: 20_000
            case .loadKey: 20
            case .generate: 5
            }
        }
    }

    @Option(help: "What to measure; several, separated by commas, share one key.", transform: Self.operations)
    var op = [Operation.encrypt]
    @Option(help: "Bits of the modulus n.") var bits = 2048
    @Option(
        help: "subgroup: short exponents in a subgroup (Ma, Han, Lei 2021); djn: h^r (Damgard, Jurik, Nielsen 2010); standard: r^n.")
    var scheme = PaillierPublicKey.Scheme.subgroup
    @Option(help: "Operations.") var n: Int?
    @Option(help: "MiB of memory that an encryptor's tables may take.") var tableMiB = PaillierEncryptor.defaultTableBytes >> 20
    @OptionGroup var options: BenchOptions

    private static func operations(_ text: String) throws -> [Operation] {
        try text.split(separator: ",").map { name in
            guard let operation = Operation(rawValue: String(name)) else {
                throw ValidationError("--op \(name): one of \(Operation.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return operation
        }
    }

    func validate() throws {
        guard PaillierPublicKey.allowedBits.contains(bits) else { throw ValidationError("--bits must be 2048, 3072 or 4096") }
        guard n ?? 1 > 0, n ?? 1 <= 1 << 24 else { throw ValidationError("--n must be 1 to \(1 << 24)") }
        guard tableMiB > 0, tableMiB <= 1 << 10 else { throw ValidationError("--table-mi-b must be 1 to 1024") }
        guard !op.isEmpty else { throw ValidationError("--op is empty") }
    }

    func run() async throws {
        let clock = ContinuousClock(), bits = bits, scheme = scheme, tableBytes = tableMiB << 20
        var start = clock.now
        let key = try await Parallel.offload { try BenchKeys.paillier(bits: bits, scheme: scheme) }
        var details = [
            "bits": String(bits), "exponent_bits": scheme == .standard ? String(bits) : String(key.publicKey.exponentBits),
            "key_generation_s": String(format: "%.3f", (clock.now - start).seconds),
        ]
        start = clock.now
        let publicEncryptor = PaillierEncryptor(key.publicKey, tableBytes: tableBytes)
        details["table_s"] = String(format: "%.4f", (clock.now - start).seconds)
        let work = PaillierWork(
            key: key, encryptor: publicEncryptor, owner: PaillierEncryptor(key, tableBytes: tableBytes), threads: options.threads)
        for operation in op {
            let count = PaillierWork.exactCount(operation, n ?? operation.defaultCount(scheme))
            let samples = try await work.samples(operation, count: count, options)
            var line = details
            let encryptor = operation == .encryptOwner ? work.owner : publicEncryptor
            line["table_bytes"] = String(encryptor.tableBytes)
            if operation == .loadKey || operation == .generate {
                let median = samples.map(\.wall).sorted()[samples.count / 2]
                line["ms_each"] = String(format: "%.2f", median * 1000 / Double(count))
            }
            try options.report(
                BenchResult(
                    "paillier", op: operation.rawValue, protocol: "paillier-\(scheme.rawValue)", n: count, threads: options.threads,
                    samples: samples, details: line))
        }
    }
}

extension PaillierPublicKey.Scheme: ExpressibleByArgument {}
