import Arithmetic
import Foundation
import SandboxCore

/// Makes the declared limits on one subject's rows true: of each subject, at most `partitions` categories are kept, and at most `rowsPerPartition` rows in
/// each, chosen uniformly at random. Rows are streamed through temporary files by a hash of their subject, so memory holds one part of the subjects
/// (and one counter for every category) at a time.
public struct ContributionBounding: Hashable, Sendable {
    public let partitions: Int
    public let rowsPerPartition: Int

    /// Throws `.range` unless both are at least 1.
    public init(partitions: Int, rowsPerPartition: Int) throws {
        guard partitions >= 1, rowsPerPartition >= 1 else {
            throw YinheError(
                .range, "at most \(partitions) categories and \(rowsPerPartition) rows a subject", remedy: "allow one or more of each")
        }
        self.partitions = partitions
        self.rowsPerPartition = rowsPerPartition
    }

    /// What was kept. Exact counts: not to be released without noise.
    public struct Counts: Sendable {
        /// Kept rows of each category.
        public internal(set) var rows: [String: Int] = [:]
        /// Subjects with a kept row in each category.
        public internal(set) var subjects: [String: Int] = [:]
        public internal(set) var rowsRead = 0
        public internal(set) var rowsKept = 0
    }

    /// Rows as they come: a subject (any 64-bit name, such as the first half of a join token) and a category.
    ///
    /// `parts`: how many files the rows are spread over; 10^7 rows in 16 parts take some 20 MiB of rows at a time. Throws what the file system throws; temporary
    /// files are removed in every case.
    public func count(
        _ rows: some Sequence<(subject: UInt64, category: String)>, parts: Int = 16, in folder: URL = FileManager.default.temporaryDirectory
    ) throws -> Counts {
        try count(rows, parts: parts, in: folder, random: BufferedRandom())
    }

    package func count(
        _ rows: some Sequence<(subject: UInt64, category: String)>, parts: Int, in folder: URL, random: some RandomSource
    ) throws -> Counts {
        precondition(parts >= 1)
        let spill = try RowSpill(parts: parts, in: folder)
        var numbers: [String: UInt32] = [:], names: [String] = [], counts = Counts()
        for row in rows {
            var number = numbers[row.category]
            if number == nil {
                number = UInt32(names.count)
                numbers[row.category] = number
                names.append(row.category)
            }
            try spill.append(row.subject, number!)
            counts.rowsRead += 1
        }
        var stream = WordStream(random)
        var keptRows = [Int](repeating: 0, count: names.count), keptSubjects = keptRows
        for part in 0..<parts {
            var records = try spill.read(part)
            records.sort()
            var from = 0
            while from < records.count {
                var to = from
                while to < records.count, records[to].subject == records[from].subject { to += 1 }
                counts.rowsKept += keep(records[from..<to], &keptRows, &keptSubjects, &stream)
                from = to
            }
        }
        for (i, name) in names.enumerated() where keptSubjects[i] > 0 {
            counts.rows[name] = keptRows[i]
            counts.subjects[name] = keptSubjects[i]
        }
        return counts
    }

    /// One subject's rows, sorted by category. Which rows of a category stay does not matter to a count: only how many.
    private func keep(
        _ records: ArraySlice<RowSpill.Record>, _ rows: inout [Int], _ subjects: inout [Int], _ stream: inout WordStream
    ) -> Int {
        var groups: [(category: UInt32, rows: Int)] = []
        for record in records {
            if groups.last?.category == record.category { groups[groups.count - 1].rows += 1 } else { groups.append((record.category, 1)) }
        }
        var kept = 0
        // The first l0 of a random order (Fisher and Yates).
        for i in 0..<min(partitions, groups.count) {
            groups.swapAt(i, i + Int(stream.uniform(below: UInt64(groups.count - i))))
            let count = min(groups[i].rows, rowsPerPartition)
            rows[Int(groups[i].category)] += count
            subjects[Int(groups[i].category)] += 1
            kept += count
        }
        return kept
    }
}

/// (subject, category number) records in files by a hash of the subject.
private final class RowSpill {
    struct Record: Comparable {
        let subject: UInt64
        let category: UInt32
        static func < (a: Record, b: Record) -> Bool { a.subject != b.subject ? a.subject < b.subject : a.category < b.category }
    }

    private static let recordBytes = 12
    private static let bufferBytes = recordBytes << 12
    private let folder: URL
    private var files: [FileHandle] = []
    private var buffers: [[UInt8]]

    init(parts: Int, in parent: URL) throws {
        folder = parent.appending(path: "yinhe-rows-\(UUID().uuidString)")
        buffers = Array(repeating: [], count: parts)
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            for part in 0..<parts {
                let path = folder.appending(path: "\(part)")
                guard FileManager.default.createFile(atPath: path.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                    throw CocoaError(.fileWriteUnknown)
                }
                files.append(try FileHandle(forUpdating: path))
            }
        } catch {
            throw YinheError(.system, "temporary files in \(parent.path): \(error.localizedDescription)", remedy: "free space or choose another folder")
        }
    }

    deinit {
        for file in files { try? file.close() }
        try? FileManager.default.removeItem(at: folder)
    }

    func append(_ subject: UInt64, _ category: UInt32) throws {
        // Multiplicative hashing spreads subjects that are numbered in a row.
        let part = Int((subject &* 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: UInt64(files.count)).high)
        withUnsafeBytes(of: subject.littleEndian) { buffers[part].append(contentsOf: $0) }
        withUnsafeBytes(of: category.littleEndian) { buffers[part].append(contentsOf: $0) }
        if buffers[part].count >= Self.bufferBytes { try flush(part) }
    }

    private func flush(_ part: Int) throws {
        do {
            try files[part].write(contentsOf: buffers[part])
        } catch {
            throw YinheError(.system, "a temporary file: \(error.localizedDescription)", remedy: "free space or choose another folder")
        }
        buffers[part].removeAll(keepingCapacity: true)
    }

    func read(_ part: Int) throws -> [Record] {
        try flush(part)
        do {
            try files[part].seek(toOffset: 0)
            let data = try files[part].readToEnd() ?? Data()
            return data.withUnsafeBytes { bytes in
                (0..<bytes.count / Self.recordBytes).map { i in
                    Record(
                        subject: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i * Self.recordBytes, as: UInt64.self)),
                        category: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: i * Self.recordBytes + 8, as: UInt32.self)))
                }
            }
        } catch {
            throw YinheError(.system, "a temporary file: \(error.localizedDescription)", remedy: "check the disk")
        }
    }
}
