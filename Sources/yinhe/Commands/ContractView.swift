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
        var parties: [Party]
        var outputs: [Output]
    }

    let contract: Contract
    let plan: FusionPlan
    let document: Document

    init(path: String) throws {
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
                noise[query.measure.description] = Self.noise(query, contract)
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
            minimumIntersection: contract.minimumIntersection, maximumRuns: contract.maximumRuns, parties: parties,
            outputs: outputs)
    }

    /// Standard deviation of the two parties' noise together, per cell: each adds discrete Laplace noise of variance about
    /// 2 scale^2. In the unit of the column.
    private static func noise(_ query: FusionPlan.Query, _ contract: Contract) -> Double {
        var scale = 0
        if case .sum(let column) = query.measure {
            scale = contract.dataset(named: column.dataset)?.column(named: column.column)?.scale ?? 0
        }
        return 2 * query.noiseScale.approximation / pow(10, Double(scale))
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
                let type = ContractText.type(column)
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
            for (i, measure) in output.measures.enumerated() {
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
