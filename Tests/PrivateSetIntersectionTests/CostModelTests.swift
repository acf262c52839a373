import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

@Suite struct CostModelTests {
    private typealias Model = PSI.CostModel
    private let loopback = PSI.CostModel.Link(roundTrip: 1e-4, toSender: 1e9, toReceiver: 1e9)
    /// 20 Mb/s, 50 ms there and back.
    private let slow = PSI.CostModel.Link(roundTrip: 0.05, toSender: 2.5e6, toReceiver: 2.5e6)

    private func job(
        _ n: Int, _ policy: PSI.ResultPolicy = .receiverLearnsMatches, _ adversary: PSI.Adversary = .semiHonest
    ) -> Model.Job {
        Model.Job(receiverSize: n, senderSize: n, policy: policy, adversary: adversary, threads: 1, curveSeconds: 80e-6)
    }

    @Test func onAFastLinkTheFastVariantIsChosen() throws {
        for n in [1 << 14, 1 << 20, 1 << 23] { #expect(try Model.decide(job(n), over: loopback).choice == .vole) }
    }

    @Test func onASlowLinkBytesDecide() throws {
        #expect(try Model.decide(job(1 << 8), over: slow).choice == .dh)
        #expect(try Model.decide(job(1 << 20), over: slow).choice == .voleLowCommunication)
        for n in [1 << 10, 1 << 13, 1 << 16] {
            let decision = try Model.decide(job(n), over: slow)
            #expect(decision.choice == decision.estimates.min { $0.seconds! < $1.seconds! }!.choice, "\(decision.explanation)")
        }
    }

    @Test func countingIsLeftToDiffieHellman() throws {
        let decision = try Model.decide(job(1 << 20, .cardinalityOnly), over: loopback)
        #expect(decision.choice == .dh)
        #expect(decision.estimates.prefix(2).allSatisfy { $0.obstacle == .cannotCount && $0.seconds == nil })
        #expect(decision.explanation.contains("vole: cannot count without telling which"))
    }

    @Test func deviatingPartiesRuleDiffieHellmanOut() throws {
        let decision = try Model.decide(job(1 << 8, .receiverLearnsMatches, .malicious), over: slow)
        #expect(decision.choice != .dh && decision.estimates[2].obstacle == .semiHonestOnly)
        #expect(throws: YinheError.self) { try Model.decide(job(10, .cardinalityOnly, .malicious), over: loopback) }
    }

    @Test func aReceiverTooLargeForOneRunUsesAnotherProtocolOrMoreRuns() throws {
        #expect(try Model.decide(job(1 << 25), over: loopback).estimates[0].obstacle == .tooManyTokens)
        var cut = job(1 << 25)
        cut.runs = 64
        let decision = try Model.decide(cut, over: loopback)
        #expect(decision.choice == .vole && decision.estimates[0].flights == 4)
        #expect(decision.estimates[0].delaySeconds == 64 * 4 * 1e-4 / 2)
    }

    @Test func anEstimateIsTheSumOfItsParts() throws {
        for choice in [PSI.ProtocolChoice.vole, .voleLowCommunication, .dh] {
            let e = try Model.estimate(choice, job(1 << 18), slow)
            #expect(abs(e.seconds! - (e.computeSeconds + e.transferSeconds + e.delaySeconds)) < 1e-9)
        }
        let low = try Model.estimate(.voleLowCommunication, job(1 << 20), slow),
            fast = try Model.estimate(.vole, job(1 << 20), slow)
        #expect(low.bytesToSender < fast.bytesToSender && low.bytesToReceiver == fast.bytesToReceiver)
    }

    @Test func bothSidesConcludeTheSameFromOneMeasurement() async throws {
        let (left, right) = try await connectedSockets(false)
        let options = PSI.Options(threads: 1)
        let (a, b) = try await LocalRun.over(
            left, right,
            { try await PSI.CostModel.negotiate(.sender, setSize: 3000, options: options, over: $0) },
            { try await PSI.CostModel.negotiate(.receiver, setSize: 70_000, options: options, over: $0) })
        #expect(a == b)
        #expect(a.job.receiverSize == 70_000 && a.job.senderSize == 3000)
        #expect(a.link.roundTrip > 0 && a.link.toSender > 0 && a.link.toReceiver > 0)
    }
}
