import Arithmetic
import ArgumentParser
import Foundation
import Paillier
import SandboxCore
import Synchronization

/// Encrypted vectors: files larger than memory, sums by group, weighted sums, prepared randomness.
struct PaillierVectorBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paillier-vectors", abstract: "Encrypted vectors: files, sums by group, matrices, prepared randomness.",
        discussion: """
            stream encrypts n 32-bit values (slots for sums of 2^20 of them) into a file, adds `--files` such files into one and opens it, \
            each a phase of its own in the details; per_s counts values through all three; peak_rss_bytes is of all. The other \
            operations count ciphertexts: group adds n rows of two values by 256 groups; matrix multiplies n rows with 16 rows of 32-bit \
            weights; pool encrypts n rows with prepared powers. Every result is compared with plain arithmetic.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case stream, group, matrix, pool

        var defaultCount: Int {
            switch self {
            case .stream: 1_000_000
            case .group: 100_000
            case .matrix: 4_000
            case .pool: 8_000
            }
        }
    }

    @Option(help: "stream, group, matrix or pool.") var op = Operation.stream
    @Option(help: "Bits of the modulus n.") var bits = 2048
    @Option(help: "Values (stream) or ciphertexts.") var n: Int?
    @Option(help: "Files that stream adds.") var files = 3
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard PaillierPublicKey.allowedBits.contains(bits) else { throw ValidationError("--bits must be 2048, 3072 or 4096") }
        guard n ?? 1 > 0, n ?? 1 <= 1 << 30 else { throw ValidationError("--n must be 1 to \(1 << 30)") }
        guard files > 0, files <= 1 << 10 else { throw ValidationError("--files must be 1 to 1024") }
    }

    func run() async throws {
        let bits = bits, key = try await Parallel.offload { try BenchKeys.paillier(bits: bits, scheme: .subgroup) }
        let encryptor = PaillierEncryptor(key.publicKey), count = n ?? op.defaultCount
        let layout = try PackedLayout(0...Int64(UInt32.max), additions: 1 << 20, key: key.publicKey)
        var samples: [Sample] = []
        for _ in 0..<options.runs {
            samples.append(
                try await {
                    switch op {
                    case .stream: try await stream(key, encryptor, layout, count)
                    case .group: try await group(key, count)
                    case .matrix: try await matrix(key, count)
                    case .pool: try await pool(key, encryptor, layout, count)
                    }
                }())
        }
        try options.report(
            BenchResult(
                "paillier-vectors", op: op.rawValue, protocol: "paillier-subgroup", n: count, threads: options.threads, samples: samples,
                details: ["bits": String(bits), "values_per_ciphertext": String(layout.slotsPerPlaintext)]))
    }

    private func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yinhe-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A value that needs no memory: the mixing step of SplitMix64.
    private static func value(_ i: Int) -> Int64 {
        var z = UInt64(i) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        return Int64((z ^ z >> 27) >> 32)
    }

    private func stream(
        _ key: PaillierPrivateKey, _ encryptor: PaillierEncryptor, _ layout: PackedLayout, _ count: Int
    ) async throws -> Sample {
        let folder = try folder(), threads = options.threads, files = files, bar = ProgressBar(isShown: !options.json)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let phases = Mutex<[String: String]>([:])
        var sample = try await measure({
            try await Parallel.offload {
                let clock = ContinuousClock()
                func timed(_ name: String, _ body: () throws -> Void) throws {
                    let start = clock.now, cpu = ResourceUsage.current().cpuSeconds
                    try body()
                    let seconds = (clock.now - start).seconds, used = ResourceUsage.current().cpuSeconds - cpu
                    phases.withLock {
                        $0[name + "_s"] = String(format: "%.3f", seconds)
                        $0[name + "_cpu_s"] = String(format: "%.3f", used)
                    }
                }
                let input = folder + "/a.enc", output = folder + "/sum.enc"
                try timed("encrypt") {
                    let writer = try VectorFileEncryptor(
                        path: input, layout: layout, encryptor: encryptor, total: count, threads: threads, progress: bar.report)
                    for start in stride(from: 0, to: count, by: 1 << 14) {
                        try writer.append((start..<min(count, start + 1 << 14)).map(Self.value))
                    }
                    try writer.finish()
                }
                try timed("add") {
                    let parts = try (0..<files).map { _ in try CiphertextFile(path: input, key: key.publicKey) }
                    try CiphertextFile.sum(parts, to: output, threads: threads, progress: bar.report)
                }
                var correct = true, next = 0
                try timed("open") {
                    try CiphertextFile(path: output, key: key.publicKey).decrypt(with: key, threads: threads, progress: bar.report) { values in
                        for value in values {
                            if value != Int128(Self.value(next)) * Int128(files) { correct = false }
                            next += 1
                        }
                    }
                }
                return correct && next == count
            }
        }) { $0 }
        bar.finish()
        sample.details = phases.withLock { $0 }
        return sample
    }

    private func rows(_ key: PaillierPrivateKey, _ count: Int, perRow: Int, additions: Int) async throws -> (EncryptedVector, [Int64]) {
        let values = (0..<count * perRow).map { Self.value($0) % 1_000_000 - 500_000 }
        let layout = try PackedLayout(-500_000...500_000, additions: additions, key: key.publicKey)
        return try await Parallel.offload {
            (try EncryptedVector.encrypt(values, layout: layout, with: PaillierEncryptor(key), valuesPerRow: perRow), values)
        }
    }

    private func group(_ key: PaillierPrivateKey, _ count: Int) async throws -> Sample {
        // A few thousand ciphertexts, used again and again: encrypting is not what is measured.
        let distinct = min(count, 4096), groups = 256, threads = options.threads
        let (vector, values) = try await rows(key, distinct, perRow: 2, additions: 1 << 30)
        let selections = (0..<groups).map { g in stride(from: g, to: count, by: groups).map { Int(Self.value($0)) % distinct } }
        return try await measure({ try await Parallel.offload { try vector.sums(ofRows: selections, threads: threads) } }) { sums in
            let expected = selections.flatMap { rows in
                (0..<2).map { slot in rows.reduce(Int128(0)) { $0 + Int128(values[2 * $1 + slot]) } }
            }
            return try sums.decrypt(with: key) == expected
        }
    }

    private func matrix(_ key: PaillierPrivateKey, _ count: Int) async throws -> Sample {
        let (vector, values) = try await rows(key, count, perRow: 1, additions: 1 << 50), threads = options.threads
        let weights = (0..<16).map { r in (0..<count).map { Self.value(r * count + $0) - (1 << 31) } }
        return try await measure({ try await Parallel.offload { try vector.weightedSums(weights, threads: threads) } }) { sums in
            try sums.decrypt(with: key) == weights.map { zip($0, values).reduce(Int128(0)) { $0 + Int128($1.0) * Int128($1.1) } }
        }
    }

    private func pool(
        _ key: PaillierPrivateKey, _ encryptor: PaillierEncryptor, _ layout: PackedLayout, _ count: Int
    ) async throws -> Sample {
        let folder = try folder(), threads = options.threads
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pool = try RandomnessPool(path: folder + "/pool", key: key.publicKey, secretFile: folder + "/secret")
        let clock = ContinuousClock(), start = clock.now
        try await Parallel.offload { try pool.fill(to: count, with: encryptor, threads: threads) }
        let filling = (clock.now - start).seconds
        let values = (0..<count * layout.slotsPerPlaintext).map(Self.value)
        var sample = try await measure({
            try await Parallel.offload { try EncryptedVector.encrypt(values, layout: layout, with: encryptor, pool: pool, threads: threads) }
        }) { try pool.count == 0 && $0.decrypt(with: key) == values.map { Int128($0) } }
        sample.details["fill_s"] = String(format: "%.3f", filling)
        return sample
    }
}

/// A line on standard error that shows how far a phase is.
private final class ProgressBar: Sendable {
    private let last = Mutex("")
    private let isShown: Bool

    init(isShown: Bool) { self.isShown = isShown && isatty(STDERR_FILENO) != 0 }

    var report: ProgressMonitor? {
        guard isShown else { return nil }
        return { event in
            let percent = event.total.map { $0 > 0 ? 100 * event.completed / $0 : 100 } ?? 0
            self.show("\(event.phase): \(String(repeating: "#", count: percent / 4).padding(toLength: 25, withPad: ".", startingAt: 0)) \(percent) %")
        }
    }

    private func show(_ text: String) {
        last.withLock { last in
            guard text != last else { return }
            last = text
            FileHandle.standardError.write(Data("\r\(text)   ".utf8))
        }
    }

    func finish() { if isShown { FileHandle.standardError.write(Data("\n".utf8)) } }
}
