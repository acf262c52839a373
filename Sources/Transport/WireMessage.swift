import SandboxCore

/// One type of message of one protocol round.
///
/// On the wire: the tag byte, then what `encode` writes. Decoding must check every length before it allocates (`ByteReader`
/// does) and validate every element; what it throws is answered with an abort.
public protocol WireMessage: Sendable {
    /// Unique within its protocol, 1 to 0xEF; the rest is the session's own.
    static var tag: UInt8 { get }
    /// For error messages, such as "blinded points".
    static var name: String { get }
    /// The longest encoding that is accepted, without the tag.
    static var maximumBytes: Int { get }
    /// Whether the frame enters the session's transcript hash. False for bulk messages of uniform words, such as masked shares, whose
    /// protocol does not use the transcript: hashing them costs more than everything else that is done with them.
    static var isTranscribed: Bool { get }
    func encode(into writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws
}

extension WireMessage {
    /// The largest message that fits a frame.
    public static var maximumBytes: Int { ChannelLimits.frameBytes - 1 }
    public static var isTranscribed: Bool { true }
}

/// A message of bytes whose parts the roles cut themselves, after they have checked the length.
package protocol BytesMessage: WireMessage {
    var bytes: [UInt8] { get }
    init(bytes: [UInt8])
}

extension BytesMessage {
    package func encode(into writer: inout ByteWriter) {
        writer.reserve(bytes.count)
        bytes.withUnsafeBytes { writer.write(raw: $0) }
    }

    package init(from reader: inout ByteReader) throws { self.init(bytes: try reader.readRaw(reader.remaining)) }

    /// Throws unless the message has exactly the length that the public parameters give it.
    package func check(count: Int) throws {
        guard bytes.count == count else {
            throw YinheError(.peerMisbehaved, "\(Self.name) of \(bytes.count) bytes where \(count) were due")
        }
    }
}

/// Tags that every session understands.
enum SessionTag {
    static let highestMessage: UInt8 = 0xef
    static let announcements: UInt8 = 0xfd
    static let proposal: UInt8 = 0xfe
    static let abort: UInt8 = 0xff
}

/// Why a role stopped: coarse on purpose, so that an abort tells the peer nothing about data.
public enum AbortReason: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    /// The user or the program stopped this side.
    case cancelled = 1
    /// Something failed that is not the peer's doing.
    case internalError = 2
    /// A message was malformed, unexpected or invalid.
    case badMessage = 3
    /// The two sides proposed different things.
    case mismatch = 4
    /// The intersection is smaller than agreed; nothing was revealed.
    case belowMinimum = 5
    /// The contract or the privacy budget does not allow the run.
    case refused = 6
    /// This side's own input could not be used.
    case inputError = 7

    public var description: String {
        switch self {
        case .cancelled: "it was cancelled"
        case .internalError: "it met an internal error"
        case .badMessage: "it received a message that the protocol does not allow"
        case .mismatch: "the two sides proposed different things"
        case .belowMinimum: "the intersection is smaller than the agreed minimum"
        case .refused: "its contract or privacy budget does not allow this run"
        case .inputError: "its own input could not be used"
        }
    }

    /// What to tell the peer when a role stops with `error`; nil when the peer already knows, or is gone.
    public init?(for error: any Error) {
        guard let error = error as? YinheError else {
            self = error is CancellationError ? .cancelled : .internalError
            return
        }
        switch error.code {
        case .cancelled: self = .cancelled
        case .peerMisbehaved: self = .badMessage
        case .peerMismatch: self = .mismatch
        case .belowMinimum: self = .belowMinimum
        case .budget, .contract: self = .refused
        case .badInput, .range: self = .inputError
        case .peerAborted, .peerUnreachable: return nil
        default: self = .internalError
        }
    }

    /// The error on the side that was told. Too small an intersection is an outcome that both sides report alike.
    func error(from peer: String) -> YinheError {
        if self == .belowMinimum {
            return YinheError(
                .belowMinimum, "the peer stopped: \(self); nothing was revealed", at: peer,
                remedy: "agree on a lower minimum, or join larger sets")
        }
        return YinheError(
            .peerAborted, "the peer stopped: \(self)", at: peer, remedy: "look at the peer's own messages for the details")
    }
}
