import HiddenJoin
import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Testing
import Transport

/// A peer that follows the protocol but for what `change` does to the frames that it sends; nil cuts the connection there.
private final class ChangingChannel: Channel {
    private let inner: any Channel
    private let sent = Mutex(0)
    private let change: @Sendable ([UInt8], Int) -> [[UInt8]]?

    init(_ inner: any Channel, _ change: @escaping @Sendable (_ frame: [UInt8], _ nth: Int) -> [[UInt8]]?) {
        self.inner = inner
        self.change = change
    }

    func send(_ frame: [UInt8]) async throws {
        let nth = sent.withLock { $0 += 1; return $0 - 1 }
        guard let frames = change(frame, nth) else {
            await inner.close()
            throw YinheError(.peerUnreachable, "cut by the test")
        }
        for frame in frames { try await inner.send(frame) }
    }
    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}

@Suite struct MisbehavingPeerTests {
    private static let sets = TestSets(receiver: 300, sender: 400, common: 100, SeededRandom(21))
    private static let own = [column("r", -9...9, rows: 300, SeededRandom(22))]
    private static let peers = [column("s", -9...9, rows: 400, SeededRandom(23)), column("t", 0...99, rows: 400, SeededRandom(24))]

    /// Tags: Protocols/hidden-join.md, "Messages"; of the shares' messages two-party-sharing.md.
    private static let seed: UInt8 = 0x28, vector: UInt8 = 0x29, program: UInt8 = 0x2a, shares: UInt8 = 0xb0

    /// How both sides end when `cheat` sends changed frames.
    private func run(
        _ cheat: HiddenAggregation.Role, mode: HiddenAggregation.Mode = .hidden,
        _ change: @escaping @Sendable (_ frame: [UInt8], _ nth: Int) -> [[UInt8]]?
    ) async -> (honest: YinheError.Code?, cheat: YinheError.Code?) {
        let (left, right) = LocalChannel.pair()
        let parameters = HiddenAggregation.Parameters(mode: mode, minimumIntersection: 5, threads: 1)
        let receiverEnd: any Channel = cheat == .receiver ? ChangingChannel(left, change) : left
        let senderEnd: any Channel = cheat == .sender ? ChangingChannel(right, change) : right
        async let a = code {
            try await HiddenAggregation.Party(
                role: .receiver, tokens: Self.sets.receiver, columns: Self.own, peerColumns: Self.peers.map(\.shape),
                parameters: parameters
            ).run(over: receiverEnd, source: seeded(4), random: SystemRandom.shared)
        }
        async let b = code {
            try await HiddenAggregation.Party(
                role: .sender, tokens: Self.sets.sender, columns: Self.peers, peerColumns: Self.own.map(\.shape), parameters: parameters
            ).run(over: senderEnd, source: seeded(4), random: SystemRandom.shared)
        }
        return await cheat == .receiver ? (b, a) : (a, b)
    }

    private func code(_ body: () async throws -> HiddenAggregation.Output) async -> YinheError.Code? {
        do { _ = try await body() } catch { return (error as? YinheError)?.code }
        return nil
    }

    @Test(arguments: [
        (HiddenAggregation.Role.receiver, MisbehavingPeerTests.seed), (.receiver, MisbehavingPeerTests.vector),
        (.sender, MisbehavingPeerTests.seed), (.sender, MisbehavingPeerTests.program),
    ]) func aMessageOfAWrongLengthEndsBothSides(_ role: HiddenAggregation.Role, _ tag: UInt8) async {
        for change: @Sendable ([UInt8]) -> [UInt8] in [{ Array($0.dropLast()) }, { $0 + [0] }, { _ in [tag] }] {
            let ends = await run(role) { frame, _ in [frame.first == tag ? change(frame) : frame] }
            #expect(ends.honest == .peerMisbehaved && ends.cheat == .peerAborted)
        }
    }

    @Test func partsOfVectorsOutOfPlaceEndBothSides() async {
        for (role, tag) in [(HiddenAggregation.Role.receiver, Self.vector), (.sender, Self.program)] {
            // A first row that is not the one due, and a part that comes twice.
            let moved = await run(role) { frame, _ in [frame.first == tag ? [tag, 1] + frame[2...] : frame] }
            #expect(moved.honest == .peerMisbehaved && moved.cheat == .peerAborted)
            let twice = await run(role) { frame, _ in frame.first == tag ? [frame, frame] : [frame] }
            #expect(twice.honest != nil && twice.cheat != nil)
        }
    }

    @Test func sharesOfAnotherStepEndBothSides() async {
        for role in [HiddenAggregation.Role.receiver, .sender] {
            let ends = await run(role) { frame, _ in [frame.first == Self.shares ? [frame[0], frame[1] ^ 1] + frame[2...] : frame] }
            #expect(ends.honest == .peerMismatch && ends.cheat != nil)
        }
    }

    /// Wherever the peer is lost, the other side ends, in both modes.
    @Test(arguments: HiddenAggregation.Mode.allCases, [HiddenAggregation.Role.receiver, .sender]) func aLostPeerEndsTheOtherSide(
        _ mode: HiddenAggregation.Mode, _ role: HiddenAggregation.Role
    ) async {
        let frames = Mutex(0)
        let whole = await run(role, mode: mode) { frame, nth in
            frames.withLock { $0 = nth + 1 }
            return [frame]
        }
        #expect(whole.honest == nil && whole.cheat == nil)
        let total = frames.withLock { $0 }
        // A frame sent last may leave the honest side content.
        for nth in stride(from: 0, to: total - 1, by: max(1, total / 12)) {
            let ends = await run(role, mode: mode) { frame, n in n == nth ? nil : [frame] }
            #expect(ends.honest != nil && ends.cheat != nil, "frame \(nth) of \(total)")
        }
    }

    @Test func setSizesOutOfRangeAreRefused() async {
        // The announcements' frame holds numbers of 8 bytes behind their names.
        for size: Int64 in [-1, 1 << 40] {
            let ends = await run(.sender) { frame, nth in
                guard nth == 1 else { return [frame] }
                var frame = frame
                let name = Array("set size".utf8)
                let at = frame.indices.first { $0 + name.count <= frame.count && Array(frame[$0..<$0 + name.count]) == name }! + name.count
                withUnsafeBytes(of: size.littleEndian) { frame.replaceSubrange(at..<at + 8, with: $0) }
                return [frame]
            }
            #expect(ends.honest == .peerMisbehaved && ends.cheat != nil)
        }
    }
}
