import Arithmetic
import ContractText
import SandboxCore

/// The content of one ledger entry. Encoded as JSON; the entry's hash and signature cover the exact bytes of that JSON.
public enum LedgerRecord: Sendable, Hashable {
    case identity(Owner)
    case contract(ContractTerms)
    case runStart(RunStart)
    case input(Input)
    case budgetCharge(Charge)
    case releaseIntent(Intent)
    case release(Release)
    case declassification(Declassification)
    case refusal(Stop)
    case abort(Stop)
    case headExchange(HeadExchange)
    case countersignature(Countersignature)
    case runEnd(RunEnd)
    case budgetLimit(BudgetLimit)
    case reRelease(ReRelease)

    public enum Kind: String, Sendable, Codable, CaseIterable {
        case identity, contract
        case runStart = "run-start"
        case input
        case budgetCharge = "budget-charge"
        case releaseIntent = "release-intent"
        case release, declassification, refusal, abort
        case headExchange = "head-exchange"
        case countersignature
        case runEnd = "run-end"
        case budgetLimit = "budget-limit"
        case reRelease = "re-release"
    }

    /// Always the first entry. Its hash is the ledger's own id.
    public struct Owner: Sendable, Hashable, Codable {
        public var format = "yinhe-ledger/1"
        public var fingerprint: String
        /// Ed25519 public key, hexadecimal.
        public var publicKey: String
        /// 16 random bytes, hexadecimal, so that no two ledgers share an id.
        public var nonce: String

        package init(fingerprint: String, publicKey: String, nonce: String) {
            self.fingerprint = fingerprint
            self.publicKey = publicKey
            self.nonce = nonce
        }
    }

    /// What later entries are checked against.
    public struct ContractTerms: Sendable, Hashable, Codable {
        public var contract: String
        public var name: String
        public var purpose: String
        /// Party name -> fingerprint.
        public var parties: [String: String]
        public var epsilon: Rational
        public var delta: Rational
        public var maximumRuns: Int
        public var expires: String
        /// What one unit of privacy is; nil in entries older than the accounts of units.
        public var unit: String?

        package init(
            contract: String, name: String, purpose: String, parties: [String: String], epsilon: Rational, delta: Rational,
            maximumRuns: Int, expires: String, unit: String? = nil
        ) {
            self.unit = unit
            self.contract = contract
            self.name = name
            self.purpose = purpose
            self.parties = parties
            self.epsilon = epsilon
            self.delta = delta
            self.maximumRuns = maximumRuns
            self.expires = expires
        }
    }

    /// Written before the first byte that depends on data leaves; counts against `maximumRuns`.
    public struct RunStart: Sendable, Hashable, Codable {
        public var run: String
        public var contract: String
        public var party: String
        public var peer: String
        public var plan: String

        package init(run: String, contract: String, party: String, peer: String, plan: String) {
            self.run = run
            self.contract = contract
            self.party = party
            self.peer = peer
            self.plan = plan
        }
    }

    public struct Input: Sendable, Hashable, Codable {
        public var run: String
        public var dataset: String
        /// SHA-256 of the file, hexadecimal.
        public var digest: String
        public var bytes: Int
        public var rows: Int
        public var keptRows: Int
        public var distinctKeys: Int
        public var peerDistinctKeys: Int

        package init(
            run: String, dataset: String, digest: String, bytes: Int, rows: Int, keptRows: Int, distinctKeys: Int,
            peerDistinctKeys: Int
        ) {
            self.run = run
            self.dataset = dataset
            self.digest = digest
            self.bytes = bytes
            self.rows = rows
            self.keptRows = keptRows
            self.distinctKeys = distinctKeys
            self.peerDistinctKeys = peerDistinctKeys
        }
    }

    public struct Charge: Sendable, Hashable, Codable {
        public var run: String
        public var contract: String
        /// Digest of the party's own input file.
        public var dataset: String
        public var outputs: [OutputCharge]
        public var epsilon: Rational
        /// Of this contract.
        public var spentBefore: Rational
        public var spentAfter: Rational
        /// Of this input file, under any contract.
        public var datasetSpentAfter: Rational
        /// The rest is nil in entries older than the accounts of datasets and units.
        public var delta: Rational?
        /// Of this contract.
        public var deltaSpentAfter: Rational?
        /// The contract's name of the dataset, and its unit of privacy.
        public var datasetName: String?
        public var unit: String?
        /// Every other account that the run counts on.
        public var accounts: [AccountUse]?
        public var cohort: CohortUse?

        public struct OutputCharge: Sendable, Hashable, Codable {
            public var name: String
            public var epsilon: Rational
            /// Nil for 0.
            public var delta: Rational?

            package init(name: String, epsilon: Rational, delta: Rational? = nil) {
                self.name = name
                self.epsilon = epsilon
                self.delta = delta
            }
        }

        package init(
            run: String, contract: String, dataset: String, outputs: [OutputCharge], epsilon: Rational, spentBefore: Rational,
            spentAfter: Rational, datasetSpentAfter: Rational
        ) {
            self.run = run
            self.contract = contract
            self.dataset = dataset
            self.outputs = outputs
            self.epsilon = epsilon
            self.spentBefore = spentBefore
            self.spentAfter = spentAfter
            self.datasetSpentAfter = datasetSpentAfter
        }
    }

    public struct Intent: Sendable, Hashable, Codable {
        public var run: String
        public var outputs: [String]

        package init(run: String, outputs: [String]) {
            self.run = run
            self.outputs = outputs
        }
    }

    public struct Release: Sendable, Hashable, Codable {
        public var run: String
        public var outputs: [String]
        /// Digest of the outputs that both parties learn, equal on both sides; empty when there is none.
        public var sharedResult: String
        /// Digest of everything this party learned.
        public var result: String
        /// Digest of what was asked: the same for the same question under another contract. Nil in older entries.
        public var query: String?
        /// Digest of the privacy statement that goes with the result.
        public var statement: String?

        package init(
            run: String, outputs: [String], sharedResult: String, result: String, query: String? = nil, statement: String? = nil
        ) {
            self.query = query
            self.statement = statement
            self.run = run
            self.outputs = outputs
            self.sharedResult = sharedResult
            self.result = result
        }
    }

    public struct Declassification: Sendable, Hashable, Codable {
        public var run: String
        public var reason: String

        package init(run: String, reason: String) {
            self.run = run
            self.reason = reason
        }
    }

    /// A refusal (before data flowed) or an abort (after).
    public struct Stop: Sendable, Hashable, Codable {
        /// Empty when the run had no id yet.
        public var run: String
        /// Empty when the contract could not be read.
        public var contract: String
        /// Name of the error code.
        public var code: String
        public var reason: String

        package init(run: String, contract: String, code: String, reason: String) {
            self.run = run
            self.contract = contract
            self.code = code
            self.reason = reason
        }
    }

    /// The peer's signed head, as evidence against a later roll-back of its ledger.
    public struct HeadExchange: Sendable, Hashable, Codable {
        public var run: String
        public var peer: String
        public var publicKey: String
        public var head: LedgerHead

        package init(run: String, peer: String, publicKey: String, head: LedgerHead) {
            self.run = run
            self.peer = peer
            self.publicKey = publicKey
            self.head = head
        }
    }

    /// The peer's signature over one head of this ledger.
    public struct Countersignature: Sendable, Hashable, Codable {
        public var run: String
        public var peer: String
        public var publicKey: String
        public var sequence: Int
        public var hash: String
        public var signature: String

        package init(run: String, peer: String, publicKey: String, sequence: Int, hash: String, signature: String) {
            self.run = run
            self.peer = peer
            self.publicKey = publicKey
            self.sequence = sequence
            self.hash = hash
            self.signature = signature
        }
    }

    public struct RunEnd: Sendable, Hashable, Codable {
        public var run: String
        public var bytesSent: Int
        public var bytesReceived: Int

        package init(run: String, bytesSent: Int, bytesReceived: Int) {
            self.run = run
            self.bytesSent = bytesSent
            self.bytesReceived = bytesReceived
        }
    }
}

extension LedgerRecord {
    public var kind: Kind {
        switch self {
        case .identity: .identity
        case .contract: .contract
        case .runStart: .runStart
        case .input: .input
        case .budgetCharge: .budgetCharge
        case .releaseIntent: .releaseIntent
        case .release: .release
        case .declassification: .declassification
        case .refusal: .refusal
        case .abort: .abort
        case .headExchange: .headExchange
        case .countersignature: .countersignature
        case .runEnd: .runEnd
        case .budgetLimit: .budgetLimit
        case .reRelease: .reRelease
        }
    }

    private var content: any Encodable {
        switch self {
        case .identity(let value): value
        case .contract(let value): value
        case .runStart(let value): value
        case .input(let value): value
        case .budgetCharge(let value): value
        case .releaseIntent(let value): value
        case .release(let value): value
        case .declassification(let value): value
        case .refusal(let value), .abort(let value): value
        case .headExchange(let value): value
        case .countersignature(let value): value
        case .runEnd(let value): value
        case .budgetLimit(let value): value
        case .reRelease(let value): value
        }
    }

    func payload() throws -> String { String(decoding: try CanonicalJSON.encode(content), as: UTF8.self) }

    init(kind: Kind, payload: String) throws {
        func read<T: Decodable>(_ type: T.Type = T.self) throws -> T {
            try CanonicalJSON.decode(T.self, from: Array(payload.utf8))
        }
        self =
            switch kind {
            case .identity: .identity(try read())
            case .contract: .contract(try read())
            case .runStart: .runStart(try read())
            case .input: .input(try read())
            case .budgetCharge: .budgetCharge(try read())
            case .releaseIntent: .releaseIntent(try read())
            case .release: .release(try read())
            case .declassification: .declassification(try read())
            case .refusal: .refusal(try read())
            case .abort: .abort(try read())
            case .headExchange: .headExchange(try read())
            case .countersignature: .countersignature(try read())
            case .runEnd: .runEnd(try read())
            case .budgetLimit: .budgetLimit(try read())
            case .reRelease: .reRelease(try read())
            }
    }
}
