import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/joint-noise.json.
private struct JointNoiseVectors: Decodable {
    struct Bits: Decodable {
        var scale: String
        var distance_bits: Int
        var places: Int
        var nonzero: String
        var digits: [String]
        var distance: String?
    }
    struct Residual: Decodable {
        var parties: Int
        var known: Int
        var scale: String
        var shift: Int
        var epsilon: String
    }
    struct Profile: Decodable {
        var shape: String
        var scale: String
        var shift: Int
        var epsilon: String
        var delta: String
    }
    struct MultiScale: Decodable {
        var epsilon: String
        var sensitivity: Int
        var step: Int
        var variance: String
        var at_zero: String
        var largest_loss: String
    }
    struct Gaussian: Decodable {
        var sigma_squared: String
        var parties: Int
        var shift: Int
        var epsilon: String
        var tau: String
        var rho: String
        var delta: String
    }
    var laplace_bits: [Bits]
    var residual: [Residual]
    var profile: [Profile]
    var multi_scale: [MultiScale]
    var distributed_gaussian: [Gaussian]

    static let all = try! JSONDecoder().decode(
        JointNoiseVectors.self, from: Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/joint-noise.json")))
}

@Suite struct JointNoiseTests {
    private func real(_ text: String) throws -> Double { try Rational(parsing: text).approximation }

    /// At least the true value, and above it by no more than `slack` of it.
    private func isJustAbove(_ value: Double, _ truth: Double, _ slack: Double) -> Bool {
        value >= truth * (1 - 1e-12) && value <= truth * (1 + slack) + 1e-14
    }

    // MARK: Losses

    @Test func residualLossesAgreeWithTheOracle() throws {
        for row in try OracleTable("polya_residual").rows {
            let n = Int(row["n"]!)!, t = Int(row["t"]!)!, b = try Rational(parsing: row["b"]!)
            // A sensitivity of 1 at epsilon 1 / b.
            let noise = try JointNoise(.divisible, parties: n, sensitivity: 1, epsilon: 1 / b)
            let left = try noise.guarantee(knowing: n - t)!
            #expect(isJustAbove(left.epsilon!, row.number("eps_residual_mp")!, 1e-8), "\(row)")
            #expect(abs(left.deviation * left.deviation / row.number("variance_mp")! - 1) < 1e-12, "\(row)")
            let whole = try noise.guarantee(knowing: 0)!
            #expect(isJustAbove(whole.epsilon!, row.number("eps_all_mp")!, 1e-8), "\(row)")
        }
    }

    @Test func residualLossesOfLargerShiftsAgreeWithDirectSums() throws {
        for row in JointNoiseVectors.all.residual {
            let scale = try real(row.scale)
            let law = GeneralisedLaplace(shape: Double(row.parties - row.known) / Double(row.parties), scale: scale)
            #expect(isJustAbove(law.pureLoss(shift: Double(row.shift)), Double(row.epsilon)!, 1e-8), "\(row)")
            // The table gives the same by another route.
            let table = law.table(shift: Double(row.shift))!
            #expect(abs(table.largestLoss(shift: row.shift) / Double(row.epsilon)! - 1) < 1e-8, "\(row)")
        }
    }

    @Test func profilesAgreeWithDirectSums() throws {
        for row in JointNoiseVectors.all.profile {
            let law = try GeneralisedLaplace(shape: real(row.shape), scale: real(row.scale))
            let shift = Double(row.shift), epsilon = try real(row.epsilon)
            #expect(isJustAbove(law.delta(epsilon: epsilon, shift: shift)!, Double(row.delta)!, 1e-7), "\(row)")
            // Back again.
            let delta = Double(row.delta)!
            guard delta > 0 else { continue }
            #expect(abs(law.epsilon(delta: delta, shift: shift)! - epsilon) < 1e-6, "\(row)")
        }
    }

    @Test func lossesOfHugeScalesAreFinite() throws {
        // Continuous limit: the loss of half the shape grows with the logarithm of the scale, at a fixed epsilon.
        var last = 1.0
        for exponent in [3, 6, 9, 12, 15] {
            let scale = pow(10, Double(exponent))
            let loss = GeneralisedLaplace(shape: 0.5, scale: scale).pureLoss(shift: scale)
            // At most ln (shift! Gamma(1/2) / Gamma(shift + 1/2)) more than epsilon: Protocols/joint-noise.md.
            let bound = 1 + lgamma(scale + 1) + lgamma(0.5) - lgamma(scale + 0.5)
            #expect(loss > last && loss < (exponent < 12 ? bound : 20), "scale 10^\(exponent): \(loss), \(bound)")
            last = loss
        }
    }

    @Test func twoFullSamplesProtectMoreThanOneAtDelta() throws {
        for b in [0.5, 3, 1e3, 1e9] {
            let shift = b < 1 ? 1.0 : b
            let one = GeneralisedLaplace(shape: 1, scale: b), two = GeneralisedLaplace(shape: 2, scale: b)
            #expect(two.pureLoss(shift: shift) == one.pureLoss(shift: shift))
            #expect(two.epsilon(delta: 1e-3, shift: shift)! < one.epsilon(delta: 1e-3, shift: shift)!)
        }
    }

    // MARK: Multi-scale

    @Test func multiScaleNoiseIsAsPrivateAsItSays() throws {
        for row in JointNoiseVectors.all.multi_scale {
            let law = try MultiScaleLaplace(epsilon: Rational(parsing: row.epsilon), sensitivity: row.sensitivity, step: row.step, parties: 1)
            #expect(abs(law.totalVariance / Double(row.variance)! - 1) < 1e-6, "\(row)")
            let table = try #require(law.table(), "\(row)")
            #expect(abs(table[0] / Double(row.at_zero)! - 1) < 1e-8, "\(row)")
            #expect(Double(row.largest_loss)! <= law.epsilon.approximation * (1 + 1e-10), "\(row)")
            // No delta is left at epsilon, for any change up to the sensitivity; just below, there is some for the largest loss.
            for shift in 1...row.sensitivity {
                #expect(table.delta(epsilon: law.epsilon.approximation + 1e-6, shift: shift) < 1e-12, "\(row), shift \(shift)")
            }
            let below = (1...row.sensitivity).map { table.delta(epsilon: Double(row.largest_loss)! - 1e-3, shift: $0) }.max()!
            #expect(below > 1e-13, "\(row)")
        }
    }

    @Test(arguments: [("3", 3, 1, 2), ("5", 6, 1, 3), ("4", 6, 2, 2), ("2", 1, 1, 4)])
    func multiScaleSharesFollowTheLaw(epsilon: String, sensitivity: Int, step: Int, parties: Int) throws {
        let law = try MultiScaleLaplace(epsilon: Rational(parsing: epsilon), sensitivity: sensitivity, step: step, parties: parties)
        var sums = [Int64](repeating: 0, count: 200_000)
        for party in 0..<parties {
            for (i, share) in law.samples(sums.count, random: SeededRandom(UInt64(31 + party))).enumerated() { sums[i] += share }
        }
        expectFit(sums, try #require(law.table()))
        expectFit(law.samples(200_000, random: SeededRandom(40)), try #require(law.table(weight: 1 / Double(parties))))
    }

    @Test func theChosenStepHasTheLeastVariance() throws {
        for (epsilon, sensitivity) in [("1/2", 20), ("3", 30), ("8", 200), ("10", 1)] {
            let e = try Rational(parsing: epsilon)
            let chosen = try MultiScaleLaplace(epsilon: e, sensitivity: sensitivity, parties: 2)
            let steps = e > 1 ? Array(1...sensitivity) : [1]
            let all = try steps.map { try MultiScaleLaplace(epsilon: e, sensitivity: sensitivity, step: $0, parties: 2).totalVariance }
            #expect(chosen.totalVariance == all.min())
        }
    }

    // MARK: Gaussian

    @Test func theCorrectionTermCoversTheExactLaw() throws {
        for row in JointNoiseVectors.all.distributed_gaussian {
            let law = try DistributedGaussian(shareSigmaSquared: Rational(parsing: row.sigma_squared), shares: row.parties)
            #expect(isJustAbove(law.tau, Double(row.tau)!, 1e-9), "\(row)")
            #expect(isJustAbove(law.rho(sensitivity: Double(row.shift)), Double(row.rho)!, 1e-9), "\(row)")
            let table = try #require(law.table)
            let epsilon = try real(row.epsilon), exact = table.delta(epsilon: epsilon, shift: row.shift)
            #expect(isJustAbove(exact, Double(row.delta)!, 1e-7), "\(row)")
            for delta in [1e-3, 1e-6, 1e-9] {
                let stated = try law.epsilon(delta: delta, sensitivity: Double(row.shift))
                #expect(table.delta(epsilon: stated, shift: row.shift) <= delta, "\(row), delta \(delta)")
            }
        }
    }

    @Test(arguments: [(1.0, 1e-6, 1.0, 2), (0.1, 1e-9, 1000, 3), (4, 1e-5, 7, 8), (0.5, 1e-9, 1e12, 5)])
    func calibratedGaussiansMeetTheirTargetClosely(epsilon: Double, delta: Double, sensitivity: Double, shares: Int) throws {
        let law = try DistributedGaussian.calibrated(epsilon: epsilon, delta: delta, sensitivity: sensitivity, shares: shares)
        let met = try law.epsilon(delta: delta, sensitivity: sensitivity)
        #expect(met <= epsilon && met > epsilon * 0.9999)
    }

    @Test func gaussianSharesFollowTheConvolution() throws {
        let law = try DistributedGaussian(shareSigmaSquared: Rational(1, over: 2), shares: 3)
        var sums = [Int64](repeating: 0, count: 200_000)
        for party in 0..<3 {
            for (i, share) in try law.share.samples(sums.count, random: SeededRandom(UInt64(50 + party))).enumerated() { sums[i] += share }
        }
        expectFit(sums, try #require(law.table))
    }

    // MARK: Bits

    @Test func thresholdsAgreeWithAnIndependentComputation() throws {
        for row in JointNoiseVectors.all.laplace_bits {
            let law = try LaplaceBits(scale: Rational(parsing: row.scale), distanceBits: row.distance_bits)
            #expect(law.bits == row.places && String(law.nonzero, radix: 16) == row.nonzero, "\(row.scale)")
            #expect(law.digits.map { String($0, radix: 16) } == row.digits, "\(row.scale)")
            #expect(law.distance <= pow(2, -Double(row.distance_bits)), "\(row.scale)")
            if let exact = row.distance { #expect(Double(exact)! <= law.distance && Double(exact)! > 0, "\(row.scale)") }
        }
    }

    // MARK: Who is protected

    @Test func sharesForFewerPartiesKeepTheGuaranteeWhenTheOthersFail() throws {
        for method in JointNoiseMethod.allCases {
            for (parties, tolerated) in [(2, 0), (3, 1), (5, 2), (8, 6)] {
                let noise = try JointNoise(method, parties: parties, tolerated: tolerated, sensitivity: 4, epsilon: 2, delta: 1e-6)
                for known in 0...tolerated {
                    let left = try #require(try noise.guarantee(knowing: known))
                    let epsilon = method == .gaussian ? left.epsilonAtDelta! : left.epsilon!
                    #expect(epsilon <= 2 * (1 + 1e-9), "\(method), \(parties), \(known)")
                }
                #expect(try noise.guarantee(knowing: parties) == nil)
                // One more than tolerated costs something, unless every party's noise is enough.
                guard tolerated + 1 < parties, method == .divisible || method == .gaussian else { continue }
                let worse = try #require(try noise.guarantee(knowing: tolerated + 1))
                #expect((method == .gaussian ? worse.epsilonAtDelta! : worse.epsilon!) > 2.05, "\(method), \(parties)")
            }
        }
    }

    @Test func droppedSharesLeaveExactlyTheStatedLaw() throws {
        // Four parties, one of whom may fail: the other three's shares are one full sample, all four more than one.
        let noise = try JointNoise(.divisible, parties: 4, tolerated: 1, sensitivity: 6, epsilon: Rational(1, over: 2))
        guard case .share(let share) = noise.law else { return #expect(Bool(false)) }
        for present in [3, 4] {
            var sums = [Int64](repeating: 0, count: 200_000)
            for party in 0..<present {
                for (i, x) in share.samples(sums.count, random: SeededRandom(UInt64(60 + party))).enumerated() { sums[i] += x }
            }
            expectFit(sums, GeneralisedLaplace(shape: Double(present) / 3, scale: 12).table()!)
            if present == 3 { #expect(StatisticalChecks.passesLaplaceFit(sums, scale: 12)) }
        }
    }

    @Test func nonsenseIsRefused() {
        func refused(_ body: () throws -> Void) -> Bool {
            do { try body(); return false } catch { return (error as? YinheError)?.code == .range }
        }
        #expect(refused { _ = try JointNoise(.divisible, parties: 1, sensitivity: 1, epsilon: 1) })
        #expect(refused { _ = try JointNoise(.divisible, parties: 3, tolerated: 3, sensitivity: 1, epsilon: 1) })
        #expect(refused { _ = try JointNoise(.eachParty, parties: 3, sensitivity: 0, epsilon: 1) })
        #expect(refused { _ = try JointNoise(.eachParty, parties: 3, sensitivity: 1, epsilon: 0) })
        #expect(refused { _ = try JointNoise(.multiScale, parties: 3, sensitivity: 1 << 40, epsilon: 2) })
        #expect(refused { _ = try JointNoise(.gaussian, parties: 3, sensitivity: 1, epsilon: 1, delta: 0) })
        #expect(refused { _ = try MultiScaleLaplace(epsilon: 1, sensitivity: 5, step: 2, parties: 2) })
        #expect(refused { _ = try DistributedGaussian(shareSigmaSquared: Rational(1, over: 5), shares: 2) })
        #expect(refused { _ = try LaplaceBits(scale: 3, distanceBits: 39) })
    }

    /// Chi-square at a false-alarm rate of 3e-7; cells of at least 50 expected samples.
    private func expectFit(_ samples: [Int64], _ law: SymmetricLaw, _ place: SourceLocation = #_sourceLocation) {
        let n = Double(samples.count), reach = law.values.count - 1
        var edges: [Int] = [], probabilities: [Double] = [], mass = 0.0
        for x in -reach...reach {
            mass += law[x]
            if mass * n >= 50 {
                edges.append(x)
                probabilities.append(mass)
                mass = 0
            }
        }
        // The rest goes to the last cell.
        probabilities[probabilities.count - 1] += 1 - probabilities.reduce(0, +)
        var counts = [Int](repeating: 0, count: probabilities.count)
        for sample in samples {
            var (low, high) = (0, edges.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if Int64(edges[middle]) >= sample { high = middle } else { low = middle + 1 }
            }
            counts[low] += 1
        }
        let (statistic, limit) = StatisticalChecks.chiSquare(counts, probabilities)
        #expect(statistic <= limit, sourceLocation: place)
    }
}
