import Arithmetic
import SandboxCore

extension AuditTables {
    /// Laws whose tables grow with the scale.
    private static func scale(_ row: AuditRow, _ column: String = "param", upTo limit: Double = 2e4) throws -> AuditRow.Real {
        try row.real(column, from: 1e-3, to: limit)
    }

    /// n of a name such as polya_share_1/n.
    private static func shares(_ name: String, after prefix: String) -> Int? {
        guard name.hasPrefix(prefix), let n = Int(name.dropFirst(prefix.count)), n >= 1, n <= 1_000_000 else { return nil }
        return n
    }

    static let gaussianMoments: Compute = { row in
        let sigma = try scale(row, "sigma")
        let exact = try sigma.at(256)
        let one = max(1, exact.nearestInteger), three = max(1, (3 * exact).nearestInteger)
        func value(_ part: (DiscreteGaussianMoments) -> BigReal) throws -> AuditValue {
            try number { try part(DiscreteGaussianMoments(sigma: sigma.at($0))) }
        }
        return [
            ("variance_mp", try value(\.variance)), ("sd_mp", try value(\.variance.squareRoot)),
            ("fourth_moment_mp", try value(\.fourth)), ("p0_mp", try value(\.atZero)), ("tail_1s_mp", try value { $0.tail(from: one) }),
            ("tail_3s_mp", try value { $0.tail(from: three) }),
        ]
    }

    static let probabilities: Compute = { row in
        let name = try row.text("law"), parameter = try scale(row), x = try row.integer("x", from: -1_000_000, to: 1_000_000)
        func law(_ make: @escaping (BigReal) -> ExactIntegerLaw, tail: Bool) throws -> Values {
            [
                ("pmf_mp", try number { try make(parameter.at($0)).probabilities(upTo: abs(x))[abs(x)] }),
                ("upper_tail_mp", tail ? try number { try make(parameter.at($0)).upperTail(above: x) } : .null),
            ]
        }
        switch name {
        case "discrete_gaussian": return try law(ExactIntegerLaw.discreteGaussian, tail: true)
        case "discrete_laplace":
            let pmf = try number { p in
                let b = try parameter.at(p)
                return try -BigReal.expm1(-1 / b) / (1 + BigReal.exp(-1 / b)) * BigReal.exp(-(BigReal(abs(x), precision: p) / parameter.at(p)))
            }
            return [("pmf_mp", pmf), ("upper_tail_mp", try number { try ExactIntegerLaw.discreteLaplace(scale: parameter.at($0)).upperTail(above: x) })]
        case "skellam": return try law(ExactIntegerLaw.skellam, tail: false)
        default:
            guard let n = shares(name, after: "polya_share_1/") else {
                throw unknown("law", name, "discrete_gaussian, discrete_laplace, skellam or polya_share_1/n")
            }
            guard x >= 0 else { return [("pmf_mp", .number("0.0")), ("upper_tail_mp", .null)] }
            return [
                ("pmf_mp", try number { try PolyaShare.probability(of: x, shares: 1 / BigReal(n, precision: $0), scale: parameter.at($0)) }),
                ("upper_tail_mp", .null),
            ]
        }
    }

    static let variances: Compute = { row in
        let name = try row.text("law"), b = try scale(row)
        switch name {
        case "discrete_laplace":
            return [
                ("variance_mp", try number { try 2 * PolyaShare.variance(shares: BigReal(1, precision: $0), scale: b.at($0)) }),
                ("p0_mp", try number { try -BigReal.expm1(-1 / b.at($0)) / (1 + BigReal.exp(-1 / b.at($0))) }),
            ]
        case "laplace": return [("variance_mp", try number { try 2 * b.at($0) * b.at($0) }), ("p0_mp", .null)]
        default:
            guard let n = shares(name, after: "polya_share_difference_1/") else {
                throw unknown("law", name, "discrete_laplace, laplace or polya_share_difference_1/n")
            }
            return [
                ("variance_mp", try number { try 2 * PolyaShare.variance(shares: 1 / BigReal(n, precision: $0), scale: b.at($0)) }),
                ("p0_mp", try number { try PolyaShare.differenceAtZero(shares: 1 / BigReal(n, precision: $0), scale: b.at($0)) }),
            ]
        }
    }

    static let hockeySticks: Compute = { row in
        let name = try row.text("law"), parameter = try scale(row, upTo: 2000)
        let shift = try row.integer("shift", from: -10_000, to: 10_000), eps = try row.real("eps", from: 0, to: 1e4)
        // As floating-point programs have it: each party's sigma is the double nearest to sigma / sqrt 2.
        let part = "\(parameter.double / 2.0.squareRoot())"
        func law(_ p: Int) throws -> ExactIntegerLaw {
            let value = try parameter.at(p)
            switch name {
            case "discrete_gaussian": return .discreteGaussian(sigma: value)
            case "sum_of_2_discrete_gaussian_each_sigma/sqrt2": return .sumOfTwoDiscreteGaussians(sigma: try BigReal(decimal: part, precision: p))
            case "sum_of_2_discrete_gaussian_each_full": return .sumOfTwoDiscreteGaussians(sigma: value)
            case "skellam_variance_sigma^2": return .skellam(variance: value * value)
            case "discrete_laplace": return .discreteLaplace(scale: value)
            case "sum_of_2_discrete_laplace_each_full": return .sumOfTwoDiscreteLaplaces(scale: value)
            default:
                throw unknown(
                    "law", name,
                    "discrete_gaussian, sum_of_2_discrete_gaussian_each_sigma/sqrt2, sum_of_2_discrete_gaussian_each_full, "
                        + "skellam_variance_sigma^2, discrete_laplace or sum_of_2_discrete_laplace_each_full")
            }
        }
        return [("delta_mp", try number { try law($0).hockeyStick(shift: shift, epsilon: eps.at($0)) })]
    }

    static let polyaResidual: Compute = { row in
        let b = try scale(row, "b"), n = try row.integer("n", from: 1, to: 1_000_000), t = try row.integer("t", from: 1, to: n)
        func share(_ p: Int) -> BigReal { BigReal(t, precision: p) / n }
        let residual = try number { try PolyaShare.largestLoss(shares: share($0), scale: b.at($0), over: 40).loss }
        let at = try PolyaShare.largestLoss(shares: share(320), scale: b.at(320), over: 40).at
        return [
            ("eps_all_mp", try number { try 1 / b.at($0) }), ("eps_residual_mp", residual), ("at_x", .number(String(at))),
            ("variance_mp", try number { try 2 * PolyaShare.variance(shares: share($0), scale: b.at($0)) }),
        ]
    }
}
