import SandboxCore

/// The pseudorandom function that spreads tokens over partitions: SipHash-2-4 (Aumasson, Bernstein, "SipHash: a fast short-input
/// PRF", INDOCRYPT 2012) of the token's 16 bytes, under a key that both sides draw together after the files exist.
package struct PartitionHash: Sendable {
    /// Partitions of a job. Buckets are runs of equally many of them.
    package static let partitions = 1024

    private let k0: UInt64
    private let k1: UInt64

    /// `key`: 16 bytes.
    package init(key: [UInt8]) {
        let token = JoinToken(bytes: key)
        k0 = token.low
        k1 = token.high
    }

    package func partition(of token: JoinToken) -> Int { Int(truncatingIfNeeded: hash(token) >> 54) }

    package func hash(_ token: JoinToken) -> UInt64 {
        var v0 = k0 ^ 0x736f_6d65_7073_6575
        var v1 = k1 ^ 0x646f_7261_6e64_6f6d
        var v2 = k0 ^ 0x6c79_6765_6e65_7261
        var v3 = k1 ^ 0x7465_6462_7974_6573
        @inline(__always) func round() {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }
        @inline(__always) func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }
        absorb(token.low)
        absorb(token.high)
        absorb(16 << 56)  // the length, in the last block
        v2 ^= 0xff
        round()
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }
}
