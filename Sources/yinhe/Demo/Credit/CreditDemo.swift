import Foundation
import Fusion
import SandboxCore
import Tables

/// A public-data centre and a bank, from making the tables to verifying the ledgers.
struct CreditScenario: DemoScenario {
    let mode: Contract.JoinMode

    var about: DemoAbout {
        let parties = [Phrase(en: "public-data centre", zh: "公共数据中心"), Phrase(en: "bank", zh: "合作银行")]
        let domain = Phrase(en: "inclusive finance", zh: "普惠信贷")
        switch mode {
        case .intersectionSum:
            return DemoAbout(
                name: "credit", domain: domain, parties: parties,
                shows: Phrase(
                    en: "overdue rate by tax grade; Diffie-Hellman matching, sums under Paillier",
                    zh: "按纳税信用等级统计逾期率；Diffie-Hellman 匹配，Paillier 求和"), usualSeconds: 8, takesSizes: true, guide: "inclusive-credit")
        case .hidden:
            return DemoAbout(
                name: "credit-hidden", domain: domain, parties: parties,
                shows: Phrase(
                    en: "the same tables joined on secret shares, nobody learns the matches; contingency table, quantiles, regression",
                    zh: "同样的表在秘密份额上关联，无人得知匹配情况；另有列联表、分位数与回归"), usualSeconds: 1, takesSizes: true,
                guide: "inclusive-credit")
        case .aligned:
            return DemoAbout(
                name: "credit-aligned", domain: domain, parties: parties,
                shows: Phrase(
                    en: "the same, less work: both parties learn which of their own enterprises match",
                    zh: "输出相同、计算更少：双方获知己方哪些企业匹配"), usualSeconds: 1, takesSizes: true, guide: "inclusive-credit")
        }
    }

    func run(_ stage: DemoStage) async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let demo = ContractDemo(stage: stage, parties: try await prepare(stage))
        let results = try await demo.run(contract: contract(demo.parties, stage.console.language))
        let seconds = ProcessInfo.processInfo.systemUptime - started
        try stage.console.emit(demo.json(results, scenario: about.name, seconds: seconds))
        try demo.show(results)
        try demo.close(results, seconds: seconds)
    }

    private func prepare(_ stage: DemoStage) async throws -> [ContractDemo.Party] {
        let (size, folder) = (stage.size, stage.folder)
        let (enterprises, loans) = (folder.file("enterprises.csv"), folder.file("loans.csv"))
        let pilot = try SyntheticPilot(seed: size.seed, enterprises: size.rows, loans: size.loans, overlap: size.overlap)
        try await interruptible { try pilot.write(enterprisesTo: enterprises, loansTo: loans) }
        stage.console.note(.demoTables(size.rows, size.loans, size.overlap, size.seed))
        return [
            try ContractDemo.party("data-centre", title: "公共数据中心", dataset: "enterprises", data: enterprises, in: stage),
            try ContractDemo.party("bank", title: "合作银行", dataset: "loans", data: loans, in: stage),
        ]
    }

    private func contract(_ parties: [ContractDemo.Party], _ language: Language) -> String {
        let year = Calendar(identifier: .gregorian).component(.year, from: Date()) + 1
        return ContractTemplate.text(
            parties: parties.map { .init(name: $0.name, title: $0.title, fingerprint: $0.identity.fingerprint.description) },
            districts: ContractTemplate.districts, expires: "\(year)-12-31T23:59:59Z", mode: mode, language: language)
    }
}
