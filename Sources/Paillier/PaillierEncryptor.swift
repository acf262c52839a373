import Arithmetic
import SandboxCore

/// Encrypts to one key. Holds the tables that make it fast, so make it once and use it often; shared by threads as it is.
///
/// Made from a public key, it raises h^n to random powers modulo n^2. Made from the private key, it does so modulo p^2 and q^2, in
/// 6/10 of the time; the ciphertexts have the same distribution. The owner's tables hold secrets and never leave the memory.
public final class PaillierEncryptor: Sendable {
    public let publicKey: PaillierPublicKey
    private let source: Source

    private enum Source: Sendable {
        case table(FixedBasePower)
        case ownerTables(FixedBasePower, FixedBasePower, PaillierPrivateKey)
        case uniform
    }

    /// Ciphertexts made at a time: enough for the eight lanes of a kernel, few enough that progress moves.
    static let chunk = 64

    public convenience init(_ key: PaillierPublicKey) { self.init(key, kernel: .best) }
    public convenience init(_ key: PaillierPrivateKey) { self.init(key, kernel: .best) }

    /// Uses uniform n-th powers w = r^n under any key, without tables, at 100 to 200 a second.
    ///
    /// A sum that goes back to the key's owner needs them: uniform powers hide from everybody which ciphertexts went into it. The
    /// short exponents of the other schemes would hide it from the owner only as long as discrete logarithms modulo p and q, which
    /// the owner knows and which are half as long as n, are infeasible.
    public init(hidingFromOwnerOf key: PaillierPublicKey) {
        publicKey = key
        source = .uniform
    }

    package init(_ key: PaillierPublicKey, kernel: FixedBasePower.Kernel, window: Int? = nil) {
        publicKey = key
        guard let base = key.randomizerBase else {
            source = .uniform
            return
        }
        source = .table(
            FixedBasePower(base: base, modulus: key.nSquared, exponentBits: key.exponentBits, kernel: kernel, window: window))
    }

    package init(_ key: PaillierPrivateKey, kernel: FixedBasePower.Kernel, window: Int? = nil) {
        publicKey = key.publicKey
        guard let base = publicKey.randomizerBase else {
            source = .uniform
            return
        }
        func table(_ side: PaillierPrivateKey.PrimeSide) -> FixedBasePower {
            FixedBasePower(
                base: base.modulo(side.squared), modulus: side.squared, exponentBits: key.publicKey.exponentBits, kernel: kernel,
                window: window)
        }
        source = .ownerTables(table(key.p), table(key.q), key)
    }

    /// Memory of the tables.
    public var tableBytes: Int {
        switch source {
        case .table(let table): table.tableBytes
        case .ownerTables(let p, let q, _): p.tableBytes + q.tableBytes
        case .uniform: 0
        }
    }

    /// A fresh encryption of a plaintext in 0 ..< n; `.range` for any other. Signed values: `publicKey.encode` first.
    public func encrypt(_ plaintext: BigInteger) throws -> PaillierCiphertext {
        try encrypt(plaintext, random: SystemRandom.shared)
    }

    package func encrypt(_ plaintext: BigInteger, random: some RandomSource) throws -> PaillierCiphertext {
        try checkRange(plaintext)
        return Self.combine(plaintext, randomizers(1, random: random)[0], publicKey)
    }

    /// Fresh encryptions of plaintexts in 0 ..< n, in order; `.range` for any other. Synchronous; from async code call it through
    /// a thread of its own.
    public func encrypt(
        _ plaintexts: [BigInteger], threads: Int, progress: ProgressMonitor? = nil
    ) throws -> [PaillierCiphertext] {
        try encrypt(count: plaintexts.count, threads: threads, progress: progress) { plaintexts[$0] }
    }

    /// The same, each plaintext made when it is needed.
    package func encrypt(
        count: Int, threads: Int, progress: ProgressMonitor? = nil, plaintext: @Sendable (Int) throws -> BigInteger
    ) throws -> [PaillierCiphertext] {
        let counter = ProgressCounter("encrypt", total: count, progress)
        return try PaillierPublicKey.inParallel(count, threads: threads, chunk: Self.chunk) { range in
            let powers = randomizers(range.count, random: SystemRandom.shared)
            let ciphertexts = try zip(range, powers).map { i, power in
                let value = try plaintext(i)
                try checkRange(value)
                return Self.combine(value, power, publicKey)
            }
            counter.add(range.count)
            return ciphertexts
        }
    }

    /// Another encryption of the same plaintext, which nobody without the private key can link to `ciphertext`; nor can its owner
    /// when this was made by `init(hidingFromOwnerOf:)`.
    public func rerandomize(_ ciphertext: PaillierCiphertext) -> PaillierCiphertext {
        let power = randomizers(1, random: SystemRandom.shared)[0]
        return PaillierCiphertext(unchecked: (ciphertext.value * power).modulo(publicKey.nSquared))
    }

    func checkRange(_ plaintext: BigInteger) throws {
        guard plaintext.signum >= 0, plaintext < publicKey.n else {
            throw YinheError(.range, "a plaintext is outside 0 ..< n", remedy: "encode negative values first, or use a longer key")
        }
    }

    /// (1 + m n) w mod n^2 = w + n (m w mod n) mod n^2: the products stay half as long.
    static func combine(_ m: BigInteger, _ w: BigInteger, _ key: PaillierPublicKey) -> PaillierCiphertext {
        let sum = w + key.n * (m * w.modulo(key.n)).modulo(key.n)
        return PaillierCiphertext(unchecked: sum < key.nSquared ? sum : sum - key.nSquared)
    }

    // MARK: Random n-th powers

    /// w for an exponent (subgroup, DJN) or a unit (standard) that the caller fixes: for known-answer tests.
    package func encrypt(_ plaintext: BigInteger, fixed r: BigInteger) throws -> PaillierCiphertext {
        try checkRange(plaintext)
        let w =
            switch source {
            case .table(let table): table.power(r)
            case .ownerTables(let p, let q, let key): key.joinSquares(p.power(r), q.power(r))
            case .uniform: r.power(secret: publicKey.n, modulo: publicKey.nSquared)
            }
        return Self.combine(plaintext, w, publicKey)
    }

    func randomizers(_ count: Int, random: some RandomSource) -> [BigInteger] {
        switch source {
        case .table(let table):
            return withExponents(count, random: random) { Self.powers(table, $0, count) }
        case .ownerTables(let p, let q, let key):
            return withExponents(count, random: random) { exponents in
                zip(Self.powers(p, exponents, count), Self.powers(q, exponents, count)).map { key.joinSquares($0, $1) }
            }
        case .uniform:
            return (0..<count).map { _ in
                BigInteger.randomUnit(modulo: publicKey.n, from: random).power(secret: publicKey.n, modulo: publicKey.nSquared)
            }
        }
    }

    /// `count` uniform exponents of `exponentBits` bits, wiped after use.
    private func withExponents<R>(
        _ count: Int, random: some RandomSource, _ body: (UnsafePointer<UInt64>) -> R
    ) -> R {
        let limbs = (publicKey.exponentBits + 63) / 64, spare = limbs * 64 - publicKey.exponentBits
        var exponents = [UInt64](repeating: 0, count: count * limbs)
        defer { ConstantTime.wipe(&exponents) }
        exponents.withUnsafeMutableBytes { random.fill($0) }
        if spare > 0 { for i in 0..<count { exponents[i * limbs + limbs - 1] >>= UInt64(spare) } }
        return exponents.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    private static func powers(_ table: FixedBasePower, _ exponents: UnsafePointer<UInt64>, _ count: Int) -> [BigInteger] {
        var results = [UInt64](repeating: 0, count: count * table.limbs)
        defer { ConstantTime.wipe(&results) }
        return results.withUnsafeMutableBufferPointer { buffer in
            table.powers(exponents: exponents, count: count, into: buffer.baseAddress!)
            return (0..<count).map { i in
                BigInteger(limbs: UnsafeBufferPointer(rebasing: buffer[i * table.limbs..<(i + 1) * table.limbs]))
            }
        }
    }
}

extension PaillierEncryptor {
    /// Whether its randomness is uniform among the n-th powers, so that it hides from the key's owner too.
    public var hidesFromOwner: Bool {
        if case .uniform = source { true } else { false }
    }
}
