import ContractText
import Foundation
import SandboxCore

/// The aggregator's folder for one contract: the submissions that it has accepted, and whether it is closed.
///
///     open --accept--> open --close--> closed
///
/// While it is open, each contributor may submit once; the same file again changes nothing, another one is refused unless it is
/// said to replace the first. Closing freezes the set. Every accepted file is a private copy that was checked in full.
/// One process works on a folder at a time.
public final class SubmissionCollection {
    public let path: String
    package let terms: AggregationTerms
    package private(set) var state: State
    private let lock: FolderLock

    package struct State: Codable, Sendable, Equatable {
        package struct Entry: Codable, Sendable, Equatable {
            package var contributor: String
            package var sequence: UInt64
            package var digest: String
            /// Seconds since 1970 by the aggregator's clock.
            package var received: Int64
        }
        var format = Self.formatName
        package var contract: String
        package var closed = false
        package var entries: [Entry] = []

        static let formatName = "yinhe-aggregation-collection/1"
    }

    /// What became of a submission that was not refused.
    public enum Acceptance: String, Sendable, Codable {
        case accepted
        /// The very same file was there already.
        case alreadyThere = "already-there"
        /// It took the place of an earlier one.
        case replaced
    }

    public struct Accepted: Sendable, Codable {
        public var contributor: String
        public var digest: String
        public var outcome: Acceptance
    }

    /// Opens or makes the folder. Throws `.contract` when it belongs to another contract, `.system` when another process uses it.
    public init(path: String, _ terms: AggregationTerms) throws {
        self.path = path
        self.terms = terms
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw YinheError(.system, "cannot create the folder", at: path, remedy: "check that its parent exists and is writable")
        }
        lock = try FolderLock(path)
        state = try State.load(path + "/" + Self.stateName, contract: terms.contract)
    }

    static let stateName = "collection.json"

    public var isClosed: Bool { state.closed }
    /// Names of the contributors whose submissions are there, in the order of the contract.
    public var contributors: [String] {
        terms.contract.contributors.map(\.name).filter { name in state.entries.contains { $0.contributor == name } }
    }

    /// Checks a submission and takes a copy.
    ///
    /// Throws `.contract` when the collection is closed, the deadline has passed, the contributor has submitted something else
    /// (and `replace` is false), or the file is for another contract or key, or by somebody else; `.badInput` when it was altered
    /// or does not prove what it must. Nothing is taken then.
    public func accept(
        _ file: String, replace: Bool = false, now: Date = Date(), threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> Accepted {
        func refuse(_ reason: String, _ remedy: String = "") -> YinheError {
            YinheError(.contract, reason, at: file, remedy: remedy)
        }
        let submission = try ReceivedSubmission(path: file, terms, progress: progress)
        let name = submission.contributor.name, digest = submission.reader.digest.hex
        let earlier = state.entries.first { $0.contributor == name }
        if let earlier, earlier.digest == digest {
            return Accepted(contributor: name, digest: digest, outcome: .alreadyThere)
        }
        guard !state.closed else { throw refuse("the collection is closed; nothing more is accepted", "agree on a new contract") }
        guard now < terms.contract.deadline else {
            throw refuse(
                "received after the deadline of \(terms.contract.deadlineText)", "agree on a new contract with a later deadline")
        }
        if let earlier {
            guard replace else {
                throw refuse(
                    "\(name) has already submitted something else (\(earlier.digest.prefix(16))…)",
                    "if \(name) means to replace it, say --replace")
            }
            guard submission.header.sequence > earlier.sequence else {
                throw refuse(
                    "its number \(submission.header.sequence) is not above \(earlier.sequence), that of the submission that is there: "
                        + "an old one does not come back", "\(name) makes a new one with a higher --sequence")
            }
        }
        try submission.check(threads: threads, progress: progress)
        let copy = State.Entry(
            contributor: name, sequence: submission.header.sequence, digest: digest, received: Int64(now.timeIntervalSince1970))
        try submission.reader.copy(to: storedPath(copy))
        var next = state
        next.entries.removeAll { $0.contributor == name }
        next.entries.append(copy)
        try save(next)
        if let earlier { unlink(storedPath(earlier)) }
        return Accepted(contributor: name, digest: digest, outcome: earlier == nil ? .accepted : .replaced)
    }

    /// Freezes the set. Throws `.belowMinimum` when too few have submitted; then it stays open.
    func freeze() throws {
        guard !state.closed else { return }
        guard state.entries.count >= terms.contract.minimumContributors else {
            throw YinheError(
                .belowMinimum, "\(state.entries.count) of \(terms.contract.contributors.count) contributors have submitted, at least "
                    + "\(terms.contract.minimumContributors) are agreed", at: path,
                remedy: "wait for more submissions, until the deadline of \(terms.contract.deadlineText)")
        }
        var next = state
        next.closed = true
        try save(next)
    }

    /// The accepted submissions, in the order of the contract, from the collection's own copies.
    func submissions() throws -> [ReceivedSubmission] {
        try terms.contract.contributors.compactMap { contributor in
            guard let entry = state.entries.first(where: { $0.contributor == contributor.name }) else { return nil }
            let submission = try ReceivedSubmission(path: storedPath(entry), terms)
            guard submission.reader.digest.hex == entry.digest, submission.contributor == contributor else {
                throw YinheError(
                    .badInput, "the stored submission of \(contributor.name) is not the one that was accepted", at: storedPath(entry),
                    remedy: "restore the folder from a backup")
            }
            return submission
        }
    }

    private func storedPath(_ entry: State.Entry) -> String { "\(path)/\(entry.contributor)-\(entry.digest.prefix(16)).submission" }

    private func save(_ next: State) throws {
        try AtomicFile.write(next.encoded, to: path + "/" + Self.stateName, mode: 0o600)
        state = next
    }
}

extension AggregationContract {
    package var deadlineText: String { UTCTime.text(deadline) }
}
