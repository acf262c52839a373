import Arithmetic
import SandboxCore

/// Safe primes p = 2 p' + 1 (p' prime too) of one size.
///
/// Both sieves are in the draw: p' is taken modulo every prime r below about `bits` ln 2 from the residues that divide neither p' nor
/// 2 p' + 1, and joined by the Chinese remainder theorem, so each candidate is a fresh, exactly uniform draw among the numbers that
/// survive this double trial division. One in (ln 2^bits / (e^gamma ln B))^2 of them is a safe prime, B the largest r: 1 in 3,700 at
/// 1024 bits. Half of the candidates fall to division by the primes up to 2^15 that follow.
struct SafePrimeSearch: Sendable {
    let bits: Int
    /// The product of the primes r, and for each r the number that is 1 modulo r and 0 modulo all others.
    private let product: BigInteger
    private let units: [(prime: UInt64, unit: BigInteger)]
    /// p' = 2^(bits-2) + 2^(bits-3) + something below `range` * product: the two highest bits of p are set (FIPS 186-5, A.1.3).
    private let lowest: BigInteger
    private let range: BigInteger
    private let moreProducts: [(value: UInt64, primes: [UInt64])]

    /// Free bits above the product of the primes: at most a 2^-64 share of the range is left out at its upper end.
    private static let freeBits = 64

    init(bits: Int) {
        precondition(bits >= 128)
        self.bits = bits
        let room = BigInteger.one << (bits - 3 - Self.freeBits)
        var product = BigInteger.one
        var used: [UInt64] = []
        let primes = SmallPrimes.primes(below: 1 << 15)
        for prime in primes {
            let next = product * BigInteger(prime)
            guard next < room else { break }
            product = next
            used.append(prime)
        }
        self.product = product
        units = used.map { prime in
            let others = product / BigInteger(prime)
            return (prime, others * others.inverse(modulo: BigInteger(prime))!)
        }
        lowest = BigInteger(3) << (bits - 3)
        range = (BigInteger.one << (bits - 3)) / product
        moreProducts = SmallPrimes.packed(primes.filter { $0 > used.last! })
    }

    /// A candidate p'.
    private func candidate(_ random: some RandomSource) -> BigInteger {
        var residue = BigInteger.zero
        for (prime, unit) in units {
            var r: UInt64
            repeat { r = random.uniform(below: prime) } while r == 0 || (2 * r + 1) % prime == 0
            residue = residue + unit * BigInteger(r)
        }
        // The residue belongs to p' itself, not to what is added to `lowest`.
        let low = (residue - lowest).modulo(product)
        return lowest + low + product * BigInteger.random(below: range, from: random)
    }

    /// Whether p' and 2 p' + 1 are primes: division, one Miller-Rabin round of each, then all rounds of both.
    private func isSafe(_ half: BigInteger) -> Bool {
        for group in moreProducts {
            let remainder = half.modulo(word: group.value)
            for prime in group.primes {
                let r = remainder % prime
                if r == 0 || 2 * r + 1 == prime { return false }
            }
        }
        let whole = (half << 1) + 1
        return half.isProbablePrime(rounds: 1) && whole.isProbablePrime(rounds: 1)
            && half.isProbablePrime() && whole.isProbablePrime()
    }

    /// A uniform safe prime of `bits` bits, its two highest bits set. `tested` is told how many candidates were looked at.
    func next(threads: Int, random: some RandomSource = SystemRandom.shared, tested: @Sendable (Int) -> Void = { _ in }) -> BigInteger {
        // The first of a batch in order, whichever thread is done first: the choice does not depend on time.
        let batch = 32 * max(1, threads)
        let random = BufferedRandom(seededBy: random)
        while true {
            let candidates = (0..<batch).map { _ in candidate(random) }
            // Nothing in here throws.
            let good = try! Parallel.map(batch, threads: threads) { i in
                defer { tested(1) }
                return isSafe(candidates[i])
            }
            if let first = good.firstIndex(of: true) { return (candidates[first] << 1) + 1 }
        }
    }
}
