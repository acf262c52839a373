import ArgumentParser
import DifferentialPrivacy
import Foundation

struct AccountingBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounting", abstract: "Privacy accounting: compositions and calibration.",
        discussion: """
            repeated: --n uses of one Laplace mechanism of scale 10; mixed: --n different mechanisms (Laplace, discrete Gaussian, pure, sampled Gaussian); \
            calibrate: the discrete Gaussian noise for epsilon 1 over --n releases. delta is 1e-8. The result is checked against a tighter \
            grid, 1e-4 apart at most, or against the target.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable { case repeated, mixed, calibrate }

    @Option(help: "What to measure.") var op = Operation.repeated
    @Option(help: "Compositions, mechanisms or releases.") var n = 1000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= 100_000 else { throw ValidationError("--n must be 1 to 100000") }
    }

    func run() async throws {
        let (op, n) = (op, n)
        let samples = try await options.repeated {
            try await measure({ try Self.answer(op, n, tolerance: 5e-5) }) { found in
                if op == .calibrate {
                    let calibration = try NoiseCalibration(kind: .discreteGaussian, sensitivity: 1, epsilon: 1, delta: 1e-8)
                    return try calibration.epsilon(scale: found, releases: n) <= 1 && calibration.epsilon(scale: found * 0.9999, releases: n) > 1
                }
                let tight = try Self.answer(op, n, tolerance: 5e-6)
                return found >= tight - 1e-9 && found - tight < 1e-4
            }
        }
        let value = try Self.answer(op, n, tolerance: 5e-5)
        try options.report(
            BenchResult(
                "accounting", op: op.rawValue, protocol: "privacy-loss-law", n: n, threads: 1, samples: samples,
                details: [op == .calibrate ? "sigma" : "epsilon": "\(value)"]))
    }

    private static func answer(_ op: Operation, _ n: Int, tolerance: Double) throws -> Double {
        var accountant = PrivacyLossAccountant(tolerance: tolerance)
        switch op {
        case .calibrate:
            return try NoiseCalibration(kind: .discreteGaussian, sensitivity: 1, epsilon: 1, delta: 1e-8).scale(releases: n)
        case .repeated: try accountant.compose(.laplace(scale: 10), count: n)
        case .mixed:
            for i in 0..<n {
                let x = Double(i)
                switch i % 4 {
                case 0: try accountant.compose(.laplace(scale: 5 + x))
                case 1: try accountant.compose(.discreteGaussian(sigma: 10 + x, sensitivity: 1))
                case 2: try accountant.compose(.pure(epsilon: 0.01 + x / 1000))
                default: try accountant.compose(.sampled(.gaussian(noiseMultiplier: 1 + x / 50), probability: 0.02))
                }
            }
        }
        return try accountant.epsilon(delta: 1e-8)
    }
}
