import Arithmetic
import SandboxCore
import TestSupport
import Testing

@Suite struct BigIntegerTests {
    @Test func agreesWithMachineArithmeticOnSmallNumbers() {
        let values: [Int] = [0, 1, -1, 2, 7, -7, 255, 256, 65_537, -1_000_003, Int(Int32.max), Int(Int32.min)]
        for a in values {
            for b in values {
                let x = BigInteger(a), y = BigInteger(b)
                #expect((x + y).int == a + b)
                #expect((x - y).int == a - b)
                #expect((x * y).int == a * b)
                #expect((x < y) == (a < b))
                #expect((x == y) == (a == b))
                if b != 0 {
                    #expect((x / y).int == a / b)
                    #expect((x % y).int == a % b)
                    let m = a % b
                    #expect(x.modulo(y).int == (m < 0 ? m + abs(b) : m))
                }
            }
        }
    }

    @Test func ringLawsHoldForLargeNumbers() {
        let seed = freshSeed(), random = SeededRandom(seed)
        for _ in 0..<200 {
            let bits = Int(random.uniform(below: 3000))
            let a = BigInteger.random(bits: bits, from: random), b = -BigInteger.random(bits: 700, from: random)
            let c = BigInteger.random(bits: 65, from: random) + 1
            #expect((a + b) * c == a * c + b * c, "seed \(seed)")
            #expect(a - b == -(b - a), "seed \(seed)")
            let (quotient, remainder) = a.quotientAndRemainder(dividingBy: c)
            #expect(quotient * c + remainder == a && remainder < c, "seed \(seed)")
            #expect((a << 77) >> 77 == a, "seed \(seed)")
        }
    }

    @Test func everyRepresentationRoundTrips() throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [0, 1, 8, 63, 64, 65, 128, 1000, 4096] {
            let a = BigInteger.random(bits: bits, from: random)
            for value in [a, -a] {
                #expect(BigInteger(decimal: value.description) == value, "seed \(seed)")
                #expect(BigInteger(hex: value.hex) == value, "seed \(seed)")
            }
            #expect(BigInteger(bigEndian: a.bigEndian) == a)
            #expect(BigInteger(bigEndian: [0, 0] + a.bigEndian(count: 600)) == a)
            #expect(BigInteger(limbs: a.limbs()) == a)
            #expect(BigInteger(limbs: a.limbs(count: 70)) == a)
        }
        #expect(BigInteger(Int.min).int == Int.min)
        #expect(BigInteger(UInt64.max).uint64 == .max && (BigInteger(UInt64.max) + 1).uint64 == nil)
        #expect(BigInteger(UInt128.max).uint128 == .max && (BigInteger(UInt128.max) + 1).uint128 == nil)
        #expect(BigInteger(-1).uint64 == nil && BigInteger(-1).uint128 == nil)
        #expect(BigInteger.zero.bigEndian.isEmpty && BigInteger.zero.description == "0")
    }

    @Test(arguments: ["", "-", " 1", "1 ", "+1", "0x10", "1_000", "--1", "12a", "１"])
    func textThatIsNotANumberIsRefused(text: String) {
        #expect(BigInteger(decimal: text) == nil)
        if text != "12a" { #expect(BigInteger(hex: text) == nil) }
    }

    @Test func copiesKeepTheirValue() {
        let a = BigInteger(41)
        var b = a
        b += 1
        #expect(a.int == 41 && b.int == 42 && Set([a, b, BigInteger(42)]).count == 2)
    }

    @Test func inversesAndRootsOfUnityBehave() {
        let seed = freshSeed(), random = SeededRandom(seed)
        for _ in 0..<50 {
            let m = BigInteger.random(bits: 500, from: random) + 2
            let a = BigInteger.random(below: m, from: random)
            if let inverse = a.inverse(modulo: m) {
                #expect((a * inverse).modulo(m) == .one && inverse < m && inverse.signum >= 0, "seed \(seed)")
            } else {
                #expect(a.greatestCommonDivisor(with: m) != .one, "seed \(seed)")
            }
        }
        #expect(BigInteger(6).inverse(modulo: 9) == nil)
        #expect(BigInteger(-2).inverse(modulo: 7)?.int == 3)
    }

    @Test func secretAndPublicExponentiationAgree() {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [2, 64, 65, 1024, 2048] {
            let m = (BigInteger.random(bits: bits, from: random) << 1) + 3
            for exponent in [BigInteger.zero, .one, .random(bits: 300, from: random), .one << 128] {
                let base = BigInteger.random(bits: 2100, from: random)
                let expected = base.power(variableTime: exponent, modulo: m)
                #expect(base.power(secret: exponent, modulo: m) == expected, "seed \(seed)")
            }
            #expect(BigInteger.zero.power(secret: 5, modulo: m) == .zero)
        }
    }

    @Test func randomNumbersStayBelowTheirBound() {
        let random = SeededRandom(1)
        var seen = Set<Int>()
        for _ in 0..<400 {
            let value = BigInteger.random(below: 10, from: random)
            seen.insert(value.int!)
        }
        // A missing value has probability 10 * 0.9^400 < 1e-17.
        #expect(seen == Set(0..<10))
        for _ in 0..<100 { #expect(BigInteger.random(bits: 13, from: random).bitWidth <= 13) }
    }
}
