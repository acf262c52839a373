import SandboxCore

/// Exact decimal texts of numbers kept as whole units of 10^-scale.
enum DecimalText {
    /// 1234 with scale 2 is "12.34"; trailing zeros of the fraction are dropped.
    static func text(_ units: some BinaryInteger, scale: Int, keepZeros: Bool = false) -> String {
        let value = Int128(units)
        var digits = String(value.magnitude)
        guard scale > 0 else { return value < 0 ? "-" + digits : digits }
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        var fraction = digits.suffix(scale)
        if !keepZeros { while fraction.last == "0" { fraction = fraction.dropLast() } }
        let text = digits.dropLast(scale) + (fraction.isEmpty ? "" : "." + fraction)
        return value < 0 ? "-" + text : String(text)
    }

    /// `numerator / denominator` rounded half to even on the grid of 10^-scale; nil when the scaled numerator does not fit.
    static func quotient(_ numerator: Int128, _ denominator: Int128, scale: Int) -> Int128? {
        precondition(denominator > 0)
        var scaled = numerator
        for _ in 0..<scale {
            let (next, overflow) = scaled.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            scaled = next
        }
        let (quotient, remainder) = scaled.quotientAndRemainder(dividingBy: denominator)
        let rest = remainder.magnitude
        let other = denominator.magnitude - rest
        let up = rest > other || (rest == other && quotient % 2 != 0)
        return up ? quotient + (scaled < 0 ? -1 : 1) : quotient
    }

    /// A floating-point number to about ten significant digits and at most 18 decimals, without an exponent. Nil when it is not
    /// finite or too large.
    static func text(_ value: Double) -> String? {
        guard value.magnitude < 1e27 else { return nil }
        var scale = 0
        var power = 1.0
        while scale < 18, value.magnitude * power < 1e9 {
            scale += 1
            power *= 10
        }
        return text(Int128((value * power).rounded()), scale: scale)
    }
}
