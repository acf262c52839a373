import Arithmetic
import SandboxCore
import Transport

/// Silent random oblivious transfer of 16-byte strings (Boyle et al., "Efficient two-round OT extension and silent non-
/// interactive
/// secure computation", CCS 2019): `SilentVOLE` with noise over F2, then a hash. The wire format is in Protocols/silent-vole.md.
///
/// The correlation c = a Delta + b has bits a; the strings of transfer i are H(i, b_i) and H(i, b_i + Delta), and the receiver,
/// who
/// has choice a_i, gets H(i, c_i). The lowest bit of Delta is 1 and of all b is 0, so that a_i is the lowest bit of c_i; the
/// other
/// 127 bits of Delta are uniform.
public enum SilentOT {
    /// Both sides must use the same values, but for `threads`.
    public struct Parameters: Sendable {
        /// Transfers, 1 to `SilentVOLE.maximumCount`.
        public var count: Int
        public var security: SilentVOLE.Security
        public var code: LPNCode
        public var threads: Int

        /// `threads`: nil for all cores.
        public init(
            count: Int, security: SilentVOLE.Security = .semiHonest, code: LPNCode = .expandConvolute7x24, threads: Int? = nil
        ) {
            self.count = count
            self.security = security
            self.code = code
            self.threads = threads ?? availableCores
        }

        /// Throws `.usage` for values out of range.
        public func validate() throws {
            try SilentVOLE.Parameters(count: count, security: security, code: code, threads: threads).validate()
        }

        var layout: SilentLayout {
            SilentLayout(code: code, outputs: count, noise: .bit, malicious: security == .malicious)
        }
    }

    /// Bytes of the frames of a run, the session's handshake not included; exact.
    public static func bytes(_ parameters: Parameters) -> SilentVOLE.Bytes { SilentVOLE.bytes(parameters.layout) }

    /// Hash indices of the output strings; those of the correlation itself begin at 0.
    private static let outputTweak: UInt64 = 1 << 62
    private static let chunk = 1 << 14

    /// The party that gets both strings of each transfer.
    public struct Sender: Sendable {
        public let parameters: Parameters

        /// Throws `.usage` for parameters out of range.
        public init(_ parameters: Parameters) throws {
            try parameters.validate()
            self.parameters = parameters
        }

        /// Runs the protocol in a session of its own; `binding` (at most 256 bytes) must be the same on both sides. Returns the
        /// strings for choice 0 and those for choice 1. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = []
        ) async throws -> (zero: CorrelatedVector<Block128>, one: CorrelatedVector<Block128>) {
            let core = SilentSender(parameters.layout, threads: parameters.threads, random: SystemRandom.shared)
            let session = try await Session.open(
                over: channel, SilentOT.proposal(parameters, binding, "sender", "receiver"), first: core.firstMessage)
            return try await session.abortingOnError {
                let b = try await core.run(in: session, lane: SilentVOLE.offload)
                if parameters.security == .malicious {
                    try await session.send(core.answer(try await session.receive()))
                }
                return try await Parallel.offload { strings(b, core.delta) }
            }
        }

        private func strings(
            _ b: HugeBuffer<Block128>, _ delta: Block128
        ) -> (zero: CorrelatedVector<Block128>, one: CorrelatedVector<Block128>) {
            let zero = HugeBuffer<Block128>(count: parameters.count, wiped: true)
            // Nothing in here throws.
            try! Parallel.forEachChunk(of: parameters.count, chunk: chunk, threads: parameters.threads) { range in
                let x = b.pointer + range.lowerBound
                let tweak = outputTweak + UInt64(range.lowerBound)
                AES128.fixed.hashTwice(x, into: zero.pointer + range.lowerBound, count: range.count, tweak: tweak)
                for i in 0..<range.count { x[i] ^= delta }
                AES128.fixed.hashTwice(x, into: x, count: range.count, tweak: tweak)
            }
            return (CorrelatedVector(zero, count: parameters.count), CorrelatedVector(b, count: parameters.count))
        }
    }

    /// The party that gets a random choice, and the string for it, of each transfer.
    public struct Receiver: Sendable {
        public let parameters: Parameters

        /// Throws `.usage` for parameters out of range.
        public init(_ parameters: Parameters) throws {
            try parameters.validate()
            self.parameters = parameters
        }

        /// Runs the protocol in a session of its own; `binding` (at most 256 bytes) must be the same on both sides. Returns the
        /// choices, each 0 or 1, and the chosen strings. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = []
        ) async throws -> (choices: CorrelatedVector<UInt8>, strings: CorrelatedVector<Block128>) {
            let core = SilentReceiver(parameters.layout, threads: parameters.threads, random: SystemRandom.shared)
            let session = try await Session.open(
                over: channel, SilentOT.proposal(parameters, binding, "receiver", "sender"), first: core.firstMessage)
            return try await session.abortingOnError {
                _ = try await core.begin(in: session, lane: SilentVOLE.offload)
                let c = try await core.finish(core.receiveSums(in: session), lane: SilentVOLE.offload)
                if parameters.security == .malicious {
                    try await session.send(core.checkRequest())
                    try core.verify(try await session.receive())
                }
                return try await Parallel.offload { strings(c) }
            }
        }

        private func strings(
            _ c: HugeBuffer<Block128>
        ) -> (choices: CorrelatedVector<UInt8>, strings: CorrelatedVector<Block128>) {
            let choices = HugeBuffer<UInt8>(count: parameters.count, wiped: true)
            // Nothing in here throws.
            try! Parallel.forEachChunk(of: parameters.count, chunk: chunk, threads: parameters.threads) { range in
                for i in range { choices.pointer[i] = UInt8(truncatingIfNeeded: c.pointer[i].low & 1) }
                let x = c.pointer + range.lowerBound
                AES128.fixed.hashTwice(x, into: x, count: range.count, tweak: outputTweak + UInt64(range.lowerBound))
            }
            return (CorrelatedVector(choices, count: parameters.count), CorrelatedVector(c, count: parameters.count))
        }
    }

    private static func proposal(
        _ parameters: Parameters, _ binding: [UInt8], _ role: String, _ peerRole: String
    ) throws -> SessionProposal {
        try SilentVOLE.proposal(
            "silent-ot", count: parameters.count, security: parameters.security, code: parameters.code, binding: binding, role,
            peerRole)
    }
}
