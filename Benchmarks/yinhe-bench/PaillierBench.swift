import Arithmetic
import ArgumentParser
import Paillier
import Foundation
import SandboxCore

struct PaillierBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paillier", abstract: "Paillier operations per second.",
        discussion: """
            The key and the encryptor's tables are made before the clock starts (the time of both is in the details). Every \
            ciphertext of the result is decrypted and compared with plain arithmetic.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case encrypt, encryptOwner = "encrypt-owner", decrypt, add, scale
    }
    enum Scheme: String, ExpressibleByArgument, CaseIterable { case djn, standard }

    @Option(help: "What to measure.") var op = Operation.encrypt
    @Option(help: "Bits of the modulus n.") var bits = 2048
    @Option(help: "djn: short-exponent randomness (Damgard, Jurik, Nielsen 2010); standard: r^n for a random r.") var scheme = Scheme.djn
    @Option(help: "Operations.") var n: Int?
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard PaillierPublicKey.allowedBits.contains(bits) else { throw ValidationError("--bits must be 2048, 3072 or 4096") }
        guard n ?? 1 > 0, n ?? 1 <= 1 << 24 else { throw ValidationError("--n must be 1 to \(1 << 24)") }
    }

    func run() async throws {
        let count = n ?? (op == .add ? 100_000 : op == .scale ? 4_000 : 2_000), threads = options.threads
        let clock = ContinuousClock()
        var start = clock.now
        let key = try PaillierPrivateKey(
            generated: try await Parallel.offload { try PaillierPrivateKey.generate(bits: bits) }, scheme: scheme)
        let keySeconds = (clock.now - start).seconds
        start = clock.now
        let publicEncryptor = PaillierEncryptor(key.publicKey)
        let encryptor = op == .encryptOwner ? PaillierEncryptor(key) : publicEncryptor
        let tableSeconds = (clock.now - start).seconds

        // Plaintexts of 32 bits, as in the peers' benches; scalars of 32 bits.
        let random = BufferedRandom()
        let plain = (0..<count).map { _ in BigInteger(random.word() >> 32) }
        let scalars = (0..<count).map { _ in BigInteger(random.word() >> 32) }
        let inputs = op == .encrypt || op == .encryptOwner ? [] : try PaillierEncryptor(key).encrypt(plain, threads: availableCores)

        let samples = try await options.repeated {
            switch op {
            case .encrypt, .encryptOwner:
                return try await measure({ try await Parallel.offload { try encryptor.encrypt(plain, threads: threads) } }) {
                    try key.decrypt($0, threads: availableCores) == plain
                }
            case .decrypt:
                return try await measure({ try await Parallel.offload { try key.decrypt(inputs, threads: threads) } }) { $0 == plain }
            case .add:
                return try await measure({
                    try await Self.each(count, threads) { key.publicKey.add(inputs[$0], inputs[($0 + 1) % count]) }
                }) { result in
                    let expected = (0..<count).map { plain[$0] + plain[($0 + 1) % count] }
                    let sampled = stride(from: 0, to: count, by: max(1, count / 1000)).map { $0 }
                    return try key.decrypt(sampled.map { result[$0] }, threads: availableCores) == sampled.map { expected[$0] }
                }
            case .scale:
                return try await measure({
                    try await Self.each(count, threads) { key.publicKey.multiply(inputs[$0], byPublic: scalars[$0]) }
                }) { try key.decrypt($0, threads: availableCores) == (0..<count).map { plain[$0] * scalars[$0] } }
            }
        }
        try options.report(
            BenchResult(
                "paillier", op: op.rawValue, protocol: "paillier-\(scheme.rawValue)", n: count, threads: threads, samples: samples,
                details: [
                    "bits": String(bits), "key_generation_s": String(format: "%.3f", keySeconds),
                    "table_s": String(format: "%.3f", tableSeconds), "table_bytes": String(encryptor.tableBytes),
                ]))
    }

    private static func each(
        _ count: Int, _ threads: Int, _ body: @escaping @Sendable (Int) -> PaillierCiphertext
    ) async throws -> [PaillierCiphertext] {
        try await Parallel.offload {
            var out = [PaillierCiphertext?](repeating: nil, count: count)
            try out.withUnsafeMutableBufferPointer { buffer in
                let shared = DisjointBuffer(buffer)
                try Parallel.forEachChunk(of: count, chunk: 256, threads: threads) { for i in $0 { shared.base[i] = body(i) } }
            }
            return out.map { $0! }
        }
    }
}

extension PaillierPrivateKey {
    /// The same primes under the scheme that is measured.
    fileprivate convenience init(generated key: PaillierPrivateKey, scheme: PaillierBench.Scheme) throws {
        try self.init(p: key.p.prime, q: key.q.prime, scheme: scheme == .djn ? .djn : .standard)
    }
}
