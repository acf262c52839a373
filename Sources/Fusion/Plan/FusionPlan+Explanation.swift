import Arithmetic
import DifferentialPrivacy
import SandboxCore

extension FusionPlan {
    /// The plan in plain sentences, one per element, for a person who has to agree to it.
    public var explanation: [String] {
        explainJoin() + passes.enumerated().flatMap(explain) + contract.outputs.indices.flatMap(explain) + explainLeakage() + explainNoise() + explainBudget()
    }

    private func explainJoin() -> [String] {
        switch contract.joinMode {
        case .intersectionSum: []
        case .aligned: ["Join: both parties learn which of their own subjects matched, then compute on shares. " + correlationText]
        case .hidden: ["Join: neither party learns which subjects matched, or how many; both compute on shares. " + correlationText]
        }
    }

    private var correlationText: String {
        contract.dealer.map {
            "The dealer \($0.name) (\($0.title)) deals the randomness that the shares spend; it must not collude with a party."
        } ?? "The parties make the randomness that the shares spend themselves; no third party takes part."
    }

    private func explain(_ index: Int, _ pass: Pass) -> [String] {
        guard contract.joinMode == .intersectionSum else {
            return [
                "\(pass.groupParty) shares \(pass.groups.count) numbers for each of its subjects of \(pass.groupDataset), "
                    + "\(pass.valueParty) \(pass.slots.count) for each of \(pass.valueDataset); both end with shares of sums of products."
            ]
        }
        let groups =
            pass.groupColumn.map { "sorts its subjects of \(pass.groupDataset) into \(pass.groupCount) groups by \($0)" }
            ?? "keeps its subjects of \(pass.groupDataset) in one group"
        return [
            "Pass \(index + 1): \(pass.groupParty) \(groups); \(pass.valueParty) encrypts \(pass.slots.count) "
                + "number\(pass.slots.count == 1 ? "" : "s") for each of its subjects of \(pass.valueDataset)."
        ]
    }

    private func explain(_ index: Int) -> [String] {
        let output = contract.outputs[index]
        let cells = labels(ofOutput: index).count
        var lines = [
            "Output \(output.name): \(output.measures.map(\.description).joined(separator: ", ")) in \(cells) "
                + "cell\(cells == 1 ? "" : "s"), to \(output.recipients.joined(separator: " and ")), epsilon \(output.epsilon)"
                + (output.delta.isPositive ? ", delta \(output.delta)." : ".")
        ]
        if let minimum = output.minimumCohort {
            lines.append("  Groups with a noised number of subjects below \(minimum) are withheld.")
        }
        for query in queries where query.output == index {
            let (scale, unit) = display(query.measure)
            let sensitivity = DecimalText.text(query.sensitivity, scale: scale)
            var line = "  \(query.measure): one \(contract.privacy.unit) changes it by at most \(sensitivity)\(unit)"
            switch query.noise {
            case .laplace: line += "; epsilon \(query.epsilon)"
            case .gaussian(let sigmaSquared):
                let sigma = DecimalText.text(sigmaSquared.approximation.squareRoot() / ReleasedValues.power(scale)) ?? "?"
                line += "; discrete Gaussian noise of sigma \(sigma)\(unit) from each party"
            }
            if let spread = try? query.spread() {
                let half = DecimalText.text(Int128(spread.halfWidth), scale: scale)
                line += "; with 95 % probability the noise is within ±\(half)\(unit)"
            }
            lines.append(line + ".")
        }
        return lines
    }

    /// Decimals and unit of a linear measure.
    package func display(_ measure: Contract.Measure) -> (scale: Int, unit: String) {
        switch measure {
        case .count: return (0, "")
        case .rows: return (0, " rows")
        case .sum(let reference), .mean(let reference), .deviations(let reference):
            let column = contract.column(reference)
            return (column.scale, column.unit.isEmpty ? "" : " \(column.unit)")
        case .squares(let reference), .variance(let reference):
            let column = contract.column(reference)
            return (2 * column.scale, column.unit.isEmpty ? "" : " \(column.unit)²")
        case .product(let a, let b):
            let columns = [contract.column(a), contract.column(b)]
            let units = columns.map(\.unit).filter { !$0.isEmpty }
            return (columns[0].scale + columns[1].scale, units.isEmpty ? "" : " " + units.joined(separator: "·"))
        }
    }

    private func explainLeakage() -> [String] {
        let told = contract.diagnostics.map { epsilon in
            "Both learn how many rows of the other are usable, have no key, or have a malformed one, with noise at epsilon \(epsilon) (diagnostics)."
        }
        return leakage.map { "\($0.party) also learns \($0.text) (\($0.leakage.rawValue))." }
            + ["Both learn when fewer than \(contract.minimumIntersection) subjects match: the run stops then."] + [told].compactMap(\.self)
    }

    private func explainBudget() -> [String] {
        let covered = (try? contract.privacy.epsilon / contract.epsilonPerRun)?.roundedDown ?? 0
        let perRun = contract.deltaPerRun
        let coveredDelta = perRun.isPositive ? (try? contract.privacy.delta / perRun)?.roundedDown ?? 0 : .max
        let runs = min(covered, coveredDelta, Int128(contract.maximumRuns))
        let delta = perRun.isPositive ? " and delta \(perRun) of \(contract.privacy.delta)" : ""
        return [
            "One run costs epsilon \(contract.epsilonPerRun) of \(contract.privacy.epsilon)\(delta) for each \(contract.privacy.unit); "
                + "the budget covers \(runs) of \(contract.maximumRuns) allowed run\(contract.maximumRuns == 1 ? "" : "s")."
        ]
    }
}
