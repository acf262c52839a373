import SandboxCore
import SecretSharing
import TestSupport
import Testing

struct TwoPartyDivisionTests {
    static func floor(_ a: Int64, _ b: Int64) -> Int64 {
        let (q, r) = a.quotientAndRemainder(dividingBy: b)
        return r != 0 && (r < 0) != (b < 0) ? q - 1 : q
    }

    @Test(arguments: [1, 2, 3, 7, 10, 64, 1000, 65_537]) func quotientsByPublicNumbersAreExact(divisor: Int64) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        var values: [Int64] = Array(-300...300)
        values += TwoPartyArithmeticTests.values(19, 500, &random)
        for k in Int64(0)..<50 where k * divisor < 1 << 19 { values += [k * divisor - 1, k * divisor] }
        let x = values
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared(x, -1 << 19...1 << 19, seed: seed)
            return try await c.open(c.divide(a, by: Int128(divisor)))!
        }
        #expect(result == x.map { Self.floor($0, divisor) }, "seed \(seed)")
        let wide = try await opened(seed: seed) { c in
            let a: SharedVector<UInt128> = try c.shared(x.map { Int128($0) << 30 }, -1 << 49...1 << 49, seed: seed)
            return try await c.open(c.divide(a, by: Int128(divisor)))!
        }
        #expect(wide == x.map { Int128(Self.floor($0 << 30, divisor)) }, "seed \(seed)")
    }

    @Test func quotientsOfAllSmallPairsAreExact() async throws {
        let x = (0..<131 * 40).map { Int64($0 / 40) }, y = (0..<131 * 40).map { Int64($0 % 40 + 1) }
        let seed = freshSeed()
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared(x, 0...130, seed: seed)
            let b: SharedVector<UInt64> = try c.shared(y, 1...40, seed: seed + 1)
            return try await c.open(c.divide(a, by: b))!
        }
        #expect(result == zip(x, y).map { $0 / $1 }, "seed \(seed)")
    }

    @Test(arguments: [(20, 20), (40, 17), (17, 40), (46, 46), (1, 30), (46, 1)])
    func quotientsByTheSharedDivisorAreExact(bits: (Int, Int)) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let (topX, topY) = (Int128(1) << Int128(bits.0), Int128(1) << Int128(bits.1))
        var pairs = (0..<2000).map { _ in (Int128.random(in: -topX..<topX, using: &random), Int128.random(in: 1..<topY, using: &random)) }
        // Small divisors, equal operands, and quotients just below and at whole numbers.
        for _ in 0..<500 {
            let y = Int128.random(in: 1..<topY, using: &random) >> Int128.random(in: 0..<Int128(bits.1), using: &random)
            let k = Int128.random(in: 0...max(topX / max(y, 1) - 1, 0), using: &random)
            pairs += [(k * max(y, 1), max(y, 1)), (max(k * max(y, 1) - 1, 0), max(y, 1))]
        }
        pairs = pairs.filter { $0.0 < topX && $0.0 >= -topX && $0.1 < topY } + [(0, 1), (topX - 1, 1), (topX - 1, topY - 1), (-topX, 1)]
        let (x, y) = (pairs.map(\.0), pairs.map(\.1))
        // A negative dividend is moved up by whole multiples of the divisor, which needs room.
        let isSigned = bits.0 + bits.1 <= 40
        let dividends = isSigned ? x : x.map { max($0, 0) }
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt128> = try c.shared(dividends, (isSigned ? -topX : 0)...topX - 1, seed: seed)
            let b: SharedVector<UInt128> = try c.shared(y, 1...max(topY - 1, 1), seed: seed + 1)
            return try await c.open(c.divide(a, by: b))!
        }
        let plain = zip(dividends, y).map { a, b in
            let (q, r) = a.quotientAndRemainder(dividingBy: b)
            return r < 0 ? q - 1 : q
        }
        #expect(result == plain, "seed \(seed)")
    }

    @Test func divisorsThatMayBeZeroAndRangesThatDoNotFitAreRefused() async throws {
        func plan(_ x: ClosedRange<Int128>, _ y: ClosedRange<Int128>) async throws {
            _ = try await TwoPartyComputation.plan { c in
                let a: SharedVector<UInt64> = try c.input(nil, from: 0, count: 3, bounds: DeclaredBounds(x.lowerBound, x.upperBound))
                let b: SharedVector<UInt64> = try c.input(nil, from: 1, count: 3, bounds: DeclaredBounds(y.lowerBound, y.upperBound))
                _ = try await c.divide(a, by: b)
            }
        }
        try await plan(0...1000, 1...1000)
        for (x, y) in [(0...1000 as ClosedRange<Int128>, 0...1000 as ClosedRange<Int128>), (0...1 << 40, 1...1000), (0...1000, 1...1 << 40)] {
            let error = await #expect(throws: YinheError.self) { try await plan(x, y) }
            #expect(error?.code == .range && error?.remedy.isEmpty == false)
        }
    }

    @Test func fixedPointNumbersStayWithinTheirErrorBounds() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<2000).map { _ in Double.random(in: -1000...1000, using: &random) }
        let y = (0..<2000).map { _ in Double.random(in: 0.5...50, using: &random) }
        let bounds = try DeclaredBounds(-1000 << 20, 1000 << 20), positive = try DeclaredBounds(1 << 19, 50 << 20)
        let (a, b) = (
            try FixedVector<UInt128>.encode(x, scale: 20, bounds: bounds), try FixedVector<UInt128>.encode(y, scale: 20, bounds: positive)
        )
        let (results, errors) = try await bothParties(seed: seed) { c -> ([[Double]], [Double]) in
            let half = 0.5 / Double(1 << 20)
            let a = FixedVector<UInt128>(integers: try c.input(c.party == 0 ? a : nil, from: 0, count: 2000, bounds: bounds), scale: 20, error: half)
            let b = FixedVector<UInt128>(integers: try c.input(c.party == 1 ? b : nil, from: 1, count: 2000, bounds: positive), scale: 20, error: half)
            let all = [try await c.multiply(a, b, scale: 20), try await c.divide(a, by: b, scale: 16), try await c.multiply(a, b), try a - b]
            var opened: [[Double]] = []
            for value in all { opened.append(try await c.open(value)!) }
            return (opened, all.map(\.error))
        }.0
        let plain = [zip(x, y).map { $0 * $1 }, zip(x, y).map { $0 / $1 }, zip(x, y).map { $0 * $1 }, zip(x, y).map { $0 - $1 }]
        for (k, result) in results.enumerated() {
            #expect(errors[k] < 0.01)
            for (found, exact) in zip(result, plain[k]) {
                #expect(abs(found - exact) <= errors[k], "operation \(k), seed \(seed)")
            }
        }
    }

    @Test func numbersThatAreNoneOrDoNotFitAreRefusedAtTheirPlace() throws {
        let bounds = try DeclaredBounds(-100, 100)
        for bad in [Double.nan, .infinity, -.infinity, 101, 1e300] {
            let error = #expect(throws: YinheError.self) {
                try FixedVector<UInt64>.encode([1, bad], scale: 0, bounds: bounds)
            }
            #expect(error?.code == .badInput && error?.message.contains("position 1") == true)
        }
    }

    @Test func aStagedProductNeedsNoCommunicationWhenItsOperandsAreMasked() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<5000).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let y = (0..<5000).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let result = try await opened(seed: seed) { c in
            var staged = try await c.prepareProduct(rows: 1, inner: 5000, columns: 1, as: UInt64.self)
            try await c.maskLeft(c.shared(x, -1000...1000, seed: seed), in: &staged)
            try await c.maskRight(c.shared(y, -1000...1000, seed: seed + 1), in: &staged)
            let before = c.cost
            let product = try await c.product(staged)
            #expect(c.cost.since(before) == ComputationCost())
            return try await c.open(product)!
        }
        #expect(result == [zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }], "seed \(seed)")
    }
}
