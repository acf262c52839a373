import Arithmetic
import SandboxCore

extension PrivacyAudit {
    /// Twenty candidates: under the neighbour the first gains what all others lose.
    private static let level = [Int64](repeating: 0, count: 20)
    private static let opposed = level.indices.map { Int64($0 == 0 ? 1 : -1) }
    /// For monotone scores: all others gain.
    private static let above = level.indices.map { Int64($0 == 0 ? 0 : 1) }

    static func choices() throws -> [Case] {
        let claim = "epsilon 2 by its cost"
        var cases: [Case] = []
        for mechanism in PrivateSelection.Mechanism.allCases {
            for isMonotone in [false, true] {
                let selection = try PrivateSelection(epsilon: 2, isMonotone: isMonotone, mechanism: mechanism)
                let neighbour = isMonotone ? above : opposed
                cases.append(
                    Case("\(mechanism.rawValue)\(isMonotone ? "-monotone" : "")", epsilon: 2, claim: claim, share: 0.2) { onNeighbour, count, random in
                        var stream = WordStream(random)
                        return try (0..<count).map { _ in Int64(try selection.choose(onNeighbour ? neighbour : level, from: &stream)) }
                    })
            }
        }
        for isMonotone in [false, true] {
            let noisy = try ReportNoisyMax(epsilon: 2, isMonotone: isMonotone)
            let neighbour = isMonotone ? above : opposed
            cases.append(
                Case("noisy-max\(isMonotone ? "-monotone" : "")", epsilon: 2, claim: claim, share: 0.5) { onNeighbour, random in
                    Int64(try noisy.choose(onNeighbour ? neighbour : level, random: random))
                })
            let top = try TopK(2, epsilon: 2, isMonotone: isMonotone)
            let two = level.indices.map { isMonotone ? Int64($0 < 2 ? 0 : 1) : Int64($0 < 2 ? 1 : -1) }
            cases.append(
                Case("top-k\(isMonotone ? "-monotone" : "")", epsilon: 2, claim: claim, share: 0.1) { onNeighbour, random in
                    try top.choose(onNeighbour ? two : level, random: random).reduce(0) { $0 * 32 + Int64($1) }
                })
        }
        return try cases + [
            sparseVector("sparse-vector", positives: 1, isMonotone: false), sparseVector("sparse-vector-monotone", positives: 1, isMonotone: true),
            sparseVector("sparse-vector-two", positives: 2, isMonotone: false),
        ]
    }

    /// Eight queries that go down and one, or as many as there are answers "above", that goes up; for monotone queries all go the same way.
    private static func sparseVector(_ name: String, positives: Int, isMonotone: Bool) throws -> Case {
        let epsilon = Rational(2)
        let before = [Int64](repeating: 1, count: 8) + [Int64](repeating: isMonotone ? 1 : 0, count: positives)
        let after = [Int64](repeating: 0, count: 8) + [Int64](repeating: isMonotone ? 0 : 1, count: positives)
        return Case(name, epsilon: 2, claim: "epsilon 2 by its cost", share: 0.5) { onNeighbour, random in
            let vector = try SparseVector(epsilon: epsilon, positives: positives, threshold: 1, isMonotone: isMonotone, random: random)
            var answers: Int64 = 0
            for (i, query) in (onNeighbour ? after : before).enumerated() where vector.remaining > 0 {
                if try vector.isAbove(query) { answers |= 1 << Int64(i) }
            }
            return answers
        }
    }

    static func localReports() throws -> [Case] {
        try FrequencyOracle.Mechanism.allCases.map { mechanism in
            let oracle = try FrequencyOracle(epsilon: 1, categories: 4, mechanism: mechanism)
            return Case("local-\(mechanism.rawValue)", epsilon: 1, claim: "epsilon 1 of each report") { onNeighbour, count, random in
                var stream = WordStream(random)
                return (0..<count).map { _ in
                    switch oracle.report(onNeighbour ? 2 : 1, from: &stream) {
                    case .category(let c): Int64(c)
                    case .bits(let bits): bits.reduce(0) { 2 * $0 + ($1 ? 1 : 0) }
                    case .row(let row, let isOdd): Int64(2 * row + (isOdd ? 1 : 0))
                    }
                }
            }
        }
    }
}
