import Foundation
import PrivateSetIntersection
import SandboxCore
import Tables

/// What a resumable job has in its folder beside partitions and results: `job.json`, written once when the plan is agreed, and
/// `buckets.log`, one line for each step of a bucket.
struct JobState: Codable, Sendable {
    var format = 1
    /// This side's options that decide the result, by name.
    var options: [String: String]
    /// 16 bytes, in hexadecimal digits.
    var job: String
    /// 16 bytes, in hexadecimal digits.
    var partitionKey: String
    var plan: BucketPlan
    var peerSize: Int
    var input: InputReport
    /// Bytes of each partition on disk; nil when the partitions were in memory only.
    var tokenSizes: [Int]?
    var recordSizes: [Int]?
    var protocolUsed: PSI.ProtocolChoice
    var explanation: String

    static let file = "job.json"

    static func load(from folder: JobFolder, options: [String: String]) throws -> JobState? {
        guard let bytes = try folder.read(file) else { return nil }
        guard let state = try? JSONDecoder().decode(JobState.self, from: Data(bytes)), state.format == 1,
            [UInt8](hex: state.job)?.count == 16, [UInt8](hex: state.partitionKey)?.count == 16
        else {
            throw YinheError(
                .system, "the resume directory is damaged, or of another version", at: folder.path,
                remedy: "remove it on both sides and start again")
        }
        for (name, value) in options.sorted(by: { $0.key < $1.key }) where state.options[name] != value {
            throw YinheError(
                .system, "the resume directory is of a job with another \(name): \(state.options[name] ?? "(none)") there, "
                    + "\(value) now", at: folder.path,
                remedy: "use the options of that job, or name another folder")
        }
        return state
    }

    func save(to folder: JobFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try folder.publish(Array(try encoder.encode(self)), as: Self.file)
    }
}

/// A step of a bucket, as the log has it.
struct BucketRecord: Codable, Sendable {
    var bucket: Int
    /// Both sides have stored it. The receiver's log holds only such records; the sender's also those that wait for the receiver.
    var finished: Bool
    /// Common keys; nil for a party that does not learn them.
    var matchedKeys: Int?
    /// This party's distinct keys and rows beyond the first of their keys.
    var distinct: Int
    var duplicates: Int
    /// Data rows (from 0) of the first duplicates.
    var places: [Int]

    static let file = "buckets.log"

    /// The newest record of each bucket. A last line that was cut short does not count.
    static func load(from folder: JobFolder) throws -> [Int: BucketRecord] {
        var records: [Int: BucketRecord] = [:]
        for line in try folder.read(file)?.split(separator: UInt8(ascii: "\n")) ?? [] {
            guard let record = try? JSONDecoder().decode(BucketRecord.self, from: Data(line)) else { continue }
            records[record.bucket] = record
        }
        return records
    }

    func append(to folder: JobFolder) throws {
        let line = Array("\n".utf8) + Array(try JSONEncoder().encode(self)) + Array("\n".utf8)
        try line.withUnsafeBytes { try folder.append($0, to: Self.file, durable: true) }
    }
}
