import Arithmetic
import SandboxCore

/// Encrypts to one key. Holds the tables that make it fast, so make it once and use it often; shared by threads as it is.
///
/// Made from a public key, it raises h^n to random powers modulo n^2. Made from the private key, it does so modulo p^2 and q^2, in
/// 6/10 of the time; the ciphertexts have the same distribution. The owner's tables hold secrets and never leave the memory.
public final class PaillierEncryptor: Sendable {
    public let publicKey: PaillierPublicKey
    /// Where the table came from.
    public let tableOrigin: TableOrigin
    private let source: Source

    private enum Source: Sendable {
        case table(FixedBasePower)
        case ownerTables(FixedBasePower, FixedBasePower, PaillierPrivateKey)
        case uniform(MontgomeryModulus)
    }

    /// Where the table of an encryptor came from.
    public enum TableOrigin: Sendable {
        /// There is none: powers are made without.
        case none
        /// Built, for this object alone.
        case built
        /// Built, and kept in the cache for the next time.
        case kept
        /// Built; keeping it failed, which slows the next start down and does no other harm.
        case notKept(YinheError)
        /// Read from the cache.
        case loaded
    }

    /// Memory that the tables of one encryptor take at most, unless the caller says otherwise.
    public static let defaultTableBytes = 16 << 20

    /// Ciphertexts made at a time: enough for the eight lanes of a kernel, few enough that progress moves.
    static let chunk = 64

    /// - Parameters:
    ///   - tableBytes: the most memory that the table may take; it is chosen smaller where that is not slower.
    ///   - cache: where the table is kept between runs.
    public convenience init(
        _ key: PaillierPublicKey, tableBytes: Int = defaultTableBytes, cache: PaillierTableCache? = nil
    ) {
        self.init(key, kernel: .best, tableBytes: tableBytes, cache: cache)
    }

    /// - Parameter tableBytes: the most memory that both tables together may take.
    public convenience init(_ key: PaillierPrivateKey, tableBytes: Int = defaultTableBytes) {
        self.init(key, kernel: .best, tableBytes: tableBytes)
    }

    /// Uses uniform n-th powers w = r^n under any key, without tables, at 100 to 200 a second.
    ///
    /// A sum that goes back to the key's owner needs them: uniform powers hide from everybody which ciphertexts went into it. The
    /// short exponents of the other schemes would hide it from the owner only as long as discrete logarithms modulo p and q, which
    /// the owner knows and which are half as long as n, are infeasible.
    public init(hidingFromOwnerOf key: PaillierPublicKey) {
        publicKey = key
        source = .uniform(MontgomeryModulus(key.nSquared))
        tableOrigin = .none
    }

    package init(
        _ key: PaillierPublicKey, kernel: FixedBasePower.Kernel, window: Int? = nil, tableBytes: Int = defaultTableBytes,
        cache: PaillierTableCache? = nil
    ) {
        publicKey = key
        guard let base = key.randomizerBase else {
            source = .uniform(MontgomeryModulus(key.nSquared))
            tableOrigin = .none
            return
        }
        let window = window ?? Self.window(kernel, modulusBits: 2 * key.bits, exponentBits: key.exponentBits, bytes: tableBytes)
        func build() -> FixedBasePower {
            FixedBasePower(
                base: base, modulus: key.nSquared, root: key.n, exponentBits: key.exponentBits, kernel: kernel, window: window)
        }
        guard let cache else {
            source = .table(build())
            tableOrigin = .built
            return
        }
        let (table, origin) = cache.table(of: key, kernel: kernel, window: window, build: build) { memory in
            try FixedBasePower(
                base: base, modulus: key.nSquared, root: key.n, exponentBits: key.exponentBits, kernel: kernel, window: window,
                table: memory)
        }
        source = .table(table)
        tableOrigin = origin
    }

    package init(
        _ key: PaillierPrivateKey, kernel: FixedBasePower.Kernel, window: Int? = nil, tableBytes: Int = defaultTableBytes
    ) {
        publicKey = key.publicKey
        guard let base = publicKey.randomizerBase else {
            source = .uniform(MontgomeryModulus(publicKey.nSquared))
            tableOrigin = .none
            return
        }
        let bits = key.publicKey.exponentBits
        let window = window ?? Self.window(kernel, modulusBits: key.publicKey.bits, exponentBits: bits, bytes: tableBytes / 2)
        func table(_ side: PaillierPrivateKey.PrimeSide) -> FixedBasePower {
            FixedBasePower(
                base: base.modulo(side.squared), modulus: side.squared, root: side.prime, exponentBits: bits, kernel: kernel,
                window: window)
        }
        source = .ownerTables(table(key.p), table(key.q), key)
        tableOrigin = .built
    }

    /// The window that is fastest on the kernel, or the largest whose table fits.
    private static func window(_ kernel: FixedBasePower.Kernel, modulusBits: Int, exponentBits: Int, bytes: Int) -> Int {
        var window = kernel.bestWindow(modulusBits: modulusBits)
        while window > 1, (exponentBits + window - 1) / window * (modulusBits / 8) << window > bytes { window -= 1 }
        return window
    }

    /// Whether its randomness is uniform among the n-th powers, so that it hides from the key's owner too.
    public var hidesFromOwner: Bool {
        if case .uniform = source { true } else { false }
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
            case .uniform(let field): field.powers([r], secret: publicKey.n)[0]
            }
        return Self.combine(plaintext, w, publicKey)
    }

    func randomizers(_ count: Int, random: some RandomSource) -> [BigInteger] {
        switch source {
        case .table(let table):
            return RandomExponents.with(count, bits: publicKey.exponentBits, random: random) { table.powers($0, count) }
        case .ownerTables(let p, let q, let key):
            return RandomExponents.with(count, bits: publicKey.exponentBits, random: random) { exponents in
                zip(p.powers(exponents, count), q.powers(exponents, count)).map { key.joinSquares($0, $1) }
            }
        case .uniform(let field):
            let units = (0..<count).map { _ in BigInteger.randomUnit(modulo: publicKey.n, from: random) }
            return field.powers(units, secret: publicKey.n)
        }
    }
}
