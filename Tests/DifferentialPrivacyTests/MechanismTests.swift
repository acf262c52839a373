import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct MechanismTests {
    private func code(_ body: () throws -> some Any) -> YinheError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? YinheError)?.code }
    }

    @Test func sensitivitiesFollowTheDeclaredBounds() throws {
        #expect(try Sensitivity.count(rowsPerSubject: 3).l1 == 3)
        #expect(try Sensitivity.sum(of: -10...4, rowsPerSubject: 2).l1 == 20)
        #expect(try Sensitivity.sum(of: -10...4, rowsPerSubject: 2, relation: .replace).l1 == 28)
        #expect(try Sensitivity.sum(of: 5...9, relation: .replace).l1 == 9)
        #expect(try Sensitivity.histogram(rowsPerSubject: 2, relation: .replace).l1 == 4)
        #expect(try Sensitivity.sum(of: .min ... .max).l1 == Int128(1) << 63)
        #expect(try (Sensitivity.count() + Sensitivity.sum(of: 0...9)).l1 == 10)
        #expect(code { try Sensitivity(l1: 0) } == .range)
        #expect(code { try Sensitivity.sum(of: 0...0) } == .range)
        #expect(code { try Sensitivity.count(rowsPerSubject: -1) } == .range)
        #expect(code { try Sensitivity(l1: .max) + Sensitivity(l1: 1) } == .range)
        let coded = try JSONEncoder().encode([Sensitivity(l1: 7)])
        #expect(try JSONDecoder().decode([Sensitivity].self, from: coded) == [Sensitivity(l1: 7)])
    }

    @Test func scaleIsSensitivityOverEpsilonExactly() throws {
        let mechanism = try LaplaceMechanism(epsilon: Rational(parsing: "0.3"), sensitivity: Sensitivity(l1: 7))
        #expect(mechanism.law.scale == (try Rational(70, over: 3)))
        #expect(mechanism.loss == (try PrivacyLoss(epsilon: Rational(parsing: "0.3"))))
    }

    @Test(arguments: ["0", "-0.5", "100.01", "1e30"])
    func absurdEpsilonsAreRefused(text: String) throws {
        let epsilon = try Rational(parsing: text)
        #expect(code { try LaplaceMechanism(epsilon: epsilon, sensitivity: Sensitivity(l1: 1)) } == .range)
    }

    @Test func noiseOnSharesIsNoiseOnTheValue() throws {
        let mechanism = try LaplaceMechanism(epsilon: 1, sensitivity: Sensitivity(l1: 1000))
        let values: [Int128] = [-5, 0, 1 << 90]
        let noised = try mechanism.noised(values, random: SeededRandom(3))
        var shares: [UInt128] = [17, .max, 3]
        let other = zip(values, shares).map { UInt128(truncatingIfNeeded: $0) &- $1 }
        mechanism.addNoise(to: &shares, random: SeededRandom(3))
        #expect(zip(shares, other).map { Int128(truncatingIfNeeded: $0 &+ $1) } == noised)
        #expect(noised != values)
        #expect(code { try mechanism.noised(Array(repeating: Int128.max, count: 64)) } == .range)
        var narrow = [UInt64](repeating: 1 << 40, count: 64)
        mechanism.addNoise(to: &narrow)
        #expect(narrow.allSatisfy { abs(Int64(bitPattern: $0) - 1 << 40) < 1 << 30 } && Set(narrow).count > 1)
    }

    /// On neighbouring inputs f and f + sensitivity, the chance of every threshold event may differ by a factor exp(epsilon) at
    /// most; counts may stray by 5.2 standard deviations. The same test must convict a mechanism with half the noise.
    @Test func privacyRatioHoldsOnNeighboursAndConvictsTooLittleNoise() throws {
        let epsilon = 0.7, n = 400_000
        func violations(_ law: DiscreteLaplace, _ sensitivity: Int64) -> Int {
            let a = law.samples(n, random: SeededRandom(41))
            let b = law.samples(n, random: SeededRandom(42)).map { $0 + sensitivity }
            return (-20...30).count { threshold in
                let low = Double(a.count { $0 >= threshold }), high = Double(b.count { $0 >= threshold })
                let slack = StatisticalChecks.sigmas * (high + exp(2 * epsilon) * low).squareRoot()
                return high > exp(epsilon) * low + slack
            }
        }
        let mechanism = try LaplaceMechanism(epsilon: Rational(parsing: "0.7"), sensitivity: Sensitivity(l1: 4))
        #expect(violations(mechanism.law, 4) == 0)
        #expect(violations(try DiscreteLaplace(scale: mechanism.law.scale / 2), 4) > 0)
    }
}
