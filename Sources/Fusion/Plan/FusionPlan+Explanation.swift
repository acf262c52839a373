import Arithmetic
import DifferentialPrivacy
import SandboxCore

extension FusionPlan {
    /// The plan in plain sentences, one per element, for a person who has to agree to it.
    public var explanation: [String] {
        passes.enumerated().map(explain) + contract.outputs.indices.flatMap(explain) + explainLeakage() + explainBudget()
    }

    private func explain(_ index: Int, _ pass: Pass) -> String {
        let groups =
            pass.groupColumn.map { "sorts its subjects of \(pass.groupDataset) into \(pass.groupCount) groups by \($0)" }
            ?? "keeps its subjects of \(pass.groupDataset) in one group"
        return "Pass \(index + 1): \(pass.groupParty) \(groups); \(pass.valueParty) encrypts \(pass.slots.count) "
            + "number\(pass.slots.count == 1 ? "" : "s") for each of its subjects of \(pass.valueDataset)."
    }

    private func explain(_ index: Int) -> [String] {
        let output = contract.outputs[index]
        let cells = labels(ofOutput: index).count
        var lines = [
            "Output \(output.name): \(output.measures.map(\.description).joined(separator: ", ")) in \(cells) "
                + "cell\(cells == 1 ? "" : "s"), to \(output.recipients.joined(separator: " and ")), epsilon \(output.epsilon)."
        ]
        for query in queries where query.output == index {
            let (scale, unit) = display(query.measure)
            let sensitivity = DecimalText.text(query.sensitivity, scale: scale)
            var line = "  \(query.measure): one \(contract.privacy.unit) changes it by at most \(sensitivity)\(unit)"
            line += "; epsilon \(query.epsilon)"
            if let law = try? DiscreteLaplace(scale: query.noiseScale) {
                let half = DecimalText.text(Int128(law.spread(samples: 2).halfWidth), scale: scale)
                line += "; with 95 % probability the noise of both parties together is within ±\(half)\(unit)"
            }
            lines.append(line + ".")
        }
        return lines
    }

    private func display(_ measure: Contract.Measure) -> (scale: Int, unit: String) {
        switch measure {
        case .count: return (0, "")
        case .rows: return (0, " rows")
        case .sum(let reference), .mean(let reference):
            let column = contract.column(reference)
            return (column.scale, column.unit.isEmpty ? "" : " \(column.unit)")
        }
    }

    private func explainLeakage() -> [String] {
        leakage.map { "\($0.party) also learns \($0.text) (\($0.leakage.rawValue))." }
            + ["Both learn when fewer than \(contract.minimumIntersection) subjects match: the run stops then."]
    }

    private func explainBudget() -> [String] {
        let covered = (try? contract.privacy.epsilon / contract.epsilonPerRun)?.roundedDown ?? 0
        let runs = min(covered, Int128(contract.maximumRuns))
        return [
            "One run costs epsilon \(contract.epsilonPerRun) of \(contract.privacy.epsilon) for each \(contract.privacy.unit); "
                + "the budget covers \(runs) of \(contract.maximumRuns) allowed run\(contract.maximumRuns == 1 ? "" : "s")."
        ]
    }
}
