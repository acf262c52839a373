import DifferentialPrivacy
import SandboxCore
import SecretSharing

/// One operation of `ShareBench` on shares over the ring of E.
struct ShareProgram<E: RingElement>: Sendable {
    /// Opens a result after the clock has stopped, and compares it with the plain computation.
    typealias Check = @Sendable (TwoPartyComputation) async throws -> Bool
    typealias Compute = @Sendable (TwoPartyComputation) async throws -> Check

    /// Makes one party's shares of the inputs, before the clock starts.
    let prepare: @Sendable (_ party: Int) throws -> Compute

    struct Shape: Sendable {
        var n: Int
        var bits: Int
        var columns: Int
        var groups: Int
        var algorithm: SortAlgorithm
        var noise: LaplaceBits?
    }

    init(_ prepare: @escaping @Sendable (_ party: Int) throws -> Compute) { self.prepare = prepare }

    typealias Vector = SharedVector<E>
    typealias Signed = E.Signed

    init(_ op: ShareBench.Operation, _ shape: Shape) throws {
        let n = shape.n, bits = shape.bits, columns = shape.columns
        switch op {
        case .add: self = try .pairs(n, bits) { try $1 + $2 } plain: { $0 &+ $1 }
        case .mul: self = try .pairs(n, bits) { try await $0.multiply($1, $2) } plain: { $0 &* $1 }
        case .square: self = try .pairs(n, bits) { c, x, _ in try await c.square(x) } plain: { x, _ in x &* x }
        case .less: self = try .comparison(n, bits) { try await $0.lessThan($1, $2) } plain: { $0 < $1 }
        case .equal: self = try .comparison(n, bits) { try await $0.equal($1, $2) } plain: { $0 == $1 }
        case .truncate: self = try .pairs(n, bits) { c, x, _ in try await c.shiftedRight(x, by: 16) } plain: { x, _ in x >> 16 }
        case .dot: self = try .matrices(rows: 1, inner: n, columns: 1, bits)
        case .matmul: self = try .matrices(rows: columns, inner: n, columns: columns, bits)
        case .b2a: self = .bitValues(n)
        case .divide: self = try .quotients(n, bits)
        case .shuffle: self = try .shuffled(n, bits)
        case .sort: self = try .sorted(n, bits, shape.algorithm)
        case .mean, .variance, .median: self = try .statistic(op, n, bits)
        case .groupBy: self = try .groupSums(n, bits, shape.groups, shape.algorithm)
        case .jointNoise: self = try .noise(n, shape.noise!)
        case .sum, .triples, .hiddenJoin: preconditionFailure("not a program of two parties")
        }
    }

    /// Bits of the operands such that the result fits a ring of 64 bits.
    static func defaultBits(_ op: ShareBench.Operation) -> Int {
        switch op {
        case .mul, .square: 31
        case .dot, .matmul, .divide, .groupBy, .mean, .median: 20
        // n^2 x^2 has to fit.
        case .variance: 10
        case .truncate: 40
        default: 32
        }
    }

    private static func pairs(
        _ n: Int, _ bits: Int, _ compute: @escaping @Sendable (TwoPartyComputation, Vector, Vector) async throws -> Vector,
        plain: @escaping @Sendable (Signed, Signed) -> Signed
    ) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits)
        return ShareProgram { party in
            let (a, b) = operands(n, bits)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            let y = try ShareInputs.shared(b, bounds, party: party, lane: 2, as: E.self)
            return { c in
                let result = try await compute(c, x, y)
                return { c in
                    let opened = try await c.open(result)!
                    return opened.count == n && (0..<n).allSatisfy { opened[$0] == plain(a[$0], b[$0]) }
                }
            }
        }
    }

    private static func comparison(
        _ n: Int, _ bits: Int, _ compute: @escaping @Sendable (TwoPartyComputation, Vector, Vector) async throws -> SharedBits,
        plain: @escaping @Sendable (Signed, Signed) -> Bool
    ) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits)
        return ShareProgram { party in
            var (a, b) = operands(n, bits)
            // Some equal pairs, and some neighbours.
            for i in stride(from: 0, to: n, by: 3) { b[i] = a[i] }
            for i in stride(from: 1, to: n, by: 3) where b[i] > .init(bounds.lower) { a[i] = b[i] - 1 }
            let (first, second) = (a, b)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            let y = try ShareInputs.shared(b, bounds, party: party, lane: 2, as: E.self)
            return { c in
                let result = try await compute(c, x, y)
                return { c in
                    let opened = try await c.open(result)
                    return opened.count == n && (0..<n).allSatisfy { opened[$0] == plain(first[$0], second[$0]) }
                }
            }
        }
    }

    static func operands(_ n: Int, _ bits: Int) -> ([Signed], [Signed]) {
        (ShareInputs.values(n, bits: bits, lane: 3, as: E.self), ShareInputs.values(n, bits: bits, lane: 4, as: E.self))
    }

    private static func matrices(rows: Int, inner: Int, columns: Int, _ bits: Int) throws -> ShareProgram {
        let bounds = try ShareInputs.bounds(bits: bits)
        return ShareProgram { party in
            let a = ShareInputs.values(rows * inner, bits: bits, lane: 3, as: E.self)
            let b = ShareInputs.values(inner * columns, bits: bits, lane: 4, as: E.self)
            let x = try ShareInputs.shared(a, bounds, party: party, lane: 1, as: E.self)
            let y = try ShareInputs.shared(b, bounds, party: party, lane: 2, as: E.self)
            return { c in
                let result = try await c.matrixProduct(x, rows: rows, y, columns: columns)
                return { c in
                    var expected = [Signed](repeating: 0, count: rows * columns)
                    for i in 0..<rows {
                        for k in 0..<inner {
                            for j in 0..<columns { expected[i * columns + j] &+= a[i * inner + k] &* b[k * columns + j] }
                        }
                    }
                    return try await c.open(result)! == expected
                }
            }
        }
    }

    private static func bitValues(_ n: Int) -> ShareProgram {
        ShareProgram { party in
            let bits = (0..<n).map { ShareInputs.mix(UInt64($0)) & 1 == 1 }
            let x = try ShareInputs.shared(bits, party: party, lane: 1)
            return { c in
                let result: Vector = try await c.arithmetic(x)
                return { c in try await c.open(result)! == bits.map { $0 ? 1 : 0 } }
            }
        }
    }
}
