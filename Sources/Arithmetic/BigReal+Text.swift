import SandboxCore

extension BigReal {
    /// A decimal with an optional sign, point and exponent, taken as the exact number it says. Throws `.badInput` for anything else
    /// ("nan" and "inf" too) and for more than 400 digits or an exponent beyond 100000.
    public init(decimal text: String, precision: Int) throws {
        let shown = text.utf8.count <= 60 ? text : String(text.prefix(60)) + "…"
        let malformed = YinheError(.badInput, "\"\(shown)\" is not a decimal number", remedy: "write a number such as 0.5, 12 or 1e-6")
        var digits = Array(text.utf8)
        guard !digits.isEmpty, digits.count <= 400 else { throw malformed }
        var exponent = 0
        if let mark = digits.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
            guard let value = Int(String(decoding: digits[(mark + 1)...], as: UTF8.self)), value.magnitude <= 100_000 else { throw malformed }
            exponent = value
            digits.removeSubrange(mark...)
        }
        var negative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            digits.removeFirst()
        }
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            exponent -= digits.count - point - 1
            digits.remove(at: point)
        }
        guard let whole = BigInteger(decimal: String(decoding: digits, as: UTF8.self)), digits.first != UInt8(ascii: "-") else { throw malformed }
        let bits = precision + 8
        let value = BigReal(negative ? -whole : whole, exponent: 0, precision: max(bits, whole.bitWidth))
        let power = BigReal(10, precision: bits).power(abs(exponent))
        self = (exponent < 0 ? value / power : value * power).rounded(to: precision)
    }

    /// The number rounded to this many significant digits, as plain decimals from 1e-6 to below 10^digits and with an exponent
    /// elsewhere; without trailing zeros but for ".0".
    public func decimal(digits: Int) -> String {
        if isZero { return "0.0" }
        // log10 2 = 0.30103.
        var power = Int((Double(binaryExponent) * 0.301029995663981195).rounded(.down))
        var whole = scaledInteger(digits: digits, power: power)
        let limit = BigInteger(decimal: "1" + String(repeating: "0", count: digits))!
        if whole >= limit {
            power += 1
            whole = scaledInteger(digits: digits, power: power)
        }
        var text = whole.description
        while text.count < digits { text = "0" + text }
        let sign = signum < 0 ? "-" : ""
        func trimmed(_ text: some StringProtocol) -> String {
            let cut = String(text.reversed().drop { $0 == "0" }.reversed())
            return cut.isEmpty ? "0" : cut
        }
        let first = text.prefix(1), rest = text.dropFirst()
        if power < -6 || power >= digits {
            return "\(sign)\(first).\(trimmed(rest))e\(power)"
        }
        if power < 0 { return "\(sign)0.\(String(repeating: "0", count: -power - 1))\(trimmed(text))" }
        return "\(sign)\(text.prefix(power + 1)).\(trimmed(text.dropFirst(power + 1)))"
    }

    /// round(|value| / 10^(power - digits + 1)).
    private func scaledInteger(digits: Int, power: Int) -> BigInteger {
        let bits = precision + 16
        let shift = digits - 1 - power
        let ten = BigReal(10, precision: bits).power(abs(shift))
        let value = shift >= 0 ? magnitude.rounded(to: bits) * ten : magnitude.rounded(to: bits) / ten
        let half = value + BigReal(1, precision: bits).scaled(byPowerOfTwo: -1)
        return half.exponent >= 0 ? half.mantissa << half.exponent : half.mantissa >> -half.exponent
    }

    /// Digits that two successive precisions agree on: `compute` at growing precision until two results differ by less than
    /// 2^-bits of their size. A result that stays zero is zero. Throws `.range` when no precision up to 8192 bits settles it.
    public static func settled(bits: Int, _ compute: (Int) throws -> BigReal) throws -> BigReal {
        var precision = bits + 96
        var last = try compute(precision)
        while precision < 8192 {
            precision += precision / 2
            let next = try compute(precision)
            if next.isZero && last.isZero { return next }
            if !next.isZero, (next - last).isZero || (next - last).binaryExponent < next.binaryExponent - bits { return next }
            last = next
        }
        throw YinheError(.range, "a value that no precision up to 8192 bits settles", remedy: "use less extreme numbers")
    }
}
