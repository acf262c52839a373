import ArgumentParser

/// A number of bytes as people write it: "512M", "2G", "65536". K, M, G and T are powers of 1024.
package struct ByteSize: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
    package let bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    package init?(argument: String) {
        let units: [(letter: Character, shift: Int)] = [("K", 10), ("M", 20), ("G", 30), ("T", 40)]
        var digits = argument[...]
        var shift = 0
        if let last = digits.last?.uppercased().first, let unit = units.first(where: { $0.letter == last }) {
            digits.removeLast()
            shift = unit.shift
        }
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let count = Int(digits), count > 0 else {
            return nil
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    package var description: String {
        for (letter, shift) in [("T", 40), ("G", 30), ("M", 20), ("K", 10)] where bytes.trailingZeroBitCount >= shift {
            return "\(bytes >> shift)\(letter)"
        }
        return "\(bytes)"
    }

    package var defaultValueDescription: String { description }
}
