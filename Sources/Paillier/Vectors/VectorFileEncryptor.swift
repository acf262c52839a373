import Arithmetic
import SandboxCore

/// Encrypts values into a ciphertext file as they come; memory does not grow with their number.
///
///     let writer = try VectorFileEncryptor(path: "mine.enc", layout: layout, encryptor: encryptor)
///     while let values = try next() { try writer.append(values) }
///     let digest = try writer.finish()
///
/// The file appears when `finish` returns; without it nothing is left behind. One thread at a time calls it; it uses `threads`.
public final class VectorFileEncryptor: @unchecked Sendable {
    private let layout: PackedLayout
    private let shape: RowShape
    private let encryptor: PaillierEncryptor
    private let pool: RandomnessPool?
    private let arithmetic: CiphertextArithmetic
    private let file: AtomicFile
    private let writer: CiphertextFileWriter
    private let threads: Int
    private let total: Int?
    private let progress: ProgressMonitor?
    private var pending: [Int64] = []
    private var count = 0
    /// Values that are encrypted at a time: 512 rows a thread.
    private let batch: Int

    /// - Parameters:
    ///   - valuesPerRow: as for `EncryptedVector.encrypt`.
    ///   - pool: prepared randomness, used before more is made.
    ///   - total: how many values will come, for the progress reports ("encrypt", in rows), when that is known.
    ///
    /// Throws `.range` for a layout for longer keys, `.system` when the file cannot be made.
    public init(
        path: String, layout: PackedLayout, encryptor: PaillierEncryptor, pool: RandomnessPool? = nil, valuesPerRow: Int? = nil,
        total: Int? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws {
        self.layout = layout
        self.encryptor = encryptor
        self.pool = pool
        self.threads = threads
        self.progress = progress
        shape = try layout.shape(valuesPerRow: valuesPerRow, key: encryptor.publicKey)
        self.total = total.map { [shape] in layout.rows(for: $0, valuesPerRow: shape.valuesPerRow) }
        let arithmetic = CiphertextArithmetic(encryptor.publicKey), file = try AtomicFile(path: path)
        self.arithmetic = arithmetic
        self.file = file
        batch = 512 * max(1, threads) * shape.valuesPerRow
        let header = CiphertextFileHeader(layout: layout, shape: shape, bounds: layout.freshBounds, scale: layout.scale)
        writer = try CiphertextFileWriter(header, arithmetic) { try file.write(raw: $0) }
        pending.reserveCapacity(batch)
    }

    deinit { ConstantTime.wipe(&pending) }

    /// Takes the next values, in the layout's range and units. Throws `.range` for one outside, with its number.
    public func append(_ values: some Collection<Int64>) throws {
        var rest = values[...]
        while !rest.isEmpty {
            let part = rest.prefix(batch - pending.count)
            pending.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if pending.count == batch { try flush() }
        }
    }

    private func flush() throws {
        guard !pending.isEmpty else { return }
        let before = layout.rows(for: count, valuesPerRow: shape.valuesPerRow), total = total
        var report: ProgressMonitor?
        if let progress {
            report = { progress(ProgressEvent(phase: $0.phase, completed: before + $0.completed, total: total)) }
        }
        let vector = try EncryptedVector.encrypt(
            pending, layout: layout, with: encryptor, pool: pool, valuesPerRow: shape.valuesPerRow, arithmetic: arithmetic,
            firstIndex: count, threads: threads, progress: report)
        try writer.append(vector.storage.pointer, count: vector.rowCount)
        count += pending.count
        ConstantTime.wipe(&pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// Encrypts what is left and publishes the file; its digest.
    @discardableResult public func finish() throws -> [UInt8] {
        try flush()
        let digest = try writer.finish(count: count)
        try file.commit()
        return digest
    }

    /// Takes values from an asynchronous source to its end, without blocking the caller's thread pool, and finishes.
    @discardableResult public func finish<S: AsyncSequence>(appending values: S) async throws -> [UInt8] where S.Element == Int64 {
        var part: [Int64] = []
        part.reserveCapacity(batch)
        for try await value in values {
            part.append(value)
            if part.count == batch {
                let full = part
                try await Parallel.offload { try self.append(full) }
                part.removeAll(keepingCapacity: true)
            }
        }
        let last = part
        return try await Parallel.offload {
            try self.append(last)
            return try self.finish()
        }
    }
}
