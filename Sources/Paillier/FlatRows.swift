import Arithmetic

/// Rows of `width` little-endian words each, as ciphertexts and plaintexts lie in memory; threads read them at will.
package struct FlatRows: @unchecked Sendable {
    package let base: UnsafePointer<UInt64>
    package let width: Int

    package init(_ base: UnsafePointer<UInt64>, width: Int) {
        self.base = base
        self.width = width
    }

    package subscript(row: Int) -> BigInteger {
        BigInteger(limbs: UnsafeBufferPointer(start: base + row * width, count: width))
    }
}

/// The same to be written; threads write disjoint rows.
package struct MutableFlatRows: @unchecked Sendable {
    package let base: UnsafeMutablePointer<UInt64>
    package let width: Int

    package init(_ base: UnsafeMutablePointer<UInt64>, width: Int) {
        self.base = base
        self.width = width
    }

    package func set(_ row: Int, _ value: BigInteger) { value.copyLimbs(to: base + row * width, count: width) }
}
