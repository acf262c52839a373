import SandboxCore

/// One level of a Goldreich-Goldwasser-Micali tree from fixed-key AES: child_b(x) = pi_b(x) ^ x with two public random
/// permutations pi_0, pi_1 (the Matyas-Meyer-Oseas form; Guo, Katz, Wang, Yu, eprint 2019/074, section 7.1: correlation robust in
/// the ideal permutation model, hence a length-doubling pseudorandom generator).
package enum GGM {
    private static let keys: [Block128] = {
        let digest = DomainHash(domain: "yinhe/ggm-keys/v1").finalize()
        return [Block128(littleEndianBytes: digest[0..<16]), Block128(littleEndianBytes: digest[16..<32])]
    }()

    private static let best = permutations(AES128.Implementation.available.last!)

    /// The two permutations, run by one implementation.
    package static func permutations(_ implementation: AES128.Implementation) -> (AES128, AES128) {
        (AES128(key: keys[0], implementation: implementation), AES128(key: keys[1], implementation: implementation))
    }

    /// children[2 i + b] = child_b(parents[i]), for i < count; the two may not overlap.
    package static func double(
        _ parents: UnsafePointer<Block128>, into children: UnsafeMutablePointer<Block128>, count: Int
    ) {
        AES128.double(best.0, best.1, parents, into: children, count: count)
    }

    /// The same with chosen permutations, so that implementations can be compared.
    package static func double(
        _ parents: UnsafePointer<Block128>, into children: UnsafeMutablePointer<Block128>, count: Int,
        by permutations: (AES128, AES128)
    ) {
        AES128.double(permutations.0, permutations.1, parents, into: children, count: count)
    }
}
