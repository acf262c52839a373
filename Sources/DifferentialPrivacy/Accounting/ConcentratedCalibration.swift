import Arithmetic
import SandboxCore

/// The zero-concentrated privacy that an (epsilon, delta) allows: how Gaussian noise of several coordinates is calibrated.
///
/// Gaussian noise of variance D^2 / (2 rho) on an integer vector of L2 sensitivity D is rho-zCDP whatever the direction of the change
/// (C. Canonne, G. Kamath, T. Steinke, arXiv 2004.00010, corollary 15 with theorem 4), rhos of several results add up exactly, and
/// their corollary 13 turns the sum into epsilon at delta. One scalar result could do with up to about a tenth less noise.
public enum ConcentratedCalibration {
    /// The result has at most this many significant bits, so that noise scales stay short fractions.
    private static let bits = 20

    /// The largest rho of 20 significant bits whose (epsilon, delta) by corollary 13 is within the arguments.
    ///
    /// Checked in 128-bit arithmetic, so that two machines whose C libraries differ in the last place get the same number.
    /// Throws `.range` for an epsilon or delta that is not positive, or absurd.
    public static func rho(epsilon: Rational, delta: Rational) throws -> Rational {
        _ = try PrivacyLoss(epsilon: epsilon, delta: delta)
        guard epsilon.isPositive, delta.isPositive else {
            throw YinheError(
                .range, "Gaussian noise needs a positive epsilon and delta, not \(epsilon) and \(delta)",
                remedy: "give a delta such as 1e-9, or use Laplace noise")
        }
        let target = try real(epsilon), exactDelta = try real(delta)
        // A first guess in double precision, then the exact neighbours of it.
        let guess = try approximation(epsilon: epsilon.approximation, delta: delta.approximation)
        guard guess >= 0x1p-60 else {
            throw YinheError(
                .range, "epsilon \(epsilon) at delta \(delta) leaves Gaussian noise no privacy loss at all",
                remedy: "use an epsilon between 0.001 and 10")
        }
        let exponent = bits - 1 - Int(guess.exponent)
        var mantissa = Int128((guess * Double(sign: .plus, exponent: exponent, significand: 1)).rounded(.down))
        func candidate(_ mantissa: Int128) throws -> Rational {
            exponent >= 0 ? try Rational(mantissa, over: Int128(1) << exponent) : try Rational(mantissa << -exponent)
        }
        func isWithin(_ mantissa: Int128) throws -> Bool {
            let rho = try real(candidate(mantissa))
            let reached = ExactConversions.canonneKamathSteinke(rho: rho, delta: exactDelta).epsilon
            // More than what 128 bits can be wrong by.
            return reached + reached.scaled(byPowerOfTwo: -100) <= target
        }
        while try !isWithin(mantissa) { mantissa -= 1 }
        while try isWithin(mantissa + 1) { mantissa += 1 }
        return try candidate(mantissa)
    }

    private static func approximation(epsilon: Double, delta: Double) throws -> Double {
        var (low, high) = (-45.0, 6.0)  // ln rho
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if try Conversions.concentratedToApproximate(rho: ExactMath.exp(middle), delta: delta) <= epsilon { low = middle } else { high = middle }
        }
        return ExactMath.exp(low)
    }

    private static func real(_ number: Rational) throws -> BigReal {
        try BigReal(decimal: "\(number.numerator)", precision: 128) / BigReal(decimal: "\(number.denominator)", precision: 128)
    }
}
