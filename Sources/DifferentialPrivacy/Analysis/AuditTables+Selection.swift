import Arithmetic
import SandboxCore

extension AuditTables {
    /// The score lists and query streams that the published tables name.
    private static let namedScores: [String: [String]] = [
        "a": ["0", "1", "2"], "b": ["5", "5", "4", "0"], "c": ["10.5", "9", "8", "3", "3", "0"],
    ]
    private static let namedStreams: [String: (queries: [String], threshold: String)] = [
        "s1": (["0", "1", "2", "3"], "2"), "s2": (["5", "0", "0", "8", "1"], "6"),
    ]

    /// Numbers of a list cell, or of a text such as "[1, 2.5]".
    private static func numbers(_ cell: AuditValue, _ column: String) throws -> [AuditRow.Real] {
        var items: [AuditValue]
        switch cell {
        case .list(let list): items = list
        case .text(let text):
            let inner = text.trimmingSpaces
            guard inner.hasPrefix("["), inner.hasSuffix("]") else { throw unknown(column, text, "a known name or a list of numbers") }
            items = inner.dropFirst().dropLast().split(separator: ",").map { .number(String($0).trimmingSpaces) }
        default: throw unknown(column, "a single number", "a known name or a list of numbers")
        }
        guard items.count >= 1, items.count <= 200 else { throw unknown(column, "\(items.count) numbers", "1 to 200 numbers") }
        return try items.map {
            let value = try AuditRow.real($0, column)
            guard value.double.magnitude <= 1e6 else { throw unknown(column, value.text, "numbers between -1000000 and 1000000") }
            return value
        }
    }

    static let selections: Compute = { row in
        let eps = try row.positive("eps", upTo: 1e4)
        let scores: [AuditRow.Real]
        if let values = row.optional("values") {
            scores = try numbers(values, "values")
        } else if case .text(let name)? = row.optional("scores"), let known = namedScores[name] {
            scores = try known.map { try AuditRow.real(.number($0), "scores") }
        } else {
            scores = try numbers(row.optional("scores") ?? .null, "scores")
        }
        let index = try row.integer("index", from: 0, to: scores.count - 1)
        func probability(_ f: ([BigReal], BigReal, Int) -> BigReal) throws -> Values {
            [("prob_mp", try number { p in try f(scores.map { try $0.at(p) }, eps.at(p), index) })]
        }
        // The tables name a mechanism with its equivalents in brackets.
        let name = try row.text("mechanism")
        switch name.prefix(while: { $0 != "(" }) {
        case "exponential": return try probability { ExactSelection.exponential($0, epsilon: $1, index: $2) }
        case "permute_and_flip": return try probability { ExactSelection.permuteAndFlip($0, epsilon: $1, index: $2) }
        case "laplace_noisy_max": return try probability { ExactSelection.laplaceNoisyMax($0, epsilon: $1, index: $2) }
        default: throw unknown("mechanism", name, "exponential, permute_and_flip or laplace_noisy_max")
        }
    }

    static let aboveThreshold: Compute = { row in
        let eps = try row.positive("eps", upTo: 1e4)
        let queries: [AuditRow.Real], threshold: AuditRow.Real
        if let list = row.optional("queries") {
            (queries, threshold) = (try numbers(list, "queries"), try row.real("threshold"))
        } else if case .list(let pair)? = row.optional("stream"), pair.count == 2 {
            (queries, threshold) = (try numbers(pair[0], "stream"), try AuditRow.real(pair[1], "stream"))
        } else {
            let name = try row.text("stream")
            guard let known = namedStreams[name] else {
                throw unknown("stream", name, "s1, s2, or a pair [[queries], threshold]")
            }
            queries = try known.queries.map { try AuditRow.real(.number($0), "stream") }
            threshold = try AuditRow.real(.number(known.threshold), "stream")
        }
        var index: Int?
        if row.optional("index") != .text("none") { index = try row.integer("index", from: 0, to: queries.count - 1) }
        let chosen = index
        return [
            (
                "prob_mp",
                try number { p in
                    try ExactSelection.aboveThreshold(
                        queries: queries.map { try $0.at(p) }, threshold: threshold.at(p), epsilon: eps.at(p), index: chosen)
                }
            )
        ]
    }

    static let partitions: Compute = { row in
        let eps = try row.positive("eps", upTo: 1e4), delta = try row.delta(), l0 = try row.integer("l0", from: 1, to: 1_000_000)
        func count() throws -> Int { try row.integer("n", from: 0, to: 1_000_000) }
        func value(_ f: (BigReal, BigReal) throws -> BigReal) throws -> Values {
            let value = try number { try f(eps.at($0), delta.at($0)) }
            return [("value_mp", value), ("value_python_dp", double(value))]
        }
        switch try row.text("kind") {
        case "laplace_threshold": return try value { ExactPartitionSelection.laplaceThreshold(epsilon: $0, delta: $1, l0: l0) }
        case "gaussian_sigma":
            return [try value { ExactPartitionSelection.gaussianSigma(epsilon: $0, delta: $1, l0: l0) }[0], ("value_python_dp", .null)]
        case "gaussian_threshold": return try value { ExactPartitionSelection.gaussianThreshold(epsilon: $0, delta: $1, l0: l0) }
        case "truncated_geometric_keep":
            let n = try count()
            return try value { ExactPartitionSelection.optimalKeep(epsilon: $0, delta: $1, l0: l0, count: n) }
        case "laplace_keep":
            let n = try count()
            return try value { ExactPartitionSelection.laplaceKeep(epsilon: $0, delta: $1, l0: l0, count: n) }
        case let other:
            throw unknown(
                "kind", other, "laplace_threshold, gaussian_sigma, gaussian_threshold, truncated_geometric_keep or laplace_keep")
        }
    }

    /// Frequency oracles (T. Wang, J. Blocki, N. Li, S. Jha, "Locally differentially private protocols for frequency
    /// estimation", 2017): p, q, and n times the variance q(1 - q) / (p - q)^2 of a rare value's frequency.
    static let localOracles: Compute = { row in
        let eps = try row.positive("eps", upTo: 1e4)
        func values(_ law: @escaping (BigReal) -> (p: BigReal, q: BigReal, variance: BigReal)) throws -> Values {
            [
                ("p_mp", try number { try law(eps.at($0)).p }), ("q_mp", try number { try law(eps.at($0)).q }),
                ("var_n_mp", try number { try law(eps.at($0)).variance }),
            ]
        }
        func domain() throws -> Int { try row.integer("k", from: 2, to: 1_000_000_000_000) }
        let name = try row.text("oracle")
        switch name {
        case "k_rr":
            let k = try domain()
            return try values { e in
                let growth = BigReal.exp(e), less = BigReal.expm1(e)
                return (growth / (growth + (k - 1)), 1 / (growth + (k - 1)), (growth + (k - 2)) / (less * less))
            }
        case "oue":
            return try values { e in
                let growth = BigReal.exp(e), less = BigReal.expm1(e)
                return (BigReal(1, precision: e.precision) / 2, 1 / (growth + 1), 4 * growth / (less * less))
            }
        case "sue_rappor":
            return try values { e in
                let growth = BigReal.exp(e / 2), less = BigReal.expm1(e / 2)
                return (growth / (growth + 1), 1 / (growth + 1), growth / (less * less))
            }
        case "hadamard(binary)":
            return try values { e in
                let growth = BigReal.exp(e), ratio = (growth + 1) / BigReal.expm1(e)
                return (growth / (growth + 1), 1 / (growth + 1), ratio * ratio)
            }
        default:
            guard name.hasPrefix("olh g="), let g = Int(name.dropFirst(6)), g >= 2, g <= 1_000_000_000_000 else {
                throw unknown("oracle", name, "k_rr, oue, sue_rappor, hadamard(binary) or olh g=N")
            }
            return try values { e in
                let growth = BigReal.exp(e), less = BigReal.expm1(e), sum = growth + (g - 1)
                return (growth / sum, 1 / BigReal(g, precision: e.precision), sum * sum / (less * less * (g - 1)))
            }
        }
    }
}
