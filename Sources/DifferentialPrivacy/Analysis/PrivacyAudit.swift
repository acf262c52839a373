import SandboxCore

/// An empirical test of many mechanisms at once, with one stated rate of false alarms for all of them.
package struct PrivacyAudit: Sendable {
    /// A mechanism with two neighbouring inputs that show as much of its privacy loss as any known to us, and what it claims.
    package struct Case: Sendable {
        package let name: String
        package let epsilon: Double
        package let delta: Double
        /// The mechanism's own statement, or where the two numbers come from.
        package let claim: String
        /// Runs for one run of the cheapest mechanism: below 1 for slow ones.
        package let share: Double
        /// Observations of `count` independent runs on the input or on its neighbour.
        package let observe: @Sendable (_ onNeighbour: Bool, _ count: Int, _ random: any RandomSource) throws -> [Int64]

        package init(
            _ name: String, epsilon: Double, delta: Double = 0, claim: String, share: Double = 1,
            observe: @escaping @Sendable (_ onNeighbour: Bool, _ count: Int, _ random: any RandomSource) throws -> [Int64]
        ) {
            self.name = name
            self.epsilon = epsilon
            self.delta = delta
            self.claim = claim
            self.share = share
            self.observe = observe
        }

        /// One run at a time.
        package init(
            _ name: String, epsilon: Double, delta: Double = 0, claim: String, share: Double = 1,
            run: @escaping @Sendable (_ onNeighbour: Bool, _ random: any RandomSource) throws -> Int64
        ) {
            self.init(name, epsilon: epsilon, delta: delta, claim: claim, share: share) { onNeighbour, count, random in
                try (0..<count).map { _ in try run(onNeighbour, random) }
            }
        }
    }

    package struct Finding: Sendable {
        package let name: String
        package let claim: String
        package let epsilon: Double
        package let delta: Double
        package let evidence: EmpiricalPrivacy.Evidence
        /// The lower bound is above the claim.
        package var isViolation: Bool { evidence.epsilon > epsilon * (1 + 1e-9) }
    }

    package let cases: [Case]
    /// The whole audit raises a false alarm with at most this probability: each of its cases with this over their number (Bonferroni).
    package let falseAlarm: Double

    /// Throws `.range` for a rate outside 0 ..< 1 or no cases.
    package init(_ cases: [Case], falseAlarm: Double) throws {
        guard !cases.isEmpty, falseAlarm > 0, falseAlarm < 1 else {
            throw YinheError(
                .range, "an audit of \(cases.count) mechanisms with a false-alarm rate of \(falseAlarm)",
                remedy: "use at least one mechanism and a rate such as 0.001")
        }
        self.cases = cases
        self.falseAlarm = falseAlarm
    }

    package var alpha: Double { falseAlarm / Double(cases.count) }

    /// Tests one case. `runs`: of each input, before the case's share. `source`: a fresh source of randomness for each number; blocks of runs
    /// are spread over threads.
    package func finding(
        _ index: Int, runs: Int, threads: Int, source: @Sendable (Int) -> any RandomSource
    ) throws -> Finding {
        let test = cases[index], count = max(100, Int(Double(runs) * test.share))
        let evidence = try EmpiricalPrivacy.lowerBound(
            try EmpiricalPrivacy.Runs(
                input: observe(test, false, count, threads, source), neighbour: observe(test, true, count, threads, source)),
            delta: test.delta, alpha: alpha)
        return Finding(name: test.name, claim: test.claim, epsilon: test.epsilon, delta: test.delta, evidence: evidence)
    }

    private func observe(
        _ test: Case, _ onNeighbour: Bool, _ count: Int, _ threads: Int, _ source: @Sendable (Int) -> any RandomSource
    ) throws -> [Int64] {
        let chunk = 1 << 12
        var out = [Int64](repeating: 0, count: count)
        try out.withUnsafeMutableBufferPointer { buffer in
            let out = DisjointBuffer(buffer)
            try Parallel.forEachChunk(of: count, chunk: chunk, threads: threads) { range in
                let number = 2 * (range.lowerBound / chunk) + (onNeighbour ? 1 : 0)
                let observed = try test.observe(onNeighbour, range.count, source(number))
                precondition(observed.count == range.count)
                for (i, value) in zip(range, observed) { out.base[i] = value }
            }
        }
        return out
    }
}
