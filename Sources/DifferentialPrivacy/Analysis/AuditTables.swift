import Arithmetic
import SandboxCore

/// The auditor's calculator: the value columns of the tables of known values (Protocols/privacy-accounting.md, "Tables") for any inputs.
///
/// Columns whose name ends in _mp have 22 significant digits, proven by computing twice with growing precision. Columns with a
/// library's name hold this program's own value of the same quantity in double precision; where the quantity is a bracket
/// (eps_pld_lo, eps_pld_hi) it is the program's own.
public enum AuditTables {
    public typealias Values = [(column: String, value: AuditValue)]
    package typealias Compute = @Sendable (AuditRow) throws -> Values

    /// The names of the tables.
    public static var names: [String] { all.keys.sorted() }

    /// Throws `.badInput` or `.range`, with the column as the place, for a table or a value that it does not take.
    public static func evaluate(_ row: AuditRow) throws -> Values {
        guard let compute = all[row.table] else {
            throw YinheError(
                .badInput, "there is no table \"\(row.table.prefix(60))\"", at: "table", remedy: "use one of " + names.joined(separator: ", "))
        }
        return try compute(row)
    }

    private static let all: [String: Compute] = [
        "gaussian_sigma": gaussianSigma, "gaussian_profile": gaussianProfile, "zcdp_to_approx": concentratedToApproximate,
        "pure_to_zcdp": pureToConcentrated, "rdp_curves": renyiCurves, "compositions": compositions,
        "subsampled_gaussian": sampledGaussian, "pure_composition": pureComposition, "discrete_gaussian_moments": gaussianMoments,
        "pmf": probabilities, "variances": variances, "hockey_stick_discrete": hockeySticks, "partition_selection": partitions,
        "selection": selections, "above_threshold": aboveThreshold, "local_dp": localOracles, "amplification": amplification,
        "polya_residual": polyaResidual,
    ]

    // MARK: Numbers

    static let digits = 22

    /// A value to `digits` significant digits.
    static func number(_ compute: (Int) throws -> BigReal) throws -> AuditValue {
        .number(try BigReal.settled(bits: 78, compute).decimal(digits: digits))
    }

    /// The shortest text of a double.
    static func number(_ value: Double) -> AuditValue { value.isFinite ? .number("\(value)") : .text(value > 0 ? "inf" : "-inf") }

    /// The value of a column in double precision.
    static func double(_ value: AuditValue) -> AuditValue {
        guard case .number(let text) = value, let number = Double(text) else { return value }
        return self.number(number)
    }

    static func unknown(_ column: String, _ value: String, _ allowed: String) -> YinheError {
        YinheError(.badInput, "\(column) is \"\(value.prefix(60))\"", at: column, remedy: "use \(allowed)")
    }

    // MARK: Calibration and conversions

    private static let gaussianSigma: Compute = { row in
        let eps = try row.positive("eps"), delta = try row.delta()
        let sigma = try number { try AnalyticGaussian.sigma(epsilon: eps.at($0), delta: delta.at($0)) }
        let classic = try number { p in
            let ratio = try BigReal(decimal: "1.25", precision: p) / delta.at(p)
            return try (2 * BigReal.log(ratio)).squareRoot / eps.at(p)
        }
        return [("sigma_mp", sigma), ("sigma_dp_accounting", double(sigma)), ("sigma_classic_mp", classic)]
    }

    private static let gaussianProfile: Compute = { row in
        let sigma = try row.real("sigma", from: 1e-4, to: 1e9)
        switch try row.text("kind") {
        case "delta_of_eps":
            let eps = try row.real("at", from: 0, to: 1e6)
            return [
                ("value_mp", try number { try AnalyticGaussian.delta(sigma: sigma.at($0), epsilon: eps.at($0)) }),
                ("value_dp_accounting", .null),
            ]
        case "eps_of_delta":
            let delta = try row.delta("at")
            let value = try number { try AnalyticGaussian.epsilon(sigma: sigma.at($0), delta: delta.at($0)) }
            return [("value_mp", value), ("value_dp_accounting", double(value))]
        case let other: throw unknown("kind", other, "delta_of_eps or eps_of_delta")
        }
    }

    private static let concentratedToApproximate: Compute = { row in
        let rho = try row.real("rho", from: 1e-12, to: 1e6), delta = try row.delta()
        let cks = try number { try ExactConversions.canonneKamathSteinke(rho: rho.at($0), delta: delta.at($0)).epsilon }
        return [
            ("eps_bs16_mp", try number { try ExactConversions.bunSteinke(rho: rho.at($0), delta: delta.at($0)) }),
            ("eps_cks20_mp", cks),
            ("alpha_mp", try number { try ExactConversions.canonneKamathSteinke(rho: rho.at($0), delta: delta.at($0)).alpha }),
            ("eps_opendp", double(cks)),
            (
                "eps_gaussian_exact_mp",
                try number { p in
                    let sigma = try 1 / (2 * rho.at(p)).squareRoot
                    return try AnalyticGaussian.epsilon(sigma: sigma, delta: delta.at(p))
                }
            ),
        ]
    }

    private static let pureToConcentrated: Compute = { row in
        let eps = try row.positive("eps")
        return [
            ("rho_classic_mp", try number { p in try eps.at(p) * eps.at(p) / 2 }),
            ("rho_tight_mp", try number { try ExactConversions.pureToConcentrated(epsilon: eps.at($0)) }),
            ("rho_laplace_mp", try number { try ExactConversions.laplaceToConcentrated(epsilon: eps.at($0)) }),
        ]
    }

    private static let renyiCurves: Compute = { row in
        let parameter = try row.real("param", from: 1e-4, to: 1e9), alpha = try row.real("alpha", from: 1, to: 1e6)
        switch try row.text("mechanism") {
        case "gaussian": return [("rdp_mp", try number { try ExactConversions.renyiGaussian(sigma: parameter.at($0), alpha: alpha.at($0)) })]
        case "laplace": return [("rdp_mp", try number { try ExactConversions.renyiLaplace(scale: parameter.at($0), alpha: alpha.at($0)) })]
        case "discrete_laplace":
            return [("rdp_mp", try number { try ExactConversions.renyiBinary(epsilon: 1 / parameter.at($0), alpha: alpha.at($0)) })]
        case let other: throw unknown("mechanism", other, "gaussian, laplace or discrete_laplace")
        }
    }
}
