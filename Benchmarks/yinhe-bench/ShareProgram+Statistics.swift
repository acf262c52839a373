import SandboxCore
import SecretSharing

/// Figures of a whole column: the result is one shared number.
extension ShareProgram {
    static func statistic(_ op: ShareBench.Operation, _ n: Int, _ bits: Int) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits)
        return ShareProgram { party in
            let a = ShareInputs.values(n, bits: bits, lane: 3, as: E.self)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            let values = a.map { Int128($0) }
            let sum = values.reduce(0, +)
            return { c in
                let result: Vector
                let expected: Int128
                switch op {
                case .mean:
                    result = try await c.mean(x)
                    let quotient = sum.quotientAndRemainder(dividingBy: Int128(n))
                    expected = quotient.remainder < 0 ? quotient.quotient - 1 : quotient.quotient
                case .variance:
                    result = try await c.varianceNumerator(x)
                    expected = Int128(n) * values.reduce(0) { $0 + $1 * $1 } - sum * sum
                default:
                    result = try await c.quantile(x, 1, of: 2)
                    expected = values.sorted()[(n + 1) / 2 - 1]
                }
                return { c in try await c.open(result)! == [Signed(truncatingIfNeeded: expected)] }
            }
        }
    }
}
