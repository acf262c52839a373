import PrivateSetIntersection
import SandboxCore
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct DHPSITests {
    private func check(
        _ sets: (sender: [JoinToken], receiver: [JoinToken]), _ parameters: DHPSI.Parameters, note: String = ""
    ) async throws {
        let expected = PlainIntersection.outputs(sender: sets.sender, receiver: sets.receiver, policy: parameters.policy)
        let actual = try await DHPSI.localRun(sender: sets.sender, receiver: sets.receiver, parameters: parameters)
        let context = "\(sets.sender.count) x \(sets.receiver.count), \(parameters.policy), chunk \(parameters.chunk) \(note)"
        #expect(actual.sender.matches == expected.sender.matches, "\(context)")
        #expect(actual.sender.cardinality == expected.sender.count, "\(context)")
        #expect(actual.receiver.matches == expected.receiver.matches, "\(context)")
        #expect(actual.receiver.cardinality == expected.receiver.count, "\(context)")
        #expect(actual.sender.peerSetSize == sets.receiver.count)
        #expect(actual.receiver.peerSetSize == sets.sender.count)
    }

    @Test(arguments: DHPSI.ResultPolicy.allCases)
    func everyPolicyGivesThePlainResultAtEverySize(_ policy: DHPSI.ResultPolicy) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let sizes = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (2, 2), (777, 3), (3, 777), (0, 50), (100, 99)]
        for (sender, receiver) in sizes {
            for common in Set([0, min(sender, receiver) / 2, min(sender, receiver)]) {
                let sets = randomSets(sender: sender, receiver: receiver, common: common, random)
                try await check(sets, DHPSI.Parameters(policy: policy, threads: 2, chunk: 64), note: "seed \(seed)")
            }
        }
    }

    @Test(arguments: DHPSI.ResultPolicy.allCases)
    func chunkBoundariesLoseNothing(_ policy: DHPSI.ResultPolicy) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for (size, chunk) in [(1, 1), (5, 1), (31, 32), (32, 32), (33, 32), (64, 32), (65, 32), (600, 257)] {
            let sets = randomSets(sender: size, receiver: size, common: size / 2, random)
            try await check(sets, DHPSI.Parameters(policy: policy, threads: 2, chunk: chunk), note: "seed \(seed)")
        }
    }

    @Test func theTwoSidesMayUseDifferentChunksAndThreads() async throws {
        let sets = randomSets(sender: 100, receiver: 90, common: 40, SeededRandom(1))
        for policy in DHPSI.ResultPolicy.allCases {
            let sender = try DHPSI.Sender(tokens: sets.sender, parameters: .init(policy: policy, threads: 1, chunk: 7))
            let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: .init(policy: policy, threads: 3, chunk: 64))
            let (_, output) = try await LocalRun.both({ try await sender.run(over: $0) }, { try await receiver.run(over: $0) })
            #expect(output.cardinality == 40)
        }
    }

    @Test func theResultIsRightWhenTheQueuesAreFarSmallerThanTheSets() async throws {
        let sets = randomSets(sender: 900, receiver: 800, common: 300, SeededRandom(2))
        let (left, right) = LocalChannel.pair(queueBytes: 600)
        let parameters = DHPSI.Parameters(policy: .bothLearnMatches, threads: 2, chunk: 16)
        let sender = try DHPSI.Sender(tokens: sets.sender, parameters: parameters)
        let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: parameters)
        let (a, b) = try await LocalRun.over(
            left, right, { try await sender.run(over: $0) }, { try await receiver.run(over: $0) })
        #expect(a.matches?.count == 300)
        #expect(b.matches?.count == 300)
    }

    @Test func bytesAreWhatTheSpecificationStates() async throws {
        let sets = randomSets(sender: 300, receiver: 200, common: 100, SeededRandom(3))
        let parameters = DHPSI.Parameters(policy: .receiverLearnsMatches, threads: 2, chunk: 128)
        let (left, right) = LocalChannel.pair()
        let sender = try DHPSI.Sender(tokens: sets.sender, parameters: parameters)
        let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: parameters)
        let sizes = Mutex((0, 0))
        _ = try await LocalRun.over(left, right, { channel in
            let output = try await sender.run(over: channel)
            sizes.withLock { $0.0 = channel.traffic.bytesSent }
            return output
        }, { channel in
            let output = try await receiver.run(over: channel)
            sizes.withLock { $0.1 = channel.traffic.bytesSent }
            return output
        })
        // Frame header 5, tag 1, first row 4; masks of 57 bits take 8 bytes; handshakes are under 400 bytes.
        let fromSender = 33 * 300 + 3 * 10 + 8 * 200 + 2 * 10
        let fromReceiver = 33 * 200 + 2 * 10
        let (s, r) = sizes.withLock { $0 }
        #expect(s > fromSender && s < fromSender + 400)
        #expect(r > fromReceiver && r < fromReceiver + 400)
    }

    @Test func progressCountsEveryRowOfBothDirections() async throws {
        let sets = randomSets(sender: 50, receiver: 40, common: 10, SeededRandom(4))
        let last = Mutex<[String: ProgressEvent]>([:])
        let sender = try DHPSI.Sender(tokens: sets.sender, parameters: .init(policy: .receiverLearnsMatches, chunk: 8))
        let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: .init(policy: .receiverLearnsMatches, chunk: 8))
        _ = try await LocalRun.both(
            { try await sender.run(over: $0) },
            { try await receiver.run(over: $0, progress: { event in last.withLock { $0[event.phase] = event } }) })
        let seen = last.withLock { $0 }
        #expect(seen["own elements blinded"] == ProgressEvent(phase: "own elements blinded", completed: 40, total: 40))
        #expect(seen["peer elements combined"] == ProgressEvent(phase: "peer elements combined", completed: 50, total: 50))
        #expect(seen["masks received"] == ProgressEvent(phase: "masks received", completed: 40, total: 40))
    }

    @Test func equalTokensInOneSetAreRefusedWithTheirPlaces() {
        let token = JoinToken("a")
        let parameters = DHPSI.Parameters(policy: .cardinalityOnly)
        let error = #expect(throws: YinheError.self) {
            try DHPSI.Sender(tokens: [JoinToken("b"), token, JoinToken("c"), token], parameters: parameters)
        }
        #expect(error?.code == .badInput)
        #expect(error?.message == "tokens 1 and 3 are equal")
        #expect(throws: YinheError.self) { try DHPSI.Receiver(tokens: [token, token], parameters: parameters) }
    }

    @Test func parametersOutOfRangeAreRefused() {
        for (threads, chunk) in [(0, 1), (1, 0), (1, DHPSI.Parameters.maximumChunk + 1), (-1, 5)] {
            let parameters = DHPSI.Parameters(policy: .cardinalityOnly, threads: threads, chunk: chunk)
            #expect(throws: YinheError.self) { try DHPSI.Sender(tokens: [], parameters: parameters) }
        }
    }

    @Test func aDifferentPolicyOrBindingStopsBothSidesBeforeAnyData() async throws {
        let tokens = [JoinToken("a")]
        func outcome(
            _ mine: (DHPSI.ResultPolicy, [UInt8]), _ theirs: (DHPSI.ResultPolicy, [UInt8])
        ) async throws -> (YinheError?, YinheError?) {
            let sender = try DHPSI.Sender(tokens: tokens, parameters: .init(policy: mine.0))
            let receiver = try DHPSI.Receiver(tokens: tokens, parameters: .init(policy: theirs.0))
            let (left, right) = LocalChannel.pair()
            async let a = failure { try await sender.run(over: left, binding: mine.1) }
            async let b = failure { try await receiver.run(over: right, binding: theirs.1) }
            return await (a, b)
        }
        let policies = try await outcome((.cardinalityOnly, []), (.bothLearnMatches, []))
        #expect(policies.0?.code == .peerMismatch && policies.1?.code == .peerMismatch)
        #expect(policies.0?.message.contains("result policy") == true)
        let bindings = try await outcome((.cardinalityOnly, [1]), (.cardinalityOnly, [2]))
        #expect(bindings.0?.code == .peerMismatch && bindings.1?.code == .peerMismatch)
        #expect(bindings.0?.message.contains("binding") == true)
    }

    @Test func twoSendersAreToldThatTheirRolesDoNotFit() async throws {
        let sender = try DHPSI.Sender(tokens: [], parameters: .init(policy: .cardinalityOnly))
        let (left, right) = LocalChannel.pair()
        async let a = failure { try await sender.run(over: left) }
        async let b = failure { try await sender.run(over: right) }
        let errors = await (a, b)
        #expect(errors.0?.code == .peerMismatch && errors.1?.code == .peerMismatch)
    }

    @Test func aCancelledRunEndsOnBothSides() async throws {
        let sets = randomSets(sender: 20_000, receiver: 20_000, common: 1, SeededRandom(5))
        let sender = try DHPSI.Sender(tokens: sets.sender, parameters: .init(policy: .cardinalityOnly, chunk: 64))
        let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: .init(policy: .cardinalityOnly, chunk: 64))
        let (left, right) = LocalChannel.pair()
        let started = AsyncStream.makeStream(of: Void.self)
        let running = Task { await failure { try await sender.run(over: left) } }
        async let peer = failure { try await receiver.run(over: right, progress: { _ in started.continuation.yield() }) }
        for await _ in started.stream { break }
        running.cancel()
        #expect(await running.value?.code == .cancelled)
        #expect(await peer?.code == .peerAborted)
    }
}

/// The error that `body` throws, if it does.
func failure<R>(_ body: () async throws -> R) async -> YinheError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? YinheError
    }
}
