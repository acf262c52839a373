import DifferentialPrivacy
import Foundation
import SandboxCore
import Testing

@Suite struct PrivacyLossAccountantTests {
    static func mechanism(_ name: String, _ parameter: Double) -> PrivacyMechanism {
        switch name {
        case "gaussian": .gaussian(noiseMultiplier: parameter)
        case "laplace": .laplace(scale: parameter)
        case "discrete_gaussian": .discreteGaussian(sigma: parameter, sensitivity: 1)
        default: .discreteLaplace(scale: parameter, sensitivity: 1)
        }
    }

    @Test func boundsAgreeWithEveryCompositionOfTheOracles() throws {
        for row in try OracleTable("compositions").rows {
            let k = Int(row["k"]!)!, delta = row.number("delta")!
            var accountant = PrivacyLossAccountant()
            try accountant.compose(Self.mechanism(row["mechanism"]!, row.number("param")!), count: k)
            let start = ContinuousClock.now
            let bounds = try accountant.epsilonBounds(delta: delta)
            let time = ContinuousClock.now - start
            let exact = row.number("eps_exact_mp")
            print(row["mechanism"]!, row["param"]!, k, delta, bounds.lowerBound, bounds.upperBound, "w", bounds.upperBound - bounds.lowerBound, "ex", exact.map { ($0 - bounds.lowerBound, bounds.upperBound - $0) } ?? (row.number("eps_pld_lo")! - bounds.upperBound, row.number("eps_pld_hi")! - bounds.lowerBound), time)
        }
        for row in try OracleTable("subsampled_gaussian").rows {
            var accountant = PrivacyLossAccountant()
            try accountant.compose(.sampled(.gaussian(noiseMultiplier: row.number("sigma")!), probability: row.number("q")!), count: Int(row["k"]!)!)
            let start = ContinuousClock.now
            let bounds = try accountant.epsilonBounds(delta: row.number("delta")!)
            print(row, bounds, bounds.upperBound - bounds.lowerBound, ContinuousClock.now - start)
        }
    }
}
