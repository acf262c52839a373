import Evaluation
import Testing

@Suite struct SteadinessTests {
    private func objection(_ before: [Double], _ after: [Double], other: Double = 0) -> String? {
        Steadiness(before: before, after: after, otherCores: other, cores: 2).objection
    }
    private let steady = [Double](repeating: 0.010, count: 15)

    @Test func aSteadyMachineIsAccepted() { #expect(objection(steady, steady.map { $0 * 1.05 }) == nil) }

    @Test func oneInterruptedTurnIsNoNoise() { #expect(objection([0.05] + steady.dropFirst(), steady) == nil) }

    @Test func varyingTurnsAreRefused() {
        let varying = (0..<15).map { 0.010 + 0.001 * Double($0 % 5) }
        #expect(objection(varying, varying)?.contains("varied") == true)
    }

    @Test func aSlowdownIsRefused() { #expect(objection(steady, steady.map { $0 * 1.15 })?.contains("drifted") == true) }

    @Test func otherProgramsAreRefused() {
        #expect(objection(steady, steady, other: 0.29) == nil)
        #expect(objection(steady, steady, other: 0.31)?.contains("other programs") == true)
    }

    @Test func theFixedLoopTakesTime() {
        let times = CalibrationLoop.run(3)
        #expect(times.count == 3)
        #expect(times.allSatisfy { $0 > 1e-4 && $0 < 10 }, "\(times)")
    }
}
