import Arithmetic
import SandboxCore

/// What a proof proves; its code on the wire.
package enum ProofKind: UInt8, Sendable {
    case key = 1, knowledge = 2, decryption = 3, slotRange = 4

    package var name: String {
        switch self {
        case .key: "key proof"
        case .knowledge: "plaintext knowledge proof"
        case .decryption: "decryption proof"
        case .slotRange: "slot range proof"
        }
    }

    /// The error of a proof that does not verify.
    func failure(_ reason: String) -> YinheError {
        YinheError(
            .peerMisbehaved, "the \(name) does not hold: \(reason)", at: name,
            remedy: "it was made for another statement, key or context, was altered, or its maker cheats: do not use what it covers")
    }
}

/// Sizes of the proofs, derived in one place; Protocols/paillier-proofs.md, "Parameters".
package enum ProofParameters {
    /// No prime below 2^16 divides n: every verifier divides by all of them. So two different challenges of 16 bits differ by a
    /// unit modulo n, whoever made n, and a value that is wrong modulo some prime of n survives one of them with probability at
    /// most 2^-16. (The trial-division bound alpha of Goldberg, Reyzin, Sagga, Baldimtsi, "Efficient noninteractive certification
    /// of RSA moduli and beyond", ASIACRYPT 2019, eprint 2018/057.)
    package static let challengeBits = 16
    /// ceil(128 / 16): soundness error 2^-128.
    package static let repetitions = 8
    /// For n = 1 modulo 4, without a square factor, and not the product of two primes that are 3 modulo 4, at most a quarter of
    /// the units are a fourth power times one of four fixed units (see the specification); 4^-64 = 2^-128.
    package static let fourthRoots = 64
    /// A mask is 64 bits longer than what it hides: statistical distance at most 2^-64 for each.
    package static let hidingBits = 64
    /// Ciphertexts under one proof.
    package static let maximumCount = 1 << 20

    /// Bits of an integer mask for sum over `count` of challenge * secret, secrets of `bits` bits.
    package static func maskBits(hiding bits: Int, count: Int) -> Int {
        bits + challengeBits + SecurityParameters.ceilLog2(max(count, 1)) + hidingBits
    }

    /// Bits of mask + sum: one more than the mask.
    package static func responseBits(hiding bits: Int, count: Int) -> Int { maskBits(hiding: bits, count: count) + 1 }

    /// The product of all odd primes below 2^16.
    private static let smallPrimes: BigInteger = {
        var factors = SmallPrimes.primes(below: 1 << UInt64(challengeBits)).dropFirst().map { BigInteger($0) }
        while factors.count > 1 {
            factors = stride(from: 0, to: factors.count, by: 2).map {
                $0 + 1 < factors.count ? factors[$0] * factors[$0 + 1] : factors[$0]
            }
        }
        return factors[0]
    }()

    /// Throws when a prime below 2^16 divides n.
    static func checkSmallFactors(_ key: PaillierPublicKey, _ kind: ProofKind) throws {
        guard key.n.isOdd, smallPrimes.modulo(key.n).greatestCommonDivisor(with: key.n) == .one else {
            throw kind.failure("a prime below 2^\(challengeBits) divides the modulus")
        }
    }
}

// MARK: Products of many ciphertexts to short powers

package enum WeightedProducts {
    /// For each row of weights, the product of bases[i]^row[i] modulo m. Variable time in bases and weights.
    package static func of(
        _ bases: [BigInteger], weights: [[UInt16]], modulo m: BigInteger, threads: Int = 1, progress: ProgressCounter? = nil
    ) throws -> [BigInteger] {
        let chunk = 512, field = MontgomeryModulus(m)
        let parts = try Parallel.map((bases.count + chunk - 1) / chunk, threads: threads) { part in
            let range = part * chunk..<min(bases.count, (part + 1) * chunk), some = Array(bases[range])
            let products = weights.map { row in field.multiPower(some, row[range].map { BigInteger(UInt64($0)) }) }
            progress?.add(range.count)
            return products
        }
        return weights.indices.map { row in parts.reduce(.one) { ($0 * $1[row]).modulo(m) } }
    }

    /// The sum of row[i] * values[i] over the integers.
    package static func sum(_ values: [BigInteger], _ row: [UInt16]) -> BigInteger {
        zip(values, row).reduce(.zero) { $0 + $1.0 * BigInteger(UInt64($1.1)) }
    }
}
