import Arithmetic
import SandboxCore

extension AuditTables {
    /// The width is below 1e-4; the upper end is proven, the lower one as `PrivacyLossAccountant.epsilonBounds` says.
    private static func bracket(_ mechanism: PrivacyMechanism, _ count: Int, _ delta: Double) throws -> Values {
        var tolerance = 5e-6
        while true {
            var accountant = PrivacyLossAccountant(tolerance: tolerance)
            try accountant.compose(mechanism, count: count)
            let bounds = try accountant.epsilonBounds(delta: delta)
            if bounds.upperBound - bounds.lowerBound < 9e-5 || tolerance < 2e-7 {
                return [("eps_pld_lo", number(bounds.lowerBound)), ("eps_pld_hi", number(bounds.upperBound))]
            }
            tolerance /= 4
        }
    }

    private static func renyi(_ mechanism: PrivacyMechanism, _ count: Int, _ delta: Double) throws -> (epsilon: Double, order: Double) {
        var accountant = RenyiAccountant()
        try accountant.compose(mechanism, count: count)
        return try accountant.epsilon(delta: delta)
    }

    static let compositions: Compute = { row in
        let parameter = try row.real("param", from: 1e-3, to: 1e6), delta = try row.delta()
        let k = try row.integer("k", from: 1, to: 1_000_000)
        let mechanism: PrivacyMechanism
        var (exact, epsilon, order) = (AuditValue.null, AuditValue.null, AuditValue.null)
        let name = try row.text("mechanism")
        switch name {
        case "gaussian":
            mechanism = .gaussian(noiseMultiplier: parameter.double)
            exact = try number { p in
                let sigma = try parameter.at(p) / BigReal(k, precision: p).squareRoot
                return try AnalyticGaussian.epsilon(sigma: sigma, delta: delta.at(p))
            }
        case "laplace": mechanism = .laplace(scale: parameter.double)
        case "discrete_gaussian": mechanism = .discreteGaussian(sigma: parameter.double, sensitivity: 1)
        case "discrete_laplace":
            mechanism = .discreteLaplace(scale: parameter.double, sensitivity: 1)
            exact = try number { try ExactConversions.optimalComposition(epsilon: 1 / parameter.at($0), count: k, delta: delta.at($0)) }
        default: throw unknown("mechanism", name, "gaussian, laplace, discrete_gaussian or discrete_laplace")
        }
        if name == "gaussian" || name == "laplace" {
            let found = try renyi(mechanism, k, delta.double)
            (epsilon, order) = (number(found.epsilon), number(found.order))
        }
        return try bracket(mechanism, k, delta.double) + [("eps_exact_mp", exact), ("eps_rdp", epsilon), ("rdp_order", order)]
    }

    static let sampledGaussian: Compute = { row in
        let q = try row.real("q", from: 1e-9, to: 1), sigma = try row.real("sigma", from: 1e-2, to: 1e6), delta = try row.delta()
        let k = try row.integer("k", from: 1, to: 1_000_000)
        let step = PrivacyMechanism.sampled(.gaussian(noiseMultiplier: sigma.double), probability: q.double)
        return try bracket(step, k, delta.double) + [("eps_rdp", number(renyi(step, k, delta.double).epsilon))]
    }

    static let pureComposition: Compute = { row in
        let e = try row.positive("eps0", upTo: 1e4), delta = try row.delta(), k = try row.integer("k", from: 1, to: 1_000_000)
        return [
            ("eps_basic", try number { try e.at($0) * k }),
            (
                "eps_advanced_mp",
                try number { p in
                    let root = try (2 * k * BigReal.log(1 / delta.at(p))).squareRoot
                    return try root * e.at(p) + k * e.at(p) * BigReal.expm1(e.at(p))
                }
            ),
            ("eps_optimal_mp", try number { try ExactConversions.optimalComposition(epsilon: e.at($0), count: k, delta: delta.at($0)) }),
            (
                "eps_via_zcdp_mp",
                try number { p in
                    let rho = try e.at(p) * e.at(p) * k / 2
                    return try ExactConversions.canonneKamathSteinke(rho: rho, delta: delta.at(p)).epsilon
                }
            ),
        ]
    }

    static let amplification: Compute = { row in
        let e = try row.positive("eps")
        switch try row.text("kind") {
        case "poisson_subsampling_pure":
            let q = try row.real("size", from: 1e-300, to: 1)
            return [("eps_out_mp", try number { try BigReal.log1p(q.at($0) * BigReal.expm1(e.at($0))) })]
        case "shuffle_fmt21_closed_form":
            // V. Feldman, A. McMillan, K. Talwar, "Hiding among the clones", 2021, theorem 3.1.
            let n = try row.integer("size", from: 1, to: 1_000_000_000_000_000), delta = try row.delta()
            let limit = ExactMath.log(Double(n) / (16 * ExactMath.log(2 / delta.double)))
            guard e.double <= limit else {
                throw YinheError(
                    .range, "the theorem needs eps <= ln(n / (16 ln(2 / delta))), which is \(limit) here", at: "eps",
                    remedy: "use a smaller eps or more participants")
            }
            return [
                (
                    "eps_out_mp",
                    try number { p in
                        let growth = try BigReal.exp(e.at(p)), size = BigReal(n, precision: p)
                        let root = try 8 * (growth * BigReal.log(4 / delta.at(p)) / size).squareRoot
                        return BigReal.log1p((growth - 1) / (growth + 1) * (root + 8 * growth / size))
                    }
                )
            ]
        case let other: throw unknown("kind", other, "poisson_subsampling_pure or shuffle_fmt21_closed_form")
        }
    }
}
