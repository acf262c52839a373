import Arithmetic
import SandboxCore

extension DamgardJurik {
    /// Encrypts to one key for one s, as `PaillierEncryptor` does.
    public final class Encryptor: Sendable {
        public let publicKey: PublicKey
        private let source: Source

        private enum Source: Sendable {
            case table(FixedBasePower)
            /// Of moduli beyond the tables' limit of 8192 bits: n^3 from 3072 bits on.
            case powers(MontgomeryModulus, BigInteger)
            case ownerTables(FixedBasePower, FixedBasePower, PrivateKey)
            case uniform(MontgomeryModulus)
        }

        public init(_ key: PublicKey) {
            publicKey = key
            if let base = key.randomizerBase {
                source =
                    key.ciphertextModulus.bitWidth <= 8192
                    ? .table(
                        FixedBasePower(
                            base: base, modulus: key.ciphertextModulus, root: key.exponent == 1 ? key.paillier.n : nil,
                            exponentBits: key.paillier.exponentBits))
                    : .powers(MontgomeryModulus(key.ciphertextModulus), base)
            } else {
                source = .uniform(MontgomeryModulus(key.ciphertextModulus))
            }
        }

        /// The owner's way: the same ciphertexts in less time. Its tables hold secrets and never leave the memory.
        public init(_ key: PrivateKey) {
            publicKey = key.publicKey
            guard let base = publicKey.randomizerBase else {
                source = .uniform(MontgomeryModulus(publicKey.ciphertextModulus))
                return
            }
            func table(_ side: PrivateKey.Side) -> FixedBasePower {
                FixedBasePower(
                    base: base.modulo(side.ciphertextModulus), modulus: side.ciphertextModulus,
                    root: key.publicKey.exponent == 1 ? side.prime : nil,
                    exponentBits: key.publicKey.paillier.exponentBits)
            }
            source = .ownerTables(table(key.p), table(key.q), key)
        }

        /// Uses uniform n^s-th powers under any key: see `PaillierEncryptor.init(hidingFromOwnerOf:)`.
        public init(hidingFromOwnerOf key: PublicKey) {
            publicKey = key
            source = .uniform(MontgomeryModulus(key.ciphertextModulus))
        }

        /// A fresh encryption of a plaintext in 0 ..< n^s; `.range` for any other. Signed values: `publicKey.encode` first.
        public func encrypt(_ plaintext: BigInteger) throws -> Ciphertext {
            try checkRange(plaintext)
            return combine(plaintext, randomizers(1)[0])
        }

        /// Fresh encryptions of plaintexts in 0 ..< n^s, in order; `.range` for any other. Synchronous.
        public func encrypt(
            _ plaintexts: [BigInteger], threads: Int, progress: ProgressMonitor? = nil
        ) throws -> [Ciphertext] {
            let counter = ProgressCounter("encrypt", total: plaintexts.count, progress)
            return try PaillierPublicKey.inParallel(plaintexts.count, threads: threads, chunk: 32) { range in
                for i in range { try checkRange(plaintexts[i]) }
                defer { counter.add(range.count) }
                return zip(range, randomizers(range.count)).map { combine(plaintexts[$0], $1) }
            }
        }

        /// Another encryption of the same plaintext, which nobody without the private key can link to `ciphertext`.
        public func rerandomize(_ ciphertext: Ciphertext) -> Ciphertext {
            Ciphertext(unchecked: (ciphertext.value * randomizers(1)[0]).modulo(publicKey.ciphertextModulus))
        }

        /// For an exponent (subgroup, DJN) or a unit (standard) that the caller fixes: for known-answer tests.
        package func encrypt(_ plaintext: BigInteger, fixed r: BigInteger) throws -> Ciphertext {
            try checkRange(plaintext)
            let w =
                switch source {
                case .table(let table): table.power(r)
                case .powers(let field, let base): field.powers([base], secret: r)[0]
                case .ownerTables(let p, let q, let key): key.join(p.power(r), q.power(r))
                case .uniform(let field): field.powers([r], secret: publicKey.plaintextModulus)[0]
                }
            return combine(plaintext, w)
        }

        private func checkRange(_ plaintext: BigInteger) throws {
            guard plaintext.signum >= 0, plaintext < publicKey.plaintextModulus else {
                throw YinheError(
                    .range, "a plaintext is outside 0 ..< n^\(publicKey.exponent)",
                    remedy: "encode negative values first, or use a longer key")
            }
        }

        private func combine(_ m: BigInteger, _ w: BigInteger) -> Ciphertext {
            Ciphertext(unchecked: (publicKey.generatorPower(m) * w).modulo(publicKey.ciphertextModulus))
        }

        private func randomizers(_ count: Int) -> [BigInteger] {
            let bits = publicKey.paillier.exponentBits, random = SystemRandom.shared
            switch source {
            case .table(let table):
                return RandomExponents.with(count, bits: bits, random: random) { table.powers($0, count) }
            case .ownerTables(let p, let q, let key):
                return RandomExponents.with(count, bits: bits, random: random) { exponents in
                    zip(p.powers(exponents, count), q.powers(exponents, count)).map { key.join($0, $1) }
                }
            case .powers(let field, let base):
                return RandomExponents.with(count, bits: bits, random: random) { exponents in
                    field.powers([BigInteger](repeating: base, count: count), secretExponents: exponents, exponentBits: bits)
                }
            case .uniform(let field):
                let units = (0..<count).map { _ in BigInteger.randomUnit(modulo: publicKey.paillier.n, from: random) }
                return field.powers(units, secret: publicKey.plaintextModulus)
            }
        }
    }
}
