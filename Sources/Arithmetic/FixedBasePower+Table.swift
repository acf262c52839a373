import CKernels
import SandboxCore

// Tables that are kept: 128 bytes of header, then the words as they lie in memory (little-endian).
//
//     0   8  "YHFBTAB1"
//     8   4  kernel       12  4  window      16  4  exponent bits      20  4  limbs      24  8  words
//    32  32  SHA-256 of the base, the modulus and whether the table holds pairs of digits (domain "yinhe/fixed-base/numbers/v1")
//    64  32  SHA-256 of bytes 0 ..< 64 and of the words (domain "yinhe/fixed-base/table/v1")
//    96  32  zeros
//
// The digest tells a damaged file and another table; it does not tell a forged one, since whoever can write the file can hash it.
// Keep tables where only their user can write, and tables of secret moduli nowhere.

/// Memory that holds a table, unchanged for as long as the object lives.
package protocol TableMemory: AnyObject, Sendable {
    var bytes: UnsafeRawBufferPointer { get }
}

extension TableMemory {
    var words: UnsafePointer<UInt64> {
        (bytes.baseAddress! + FixedBasePower.tableHeaderBytes).assumingMemoryBound(to: UInt64.self)
    }
}

extension FixedBasePower {
    package static let tableHeaderBytes = 128
    private static let magic = Array("YHFBTAB1".utf8)

    /// The table with its header, for `init(…table:)` in another process. Only for numbers that may be known.
    package func serializedTable() -> [UInt8] {
        let words = UnsafeRawBufferPointer(start: fixed_base_table(table), count: tableBytes)
        let shape = Shape(base, modulus, nil, exponentBits, kernel, window)
        var bytes = Self.header(shape, usesRoot: usesRoot)
        bytes += Self.digest(bytes, words) + [UInt8](repeating: 0, count: 32)
        bytes.reserveCapacity(bytes.count + words.count)
        bytes.append(contentsOf: words)
        return bytes
    }

    /// Over a table that `serializedTable` has written, which must be for exactly these arguments (a `nil` window means the best
    /// one). Takes one pass of SHA-256 over the memory.
    /// - Throws: `.badInput` when it is not this table or has been altered: build and keep a new one.
    package convenience init(
        base: BigInteger, modulus: BigInteger, root: BigInteger? = nil, exponentBits: Int, kernel: Kernel = .best,
        window: Int? = nil, table memory: any TableMemory
    ) throws {
        let shape = Shape(base, modulus, root, exponentBits, kernel, window), bytes = memory.bytes
        func refuse(_ reason: String) -> YinheError {
            YinheError(.badInput, "not this table: \(reason)", remedy: "delete it; the table is built again")
        }
        guard bytes.count == Self.tableHeaderBytes + 8 * shape.tableWords else { throw refuse("its size is another") }
        guard Int(bitPattern: bytes.baseAddress!) % 8 == 0 else { throw refuse("its memory is not aligned to 8 bytes") }
        let header = Array(bytes[..<64])
        guard header == Self.header(shape, usesRoot: shape.root != nil) else {
            throw refuse("it belongs to other numbers, another kernel or another version")
        }
        let words = UnsafeRawBufferPointer(rebasing: bytes[Self.tableHeaderBytes...])
        guard Array(bytes[64..<96]) == Self.digest(header, words), bytes[96..<128].allSatisfy({ $0 == 0 }) else {
            throw refuse("its content does not match its digest")
        }
        self.init(shape, memory: memory)
    }

    private static func header(_ shape: Shape, usesRoot: Bool) -> [UInt8] {
        var numbers = DomainHash(domain: "yinhe/fixed-base/numbers/v1")
        numbers.update(field: shape.base.bigEndian)
        numbers.update(field: shape.modulus.bigEndian)
        numbers.update([usesRoot ? 1 : 0])
        var writer = ByteWriter(reserving: 64)
        writer.write(raw: magic)
        for field in [Int(shape.kernel.rawValue), shape.window, shape.exponentBits, shape.limbs] { writer.write(UInt32(field)) }
        writer.write(UInt64(shape.tableWords))
        writer.write(raw: numbers.finalize())
        return writer.bytes
    }

    private static func digest(_ header: [UInt8], _ words: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/fixed-base/table/v1")
        hash.update(header)
        hash.update(words)
        return hash.finalize()
    }
}
