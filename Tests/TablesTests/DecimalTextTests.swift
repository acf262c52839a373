import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [
        ("0", 2, 0), ("12.34", 2, 1234), ("12.3", 2, 1230), ("-12.34", 2, -1234), ("+5", 0, 5), ("007", 0, 7),
        (".5", 1, 5), ("5.", 1, 50),
        ("-0", 2, 0), ("9223372036854775807", 0, Int64.max), ("-9223372036854775808", 0, Int64.min),
        ("92233720368547758.07", 2, Int64.max), ("0.000000000001", 12, 1), ("00000000000000000000000012", 0, 12),
        ("１２．３４", 2, 1234), ("－１２", 0, -12), (" 12 ", 0, 12), ("\u{3000}12\u{a0}", 0, 12), ("1,234,567.89", 2, 123_456_789),
        ("１，２３４", 0, 1234), ("-1,000", 0, -1000), ("−3", 0, -3),
    ] as [(String, Int, Int64)]) func numbersAreExact(_ text: String, _ scale: Int, _ expected: Int64) {
        #expect(DecimalText.parse(text, scale: scale) == expected)
    }

    @Test(arguments: [
        ("0.5", 0), ("1.5", 2), ("2.5", 2), ("-0.5", 0), ("-1.5", -2), ("2.51", 3), ("2.500000001", 3), ("0.4999", 0),
        ("3.5000", 4),
    ] as [(String, Int64)]) func digitsBeyondTheGridRoundHalfToEven(_ text: String, _ expected: Int64) {
        #expect(DecimalText.parse(text, scale: 0) == expected)
    }

    @Test(arguments: [
        "", " ", "-", "+", ".", "abc", "1e5", "1.2.3", "--1", "1-", "12a", "1 2", "1,23", ",123", "1234,567", "1,234,56",
        "1,2345", "1.234,5", "1,", "0x10", "∞", "NaN", "十", "12%", "¥5",
        "9223372036854775808", "-9223372036854775809", "99999999999999999999999999",
    ]) func whatIsNoNumberIsRefused(_ text: String) { #expect(DecimalText.parse(text, scale: 0) == nil) }

    @Test func aRoundedValueMayStillOverflow() {
        #expect(DecimalText.parse("9223372036854775807.5", scale: 0) == nil)
        #expect(DecimalText.parse("9223372036854775807.4", scale: 0) == .max)
        #expect(DecimalText.parse("92233720368547758.08", scale: 2) == nil)
    }

    @Test func formattingIsTheInverseOfParsing() {
        let seed = freshSeed()
        var random = SyntheticRandom(seed: seed)
        var values: [Int64] = [0, 1, -1, 9, 10, -10, .max, .min, .min + 1]
        for _ in 0..<2000 { values.append(Int64(bitPattern: random.next()) >> Int64(random.below(64))) }
        for value in values {
            for scale in [0, 1, 2, 6, 12] {
                #expect(DecimalText.parse(DecimalText.format(value, scale: scale), scale: scale) == value, "seed \(seed)")
            }
        }
        #expect(DecimalText.format(-5, scale: 2) == "-0.05")
        #expect(DecimalText.format(1234, scale: 2) == "12.34")
        #expect(DecimalText.format(1234, scale: 0) == "1234")
    }
}
