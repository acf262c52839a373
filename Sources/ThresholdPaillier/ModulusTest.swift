import Arithmetic
import Paillier
import SandboxCore

/// Public tests of a modulus, and each party's half of the biprimality test.
package struct ModulusTest: Sendable {
    private let products: [(value: UInt64, primes: [UInt64])]

    init(_ layout: CandidateLayout) {
        products = SmallPrimes.packed(SmallPrimes.primes(below: UInt64(CandidateLayout.trialBound)).filter { $0 > layout.sieve.moduli.last! })
    }

    /// Whether a prime below the bound divides n, which is free of the sieve's primes.
    func hasSmallFactor(_ n: BigInteger) -> Bool {
        for product in products {
            let remainder = n.modulo(word: product.value)
            if product.primes.contains(where: { remainder % $0 == 0 }) { return true }
        }
        return false
    }

    /// g of one round: from a hash of the session, n and the round, the first of a series whose Jacobi symbol is 1.
    package static func base(_ n: BigInteger, seed: Block128, round: Int) -> BigInteger {
        let width = n.bigEndian
        var attempt: UInt32 = 0
        while true {
            var stream: [UInt8] = []
            var block: UInt32 = 0
            while stream.count < width.count + 16 {
                var hash = DomainHash(domain: "yinhe/two-party-paillier-key/test-base/v1")
                withUnsafeBytes(of: (seed.low.littleEndian, seed.high.littleEndian)) { hash.update($0) }
                hash.update(field: width)
                withUnsafeBytes(of: (UInt32(round).littleEndian, attempt.littleEndian, block.littleEndian)) { hash.update($0) }
                stream += hash.finalize()
                block += 1
            }
            let g = BigInteger(bigEndian: stream[..<(width.count + 16)]).modulo(n)
            if g.jacobi(over: n) == 1 { return g }
            attempt += 1
        }
    }

    /// A hash of +-g^e, equal for both parties when g^(phi(n) / 4) = +-1: e = (n + 1 - p_1 - q_1) / 4 of the first party,
    /// (p_2 + q_2) / 4 of the second. One constant-time exponentiation.
    package static func digest(
        _ n: BigInteger, party: Int, p: BigInteger, q: BigInteger, seed: Block128, round: Int
    ) -> [UInt8] {
        let exponent = (party == 1 ? n + 1 - p - q : p + q) >> 2
        let power = base(n, seed: seed, round: round).power(secret: exponent, modulo: n)
        let negated = n - power
        var hash = DomainHash(domain: "yinhe/two-party-paillier-key/test/v1")
        hash.update((power < negated ? power : negated).bigEndian(count: (n.bitWidth + 7) / 8))
        return Array(hash.finalize()[..<CandidateLayout.digestBytes])
    }
}
