import Arithmetic
import SandboxCore

extension EncryptedVector {
    /// The slot-wise sum of vectors of one key, layout and length: one multiplication for each ciphertext.
    ///
    /// Throws `.range` when the sum could pass its slots, `.badInput` when the vectors do not belong together. Traps for none.
    public static func sum(
        _ vectors: [EncryptedVector], threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        guard let first = vectors.first else { preconditionFailure("the sum of no vectors has no layout") }
        var bounds: SlotBounds? = first.bounds
        for vector in vectors.dropFirst() {
            try first.checkFits(vector)
            bounds = bounds?.adding(vector.bounds)
        }
        let residue = vectors.reduce(1) { $0 + $1.residue - 1 }
        let result = try first.like(
            bounds: first.layout.accept(bounds, "the sum of \(vectors.count) vectors"), residue: residue)
        let sources = vectors.map(\.rows), target = result.target, limbs = first.limbs, modulus = first.arithmetic.modulus
        let counter = ProgressCounter("add", total: first.rowCount * max(1, vectors.count - 1), progress)
        first.parallelRows(threads: threads) { range in
            let offset = range.lowerBound * limbs, out = target.base + offset
            if sources.count == 1 { out.update(from: sources[0].base + offset, count: range.count * limbs) }
            for i in 1..<max(sources.count, 1) {
                let left = i == 1 ? sources[0].base + offset : UnsafePointer(out)
                modulus.multiply(left, sources[i].base + offset, count: range.count, into: out)
                counter.add(range.count)
            }
        }
        return result.settled(threads: threads)
    }

    /// The slot-wise sum of two vectors.
    public func adding(
        _ other: EncryptedVector, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        try Self.sum([self, other], threads: threads, progress: progress)
    }

    /// Adds `other` in place, without new memory when this vector has no copies.
    public mutating func add(_ other: EncryptedVector, threads: Int = availableCores) throws {
        try checkFits(other)
        let bounds = try layout.accept(bounds.adding(other.bounds), "the sum of two vectors")
        guard isKnownUniquelyReferenced(&storage) else {
            self = try Self.sum([self, other], threads: threads)
            return
        }
        let source = other.rows, target = target, limbs = limbs, modulus = arithmetic.modulus
        parallelRows(threads: threads) { range in
            let out = target.base + range.lowerBound * limbs
            modulus.multiply(out, source.base + range.lowerBound * limbs, count: range.count, into: out)
        }
        self.bounds = bounds
        residue += other.residue - 1
        self = settled(threads: threads)
    }

    /// The slot-wise difference.
    public func subtracting(
        _ other: EncryptedVector, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        try checkFits(other)
        _ = try layout.accept(bounds.adding(other.bounds.negated), "the difference of two vectors")
        return try Self.sum([self, other.negated(threads: threads)], threads: threads, progress: progress)
    }

    /// The vector of the negated values: three multiplications for each ciphertext and one inversion for each 256 of them.
    public func negated(threads: Int = availableCores, progress: ProgressMonitor? = nil) throws -> EncryptedVector {
        // Montgomery's trick takes the rows as they are: (c R^k)^-1 = c^-1 R^-k.
        let result = like(bounds: bounds.negated, residue: -residue)
        let source = rows, target = result.target, arithmetic = arithmetic
        let counter = ProgressCounter("negate", total: rowCount, progress)
        try Parallel.forEachChunk(of: rowCount, chunk: CiphertextArithmetic.chunk, threads: threads) { range in
            let offset = range.lowerBound * arithmetic.limbs
            guard arithmetic.modulus.inverses(source.base + offset, count: range.count, into: target.base + offset) else {
                preconditionFailure("a ciphertext that is not a unit")  // they were checked when they came in
            }
            counter.add(range.count)
        }
        return result
    }

    /// Adds a plaintext vector in the layout's range, in its units. Whoever knows the result and this vector can read it off.
    public func adding(plaintext values: [Int64], threads: Int = availableCores) throws -> EncryptedVector {
        guard values.count == count, shape.firstSlot == 0, scale == layout.scale else {
            throw Self.mismatch("the plaintext vector has \(values.count) values, another place in its rows, or another unit")
        }
        let bounds = try layout.accept(bounds.adding(layout.freshBounds), "the sum with a plaintext vector")
        let plaintexts = try arithmetic.plaintexts(values, layout, shape, threads: threads)
        let result = like(bounds: bounds, residue: residue - 1)
        let source = rows, target = result.target, factors = SharedRows(plaintexts.pointer), arithmetic = arithmetic
        parallelRows(threads: threads) { range in
            let limbs = arithmetic.limbs, words = arithmetic.plaintextLimbs
            var factor = [UInt64](repeating: 0, count: limbs)
            for row in range {
                let m = BigInteger(limbs: UnsafeBufferPointer(start: factors.base + row * words, count: words))
                arithmetic.trivial(m).copyLimbs(to: &factor, count: limbs)
                arithmetic.modulus.multiply(source.base + row * limbs, factor, count: 1, into: target.base + row * limbs)
            }
        }
        withExtendedLifetime(plaintexts) {}
        return result
    }

    /// Adds a public constant, in units of `scale`, to every value. Costs nothing: it moves the bias of the slots.
    public func adding(constant: Int64) throws -> EncryptedVector {
        let step = Int128(constant)
        var result = self
        result.bounds = try layout.accept(
            bounds.adding(SlotBounds(minimum: step, maximum: step, bias: step)), "the sum with a constant")
        return result
    }

    /// Other ciphertexts of the same values, which nobody without the private key can link to these; nor can its owner when the
    /// encryptor was made by `init(hidingFromOwnerOf:)`.
    public func rerandomized(
        with encryptor: PaillierEncryptor, pool: RandomnessPool? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        guard encryptor.publicKey == publicKey else { throw Self.mismatch("the encryptor is for another key") }
        let zeros = HugeBuffer<UInt64>(count: rowCount * arithmetic.plaintextLimbs, wiped: false)
        let result = like(residue: residue - 1)
        try arithmetic.encrypt(
            zeros.pointer, count: rowCount, with: encryptor, pool: pool, threads: threads, progress: progress,
            into: result.storage.pointer)
        let source = rows, target = result.target, limbs = limbs, modulus = arithmetic.modulus
        parallelRows(threads: threads) { range in
            let out = target.base + range.lowerBound * limbs
            modulus.multiply(out, source.base + range.lowerBound * limbs, count: range.count, into: out)
        }
        return result
    }

    // MARK: What fits together

    func checkFits(_ other: EncryptedVector) throws {
        guard other.publicKey == publicKey else { throw Self.mismatch("the vectors were encrypted for different keys") }
        guard other.layout == layout, other.shape == shape else { throw Self.mismatch("the vectors have different layouts") }
        guard other.count == count else { throw Self.mismatch("the vectors have \(count) and \(other.count) values") }
        guard other.scale == scale else { throw Self.mismatch("the vectors have units of \(scale) and \(other.scale)") }
    }

    static func mismatch(_ reason: String) -> YinheError {
        YinheError(.badInput, reason, remedy: "all sides must use the same key, layout and number of values")
    }

    /// Vectors that were added to themselves time and again double the exponent of R each time: starts it afresh long before it
    /// leaves 64 bits.
    func settled(threads: Int) -> EncryptedVector {
        residue.magnitude < 1 << 40 ? self : normalized(threads: threads)
    }
}

extension SlotBounds {
    /// Numbers of 127 bits and more are refused before they get here.
    var negated: SlotBounds { SlotBounds(minimum: -maximum, maximum: -minimum, bias: -bias) }
}
