import Arithmetic
import SandboxCore

extension CiphertextFile {
    /// Adds files into one, slot by slot, without holding any of them in memory: each row of each file is read, checked and multiplied
    /// once.
    ///
    /// Throws `.range` when the sum could pass its slots, `.badInput` naming the file (and row) that does not belong to the others, was
    /// altered, or holds no valid ciphertext. Traps for no files. Returns the digest of the new file.
    @discardableResult public static func sum(
        _ files: [CiphertextFile], to path: String, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> [UInt8] {
        guard let first = files.first else { preconditionFailure("the sum of no files has no layout") }
        var bounds: SlotBounds? = first.bounds
        for file in files.dropFirst() {
            try file.checkFits(first)
            bounds = bounds?.adding(file.bounds)
        }
        let header = CiphertextFileHeader(
            layout: first.layout, shape: first.header.shape,
            bounds: try first.layout.accept(bounds, "the sum of \(files.count) files"), scale: first.scale)
        let arithmetic = first.arithmetic
        let output = try AtomicFile(path: path)
        let writer = try CiphertextFileWriter(header, arithmetic) { try output.write(raw: $0) }
        let counter = ProgressCounter("add", total: first.rowCount * files.count, progress)
        // A product of k ordinary residues has lost R^(k - 1).
        let form = arithmetic.modulus.powerOfR(files.count)
        try first.inBatches(threads: threads) { chunks, rows in
            let target = TargetRows(rows.pointer)
            try Parallel.forEachChunk(of: chunks.count, chunk: 1, threads: threads) { part in
                for i in part {
                    let chunk = chunks.lowerBound + i, range = first.rows(ofChunk: chunk)
                    let out = target.base + i * first.rowsPerChunk * arithmetic.limbs
                    try first.load(chunk: chunk, into: out)
                    let next = HugeBuffer<UInt64>(count: range.count * arithmetic.limbs, wiped: false)
                    counter.add(range.count)
                    for file in files.dropFirst() {
                        try file.load(chunk: chunk, into: next.pointer)
                        arithmetic.modulus.multiply(out, next.pointer, count: range.count, into: out)
                        counter.add(range.count)
                    }
                    // A product is a unit exactly when its factors are: one check for all files.
                    if arithmetic.firstNonUnit(out, count: range.count) != nil {
                        for file in files {
                            try file.load(chunk: chunk, into: next.pointer)
                            try arithmetic.checkUnits(
                                next.pointer, count: range.count, firstRow: range.lowerBound, at: file.place, threads: 1)
                        }
                    }
                    if files.count > 1 { arithmetic.modulus.multiply(out, byOne: form, count: range.count, into: out) }
                }
            }
            let count = first.rows(ofChunk: chunks.upperBound - 1).upperBound - chunks.lowerBound * first.rowsPerChunk
            try writer.append(rows.pointer, count: count)
        }
        let digest = try writer.finish(count: first.count)
        try output.commit()
        return digest
    }

    /// Opens the vector a part at a time: `body` gets consecutive values, in order. Errors as `EncryptedVector.decrypt`.
    public func decrypt(
        with key: PaillierPrivateKey, threads: Int = availableCores, progress: ProgressMonitor? = nil,
        body: ([Int128]) throws -> Void
    ) throws {
        let total = rowCount
        try forEachPart(threads: threads) { part, firstRow in
            var report: ProgressMonitor?
            if let progress {
                report = { progress(ProgressEvent(phase: $0.phase, completed: firstRow + $0.completed, total: total)) }
            }
            try body(part.decrypt(with: key, threads: threads, progress: report))
        }
    }

    /// Calls `body` with consecutive parts of the vector, every row checked, and the number of rows before each.
    public func forEachPart(
        threads: Int = availableCores, _ body: (_ part: EncryptedVector, _ rowsBefore: Int) throws -> Void
    ) throws {
        let step = Self.chunksAtATime(threads)
        for start in stride(from: 0, to: chunkCount, by: step) {
            let part = try vector(chunks: start..<min(chunkCount, start + step), threads: threads)
            try body(part, start * rowsPerChunk)
        }
    }

    /// Groups of chunks with a buffer for their rows.
    private func inBatches(threads: Int, _ body: (Range<Int>, HugeBuffer<UInt64>) throws -> Void) throws {
        let step = Self.chunksAtATime(threads)
        let buffer = HugeBuffer<UInt64>(count: min(step, chunkCount) * rowsPerChunk * arithmetic.limbs, wiped: false)
        for start in stride(from: 0, to: chunkCount, by: step) {
            try body(start..<min(chunkCount, start + step), buffer)
        }
    }

    /// Enough for every thread to find its next chunk; 1 MiB a thread.
    private static func chunksAtATime(_ threads: Int) -> Int { 4 * max(1, threads) }

    private func checkFits(_ other: CiphertextFile) throws {
        func refuse(_ reason: String) -> YinheError {
            YinheError(
                .badInput, "\(reason) than \(other.place)", at: place,
                remedy: "all contributors must use the same key, layout and number of values")
        }
        guard publicKey == other.publicKey else { throw refuse("the file is for another key") }
        guard layout == other.layout, header.shape == other.header.shape else { throw refuse("the file has another layout") }
        guard count == other.count else { throw refuse("the file has \(count) values, not \(other.count): another number") }
        guard scale == other.scale else { throw refuse("the file has another unit") }
    }
}
