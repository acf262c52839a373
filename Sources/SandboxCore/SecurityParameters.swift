/// The security level of every protocol, and the one place where sizes are derived from it.
public enum SecurityParameters {
    /// Computational security in bits.
    public static let computational = 128
    /// Statistical security in bits: a mask or a truncated hash fails with probability at most 2^-40.
    public static let statistical = 40

    /// Bits of a modulus whose factors are secret, for 128-bit security (NIST SP 800-57 part 1 revision 5, table 2). 2048 bits
    /// stand for 112 and are for callers that ask for them.
    public static let factoringModulusBits = 3072

    /// Bytes of a truncated hash when every element of one set is compared with every element of the other.
    ///
    /// A union bound over the `a * b` pairs of different elements gives false matches with probability at most
    /// `a * b * 2^(-8 * bytes) <= 2^-40`, so `bytes = ceil((40 + log2 a + log2 b) / 8)`
    /// (Pinkas, Schneider, Zohner, "Scalable private set intersection based on OT extension", eprint 2016/930, section 3).
    public static func comparisonMaskBytes(_ a: Int, _ b: Int) -> Int {
        let bits = statistical + ceilLog2(max(a, 1)) + ceilLog2(max(b, 1))
        return (bits + 7) / 8
    }

    /// Bits of a uniform mask that hides an integer of `bits` bits at statistical distance 2^-40.
    public static func additiveMaskBits(hiding bits: Int) -> Int { bits + statistical }

    /// The smallest `k` with `2^k >= n`; `n` must be positive.
    public static func ceilLog2(_ n: Int) -> Int {
        precondition(n > 0)
        return n == 1 ? 0 : Int.bitWidth - (n - 1).leadingZeroBitCount
    }
}
