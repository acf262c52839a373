import PrivateSetIntersection
import SandboxCore
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct VOLEPSITests {
    private func check(
        _ sets: (sender: [JoinToken], receiver: [JoinToken]), _ parameters: VOLEPSI.Parameters, note: String = ""
    ) async throws {
        let expected = PlainIntersection.outputs(sender: sets.sender, receiver: sets.receiver, policy: parameters.policy)
        let actual = try await VOLEPSI.localRun(sender: sets.sender, receiver: sets.receiver, parameters: parameters)
        let sizes = "\(sets.sender.count) x \(sets.receiver.count)"
        let context = "\(sizes), \(parameters.policy), \(parameters.variant), \(parameters.adversary) \(note)"
        #expect(actual.sender.matches == expected.sender.matches, "\(context)")
        #expect(actual.sender.cardinality == expected.sender.count, "\(context)")
        #expect(actual.receiver.matches == expected.receiver.matches, "\(context)")
        #expect(actual.receiver.cardinality == expected.receiver.count, "\(context)")
        #expect(actual.sender.peerSetSize == sets.receiver.count)
        #expect(actual.receiver.peerSetSize == sets.sender.count)
        if parameters.policy == .bothLearnMatches {
            checkRanks(sets, actual, context)
        } else {
            #expect(actual.sender.ranks == nil && actual.receiver.ranks == nil)
        }
    }

    private func checkRanks(
        _ sets: (sender: [JoinToken], receiver: [JoinToken]), _ actual: (sender: PSI.Output, receiver: PSI.Output),
        _ context: String
    ) {
        func byRank(_ tokens: [JoinToken], _ output: PSI.Output) -> [JoinToken?] {
            var out = [JoinToken?](repeating: nil, count: output.matches?.count ?? 0)
            for (match, rank) in zip(output.matches ?? [], output.ranks ?? []) { out[rank] = tokens[match] }
            return out
        }
        let mine = byRank(sets.receiver, actual.receiver), theirs = byRank(sets.sender, actual.sender)
        #expect(mine == theirs && mine.allSatisfy { $0 != nil }, "\(context)")
    }

    @Test(arguments: VOLEPSI.Variant.allCases, PSI.Adversary.allCases)
    func smallSizesGiveThePlainResult(_ variant: VOLEPSI.Variant, _ adversary: PSI.Adversary) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let sizes = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 3), (777, 3), (3, 777), (0, 500), (500, 0)]
        for (i, (sender, receiver)) in sizes.enumerated() {
            let common = [min(sender, receiver), min(sender, receiver) / 2, 0][i % 3]
            let sets = randomSets(sender: sender, receiver: receiver, common: common, random)
            let policy: PSI.ResultPolicy = i % 2 == 0 ? .bothLearnMatches : .receiverLearnsMatches
            try await check(
                sets, .init(policy: policy, variant: variant, adversary: adversary, threads: 1 + i % 2), note: "seed \(seed)")
        }
    }

    /// Sizes at which other implementations lost matches or failed.
    @Test(arguments: VOLEPSI.Variant.allCases, PSI.Adversary.allCases)
    func oddSizesLoseNoMatch(_ variant: VOLEPSI.Variant, _ adversary: PSI.Adversary) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for (sender, receiver, common) in [
            (10_000, 10_000, 5000), (1, 30_000, 1), (30_000, 1, 1), (1500, 1500, 1500), (1500, 1400, 0),
        ] {
            let sets = randomSets(sender: sender, receiver: receiver, common: common, random)
            try await check(
                sets, .init(policy: .bothLearnMatches, variant: variant, adversary: adversary, threads: 2), note: "seed \(seed)")
        }
    }

    @Test func theLargerSideMayBeAHundredThousand() async throws {
        let random = SeededRandom(7)
        for (sender, receiver) in [(1, 100_000), (100_000, 1), (100_000, 100_000)] {
            let sets = randomSets(sender: sender, receiver: receiver, common: min(sender, receiver), random)
            try await check(sets, .init(policy: .receiverLearnsMatches, threads: 2))
        }
    }

    @Test func aJobOfManyTokensUsesTheLargeField() async throws {
        let plan = {
            try VOLEPSI.Plan(
                receiverSize: 100, senderSize: 100, variant: .fast, adversary: .semiHonest, job: .init(receiver: 100, sender: $0))
        }
        #expect(try plan(1 << 24).field == .bits64)
        #expect(try plan(1 << 24 + 1).field == .bits128)
        let sets = randomSets(sender: 2000, receiver: 1000, common: 500, SeededRandom(3))
        let job = VOLEPSI.JobSizes(receiver: 100_000_000, sender: 100_000_000)
        try await check(sets, .init(policy: .bothLearnMatches, threads: 2, jobSizes: job))
        try await check(sets, .init(policy: .bothLearnMatches, variant: .lowCommunication, threads: 2, jobSizes: job))
    }

    @Test func masksAreWideEnoughForTheWholeJob() throws {
        func width(_ x: Int, _ y: Int, _ job: VOLEPSI.JobSizes? = nil, _ adversary: PSI.Adversary = .semiHonest) throws -> Int {
            try VOLEPSI.Plan(receiverSize: x, senderSize: y, variant: .fast, adversary: adversary, job: job).maskBytes
        }
        #expect(try width(1, 1) == 5)
        #expect(try width(1 << 16, 1 << 16) == 9)
        #expect(try width(1 << 20, 1 << 20) == 10)
        #expect(try width(1000, 1000, .init(receiver: 1 << 27, sender: 1 << 27)) == 12)
        #expect(try width(1000, 1000, nil, .malicious) == 16)
    }

    @Test func countingIsRefusedWithTheReason() {
        let error = #expect(throws: YinheError.self) {
            try VOLEPSI.Receiver(tokens: [], parameters: .init(policy: .cardinalityOnly))
        }
        #expect(error?.code == .usage && error?.message.contains("cannot count without telling which") == true)
    }

    @Test(arguments: ["sender", "receiver"]) func equalTokensEndTheRunOnBothSides(_ side: String) async throws {
        let sets = randomSets(sender: 3000, receiver: 3000, common: 10, SeededRandom(5))
        let twice = [sets.sender[0]] + sets.sender[1...] + [sets.sender[17]]
        let parameters = VOLEPSI.Parameters(policy: .bothLearnMatches, threads: 1)
        let sender = try VOLEPSI.Sender(tokens: side == "sender" ? twice : sets.sender, parameters: parameters)
        let receiver = try VOLEPSI.Receiver(tokens: side == "receiver" ? twice : sets.receiver, parameters: parameters)
        let (left, right) = LocalChannel.pair()
        async let a = failure { try await sender.run(over: left) }
        async let b = failure { try await receiver.run(over: right) }
        let (mine, theirs) = await side == "sender" ? (a, b) : (b, a)
        #expect(mine?.code == .badInput && mine?.message == "tokens 17 and 3000 are equal", "\(String(describing: mine))")
        #expect(theirs?.code == .peerAborted)
    }

    @Test func theSendersOrderIsNewInEveryRunAndSaysNothingAboutItsList() async throws {
        let sets = randomSets(sender: 400, receiver: 400, common: 400, SeededRandom(9))
        var seen: [[Int]] = []
        for _ in 0..<2 {
            let out = try await VOLEPSI.localRun(
                sender: sets.sender, receiver: sets.receiver, parameters: .init(policy: .bothLearnMatches, threads: 1))
            seen.append(out.sender.ranks!)
        }
        // A fixed order, or the list's own, would show here; 400! orders leave no room for chance.
        #expect(seen[0] != seen[1])
        #expect(seen.allSatisfy { $0 != Array(0..<400) })
    }

    @Test func ordersAreUniform() {
        // Places of element 0 among 3 and of element 5000 among 10000 in 40 cells: chi-squared, false alarm below 1e-6.
        var small = [Int](repeating: 0, count: 6)
        for _ in 0..<6000 {
            let order = RandomOrder.draw(3, random: SystemRandom.shared)
            small[Int(order[0]) * 2 + (order[1] > order[2] ? 1 : 0)] += 1
        }
        let chi = small.reduce(0.0) { $0 + ($1 == 0 ? 1000 : pow2(Double($1) - 1000) / 1000) }
        #expect(chi < 37)  // 5 degrees of freedom, p = 6e-7
        var cells = [Int](repeating: 0, count: 40)
        for _ in 0..<400 {
            let order = RandomOrder.draw(10_000, random: SystemRandom.shared)
            #expect(Set(order).count == 10_000)
            cells[order.firstIndex(of: 5000)! / 250] += 1
        }
        #expect(cells.reduce(0.0) { $0 + pow2(Double($1) - 10) / 10 } < 101)  // 39 degrees of freedom, p = 3e-7
    }

    private func pow2(_ x: Double) -> Double { x * x }

    @Test(arguments: [PSI.ResultPolicy.receiverLearnsMatches, .bothLearnMatches])
    func tooFewMatchesEndTheRunOnBothSides(_ policy: PSI.ResultPolicy) async throws {
        for (minimum, reached) in [(30, true), (31, false), (101, false)] {
            let sets = randomSets(sender: 100, receiver: 90, common: 30, SeededRandom(UInt64(minimum)))
            let parameters = VOLEPSI.Parameters(policy: policy, threads: 1, minimumIntersection: minimum)
            if reached {
                try await check(sets, parameters)
                continue
            }
            let sender = try VOLEPSI.Sender(tokens: sets.sender, parameters: parameters)
            let receiver = try VOLEPSI.Receiver(tokens: sets.receiver, parameters: parameters)
            let (left, right) = LocalChannel.pair()
            async let a = failure { try await sender.run(over: left) }
            async let b = failure { try await receiver.run(over: right) }
            let errors = await (a, b)
            #expect(errors.0?.code == .belowMinimum && errors.1?.code == .belowMinimum)
        }
    }

    @Test func peersThatAgreedOnSomethingElseAreToldSoBothOfThem() async throws {
        let base = VOLEPSI.Parameters(policy: .receiverLearnsMatches, threads: 1)
        var variants: [VOLEPSI.Parameters] = []
        for change: (inout VOLEPSI.Parameters) -> Void in [
            { $0.variant = .lowCommunication }, { $0.adversary = .malicious }, { $0.policy = .bothLearnMatches },
            { $0.minimumIntersection = 1 }, { $0.jobSizes = .init(receiver: 5, sender: 5) },
        ] {
            var other = base
            change(&other)
            variants.append(other)
        }
        let tokens = [JoinToken("a")]
        for other in variants {
            let (left, right) = LocalChannel.pair()
            async let a = failure { try await VOLEPSI.Sender(tokens: tokens, parameters: base).run(over: left) }
            async let b = failure { try await VOLEPSI.Receiver(tokens: tokens, parameters: other).run(over: right) }
            let errors = await (a, b)
            #expect(errors.0?.code == .peerMismatch && errors.1?.code == .peerMismatch)
        }
        let (left, right) = LocalChannel.pair()
        async let a = failure { try await VOLEPSI.Sender(tokens: tokens, parameters: base).run(over: left) }
        async let b = failure {
            try await DHPSI.Receiver(tokens: tokens, parameters: .init(policy: base.policy)).run(over: right)
        }
        let errors = await (a, b)
        #expect(errors.0?.code == .peerMismatch && errors.1?.code == .peerMismatch)
    }

    @Test(arguments: VOLEPSI.Variant.allCases, PSI.Adversary.allCases)
    func bytesAreWhatTheFormulaStates(_ variant: VOLEPSI.Variant, _ adversary: PSI.Adversary) async throws {
        let sets = randomSets(sender: 9000, receiver: 3000, common: 4, SeededRandom(3))
        let parameters = VOLEPSI.Parameters(policy: .receiverLearnsMatches, variant: variant, adversary: adversary, threads: 2)
        let (left, right) = LocalChannel.pair()
        let sender = try VOLEPSI.Sender(tokens: sets.sender, parameters: parameters)
        let receiver = try VOLEPSI.Receiver(tokens: sets.receiver, parameters: parameters)
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
        let expected = try VOLEPSI.bytes(
            receiverSize: 3000, senderSize: 9000, variant: variant, adversary: adversary, policy: .receiverLearnsMatches)
        let (s, r) = sizes.withLock { $0 }
        // Handshakes and framing (6 to 10 bytes a message) are under 500 bytes.
        #expect(s >= expected.toReceiver && s < expected.toReceiver + 500, "\(s) \(expected)")
        #expect(r >= expected.toSender && r < expected.toSender + 500, "\(r) \(expected)")
    }

    @Test(arguments: [false, true]) func theResultIsThePlainOneOverSockets(secure: Bool) async throws {
        let sets = randomSets(sender: 20_000, receiver: 15_000, common: 6000, SeededRandom(11))
        let parameters = VOLEPSI.Parameters(policy: .bothLearnMatches, threads: 2)
        let sender = try VOLEPSI.Sender(tokens: sets.sender, parameters: parameters)
        let receiver = try VOLEPSI.Receiver(tokens: sets.receiver, parameters: parameters)
        let (left, right) = try await connectedSockets(secure)
        let (a, b) = try await LocalRun.over(
            left, right, { try await sender.run(over: $0, binding: [1, 2]) },
            { try await receiver.run(over: $0, binding: [1, 2]) })
        let expected = PlainIntersection.outputs(sender: sets.sender, receiver: sets.receiver, policy: .bothLearnMatches)
        #expect(a.matches == expected.sender.matches && b.matches == expected.receiver.matches)
        checkRanks(sets, (a, b), "sockets")
    }

    @Test func severalRunsFollowOneAnotherOnOneChannel() async throws {
        let random = SeededRandom(12)
        let runs = [(0, 5), (40, 30), (5, 0), (30, 40)].map {
            randomSets(sender: $0.0, receiver: $0.1, common: min($0.0, $0.1) / 2, random)
        }
        let parameters = VOLEPSI.Parameters(policy: .receiverLearnsMatches, threads: 1)
        let (_, found) = try await LocalRun.both(
            { channel in
                for sets in runs { _ = try await VOLEPSI.Sender(tokens: sets.sender, parameters: parameters).run(over: channel) }
            },
            { channel in
                var found: [Int] = []
                for sets in runs {
                    found.append(
                        try await VOLEPSI.Receiver(tokens: sets.receiver, parameters: parameters).run(over: channel).cardinality!)
                }
                return found
            })
        #expect(found == [0, 15, 0, 15])
    }
}

/// Two ends of a connection on this machine.
func connectedSockets(_ secure: Bool) async throws -> (any Channel, any Channel) {
    let a = try Identity.generate(), b = try Identity.generate()
    let listener = try SocketListener(
        Endpoint(host: "127.0.0.1", port: 0),
        security: secure ? .mutualTLS(identity: a, peers: [b.fingerprint]) : .insecurePlaintext)
    defer { listener.close() }
    async let connected = SocketChannel.connect(
        to: Endpoint(host: "127.0.0.1", port: listener.boundPort),
        security: secure ? .mutualTLS(identity: b, peers: [a.fingerprint]) : .insecurePlaintext)
    return (try await listener.accept(), try await connected)
}
