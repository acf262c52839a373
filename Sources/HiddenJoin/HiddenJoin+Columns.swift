import SandboxCore
import SecretSharing

extension HiddenJoin {
    /// A column of whole numbers, one for each of a party's tokens.
    public struct Column: Sendable {
        public let name: String
        public let values: [Int64]
        /// In which every value lies; public.
        public let bounds: ClosedRange<Int64>

        public init(name: String, values: [Int64], bounds: ClosedRange<Int64>) {
            self.name = name
            self.values = values
            self.bounds = bounds
        }

        public var shape: ColumnShape { ColumnShape(name: name, bounds: bounds) }

        /// Throws `.badInput` for a wrong number of values, `.range` for a value outside the bounds (its place, never the value).
        func validate(rows: Int) throws {
            guard values.count == rows else {
                throw YinheError(.badInput, "column \"\(name)\" has \(values.count) values for \(rows) tokens")
            }
            if let place = values.firstIndex(where: { !bounds.contains($0) }) {
                throw YinheError(
                    .range,
                    "value \(place) of column \"\(name)\" lies outside its bounds \(bounds.lowerBound) ... \(bounds.upperBound)",
                    remedy: "clamp the values, or declare wider bounds")
            }
        }
    }

    /// What the peer knows of a column.
    public struct ColumnShape: Sendable, Hashable, Codable {
        public let name: String
        public let bounds: ClosedRange<Int64>

        public init(name: String, bounds: ClosedRange<Int64>) {
            self.name = name
            self.bounds = bounds
        }

        var declared: DeclaredBounds { DeclaredBounds(bounds) }
        /// The value of every row, when the bounds leave only one.
        var constant: Int64? { bounds.lowerBound == bounds.upperBound ? bounds.lowerBound : nil }
        var magnitude: UInt64 { max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude) }
    }

    /// Columns as a parameter of a session: in words while short, else their hash.
    static func statement(_ columns: [ColumnShape]) -> String {
        let text = columns.map { "\($0.name) \($0.bounds.lowerBound) ... \($0.bounds.upperBound)" }.joined(separator: "; ")
        var hash = DomainHash(domain: "yinhe/hidden-join/columns/v1")
        for column in columns {
            hash.update(field: Array(column.name.utf8))
            hash.update(field: Array("\(column.bounds.lowerBound) \(column.bounds.upperBound)".utf8))
        }
        let digest = hash.finalize().hex
        return text.utf8.count <= 800 ? "\(text) (\(digest.prefix(16)))" : "\(columns.count) columns (\(digest))"
    }

    /// The sender's columns row by row, over Z_2^64 or Z_2^128.
    static func payload(_ columns: [[Int64]], rows: Int, elementWords: Int) -> HugeBuffer<UInt64> {
        let width = columns.count * elementWords
        let out = HugeBuffer<UInt64>(count: rows * width, wiped: true)
        for (j, column) in columns.enumerated() {
            column.withUnsafeBufferPointer { column in
                for i in 0..<rows {
                    let at = out.pointer + (i * width + j * elementWords)
                    at[0] = UInt64(bitPattern: column[i])
                    // The sign, extended.
                    if elementWords == 2 { at[1] = UInt64(bitPattern: column[i] >> 63) }
                }
            }
        }
        return out
    }
}
