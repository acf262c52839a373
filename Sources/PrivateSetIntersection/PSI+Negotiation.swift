import Arithmetic
import SandboxCore
import Transport

extension PSI.CostModel {
    /// Measures the link and agrees on a protocol, in a session of its own on `channel` (Protocols/psi-choice.md). `runs`: into
    /// how many runs the job will be cut, the same on both sides.
    public static func negotiate(
        _ role: PSI.Role, setSize: Int, options: PSI.Options, runs: Int = 1, over channel: any Channel, binding: [UInt8] = []
    ) async throws -> Decision {
        guard binding.count <= VOLEPSI.maximumBindingBytes else {
            throw YinheError(
                .usage, "a binding of \(binding.count) bytes; at most \(VOLEPSI.maximumBindingBytes) are possible")
        }
        let proposal = SessionProposal(
            protocolName: "psi-choice", version: 1, role: role.rawValue, peerRole: role == .sender ? "receiver" : "sender",
            parameters: [
                ("result policy", options.policy.rawValue), ("adversary", options.adversary.rawValue),
                ("minimum intersection", "\(options.minimumIntersection)"), ("runs", "\(runs)"), ("binding", binding.hex),
            ],
            announcements: [
                Announcement.setSize: setSize, Announcement.threads: options.threads,
                Announcement.curve: Int(measureCurve() * 1e9),
            ])
        return try await Session.run(over: channel, proposal) { session in
            func peer(_ name: String, _ range: ClosedRange<Int>) throws -> Int {
                guard let value = session.peerAnnouncements[name], range ~= value else {
                    throw YinheError(.peerMisbehaved, "the peer announced no \(name) in \(range)")
                }
                return value
            }
            let peerSize = try peer(Announcement.setSize, 0...DHPSI.maximumSetSize)
            let job = Job(
                receiverSize: role == .receiver ? setSize : peerSize, senderSize: role == .sender ? setSize : peerSize,
                policy: options.policy, adversary: options.adversary,
                threads: min(options.threads, try peer(Announcement.threads, 1...(1 << 20))), runs: runs,
                curveSeconds: Double(
                    max(proposal.announcements[Announcement.curve]!, try peer(Announcement.curve, 0...1_000_000_000))) / 1e9)
            let link = try await measure(session, role, burst: burstChunks(job))
            return try decide(job, over: link)
        }
    }

    private enum Announcement {
        static let setSize = "set size"
        static let threads = "threads"
        static let curve = "nanoseconds per curve element"
    }

    static let chunkBytes = 1 << 15
    static let pings = 2

    /// Chunks of 32 KiB of a burst: about a sixteenth of what VOLE-PSI would send, 64 KiB to 1 MiB.
    static func burstChunks(_ job: Job) -> Int {
        let bytes = 20 * (job.receiverSize + job.senderSize) / 16
        return min(32, max(2, bytes / chunkBytes))
    }

    /// Both directions one after the other; each side measures what reaches it and tells the other.
    private static func measure(_ session: Session, _ role: PSI.Role, burst: Int) async throws -> Link {
        let clock = ContinuousClock()
        switch role {
        case .receiver:
            var roundTrip = Duration.seconds(1 << 30)
            for _ in 0..<pings {
                let start = clock.now
                try await session.send(Ping())
                let _: Ping = try await session.receive()
                roundTrip = min(roundTrip, clock.now - start)
            }
            try await sendBurst(session, burst)
            let theirs: Measurement = try await session.receive()
            let own = Measurement(roundTrip: roundTrip, rate: try await receiveBurst(session, burst))
            try await session.send(own)
            return Link(roundTrip: own.seconds, toSender: Double(theirs.bytesPerSecond), toReceiver: Double(own.bytesPerSecond))
        case .sender:
            for _ in 0..<pings {
                let ping: Ping = try await session.receive()
                try await session.send(ping)
            }
            let own = Measurement(roundTrip: .zero, rate: try await receiveBurst(session, burst))
            try await session.send(own)
            try await sendBurst(session, burst)
            let theirs: Measurement = try await session.receive()
            return Link(
                roundTrip: theirs.seconds, toSender: Double(own.bytesPerSecond), toReceiver: Double(theirs.bytesPerSecond))
        }
    }

    private static func sendBurst(_ session: Session, _ chunks: Int) async throws {
        let bytes = SystemRandom.shared.bytes(64)
        // Not compressible by a link that tries: a key stream.
        let prg = AESCounterPRG(seed: Array(bytes[..<32]))
        for _ in 0..<chunks {
            var chunk = [UInt8](repeating: 0, count: chunkBytes)
            chunk.withUnsafeMutableBytes { prg.fill($0) }
            try await session.send(Burst(bytes: chunk))
        }
    }

    /// Bytes per second of the second half: the first one lets TCP open its window.
    private static func receiveBurst(_ session: Session, _ chunks: Int) async throws -> UInt64 {
        let clock = ContinuousClock()
        var start = clock.now
        let skipped = chunks / 2
        for i in 0..<chunks {
            let chunk: Burst = try await session.receive()
            guard chunk.bytes.count == chunkBytes else {
                throw YinheError(.peerMisbehaved, "a burst chunk of \(chunk.bytes.count) bytes")
            }
            if i + 1 == skipped { start = clock.now }
        }
        let nanoseconds = max(1000, (clock.now - start) / .nanoseconds(1))
        return UInt64(Double((chunks - skipped) * chunkBytes) / (nanoseconds * 1e-9))
    }

    /// Seconds that one element costs one thread of this machine in DH-PSI: hash to the curve and multiply. A few milliseconds.
    package static func measureCurve() -> Double {
        let tokens = (0..<64).map { JoinToken(low: $0, high: 0) }
        let secret = P256SecretScalar()
        let clock = ContinuousClock()
        var best = Duration.seconds(1)
        for _ in 0..<2 {
            let start = clock.now
            guard (try? DHSteps.blind(tokens, with: secret, domain: DHPSI.domain, threads: 1)) != nil else {
                return Constants.curveSeconds
            }
            best = min(best, clock.now - start)
        }
        return best / .nanoseconds(1) * 1e-9 / Double(tokens.count)
    }

    /// There and back.
    package struct Ping: WireMessage {
        package static let tag: UInt8 = 1
        package static let name = "ping"
        package static let maximumBytes = 0
        package init() {}
        package func encode(into writer: inout ByteWriter) {}
        package init(from reader: inout ByteReader) throws {}
    }

    /// Bytes without meaning.
    package struct Burst: WireMessage {
        package static let tag: UInt8 = 2
        package static let name = "burst"
        package static let maximumBytes = chunkBytes
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
        package func encode(into writer: inout ByteWriter) { bytes.withUnsafeBytes { writer.write(raw: $0) } }
        package init(from reader: inout ByteReader) throws { bytes = try reader.readRaw(reader.remaining) }
    }

    /// What one side measured: the round trip in microseconds (0 from the sender), bytes per second that reached it.
    package struct Measurement: WireMessage {
        package static let tag: UInt8 = 3
        package static let name = "measurement"
        package static let maximumBytes = 12
        package let microseconds: UInt32
        package let bytesPerSecond: UInt64

        init(roundTrip: Duration, rate: UInt64) {
            microseconds = UInt32(clamping: Int64(roundTrip / .microseconds(1)))
            bytesPerSecond = max(1, rate)
        }

        var seconds: Double { Double(microseconds) * 1e-6 }

        package func encode(into writer: inout ByteWriter) {
            writer.write(microseconds)
            writer.write(bytesPerSecond)
        }

        package init(from reader: inout ByteReader) throws {
            microseconds = try reader.read(UInt32.self)
            bytesPerSecond = try reader.read(UInt64.self)
            guard bytesPerSecond > 0 else { throw YinheError(.peerMisbehaved, "a measurement of no bytes per second") }
        }
    }
}
