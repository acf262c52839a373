import Foundation
import Fusion
import SandboxCore
import Tables

/// Tax and social insurance joined with loans: overdue rate by tax grade and headcount band, small groups withheld.
struct InclusiveCreditScenario: DemoScenario {
    static let folder = "inclusive-credit"

    let about = DemoAbout(
        name: folder, domain: Phrase(en: "inclusive finance", zh: "普惠信贷"),
        parties: [Phrase(en: "public-data centre", zh: "公共数据中心"), Phrase(en: "bank", zh: "合作银行")],
        shows: Phrase(
            en: "overdue rate by tax grade and insured headcount; hidden join, groups below 30 enterprises withheld",
            zh: "按纳税信用等级和参保人数分段统计逾期率；隐藏关联，不足 30 家企业的分组不予发布"),
        usualSeconds: 1, takesSizes: true, guide: folder)

    func run(_ stage: DemoStage) async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let (size, folder) = (stage.size, stage.folder)
        let (enterprises, loans) = (folder.file("enterprises.csv"), folder.file("loans.csv"))
        let pilot = try SyntheticPilot(
            seed: size.seed, enterprises: size.rows, loans: size.loans, overlap: size.overlap, effect: .gradeAndHeadcount)
        try await interruptible { try pilot.write(enterprisesTo: enterprises, loansTo: loans) }
        stage.console.note(.demoTables(size.rows, size.loans, size.overlap, size.seed))
        let demo = ContractDemo(
            stage: stage,
            parties: [
                try ContractDemo.party("data-centre", title: "公共数据中心", dataset: "enterprises", data: enterprises, in: stage),
                try ContractDemo.party("bank", title: "合作银行", dataset: "loans", data: loans, in: stage),
            ])
        try await demo.run(lesson: Self.lesson, scenario: about.name, of: Self.folder, since: started)
    }

    private static let lesson = DemoLesson(
        points: [
            Phrase(
                en: "The planted effect is there: the rate rises from grade A to D, and small enterprises are overdue more often "
                    + "(x 1.5 below 10 insured employees, x 0.5 from 100 on).",
                zh: "植入的规律清晰可见：逾期率从 A 级到 D 级逐级升高，小企业更易逾期（参保不足 10 人为 1.5 倍，100 人以上为 0.5 倍）。"),
            Phrase(
                en: "Groups marked n < 30 are withheld by the contract's minimum cohort, decided on the noised count. The true values beside "
                    + "them exist only in this demonstration.",
                zh: "标有 n < 30 的分组因合同的最小群组条款不予发布，按加噪后的计数判定；旁边的真实值只有演示才有。"),
            Phrase(
                en: "Neither party learned which enterprises match, how many do, or any value of a single enterprise.",
                zh: "双方都没有得知哪些企业匹配、匹配了多少，也没有得知任何一家企业的数据。"),
        ])
}
