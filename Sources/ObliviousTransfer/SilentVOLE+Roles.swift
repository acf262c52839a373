import Arithmetic
import SandboxCore
import Transport

extension SilentVOLE {
    /// The party that holds Delta.
    public struct Sender: Sendable {
        public let parameters: Parameters

        /// Throws `.usage` for parameters out of range.
        public init(_ parameters: Parameters) throws {
            try parameters.validate()
            self.parameters = parameters
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes) must be the same on both sides. Returns
        /// Delta,
        /// uniform, and b. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = []
        ) async throws -> (delta: Block128, b: CorrelatedVector<Block128>) {
            try await run(over: channel, binding: binding, random: SystemRandom.shared).result
        }

        package func run(
            over channel: any Channel, binding: [UInt8], random: any RandomSource
        ) async throws -> (result: (delta: Block128, b: CorrelatedVector<Block128>), phases: PhaseTimes) {
            let engine = try SenderEngine(parameters, random: random)
            let session = try await Session.open(
                over: channel, proposal(parameters, binding, "sender", "receiver"), first: engine.firstMessage)
            return try await session.abortingOnError {
                let output = try await engine.run(in: session)
                if parameters.security == .malicious {
                    try await session.send(engine.answer(try await session.receive()))
                }
                return ((output.delta, CorrelatedVector(output.b, count: parameters.count)), engine.phases)
            }
        }
    }

    /// The party that holds a and c = a Delta + b.
    public struct Receiver: Sendable {
        public let parameters: Parameters

        /// Throws `.usage` for parameters out of range.
        public init(_ parameters: Parameters) throws {
            try parameters.validate()
            self.parameters = parameters
        }

        /// The receiver's values: in GF(2^64) as words, in GF(2^128) as blocks.
        public enum Scalars: Sendable {
            case bits64(CorrelatedVector<UInt64>)
            case bits128(CorrelatedVector<Block128>)
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes) must be the same on both sides. Returns a,
        /// pseudorandom, and c. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = []
        ) async throws -> (a: Scalars, c: CorrelatedVector<Block128>) {
            try await run(over: channel, binding: binding, random: SystemRandom.shared).result
        }

        package func run(
            over channel: any Channel, binding: [UInt8], random: any RandomSource
        ) async throws -> (result: (a: Scalars, c: CorrelatedVector<Block128>), phases: PhaseTimes) {
            let engine = try ReceiverEngine(parameters, random: random)
            let session = try await Session.open(
                over: channel, proposal(parameters, binding, "receiver", "sender"), first: engine.firstMessage)
            return try await session.abortingOnError {
                let output = try await engine.run(in: session)
                if parameters.security == .malicious {
                    try await session.send(engine.checkRequest())
                    try engine.verify(try await session.receive())
                }
                let a: Scalars =
                    switch output.a {
                    case .bits64(let a): .bits64(CorrelatedVector(a, count: parameters.count))
                    case .bits128(let a): .bits128(CorrelatedVector(a, count: parameters.count))
                    }
                return ((a, CorrelatedVector(output.c, count: parameters.count)), engine.phases)
            }
        }
    }

    private static func proposal(
        _ parameters: Parameters, _ binding: [UInt8], _ role: String, _ peerRole: String
    ) throws -> SessionProposal {
        try proposal(
            "silent-vole", count: parameters.count, security: parameters.security, code: parameters.code, binding: binding, role,
            peerRole, field: parameters.field)
    }

    static func proposal(
        _ name: String, count: Int, security: Security, code: LPNCode, binding: [UInt8], _ role: String, _ peerRole: String,
        field: Field? = nil
    ) throws -> SessionProposal {
        guard binding.count <= 256 else {
            throw YinheError(.usage, "a binding of \(binding.count) bytes; at most 256 are possible")
        }
        return SessionProposal(
            protocolName: name, version: UInt32(version), role: role, peerRole: peerRole,
            parameters: [("count", String(count))] + (field.map { [("field", $0.rawValue)] } ?? []) + [
                ("security", security.rawValue), ("code", code.rawValue), ("binding", binding.hex),
            ])
    }

    // MARK: Bytes

    /// Bytes of the frames of a run, the five-byte frame headers and tags included, the session's handshake not.
    public struct Bytes: Sendable, Equatable {
        public var fromSender: Int
        public var fromReceiver: Int
        public var total: Int { fromSender + fromReceiver }

        public init(fromSender: Int, fromReceiver: Int) {
            self.fromSender = fromSender
            self.fromReceiver = fromReceiver
        }
    }

    /// What a run sends; exact. With t noise positions in trees of depth d and values of v bits, about
    /// t (32 d + 16) from the sender and 32 t (d + v) / 8 from the receiver.
    public static func bytes(_ parameters: Parameters) -> Bytes { bytes(parameters.layout) }

    static func bytes(_ layout: SilentLayout) -> Bytes {
        let frame = ChannelLimits.headerBytes + 1
        var bytes = Bytes(
            fromSender: frame + 128 * BaseOT.receiverBytesPerTransfer + frame + layout.sumBytes,
            fromReceiver: frame + BaseOT.senderMessageBytes + frame + layout.correctionBytes)
        if layout.malicious {
            bytes.fromReceiver += frame + layout.correlationProofBytes + frame + 16
            bytes.fromSender += frame + 32
        }
        return bytes
    }
}
