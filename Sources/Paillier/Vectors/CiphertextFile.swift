import Arithmetic
import Foundation
import SandboxCore

/// An encrypted vector on the disk, which may be larger than memory: it is read a few hundred KiB at a time.
///
/// A file is complete or absent (temporary file, fsync, rename). It names its key, layout and bounds, and carries a SHA-256 digest of
/// every chunk of rows and one of everything, `digest`, which a contract or a signature can name. Rows are read with pread(2) rather
/// than mapped: a file that shrinks while it is read is then an error and not a signal.
public final class CiphertextFile: Sendable {
    enum Source: Sendable {
        case bytes([UInt8])
        case descriptor(Int32, size: Int)

        var size: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .descriptor(_, let size): size
            }
        }
    }

    public var path: String { place }
    public let count: Int
    public let rowCount: Int
    /// SHA-256 over the header and the digests of all chunks.
    public let digest: [UInt8]
    let header: CiphertextFileHeader
    let arithmetic: CiphertextArithmetic
    private let source: Source
    private let chunkDigests: [UInt8]
    let place: String

    public var layout: PackedLayout { header.layout }
    public var bounds: SlotBounds { header.bounds }
    public var scale: FixedPointScale { header.scale }
    public var valuesPerRow: Int { header.shape.valuesPerRow }
    public var publicKey: PaillierPublicKey { arithmetic.key }

    /// Opens a file and checks its header, its length and its digests; the rows are checked as they are read.
    ///
    /// Throws `.badInput` for a file that is truncated, altered, or made for another key, saying which; `.system` when it cannot be read.
    public convenience init(path: String, key: PaillierPublicKey) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw YinheError.system("the ciphertext file cannot be read", errno: errno, at: path, remedy: "check its name and permissions")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw YinheError(.badInput, "not a file", at: path)
        }
        do {
            try self.init(.descriptor(descriptor, size: Int(status.st_size)), CiphertextArithmetic(key), at: path)
        } catch {
            close(descriptor)
            throw error
        }
    }

    init(_ source: Source, _ arithmetic: CiphertextArithmetic, at place: String) throws {
        func damaged(_ reason: String) -> YinheError {
            YinheError(.badInput, "the ciphertext file \(reason)", at: place, remedy: "ask for the file again")
        }
        let fixed = CiphertextFileHeader.byteCount + CiphertextFileDigest.trailerBytes
        guard source.size >= fixed else { throw damaged("is truncated: \(source.size) bytes") }
        var head = [UInt8](repeating: 0, count: CiphertextFileHeader.byteCount)
        try Self.read(source, at: 0, into: &head, place)
        header = try CiphertextFileHeader(decoding: head, key: arithmetic.key, at: place)
        var trailer = [UInt8](repeating: 0, count: CiphertextFileDigest.trailerBytes)
        try Self.read(source, at: source.size - trailer.count, into: &trailer, place)
        var reader = ByteReader(trailer, what: "ciphertext file")
        let (count, rows) = (try reader.read(UInt64.self), try reader.read(UInt64.self))
        digest = try reader.readRaw(32)
        let perChunk = CiphertextFileDigest.rowsPerChunk(arithmetic.key), width = arithmetic.key.ciphertextBytes
        // The number of rows is compared with the file's length before anything is allocated for them.
        guard rows <= UInt64(source.size / width), count <= rows * UInt64(header.shape.valuesPerRow) else {
            throw damaged("is truncated or altered: its end names \(rows) rows")
        }
        let chunks = (Int(rows) + perChunk - 1) / perChunk
        let expected = fixed + Int(rows) * width + chunks * CiphertextFileDigest.byteCount
        guard source.size == expected else {
            throw damaged("is truncated or altered: \(source.size) bytes where \(rows) rows take \(expected)")
        }
        guard header.layout.rows(for: Int(count), valuesPerRow: header.shape.valuesPerRow) == Int(rows) else {
            throw damaged("has \(rows) rows for \(count) values")
        }
        var digests = [UInt8](repeating: 0, count: chunks * CiphertextFileDigest.byteCount)
        try Self.read(source, at: CiphertextFileHeader.byteCount + Int(rows) * width, into: &digests, place)
        guard CiphertextFileDigest.whole(head, count: Int(count), rows: Int(rows), chunks: digests) == digest else {
            throw damaged("was altered: its digest does not fit its header and chunks")
        }
        self.count = Int(count)
        rowCount = Int(rows)
        chunkDigests = digests
        self.source = source
        self.arithmetic = arithmetic
        self.place = place
    }

    deinit { if case .descriptor(let descriptor, _) = source { close(descriptor) } }

    private static func read(_ source: Source, at offset: Int, into out: inout [UInt8], _ place: String) throws {
        try out.withUnsafeMutableBytes { try read(source, at: offset, into: $0, place) }
    }

    private static func read(_ source: Source, at offset: Int, into out: UnsafeMutableRawBufferPointer, _ place: String) throws {
        guard out.count > 0 else { return }
        switch source {
        case .bytes(let bytes): bytes.withUnsafeBytes { out.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + out.count])) }
        case .descriptor(let descriptor, _):
            var done = 0
            while done < out.count {
                let n = pread(descriptor, out.baseAddress! + done, out.count - done, off_t(offset + done))
                if n < 0, errno == EINTR { continue }
                guard n > 0 else {
                    throw YinheError(.badInput, "the ciphertext file is shorter than it was", at: place, remedy: "nobody may write to it meanwhile")
                }
                done += n
            }
        }
    }

    // MARK: Rows

    var chunkCount: Int { chunkDigests.count / CiphertextFileDigest.byteCount }
    var rowsPerChunk: Int { CiphertextFileDigest.rowsPerChunk(arithmetic.key) }

    func rows(ofChunk chunk: Int) -> Range<Int> { chunk * rowsPerChunk..<min(rowCount, (chunk + 1) * rowsPerChunk) }

    /// Reads one chunk, checks its digest and that every row is in 1 ..< n^2; not yet that it is a unit.
    func load(chunk: Int, into out: UnsafeMutablePointer<UInt64>) throws {
        let range = rows(ofChunk: chunk), width = arithmetic.key.ciphertextBytes
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count * width, alignment: 64)
        defer { bytes.deallocate() }
        try Self.read(source, at: CiphertextFileHeader.byteCount + range.lowerBound * width, into: bytes, place)
        let expected = chunkDigests[chunk * CiphertextFileDigest.byteCount..<(chunk + 1) * CiphertextFileDigest.byteCount]
        guard CiphertextFileDigest.chunk(chunk, UnsafeRawBufferPointer(bytes)) == Array(expected) else {
            throw YinheError(
                .badInput, "the ciphertext file was altered: rows \(range.lowerBound + 1) ... \(range.upperBound) do not fit their digest",
                at: place, remedy: "ask for the file again")
        }
        if let bad = arithmetic.load(bytes.baseAddress!, count: range.count, into: out) {
            throw CiphertextArithmetic.refuse(row: range.lowerBound + bad, "is outside 1 ..< n^2", at: place)
        }
    }

    /// Some chunks, by default all, as a vector in memory, every row checked. Throws `.badInput` that names a bad row.
    package func vector(
        chunks: Range<Int>? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        let chunks = chunks ?? 0..<chunkCount
        let first = chunks.lowerBound * rowsPerChunk, end = min(rowCount, chunks.upperBound * rowsPerChunk)
        let result = EncryptedVector(
            layout: layout, count: min(count, end * valuesPerRow) - first * valuesPerRow, shape: header.shape, bounds: bounds,
            scale: scale, arithmetic: arithmetic)
        let target = result.target, limbs = arithmetic.limbs
        let counter = ProgressCounter("read", total: end - first, progress)
        try Parallel.forEachChunk(of: chunks.count, chunk: 1, threads: threads) { part in
            for i in part {
                let chunk = chunks.lowerBound + i, range = rows(ofChunk: chunk)
                let out = target.base + (range.lowerBound - first) * limbs
                try load(chunk: chunk, into: out)
                try arithmetic.checkUnits(out, count: range.count, firstRow: range.lowerBound, at: place, threads: 1)
                counter.add(range.count)
            }
        }
        return result
    }
}
