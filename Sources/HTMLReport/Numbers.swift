import Foundation

/// Numbers as people read them: grouped thousands, short bytes, short times. The same in both languages.
package enum Numbers {
    /// 1234567 -> "1,234,567".
    package static func grouped(_ value: Int) -> String { group(String(value)) }

    /// Groups the integer digits of decimal text: "-1234.50" -> "-1,234.50". Other text passes unchanged.
    package static func group(_ decimal: String) -> String {
        let negative = decimal.hasPrefix("-")
        let body = negative ? decimal.dropFirst() : decimal[...]
        let parts = body.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.allSatisfy(\.isNumber) else { return decimal }
        var out = ""
        for (i, digit) in whole.enumerated() {
            if i > 0, (whole.count - i) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return (negative ? "-" : "") + out + (parts.count > 1 ? ".\(parts[1])" : "")
    }

    /// `digits` decimals, grouped; "∞" and "–" for what is not finite.
    package static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : (value > 0 ? "∞" : "-∞") }
        return group(String(format: "%.\(digits)f", value))
    }

    /// About `figures` significant figures for measured values, at least the integer part.
    package static func significant(_ value: Double, figures: Int = 3) -> String {
        guard value.isFinite, value != 0 else { return decimal(value, digits: 0) }
        var magnitude = Int(log10(abs(value)).rounded(.down))
        // 0.9999 at three figures is 1.00, not 1.000.
        if (abs(value) / pow(10, Double(magnitude - figures + 1))).rounded() >= pow(10, Double(figures)) { magnitude += 1 }
        return decimal(value, digits: min(6, max(0, figures - 1 - magnitude)))
    }

    package static func percent(_ ratio: Double, digits: Int = 1) -> String {
        ratio.isFinite ? decimal(ratio * 100, digits: digits) + " %" : "–"
    }

    /// Powers of 1000, as disks and networks are sold: "12.3 MB".
    package static func bytes(_ count: Int) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(significant(value)) \(units[unit])"
    }

    package static func seconds(_ value: Double) -> String {
        switch value {
        case ..<0.001: "0 ms"
        case ..<1: "\(Int((value * 1000).rounded())) ms"
        case ..<100: String(format: "%.1f s", value)
        default: "\(Int(value) / 60) min \(Int(value) % 60) s"
        }
    }
}
