import SandboxCore

extension FusionPlan {
    static func leaks(_ passes: [Pass], _ mode: Contract.JoinMode) -> [Leak] {
        var leaks: [Leak] = []
        func add(_ leak: Leak) { if !leaks.contains(leak) { leaks.append(leak) } }
        for pass in passes {
            add(Leak(party: pass.groupParty, leakage: .setSizes, text: "how many distinct subjects \(pass.valueParty) brings"))
            add(Leak(party: pass.valueParty, leakage: .setSizes, text: "how many distinct subjects \(pass.groupParty) brings"))
            switch mode {
            case .hidden: continue
            case .aligned:
                for (party, dataset) in [(pass.groupParty, pass.groupDataset), (pass.valueParty, pass.valueDataset)] {
                    add(
                        Leak(
                            party: party, leakage: .matchedKeys,
                            text: "which of its subjects of \(dataset) matched, and so their exact number"))
                }
                continue
            case .intersectionSum: break
            }
            if let column = pass.groupColumn {
                add(
                    Leak(
                        party: pass.valueParty, leakage: .groupSizes,
                        text: "how many subjects of \(pass.groupDataset) are in each category of \(column)"))
                add(
                    Leak(
                        party: pass.groupParty, leakage: .groupMatchCounts,
                        text: "the exact number of matched subjects in each category of its \(column)"))
            } else {
                add(
                    Leak(
                        party: pass.groupParty, leakage: .groupMatchCounts, text: "the exact number of matched subjects"))
            }
        }
        return leaks
    }

    static func checkLeakage(_ leaks: [Leak], _ contract: Contract) throws {
        let missing = leaks.filter { !contract.acceptedLeakage.contains($0.leakage) }
        guard let first = missing.first else { return }
        var names: [String] = []
        for leak in missing where !names.contains(leak.leakage.rawValue) { names.append(leak.leakage.rawValue) }
        throw YinheError(
            .contract, "accepts-leakage does not list \(names.joined(separator: ", ")): \(first.party) would learn \(first.text)",
            at: contract.places["accepts-leakage"] ?? "",
            remedy: "add \(names.joined(separator: ", ")) to accepts-leakage if the parties accept it, or change the outputs")
    }

    /// Names of what `party` learns beyond the outputs, in the contract's words.
    public func learned(by party: String) -> [Contract.Leakage] {
        Contract.Leakage.allCases.filter { item in leakage.contains { $0.party == party && $0.leakage == item } }
    }
}
