/// A set of row numbers, one bit for each row of a file.
package struct RowSet: Sendable {
    private var words: [UInt64]
    package private(set) var count = 0

    /// The empty set of rows below `capacity`.
    package init(capacity: Int) { words = [UInt64](repeating: 0, count: (capacity + 63) / 64) }

    package mutating func insert(_ row: Int) {
        let bit: UInt64 = 1 << UInt64(row & 63)
        if words[row >> 6] & bit == 0 { count += 1 }
        words[row >> 6] |= bit
    }

    package func contains(_ row: Int) -> Bool { words[row >> 6] >> UInt64(row & 63) & 1 == 1 }
}
