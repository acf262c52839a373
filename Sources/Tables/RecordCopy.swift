import SandboxCore

/// Copies chosen records of a file that has been read before, in its order: the second pass over a large table.
///
/// Records are found by their line ends and quotes alone and copied as they are, so this is several times as fast as parsing. The
/// file must be the one that was parsed: its SHA-256 is compared at the end, before anything becomes visible.
package struct RecordCopy: Sendable {
    package enum Rows: Sendable {
        case matched, unmatched
        /// All rows, and one more field: 1 for those of the set, 0 for others.
        case allMarked
    }

    package var path: String
    package var header: [String]
    /// Columns to write, in this order; nil: all.
    package var columns: [String]?
    package var options: CSVOptions
    package var threads: Int
    package var rows: Rows
    /// Name of the additional field of `.allMarked`.
    package var markName: String
    /// What the file's SHA-256 must be, in hexadecimal digits.
    package var expectedSHA256: String

    package init(
        path: String, header: [String], columns: [String]?, options: CSVOptions, threads: Int, rows: Rows, markName: String,
        expectedSHA256: String
    ) {
        self.path = path
        self.header = header
        self.columns = columns
        self.options = options
        self.threads = threads
        self.rows = rows
        self.markName = markName
        self.expectedSHA256 = expectedSHA256
    }

    /// The header line of the copy.
    package var headerLine: [UInt8] {
        let mark = if case .allMarked = rows { [markName] } else { [String]() }
        return CSVRecordImage.text(of: (columns ?? header) + mark, delimiter: options.delimiter) + [Ascii.lineFeed]
    }

    /// Hands the copy's bytes to `write`, header first; returns the number of data rows. Throws `.badInput` when the file is not
    /// the one with the expected digest.
    package func run(
        _ set: RowSet, totalRows: Int, progress: ProgressMonitor? = nil, write: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        try headerLine.withUnsafeBytes { try write($0) }
        let blocks = try CSVBlockReader(path: path, options: options)
        let fields = columns.map { $0.map { header.firstIndex(of: $0)! } }
        var row = -1  // the header
        var copied = 0
        while true {
            var batch: [CSVBlock] = []
            while batch.count < max(1, threads), let block = try blocks.next() { batch.append(block) }
            if batch.isEmpty { break }
            let found = try Parallel.map(batch.count, threads: threads) { [batch] i in
                try BlockRecords(batch[i], fields: fields, fieldCount: header.count, options: options)
            }
            let first = found.reduce(into: [row]) { $0.append($0.last! + $1.count) }
            row = first.last!
            guard row <= totalRows else { throw changed() }
            let out = try Parallel.map(batch.count, threads: threads) { i in output(found[i], first[i], set) }
            for (text, rows) in out {
                copied += rows
                try write(UnsafeRawBufferPointer(start: text.base, count: text.count))
            }
            progress?(ProgressEvent(phase: "write output", completed: blocks.file.bytesRead, total: blocks.file.size))
        }
        guard row == totalRows, blocks.file.digest() == expectedSHA256 else { throw changed() }
        return copied
    }

    private func output(_ records: BlockRecords, _ first: Int, _ set: RowSet) -> (TextBuffer, Int) {
        let out = TextBuffer(capacity: records.text.count + 3 * records.count)
        var copied = 0
        for i in 0..<records.count where first + i >= 0 {
            let matches = set.contains(first + i)
            switch rows {
            case .matched: if !matches { continue }
            case .unmatched: if matches { continue }
            case .allMarked: break
            }
            let start = records.starts[i]
            let n = records.ends[i] - start
            let p = out.base + out.count
            p.update(from: records.text.base + start, count: n)
            out.count += n + 1
            if case .allMarked = rows {
                p[n] = options.delimiter.rawValue
                p[n + 1] = matches ? Ascii.zero + 1 : Ascii.zero
                p[n + 2] = Ascii.lineFeed
                out.count += 2
            } else {
                p[n] = Ascii.lineFeed
            }
            copied += 1
        }
        return (out, copied)
    }

    private func changed() -> YinheError { KeyScan.changed(path) }
}

extension KeyScan {
    /// The error for an input that is not the one that was read before.
    package static func changed(_ path: String) -> YinheError {
        YinheError(
            .badInput, "the file has changed since it was read first", at: path,
            remedy: "leave the input alone until the join has finished; nothing was written, start again")
    }
}

/// Where the records of a block are.
private final class BlockRecords: @unchecked Sendable {
    let text: TextBuffer
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []
    var count: Int { ends.count }

    init(_ block: CSVBlock, fields: [Int]?, fieldCount: Int, options: CSVOptions) throws {
        guard let fields else {
            text = block.isGB18030 ? try TextDecoding.decodeGB18030(block.text.base, block.text.count).text : block.text
            findRecords()
            return
        }
        var parser = try CSVRecordParser(block, options: options)
        parser.expectedFields = fieldCount
        text = TextBuffer(capacity: parser.byteCount)
        do throws(CSVFault) {
            while try parser.next() {
                starts.append(text.count)
                CSVRecordImage.append(&parser, fields, delimiter: options.delimiter.rawValue, to: text)
                ends.append(text.count)
            }
        } catch { throw KeyScan.changed("the input") }
    }

    /// A line feed ends a record when the number of quotes before it is even.
    private func findRecords() {
        let base = text.base
        let count = text.count
        starts.reserveCapacity(count / 32)
        ends.reserveCapacity(count / 32)
        var start = 0
        var position = 0
        var quote = Bytes.find(Ascii.quote, base, 0, count)
        while start < count {
            let lineFeed = Bytes.find(Ascii.lineFeed, base, position, count)
            if quote < lineFeed {
                let closing = Bytes.find(Ascii.quote, base, quote + 1, count)
                position = min(closing + 1, count)
                quote = Bytes.find(Ascii.quote, base, position, count)
                if position < count { continue }
            }
            let end = position < count ? lineFeed : count
            starts.append(start)
            ends.append(end > start && end < count && base[end - 1] == Ascii.carriageReturn ? end - 1 : end)
            start = end + 1
            position = start
        }
    }
}
