import CGMPShims
import SandboxCore

extension BigInteger {
    /// Miller-Rabin rounds that `isProbablePrime` runs: a composite, even one chosen by an adversary, passes with probability
    /// at most 4^-64 = 2^-128, as the bases are random (FIPS 186-5, appendix B.3.1; Rabin 1980).
    public static let primalityRounds = 64

    /// Whether this is a prime: trial division by the primes below 2^11, then Miller-Rabin with random bases.
    /// Always true for a prime; true for a composite with probability at most 4^-rounds. Zero, one and negatives are not primes.
    public func isProbablePrime(rounds: Int = BigInteger.primalityRounds) -> Bool {
        isProbablePrime(rounds: rounds, random: SystemRandom.shared)
    }

    package func isProbablePrime(rounds: Int, random: some RandomSource) -> Bool {
        precondition(rounds > 0)
        guard signum > 0 else { return false }
        if let small = uint64, small < SmallPrimes.bound * SmallPrimes.bound {
            return small >= 2 && SmallPrimes.all.allSatisfy { $0 * $0 > small || small % $0 != 0 }
        }
        return !hasSmallFactor && passesMillerRabin(rounds: rounds, random: random)
    }

    /// Whether a prime below 2^11 divides this positive integer.
    package var hasSmallFactor: Bool {
        for product in SmallPrimes.products {
            let remainder = modulo(word: product.value)
            if product.primes.contains(where: { remainder % $0 == 0 }) { return true }
        }
        return false
    }

    /// FIPS 186-5, B.3.1, for an odd integer above 3; constant-time exponentiation because a candidate may become a key.
    func passesMillerRabin(rounds: Int, random: some RandomSource) -> Bool {
        let minusOne = self - .one
        let twos = gmp_trailing_zero_bits(minusOne.pointer)
        let odd = minusOne >> twos
        let field = SecretPower(modulus: self)
        for _ in 0..<rounds {
            let base = Self.random(below: self - 3, from: random) + 2  // 2 ... self - 2
            var power = field.power(base, odd)
            if power == .one || power == minusOne { continue }
            var isWitness = true
            for _ in 1..<max(twos, 1) {
                power = (power * power).modulo(self)
                if power == minusOne {
                    isWitness = false
                    break
                }
            }
            if isWitness { return false }
        }
        return true
    }

    /// A uniformly random prime of exactly `bits` bits, its two highest bits set (so that a product of two has 2 * bits bits
    /// and each is above sqrt(2) * 2^(bits-1), FIPS 186-5, A.1.3), congruent to 3 modulo 4, that `accept` takes.
    ///
    /// Each candidate is drawn afresh, which leaves no bias towards primes after long gaps. `tested` is called for each candidate.
    package static func randomBlumPrime(
        bits: Int, random: some RandomSource = SystemRandom.shared, tested: () -> Void = {},
        accept: (BigInteger) -> Bool = { _ in true }
    ) -> BigInteger {
        precondition(bits >= 32)
        let high = BigInteger(3) << (bits - 2)
        while true {
            // 11 || random || 11 in binary.
            let candidate = high + (Self.random(bits: bits - 4, from: random) << 2) + 3
            tested()
            guard !candidate.hasSmallFactor, accept(candidate) else { continue }
            // One round rejects nearly every composite; the stated number follows.
            if candidate.passesMillerRabin(rounds: 1, random: random),
                candidate.passesMillerRabin(rounds: primalityRounds, random: random) {
                return candidate
            }
        }
    }
}

/// Small primes, and their products packed into 64-bit words for fast trial division.
package enum SmallPrimes {
    static let bound: UInt64 = 1 << 11
    static let all = primes(below: bound)
    static let products = packed(all)

    package static func primes(below bound: UInt64) -> [UInt64] {
        var isPrime = [Bool](repeating: true, count: Int(bound))
        var primes: [UInt64] = []
        for i in 2..<Int(bound) where isPrime[i] {
            primes.append(UInt64(i))
            for multiple in stride(from: i * i, to: Int(bound), by: i) { isPrime[multiple] = false }
        }
        return primes
    }

    package static func packed(_ primes: [UInt64]) -> [(value: UInt64, primes: [UInt64])] {
        var out: [(value: UInt64, primes: [UInt64])] = []
        for prime in primes {
            let (product, overflow) = (out.last?.value ?? 0).multipliedReportingOverflow(by: prime)
            if out.isEmpty || overflow {
                out.append((prime, [prime]))
            } else {
                out[out.count - 1].value = product
                out[out.count - 1].primes.append(prime)
            }
        }
        return out
    }
}
