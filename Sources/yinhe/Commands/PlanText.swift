import Fusion

/// A plan in Chinese; `FusionPlan.explanation` has the same in English.
enum PlanText {
    static func lines(_ plan: FusionPlan) -> [String] {
        let contract = plan.contract
        var lines: [String] = []
        if contract.joinMode != .intersectionSum {
            lines.append(Phrase.joinMode(contract.joinMode).zh)
            if let correlations = contract.correlations { lines.append(Phrase.correlations(correlations).zh) }
        }
        for (i, pass) in plan.passes.enumerated() {
            if contract.joinMode == .intersectionSum {
                let groups = pass.groupColumn.map { "按 \($0) 分为 \(pass.groupCount) 组" } ?? "归为一组"
                lines.append(
                    "第 \(i + 1) 轮：\(pass.groupParty) 将 \(pass.groupDataset) 的主体\(groups)；\(pass.valueParty) 对 \(pass.valueDataset) "
                        + "的每个主体加密 \(pass.slots.count) 个数")
            } else {
                lines.append(
                    "\(pass.groupParty) 对 \(pass.groupDataset) 的每个主体分享 \(pass.groups.count) 个数，\(pass.valueParty) 对 "
                        + "\(pass.valueDataset) 的每个主体分享 \(pass.slots.count) 个数；双方得到乘积之和的份额")
            }
        }
        for (i, output) in contract.outputs.enumerated() {
            let cells = plan.labels(ofOutput: i).count
            lines.append(
                "输出 \(output.name)：\(output.measures.map(\.description).joined(separator: "、"))，\(cells) 个单元格，"
                    + "接收方 \(output.recipients.joined(separator: "、"))，ε \(output.epsilon)"
                    + (output.delta.isPositive ? "，δ \(Numbers.short(output.delta))" : ""))
        }
        if contract.privacy.mechanism == .gaussian {
            lines.append("噪声：双方各自加入完整的离散高斯噪声；每次运行消耗 δ \(Numbers.short(contract.deltaPerRun))，总额 \(Numbers.short(contract.privacy.delta))")
        }
        for party in contract.parties {
            for leakage in plan.learned(by: party.name) {
                lines.append("\(party.name) 另外获知：\(Phrase.leakage(leakage.rawValue).zh)")
            }
        }
        if let noise = try? plan.jointNoiseStatement() {
            lines.append(
                "\(Phrase.jointNoiseMethod(noise.method).zh)；每次运行\(Phrase.againstOutsiders.zh) \(Phrase.guarantee(noise.outsiders))，"
                    + "\(Phrase.againstEachParty.zh) \(Phrase.guarantee(noise.eachParty))")
        }
        lines.append("匹配主体少于 \(contract.minimumIntersection) 时运行停止，双方均得知这一点")
        return lines
    }
}
