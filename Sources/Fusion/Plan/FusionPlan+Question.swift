import SandboxCore

extension FusionPlan {
    /// What a run asks and of whom: the same for two contracts that differ only in name, purpose, dates, runs or total budget. Two runs
    /// with one question on the same inputs of both parties have the same exact answer, so one noised answer serves both.
    public var questionDigest: [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-question/v1")
        func add(_ text: String) { hash.update(field: Array(text.utf8)) }
        func add(_ texts: [String]) {
            add("\(texts.count)")
            for text in texts { add(text) }
        }
        hash.update(field: digest)
        add([contract.privacy.unit, contract.privacy.mechanism.rawValue, "\(contract.minimumIntersection)"])
        for party in contract.parties { add([party.name, party.fingerprint]) }
        for dataset in contract.datasets {
            add([dataset.name, dataset.party, dataset.key.column, dataset.key.normalizer, "\(dataset.rowsPerSubject)"])
            for column in dataset.columns {
                add([
                    column.name, column.unit, "\(column.lower)", "\(column.upper)", column.onBadCell.rawValue, column.onEmptyCell.rawValue,
                ])
                switch column.kind {
                case .integer: add("integer")
                case .decimal(let scale): add("decimal \(scale)")
                case .category(let labels): add(["category"] + labels)
                case .indicator(let of, let atLeast): add(["indicator", of, "\(atLeast)"])
                }
            }
        }
        for output in contract.outputs {
            add([
                output.name, output.kind.rawValue, "\(output.epsilon)", "\(output.delta)", "\(output.clamp)", "\(output.chiSquare)",
            ])
            add(output.by.map(\.description))
            add(output.measures.map(\.description))
            add(output.histogram.map { [$0.column.description] + ($0.edges ?? []).map { "\($0)" } } ?? [])
            add(output.probabilities.map { "\($0)" })
            add(output.regression.map { ([$0.target] + $0.features).map(\.description) } ?? [])
            add(output.recipients)
        }
        return hash.finalize()
    }
}
