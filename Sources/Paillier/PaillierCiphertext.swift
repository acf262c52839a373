import Arithmetic
import SandboxCore

/// A Paillier ciphertext: a unit modulo n^2 of one key. The key itself is not part of it; keep them together.
public struct PaillierCiphertext: Hashable, Sendable {
    /// The integer, the same as python-paillier's.
    public let value: BigInteger

    init(unchecked value: BigInteger) { self.value = value }
}

// MARK: Coding and validation

extension PaillierPublicKey {
    /// Takes an integer from outside. Throws `.badInput` when it is not a unit in 1 ..< n^2.
    public func ciphertext(_ value: BigInteger) throws -> PaillierCiphertext {
        try Self.inRange(value, nSquared)
        guard value.greatestCommonDivisor(with: n) == .one else { throw Self.notAUnit }
        return PaillierCiphertext(unchecked: value)
    }

    /// `ciphertextBytes` big-endian bytes.
    public func encode(_ ciphertext: PaillierCiphertext) -> [UInt8] { ciphertext.value.bigEndian(count: ciphertextBytes) }

    /// Takes bytes from outside; throws `.badInput` as `ciphertext(_:)` does, and for another length.
    public func decodeCiphertext(_ bytes: some Collection<UInt8>) throws -> PaillierCiphertext {
        guard bytes.count == ciphertextBytes else {
            throw YinheError(.badInput, "a ciphertext of \(bytes.count) bytes, \(ciphertextBytes) expected")
        }
        return try ciphertext(BigInteger(bigEndian: bytes))
    }

    /// Takes many ciphertexts, one after the other in `bytes`: one greatest common divisor of the product of all of them
    /// modulo n shows whether any is not a unit. `threads` as everywhere; synchronous.
    package func decodeCiphertexts(_ bytes: [UInt8], threads: Int) throws -> [PaillierCiphertext] {
        let width = ciphertextBytes
        guard bytes.count % width == 0 else {
            throw YinheError(.badInput, "\(bytes.count) bytes are not a whole number of ciphertexts of \(width)")
        }
        return try Self.inParallel(bytes.count / width, threads: threads, chunk: 64) { range in
            var product = BigInteger.one
            let values = try range.map { i in
                let value = BigInteger(bigEndian: bytes[i * width..<(i + 1) * width])
                try Self.inRange(value, nSquared)
                product = (product * value.modulo(n)).modulo(n)
                return PaillierCiphertext(unchecked: value)
            }
            guard product.greatestCommonDivisor(with: n) == .one else { throw Self.notAUnit }
            return values
        }
    }

    private static func inRange(_ value: BigInteger, _ nSquared: BigInteger) throws {
        guard value.signum > 0, value < nSquared else {
            throw YinheError(.badInput, "a ciphertext is outside 1 ..< n^2", remedy: "it was made for another key, or altered")
        }
    }

    private static var notAUnit: YinheError {
        YinheError(.badInput, "a ciphertext is not a unit modulo n", remedy: "it was made for another key, or altered")
    }

    /// Maps 0 ..< count, a chunk of consecutive indices at a time, on several threads.
    static func inParallel<T: Sendable>(
        _ count: Int, threads: Int, chunk: Int, _ body: @Sendable (Range<Int>) throws -> [T]
    ) throws -> [T] {
        var parts = [[T]](repeating: [], count: (count + chunk - 1) / chunk)
        try parts.withUnsafeMutableBufferPointer { buffer in
            let out = DisjointBuffer(buffer)
            try Parallel.forEachChunk(of: count, chunk: chunk, threads: threads) { range in
                out.base[range.lowerBound / chunk] = try body(range)
            }
        }
        return parts.flatMap { $0 }
    }
}

// MARK: Homomorphic operations

extension PaillierPublicKey {
    /// An encryption of the sum (modulo n). Deterministic: re-randomise before it leaves, or it shows what was added.
    public func add(_ a: PaillierCiphertext, _ b: PaillierCiphertext) -> PaillierCiphertext {
        PaillierCiphertext(unchecked: (a.value * b.value).modulo(nSquared))
    }

    /// An encryption of a - b.
    public func subtract(_ a: PaillierCiphertext, _ b: PaillierCiphertext) -> PaillierCiphertext { add(a, negate(b)) }

    /// An encryption of -a.
    public func negate(_ a: PaillierCiphertext) -> PaillierCiphertext {
        guard let inverse = a.value.inverse(modulo: nSquared) else { preconditionFailure("a ciphertext that is not a unit") }
        return PaillierCiphertext(unchecked: inverse)
    }

    /// An encryption of a + plaintext, for any integer; the plaintext can be read off the result and a.
    public func add(_ a: PaillierCiphertext, plaintext: BigInteger) -> PaillierCiphertext {
        let factor = (plaintext.modulo(n) * n + .one)
        return PaillierCiphertext(unchecked: (a.value * factor).modulo(nSquared))
    }

    /// An encryption of a * scalar, for any integer. Variable time in the scalar; a negative one costs an inversion more.
    public func multiply(_ a: PaillierCiphertext, byPublic scalar: BigInteger) -> PaillierCiphertext {
        let base = scalar.signum < 0 ? negate(a).value : a.value
        return PaillierCiphertext(unchecked: base.power(variableTime: scalar.magnitude, modulo: nSquared))
    }

    /// Encryptions of ciphertexts[i] * scalars[i], for any integers: several times as fast for each as one at a time. Variable time in the
    /// scalars. `threads` as everywhere; synchronous.
    public func multiply(
        _ ciphertexts: [PaillierCiphertext], byPublic scalars: [BigInteger], threads: Int
    ) throws -> [PaillierCiphertext] {
        precondition(ciphertexts.count == scalars.count, "a scalar for every ciphertext")
        let field = MontgomeryModulus(nSquared)
        return try Self.inParallel(ciphertexts.count, threads: threads, chunk: 64) { range in
            let bases = range.map { scalars[$0].signum < 0 ? negate(ciphertexts[$0]).value : ciphertexts[$0].value }
            return field.powers(bases, publicExponents: range.map { scalars[$0].magnitude }).map { PaillierCiphertext(unchecked: $0) }
        }
    }

    /// An encryption of the sum of all; of nothing: the trivial encryption 1 of zero.
    public func sum(_ ciphertexts: some Sequence<PaillierCiphertext>) -> PaillierCiphertext {
        var product = BigInteger.one
        for ciphertext in ciphertexts { product = (product * ciphertext.value).modulo(nSquared) }
        return PaillierCiphertext(unchecked: product)
    }
}
