import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct SlotPackingTests {
    @Test func fullSlotsNeverCarryIntoTheirNeighbours() throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        for _ in 0..<60 {
            let bounds = (0..<Int(random.uniform(below: 40))).map { _ in random.word() >> random.uniform(below: 64) }
            let contributions = Int(random.uniform(below: 2000))
            let isMasked = random.word() & 1 == 0
            let packing = try SlotPacking(upperBounds: bounds, contributions: contributions, isMasked: isMasked, keyBits: 2048)
            // The largest value that each slot can ever hold, and its neighbours empty, in all four patterns.
            let largest = (0..<packing.slotCount).map { slot in
                let sum = UInt128(bounds[slot]) * UInt128(max(contributions, 1))
                return isMasked ? sum + (UInt128(1) << UInt128(packing.sumBits[slot] + 40)) - 1 : sum
            }
            for pattern in 0..<4 {
                let values = largest.enumerated().map { pattern >> ($0.offset & 1) & 1 == 1 ? $0.element : 0 }
                let plaintexts = packing.pack(values)
                #expect(plaintexts.count == packing.plaintextCount && plaintexts.allSatisfy { $0.bitWidth < 2048 })
                #expect(try packing.unpack(plaintexts) == values, "seed \(seed)")
            }
        }
    }

    @Test func addingPackedPlaintextsAddsSlots() throws {
        let bounds: [UInt64] = [1, 255, 1 << 40, 0, .max]
        let count = 1000
        let packing = try SlotPacking(upperBounds: bounds, contributions: count, isMasked: false, keyBits: 512)
        let one = packing.pack(bounds.map { UInt128($0) })
        let sums = one.map { $0 * BigInteger(count) }
        #expect(try packing.unpack(sums) == bounds.map { UInt128($0) * UInt128(count) })
    }

    @Test func widthsAreTightAtPowersOfTwo() throws {
        func width(_ bound: UInt64, _ count: Int) throws -> Int {
            try SlotPacking(upperBounds: [bound], contributions: count, isMasked: false, keyBits: 2048).widths[0]
        }
        #expect(try width(1, 1) == 1)
        #expect(try width(1, 3) == 2)
        #expect(try width(1, 4) == 3)
        #expect(try width(255, 1) == 8)
        #expect(try width(256, 1) == 9)
        #expect(try width(0, 1_000_000) == 1)
        let masked = try SlotPacking(upperBounds: [255], contributions: 1, isMasked: true, keyBits: 2048)
        #expect(masked.widths == [49] && masked.sumBits == [8])
    }

    @Test func layoutsThatCannotHoldTheirSumsAreRefused() throws {
        func make(_ bound: UInt64, _ count: Int, masked: Bool, keyBits: Int = 2048) throws {
            _ = try SlotPacking(upperBounds: [1, bound], contributions: count, isMasked: masked, keyBits: keyBits)
        }
        try make(.max, 1 << 62, masked: false)
        try make(.max, 1 << 23, masked: true)
        for (count, masked, keyBits) in [((1 << 23) + 1, true, 2048), (1, false, 64), (1 << 30, true, 2048)] {
            #expect { try make(.max, count, masked: masked, keyBits: keyBits) } throws: { ($0 as? YinheError)?.code == .range }
        }
        // The last width that fits a plaintext, and one more.
        _ = try SlotPacking(upperBounds: [255], contributions: 1, isMasked: false, keyBits: 9)
        #expect(throws: YinheError.self) {
            try SlotPacking(upperBounds: [255], contributions: 1, isMasked: false, keyBits: 8)
        }
    }

    @Test func aPlaintextOfAnotherLayoutIsRefused() throws {
        let packing = try SlotPacking(upperBounds: [255, 255], contributions: 1, isMasked: false, keyBits: 512)
        #expect(try packing.unpack([65_535]) == [255, 255])
        #expect { try packing.unpack([65_536]) } throws: { ($0 as? YinheError)?.code == .range }
    }

    @Test func noSlotsMakeNoPlaintexts() throws {
        let packing = try SlotPacking(upperBounds: [], contributions: 5, isMasked: true, keyBits: 512)
        #expect(packing.plaintextCount == 0 && packing.pack([]).isEmpty)
        #expect(try packing.unpack([]).isEmpty)
    }
}
