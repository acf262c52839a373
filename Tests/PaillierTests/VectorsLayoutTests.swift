import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct VectorsLayoutTests {
    private func layout(_ values: ClosedRange<Int64>, _ additions: Int, bits: Int = 2047) throws -> PackedLayout {
        try PackedLayout(values, scale: .integer, additions: additions, plaintextBits: bits)
    }

    @Test func slotsAreAsWideAsTheLargestSumNeeds() throws {
        // 32-bit values summed up to 2^20 times: (2^32 - 1) 2^20 has 52 bits, and 39 slots of 52 bits fit 2047 bits.
        let wide = try layout(0...Int64(UInt32.max), 1 << 20)
        #expect(wide.slotBits == 52 && wide.slotsPerPlaintext == 39)
        #expect(try layout(0...1, 1).slotBits == 1)
        #expect(try layout(0...1, 3).slotBits == 2)
        #expect(try layout(0...1, 4).slotBits == 3)
        #expect(try layout(-128...127, 1).slotBits == 8)
        #expect(try layout(-128...127, 257).slotBits == 16)
        #expect(try layout(-128...127, 258).slotBits == 17)
        #expect(try layout(0...0, 1_000_000).slotBits == 1)
        // A slot has room for 0 as well.
        #expect(try layout(100...100, 1).slotBits == 7)
        #expect(try layout(-100 ... -100, 1).slotBits == 7)
        #expect(try layout(.min ... .max, 1).slotBits == 64)
    }

    @Test func layoutsThatCannotHoldTheirSumsAreRefusedWithARemedy() throws {
        #expect(try layout(.min ... .max, 1 << 62).slotBits == 126)
        for (values, additions, bits) in [(Int64.min...Int64.max, (1 << 62) + 1, 2047), (0...255, 1, 7), (0...255, 2, 8), (0...1, 0, 2047)] {
            let error = #expect(throws: YinheError.self) { try layout(values, additions, bits: bits) }
            #expect(error?.code == .range && error?.remedy.isEmpty == false)
        }
        #expect(try layout(0...255, 1, bits: 8).slotsPerPlaintext == 1)
    }

    @Test func aLayoutForALongerKeyIsRefused() throws {
        let layout = try layout(0...1, 1, bits: TestKeys.bits)
        let error = #expect(throws: YinheError.self) {
            try EncryptedVector.encrypt([Int64(1)], layout: layout, with: PaillierEncryptor(TestKeys.djn))
        }
        #expect(error?.code == .range)
    }

    @Test func packedValuesComeBackFromEveryPlace() throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        for _ in 0..<200 {
            let shift = random.uniform(below: 64)
            let a = Int64(bitPattern: random.word()) >> Int64(shift), b = Int64(bitPattern: random.word()) >> Int64(shift)
            let additions = 1 + Int(random.word() >> (2 + random.uniform(below: 60)))
            guard let layout = try? layout(min(a, b)...max(a, b), additions, bits: 64 + Int(random.uniform(below: 400))) else { continue }
            let shape = RowShape(valuesPerRow: 1 + Int(random.uniform(below: UInt64(layout.slotsPerPlaintext))))
            let count = Int(random.uniform(below: 40)), limbs = layout.plaintextBits / 64 + 1
            let values = (0..<count).map { i -> Int64 in
                [min(a, b), max(a, b), min(a, b) &+ Int64(bitPattern: random.word() >> 1) % max(1, max(a, b) &- min(a, b) &+ 1 & .max)][i % 3]
            }.map { Swift.min(Swift.max($0, min(a, b)), max(a, b)) }
            let rows = layout.rows(for: count, valuesPerRow: shape.valuesPerRow)
            var plaintexts = [UInt64](repeating: .max, count: rows * limbs + 1)
            try values.withUnsafeBufferPointer { try layout.pack($0, shape, limbs: limbs, into: &plaintexts) }
            #expect(plaintexts.last == .max, "seed \(seed)")
            let n = BigInteger.one << (layout.plaintextBits + 1)
            var back = [Int128](repeating: 7, count: count)
            try layout.unpack(plaintexts, limbs: limbs, count: count, shape, layout.freshBounds, n: n, into: &back)
            #expect(back == values.map { Int128($0) }, "seed \(seed)")
            for row in 0..<rows {
                let plaintext = BigInteger(limbs: Array(plaintexts[row * limbs..<(row + 1) * limbs]))
                #expect(plaintext.bitWidth <= layout.plaintextBits, "seed \(seed)")
            }
        }
    }

    @Test func aValueBesideItsRangeIsRefusedWithItsNumber() throws {
        let layout = try layout(-5...10, 1)
        for bad in [Int64(-6), 11, .min, .max] {
            var rows = [UInt64](repeating: 0, count: 64)
            let error = #expect(throws: YinheError.self) {
                try [0, 1, bad].withUnsafeBufferPointer {
                    try layout.pack($0, RowShape(valuesPerRow: 3), limbs: 32, firstIndex: 100, into: &rows)
                }
            }
            #expect(error?.code == .range && error?.message.contains("value 103 ") == true)
        }
    }

    @Test func aSlotBeyondItsBoundsAndBitsOutsideTheSlotsAreRefused() throws {
        // Two slots of 4 bits behind an empty one: values 0 ... 10.
        let layout = try layout(0...10, 1), shape = RowShape(valuesPerRow: 2, firstSlot: 1)
        func open(_ plaintext: UInt64) throws -> [Int128] {
            var out: [Int128] = [0, 0]
            try layout.unpack([plaintext, 0], limbs: 2, count: 2, shape, layout.freshBounds, n: 1_000_003, into: &out)
            return out
        }
        #expect(try open(0x3a0) == [10, 3])
        for bad: UInt64 in [0x3b0, 0xb30, 0x301, 0x1330] {
            #expect { try open(bad) } throws: { ($0 as? YinheError)?.code == .range }
        }
    }

    @Test func fixedPointValuesAreOffByHalfAUnitAtMost() throws {
        #expect(try FixedPointScale.decimal(2).units(of: -12.345) == -1234)  // ties to even
        #expect(try FixedPointScale.decimal(2).units(of: 0.07) == 7)
        #expect(try FixedPointScale.binary(10).units(of: 0.5) == 512)
        #expect(FixedPointScale.decimal(3).value(ofUnits: -1500) == -1.5)
        let seed = freshSeed(), random = SeededRandom(seed)
        for _ in 0..<1000 {
            let value = (Double(Int64(bitPattern: random.word())) / 0x1p63) * 1000
            for scale in [FixedPointScale.decimal(6), .binary(20), .integer] {
                let unit = scale.value(ofUnits: 1)
                #expect(abs(scale.value(ofUnits: Int128(try scale.units(of: value))) - value) <= unit / 2 * (1 + 1e-9), "seed \(seed)")
            }
        }
        for bad in [Double.nan, .infinity, 1e300, -1e19] {
            #expect { try FixedPointScale.integer.units(of: bad) } throws: { ($0 as? YinheError)?.code == .range }
        }
    }

    @Test func boundsFollowIntervalArithmetic() throws {
        let a = SlotBounds(minimum: -3, maximum: 5, bias: -3)
        #expect(a.adding(a) == SlotBounds(minimum: -6, maximum: 10, bias: -6))
        #expect(a.multiplied(by: -2) == SlotBounds(minimum: -10, maximum: 6, bias: 6))
        #expect(a.multiplied(by: 0) == .zero)
        #expect(a.multiplied(by: .max) == nil)
        #expect(SlotBounds(minimum: .max, maximum: .max, bias: 0).adding(SlotBounds(minimum: 1, maximum: 1, bias: 0)) == nil)
    }
}
