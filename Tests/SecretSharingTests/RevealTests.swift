import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

@Suite struct RevealTests {
    private func proposal(_ me: Int) -> SessionProposal {
        SessionProposal(protocolName: "test/reveal", version: 1, role: "party \(me)", peerRole: "party \(1 - me)")
    }

    /// Both parties open `shares[me]` to `targets[me]`; each side's outcome.
    private func run<E: RingElement>(
        _ shares: [SharedVector<E>], _ targets: [RevealTarget]
    ) async -> [Result<[E.Signed]?, any Error>] {
        let (left, right) = LocalChannel.pair()
        func side(_ me: Int, _ channel: any Channel) async -> Result<[E.Signed]?, any Error> {
            do {
                let session = try await Session.open(over: channel, proposal(me))
                return .success(try await shares[me].reveal(to: targets[me], over: session))
            } catch { return .failure(error) }
        }
        async let first = side(0, left)
        async let second = side(1, right)
        return await [first, second]
    }

    private func shared<E: RingElement>(_ values: [E.Signed], _ bounds: DeclaredBounds, _: E.Type) throws -> [SharedVector<E>] {
        try AdditiveSharing.share(values, among: 2, bounds: bounds, in: E.self).enumerated().map {
            try AdditiveSharing.expand($0.element, party: $0.offset, of: 2, bounds: bounds)
        }
    }

    private func codes<T>(_ results: [Result<T, any Error>]) -> [YinheError.Code?] {
        results.map {
            if case .failure(let error) = $0 { (error as? YinheError)?.code } else { nil }
        }
    }

    /// More than one chunk, both rings.
    @Test func onlyTheTargetLearnsTheValues() async throws {
        let bounds = try DeclaredBounds(-50_000, 50_000)
        let values = (0..<40_000).map { Int64($0) - 20_000 }
        let shares = try shared(values, bounds, UInt64.self)
        let wideValues = values.map { Int128($0) }
        let wide = try shared(wideValues, bounds, UInt128.self)
        for (target, learners) in [(RevealTarget.both, [0, 1]), (.party(0), [0]), (.party(1), [1])] {
            let narrowResults = try await run(shares, [target, target]).map { try $0.get() }
            let wideResults = try await run(wide, [target, target]).map { try $0.get() }
            for party in 0..<2 {
                let narrowIsRight = narrowResults[party] == (learners.contains(party) ? values : nil)
                let wideIsRight = wideResults[party] == (learners.contains(party) ? wideValues : nil)
                #expect(narrowIsRight && wideIsRight, "\(target), party \(party)")
            }
        }
    }

    @Test func differentRequestsAreRefusedOnBothSidesBeforeAnyShare() async throws {
        let bounds = try DeclaredBounds(0, 9)
        let shares = try shared([1, 2, 3], bounds, UInt64.self)
        let shorter = [shares[0], shares[1][0..<2]]
        let otherBounds = [shares[0], try shares[1].declared(DeclaredBounds(0, 10))]
        for results in [
            await run(shorter, [.both, .both]), await run(otherBounds, [.both, .both]), await run(shares, [.both, .party(0)]),
        ] {
            for code in codes(results) { #expect(code == .peerMismatch || code == .peerAborted) }
            #expect(codes(results).contains(.peerMismatch))
        }
    }

    @Test func aDamagedShareIsNoticed() async throws {
        let bounds = try DeclaredBounds(0, 9)
        let shares = try shared([1, 2, 3], bounds, UInt64.self)
        let damaged = try SharedVector(
            share: shares[1].share.map { $0 ^ 1 << 40 }, party: 1, of: 2, bounds: bounds)
        let results = await run([shares[0], damaged], [.party(0), .party(0)])
        #expect(codes(results)[0] == .peerMisbehaved)
    }
}
