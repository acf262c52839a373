import Arithmetic
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct RationalTests {
    private func code(_ body: () throws -> some Any) -> YinheError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? YinheError)?.code }
    }

    @Test(arguments: [
        ("0.5", 1, 2), ("1/3", 1, 3), ("1e-6", 1, 1_000_000), ("-2.5E3", -2500, 1), ("+7", 7, 1), (".25", 1, 4), ("12.", 12, 1),
        ("6/4", 3, 2), ("-0", 0, 1), ("0e900", 0, 1), ("0.10", 1, 10), ("1.000000000000000000000000000000000000000000000", 1, 1),
        ("00012.50", 25, 2), ("100.0", 100, 1),
    ])
    func parsesEveryTextForm(text: String, top: Int, bottom: Int) throws {
        let value = try Rational(parsing: text)
        #expect(value.numerator == Int128(top) && value.denominator == Int128(bottom))
    }

    @Test(arguments: [
        "", "NaN", "nan", "inf", "-inf", "1/0", "1/-2", "1,5", " 1", "1 ", "0x10", "1e", "e3", ".", "-", "1.2.3", "1/2/3",
        "1/2e3", "１", "1_000", "--1", "1e1.5", "1\0",
    ])
    func refusesTextThatIsNoNumber(text: String) {
        #expect(code { try Rational(parsing: text) } == .badInput)
        #expect(Rational(text) == nil)
    }

    @Test(arguments: [
        "1e39", "1e-39", "1e99999", "170141183460469231731687303715884105728", "1/170141183460469231731687303715884105728",
    ])
    func refusesNumbersThatDoNotFit(text: String) {
        #expect(code { try Rational(parsing: text) } == .range)
    }

    @Test func printsTextThatParsesBackAndCodesAsText() throws {
        let pairs = [
            ("0.50", "0.5"), ("-1/3", "-1/3"), ("1e-6", "0.000001"), ("3/8", "0.375"), ("-0.05", "-0.05"), ("20/2", "10"),
        ]
        for (text, printed) in pairs {
            #expect(try Rational(parsing: text).description == printed)
        }
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for _ in 0..<2000 {
            let shift = Int128(random.uniform(below: 100))
            let top = (Int128(Int64(bitPattern: random.word())) << 62) >> shift
            let bottom = ((Int128(random.word()) << 60) >> Int128(random.uniform(below: 124))) + 1
            let value = try Rational(top, over: bottom)
            #expect(try Rational(parsing: value.description) == value, "seed \(seed)")
            let coded = try JSONEncoder().encode([value])
            #expect(try JSONDecoder().decode([Rational].self, from: coded) == [value], "seed \(seed)")
        }
        #expect(try String(decoding: JSONEncoder().encode([Rational(parsing: "0.1")]), as: UTF8.self) == "[\"0.1\"]")
        #expect(throws: (any Error).self) { try JSONDecoder().decode([Rational].self, from: Data("[0.1]".utf8)) }
    }

    @Test func fieldLawsHoldExactly() throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        func next() throws -> Rational {
            try Rational(Int128(Int16(truncatingIfNeeded: random.word())), over: Int128(random.uniform(below: 9999)) + 1)
        }
        for _ in 0..<2000 {
            let (a, b, c) = (try next(), try next(), try next())
            #expect(try a + b == b + a, "seed \(seed)")
            #expect(try (a + b) + c == a + (b + c), "seed \(seed)")
            #expect(try a * (b + c) == a * b + a * c, "seed \(seed)")
            #expect(try (a - b) + b == a, "seed \(seed)")
            if b != 0 { #expect(try (a / b) * b == a, "seed \(seed)") }
            #expect((a < b) == (try (b - a).isPositive), "seed \(seed)")
            #expect(try Rational(a.roundedDown) <= a && a < Rational(a.roundedDown + 1), "seed \(seed)")
            #expect(a.roundedUp == -(-a).roundedDown, "seed \(seed)")
        }
        // Ten tenths are one: the sum that binary floating point gets wrong.
        var sum = Rational.zero
        for _ in 0..<10 { try sum += Rational(parsing: "0.1") }
        #expect(sum == 1)
    }

    @Test func comparesFractionsWhoseCrossProductsExceed128Bits() throws {
        let big = Int128.max
        let a = try Rational(big, over: big - 1)
        let b = try Rational(big - 1, over: big - 2)
        #expect(a < b && !(b < a) && -b < -a)
    }

    @Test func overflowThrowsInsteadOfWrapping() throws {
        let big = try Rational(Int128.max)
        #expect(code { try big + 1 } == .range)
        #expect(code { try -big - 2 } == .range)
        #expect(code { try big * 2 } == .range)
        #expect(code { try big / Rational(1, over: 2) } == .range)
        #expect(code { try Rational(Int128.min) } == .range)
        #expect(code { try Rational(1, over: Int128.min) } == .range)
        #expect(code { try Rational(1, over: 0) } == .range)
        #expect(code { try big / 0 } == .range)
        #expect(try Rational(Int128.min, over: 2) == Rational(Int128.min / 2))
        #expect(try big * Rational(1, over: Int128.max) == 1)
        #expect(try Rational(1, over: Int128.max) + Rational(1, over: Int128.max) == Rational(2, over: Int128.max))
    }
}
