import Arithmetic
import SandboxCore
import Synchronization

extension PaillierPrivateKey {
    /// A fresh key of 2048, 3072 or 4096 bits from the system's generator. Synchronous; takes seconds, see Protocols/paillier.md.
    ///
    /// Subgroup scheme: alpha and beta are uniform among the primes of l/2 bits with their two highest bits set, p' and q' among
    /// the primes that make p = 2 alpha p' + 1 and q = 2 beta q' + 1 primes of bits/2 bits with their two highest bits set, and
    /// h = -y^(2 p' q') for a uniform unit y, drawn again until its order is 2 alpha beta. Other schemes: p and q are uniform among
    /// the primes of bits/2 bits that are 3 modulo 4 and have their two highest bits set. All schemes: both are drawn again until
    /// gcd(p - 1, q - 1) = 2 and they differ in their first 100 bits (FIPS 186-5, A.1.3). A composite survives with probability at
    /// most 2^-128 (64 Miller-Rabin rounds). `progress` counts the candidates that were tested; there is no total.
    ///
    /// Throws `.badInput` for another size.
    public static func generate(
        bits: Int = SecurityParameters.factoringModulusBits, scheme: PaillierPublicKey.Scheme = .subgroup,
        threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> PaillierPrivateKey {
        guard PaillierPublicKey.allowedBits.contains(bits) else {
            throw YinheError(
                .badInput, "a Paillier key of \(bits) bits",
                remedy: "use one of \(PaillierPublicKey.allowedBits.map(String.init).joined(separator: ", "))")
        }
        return generate(uncheckedBits: bits, scheme: scheme, random: SystemRandom.shared, threads: threads, progress: progress)
    }

    /// Any even size from 256 bits, for tests: keys below 2048 bits protect nothing. One thread takes `random` in a fixed order.
    package static func generate(
        uncheckedBits bits: Int, scheme: PaillierPublicKey.Scheme = .subgroup, random: some RandomSource, threads: Int = 1,
        progress: ProgressMonitor? = nil
    ) -> PaillierPrivateKey {
        precondition(bits >= 256 && bits % 2 == 0 && threads > 0)
        let counter = ProgressCounter("Paillier key", total: nil, progress)
        let half = bits / 2
        func farApart(_ p: BigInteger, _ q: BigInteger) -> Bool { (p - q).bitWidth > half - min(100, half / 2) }
        guard scheme == .subgroup else {
            while true {
                let p = BigInteger.randomBlumPrime(bits: half, random: random, tested: { counter.add(1) })
                let q = BigInteger.randomBlumPrime(bits: half, random: random, tested: { counter.add(1) })
                let parts = Parts(p: p, q: q)
                if farApart(p, q), parts.fitDJN { return PaillierPrivateKey(checked: parts, scheme: scheme) }
            }
        }
        let width = SecurityParameters.paillier(modulusBits: bits).subgroupPrimeBits
        while true {
            let sides = (0..<2).map { _ in
                let alpha = BigInteger.randomBlumPrime(bits: width, random: random)
                return (alpha: alpha, prime: prime(bits: half, alpha: alpha, random: random, threads: threads, counter: counter))
            }
            let (p, q) = (sides[0], sides[1])
            guard farApart(p.prime, q.prime), p.alpha != q.alpha, Parts(p: p.prime, q: q.prime).fitDJN else { continue }
            let h = base(p.prime, p.alpha, q.prime, q.alpha, random: random)
            let parts = Parts(p: p.prime, q: q.prime, alpha: p.alpha, beta: q.alpha, h: h)
            return PaillierPrivateKey(checked: parts, scheme: scheme)
        }
    }

    /// The first p = 2 alpha p' + 1 that one of the threads finds; all of them draw from the same distribution.
    private static func prime(
        bits: Int, alpha: BigInteger, random: some RandomSource, threads: Int, counter: ProgressCounter
    ) -> BigInteger {
        let search = SubgroupPrimeSearch(bits: bits, alpha: alpha)
        let found = Mutex<BigInteger?>(nil), isDone = Atomic<Bool>(false)
        // A single chunk to each thread; bodies do not throw.
        try! Parallel.forEachChunk(of: threads, chunk: 1, threads: threads) { _ in
            let prime = search.prime(
                random: random, tested: { counter.add(1) }, isCancelled: { isDone.load(ordering: .relaxed) })
            guard let prime else { return }
            found.withLock { $0 = $0 ?? prime }
            isDone.store(true, ordering: .relaxed)
        }
        return found.withLock { $0! }
    }

    /// -y^(2 p' q') for a uniform unit y: order 2 alpha modulo p and 2 beta modulo q.
    private static func base(
        _ p: BigInteger, _ alpha: BigInteger, _ q: BigInteger, _ beta: BigInteger, random: some RandomSource
    ) -> BigInteger {
        let exponent = (p - .one) / (alpha << 1) * ((q - .one) / beta)
        while true {
            let y = BigInteger.randomUnit(modulo: p * q, from: random)
            let x = y.power(secret: exponent, modulo: p), z = y.power(secret: exponent, modulo: q)
            guard x != .one, z != .one else { continue }
            return p * q - join(x, z, p, q, p.inverse(modulo: q)!)
        }
    }
}
