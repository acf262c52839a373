import DifferentialPrivacy
import Foundation
import SandboxCore
import Testing

@Suite struct NoiseCalibrationTests {
    @Test(arguments: NoiseKind.allCases, [1, 12, 365]) func theNoiseIsTheLeastThatKeepsTheTarget(_ kind: NoiseKind, _ releases: Int) throws {
        for (epsilon, delta) in [(0.3, 1e-9), (2.0, 1e-6)] {
            let calibration = try NoiseCalibration(kind: kind, sensitivity: 3, epsilon: epsilon, delta: delta)
            let scale = try calibration.scale(releases: releases)
            #expect(try calibration.epsilon(scale: scale, releases: releases) <= epsilon)
            #expect(try calibration.epsilon(scale: scale * 0.999, releases: releases) > epsilon)
            #expect(try calibration.releases(scale: scale) >= releases)
            #expect(try calibration.releases(scale: scale * 0.9) <= releases)
            #expect(try calibration.epsilon(scale: scale * 0.9, releases: releases + releases / 2 + 1) > epsilon)
        }
    }

    @Test func analyticSigmaIsTheTablesAndNeverBelow() throws {
        for row in try OracleTable("gaussian_sigma").rows {
            let exact = row.number("sigma_mp")!
            let sigma = try AnalyticGaussian.sigma(epsilon: row.number("eps")!, delta: row.number("delta")!)
            #expect(sigma >= exact * (1 - 1e-14) && sigma <= exact * (1 + 1e-8), "\(row): \(sigma)")
        }
        for row in try OracleTable("gaussian_profile").rows where row["kind"] == "eps_of_delta" {
            let exact = row.number("value_mp")!
            let epsilon = try AnalyticGaussian.epsilon(sigma: row.number("sigma")!, delta: row.number("at")!)
            #expect(epsilon >= exact * (1 - 1e-14) && epsilon <= exact * (1 + 1e-7), "\(row): \(epsilon)")
        }
    }

    @Test func conversionsAgreeWithTheTablesAndRoundUp() throws {
        for row in try OracleTable("zcdp_to_approx").rows {
            let exact = row.number("eps_cks20_mp")!
            let found = try Conversions.concentratedToApproximate(rho: row.number("rho")!, delta: row.number("delta")!)
            #expect(found >= exact && found <= exact * (1 + 1e-10) + 1e-14, "\(row): \(found)")
        }
        for row in try OracleTable("pure_to_zcdp").rows {
            let e = row.number("eps")!
            #expect(abs(Conversions.pureToConcentrated(epsilon: e) / row.number("rho_tight_mp")! - 1) < 1e-12)
            let laplace = Conversions.laplaceToConcentrated(epsilon: e), exact = row.number("rho_laplace_mp")!
            #expect(laplace >= exact && laplace < exact * (1 + 1e-8))
        }
        for row in try OracleTable("amplification").rows where row["kind"] == "poisson_subsampling_pure" {
            let found = Subsampling.amplified(epsilon: row.number("eps")!, probability: row.number("size")!)
            #expect(abs(found / row.number("eps_out_mp")! - 1) < 1e-13)
        }
        #expect(abs(Subsampling.amplified(epsilon: 5000, probability: 0.25) - (5000 + log(0.25))) < 1e-9)
    }

    @Test func widthsHoldTheNoiseWithTheirConfidence() {
        for scale in [0.3, 1.0, 7.7, 120] {
            for confidence in [0.5, 0.95, 0.999] {
                let k = NoiseKind.discreteGaussian.halfWidth(scale: scale, confidence: confidence)
                let weights = (-2000...2000).map { exp(-Double($0 * $0) / (2 * scale * scale)) }
                func inside(_ k: Double) -> Double {
                    zip(-2000...2000, weights).reduce(0.0) { $0 + (Double($1.0.magnitude) <= k ? $1.1 : 0) } / weights.reduce(0, +)
                }
                #expect(inside(k) >= confidence - 1e-12 && (k == 0 || inside(k - 1) < confidence))
                let b = NoiseKind.discreteLaplace.halfWidth(scale: scale, confidence: confidence), q = exp(-1 / scale)
                func tail(_ k: Double) -> Double { 2 * exp(-(k + 1) / scale) / (1 + q) }
                #expect(tail(b) <= (1 - confidence) * (1 + 1e-9) && (b == 0 || tail(b - 1) > 1 - confidence))
            }
        }
    }

    @Test func aFilterHaltsAtItsLimitAndChargesNothingBeyond() throws {
        var filter = try PrivacyFilter(.approximate(epsilon: 1, delta: 1e-6))
        for _ in 0..<10 { try filter.admit(.pure(epsilon: 0.1)) }
        let spent = filter.spent
        #expect(throws: YinheError.self) { try filter.admit(.pure(epsilon: 0.001)) }
        #expect(throws: YinheError.self) { try filter.admit(.gaussian(noiseMultiplier: 100)) }
        #expect(filter.spent == spent)

        var concentrated = try PrivacyFilter(.concentrated(rho: 0.5))
        var admitted = 0
        // Adaptive: less noise after every ten steps, until one does not fit.
        for i in 0..<100 {
            do { try concentrated.admit(.gaussian(noiseMultiplier: 10 / Double(1 + i / 10))) } catch { break }
            admitted += 1
        }
        // Ten steps of 0.005, ten of 0.02, then 0.045 each: five more fit into 0.5.
        #expect(admitted == 25)
        #expect(abs(try concentrated.guarantee(delta: 1e-6) - Conversions.concentratedToApproximate(rho: 0.5, delta: 1e-6)) < 1e-12)

        var gaussian = try PrivacyFilter(.gaussian(mu: 1))
        for _ in 0..<4 { try gaussian.admit(.gaussian(noiseMultiplier: 2)) }
        #expect(throws: YinheError.self) { try gaussian.admit(.gaussian(noiseMultiplier: 50)) }
        #expect(throws: YinheError.self) { try gaussian.admit(.laplace(scale: 50)) }
        #expect(abs(try gaussian.guarantee(delta: 1e-5) - 4.3771780956812246277) < 1e-6)
        for limit in [PrivacyFilter.Limit.concentrated(rho: 0), .gaussian(mu: .nan), .renyi(order: 1, divergence: 1), .approximate(epsilon: -1, delta: 0)] {
            #expect(throws: YinheError.self) { _ = try PrivacyFilter(limit) }
        }
    }

    @Test func theOdometerIsAboveThePlainAccountAndGrows() throws {
        var odometer = try PrivacyOdometer(delta: 1e-6)
        #expect(try odometer.epsilon == 0)
        var last = 0.0
        for k in 1...40 {
            try odometer.record(.gaussian(noiseMultiplier: 10))
            let epsilon = try odometer.epsilon
            let plain = try Conversions.concentratedToApproximate(rho: Double(k) * 0.005, delta: 1e-6)
            #expect(epsilon >= plain && epsilon >= last && epsilon < plain * 2.2)
            last = epsilon
        }
    }

    @Test func disjointGroupsCostTheWorstOfThem() throws {
        var (a, b) = (PrivacyLossAccountant(), PrivacyLossAccountant())
        try a.compose(.laplace(scale: 10), count: 30)
        try b.compose(.discreteGaussian(sigma: 4, sensitivity: 1), count: 9)
        let both = try ParallelComposition.epsilon(of: [a, b], delta: 1e-6)
        #expect(both == max(try a.epsilon(delta: 1e-6), try b.epsilon(delta: 1e-6)))
        let loss = try ParallelComposition.loss(of: [PrivacyLoss(epsilon: 1), PrivacyLoss(epsilon: 2), PrivacyLoss(epsilon: 1)])
        #expect(loss.epsilon == 2 && loss.delta == 0)
    }
}
