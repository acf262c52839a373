import Fusion
import SandboxCore
import TestSupport
import Testing

@Suite struct CohortSketchTests {
    private func key() throws -> SketchKey { try SketchKey(Identity.generate()) }

    private func tokens(_ range: Range<Int>) -> [JoinToken] {
        range.map { JoinToken(low: UInt64($0) &* 0x9e37_79b9_7f4a_7c15, high: UInt64($0)) }
    }

    @Test func equalSetsHaveEqualSketchesWhateverTheOrderAndTheThreads() throws {
        let key = try key(), set = tokens(0..<300_000)
        let sketch = CohortSketch(set, key: key)
        #expect(CohortSketch(set.reversed(), key: key, threads: 2) == sketch)
        #expect(sketch.difference(from: CohortSketch(set.shuffled(), key: key)) == 0)
        #expect(try CohortSketch(encoded: sketch.encoded) == sketch)
        #expect(sketch.encoded.count < 9000)
        // Another party's key shows nothing of the set.
        #expect(try CohortSketch(set, key: self.key()).setHash != sketch.setHash)
        for cut in [0, 1, sketch.encoded.count - 1] {
            #expect(throws: YinheError.self) { try CohortSketch(encoded: Array(sketch.encoded.prefix(cut))) }
        }
    }

    /// One subject of a million: the case of the differencing attack.
    @Test func oneSubjectMoreOrLessAlwaysShows() throws {
        let key = try key(), all = tokens(0..<1_000_000)
        let whole = CohortSketch(all, key: key, threads: 2)
        for index in [0, 1, 499_999, 999_999] {
            var rest = all
            rest.remove(at: index)
            let sketch = CohortSketch(rest, key: key, threads: 2)
            #expect(whole.difference(from: sketch) == 1 && whole.isNearlyIdentical(to: sketch))
            // One replaced: two subjects in one set only. Their counters coincide with probability 1 / 2048, and then a difference still shows.
            rest.append(tokens(2_000_000 + index..<2_000_001 + index)[0])
            let replaced = CohortSketch(rest, key: key, threads: 2)
            #expect((1...4).contains(whole.difference(from: replaced)) && whole.isNearlyIdentical(to: replaced))
        }
    }

    /// The documented power (Protocols/privacy-budget.md): a difference up to the limit is missed with probability below 2^-39.
    @Test(arguments: [(5_000, 2), (5_000, 20), (5_000, 100), (50_000, 500), (20_000, 200)])
    func differencesUpToTheLimitAreNeverMissed(_ n: Int, _ d: Int) throws {
        let base = tokens(0..<n + 200 * d)
        var sum = 0.0, squares = 0.0
        let trials = 200
        let key = try key()
        let set = Array(base[0..<n]), whole = CohortSketch(set, key: key)
        for trial in 0..<trials {
            // d / 2 leave, d - d / 2 come.
            let start = trial * (d / 2) % max(1, n - d)
            let rest = Array(set[0..<start] + set[(start + d / 2)...]) + base[n + trial * (d - d / 2)..<n + (trial + 1) * (d - d / 2)]
            let sketch = CohortSketch(rest, key: key)
            #expect(whole.isNearlyIdentical(to: sketch), "n \(n), d \(d), trial \(trial)")
            let estimate = Double(whole.difference(from: sketch))
            sum += estimate
            squares += (estimate - Double(d)) * (estimate - Double(d))
        }
        // Unbiased, with the stated variance 2 d (d - 1) / 2048 (the difference in size sets a floor of 0 here): the mean of 200 estimates is
        // within 6 of its own deviations in all but 1e-8 of runs, the second moment within a factor of 3 of what it should be.
        let variance = 2 * Double(d) * Double(d - 1) / Double(CohortSketch.buckets)
        #expect(abs(sum / Double(trials) - Double(d)) <= 6 * (variance / Double(trials)).squareRoot() + 0.1)
        #expect(squares / Double(trials) <= 3 * variance + 1)
    }

    @Test func setsThatDifferMuchAreNotNear() throws {
        let key = try key()
        let a = CohortSketch(tokens(0..<20_000), key: key)
        #expect(!a.isNearlyIdentical(to: CohortSketch(tokens(500..<20_500), key: key)))
        #expect(!a.isNearlyIdentical(to: CohortSketch(tokens(0..<19_000), key: key)))
        #expect(!a.isNearlyIdentical(to: CohortSketch(tokens(50_000..<70_000), key: key)))
        #expect(!CohortSketch(tokens(0..<500), key: key).isNearlyIdentical(to: CohortSketch(tokens(0..<800), key: key)))
    }
}
