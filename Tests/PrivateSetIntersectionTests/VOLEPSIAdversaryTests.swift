import PrivateSetIntersection
import SandboxCore
import Synchronization
import TestSupport
import Testing
import Transport

/// A peer that follows the protocol but for what `change` does to the frames that it sends.
private final class ChangingChannel: Channel {
    private let inner: any Channel
    private let change: @Sendable ([UInt8]) -> [[UInt8]]

    init(_ inner: any Channel, _ change: @escaping @Sendable ([UInt8]) -> [[UInt8]]) {
        self.inner = inner
        self.change = change
    }

    func send(_ frame: [UInt8]) async throws { for frame in change(frame) { try await inner.send(frame) } }
    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}

@Suite struct VOLEPSIAdversaryTests {
    private static let sets = randomSets(sender: 5000, receiver: 2000, common: 700, SeededRandom(41))
    private static let expected = PlainIntersection.outputs(
        sender: sets.sender, receiver: sets.receiver, policy: .receiverLearnsMatches).receiver.matches!

    /// Tags: Protocols/vole-psi.md, "Messages".
    private static let seed: UInt8 = 0x20, vector: UInt8 = 0x21, masks: UInt8 = 0x22, matched: UInt8 = 0x23

    /// What both sides end with when `cheat` sends changed frames of one tag; `nth` counts that tag's frames.
    private func run(
        _ cheat: PSI.Role, tag: UInt8, policy: PSI.ResultPolicy = .receiverLearnsMatches, adversary: PSI.Adversary = .semiHonest,
        _ change: @escaping @Sendable (_ frame: [UInt8], _ nth: Int) -> [[UInt8]]
    ) async throws -> (honest: Result<PSI.Output, any Error>, cheat: Result<PSI.Output, any Error>) {
        let parameters = VOLEPSI.Parameters(policy: policy, adversary: adversary, threads: 1, minimumIntersection: 1)
        let (left, right) = LocalChannel.pair()
        let count = Mutex(0)
        let changing: @Sendable ([UInt8]) -> [[UInt8]] = { frame in
            guard frame.first == tag else { return [frame] }
            return change(frame, count.withLock { $0 += 1; return $0 - 1 })
        }
        let sendChannel: any Channel = cheat == .sender ? ChangingChannel(left, changing) : left
        let receiveChannel: any Channel = cheat == .receiver ? ChangingChannel(right, changing) : right
        async let a = outcome {
            try await VOLEPSI.Sender(tokens: Self.sets.sender, parameters: parameters).run(over: sendChannel)
        }
        async let b = outcome {
            try await VOLEPSI.Receiver(tokens: Self.sets.receiver, parameters: parameters).run(over: receiveChannel)
        }
        return await cheat == .sender ? (b, a) : (a, b)
    }

    private func outcome(_ body: () async throws -> PSI.Output) async -> Result<PSI.Output, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    private func code(_ result: Result<PSI.Output, any Error>) -> YinheError.Code? {
        if case .failure(let error) = result { return (error as? YinheError)?.code }
        return nil
    }

    private func expectRefusal(
        _ result: (honest: Result<PSI.Output, any Error>, cheat: Result<PSI.Output, any Error>), _ text: String
    ) {
        #expect(code(result.honest) == .peerMisbehaved)
        if case .failure(let error) = result.honest { #expect("\(error)".contains(text), "\(error)") }
        #expect(code(result.cheat) == .peerAborted, "the other side must learn of it")
    }

    @Test func aRepeatedChunkIsRefused() async throws {
        expectRefusal(
            try await run(.sender, tag: Self.masks) { frame, nth in nth == 0 ? [frame, frame] : [frame] }, "a repeated chunk")
        // The only chunk of this vector: the second one comes where nothing, or the end, is due.
        let result = try await run(.receiver, tag: Self.vector, policy: .bothLearnMatches) { frame, _ in [frame, frame] }
        expectRefusal(result, "matched places")
    }

    @Test(arguments: [0x21, 0x22] as [UInt8]) func shortAndLongChunksAreRefused(_ tag: UInt8) async throws {
        let role: PSI.Role = tag == 0x21 ? .receiver : .sender
        expectRefusal(try await run(role, tag: tag) { frame, nth in nth == 0 ? [frame.dropLast()] : [frame] }, "were due")
        expectRefusal(try await run(role, tag: tag) { frame, nth in nth == 0 ? [frame + [0]] : [frame] }, "were due")
        expectRefusal(try await run(role, tag: tag) { _, _ in [[tag, 0, 0, 0, 0]] }, "were due")
        expectRefusal(try await run(role, tag: tag) { _, _ in [[tag, 1]] }, "malformed")
        expectRefusal(try await run(role, tag: tag) { _, _ in [[tag] + [UInt8](repeating: 0, count: 2 << 20)] }, "at most")
    }

    @Test(arguments: [0x21, 0x22] as [UInt8]) func chunksFromTheWrongPlaceAreRefused(_ tag: UInt8) async throws {
        expectRefusal(
            try await run(tag == 0x21 ? .receiver : .sender, tag: tag) { frame, _ in
                var frame = frame
                frame[2] ^= 1
                return [frame]
            }, "a missing chunk")
    }

    @Test func aWrongSeedLengthIsRefused() async throws {
        expectRefusal(try await run(.receiver, tag: Self.seed) { frame, _ in [frame + [0]] }, "at most")
        expectRefusal(try await run(.receiver, tag: Self.seed) { frame, _ in [frame.dropLast()] }, "seed")
    }

    /// A sender that repeats the mask of a common token would make one token count twice.
    @Test func aRepeatedMaskOfACommonTokenIsRefused() async throws {
        expectRefusal(
            try await run(.sender, tag: Self.masks) { frame, nth in
                // Every mask of the first chunk is sent again in place of the second chunk's masks.
                nth == 0 ? [frame, [frame[0], 0, 16, 0, 0] + frame[5..<5 + 8 * (5000 - 4096)]] : []
            }, "sent a mask twice")
    }

    @Test func alteredMasksLoseMatchesAndNeverMakeOne() async throws {
        let result = try await run(.sender, tag: Self.masks) { frame, nth in
            var frame = frame
            for i in stride(from: 5, to: frame.count, by: 16) { frame[i] ^= 1 }
            return [frame]
        }
        let found = try result.honest.get().matches!
        #expect(Set(found).isSubset(of: Self.expected) && found.count < Self.expected.count)
    }

    @Test(arguments: PSI.Adversary.allCases)
    func anAlteredVectorGivesTheReceiverNothingItWouldNotHaveLearned(_ adversary: PSI.Adversary) async throws {
        let result = try await run(.receiver, tag: Self.vector, adversary: adversary) { frame, _ in
            var frame = frame
            for i in 5..<5 + (frame.count - 5) / 2 { frame[i] = 0 }
            return [frame]
        }
        if case .success(let output) = result.cheat {
            #expect(Set(output.matches!).isSubset(of: Self.expected) && output.matches!.count < Self.expected.count)
        }
    }

    @Test func impossibleMatchesAreRefusedByTheSender() async throws {
        let cases: [(@Sendable ([UInt8]) -> [UInt8], String)] = [
            ({ Array($0[..<5]) + [7] + $0[6...] }, "unknown form"),
            ({ _ in [0x23, 0, 0, 0, 0, 0] + [UInt8](repeating: 255, count: 625) }, "of its 2000 tokens match"),
            ({ _ in [0x23, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 626) }, "a bitmap of 626 bytes"),
            ({ _ in [0x23, 0, 0, 0, 0, 1, 5, 0, 0, 0, 5, 0, 0, 0] }, "place 5 is not due"),
            ({ _ in [0x23, 0, 0, 0, 0, 1, 136, 19, 0, 0] }, "place 5000 is not due"),
            ({ _ in [0x23, 1, 0, 0, 0, 1, 5, 0, 0, 0] }, "they begin at 1"),
        ]
        for (change, text) in cases {
            let result = try await run(.receiver, tag: Self.matched, policy: .bothLearnMatches) { frame, _ in [change(frame)] }
            #expect(code(result.honest) == .peerMisbehaved)
            if case .failure(let error) = result.honest { #expect("\(error)".contains(text), "\(error)") }
        }
    }

    @Test func treesThatDoNotFitAreNoticedWhenPartiesMayDeviate() async throws {
        let result = try await run(.sender, tag: 5, adversary: .malicious) { frame, _ in
            var frame = frame
            for i in 1..<frame.count { frame[i] ^= 0x5a }
            return [frame]
        }
        expectRefusal(result, "not consistent")
    }

    /// All that a sender once sent, sent again to a receiver of today.
    @Test func aRecordedSessionIsRefusedWhenPartiesMayDeviate() async throws {
        let parameters = VOLEPSI.Parameters(policy: .receiverLearnsMatches, adversary: .malicious, threads: 1)
        let recorded = Mutex<[[UInt8]]>([])
        let sender = try VOLEPSI.Sender(tokens: Self.sets.sender, parameters: parameters)
        let receiver = try VOLEPSI.Receiver(tokens: Self.sets.receiver, parameters: parameters)
        _ = try await LocalRun.both(
            { channel in
                try await sender.run(over: ChangingChannel(channel) { frame in
                    recorded.withLock { $0.append(frame) }
                    return [frame]
                })
            }, { try await receiver.run(over: $0) })
        let (left, right) = LocalChannel.pair()
        async let error = failure { try await receiver.run(over: right) }
        for frame in recorded.withLock({ $0 }) { try? await left.send(frame) }
        #expect(await error?.code == .peerMisbehaved)
        await left.close()
    }

    @Test func moreTokensThanTheJobAnnouncedAreRefused() async throws {
        let parameters = VOLEPSI.Parameters(
            policy: .receiverLearnsMatches, threads: 1, jobSizes: .init(receiver: 2000, sender: 4000))
        let (left, right) = LocalChannel.pair()
        async let a = failure { try await VOLEPSI.Sender(tokens: Self.sets.sender, parameters: parameters).run(over: left) }
        async let b = failure { try await VOLEPSI.Receiver(tokens: Self.sets.receiver, parameters: parameters).run(over: right) }
        // Whoever sees it first says so; the other may only see the line close.
        let errors = await (a, b)
        #expect(errors.0 != nil && errors.1 != nil)
        #expect([errors.0?.code, errors.1?.code].contains(.peerMisbehaved))
    }

    @Test func impossibleSetSizesAreRefused() async throws {
        for announcements in [[:], ["set size": -1], ["set size": 1 << 40]] as [[String: Int]] {
            let (left, right) = LocalChannel.pair()
            let parameters = VOLEPSI.Parameters(policy: .receiverLearnsMatches, threads: 1)
            async let error = failure {
                try await VOLEPSI.Receiver(tokens: [JoinToken("a")], parameters: parameters).run(over: right)
            }
            let proposal = SessionProposal(
                protocolName: "vole-psi", version: 1, role: "sender", peerRole: "receiver",
                parameters: [
                    ("variant", "fast"), ("adversary", "semi-honest"), ("result policy", "receiver-learns-matches"),
                    ("minimum intersection", "0"), ("job sizes", "this run"), ("binding", ""),
                ], announcements: announcements)
            _ = try? await Session.open(over: left, proposal)
            #expect(await error?.code == .peerMisbehaved)
            await left.close()
        }
    }
}
