import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// Every size of a key generation, from the bits of n.
package struct CandidateLayout: Sendable {
    /// Bits of p and of q.
    let primeBits: Int
    /// p = p_1 + p_2 with p_1 = 3 * 2^(primeBits-2) + u_1 and p_2 = u_2, u_i below 2^shareBits: p has `primeBits` bits, the two highest
    /// set, and each party lacks shareBits bits of it.
    var shareBits: Int { primeBits - 3 }
    /// The odd primes that divide neither p nor q: as many as fit, with 8 bits left to draw above them.
    let sieve: SmallModuli
    /// 4 times their product: p_i and q_i are drawn from residue classes modulo this.
    let sieveProduct: BigInteger
    /// Primes just below 2^16 whose product exceeds every n: where n is computed.
    package let product: SmallModuli
    /// n is divided by the primes up to here before anything is computed with it.
    static let trialBound = 1 << 16
    /// Rounds of the biprimality test: one rejects nearly everything; with all, a modulus that is not a product of two primes passes
    /// with probability 2^-128 (Boneh and Franklin, 2001: each round with 1/2 at most, given the gcd test).
    static let testRounds = SecurityParameters.computational
    /// Bytes of a hash that compares two powers.
    static let digestBytes = 16

    /// Pairs of candidates per pair of primes: a number without factors up to B is e^gamma ln B / ln 2^primeBits likely to be prime
    /// (Mertens), the square of it for a pair.
    var expectedCandidates: Int {
        let chance = exp(0.577_215_664_9) * log(Double(sieve.moduli.last!)) / (Double(primeBits) * log(2))
        return Int((1 / (chance * chance)).rounded())
    }
    /// Pairs between two messages: a sixteenth of what is expected, so that the last batch wastes little.
    var batch: Int { min(max(expectedCandidates / 16, 16), 512) }

    package init(bits: Int) {
        precondition(bits >= 128 && bits % 2 == 0)
        primeBits = bits / 2
        let room = BigInteger.one << (primeBits - 3 - 8)
        var below = BigInteger(4)
        var small: [UInt64] = []
        for prime in SmallPrimes.primes(below: 1 << 12).dropFirst() {
            let next = below * BigInteger(prime)
            guard next < room else { break }
            below = next
            small.append(prime)
        }
        sieve = SmallModuli(small)
        sieveProduct = below
        var large: [UInt64] = []
        var covered = BigInteger.one
        for prime in SmallPrimes.primes(below: 1 << 16).reversed() where covered.bitWidth <= bits {
            large.append(prime)
            covered *= BigInteger(prime)
        }
        product = SmallModuli(large)
    }
}

/// Some primes below 2^16, ready for products by transfers and for the Chinese remainder theorem.
package struct SmallModuli: Sendable {
    package let moduli: [UInt64]
    /// Bits of the largest residue: transfers that one product takes.
    let bits: [Int]
    /// Of all of them.
    let transfers: Int
    let modulus: BigInteger
    /// 1 modulo one of the primes, 0 modulo the others.
    private let units: [BigInteger]

    init(_ moduli: [UInt64]) {
        precondition(!moduli.isEmpty && moduli.allSatisfy { $0 > 2 && $0 < 1 << 16 })
        self.moduli = moduli
        bits = moduli.map { 64 - ($0 - 1).leadingZeroBitCount }
        transfers = bits.reduce(0, +)
        let modulus = moduli.reduce(BigInteger.one) { $0 * BigInteger($1) }
        self.modulus = modulus
        units = moduli.map { prime in
            let others = modulus / BigInteger(prime)
            return others * others.inverse(modulo: BigInteger(prime))!
        }
    }

    /// The number below `modulus` with these residues.
    func join(_ residues: UnsafePointer<UInt16>) -> BigInteger {
        var sum = BigInteger.zero
        for (i, unit) in units.enumerated() { sum += unit * BigInteger(UInt64(residues[i])) }
        return sum.modulo(modulus)
    }

    /// The residues of a non-negative number.
    func residues(_ value: BigInteger, into out: UnsafeMutablePointer<UInt16>) {
        for (i, prime) in moduli.enumerated() { out[i] = UInt16(truncatingIfNeeded: value.modulo(word: prime)) }
    }
}
