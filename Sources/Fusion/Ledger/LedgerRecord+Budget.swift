import Arithmetic
import SandboxCore

extension LedgerRecord {
    /// An account that runs count on besides their contract's.
    public struct Account: Sendable, Hashable, Codable, CustomStringConvertible {
        public enum Kind: String, Sendable, Codable, CaseIterable {
            /// One dataset under the owner's name for it, whatever files it came in.
            case dataset
            /// All datasets about one unit of privacy.
            case unit
            /// Runs on nearly the same subjects, named by their unit.
            case cohort
        }

        public var kind: Kind
        public var name: String

        public init(_ kind: Kind, _ name: String) {
            self.kind = kind
            self.name = name
        }

        public var description: String { "\(kind.rawValue) \"\(name)\"" }
    }

    /// What the owner allows one account, from here on. The newest entry of an account counts.
    public struct BudgetLimit: Sendable, Hashable, Codable {
        public var account: Account
        /// Nil for no limit.
        public var epsilon: Rational?
        public var delta: Rational?
        /// What a run on nearly the same subjects as an earlier one meets; of a unit only. Nil leaves it to the contract.
        public var nearIdentical: Contract.Privacy.NearIdentical?

        public init(
            account: Account, epsilon: Rational?, delta: Rational?, nearIdentical: Contract.Privacy.NearIdentical? = nil
        ) {
            self.account = account
            self.epsilon = epsilon
            self.delta = delta
            self.nearIdentical = nearIdentical
        }
    }

    /// What a charge did to one account.
    public struct AccountUse: Sendable, Hashable, Codable {
        public var account: Account
        /// Spent with this charge.
        public var epsilon: Rational
        public var delta: Rational
        /// Allowed at the time; nil where nothing limits the account.
        public var epsilonLimit: Rational?
        public var deltaLimit: Rational?

        package init(account: Account, epsilon: Rational, delta: Rational, epsilonLimit: Rational?, deltaLimit: Rational?) {
            self.account = account
            self.epsilon = epsilon
            self.delta = delta
            self.epsilonLimit = epsilonLimit
            self.deltaLimit = deltaLimit
        }
    }

    /// The subjects of a charged run, beside those of earlier ones.
    public struct CohortUse: Sendable, Hashable, Codable {
        /// Digest of the sketch, which itself stays in the ledger's file and is never exported.
        public var sketch: String
        /// Earlier charged runs on nearly the same subjects in another file.
        public var near: [NearRun]

        public struct NearRun: Sendable, Hashable, Codable {
            public var run: String
            /// Subjects in one of the two only, estimated.
            public var difference: Int

            package init(run: String, difference: Int) {
                self.run = run
                self.difference = difference
            }
        }

        package init(sketch: String, near: [NearRun]) {
            self.sketch = sketch
            self.near = near
        }
    }

    /// An earlier release shown again: the same question on the same inputs of both parties. It costs nothing.
    public struct ReRelease: Sendable, Hashable, Codable {
        public var run: String
        public var contract: String
        /// The run that released and paid.
        public var release: String
        public var outputs: [String]
        public var sharedResult: String
        public var result: String

        package init(run: String, contract: String, release: String, outputs: [String], sharedResult: String, result: String) {
            self.run = run
            self.contract = contract
            self.release = release
            self.outputs = outputs
            self.sharedResult = sharedResult
            self.result = result
        }
    }
}

extension LedgerRecord.ContractTerms {
    /// Whether both say the same; an older entry says nothing of the unit.
    func agrees(with other: LedgerRecord.ContractTerms) -> Bool {
        var (a, b) = (self, other)
        if a.unit == nil || b.unit == nil { (a.unit, b.unit) = (nil, nil) }
        return a == b
    }
}
