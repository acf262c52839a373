import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

/// Two parties join files on keys that they do not show each other.
///
///     receiver (left table)                          sender (right table)
///     options, nonces   <--------------------------->                      same options, new job or resumed
///     read, normalise, hash, partition               read, normalise, hash, partition
///     sizes (rounded)   <--------------------------->                      number and padded size of buckets
///     for each bucket: private set intersection in a session of its own
///     below the agreed minimum: stop on both sides; nobody has been told anything
///     which of the sender's elements match ---------->                     only under .both
///     write the output  <--- counts, compared ------>  write the output
///
/// Files of any size in bounded memory: what does not fit goes through files of the job's folder. Who learns what is in
/// Protocols/private-join.md, "Leakage".
public enum PrivateJoin {
    public typealias Role = PSI.Role
    public typealias ProtocolChoice = PSI.ProtocolChoice
    public typealias Adversary = PSI.Adversary

    /// Which rows belong to the result, as in SQL. The left table is the receiver's, the right table the sender's. Rows whose key
    /// is empty or malformed match nothing: like rows with a NULL key they appear only where unmatched rows do.
    public enum JoinType: String, Sendable, Codable, CaseIterable {
        /// Rows with a match.
        case inner
        /// And the receiver's rows without one.
        case left
        /// And the sender's rows without one.
        case right
        /// And both parties' rows without one.
        case full
        /// Only the receiver's rows without a match.
        case difference
    }

    /// Who learns the result.
    public enum Reveal: String, Sendable, Codable, CaseIterable {
        /// The receiver learns which of its rows match; the sender learns nothing of the result.
        case receiver
        /// Both learn which of their rows match.
        case both
        /// The receiver learns how many keys are common, and not which.
        case count
    }

    /// How the rows of an output are ordered.
    public enum RowOrder: String, Sendable, Codable, CaseIterable {
        /// As in this party's file, each row at most once.
        case own
        /// Line k of both outputs belongs to the same pair of rows: the SQL join, with every combination of rows that share a
        /// key, in an order that depends on neither file; where one side has no row, its cells are empty. Each party learns how
        /// many rows the other has for each common key, and how many without a match that the join type keeps.
        case aligned
    }

    /// What one party asks for. Both parties must give the same where a comment says so.
    public struct Options: Sendable {
        /// The CSV file to join. It is read twice, so a pipe is refused.
        public var input: String
        /// Where this party's rows go (UTF-8, line feeds); nil: nowhere. Appears whole or not at all.
        public var output: String?
        public var keyColumn: String
        /// Columns of the output, in this order; nil: all, as in the file.
        public var columns: [String]?
        public var csv = CSVOptions()
        /// Same on both sides.
        public var normalizer: JoinKeyNormalizer
        /// Same on both sides.
        public var joinType = JoinType.inner
        /// Same on both sides.
        public var reveal = Reveal.both
        /// Same on both sides.
        public var rowOrder = RowOrder.own
        /// Name of the column that tells rows with a match (1) from rows without (0); written where the join type keeps both.
        public var matchedColumn = "matched"
        /// Same on both sides.
        public var protocolChoice = ProtocolChoice.auto
        /// Same on both sides.
        public var adversary = Adversary.semiHonest
        /// Fewer common keys end the run with `.belowMinimum` on both sides before anybody is told anything. Same on both sides.
        public var minimumIntersection = 0
        /// At most 256 bytes that both sides must have equal, such as a contract's hash.
        public var binding: [UInt8] = []
        public var threads = availableCores
        /// Memory to work in, at least `minimumMemoryBytes`. What does not fit goes to disk.
        public var memoryBytes = 2 << 30
        /// Folder of this job, which makes it resumable; created if need be, removed with the job's end. Holds this party's
        /// tokens (as sensitive as its keys), with `.aligned` its rows, and is for the owner's eyes only (0700). Nil: a temporary
        /// folder, if any. Both sides give one, or neither.
        public var resumeDirectory: String?
        /// Where the temporary folder of a job without `resumeDirectory` goes; nil: beside the output, else beside the input.
        public var temporaryFolder: String?
        /// For tests: sizes that force the paths of large files with small ones, and faults.
        package var tuning = Tuning()

        public init(input: String, output: String?, keyColumn: String, normalizer: JoinKeyNormalizer = .text) {
            self.input = input
            self.output = output
            self.keyColumn = keyColumn
            self.normalizer = normalizer
        }

        public static let minimumMemoryBytes = 64 << 20
    }

    /// What a run did. Counts that the reveal policy keeps from this party are nil.
    public struct Report: Sendable, Codable {
        public var role: Role
        public var joinType: JoinType
        public var reveal: Reveal
        public var rowOrder: RowOrder
        /// Never `.auto`.
        public var protocolUsed: ProtocolChoice
        /// Why that protocol, in English; empty when the caller had named it.
        public var explanation = ""
        /// What was read. `duplicateRows` has its places as data rows ("row 17", the first row after the header being 1).
        public var input = InputReport()
        /// The peer's number of rows with a usable key, rounded up, as it announced it; the number of its distinct keys, exactly,
        /// when there was one bucket.
        public var peerSize = 0
        /// Keys that both have.
        public var matchedKeys: Int?
        /// Rows of the receiver (left) and of the sender (right) that have a match.
        public var matchedRowsLeft: Int?
        public var matchedRowsRight: Int?
        /// Rows of the SQL inner join: for each common key, the product of the numbers of rows.
        public var joinedRows: Int?
        /// Data rows written to `output`; nil without an output.
        public var outputRows: Int?
        /// The file's SHA-256, 64 hexadecimal digits; nil without an output.
        public var outputSHA256: String?
        /// Buckets of the job, and elements of this party in each, padding included.
        public var buckets = 1
        public var bucketSize = 0
        /// Buckets that an earlier run of the job had finished.
        public var resumedBuckets = 0
        /// Bytes written to the job's folder.
        public var spilledBytes = 0
        /// Largest number of elements held in memory at a time.
        public var peakElements = 0
        /// Whether the peer said that it has finished, too. When false the job's folder is kept.
        public var peerFinished = true
        public var traffic = Traffic()
        /// Wall seconds by phase: "read", "intersect", "disclose", "write".
        public var seconds: [String: Double] = [:]
    }

    /// Runs one party of a join, from file to file.
    ///
    /// - Parameters:
    ///   - connect: makes the channel to the peer; called once, after the options and the input's header have been checked.
    ///   - progress: phases "read table" (bytes), "intersect" (elements of all buckets), "write output" (bytes).
    /// - Throws: `YinheError`, and then no output was written, and without a resume directory nothing is left behind.
    ///   `.usage`: options that do not fit together. `.badInput`: the file is malformed, lacks a column, or changed.
    ///   `.peerMismatch`: the peer has other options, or is at another job. `.belowMinimum`: fewer common keys than agreed.
    ///   `.system`: disk full, permissions, or a resume directory that is not this job's.
    ///   Others as of `Session`.
    public static func run(
        _ role: Role, options: Options, connect: @escaping @Sendable () async throws -> any Channel,
        progress: ProgressMonitor? = nil
    ) async throws -> Report {
        try options.validate(for: role)
        let workspace = Workspace(options)
        do {
            let header: [String]
            let remembered: JobState?
            do {
                (header, remembered) = try await Parallel.offload {
                    let header = try options.preflight(for: role)
                    return (header, try workspace.openResumable(remembering: options.remembered(for: role)))
                }
            } catch {
                await tell(error, over: connect)
                throw error
            }
            let party = JoinParty(role: role, options: options, header: header, workspace: workspace, progress: progress)
            let channel = try await connect()
            let report = try await party.run(over: channel, remembered)
            workspace.finish(keeping: !report.peerFinished)
            await channel.close()
            return report
        } catch {
            // Too small an intersection is an outcome, not an interruption: there is nothing to go on with.
            workspace.finish(keeping: (error as? YinheError)?.code != .belowMinimum)
            throw error
        }
    }

    /// Gives a peer that is waiting the chance to hear why there will be no join.
    private static func tell(_ error: any Error, over connect: @escaping @Sendable () async throws -> any Channel) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                if let channel = try? await connect() { await Session.refuse(channel, because: error) }
            }
            group.addTask { try? await Task.sleep(for: .seconds(2)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Removes the temporary folders of jobs without a resume directory, for a process that is being stopped by a signal.
    public static func removeUnfinished() { JobFolder.removeUnfinished() }
}
