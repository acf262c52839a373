import SandboxCore
import Tables

/// Writes the lines of a party's aligned output: pairs bucket by bucket, partition by partition, in the order of places, which
/// both sides share; then the receiver's rows without a match, then the sender's.
final class AlignedLines: @unchecked Sendable {
    private let role: PrivateJoin.Role
    private let output: OutputFile?
    private let records: PartitionStore
    private let plan: BucketPlan
    private let keepsMatched: Bool
    private let keepsUnmatched: Bool
    private let workspace: Workspace
    /// Ends of lines with and without a match.
    private let matchedEnd: [UInt8]
    private let unmatchedEnd: [UInt8]
    private let emptyLine: [UInt8]
    private let random = BufferedRandom()
    private var lines = 0
    private(set) var joinedRows = 0
    private var unmatched = GrowingBytes()
    private var unmatchedBytes = 0
    private var buffer = GrowingBytes()
    private static let file = "unmatched"
    private static let flushBytes = 1 << 18

    init(_ party: JoinParty, _ prepared: JoinParty.Prepared, _ output: OutputFile?) throws {
        let options = party.options
        role = party.role
        self.output = output
        records = prepared.table.records!
        plan = prepared.plan
        workspace = party.workspace
        keepsMatched = options.joinType.keepsMatched
        keepsUnmatched = options.joinType.keepsUnmatched(of: role)
        let delimiter = options.csv.delimiter.rawValue
        let marks = options.marksRows(of: role)
        let lineFeed = UInt8(ascii: "\n")
        matchedEnd = (marks ? [delimiter, UInt8(ascii: "1")] : []) + [lineFeed]
        unmatchedEnd = (marks ? [delimiter, UInt8(ascii: "0")] : []) + [lineFeed]
        let columns = options.columns ?? party.header
        emptyLine =
            CSVRecordImage.text(of: columns.map { _ in "" }, delimiter: options.csv.delimiter) + unmatchedEnd
        let header = columns + (marks ? [options.matchedColumn] : [])
        try (CSVRecordImage.text(of: header, delimiter: options.csv.delimiter) + [lineFeed]).withUnsafeBytes {
            try output?.write($0)
        }
        if workspace.isResumable { try? removeLeftovers() }
    }

    private func removeLeftovers() throws {
        let folder = try workspace.folder()
        if folder.size(of: Self.file) != nil { try folder.discard(Self.file) }
    }

    /// Adds a bucket. `peer`: the peer's rows for each key, in the order of places.
    func add(_ matched: BucketResult, peer: [UInt32], flag: CancelFlag) throws {
        // Entry i belongs to key keyOf[i]; rows are found by number.
        var keyOf: [UInt32] = []
        keyOf.reserveCapacity(matched.entries.count)
        for (key, rows) in matched.multiplicities.enumerated() {
            for _ in 0..<rows { keyOf.append(UInt32(key)) }
        }
        let byRow = matched.entries.enumerated().map { ($1 & 0xffff_ffff) << 32 | UInt64($0) }.sorted()
        for partition in plan.partitions(of: matched.bucket) {
            try flag.check()
            try records.withPartition(partition) { try add($0, byRow, keyOf, peer) }
        }
        try flush()
    }

    private func add(_ bytes: UnsafeRawBufferPointer, _ byRow: [UInt64], _ keyOf: [UInt32], _ peer: [UInt32]) throws {
        var found: [(entry: UInt32, start: Int)] = []
        var others: [Int] = []
        var offset = 0
        while offset < bytes.count {
            let row = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            let place = byRow.firstIndex(atLeast: row << 32)
            if place < byRow.count, byRow[place] >> 32 == row {
                found.append((UInt32(truncatingIfNeeded: byRow[place]), offset))
            } else if keepsUnmatched {
                others.append(offset)
            }
            offset += JoinTable.recordHeaderBytes + Self.length(bytes, offset)
        }
        found.sort { $0.entry < $1.entry }
        var first = 0
        while first < found.count {
            let key = keyOf[Int(found[first].entry)]
            var end = first + 1
            while end < found.count, keyOf[Int(found[end].entry)] == key { end += 1 }
            try addPairs(bytes, found[first..<end], peerRows: Int(peer[Int(key)]))
            first = end
        }
        for i in stride(from: others.count - 1, to: 0, by: -1) {
            others.swapAt(i, Int(random.uniform(below: UInt64(i + 1))))
        }
        for start in others { try setAside(Self.record(bytes, start)) }
    }

    /// The pairs of one key: for each row of the receiver each row of the sender.
    private func addPairs(
        _ bytes: UnsafeRawBufferPointer, _ own: ArraySlice<(entry: UInt32, start: Int)>, peerRows: Int
    ) throws {
        let (pairs, tooMany) = own.count.multipliedReportingOverflow(by: peerRows)
        let (sum, overflow) = joinedRows.addingReportingOverflow(pairs)
        guard !tooMany, !overflow else { throw YinheError(.range, "more pairs of rows than can be counted") }
        joinedRows = sum
        guard keepsMatched else { return }
        if role == .receiver {
            for row in own {
                for _ in 0..<peerRows { try write(Self.record(bytes, row.start), matchedEnd) }
            }
        } else {
            for _ in 0..<peerRows {
                for row in own { try write(Self.record(bytes, row.start), matchedEnd) }
            }
        }
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)))
    }

    private static func record(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UnsafeRawBufferPointer {
        let start = offset + JoinTable.recordHeaderBytes
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + length(bytes, offset)])
    }

    private func write(_ record: UnsafeRawBufferPointer, _ end: [UInt8]) throws {
        lines += 1
        guard output != nil else { return }
        buffer.append(record)
        end.withUnsafeBytes { buffer.append($0) }
        if buffer.count >= Self.flushBytes { try flush() }
    }

    private func flush() throws {
        try output?.write(buffer.bytes)
        buffer.empty(keeping: Self.flushBytes)
    }

    /// Keeps a row without a match for the end: in memory at first, then in the job's folder.
    private func setAside(_ record: UnsafeRawBufferPointer) throws {
        lines += 1
        guard output != nil else { return }
        unmatched.append(record)
        unmatchedEnd.withUnsafeBytes { unmatched.append($0) }
        guard unmatched.count >= 16 * Self.flushBytes else { return }
        try workspace.folder().append(unmatched.bytes, to: Self.file)
        unmatchedBytes += unmatched.count
        unmatched.empty(keeping: 16 * Self.flushBytes)
    }

    /// Writes the rows without a match; returns the number of lines.
    func finish(peerUnmatched: Int, flag: CancelFlag) throws -> Int {
        if role == .sender { try writeEmpty(peerUnmatched, flag) }
        if unmatchedBytes > 0 {
            let folder = try workspace.folder()
            try folder.stream(Self.file) {
                try flag.check()
                try output?.write($0)
            }
        }
        try output?.write(unmatched.bytes)
        if role == .receiver { try writeEmpty(peerUnmatched, flag) }
        return lines
    }

    private func writeEmpty(_ count: Int, _ flag: CancelFlag) throws {
        for i in 0..<count {
            if i % 65536 == 0 { try flag.check() }
            try emptyLine.withUnsafeBytes { try write($0, []) }
        }
        try flush()
    }
}
