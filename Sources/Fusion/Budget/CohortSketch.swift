import Arithmetic
import SandboxCore
import Synchronization

/// A keyed sketch of a set of subjects: two sketches of one key tell how many subjects the sets differ in.
///
/// Each token's keyed value names one of `buckets` counters and a sign; the counter holds the sum of the signs ("tug of war": N. Alon,
/// Y. Matias, M. Szegedy, "The space complexity of approximating the frequency moments", 1996; one counter per item as in M. Charikar,
/// K. Chen, M. Farach-Colton, "Finding frequent items in data streams", 2002). For sets A and B whose symmetric difference has d members
/// the squares of the counters' differences add up to X with E[X] = d and variance 2 d (d - 1) / buckets: X is d unless two of
/// the d fall together, and every difference shows, of one subject among millions too. (A bottom-k sketch, whose Jaccard estimate sees
/// only the k smallest values, misses one of n with probability 1 - k / n.)
///
/// The key never leaves its party, and neither does a sketch: with both, membership of a guessed subject could be tested only
/// against the whole set, but sketches of two sets show the size of their difference. Protocols/privacy-budget.md.
package struct CohortSketch: Sendable, Hashable {
    /// Power of two. The relative standard deviation of the estimate is below sqrt(2 / buckets) = 3.2 %.
    package static let buckets = 2048

    package let count: Int
    /// Sum of the keyed values modulo 2^128 (D. Clarke et al., "Incremental multiset hash functions and their application to memory integrity
    /// checking", 2003): equal for equal sets, and for two different ones with probability 2^-128.
    package let setHash: UInt128
    package let counters: [Int32]

    /// - Parameter tokens: distinct.
    package init(_ tokens: [JoinToken], key: SketchKey, threads: Int = 1) {
        let total = Mutex((hash: UInt128(0), counters: [Int32](repeating: 0, count: Self.buckets)))
        // The body throws nothing.
        try! Parallel.forEachChunk(of: tokens.count, chunk: 1 << 17, threads: threads) { range in
            var counters = [Int32](repeating: 0, count: Self.buckets)
            var sum: UInt128 = 0
            counters.withUnsafeMutableBufferPointer { counters in
                tokens.withUnsafeBufferPointer { tokens in
                    key.forEachValue(of: UnsafeBufferPointer(rebasing: tokens[range])) { low, high in
                        sum &+= UInt128(high) << 64 | UInt128(low)
                        counters[Int(low & UInt64(Self.buckets - 1))] &+= low >> 63 == 0 ? 1 : -1
                    }
                }
            }
            total.withLock { total in
                total.hash &+= sum
                for i in 0..<Self.buckets { total.counters[i] &+= counters[i] }
            }
        }
        count = tokens.count
        (setHash, self.counters) = total.withLock { ($0.hash, $0.counters) }
    }

    /// Estimate of the number of subjects that are in one of the two sets only; 0 exactly when the sets are equal (but for 2^-128).
    package func difference(from other: CohortSketch) -> Int {
        if setHash == other.setHash, count == other.count { return 0 }
        let squares = zip(counters, other.counters).reduce(Int64(0)) { sum, pair in
            let gap = Int64(pair.0) - Int64(pair.1)
            return sum + gap * gap
        }
        // The sizes alone need a difference of that much.
        return max(1, abs(count - other.count), Int(squares))
    }

    /// Whether sets with this difference are nearly the same: it is at most 100 subjects, or 1 % of the larger set, by an estimate
    /// with a margin of a half that keeps every such pair (the miss probability is in Protocols/privacy-budget.md).
    package func isNearlyIdentical(to other: CohortSketch) -> Bool {
        let limit = max(100, max(count, other.count) / 100)
        return difference(from: other) <= limit + limit / 2
    }

    // MARK: Bytes

    private static let encodedBytes = 1 + 8 + 16 + 4 * buckets

    /// Version, count, set hash, counters; little-endian.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write(UInt64(count))
        writer.write(setHash)
        for counter in counters { writer.write(UInt32(bitPattern: counter)) }
        return writer.bytes
    }

    /// Throws `.ledger` for anything else than `encoded` bytes.
    package init(encoded bytes: [UInt8]) throws {
        let broken = YinheError(.ledger, "a stored sketch does not read", remedy: "restore the ledger from a backup")
        guard bytes.count == Self.encodedBytes else { throw broken }
        var reader = ByteReader(bytes, what: "cohort sketch")
        guard try reader.read(UInt8.self) == 1, let count = Int(exactly: try reader.read(UInt64.self)) else { throw broken }
        self.count = count
        setHash = try reader.read(UInt128.self)
        counters = try (0..<Self.buckets).map { _ in Int32(bitPattern: try reader.read(UInt32.self)) }
    }

    /// What the ledger's entry holds in the sketch's place.
    package var digest: [UInt8] {
        var hash = DomainHash(domain: "yinhe/cohort-sketch/v1")
        hash.update(field: encoded)
        return hash.finalize()
    }
}

/// The key of a party's sketches: AES-128 of a token is its keyed value.
///
/// Made from the party's identity (a hash of its deterministic Ed25519 signature of a fixed text that is signed for nothing else), so it
/// is stored nowhere, and a copy of the ledger file without the identity cannot be searched for guessed subjects.
package final class SketchKey: Sendable {
    private let cipher: AES128

    package init(_ identity: Identity) throws {
        var signature = try identity.sign([], domain: "yinhe/cohort-sketch-key/v1")
        defer { ConstantTime.wipe(&signature) }
        var hash = DomainHash(domain: "yinhe/cohort-sketch-key/v1")
        hash.update(signature)
        var digest = hash.finalize()
        defer { ConstantTime.wipe(&digest) }
        cipher = AES128(key: Block128(littleEndianBytes: digest[0..<16]))
    }

    private static let blocks = 1024

    fileprivate func forEachValue(of tokens: UnsafeBufferPointer<JoinToken>, _ body: (UInt64, UInt64) -> Void) {
        withUnsafeTemporaryAllocation(of: Block128.self, capacity: Self.blocks) { buffer in
            let blocks = buffer.baseAddress!
            for start in stride(from: 0, to: tokens.count, by: Self.blocks) {
                let n = min(Self.blocks, tokens.count - start)
                for i in 0..<n { blocks[i] = Block128(low: tokens[start + i].low, high: tokens[start + i].high) }
                cipher.encrypt(blocks, into: blocks, count: n)
                for i in 0..<n { body(blocks[i].low, blocks[i].high) }
            }
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
