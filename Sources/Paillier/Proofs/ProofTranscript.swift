import Arithmetic
import SandboxCore

/// The Fiat-Shamir transcript of one proof: everything public is hashed in, in order, with its length; challenges are hashed out.
///
/// Layout in Protocols/paillier-proofs.md, "Transcript". A challenge depends on the kind of proof, the key, the context, the whole
/// statement and every message of the prover before it.
package struct ProofTranscript: ~Copyable {
    private var hash: DomainHash

    /// Starts a transcript: domain, kind of proof, key, context.
    package init(_ kind: ProofKind, key: PaillierPublicKey, context: [UInt8]) {
        hash = DomainHash(domain: "yinhe/paillier/proof/v1")
        absorb("proof", [kind.rawValue])
        absorb("key", key.encoded)
        absorb("context", context)
    }

    package mutating func absorb(_ label: String, _ bytes: [UInt8]) {
        hash.update(field: Array(label.utf8))
        hash.update(field: bytes)
    }

    /// Integers of `width` bytes each, big-endian, as one field.
    package mutating func absorb(_ label: String, _ numbers: some Sequence<BigInteger>, width: Int) {
        absorb(label, numbers.flatMap { $0.bigEndian(count: width) })
    }

    package mutating func absorb(_ label: String, _ number: UInt64) {
        absorb(label, withUnsafeBytes(of: number.littleEndian) { Array($0) })
    }

    /// 32 bytes that depend on all that was absorbed; they are absorbed in turn, so later challenges follow from earlier ones.
    package mutating func challenge(_ label: String) -> [UInt8] {
        absorb("challenge", Array(label.utf8))
        let digest = hash.snapshot()
        absorb("drawn", digest)
        return digest
    }
}

/// As many bytes as wanted from a challenge: SHA-256 blocks of (seed, counter).
package struct ChallengeStream {
    private let seed: [UInt8]
    private var counter: UInt64 = 0
    private var block: [UInt8] = []
    private var used = 0

    package init(_ seed: [UInt8]) { self.seed = seed }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(count)
        while out.count < count {
            if used == block.count { refill() }
            let take = min(count - out.count, block.count - used)
            out += block[used..<used + take]
            used += take
        }
        return out
    }

    private mutating func refill() {
        var hash = DomainHash(domain: "yinhe/paillier/proof-stream/v1")
        hash.update(field: seed)
        withUnsafeBytes(of: counter.littleEndian) { hash.update($0) }
        block = hash.finalize()
        used = 0
        counter += 1
    }

    /// Uniform in 0 ..< n up to 2^-128: 16 bytes more than n has, big-endian, modulo n.
    package mutating func residue(modulo n: BigInteger) -> BigInteger {
        BigInteger(bigEndian: bytes((n.bitWidth + 7) / 8 + 16)).modulo(n)
    }

    /// `rows` lists of `count` short challenges, each uniform in 0 ..< 2^16.
    package mutating func weights(rows: Int, count: Int) -> [[UInt16]] {
        (0..<rows).map { _ in
            let raw = bytes(2 * count)
            return (0..<count).map { UInt16(raw[2 * $0]) | UInt16(raw[2 * $0 + 1]) << 8 }
        }
    }
}
