import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

@Suite struct PSITests {
    private let mine = ["a", "b", "c", "ü", "", "e"], theirs = ["x", "ü", "b", "", "y"]

    private func run(
        _ options: PSI.Options, sender: [String]? = nil, receiver: [String]? = nil
    ) async throws -> (sender: PSI.Report, receiver: PSI.Report) {
        let sending = try PSI.Sender(keys: sender ?? theirs, options: options)
        let receiving = try PSI.Receiver(keys: receiver ?? mine, options: options)
        let (a, b) = try await LocalRun.both({ try await sending.run(over: $0, binding: [9]) }, { try await receiving.run(over: $0, binding: [9]) })
        return (a, b)
    }

    @Test(arguments: PSI.ProtocolChoice.allCases) func oneCallOnKeysGivesTheIntersection(_ choice: PSI.ProtocolChoice) async throws {
        let (a, b) = try await run(.init(protocolChoice: choice, policy: .bothLearnMatches, threads: 1))
        #expect(b.output.matches == [1, 3, 4] && a.output.matches == [1, 2, 3])
        #expect(a.protocolUsed == b.protocolUsed && a.protocolUsed != .auto)
        #expect((a.decision != nil) == (choice == .auto) && a.decision == b.decision)
        if choice != .auto { #expect(a.protocolUsed == choice) }
        let byRank = { (keys: [String], output: PSI.Output) in
            zip(output.ranks!, output.matches!).sorted { $0.0 < $1.0 }.map { keys[$0.1] }
        }
        #expect(byRank(theirs, a.output) == byRank(mine, b.output))
    }

    @Test func countingPicksDiffieHellman() async throws {
        let (_, b) = try await run(.init(policy: .cardinalityOnly, threads: 1))
        #expect(b.protocolUsed == .dh && b.output.cardinality == 3 && b.output.matches == nil)
    }

    @Test func optionsThatDoNotFitAreRefused() {
        for options in [
            PSI.Options(protocolChoice: .vole, policy: .cardinalityOnly), PSI.Options(protocolChoice: .dh, adversary: .malicious),
            PSI.Options(policy: .cardinalityOnly, adversary: .malicious), PSI.Options(threads: 0),
            PSI.Options(minimumIntersection: -1),
        ] {
            let error = #expect(throws: YinheError.self) { try PSI.Sender(keys: [], options: options) }
            #expect(error?.code == .usage)
        }
    }

    @Test(arguments: PSI.ResultPolicy.allCases, [PSI.ProtocolChoice.dh, .vole])
    func aMinimumHoldsInEveryProtocol(_ policy: PSI.ResultPolicy, _ choice: PSI.ProtocolChoice) async throws {
        if choice == .vole, policy == .cardinalityOnly { return }
        let reached = PSI.Options(protocolChoice: choice, policy: policy, threads: 1, minimumIntersection: 3)
        let (a, b) = try await run(reached)
        #expect(b.output.cardinality == 3 && b.output.matches == (policy == .cardinalityOnly ? nil : [1, 3, 4]))
        #expect(a.output.matches == (policy == .bothLearnMatches ? [1, 2, 3] : nil))

        var missed = reached
        missed.minimumIntersection = 4
        let (left, right) = LocalChannel.pair()
        let options = missed
        async let first = failure { try await PSI.Sender(keys: theirs, options: options).run(over: left) }
        async let second = failure { try await PSI.Receiver(keys: mine, options: options).run(over: right) }
        let errors = await (first, second)
        #expect(errors.0?.code == .belowMinimum && errors.1?.code == .belowMinimum)
    }
}
