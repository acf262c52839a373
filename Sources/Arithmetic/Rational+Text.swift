import SandboxCore

/// Text forms: an optional sign, then an integer, a decimal ("0.5", ".5", "12."), a decimal with exponent ("1e-6", "2.5E3"),
/// or a fraction of two integers ("1/3"). No spaces, no digit separators, ASCII digits only.
extension Rational: LosslessStringConvertible {
    /// Nil where `init(parsing:)` throws.
    public init?(_ description: String) {
        guard let value = try? Rational(parsing: description) else { return nil }
        self = value
    }

    /// Parses exactly. Throws `.badInput` for anything else than the forms above ("NaN" and "inf" too), and `.range` for a
    /// number that does not fit.
    public init(parsing text: String) throws {
        let bytes = Array(text.utf8)
        // Shown to the user, so it must not flood the terminal.
        let shown = bytes.count <= 60 ? text : String(text.prefix(60)) + "…"
        let malformed = YinheError(
            .badInput, "\"\(shown)\" is not an exact number",
            remedy: "write an integer, a decimal such as 0.5 or 1e-6, or a fraction such as 1/3")
        guard !bytes.isEmpty, bytes.count <= 200 else { throw malformed }
        if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
            guard let top = try Self.integer(bytes[..<slash], signed: true, shown),
                let bottom = try Self.integer(bytes[(slash + 1)...], signed: false, shown)
            else { throw malformed }
            guard bottom != 0 else {
                throw YinheError(.badInput, "\"\(shown)\" has denominator zero", remedy: "write a denominator of at least 1")
            }
            try self.init(top, over: bottom)
            return
        }
        var mantissa = bytes[...]
        var exponent = 0
        if let mark = bytes.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
            mantissa = bytes[..<mark]
            guard let value = try Self.integer(bytes[(mark + 1)...], signed: true, shown) else { throw malformed }
            guard value.magnitude <= 1000 else { throw Self.overflow("\"\(shown)\"") }
            exponent = Int(value)
        }
        var digits = Array(mantissa)
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            digits.remove(at: point)
            exponent -= digits.count - point
            // Zeros behind the decimal point carry no value, and could overflow the integer below.
            while digits.count > point, digits.count > 1, digits.last == UInt8(ascii: "0") {
                digits.removeLast()
                exponent += 1
            }
        }
        guard let value = try Self.integer(digits[...], signed: true, shown) else { throw malformed }
        guard value != 0 else {
            self = .zero
            return
        }
        guard let power = Self.powerOfTen(exponent.magnitude) else { throw Self.overflow("\"\(shown)\"") }
        self = exponent < 0 ? try Rational(value, over: power) : try Rational(value) * Rational(power)
    }

    /// Nil when malformed; throws when too large.
    private static func integer(_ text: ArraySlice<UInt8>, signed: Bool, _ shown: String) throws -> Int128? {
        var digits = text
        var negative = false
        if signed, let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        var value: Int128 = 0
        for digit in digits {
            let (scaled, overflowScaled) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowNext) = scaled.addingReportingOverflow(Int128(digit - UInt8(ascii: "0")))
            guard !overflowScaled, !overflowNext else { throw overflow("\"\(shown)\"") }
            value = next
        }
        return negative ? -value : value
    }

    private static func powerOfTen(_ exponent: UInt) -> Int128? {
        guard exponent <= 38 else { return nil }
        var power: Int128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}

extension Rational: CustomStringConvertible {
    /// The finite decimal if there is one of at most 38 decimals that fits 128 bits, else "n/d". Parses back to the same number.
    public var description: String {
        if denominator == 1 { return String(numerator) }
        var rest = denominator
        var (twos, fives) = (0, 0)
        while rest % 2 == 0 { (rest, twos) = (rest / 2, twos + 1) }
        while rest % 5 == 0 { (rest, fives) = (rest / 5, fives + 1) }
        let decimals = max(twos, fives)
        guard rest == 1, let power = Self.powerOfTen(UInt(decimals)) else { return "\(numerator)/\(denominator)" }
        let (scaled, overflow) = numerator.magnitude.multipliedReportingOverflow(by: (power / denominator).magnitude)
        // Above this the text would not parse back.
        guard !overflow, scaled <= Int128.max.magnitude else { return "\(numerator)/\(denominator)" }
        var digits = String(scaled)
        if digits.count <= decimals { digits = String(repeating: "0", count: decimals + 1 - digits.count) + digits }
        let point = digits.index(digits.endIndex, offsetBy: -decimals)
        return (numerator < 0 ? "-" : "") + digits[..<point] + "." + digits[point...]
    }
}

/// Coded as the text of `description`, so that no JSON or YAML reader turns it into a binary floating-point number.
extension Rational: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
