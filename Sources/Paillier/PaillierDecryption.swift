import Arithmetic
import SandboxCore

extension PaillierPrivateKey {
    /// The plaintext in 0 ..< n.
    public func decrypt(_ ciphertext: PaillierCiphertext) -> BigInteger {
        Self.join(p.decrypt(ciphertext.value), q.decrypt(ciphertext.value), p.prime, q.prime, pInverseModQ)
    }

    /// The plaintext as a signed integer; see `PaillierPublicKey.decode`.
    public func decryptSigned(_ ciphertext: PaillierCiphertext) throws -> BigInteger {
        try publicKey.decode(decrypt(ciphertext))
    }

    /// The plaintexts in 0 ..< n, in order. Synchronous; from async code call it through a thread of its own.
    public func decrypt(
        _ ciphertexts: [PaillierCiphertext], threads: Int, progress: ProgressMonitor? = nil
    ) throws -> [BigInteger] {
        let counter = ProgressCounter("decrypt", total: ciphertexts.count, progress)
        return try PaillierPublicKey.inParallel(ciphertexts.count, threads: threads, chunk: 8) { range in
            defer { counter.add(range.count) }
            return range.map { decrypt(ciphertexts[$0]) }
        }
    }

    /// The same on rows of words: `ciphertexts` has `count` rows of `publicKey.ciphertextLimbs` words, each a unit below n^2;
    /// `plaintexts` takes `count` rows of `publicKey.plaintextLimbs` words. Synchronous.
    package func decrypt(
        count: Int, ciphertexts: UnsafePointer<UInt64>, threads: Int, progress: ProgressMonitor? = nil,
        into plaintexts: UnsafeMutablePointer<UInt64>
    ) throws {
        let counter = ProgressCounter("decrypt", total: count, progress)
        let rows = FlatRows(ciphertexts, width: publicKey.ciphertextLimbs), out = MutableFlatRows(plaintexts, width: publicKey.plaintextLimbs)
        try Parallel.forEachChunk(of: count, chunk: 16, threads: threads) { range in
            for i in range { out.set(i, decrypt(PaillierCiphertext(unchecked: rows[i]))) }
            counter.add(range.count)
        }
    }
}

extension PaillierPrivateKey.PrimeSide {
    /// The plaintext modulo this prime: L(c^e mod p^2) / L(g^e mod p^2), L(u) = (u - 1) / p.
    ///
    /// A ciphertext of the subgroup takes the exponent e = 2 alpha. One that was randomised by a uniform n-th power, as
    /// `PaillierEncryptor(hidingFromOwnerOf:)` and python-paillier do, is not 1 modulo p after that and takes e = p - 1.
    fileprivate func decrypt(_ c: BigInteger) -> BigInteger {
        if let short {
            let (quotient, remainder) = (power.power(c, short.order) - .one).quotientAndRemainder(dividingBy: prime)
            if remainder.isZero { return (quotient * short.inverseOfL).modulo(prime) }
        }
        return ((power.power(c, order) - .one) / prime * inverseOfL).modulo(prime)
    }
}

/// Rows of `width` little-endian words each, as ciphertexts and plaintexts lie in memory; threads read them at will.
package struct FlatRows: @unchecked Sendable {
    package let base: UnsafePointer<UInt64>
    package let width: Int

    package init(_ base: UnsafePointer<UInt64>, width: Int) {
        self.base = base
        self.width = width
    }

    package subscript(row: Int) -> BigInteger {
        BigInteger(limbs: UnsafeBufferPointer(start: base + row * width, count: width))
    }
}

/// The same to be written; threads write disjoint rows.
package struct MutableFlatRows: @unchecked Sendable {
    package let base: UnsafeMutablePointer<UInt64>
    package let width: Int

    package init(_ base: UnsafeMutablePointer<UInt64>, width: Int) {
        self.base = base
        self.width = width
    }

    package func set(_ row: Int, _ value: BigInteger) { value.copyLimbs(to: base + row * width, count: width) }
}
