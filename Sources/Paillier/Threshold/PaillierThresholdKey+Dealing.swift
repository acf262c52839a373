import Arithmetic
import SandboxCore

extension PaillierThresholdKey {
    /// A fresh key and its shares. The dealer sees everything: it hands each share to its party over a private way, keeps none, and
    /// is trusted to forget. Two parties who trust nobody make a key with `TwoPartyKeyGeneration` instead.
    public struct Dealt: Sendable {
        public let publicKey: PaillierThresholdKey
        /// Of parties 1 ... parties.
        public let shares: [PaillierKeyShare]
    }

    /// Deals a key of 2048, 3072 or 4096 bits that any `threshold` of `parties` open, its modulus a product of two safe primes.
    ///
    /// Safe primes take seconds at 2048 bits, and the better part of a minute at 3072, with a wide spread. `progress` counts candidates; there
    /// is no total. Throws `.badInput` for another size, more than `maximumParties` parties, or a threshold outside 2 ... parties.
    public static func deal(
        bits: Int = SecurityParameters.factoringModulusBits, threshold: Int, parties: Int,
        scheme: PaillierPublicKey.Scheme = .djn, threads: Int, progress: ProgressMonitor? = nil
    ) throws -> Dealt {
        guard PaillierPublicKey.allowedBits.contains(bits) else {
            throw YinheError(
                .badInput, "a Paillier key of \(bits) bits",
                remedy: "use one of \(PaillierPublicKey.allowedBits.map(String.init).joined(separator: ", "))")
        }
        guard scheme != .subgroup else {
            throw YinheError(
                .badInput, "a threshold key for the subgroup scheme", remedy: "its primes are not safe: use the DJN or the standard scheme")
        }
        guard (2...maximumParties).contains(parties), (2...parties).contains(threshold) else {
            throw refusal("\(threshold) of \(parties) parties; 2 to \(maximumParties) parties and a threshold from 2 are allowed")
        }
        let counter = ProgressCounter("safe primes", total: nil, progress)
        let search = SafePrimeSearch(bits: bits / 2)
        var p = search.next(threads: threads) { counter.add($0) }
        var q = search.next(threads: threads) { counter.add($0) }
        // FIPS 186-5, A.1.3.
        while (p - q).bitWidth <= bits / 2 - 100 {
            p = q
            q = search.next(threads: threads) { counter.add($0) }
        }
        return try deal(p: p, q: q, threshold: threshold, parties: parties, scheme: scheme, allowedBits: [bits], threads: threads)
    }

    /// A uniform safe prime of `bits` bits, its two highest bits set.
    package static func safePrime(bits: Int, threads: Int, random: some RandomSource) -> BigInteger {
        SafePrimeSearch(bits: bits).next(threads: threads, random: random)
    }

    /// Two safe primes of the caller; the shares' randomness too: for known-answer tests.
    package static func deal(
        p: BigInteger, q: BigInteger, threshold: Int, parties: Int, scheme: PaillierPublicKey.Scheme, allowedBits: [Int], threads: Int,
        random: some RandomSource = SystemRandom.shared
    ) throws -> Dealt {
        let key = try PaillierPrivateKey(p: p, q: q, scheme: scheme, allowedBits: allowedBits).publicKey
        let order = (p >> 1) * (q >> 1)
        let modulus = key.n * order
        // d = 0 modulo the order of the squares modulo n, 1 modulo n: coprime, as both primes are safe and of one size.
        let d = order * order.inverse(modulo: key.n)!
        let polynomial = [d] + (1..<threshold).map { _ in BigInteger.random(below: modulus, from: random) }
        let secrets = (1...parties).map { party in
            polynomial.reversed().reduce(BigInteger.zero) { ($0 * BigInteger(party) + $1).modulo(modulus) }
        }
        let sharing = Sharing.polynomial(threshold: threshold, parties: parties)
        let group = SquareGroup(key), base = base(of: key), delta = sharing.delta
        let verificationKeys = try Parallel.map(parties, threads: threads) {
            group.power(base, secret: secrets[$0] * delta, bits: sharing.secretBits(keyBits: key.bits))
        }
        let publicKey = try PaillierThresholdKey(unverified: key, sharing, verificationKeys)
        return Dealt(
            publicKey: publicKey,
            shares: zip(1..., secrets).map { PaillierKeyShare(unchecked: publicKey, $0, $1) })
    }
}
