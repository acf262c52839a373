import SandboxCore

/// Sizes in bits that follow from the size of a Paillier modulus.
public struct PaillierParameters: Sendable, Hashable {
    public let modulusBits: Int
    /// Security level that the modulus stands for.
    public let securityBits: Int
    /// Random bits in the exponent of a ciphertext of the subgroup scheme.
    public let subgroupExponentBits: Int
    /// Random bits in the exponent of a DJN ciphertext.
    public let djnExponentBits: Int

    /// The primes alpha and beta, the odd part of the order of h modulo p and modulo q.
    public var subgroupPrimeBits: Int { subgroupExponentBits / 2 }
}

extension SecurityParameters {
    /// The sizes of Paillier keys, for `modulusBits` of 2048, 3072 or 4096 (and, without any security, of tests).
    ///
    /// - Level k of a modulus: 112, 128, 152 bits (NIST SP 800-57 part 1 revision 5, table 2; SP 800-56B revision 2, appendix D).
    /// - Subgroup scheme: exponents of l = 4 k bits and primes alpha, beta of l / 2 = 2 k bits (Ma, Han, Lei, ACSAC 2021: 448 at
    ///   112, 512 at 128), l rounded up to whole 64-bit words, so 640 at 4096 bits. Then the three ways in all cost 2^k or more:
    ///   finding the order of h modulo p by baby steps and giant steps, or by the attack of Coron, Joux, Mandal, Naccache and
    ///   Tibouchi (PKC 2011), takes sqrt(alpha) = 2^(l/4) = 2^k products; finding r from h^r takes 2^(l/2) = 2^(2k) steps; and
    ///   factoring n takes 2^k.
    /// - DJN scheme: exponents of half the bits of n (Damgard, Jurik, Nielsen 2010).
    public static func paillier(modulusBits: Int) -> PaillierParameters {
        let level =
            switch modulusBits {
            case 4096...: 152
            case 3072...: 128
            case 2048...: 112
            default: modulusBits / 16  // Tests: large enough for the formulas to hold, nothing more.
            }
        return PaillierParameters(
            modulusBits: modulusBits, securityBits: level, subgroupExponentBits: (4 * level + 63) / 64 * 64,
            djnExponentBits: (modulusBits + 1) / 2)
    }
}
