import ContractText
import Foundation
import Fusion
import SandboxCore

/// A contract for readers: its terms, what follows from them, and whether it can run.
struct ContractView {
    struct Document: Codable {
        struct Party: Codable {
            var name: String
            var title: String
            var fingerprint: String
            /// "valid", "missing", or why the signature does not count.
            var signature: String
            /// Leakage that this party learns beyond the outputs.
            var learns: [String]
        }
        struct Output: Codable {
            var name: String
            var kind: String
            var measures: [String]
            var epsilon: String
            var cells: Int
            var to: [String]
            /// Measure -> standard deviation of its noise, in the column's unit.
            var noise: [String: Double]
        }
        var path: String
        var hash: String
        var name: String
        var purpose: String
        var expires: String
        var expired: Bool
        var ready: Bool
        var unit: String
        var epsilon: String
        var epsilonPerRun: String
        var minimumIntersection: Int
        var maximumRuns: Int
        /// "intersection-sum", "aligned" or "hidden".
        var mode: String
        /// "transfers" or the dealer; nil where none is needed.
        var correlations: String?
        var parties: [Party]
        var outputs: [Output]
        /// What the noise protects against whom, in one run.
        var jointNoise: JointNoiseStatement
        /// The plan in English sentences.
        var plan: [String]
        /// Of one run; `contract check` of an intersection-sum only.
        var cost: FusionPlan.Cost?
    }

    let contract: Contract
    let plan: FusionPlan
    let document: Document

    /// `subjects`: estimate the cost of a run with so many on each side.
    init(path: String, subjects: Int? = nil) throws {
        let (contract, bytes) = try Contract.load(path: path)
        let plan = try FusionPlan(contract)
        let status = try SignedContract.signatureStatus(path: path)
        let parties = contract.parties.map { party in
            let text: String
            switch status.first(where: { $0.party == party.name })?.status ?? .missing {
            case .valid: text = "valid"
            case .missing: text = "missing"
            case .invalid(let why): text = why
            }
            return Document.Party(
                name: party.name, title: party.title, fingerprint: party.fingerprint, signature: text,
                learns: plan.learned(by: party.name).map(\.rawValue))
        }
        let outputs = contract.outputs.enumerated().map { index, output in
            var noise: [String: Double] = [:]
            for query in plan.queries where query.output == index {
                noise[query.measure.description] = Self.noise(query, plan)
            }
            return Document.Output(
                name: output.name, kind: output.kind.rawValue, measures: output.measures.map(\.description),
                epsilon: output.epsilon.description, cells: plan.labels(ofOutput: index).count, to: output.recipients,
                noise: noise)
        }
        let expired = Date() >= contract.expires
        self.contract = contract
        self.plan = plan
        document = Document(
            path: path, hash: DomainHash.plainSHA256(bytes).hex, name: contract.name, purpose: contract.purpose,
            expires: UTCTime.text(contract.expires), expired: expired,
            ready: !expired && parties.allSatisfy { $0.signature == "valid" }, unit: contract.privacy.unit,
            epsilon: contract.privacy.epsilon.description, epsilonPerRun: contract.epsilonPerRun.description,
            minimumIntersection: contract.minimumIntersection, maximumRuns: contract.maximumRuns,
            mode: contract.joinMode.rawValue, correlations: contract.correlations?.description, parties: parties,
            outputs: outputs, jointNoise: try plan.jointNoiseStatement(), plan: plan.explanation,
            cost: try (contract.joinMode == .intersectionSum ? subjects : nil).map { count in
                try plan.cost(subjects: Dictionary(uniqueKeysWithValues: contract.parties.map { ($0.name, count) }))
            })
    }

    /// Standard deviation of all the noise of a cell, in the unit of the column.
    private static func noise(_ query: FusionPlan.Query, _ plan: FusionPlan) -> Double {
        let variance = (try? query.variance) ?? .nan
        return variance.squareRoot() / pow(10, Double(plan.display(query.measure).scale))
    }

    func showHead(_ console: Console) throws {
        try console.out(console.style.bold(TextWidth.printable(document.name)))
        try console.out("  " + TextWidth.printable(document.purpose))
        try console.fact(.contractHash, document.hash)
        try console.fact(.expires, document.expires)
        try console.fact(
            Phrase(en: "Privacy", zh: "隐私"),
            console.text(
                Phrase(
                    en:
                        "ε \(document.epsilon) in total per \(document.unit), \(document.epsilonPerRun) per run, at most "
                            + "\(document.maximumRuns) runs",
                    zh:
                        "每个 \(document.unit) 的 ε 总额 \(document.epsilon)，每次运行 \(document.epsilonPerRun)，最多 "
                            + "\(document.maximumRuns) 次"
                )))
        try console.fact(.minimumIntersection, Numbers.grouped(document.minimumIntersection))
        try console.fact(.joinProtocol, console.text(.joinMode(contract.joinMode)))
        if let correlations = contract.correlations { try console.fact(.correlations, console.text(.correlations(correlations))) }
        let noise = document.jointNoise
        try console.fact(
            .jointNoise,
            "\(noise.method)  ·  \(console.text(.againstOutsiders)) \(Phrase.guarantee(noise.outsiders))  ·  "
                + "\(console.text(.againstEachParty)) \(Phrase.guarantee(noise.eachParty))")
    }

    /// What the parties will do, and what one run of this size costs.
    func showPlan(_ console: Console, subjects: Int) throws {
        try console.heading(Phrase(en: "Plan", zh: "计划"))
        if console.language == .english {
            for line in plan.explanation { try console.out("  " + TextWidth.printable(line)) }
        } else {
            for line in PlanText.lines(plan) { try console.out("  " + TextWidth.printable(line)) }
        }
        guard let cost = document.cost else { return }
        let count = Numbers.grouped(subjects)
        try console.fact(
            Phrase(en: "One run, \(count) subjects on each side", zh: "双方各 \(count) 个主体时一次运行"),
            console.text(
                Phrase(
                    en: "about \(Numbers.bytes(cost.bytes)) in both directions, \(Numbers.seconds(cost.coreSeconds)) of one core",
                    zh: "双向约 \(Numbers.bytes(cost.bytes))，单核约 \(Numbers.seconds(cost.coreSeconds))")))
    }

    func showTerms(_ console: Console) throws {
        try console.heading(Phrase(en: "Data", zh: "数据"))
        var columns = TextTable([
            (console.text(.dataset), .left), (console.text(.column), .left), (console.text(.type), .left),
            (console.text(.bounds), .left), (console.text(.unit), .left),
        ])
        for dataset in contract.datasets {
            columns.add([
                dataset.name, dataset.key.column, "\(console.text(.joinKey)) (\(dataset.key.normalizer))",
                console.text(.rowsPerSubject(dataset.rowsPerSubject)), "",
            ])
            for column in dataset.columns {
                let type = ContractText.type(column, in: dataset)
                columns.add(["", column.name, console.text(type.kind), type.bounds, column.unit])
            }
        }
        try console.out(columns)

        try console.heading(Phrase(en: "What may leave", zh: "可以离开的内容"))
        var outputs = TextTable([
            (console.text(.output), .left), (console.text(.measure), .left), ("ε", .right),
            (console.text(Phrase(en: "cells", zh: "单元格")), .right),
            (console.text(Phrase(en: "noise (std. dev.)", zh: "噪声标准差")), .right),
            (console.text(.recipients), .left),
        ])
        for output in document.outputs {
            // A variance is released from other measures, and the noise is theirs.
            let measures = output.measures + output.noise.keys.filter { !output.measures.contains($0) }.sorted()
            for (i, measure) in measures.enumerated() {
                let noise = output.noise[measure].map { "± " + Numbers.significant($0) } ?? ""
                outputs.add([
                    i == 0 ? output.name : "", measure, i == 0 ? output.epsilon : "", i == 0 ? Numbers.grouped(output.cells) : "",
                    noise,
                    i == 0 ? output.to.joined(separator: ", ") : "",
                ])
            }
        }
        try console.out(outputs)

        try console.heading(Phrase(en: "What else each party learns", zh: "各方还会获知"))
        for party in document.parties {
            try console.out("  " + console.style.bold(TextWidth.printable("\(party.title) (\(party.name))")))
            for key in party.learns { try console.out("    - " + console.text(.leakage(key))) }
        }
    }

    func showReadiness(_ console: Console) throws {
        try console.heading(Phrase(en: "Signatures", zh: "签名"))
        for party in document.parties {
            let mark = party.signature == "valid" ? console.style.good("✓") : console.style.bad("✗")
            let word =
                switch party.signature {
                case "valid": console.text(Phrase(en: "signed", zh: "已签署"))
                case "missing": console.text(Phrase(en: "not signed yet", zh: "尚未签署"))
                default: party.signature
                }
            try console.out("  \(mark) \(TextWidth.pad(party.name, to: 14))  \(TextWidth.printable(word))")
        }
        if document.expired {
            try console.out(
                "  " + console.style.bad("✗") + " "
                    + console.text(Phrase(en: "expired at \(document.expires)", zh: "已于 \(document.expires) 过期")))
        }
        try console.out(
            document.ready
                ? Phrase(en: "Ready to run.", zh: "可以运行。")
                : Phrase(en: "Not ready to run.", zh: "尚不能运行。"))
    }
}
