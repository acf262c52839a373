import Arithmetic
import SandboxCore

/// Many integers under one Paillier key, several in each ciphertext. Who adds such vectors learns nothing of the numbers; who holds
/// the private key, or enough shares of it, opens the sum.
///
///     let layout = try PackedLayout(-1_000_000...1_000_000, additions: 500, key: publicKey)
///     let mine = try EncryptedVector.encrypt(values, layout: layout, with: encryptor)
///     let sum = try EncryptedVector.sum(submissions)
///     let totals = try sum.decrypt(with: privateKey)
///
/// Every operation works out what the slots may hold (`bounds`) and throws `.range` when that could pass a slot: a result is exact or
/// there is none. Results are deterministic in their inputs; `rerandomized` before one goes to somebody who knows the inputs.
///
/// All functions here are synchronous and may take long; from async code call them on a thread of their own.
public struct EncryptedVector: Sendable {
    public let layout: PackedLayout
    /// Values in the vector.
    public let count: Int
    /// What each value may be, in units of `scale`.
    public internal(set) var bounds: SlotBounds
    /// The unit of the values. Multiplying by fixed-point numbers makes it finer than the layout's.
    public internal(set) var scale: FixedPointScale
    package let shape: RowShape
    package let arithmetic: CiphertextArithmetic
    /// Row i holds ciphertext i times R^residue modulo n^2 (R of the Montgomery arithmetic), so that an addition is one product.
    var residue: Int
    /// Shared by copies; written only before the vector is handed out, or while there are no copies.
    var storage: HugeBuffer<UInt64>

    init(
        layout: PackedLayout, count: Int, shape: RowShape, bounds: SlotBounds, scale: FixedPointScale, arithmetic: CiphertextArithmetic,
        residue: Int = 0, storage: HugeBuffer<UInt64>? = nil
    ) {
        self.layout = layout
        self.count = count
        self.shape = shape
        self.bounds = bounds
        self.scale = scale
        self.arithmetic = arithmetic
        self.residue = residue
        self.storage =
            storage ?? HugeBuffer(count: layout.rows(for: count, valuesPerRow: shape.valuesPerRow) * arithmetic.limbs, wiped: false)
    }

    public var publicKey: PaillierPublicKey { arithmetic.key }
    /// Ciphertexts.
    public var rowCount: Int { storage.count / arithmetic.limbs }
    /// Values in each ciphertext; the last one may have fewer.
    public var valuesPerRow: Int { shape.valuesPerRow }

    var limbs: Int { arithmetic.limbs }
    var rows: SharedRows { SharedRows(storage.pointer) }
    var target: TargetRows { TargetRows(storage.pointer) }

    /// A vector of the same kind and another storage.
    func like(
        count: Int? = nil, shape: RowShape? = nil, bounds: SlotBounds? = nil, scale: FixedPointScale? = nil, residue: Int
    ) -> EncryptedVector {
        EncryptedVector(
            layout: layout, count: count ?? self.count, shape: shape ?? self.shape, bounds: bounds ?? self.bounds,
            scale: scale ?? self.scale, arithmetic: arithmetic, residue: residue)
    }

    // MARK: Encryption

    /// Encrypts integers in the layout's range, in its units.
    ///
    /// - Parameters:
    ///   - valuesPerRow: how many values share a ciphertext, by default as many as fit. Sums by group, weighted sums and selections act
    ///     on whole rows; give 1 for them, or the number of values that belong together, such as 2 for a gradient and a hessian.
    ///   - pool: prepared randomness, used before more is made; see `RandomnessPool`.
    ///
    /// Throws `.range` for a value outside the range, with its number, or a layout for longer keys.
    public static func encrypt(
        _ values: [Int64], layout: PackedLayout, with encryptor: PaillierEncryptor, pool: RandomnessPool? = nil,
        valuesPerRow: Int? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        try encrypt(
            values, layout: layout, with: encryptor, pool: pool, valuesPerRow: valuesPerRow,
            arithmetic: CiphertextArithmetic(encryptor.publicKey), firstIndex: 0, threads: threads, progress: progress)
    }

    /// Encrypts real numbers, rounded to the layout's units.
    public static func encrypt(
        _ values: [Double], layout: PackedLayout, with encryptor: PaillierEncryptor, pool: RandomnessPool? = nil,
        valuesPerRow: Int? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        var units = try values.map { try layout.scale.units(of: $0) }
        defer { ConstantTime.wipe(&units) }
        return try encrypt(
            units, layout: layout, with: encryptor, pool: pool, valuesPerRow: valuesPerRow, threads: threads, progress: progress)
    }

    static func encrypt(
        _ values: [Int64], layout: PackedLayout, with encryptor: PaillierEncryptor, pool: RandomnessPool?, valuesPerRow: Int?,
        arithmetic: CiphertextArithmetic, firstIndex: Int, threads: Int, progress: ProgressMonitor?
    ) throws -> EncryptedVector {
        let shape = try layout.shape(valuesPerRow: valuesPerRow, key: arithmetic.key)
        let vector = EncryptedVector(
            layout: layout, count: values.count, shape: shape, bounds: layout.freshBounds, scale: layout.scale, arithmetic: arithmetic)
        let plaintexts = try arithmetic.plaintexts(values, layout, shape, firstIndex: firstIndex, threads: threads)
        try arithmetic.encrypt(
            plaintexts.pointer, count: vector.rowCount, with: encryptor, pool: pool, threads: threads, progress: progress,
            into: vector.storage.pointer)
        return vector
    }

    // MARK: Opening

    /// The values, in units of `scale`.
    ///
    /// Throws `.badInput` for the key of another pair, `.range` when a slot has left its bounds: a contributor has not kept to the
    /// declared range.
    public func decrypt(
        with key: PaillierPrivateKey, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> [Int128] {
        guard key.publicKey == publicKey else {
            throw YinheError(.badInput, "the vector was encrypted for another key", remedy: "open it with the key whose public half made it")
        }
        let vector = normalized(threads: threads)
        let plaintexts = HugeBuffer<UInt64>(count: rowCount * arithmetic.plaintextLimbs, wiped: true)
        try arithmetic.decrypt(
            vector.storage.pointer, count: rowCount, with: key, threads: threads, progress: progress, into: plaintexts.pointer)
        return try open(plaintexts.pointer, limbs: arithmetic.plaintextLimbs, threads: threads)
    }

    /// The values as doubles.
    public func decryptReal(
        with key: PaillierPrivateKey, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> [Double] {
        try decrypt(with: key, threads: threads, progress: progress).map { scale.value(ofUnits: $0) }
    }

    /// The values behind the plaintexts of all rows, residues modulo n, as threshold decryption gives them; errors as `decrypt`.
    public func open(plaintexts: [BigInteger], threads: Int = availableCores) throws -> [Int128] {
        precondition(plaintexts.count == rowCount, "one plaintext a row")
        let limbs = arithmetic.plaintextLimbs
        let rows = HugeBuffer<UInt64>(count: rowCount * limbs, wiped: true)
        for (i, plaintext) in plaintexts.enumerated() {
            precondition(plaintext.signum >= 0 && plaintext < publicKey.n, "a plaintext outside 0 ..< n")
            plaintext.copyLimbs(to: rows.pointer + i * limbs, count: limbs)
        }
        return try open(rows.pointer, limbs: limbs, threads: threads)
    }

    private func open(_ plaintexts: UnsafePointer<UInt64>, limbs: Int, threads: Int) throws -> [Int128] {
        var values = [Int128](repeating: 0, count: count)
        let rows = SharedRows(plaintexts), perRow = shape.valuesPerRow
        try values.withUnsafeMutableBufferPointer { values in
            let out = DisjointBuffer(values)
            try Parallel.forEachChunk(of: rowCount, chunk: 64, threads: threads) { range in
                let first = range.lowerBound * perRow
                try layout.unpack(
                    rows.base + range.lowerBound * limbs, limbs: limbs, count: min(count - first, range.count * perRow), shape, bounds,
                    n: publicKey.n, firstRow: range.lowerBound, into: out.base + first)
            }
        }
        return values
    }

    /// The ciphertexts, one a row.
    public var ciphertexts: [PaillierCiphertext] {
        let vector = normalized(threads: 1)
        return (0..<rowCount).map { PaillierCiphertext(unchecked: arithmetic.number(vector.storage.pointer + $0 * limbs)) }
    }

    /// The same vector with ordinary residues in its rows.
    package func normalized(threads: Int) -> EncryptedVector {
        if residue == 0 { return self }
        return inForm(0, threads: threads)
    }

    /// The same vector with rows times R^exponent.
    func inForm(_ exponent: Int, threads: Int) -> EncryptedVector {
        if residue == exponent { return self }
        let factor = arithmetic.modulus.powerOfR(exponent - residue + 1)
        let result = like(residue: exponent)
        let source = rows, target = result.target, limbs = limbs
        parallelRows(threads: threads) { range in
            arithmetic.modulus.multiply(
                source.base + range.lowerBound * limbs, byOne: factor, count: range.count, into: target.base + range.lowerBound * limbs)
        }
        return result
    }

    /// Calls `body` for chunks of rows on several threads.
    func parallelRows(threads: Int, _ body: @Sendable (Range<Int>) -> Void) {
        // `body` cannot throw, so neither does the loop.
        try! Parallel.forEachChunk(of: rowCount, chunk: CiphertextArithmetic.chunk, threads: threads) { body($0) }
    }
}

extension PackedLayout {
    func shape(valuesPerRow: Int?, key: PaillierPublicKey) throws -> RowShape {
        guard plaintextBits <= key.bits - 1 else {
            throw YinheError(
                .range, "the layout fills plaintexts of \(plaintextBits) bits; the key takes \(key.bits - 1)",
                remedy: "make the layout for this key")
        }
        let perRow = valuesPerRow ?? slotsPerPlaintext
        guard perRow > 0, perRow <= slotsPerPlaintext else {
            throw YinheError(
                .range, "\(perRow) values do not fit a plaintext of \(slotsPerPlaintext) slots",
                remedy: "declare a smaller range or fewer additions, or put fewer values into a row")
        }
        return RowShape(valuesPerRow: perRow)
    }
}
