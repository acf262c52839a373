import Arithmetic
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PrivacyAudit {
    /// Every mechanism and every law of the module, at parameters at which a few ten thousand runs show most of the loss they claim.
    package static func standardCases() throws -> [Case] {
        try laws() + queries() + unknownCategories() + orderedQueries() + choices() + localReports() + jointNoise()
    }

    /// Noise added to 0 and to `shift`.
    private static func additive(
        _ name: String, _ law: some IntegerLaw, shift: Int64, epsilon: Double, delta: Double = 0, claim: String
    ) -> Case {
        Case(name, epsilon: epsilon, delta: delta, claim: claim) { (onNeighbour, count, random) -> [Int64] in
            let noise = law.samples(count, random: random)
            return onNeighbour ? noise.map { $0 + shift } : noise
        }
    }

    /// The same with delta from the law's probabilities of first, first + 1, ...
    private static func additive(
        _ name: String, _ law: some IntegerLaw, shift: Int, epsilon: Double = 1, probabilities: [Double]
    ) -> Case {
        additive(
            name, law, shift: Int64(shift), epsilon: epsilon,
            delta: LawDivergence.delta(epsilon: epsilon, shift: shift, probabilities: probabilities), claim: "hockey-stick divergence of the law")
    }

    private static func gaussianWeights(_ sigmaSquared: Double, _ range: ClosedRange<Int>) -> [Double] {
        LawDivergence.conditional(range.map { exp(-Double($0 * $0) / (2 * sigmaSquared)) })
    }

    private static func laws() throws -> [Case] {
        let scale = "scale equal to the shift: epsilon 1"
        let laplace = try DiscreteLaplace(scale: 3)
        // Numerator and denominator beyond 64 bits.
        let wide = try DiscreteLaplace(scale: Rational(parsing: "3000000000000000000000001/1000000000000000000000000"))
        let precision = 160
        func halves(_ law: ExactIntegerLaw) throws -> [Double] {
            LawDivergence.mirrored(try law.probabilities(upTo: law.reach(bits: 80)).map(\.double))
        }
        let mean = 9.0
        let poisson = (0...90).map { exp(Double($0) * log(mean) - mean - lgamma(Double($0) + 1)) }
        let share = try PolyaNoise(scale: 3, parties: 2)
        return try [
            additive("discrete-laplace", laplace, shift: 3, epsilon: 1, claim: scale),
            additive("discrete-laplace-128-bit", wide, shift: 3, epsilon: 1, claim: scale),
            additive("laplace-constant-time", ConstantTimeLaplace(scale: 3), shift: 3, epsilon: 1, claim: scale),
            additive("staircase", Staircase(epsilon: 1, sensitivity: 5), shift: 5, epsilon: 1, claim: "epsilon 1 at sensitivity 5"),
            Case("polya-sum", epsilon: 1, claim: "three shares are discrete Laplace noise of scale 3") { onNeighbour, count, random in
                let part = try PolyaNoise(scale: 3, parties: 3)
                var sum = [Int64](repeating: onNeighbour ? 3 : 0, count: count)
                for _ in 0..<3 { for (i, x) in part.samples(count, random: random).enumerated() { sum[i] += x } }
                return sum
            },
            additive(
                "polya-share", share, shift: 1,
                probabilities: halves(
                    .polyaDifference(shares: BigReal(1, precision: precision) / 2, scale: BigReal(3, precision: precision)))),
            additive(
                "geometric", Geometric(scale: 20), shift: 1, epsilon: 0.1, probabilities: LawDivergence.conditional((0...2000).map { exp(-Double($0) / 20) })),
            additive("discrete-gaussian", DiscreteGaussian(sigma: 3), shift: 3, probabilities: gaussianWeights(9, -60...60)),
            additive("gaussian-constant-time", ConstantTimeGaussian(sigmaSquared: 9), shift: 3, probabilities: gaussianWeights(9, -60...60)),
            additive("poisson", Poisson(mean: 9), shift: 3, probabilities: poisson),
            additive("skellam", Skellam(mean: Rational(9, over: 2)), shift: 3, probabilities: halves(.skellam(variance: BigReal(9, precision: precision)))),
            additive(
                "truncated-laplace", Truncated(laplace, to: -8...8), shift: 2,
                probabilities: LawDivergence.conditional((-8...8).map { exp(-Double(abs($0)) / 3) })),
            additive(
                "truncated-gaussian", Truncated(DiscreteGaussian(sigma: 3), to: -7...7), shift: 2, probabilities: gaussianWeights(9, -7...7)),
            // The result is clamped, not the noise: post-processing.
            Case("clamped-result", epsilon: 1, claim: "post-processing of discrete Laplace noise") { onNeighbour, count, random in
                laplace.samples(count, random: random).map { min(max($0 + (onNeighbour ? 3 : 0), -2), 6) }
            },
            additive("clamped-noise", Clamped(laplace, to: -6...6), shift: 2, probabilities: clamped(scale: 3, reach: 6)),
        ]
    }

    private static func clamped(scale: Double, reach: Int) -> [Double] {
        let q = exp(-1 / scale), centre = (1 - q) / (1 + q)
        return (-reach...reach).map { abs($0) == reach ? exp(-Double(reach) / scale) / (1 + q) : centre * exp(-Double(abs($0)) / scale) }
    }
}
