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
    /// Memory: a counter and a name for every category, and 2^20 rows (16 MiB), however many there are: `parts` files are made, and one
    /// that holds more is split again. Throws what the file system throws; temporary files are removed in every case.
    public func count(
        _ rows: some Sequence<(subject: UInt64, category: String)>, parts: Int = 16, in folder: URL = FileManager.default.temporaryDirectory
    ) throws -> Counts {
        try count(rows, parts: parts, in: folder, random: BufferedRandom())
    }

    package func count(
        _ rows: some Sequence<(subject: UInt64, category: String)>, parts: Int, in folder: URL, random: some RandomSource,
        rowsInMemory: Int = 1 << 20
    ) throws -> Counts {
        precondition(parts >= 1 && parts <= 1 << 10 && rowsInMemory >= 1)
        let spill = try RowSpill(parts: parts, level: 0, in: folder)
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
        numbers = [:]
        var kept = Kept(rows: [Int](repeating: 0, count: names.count), stream: WordStream(random))
        try keep(spill, folder, rowsInMemory, &kept)
        counts.rowsKept = kept.total
        for (i, name) in names.enumerated() where kept.subjects[i] > 0 {
            counts.rows[name] = kept.rows[i]
            counts.subjects[name] = kept.subjects[i]
        }
        return counts
    }

    /// What was kept of each category.
    private struct Kept: ~Copyable {
        var rows: [Int]
        var subjects: [Int]
        var total = 0
        var stream: WordStream

        init(rows: [Int], stream: consuming WordStream) {
            self.rows = rows
            subjects = rows
            self.stream = stream
        }
    }

    private func keep(_ spill: RowSpill, _ folder: URL, _ limit: Int, _ kept: inout Kept) throws {
        for part in 0..<spill.parts {
            var records: [RowSpill.Record] = []
            if spill.records(in: part) <= limit {
                records.reserveCapacity(spill.records(in: part))
                try spill.read(part) { records.append($0) }
            } else if spill.level < RowSpill.levels {
                let split = try RowSpill(parts: RowSpill.splitParts, level: spill.level + 1, in: folder)
                try spill.read(part) { try split.append($0.subject, $0.category) }
                try spill.discard(part)
                try keep(split, folder, limit, &kept)
                continue
            } else {
                // Hashing does not tell these rows apart: they are of few subjects, who have at most one entry a category.
                var pairs: [RowSpill.Record: UInt32] = [:]
                try spill.read(part) { pairs[$0, default: 0] += 1 }
                records = pairs.map { RowSpill.Record(subject: $0.subject, category: $0.category, rows: $1) }
            }
            records.sort()
            var from = 0
            while from < records.count {
                var to = from
                while to < records.count, records[to].subject == records[from].subject { to += 1 }
                keep(records[from..<to], &kept)
                from = to
            }
            try spill.discard(part)
        }
    }

    /// One subject's rows, sorted by category. Which rows of a category stay does not matter to a count: only how many.
    private func keep(_ records: ArraySlice<RowSpill.Record>, _ kept: inout Kept) {
        var groups: [(category: UInt32, rows: Int)] = []
        for record in records {
            if groups.last?.category == record.category {
                groups[groups.count - 1].rows += Int(record.rows)
            } else {
                groups.append((record.category, Int(record.rows)))
            }
        }
        // The first l0 of a random order (Fisher and Yates).
        for i in 0..<min(partitions, groups.count) {
            groups.swapAt(i, i + Int(kept.stream.uniform(below: UInt64(groups.count - i))))
            let count = min(groups[i].rows, rowsPerPartition)
            kept.rows[Int(groups[i].category)] += count
            kept.subjects[Int(groups[i].category)] += 1
            kept.total += count
        }
    }
}
