import SandboxCore

/// Reads the join keys of a file: the first pass over a table that is too large to keep.
///
/// Blocks are parsed, keys normalised and hashed on several threads; `body` gets them one after another in file order. Memory: a
/// few chunks of the file for each thread.
package struct KeyScan: Sendable {
    package var path: String
    package var keyColumn: String
    /// Columns of the record images, in this order; nil: all.
    package var columns: [String]?
    package var normalizer: JoinKeyNormalizer
    package var options: CSVOptions
    package var threads: Int
    /// Whether `ScannedRows` holds the records themselves.
    package var keepsRecords: Bool
    /// SHA-256 of `count` messages of `length` bytes, at most 55, one after another; nil: one by one.
    package var sha256: SHA256Batch?

    package typealias SHA256Batch =
        @Sendable (_ messages: UnsafeRawPointer, _ length: Int, _ count: Int, _ digests: UnsafeMutableRawPointer) -> Void

    package init(
        path: String, keyColumn: String, columns: [String]? = nil, normalizer: JoinKeyNormalizer,
        options: CSVOptions = CSVOptions(), threads: Int = 1, keepsRecords: Bool = false
    ) {
        self.path = path
        self.keyColumn = keyColumn
        self.columns = columns
        self.normalizer = normalizer
        self.options = options
        self.threads = threads
        self.keepsRecords = keepsRecords
    }

    /// The header's names. Throws `.badInput` when it lacks the key column or one of `columns`, or the input is not a file.
    package func header() throws -> [String] {
        let blocks = try openBlocks()
        var parser = try CSVReader.firstParser(blocks.next(), path: path, options: options)
        let header = try CSVReader.readHeader(&parser, path: path)
        _ = try fields(in: header)
        return header
    }

    /// Scans the whole file. `body`: the rows of a block, and the number of data rows before it. The report lacks what only a
    /// look at all keys can tell: `distinctKeys` and `duplicateRows`.
    ///
    /// Throws `.badInput` with the place of what is not strict CSV.
    package func run(
        progress: ProgressMonitor? = nil, _ body: (_ rows: ScannedRows, _ firstRow: Int) throws -> Void
    ) throws -> InputReport {
        let blocks = try openBlocks()
        var first: CSVBlock? = try blocks.next()
        var parser = try CSVReader.firstParser(first, path: path, options: options)
        let header = try CSVReader.readHeader(&parser, path: path)
        let (key, images) = try fields(in: header)
        var tally = RowTally(slots: 0)
        var linesBefore = 0
        var kept = 0
        var isFirst = true
        while true {
            var batch: [CSVBlock] = []
            while batch.count < max(1, threads), let block = try first ?? blocks.next() {
                first = nil
                batch.append(block)
            }
            if batch.isEmpty { break }
            let skipsHeader = isFirst
            isFirst = false
            let scanned = try Parallel.map(batch.count, threads: threads) { [batch] i in
                try ScannedRows(
                    batch[i], key: key, images: images, fieldCount: header.count, skipsHeader: skipsHeader && i == 0, scan: self)
            }
            for rows in scanned {
                if let (fault, place) = rows.fault {
                    throw YinheError(
                        .badInput, fault.message, at: "\(path), line \(linesBefore + place.line + 1), column \(place.column)",
                        remedy: fault.remedy)
                }
                try body(rows, tally.rows)
                tally.add(rows.tally, linesBefore: linesBefore)
                linesBefore += rows.lineCount
                kept += rows.count
            }
            progress?(ProgressEvent(phase: "read table", completed: blocks.file.bytesRead, total: blocks.file.size))
        }
        var report = InputReport()
        tally.describe(in: &report)
        report.keptRows = kept
        report.fileName = InputFile.name(of: path)
        report.bytes = blocks.file.bytesRead
        report.sha256 = blocks.file.digest()
        report.encoding = blocks.detectedEncoding.rawValue
        report.normalizer = normalizer.description
        return report
    }

    private func openBlocks() throws -> CSVBlockReader {
        let blocks = try CSVBlockReader(path: path, options: options)
        guard blocks.file.size != nil else {
            throw YinheError(
                .badInput, "this is not a regular file, and a join reads its input twice", at: path, remedy: "save it as a file")
        }
        return blocks
    }

    /// The fields of the key and of `columns`.
    private func fields(in header: [String]) throws -> (key: Int, images: [Int]?) {
        let missing = ([keyColumn] + (columns ?? [])).filter { !header.contains($0) }
        guard missing.isEmpty else {
            let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
            throw YinheError(
                .badInput, "the header lacks the column\(missing.count == 1 ? "" : "s") \(names)", at: "\(path), line 1",
                remedy: "it has: \(header.prefix(40).joined(separator: ", "))")
        }
        return (header.firstIndex(of: keyColumn)!, columns?.map { header.firstIndex(of: $0)! })
    }

    /// SHA-256 of a file's bytes, in hexadecimal digits.
    package static func digest(
        of path: String, chunkBytes: Int = 1 << 20, progress: ProgressMonitor? = nil, check: () throws -> Void = {}
    ) throws -> String {
        let file = try InputFile(path: path)
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: chunkBytes)
        defer { buffer.deallocate() }
        while try file.read(into: buffer, count: chunkBytes) > 0 {
            try check()
            progress?(ProgressEvent(phase: "check input", completed: file.bytesRead, total: file.size))
        }
        return file.digest()
    }
}

/// The rows of one block: the tokens of the usable ones, and all records where they were asked for.
package final class ScannedRows: @unchecked Sendable {
    /// Data rows of the block, usable or not.
    package private(set) var rows = 0
    /// Rows with a valid key.
    package private(set) var count = 0
    /// `count` tokens, and for each the row's index in the block.
    package let tokens: UnsafeMutablePointer<JoinToken>
    package let indices: UnsafeMutablePointer<UInt32>
    /// The records as CSV text without line ends, one after another; empty unless they were asked for.
    private let images: TextBuffer
    private var imageEnds: [Int] = []
    let tally: RowTally
    private(set) var lineCount = 0
    private(set) var fault: (CSVFault, place: (line: Int, column: Int))?

    init(_ block: CSVBlock, key: Int, images fields: [Int]?, fieldCount: Int, skipsHeader: Bool, scan: KeyScan) throws {
        var parser = try CSVRecordParser(block, options: scan.options)
        let capacity = parser.byteCount / fieldCount + 1
        tokens = .allocate(capacity: capacity)
        indices = .allocate(capacity: capacity)
        images = TextBuffer(capacity: scan.keepsRecords ? parser.byteCount : 0)
        parser.expectedFields = fieldCount
        var tally = RowTally(slots: 0)
        do throws(CSVFault) {
            if skipsHeader { _ = try parser.next() }
            var keys = KeyBatch(normalizer: scan.normalizer, tokens: tokens, sha256: scan.sha256)
            while try parser.next() {
                if keys.add(parser.bytes(key), line: parser.recordLine, &tally) {
                    indices[count] = UInt32(truncatingIfNeeded: tally.rows)
                    count += 1
                }
                tally.rows += 1
                if scan.keepsRecords {
                    CSVRecordImage.append(&parser, fields, delimiter: scan.options.delimiter.rawValue, to: images)
                    imageEnds.append(images.count)
                }
            }
            keys.finish()
        } catch { fault = (error, parser.place(of: error.offset)) }
        rows = tally.rows
        self.tally = tally
        lineCount = parser.linesBefore
    }

    deinit {
        tokens.deallocate()
        indices.deallocate()
    }

    /// The record of a row of the block, without its line end; valid as long as this object.
    package func record(_ row: Int) -> UnsafeRawBufferPointer {
        let start = row == 0 ? 0 : imageEnds[row - 1]
        return UnsafeRawBufferPointer(start: images.base + start, count: imageEnds[row] - start)
    }
}

extension RowTally {
    /// Fills in what was counted by rows and keys.
    func describe(in report: inout InputReport) {
        report.rows = rows
        report.emptyKeys = counter(.emptyKeys).count
        report.malformedKeys = counter(.malformedKeys).count
        for (reason, count) in zip(JoinKeyNormalizer.Malformation.allCases, malformations) where count > 0 {
            report.malformedKeyReasons[reason.rawValue] = count
        }
        report.repairedKeys = counter(.repairedKeys).count
        report.rowsDroppedForCells = counter(.rowsDroppedForCells).count
        for event in RowEvent.allCases where counter(event).count > 0 {
            report.places["\(event)"] = counter(event).lines.map { "line \($0 + 1)" }
        }
    }
}
