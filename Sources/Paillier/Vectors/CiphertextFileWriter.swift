import Arithmetic
import SandboxCore

/// Writes a ciphertext file row by row. The file appears, whole, under its name when `finish` returns.
final class CiphertextFileWriter {
    private let arithmetic: CiphertextArithmetic
    private let header: [UInt8]
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let buffer: HugeBuffer<UInt8>
    private let rowsPerChunk: Int
    private var buffered = 0
    private var digests: [UInt8] = []
    private var rows = 0

    /// `sink` takes the bytes of the file in order.
    init(_ header: CiphertextFileHeader, _ arithmetic: CiphertextArithmetic, sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        self.arithmetic = arithmetic
        self.header = header.encode(for: arithmetic.key)
        self.sink = sink
        rowsPerChunk = CiphertextFileDigest.rowsPerChunk(arithmetic.key)
        buffer = HugeBuffer(count: rowsPerChunk * arithmetic.key.ciphertextBytes, wiped: false)
        try self.header.withUnsafeBytes { try sink($0) }
    }

    /// Appends rows in ordinary form.
    func append(_ source: UnsafePointer<UInt64>, count: Int) throws {
        var done = 0
        while done < count {
            let n = min(count - done, rowsPerChunk - buffered), width = arithmetic.key.ciphertextBytes
            arithmetic.store(source + done * arithmetic.limbs, count: n, into: buffer.pointer + buffered * width)
            buffered += n
            done += n
            if buffered == rowsPerChunk { try flush() }
        }
    }

    private func flush() throws {
        guard buffered > 0 else { return }
        let bytes = UnsafeRawBufferPointer(start: buffer.pointer, count: buffered * arithmetic.key.ciphertextBytes)
        digests += CiphertextFileDigest.chunk(digests.count / CiphertextFileDigest.byteCount, bytes)
        try sink(bytes)
        rows += buffered
        buffered = 0
    }

    /// Writes what is left and the trailer, for a vector of `count` values; the digest over the whole file.
    func finish(count: Int) throws -> [UInt8] {
        try flush()
        let digest = CiphertextFileDigest.whole(header, count: count, rows: rows, chunks: digests)
        var writer = ByteWriter()
        writer.write(raw: digests)
        writer.write(UInt64(count))
        writer.write(UInt64(rows))
        writer.write(raw: digest)
        try writer.bytes.withUnsafeBytes { try sink($0) }
        return digest
    }
}

extension EncryptedVector {
    var header: CiphertextFileHeader { CiphertextFileHeader(layout: layout, shape: shape, bounds: bounds, scale: scale) }

    /// The bytes of the vector's file, for a message. Protocols/encrypted-vectors.md, "File".
    public func encoded(threads: Int = availableCores) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try write(threads: threads) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Writes the vector to a file; see `CiphertextFile`. Returns the file's digest.
    @discardableResult public func write(to path: String, threads: Int = availableCores) throws -> [UInt8] {
        let file = try AtomicFile(path: path)
        let digest = try write(threads: threads) { try file.write(raw: $0) }
        try file.commit()
        return digest
    }

    @discardableResult private func write(threads: Int, sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        let vector = normalized(threads: threads)
        return try withoutActuallyEscaping(sink) { sink in
            let writer = try CiphertextFileWriter(header, arithmetic, sink: sink)
            try writer.append(vector.storage.pointer, count: rowCount)
            return try writer.finish(count: count)
        }
    }

    /// Reads the bytes of a vector's file and checks everything; errors as `CiphertextFile.init` and `CiphertextFile.vector`.
    public init(encoded bytes: [UInt8], key: PaillierPublicKey, threads: Int = availableCores) throws {
        self = try CiphertextFile(.bytes(bytes), CiphertextArithmetic(key), at: "").vector(threads: threads)
    }

    /// Reads a vector's file and checks everything; errors as `CiphertextFile.init` and `CiphertextFile.vector`.
    public init(
        contentsOf path: String, key: PaillierPublicKey, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws {
        self = try CiphertextFile(path: path, key: key).vector(threads: threads, progress: progress)
    }

    /// A vector of ciphertexts that came by another way, of fresh values in the layout.
    public init(
        ciphertexts: [PaillierCiphertext], count: Int, layout: PackedLayout, valuesPerRow: Int? = nil, key: PaillierPublicKey
    ) throws {
        let shape = try layout.shape(valuesPerRow: valuesPerRow, key: key)
        guard count >= 0, layout.rows(for: count, valuesPerRow: shape.valuesPerRow) == ciphertexts.count else {
            throw Self.mismatch("\(ciphertexts.count) ciphertexts for \(count) values, \(shape.valuesPerRow) in each")
        }
        self.init(
            layout: layout, count: count, shape: shape, bounds: layout.freshBounds, scale: layout.scale,
            arithmetic: CiphertextArithmetic(key))
        for (i, ciphertext) in ciphertexts.enumerated() {
            guard ciphertext.value < key.nSquared else { throw CiphertextArithmetic.refuse(row: i, "is not below n^2", at: "") }
            ciphertext.value.copyLimbs(to: storage.pointer + i * limbs, count: limbs)
        }
    }
}
