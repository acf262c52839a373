import Arithmetic
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct FixedBaseTableTests {
    static let root = (BigInteger.one << 512) - 569
    static let modulus = root * root

    static func powers(_ kernel: FixedBasePower.Kernel, base: BigInteger = 5, window: Int? = nil) -> FixedBasePower {
        FixedBasePower(base: base, modulus: modulus, root: root, exponentBits: 100, kernel: kernel, window: window)
    }

    static func load(
        _ bytes: [UInt8], _ kernel: FixedBasePower.Kernel, base: BigInteger = 5, modulus: BigInteger = modulus,
        root: BigInteger? = root, exponentBits: Int = 100, window: Int? = nil
    ) throws -> FixedBasePower {
        try FixedBasePower(
            base: base, modulus: modulus, root: root, exponentBits: exponentBits, kernel: kernel, window: window,
            table: TableBuffer(bytes))
    }

    @Test(arguments: FixedBasePower.Kernel.available)
    func aKeptTableGivesTheSamePowers(kernel: FixedBasePower.Kernel) throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        let bytes = Self.powers(kernel).serializedTable(), loaded = try Self.load(bytes, kernel)
        for _ in 0..<5 {
            let exponent = BigInteger.random(bits: 100, from: random)
            #expect(loaded.power(exponent) == BigInteger(5).power(variableTime: exponent, modulo: Self.modulus), "seed \(seed)")
        }
        #expect(loaded.serializedTable() == bytes)
    }

    @Test func aMappedFileServesAfterItsNameIsGone() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("table-\(UUID().uuidString)").path
        let kernel = FixedBasePower.Kernel.best
        try Data(Self.powers(kernel).serializedTable()).write(to: URL(fileURLWithPath: path))
        let loaded = try FixedBasePower(
            base: 5, modulus: Self.modulus, root: Self.root, exponentBits: 100, table: MappedTableFile(path: path))
        try FileManager.default.removeItem(atPath: path)
        #expect(loaded.power(77) == BigInteger(5).power(variableTime: 77, modulo: Self.modulus))
        #expect(throws: YinheError.self) { try MappedTableFile(path: path) }
    }

    @Test func anAlteredTableIsRefused() {
        let kernel = FixedBasePower.Kernel.best, bytes = Self.powers(kernel).serializedTable()
        for position in Array(0..<128) + [128, bytes.count / 2, bytes.count - 1] {
            var altered = bytes
            altered[position] ^= 1
            #expect(throws: YinheError.self, "byte \(position)") { try Self.load(altered, kernel) }
        }
        #expect(throws: YinheError.self) { try Self.load(Array(bytes.dropLast()), kernel) }
        #expect(throws: YinheError.self) { try Self.load(bytes + [0], kernel) }
        #expect(throws: YinheError.self) { try Self.load(Array(bytes.prefix(100)), kernel) }
        #expect(throws: YinheError.self) { try Self.load([], kernel) }
    }

    @Test func aTableOfOtherArgumentsIsRefused() throws {
        for kernel in FixedBasePower.Kernel.available {
            let bytes = Self.powers(kernel, window: 4).serializedTable()
            _ = try Self.load(bytes, kernel, window: 4)
            #expect(throws: YinheError.self) { try Self.load(bytes, kernel, base: 7, window: 4) }
            #expect(throws: YinheError.self) { try Self.load(bytes, kernel, modulus: Self.modulus - 2, root: nil, window: 4) }
            #expect(throws: YinheError.self) { try Self.load(bytes, kernel, exponentBits: 99, window: 4) }
            #expect(throws: YinheError.self) { try Self.load(bytes, kernel, window: 5) }
            for other in FixedBasePower.Kernel.available where other != kernel {
                #expect(throws: YinheError.self) { try Self.load(bytes, other, window: 4) }
            }
        }
        if FixedBasePower.Kernel.available.contains(.lanes) {
            let pairs = Self.powers(.lanes, window: 4).serializedTable()
            #expect(throws: YinheError.self) { try Self.load(pairs, .lanes, root: nil, window: 4) }
        }
    }
}
