import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

struct TwoPartyArithmeticTests {
    /// Values that sit at the ends of a range, and random ones between.
    static func values(_ bits: Int, _ count: Int, _ random: inout SplitMix) -> [Int64] {
        let top = Int64(1) << Int64(bits)
        let edges = [0, -1, 1, -top, top - 1, -top + 1]
        return edges + (edges.count..<max(count, edges.count)).map { _ in Int64.random(in: -top..<top, using: &random) }
    }

    @Test(arguments: [1, 6, 63, 64, 65, 1000, 70_000]) func productsEqualThePlainOnes(count: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = Array(Self.values(31, count, &random).shuffled(using: &random).prefix(count)), y = Array(Self.values(30, count, &random).prefix(count))
        let narrow = try await opened(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared(x, -1 << 31...1 << 31, seed: seed)
            let b: SharedVector<UInt64> = try c.shared(y, -1 << 30...1 << 30, seed: seed + 1)
            return try await c.open(c.multiply(a, b))!
        }
        #expect(narrow == zip(x, y).map { $0 * $1 }, "seed \(seed)")
        let wide = try await opened(seed: seed) { c in
            let a: SharedVector<UInt128> = try c.shared(x.map { Int128($0) << 30 }, -1 << 61...1 << 61, seed: seed)
            let b: SharedVector<UInt128> = try c.shared(y.map { Int128($0) << 30 }, -1 << 60...1 << 60, seed: seed + 1)
            return try await c.open(c.multiply(a, b))!
        }
        #expect(wide == zip(x, y).map { Int128($0) * Int128($1) << 60 }, "seed \(seed)")
    }

    @Test func squaresEqualThePlainOnes() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = Self.values(31, 5000, &random)
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared(x, -1 << 31...1 << 31 - 1, seed: seed)
            let squares = try await c.square(a)
            #expect(squares.bounds == (try DeclaredBounds(0, 1 << 62)))
            return try await c.open(squares)!
        }
        #expect(result == x.map { $0 * $0 }, "seed \(seed)")
    }

    @Test(arguments: [(1, 1, 1), (3, 4, 5), (1, 200_000, 1), (2, 70_000, 9), (7, 1, 7)])
    func matrixProductsEqualThePlainOnes(shape: (Int, Int, Int)) async throws {
        let (rows, inner, columns) = shape
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<rows * inner).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let y = (0..<inner * columns).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let (result, rounds) = try await bothParties(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared(x, -1000...1000, seed: seed)
            let b: SharedVector<UInt64> = try c.shared(y, -1000...1000, seed: seed + 1)
            let product = try await c.matrixProduct(a, rows: rows, b, columns: columns)
            #expect(c.cost.bytesSent == 8 * (rows * inner + inner * columns))
            return try await c.open(product)!
        }
        #expect(result == rounds)
        for i in 0..<rows {
            for j in 0..<columns {
                let sum = (0..<inner).reduce(Int64(0)) { $0 + x[i * inner + $1] * y[$1 * columns + j] }
                #expect(result[i * columns + j] == sum, "seed \(seed), place \(i), \(j)")
            }
        }
    }

    @Test func aProductThatMightLeaveTheRingIsRefusedBeforeAnythingIsSent() async throws {
        await #expect(throws: YinheError.self) {
            try await TwoPartyComputation.plan { c in
                let bounds = try DeclaredBounds(-1 << 40, 1 << 40)
                let x: SharedVector<UInt64> = try c.input(nil, from: 0, count: 10, bounds: bounds)
                _ = try await c.multiply(x, x)
            }
        }
        let cost = try await TwoPartyComputation.plan { c in
            let bounds = try DeclaredBounds(-1 << 40, 1 << 40)
            let x: SharedVector<UInt128> = try c.input(nil, from: 0, count: 10, bounds: bounds)
            _ = try await c.multiply(x, x)
        }
        #expect(cost.rounds == 1 && cost.bytesSent == 320)
        #expect(cost.correlations == ["products-z2^128": 10])
    }

    @Test func aPeerThatRunsAnotherProgramEndsBothSides() async throws {
        for variant in 0..<3 {
            let error = await #expect(throws: YinheError.self) {
                _ = try await bothParties { c in
                    let x: SharedVector<UInt64> = try c.shared([1, 2, 3], 0...9, seed: 1)
                    if c.party == 0 { return try await c.open(c.multiply(x, x))! }
                    switch variant {
                    case 0: return try await c.open(c.square(x))!
                    case 1: return try await c.open(c.multiply(x[0..<2], x[0..<2]))!
                    default: return try await c.open(x)!
                    }
                }
            }
            #expect(error?.code == .peerMismatch)
        }
    }

    @Test func anOpenedValueOutsideItsBoundsIsRefused() async throws {
        let error = await #expect(throws: YinheError.self) {
            _ = try await bothParties { c in
                let x: SharedVector<UInt64> = try c.shared([5, 500], 0...9, seed: 1)
                return try await c.open(x)!
            }
        }
        #expect(error?.code == .peerMisbehaved)
    }

    @Test func openingToOnePartyTellsTheOtherNothing() async throws {
        let (a, b) = try await bothParties { c in
            let x: SharedVector<UInt64> = try c.shared([5, -7], -9...9, seed: 1)
            return try await c.open(x, to: .party(1))
        }
        #expect(a == nil && b == [5, -7])
    }

    @Test func preparedCorrelationsAreUsedAndNotMadeAgain() async throws {
        let program: @Sendable (TwoPartyComputation) async throws -> [Int64] = { c in
            let x: SharedVector<UInt64> = try c.shared([5, -7, 3], -9...9, seed: 1)
            let y = try await c.multiply(x, c.square(x))
            return try await c.open(c.multiply(c.isNegative(y), y))!
        }
        let result = try await opened { c in
            let plan = try await TwoPartyComputation.plan(party: c.party, program)
            try await c.prepare(plan)
            let values = try await program(c)
            #expect(c.cost == plan)
            return values
        }
        #expect(result == [0, -343, 0])
    }
}

extension TwoPartyArithmeticTests {
    @Test(arguments: [(1, 1, 1), (3, 4, 5), (1, 300_000, 1), (5, 90_000, 3)])
    func productsWithMatricesThatOnePartyKnowsEqualThePlainOnes(shape: (Int, Int, Int)) async throws {
        let (rows, inner, columns) = shape
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<rows * inner).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let y = (0..<inner * columns).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let results = try await opened(seed: seed) { c in
            let bounds = try DeclaredBounds(-1000, 1000)
            func known(_ values: [Int64], _ rows: Int, _ columns: Int, by owner: Int) throws -> TwoPartyComputation.PrivateMatrix<UInt64> {
                try .init(c.party == owner ? values : nil, rows: rows, columns: columns, bounds: bounds)
            }
            let shared: SharedVector<UInt64> = try c.shared(y, -1000...1000, seed: seed)
            let private0 = try await c.privateProduct(known(x, rows, inner, by: 0), known(y, inner, columns, by: 1))
            let owner0 = try await c.product(of: known(x, rows, inner, by: 0), ownedBy: 0, with: shared, columns: columns)
            let owner1 = try await c.product(of: known(x, rows, inner, by: 1), ownedBy: 1, with: shared, columns: columns)
            return try await [c.open(private0)!, c.open(owner0)!, c.open(owner1)!]
        }
        let plain = (0..<rows * columns).map { place in
            (0..<inner).reduce(Int64(0)) { $0 + x[place / columns * inner + $1] * y[$1 * columns + place % columns] }
        }
        for result in results { #expect(result == plain, "seed \(seed)") }
    }
}
