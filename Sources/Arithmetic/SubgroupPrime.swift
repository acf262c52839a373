import SandboxCore

/// Random primes p = 2 alpha p' + 1 of a given size, alpha a given prime and p' a prime.
///
/// p' is uniform among the primes for which p is a prime of exactly `bits` bits with its two highest bits set (FIPS 186-5, A.1.3).
/// Each candidate is drawn afresh, from the residues for which no prime of a small wheel divides p' or p (the idea of Joye and
/// Paillier, "Fast generation of prime numbers on portable devices", CHES 2006); trial division and one Miller-Rabin round reject
/// nearly all others before the full tests.
package struct SubgroupPrimeSearch: Sendable {
    private let alpha: BigInteger
    private let twoAlpha: BigInteger
    private let low: BigInteger
    private let high: BigInteger
    /// Primes 2, 3, 5, ...; their product; the numbers that are 1 modulo one of them and 0 modulo the others; the residues to avoid.
    private let wheel: [UInt64]
    private let product: BigInteger
    private let units: [BigInteger]
    private let forbidden: [UInt64]
    private let sieve: [(value: UInt64, primes: [UInt64])]
    private let twoAlphaModulo: [UInt64]

    package init(bits: Int, alpha: BigInteger) {
        precondition(alpha.isOdd && alpha.bitWidth >= 16 && bits >= alpha.bitWidth + 66)
        self.alpha = alpha
        let twoAlpha = alpha << 1
        self.twoAlpha = twoAlpha
        // 3 * 2^(bits - 2) <= 2 alpha p' + 1 < 2^bits.
        low = ((BigInteger(3) << (bits - 2)) + twoAlpha - 1) / twoAlpha
        high = ((BigInteger.one << bits) - 1) / twoAlpha  // exclusive: 2 alpha high + 1 may be 2^bits
        var wheel: [UInt64] = [], product = BigInteger.one
        for prime in SmallPrimes.primes(below: 512) {
            let next = product * BigInteger(prime)
            guard next.bitWidth <= min(512, (high - low).bitWidth - 8) else { break }
            wheel.append(prime)
            product = next
        }
        self.wheel = wheel
        self.product = product
        units = wheel.map { prime in
            let rest = product / BigInteger(prime)
            return rest * rest.inverse(modulo: BigInteger(prime))!.modulo(BigInteger(prime))
        }
        // 2 alpha p' + 1 = 0 modulo s when p' = -1 / (2 alpha).
        forbidden = wheel.map { prime in
            let s = BigInteger(prime)
            return twoAlpha.modulo(s).inverse(modulo: s).map { (-$0).modulo(s).uint64! } ?? 0
        }
        let largest = wheel.last ?? 1
        sieve = SmallPrimes.packed(SmallPrimes.primes(below: bits <= 1100 ? 1 << 14 : 1 << 16).filter { $0 > largest })
        twoAlphaModulo = sieve.map { twoAlpha.modulo(word: $0.value) }
    }

    /// p. `tested` is called for each candidate that is tested for primality; returns nil when `isCancelled` says so.
    package func prime(
        random: some RandomSource, tested: () -> Void = {}, isCancelled: () -> Bool = { false }
    ) -> BigInteger? {
        let digits = BufferedRandom(seededBy: random)
        while !isCancelled() {
            let cofactor = candidate(digits)
            guard cofactor >= low, cofactor < high, hasNoSmallFactor(cofactor) else { continue }
            tested()
            guard cofactor.passesMillerRabin(rounds: 1, random: random) else { continue }
            let prime = twoAlpha * cofactor + .one
            if prime.passesMillerRabin(rounds: 1, random: random),
                prime.passesMillerRabin(rounds: BigInteger.primalityRounds, random: random),
                cofactor.passesMillerRabin(rounds: BigInteger.primalityRounds, random: random) {
                return prime
            }
        }
        return nil
    }

    /// Uniform among pairs of an allowed residue and a multiple of the wheel's product, which cover low ..< high once and a little
    /// more; so those inside are uniform.
    private func candidate(_ random: some RandomSource) -> BigInteger {
        var residue = BigInteger.zero
        for (i, prime) in wheel.enumerated() {
            var digit: UInt64
            repeat { digit = random.uniform(below: prime) } while digit == 0 || digit == forbidden[i]
            residue += units[i] * BigInteger(digit)
        }
        residue = residue.modulo(product)
        let start = low - low.modulo(product) + residue
        return start + product * .random(below: (high - low) / product + 2, from: random)
    }

    private func hasNoSmallFactor(_ cofactor: BigInteger) -> Bool {
        for (i, product) in sieve.enumerated() {
            let a = cofactor.modulo(word: product.value)
            let (high, low) = a.multipliedFullWidth(by: twoAlphaModulo[i])
            // 2 alpha p' modulo the product: -1 modulo s means that s divides p.
            let b = product.value.dividingFullWidth((high, low)).remainder
            for s in product.primes where a % s == 0 || b % s == s - 1 { return false }
        }
        return true
    }
}
