import Arithmetic
import ArgumentParser
import DifferentialPrivacy
import Foundation
import SandboxCore

struct NoiseBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "noise", abstract: "Exact noise samples per second.",
        discussion: "The result is checked against the law: mean and variance within 7 standard errors (false alarm below 1e-10).")

    enum Operation: String, ExpressibleByArgument, CaseIterable { case laplace }

    @Option(help: "Distribution.") var op = Operation.laplace
    @Option(help: "Scale of the noise: a decimal or a fraction such as 1/3.") var scale = "100"
    @Option(help: "Samples.") var n = 1_000_000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 100, n <= 1 << 30 else { throw ValidationError("--n must be 100 to \(1 << 30)") }
    }

    func run() async throws {
        let law = try DiscreteLaplace(scale: Rational(parsing: scale))
        let samples = try await options.repeated {
            await measure({ law.samples(n, threads: options.threads) }) { noise in Self.agrees(noise, with: law) }
        }
        try options.report(
            BenchResult(
                "noise", op: op.rawValue, protocol: "discrete-laplace-cks20", n: n, threads: options.threads, samples: samples,
                details: ["scale": scale]))
    }

    /// Sample mean and variance within 7 standard errors of the law's 0 and `variance`; its kurtosis is at most 6 plus 1 / variance.
    private static func agrees(_ noise: [Int64], with law: DiscreteLaplace) -> Bool {
        let n = Double(noise.count), variance = law.variance
        let mean = noise.reduce(0.0) { $0 + Double($1) } / n
        let second = noise.reduce(0.0) { $0 + Double($1) * Double($1) } / n
        return abs(mean) <= 7 * (variance / n).squareRoot()
            && abs(second - variance) <= 7 * variance * ((5 + 1 / variance) / n).squareRoot()
    }
}
