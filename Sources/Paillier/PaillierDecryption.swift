import Arithmetic
import SandboxCore

extension PaillierPrivateKey {
    /// Ciphertexts decrypted at a time: enough for the kernels that take four numbers at once.
    private static let chunk = 16

    /// The plaintext in 0 ..< n.
    public func decrypt(_ ciphertext: PaillierCiphertext) -> BigInteger { decrypt(1) { _ in ciphertext.value }[0] }

    /// The plaintext as a signed integer; see `PaillierPublicKey.decode`.
    public func decryptSigned(_ ciphertext: PaillierCiphertext) throws -> BigInteger {
        try publicKey.decode(decrypt(ciphertext))
    }

    /// The plaintexts in 0 ..< n, in order. Synchronous; from async code call it through a thread of its own.
    public func decrypt(
        _ ciphertexts: [PaillierCiphertext], threads: Int, progress: ProgressMonitor? = nil
    ) throws -> [BigInteger] {
        let counter = ProgressCounter("decrypt", total: ciphertexts.count, progress)
        return try PaillierPublicKey.inParallel(ciphertexts.count, threads: threads, chunk: Self.chunk) { range in
            defer { counter.add(range.count) }
            return decrypt(range.count) { ciphertexts[range.lowerBound + $0].value }
        }
    }

    /// The same on rows of words: `ciphertexts` has `count` rows of `publicKey.ciphertextLimbs` words, each a unit below n^2;
    /// `plaintexts` takes `count` rows of `publicKey.plaintextLimbs` words. Synchronous.
    package func decrypt(
        count: Int, ciphertexts: UnsafePointer<UInt64>, threads: Int, progress: ProgressMonitor? = nil,
        into plaintexts: UnsafeMutablePointer<UInt64>
    ) throws {
        let counter = ProgressCounter("decrypt", total: count, progress)
        let rows = FlatRows(ciphertexts, width: publicKey.ciphertextLimbs)
        let out = MutableFlatRows(plaintexts, width: publicKey.plaintextLimbs)
        try Parallel.forEachChunk(of: count, chunk: Self.chunk, threads: threads) { range in
            for (i, plaintext) in zip(range, decrypt(range.count) { rows[range.lowerBound + $0] }) { out.set(i, plaintext) }
            counter.add(range.count)
        }
    }

    private func decrypt(_ count: Int, _ ciphertext: (Int) -> BigInteger) -> [BigInteger] {
        let ciphertexts = (0..<count).map(ciphertext)
        return zip(p.decrypt(ciphertexts), q.decrypt(ciphertexts)).map {
            Self.join($0, $1, p.prime, q.prime, pInverseModQ)
        }
    }
}

extension PaillierPrivateKey.PrimeSide {
    /// The plaintexts modulo this prime: L(c^e mod p^2) / L(g^e mod p^2), L(u) = (u - 1) / p.
    ///
    /// A ciphertext of the subgroup takes the exponent e = 2 alpha. One that was randomised by a uniform n-th power, as
    /// `PaillierEncryptor(hidingFromOwnerOf:)` and python-paillier do, is not 1 modulo p after that and takes e = p - 1.
    fileprivate func decrypt(_ ciphertexts: [BigInteger]) -> [BigInteger] {
        func plaintext(_ power: BigInteger, _ inverseOfL: BigInteger) -> BigInteger? {
            let (quotient, remainder) = (power - .one).quotientAndRemainder(dividingBy: prime)
            return remainder.isZero ? (quotient * inverseOfL).modulo(prime) : nil
        }
        guard let short else { return powers(ciphertexts, order).map { plaintext($0, inverseOfL)! } }
        var plaintexts = powers(ciphertexts, short.order).map { plaintext($0, short.inverseOfL) }
        let others = plaintexts.indices.filter { plaintexts[$0] == nil }
        if !others.isEmpty {
            for (i, power) in zip(others, powers(others.map { ciphertexts[$0] }, order)) { plaintexts[i] = plaintext(power, inverseOfL) }
        }
        return plaintexts.map { $0! }
    }

    /// c^exponent modulo the square of the prime, for one secret exponent.
    private func powers(_ ciphertexts: [BigInteger], _ exponent: BigInteger) -> [BigInteger] {
        field.powers(ciphertexts, secret: exponent)
    }
}
