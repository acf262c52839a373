import Arithmetic
import SandboxCore

public struct LedgerProblem: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The entry concerned; nil when it is the ledger as a whole.
    public let sequence: Int?
    public let message: String

    public var description: String { sequence.map { "entry \($0): \(message)" } ?? message }
}

/// The outcome of checking a ledger.
public struct LedgerVerification: Sendable, Codable {
    public let owner: String
    public let entries: Int
    /// Hash of the newest entry, hexadecimal; empty for an empty ledger.
    public let head: String
    /// Heads of this ledger that a peer has countersigned.
    public let countersignatures: Int
    public let accounts: [ContractAccount]
    /// Empty when everything adds up.
    public let problems: [LedgerProblem]

    public var isValid: Bool { problems.isEmpty }

    /// - Parameters:
    ///   - owner: whose ledger it must be; nil takes the owner that the first entry names, which proves only that the ledger
    ///     is consistent.
    ///   - peer: the peer's export, to find roll-backs on either side.
    ///   - contracts: contracts whose terms the ledger must record as they are, if it knows them.
    public init(
        _ ledger: LedgerExport, owner expected: PublicIdentity? = nil, peer: LedgerExport? = nil, contracts: [SignedContract] = []
    ) {
        let chain = LedgerChain(ledger, owner: expected)
        let replay = LedgerReplay(ledger.entries)
        var problems = chain.problems + replay.problems
        let evidence = LedgerEvidence(ledger, owner: chain.owner, terms: replay.accounts.values.map(\.terms))
        problems += evidence.problems
        if let peer { problems += LedgerEvidence.contradictions(ledger, owner: chain.owner, replay, with: peer) }
        for signed in contracts {
            guard let recorded = replay.accounts[signed.hashText]?.terms, !recorded.agrees(with: .init(signed)) else { continue }
            problems.append(
                .init(sequence: nil, message: "the recorded terms of \"\(signed.contract.name)\" are not the contract's"))
        }
        self.owner = chain.owner?.fingerprint.description ?? ""
        entries = ledger.entries.count
        head = ledger.entries.last?.hash ?? ""
        countersignatures = evidence.countersignatures
        accounts = replay.contracts.map { ContractAccount($0, replay) }
        self.problems = problems.sorted { ($0.sequence ?? .max) < ($1.sequence ?? .max) }
    }
}

/// How much of a contract is used up.
public struct ContractAccount: Sendable, Hashable, Codable {
    public let contract: String
    public let name: String
    public let epsilon: Rational
    public let spent: Rational
    public let remaining: Rational
    public let runs: Int
    public let maximumRuns: Int
    public let expires: String
    /// Nil where the contract has no delta.
    public let delta: Rational?
    public let deltaSpent: Rational?

    init(_ hash: String, _ replay: LedgerReplay) {
        let account = replay.accounts[hash]!
        contract = hash
        name = account.terms.name
        epsilon = account.terms.epsilon
        spent = account.spent
        remaining = (try? account.terms.epsilon - account.spent) ?? .zero
        runs = account.runs
        maximumRuns = account.terms.maximumRuns
        expires = account.terms.expires
        delta = account.terms.delta.isPositive ? account.terms.delta : nil
        deltaSpent = delta == nil ? nil : account.deltaSpent
    }
}

/// Sequence numbers, hashes, signatures and the head.
struct LedgerChain {
    private(set) var problems: [LedgerProblem] = []
    let owner: PublicIdentity?

    init(_ ledger: LedgerExport, owner expected: PublicIdentity?) {
        let named = ledger.owner
        owner = expected ?? named
        guard let first = ledger.entries.first else {
            problems.append(.init(sequence: nil, message: "the ledger has no entries"))
            return
        }
        if first.kind != .identity { problems.append(.init(sequence: 1, message: "the first entry names no owner")) }
        if let expected, let named, named != expected {
            problems.append(.init(sequence: 1, message: "the owner is \(named.fingerprint), not \(expected.fingerprint)"))
        }
        var previous = LedgerEntry.origin
        for (index, entry) in ledger.entries.enumerated() {
            func problem(_ message: String) { problems.append(.init(sequence: entry.sequence, message: message)) }
            if entry.sequence != index + 1 {
                problem("entry \(index + 1) was expected here: an entry is missing, or out of order")
            }
            if entry.previous != previous { problem("does not continue the entry before it") }
            if !entry.hashIsRight { problem("the content was changed: it does not have the entry's hash") }
            if let owner, !entry.isSigned(by: owner) { problem("the signature is not the owner's") }
            previous = entry.hash
        }
        checkHead(ledger)
    }

    private mutating func checkHead(_ ledger: LedgerExport) {
        func problem(_ message: String) { problems.append(.init(sequence: nil, message: message)) }
        guard let head = ledger.head, let last = ledger.entries.last else { return problem("the head record is missing") }
        if let owner, !head.isSigned(by: owner) { problem("the head record is not signed by the owner") }
        if head.ledger != ledger.entries[0].hash { problem("the head record belongs to another ledger") }
        if head.sequence > last.sequence { problem("entries \(last.sequence + 1) to \(head.sequence) were removed from the end") }
        if head.sequence < last.sequence { problem("entries after \(head.sequence) were added without the owner's head record") }
        if head.sequence == last.sequence, head.hash != last.hash {
            problem("the newest entry is not the one that the head record names")
        }
    }
}
