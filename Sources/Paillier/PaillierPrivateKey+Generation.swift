import Arithmetic
import SandboxCore

extension PaillierPrivateKey {
    /// A fresh key of 2048, 3072 or 4096 bits for the DJN scheme, from the system's generator; 0.1 to 2 seconds.
    ///
    /// Each prime is drawn uniformly from the primes of bits/2 bits that are 3 modulo 4 and have their two highest bits set, both
    /// again until gcd(p - 1, q - 1) = 2 and they differ in their first 100 bits (FIPS 186-5, A.1.3). Composites survive with
    /// probability at most 2^-128 (64 Miller-Rabin rounds). `progress` counts the candidates that were tried; there is no total.
    ///
    /// Throws `.badInput` for another size.
    public static func generate(bits: Int = SecurityParameters.factoringModulusBits, progress: ProgressMonitor? = nil) throws -> PaillierPrivateKey {
        guard PaillierPublicKey.allowedBits.contains(bits) else {
            throw YinheError(
                .badInput, "a Paillier key of \(bits) bits",
                remedy: "use one of \(PaillierPublicKey.allowedBits.map(String.init).joined(separator: ", "))")
        }
        return generate(uncheckedBits: bits, random: SystemRandom.shared, progress: progress)
    }

    /// Any even size from 128 bits, for tests: keys below 2048 bits protect nothing.
    package static func generate(
        uncheckedBits bits: Int, random: some RandomSource, progress: ProgressMonitor? = nil
    ) -> PaillierPrivateKey {
        precondition(bits >= 128 && bits % 2 == 0)
        let counter = ProgressCounter("Paillier key", total: nil, progress)
        let half = bits / 2
        while true {
            let p = BigInteger.randomBlumPrime(bits: half, random: random, tested: { counter.add(1) })
            let q = BigInteger.randomBlumPrime(bits: half, random: random, tested: { counter.add(1) })
            guard (p - q).bitWidth > half - min(100, half / 2), fitDJN(p, q) else { continue }
            return PaillierPrivateKey(checkedP: p, q: q, scheme: .djn)
        }
    }
}
