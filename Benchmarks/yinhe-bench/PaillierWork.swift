import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// The operations that `yinhe-bench paillier` measures, with their checks by decryption.
struct PaillierWork: Sendable {
    let key: PaillierPrivateKey
    let encryptor: PaillierEncryptor
    let owner: PaillierEncryptor
    let threads: Int

    /// Ciphertexts that operations on ciphertexts go over again and again: more than the second-level cache holds, so that the
    /// figure is the one of long vectors.
    private static let rows = 4096

    /// The number of operations that is measured when `count` are asked for: whole rounds over a vector.
    static func exactCount(_ operation: PaillierBench.Operation, _ count: Int) -> Int {
        guard operation == .add || operation == .negate else { return count }
        let rounds = (count + rows - 1) / rows
        return (count + rounds - 1) / rounds * rounds
    }

    private var publicKey: PaillierPublicKey { key.publicKey }

    func samples(_ operation: PaillierBench.Operation, count: Int, _ options: BenchOptions) async throws -> [Sample] {
        switch operation {
        case .encrypt: try await encryption(encryptor, count, options)
        case .encryptOwner: try await encryption(owner, count, options)
        case .encryptPacked: try await packed(count, options)
        case .decrypt: try await decryption(count, options)
        case .add, .negate: try await overVectors(operation, count, options)
        case .scale: try await scaling(count, options)
        case .dot: try await dot(count, options)
        case .loadKey: try await loading(count, options)
        case .generate: try await generation(count, options)
        }
    }

    private static func words(_ count: Int) -> [UInt64] {
        let random = BufferedRandom()
        return (0..<count).map { _ in random.word() >> 32 }
    }

    // MARK: Single values, as rows of words

    private func encryption(_ encryptor: PaillierEncryptor, _ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let plain = Self.words(count), threads = threads
        return try await options.repeated {
            try await measure({
                try await Parallel.offload {
                    let out = HugeBuffer<UInt64>(count: count * encryptor.ciphertextLimbs, wiped: false)
                    try encryptor.encrypt(count: count, limbsPerPlaintext: 1, plaintexts: plain, threads: threads, into: out.pointer)
                    return out
                }
            }) { try opens($0, plain) }
        }
    }

    private func opens(_ ciphertexts: HugeBuffer<UInt64>, _ plain: [UInt64]) throws -> Bool {
        let limbs = publicKey.plaintextLimbs
        let opened = HugeBuffer<UInt64>(count: plain.count * limbs, wiped: false)
        try key.decrypt(count: plain.count, ciphertexts: ciphertexts.pointer, threads: availableCores, into: opened.pointer)
        return plain.indices.allSatisfy { i in
            opened[i * limbs] == plain[i] && (1..<limbs).allSatisfy { opened[i * limbs + $0] == 0 }
        }
    }

    private func decryption(_ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let plain = Self.words(count), threads = threads, limbs = publicKey.plaintextLimbs
        // The public key's way: the owner's ciphertexts are the same.
        let inputs = HugeBuffer<UInt64>(count: count * owner.ciphertextLimbs, wiped: false)
        try owner.encrypt(count: count, limbsPerPlaintext: 1, plaintexts: plain, threads: availableCores, into: inputs.pointer)
        let key = key
        return try await options.repeated {
            try await measure({
                try await Parallel.offload {
                    let out = HugeBuffer<UInt64>(count: count * limbs, wiped: false)
                    try key.decrypt(count: count, ciphertexts: inputs.pointer, threads: threads, into: out.pointer)
                    return out
                }
            }) { out in
                plain.indices.allSatisfy { i in
                    out[i * limbs] == plain[i] && (1..<limbs).allSatisfy { out[i * limbs + $0] == 0 }
                }
            }
        }
    }

    private func scaling(_ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let rows = min(count, 500), plain = Self.words(rows).map { BigInteger($0) }
        let scalars = Self.words(count).map { BigInteger($0) }
        let inputs = try owner.encrypt(plain, threads: availableCores), publicKey = publicKey, threads = threads
        return try await options.repeated {
            try await measure({
                try await Parallel.offload {
                    try publicKey.multiply((0..<count).map { inputs[$0 % rows] }, byPublic: scalars, threads: threads)
                }
            }) { out in
                try key.decrypt(out, threads: availableCores) == (0..<count).map { plain[$0 % rows] * scalars[$0] }
            }
        }
    }

    // MARK: Vectors

    private func vector(_ count: Int, additions: Int) throws -> (EncryptedVector, [Int64]) {
        let values = Self.words(count).map { Int64($0) }
        let layout = try PackedLayout(0...Int64(UInt32.max), additions: additions, key: publicKey)
        let vector = try EncryptedVector.encrypt(values, layout: layout, with: owner, valuesPerRow: 1, threads: availableCores)
        return (vector, values)
    }

    private func packed(_ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let values = Self.words(count).map { Int64($0) }, encryptor = encryptor, threads = threads
        let layout = try PackedLayout(0...Int64(UInt32.max), additions: 1 << 20, key: publicKey)
        return try await options.repeated {
            try await measure({
                try await Parallel.offload { try EncryptedVector.encrypt(values, layout: layout, with: encryptor, threads: threads) }
            }) { try $0.decrypt(with: key).map { Int64($0) } == values }
        }
    }

    private func overVectors(_ operation: PaillierBench.Operation, _ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let rounds = (count + Self.rows - 1) / Self.rows, rows = count / rounds, threads = threads
        let (vector, values) = try vector(rows, additions: rounds + 1)
        return try await options.repeated {
            try await measure({
                try await Parallel.offload {
                    var result = vector
                    for _ in 0..<rounds {
                        if operation == .add { try result.add(vector, threads: threads) } else { result = try result.negated(threads: threads) }
                    }
                    return result
                }
            }) { result in
                let factor = operation == .add ? Int128(rounds + 1) : rounds % 2 == 0 ? 1 : -1
                return try result.decrypt(with: key) == values.map { Int128($0) * factor }
            }
        }
    }

    private func dot(_ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let (vector, values) = try vector(count, additions: 1 << 60), threads = threads
        let weights = Self.words(count).map { Int64($0) }
        return try await options.repeated {
            try await measure({ try await Parallel.offload { try vector.weightedSum(weights, threads: threads) } }) { result in
                let expected = zip(values, weights).reduce(Int128(0)) { $0 + Int128($1.0) * Int128($1.1) }
                return try result.decrypt(with: key) == [expected]
            }
        }
    }

    // MARK: Keys

    private func loading(_ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yinhe-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let cache = PaillierTableCache(directory: folder.path), bytes = publicKey.encoded
        if case .notKept(let error) = PaillierEncryptor(publicKey, cache: cache).tableOrigin { throw error }
        return try await options.repeated {
            try await measure({
                try await Parallel.offload {
                    var last: PaillierEncryptor?
                    for _ in 0..<count { last = PaillierEncryptor(try PaillierPublicKey(encoded: bytes), cache: cache) }
                    return last!
                }
            }) { encryptor in
                if publicKey.scheme != .standard { guard case .loaded = encryptor.tableOrigin else { return false } }
                return try key.decrypt(encryptor.encrypt(5)) == 5
            }
        }
    }

    private func generation(_ count: Int, _ options: BenchOptions) async throws -> [Sample] {
        let bits = publicKey.bits, scheme = publicKey.scheme, threads = threads
        return try await options.repeated {
            try await measure({
                try await Parallel.offload {
                    try (0..<count).map { _ in try PaillierPrivateKey.generate(bits: bits, scheme: scheme, threads: threads) }
                }
            }) { keys in
                try keys.allSatisfy { try $0.decrypt(PaillierEncryptor($0.publicKey).encrypt(5)) == 5 }
            }
        }
    }
}
