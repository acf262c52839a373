import Arithmetic
import ArgumentParser
import DifferentialPrivacy
import Foundation
import SandboxCore

struct NoiseBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "noise", abstract: "Exact noise samples per second, a large private histogram, and the audit of every mechanism.",
        discussion: """
            The result is checked against the law: mean and variance within 7 standard errors (false alarm below 1e-10). --scale is the \
            scale b of laplace, geometric, polya and laplace-constant-time, sigma of gaussian and gaussian-constant-time, the mean of \
            poisson and skellam, and the sensitivity of staircase (at epsilon 1) and multi-scale (at epsilon 4, shares of --parties). Noise that \
            two parties compute on shares: yinhe-bench share --op joint-noise.

            --op histogram: limits of one category and one row a subject, then the noised counts of --keys categories that nobody declared, from --rows rows \
            that are streamed; the kept counts are compared with plain ones, the noise with its law.

            --audit runs every mechanism --n times on each of two neighbouring inputs and gives a lower bound on its epsilon, which exceeds the true \
            value for any of them with a probability of at most 1 - confidence. Exit status 2 when a bound is above a claim.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case laplace, gaussian, geometric, poisson, skellam, polya, staircase, histogram
        case multiScale = "multi-scale"
        case constantLaplace = "laplace-constant-time", constantGaussian = "gaussian-constant-time"
    }

    @Option(help: "Distribution.") var op = Operation.laplace
    @Option(help: "Scale of the noise: a decimal or a fraction such as 1/3.") var scale = "100"
    @Option(help: "polya, multi-scale: parties that share the noise.") var parties = 2
    @Option(help: "Samples, or runs of each input of an audit (200000 by default).") var n: Int?
    @Option(help: "histogram: rows.") var rows = 10_000_000
    @Option(help: "histogram: categories.") var keys = 100_000
    @Flag(help: "Test every mechanism on neighbouring inputs for more privacy loss than it claims.") var audit = false
    @Option(help: "--audit: probability of no false alarm in the whole audit.") var confidence = 0.999
    @Option(help: ArgumentHelp("--audit: only mechanisms whose names contain this.", valueName: "name")) var mechanism: String?
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard samples >= 100, samples <= 1 << 30 else { throw ValidationError("--n must be 100 to \(1 << 30)") }
        guard rows >= 1000, rows <= 1 << 32 else { throw ValidationError("--rows must be 1000 to 2^32") }
        guard keys >= 1, keys <= 1 << 24, keys <= rows else { throw ValidationError("--keys must be 1 to 2^24, and at most --rows") }
        guard confidence > 0, confidence < 1 else { throw ValidationError("--confidence must be above 0 and below 1") }
        guard audit || mechanism == nil else { throw ValidationError("--mechanism goes with --audit") }
    }

    var samples: Int { n ?? (audit ? 200_000 : 1_000_000) }

    func run() async throws {
        if audit { return try runAudit() }
        let scale = try Rational(parsing: scale)
        switch op {
        case .histogram: try await runHistogram()
        case .laplace:
            let law = try DiscreteLaplace(scale: scale)
            try await measureLaw(law, "discrete-laplace-cks20", variance: law.variance, excess: 3 + 1 / law.variance)
        case .gaussian:
            let law = try DiscreteGaussian(sigma: scale)
            try await measureLaw(law, "discrete-gaussian-cks20", variance: law.variance, excess: 1 / law.variance)
        case .geometric:
            let law = try Geometric(scale: scale)
            try await measureLaw(
                law, "geometric-cks20", mean: 1 / expm1(1 / scale.approximation), variance: law.variance, excess: 6 + 1 / law.variance)
        case .poisson:
            let law = try Poisson(mean: scale)
            try await measureLaw(law, "poisson-inversion", mean: scale.approximation, variance: law.variance, excess: 1 / law.variance)
        case .skellam:
            let law = try Skellam(mean: scale)
            try await measureLaw(law, "skellam-inversion", variance: law.variance, excess: 1 / law.variance)
        case .polya:
            let law = try PolyaNoise(scale: scale, parties: parties)
            // Cumulants add up: those of one of n shares are 1/n of the sum's.
            try await measureLaw(
                law, "polya-thinning", variance: law.variance,
                excess: (3 + 1 / DiscreteLaplace(scale: scale).variance) * Double(parties))
        case .multiScale:
            guard scale.isInteger, let sensitivity = Int(exactly: scale.numerator) else {
                throw ValidationError("--scale must be an integer sensitivity for multi-scale")
            }
            let law = try MultiScaleLaplace(epsilon: 4, sensitivity: sensitivity, parties: parties)
            // Fourth cumulants add up: at most that of the narrowest part, of scale 1 / 4, and of one of n shares n times that.
            try await measureLaw(
                law, "multi-scale-laplace-step-\(law.step)", variance: law.variance,
                excess: (3 + 1 / DiscreteLaplace(scale: Rational(1, over: 4)).variance) * Double(parties))
        case .staircase:
            guard scale.isInteger, let sensitivity = Int(exactly: scale.numerator) else {
                throw ValidationError("--scale must be an integer sensitivity for staircase")
            }
            let law = try Staircase(epsilon: 1, sensitivity: sensitivity)
            try await measureLaw(law, "staircase", variance: law.variance, excess: 6 + 1 / law.variance)
        case .constantLaplace:
            let law = try DiscreteLaplace(scale: scale)
            try await measureLaw(
                ConstantTimeLaplace(scale: scale), "laplace-bitwise", variance: law.variance, excess: 3 + 1 / law.variance)
        case .constantGaussian:
            let law = try DiscreteGaussian(sigma: scale)
            try await measureLaw(
                ConstantTimeGaussian(sigmaSquared: law.sigmaSquared), "gaussian-full-scan", variance: law.variance,
                excess: 1 / law.variance)
        }
    }

    /// Standard errors of the mean and of the variance.
    static let tolerance = 7.0

    /// `excess`: an upper bound of the law's excess kurtosis.
    private func measureLaw(
        _ law: some IntegerLaw, _ name: String, mean: Double = 0, variance: Double, excess: Double
    ) async throws {
        // Both deviations in standard errors; the larger one, of all runs.
        var worst = 0.0
        let count = samples
        let samples = try await options.repeated {
            await measure({ law.samples(count, threads: options.threads) }) { noise in
                let n = Double(noise.count)
                let first = noise.reduce(0.0) { $0 + Double($1) - mean } / n
                let second = noise.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
                let deviation = max(
                    abs(first) / (variance / n).squareRoot(), abs(second - variance) / (variance * ((2 + excess) / n).squareRoot()))
                worst = max(worst, deviation)
                return deviation <= Self.tolerance
            }
        }
        try options.report(
            BenchResult(
                "noise", op: op.rawValue, protocol: name, n: count, threads: options.threads, samples: samples,
                details: ["scale": scale, "standard_errors": String(format: "%.3f", worst)]))
    }
}
