import Evaluation
import Foundation
import SandboxCore

/// Runs tasks one after another, each between two calibrations, and keeps what a steady machine measured.
struct EvaluationRunner {
    let plan: EvaluationPlan
    let networks: EvaluationNetworks
    let interruption: EvaluationInterruption
    let environment: [String: String]
    /// Reports blocks of a noisy machine too, and says so.
    let force: Bool
    /// How often a noisy block is measured again before it is refused.
    let retries: Int
    let progress: EvaluationProgress

    /// What came out, beside the measurements.
    struct Outcome {
        var measurements: [EvaluationDocument.Measurement] = []
        var notes: [EvaluationDocument.Note] = []
        var calibrations: [Double] = []
        var largestDrift = 0.0
        var otherCores: [Double] = []
        var refusedBlocks = 0
    }

    func run(_ tasks: [EvaluationTask]) async throws -> Outcome {
        var outcome = Outcome()
        progress.begin(points: tasks.reduce(0) { $0 + $1.points.count })
        for task in tasks { try await block(task, &outcome) }
        progress.end()
        return outcome
    }

    private func block(_ task: EvaluationTask, _ outcome: inout Outcome) async throws {
        for attempt in 0... {
            let state = MachineState.now(), before = CalibrationLoop.run()
            var measurements: [EvaluationDocument.Measurement] = []
            for point in task.points {
                progress.start(task, point)
                let arguments = task.arguments(point, runs: plan.runs, warmUps: plan.warmUps)
                let result = try await networks.with(point.network, interruption) {
                    try await BenchProcess.run(arguments, environment: environment.merging($0) { $1 })
                }
                let measurement = try await task.measurement(result, point, warmUps: plan.warmUps)
                progress.finish(measurement)
                measurements.append(measurement)
            }
            let after = CalibrationLoop.run()
            let steadiness = Steadiness(
                before: before, after: after, otherCores: MachineState.now().otherCores(since: state), cores: availableCores)
            let about = "\(task.area.rawValue)/\(task.operation)"
            guard let objection = steadiness.objection else {
                keep(measurements, steadiness, before + after, &outcome)
                return
            }
            if force {
                for i in measurements.indices { measurements[i].isNoisy = true }
                outcome.notes.append(.init(.forced, about: about, "reported although the machine was not steady: \(objection)"))
                keep(measurements, steadiness, before + after, &outcome)
                return
            }
            guard attempt < retries else {
                outcome.notes.append(.init(.refused, about: about, "not reported, the machine was not steady: \(objection)"))
                outcome.refusedBlocks += 1
                progress.refused(about, objection)
                return
            }
            progress.again(about, objection, points: task.points.count)
            // What disturbed the block may be over soon.
            try await Task.sleep(for: .seconds(2 << attempt))
        }
    }

    private func keep(
        _ measurements: [EvaluationDocument.Measurement], _ steadiness: Steadiness, _ calibrations: [Double], _ outcome: inout Outcome
    ) {
        outcome.measurements += measurements
        outcome.calibrations += calibrations
        outcome.largestDrift = max(outcome.largestDrift, steadiness.drift)
        outcome.otherCores.append(steadiness.otherCores)
    }
}
