import Foundation
import Fusion
import SandboxCore
import Tables

/// Chronic-disease care of a medical-insurance fund joined with an insurer's claims: cohorts and cost quantiles, rare diseases withheld.
struct MedicalScenario: DemoScenario {
    static let folder = "medical-services"

    let about = DemoAbout(
        name: folder, domain: Phrase(en: "medical services", zh: "就医服务"),
        parties: [Phrase(en: "medical-insurance fund", zh: "医疗保障局"), Phrase(en: "commercial insurer", zh: "商业保险公司")],
        shows: Phrase(
            en: "cohort sizes and claim quantiles by chronic disease, joined on resident numbers; cohorts below 50 people withheld",
            zh: "按慢性病统计人群规模和赔付分位数，以公民身份号码关联；不足 50 人的群组不予发布"),
        usualSeconds: 1, takesSizes: true, guide: folder)

    func run(_ stage: DemoStage) async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let (size, folder) = (stage.size, stage.folder)
        let (visits, claims) = (folder.file("visits.csv"), folder.file("claims.csv"))
        let pilot = try SyntheticMedical(seed: size.seed, visits: size.rows, claims: size.loans, overlap: size.overlap)
        try await interruptible { try pilot.write(visitsTo: visits, claimsTo: claims) }
        let counts = [size.rows, size.loans, size.overlap].map(Numbers.grouped)
        stage.console.note(
            Phrase(
                en: "Tables: \(counts[0]) rows of the fund (GB18030, some numbers of 15 digits) and \(counts[1]) of the insurer (UTF-8 with BOM), "
                    + "\(counts[2]) people in both (seed \(size.seed))",
                zh: "数据：医保 \(counts[0]) 行（GB18030，含部分 15 位号码）、商保 \(counts[1]) 行（UTF-8 BOM），两表共有 \(counts[2]) 人（种子 \(size.seed)）"))
        let demo = ContractDemo(
            stage: stage,
            parties: [
                try ContractDemo.party("fund", title: "医疗保障局", dataset: "visits", data: visits, in: stage),
                try ContractDemo.party("insurer", title: "商业保险公司", dataset: "claims", data: claims, in: stage),
            ])
        try await demo.run(lesson: Self.lesson, scenario: about.name, of: Self.folder, since: started)
    }

    private static let lesson = DemoLesson(
        points: [
            Phrase(
                en: "The rare disease is withheld in every output (n < 50): a cohort of a few dozen people is too small for a reliable figure "
                    + "and too close to persons. What protects them is the noise; the minimum is the rule of reporting on top.",
                zh: "罕见病在各项输出中均不予发布（n < 50）：几十人的群组既得不到可靠数字，又过于接近个人。真正起保护作用的是噪声，最小群组是其上的发布规则。"),
            Phrase(
                en: "Quantiles come from noised counts of bins chosen beforehand, so one extreme bill does not move them; the interval names the "
                    + "whole bin.",
                zh: "分位数由事先选定的分箱的加噪计数得出，个别高额账单不会影响结果；区间给出的是整个分箱。"),
            Phrase(
                en: "The insurer did not learn who has which disease, the fund did not learn who claimed what, and neither knows who is in both.",
                zh: "商保公司没有得知谁患何病，医保局没有得知谁获赔多少，双方也都不知道谁同时在两张表中。"),
        ],
        dataNote: Phrase(
            en: "Demonstration on synthetic data. The true values shown here exist only because one program made both tables; in a real run nobody "
                + "has them. No number is a real person's: no province has a prefecture 99.",
            zh: "本报告为合成数据演示。文中的真实值之所以存在，只因两张表由同一程序生成；真实运行中任何一方都没有这些值。"
                + "身份号码均使用不存在的地级代码 99，不对应任何真人。"))
}
