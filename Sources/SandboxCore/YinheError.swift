/// The one error type of Yinhe: what went wrong, where, and what to do next.
///
/// Everything that a peer, a file or a user controls throws it. It never carries a secret or a data value of the other party.
public struct YinheError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong; also the exit code of the command line (`Code.exitCode`).
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let name: String
        /// The exit status a command line returns for this kind of error. 0, 1, 2 and 64 are reserved for success,
        /// unexpected failure, a check that found problems, and wrong usage.
        public let exitCode: Int32
        public init(name: String, exitCode: Int32) {
            self.name = name
            self.exitCode = exitCode
        }
        public var description: String { name }

        /// The command was called with options that do not fit together.
        public static let usage = Code(name: "usage", exitCode: 64)
        /// A file or table of the local party is malformed, missing or out of declared bounds.
        public static let badInput = Code(name: "bad-input", exitCode: 65)
        /// A contract is malformed, unsigned, expired, exhausted, or does not allow what was asked.
        public static let contract = Code(name: "contract", exitCode: 66)
        /// The peer cannot be reached, was lost, or stayed silent past the deadline.
        public static let peerUnreachable = Code(name: "peer-unreachable", exitCode: 68)
        /// The peer is not the one that was expected (wrong certificate), or proposes something else (version, contract).
        public static let peerMismatch = Code(name: "peer-mismatch", exitCode: 69)
        /// The peer sent something that the protocol does not allow (malformed frame, invalid point, wrong count).
        public static let peerMisbehaved = Code(name: "peer-misbehaved", exitCode: 70)
        /// The peer stopped the protocol and said so.
        public static let peerAborted = Code(name: "peer-aborted", exitCode: 71)
        /// The operating system refused: disk full, permission, socket.
        public static let system = Code(name: "system", exitCode: 74)
        /// The privacy budget does not cover the request.
        public static let budget = Code(name: "budget", exitCode: 75)
        /// A ledger does not verify.
        public static let ledger = Code(name: "ledger", exitCode: 76)
        /// The intersection is smaller than the contract's minimum; nothing was revealed.
        public static let belowMinimum = Code(name: "below-minimum", exitCode: 77)
        /// A computation could leave its declared range; the plan is refused rather than wrapped.
        public static let range = Code(name: "range", exitCode: 78)
        /// Stopped by the user (Ctrl-C) or by task cancellation.
        public static let cancelled = Code(name: "cancelled", exitCode: 130)
    }

    public var code: Code
    /// One sentence that says what is wrong.
    public var message: String
    /// File, line, column, party, clause or protocol phase; empty when there is none.
    public var place: String
    /// What the reader can do about it; empty when there is nothing to say.
    public var remedy: String

    public init(_ code: Code, _ message: String, at place: String = "", remedy: String = "") {
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy
    }

    public var description: String {
        var text = place.isEmpty ? message : "\(place): \(message)"
        if !remedy.isEmpty { text += "\n  -> \(remedy)" }
        return text
    }

    /// The error of the last failed system call, with the text of `errno`.
    public static func system(_ action: String, errno code: Int32, at place: String = "", remedy: String = "") -> YinheError {
        YinheError(.system, "\(action): \(systemErrorText(code))", at: place, remedy: remedy)
    }
}
