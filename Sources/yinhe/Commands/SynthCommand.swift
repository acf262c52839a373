import ArgumentParser
import Foundation
import SandboxCore
import Tables

struct SynthCommand: PartyCommand {
    enum Dirt: String, CaseIterable, ExpressibleByArgument { case real, none }

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "synth",
            abstract: Help.text("Make the made-up tables of a pilot.", "生成试点用的合成表。"),
            discussion: Help.discussion(
                """
                Without --pilot, writes enterprises.csv and loans.csv: valid unified social credit codes with unassigned division codes, so no
                row can name a real enterprise; log-normal amounts; an overdue rate that depends on the tax grade. With --dirt
                real the enterprises are GB18030 and the loans UTF-8 with a byte-order mark, with full-width digits, lower case,
                spaces, empty and malformed keys and repeated rows, as in real exports. The same seed gives the same bytes on
                every machine. The other pilots have their sizes and dirt fixed, and a seed.
                """,
                """
                不带 --pilot 时写出 enterprises.csv 和 loans.csv：统一社会信用代码校验位有效，但使用未分配的行政区划，不会对应任何真实企业；
                金额服从对数正态分布；逾期率随纳税信用等级变化。--dirt real 时企业表为 GB18030，贷款表为带 BOM 的 UTF-8，
                并带有真实导出中常见的全角数字、小写、空格、空键、无效键和重复行。相同种子在任何机器上生成相同字节。
                其他试点的规模与脏数据比例固定，只能指定种子。
                """,
                examples: [
                    ("yinhe synth --out data", "20,000 enterprises, 12,000 loans", "2 万家企业，1.2 万笔贷款"),
                    ("yinhe synth --out data --rows 1000000 --loans 300000 --overlap 200000 --seed 7", "", ""),
                    ("yinhe synth --out data --empty-keys 0.05 --duplicates 0.1", "declared dirt rates", "指定脏数据比例"),
                    ("yinhe synth --pilot trade-facilitation --out data", "containers", "集装箱"),
                ], exits: Help.fileCodes))
    }

    @OptionGroup var common: CommonOptions
    @Option(help: .say(
            "Whose tables: \(SynthPilot.allCases.map(\.rawValue).joined(separator: ", ")).",
            "哪个试点的表：\(SynthPilot.allCases.map(\.rawValue).joined(separator: "、"))。", valueName: "name"))
    var pilot: SynthPilot = .credit
    @Option(help: .say("Folder for the files.", "输出目录。", valueName: "dir"))
    var out = "."
    @OptionGroup var size: PilotSize
    @Option(
        help: .say(
            "The dirt of real exports, or none; the rates below change single kinds in both tables.",
            "real：真实导出的脏数据；none：干净数据。下列比例可单独调整，两表同时生效。", valueName: "kind"))
    var dirt: Dirt = .real
    @Option(help: .say("Share of rows with an empty key.", "空键比例。", valueName: "rate"))
    var emptyKeys: Double?
    @Option(help: .say("Share of rows with a malformed key.", "无效键比例。", valueName: "rate"))
    var malformedKeys: Double?
    @Option(help: .say("Share of keys in full-width characters.", "全角键比例。", valueName: "rate"))
    var fullWidthKeys: Double?
    @Option(help: .say("Share of keys in lower case.", "小写键比例。", valueName: "rate"))
    var lowerCaseKeys: Double?
    @Option(help: .say("Share of keys with spaces.", "带空格键比例。", valueName: "rate"))
    var spacedKeys: Double?
    @Option(help: .say("Share of rows that repeat another row.", "重复行比例。", valueName: "rate"))
    var duplicates: Double?

    struct Document: Codable {
        var enterprises: String
        var loans: String
        var seed: UInt64
        var enterpriseRows: Int
        var loanRows: Int
        var overlap: Int
        var enterpriseDirt: SyntheticDirt
        var loanDirt: SyntheticDirt
    }

    func execute(_ console: Console) async throws -> Outcome {
        do {
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        } catch {
            throw YinheError(.system, "cannot create the folder", at: out, remedy: "check that its parent exists and is writable")
        }
        return pilot == .credit ? try await writeCredit(console) : try await writeOther(console)
    }

    struct OtherDocument: Codable {
        var pilot: String
        var seed: UInt64
        var files: [SynthPilot.File]
    }

    private func writeOther(_ console: Console) async throws -> Outcome {
        let rates = [emptyKeys, malformedKeys, fullWidthKeys, lowerCaseKeys, spacedKeys, duplicates]
        guard size.isDefault, dirt == .real, rates.allSatisfy({ $0 == nil }) else {
            throw YinheError(
                .usage, "sizes and dirt can be chosen for the credit pilot only", at: "--pilot \(pilot.rawValue)",
                remedy: "leave them out; --seed alone changes its tables")
        }
        let files = try await interruptible { [pilot, out, seed = size.seed] in try pilot.write(to: out, seed: seed) }
        try console.emit(OtherDocument(pilot: pilot.rawValue, seed: size.seed, files: files))
        for file in files { try console.out(.wrote("\(file.path) (\(file.holds))")) }
        return .success
    }

    private func writeCredit(_ console: Console) async throws -> Outcome {
        let pilot = try SyntheticPilot(
            seed: size.seed, enterprises: size.rows, loans: size.loans, overlap: size.overlap,
            enterpriseDirt: adjusted(dirt == .real ? .officialExport : .none),
            loanDirt: adjusted(dirt == .real ? .spreadsheet : .none))
        let (enterprises, loans) = (out + "/enterprises.csv", out + "/loans.csv")
        try await interruptible { try pilot.write(enterprisesTo: enterprises, loansTo: loans) }
        try console.emit(
            Document(
                enterprises: enterprises, loans: loans, seed: size.seed, enterpriseRows: size.rows, loanRows: size.loans,
                overlap: size.overlap, enterpriseDirt: pilot.enterpriseDirt, loanDirt: pilot.loanDirt))
        try console.out(.wrote("\(enterprises) (\(Numbers.grouped(size.rows)))"))
        try console.out(.wrote("\(loans) (\(Numbers.grouped(size.loans)))"))
        return .success
    }

    private func adjusted(_ base: SyntheticDirt) -> SyntheticDirt {
        var dirt = base
        if let emptyKeys { dirt.emptyKeys = emptyKeys }
        if let malformedKeys { dirt.malformedKeys = malformedKeys }
        if let fullWidthKeys { dirt.fullWidthKeys = fullWidthKeys }
        if let lowerCaseKeys { dirt.lowerCaseKeys = lowerCaseKeys }
        if let spacedKeys { dirt.spacedKeys = spacedKeys }
        if let duplicates { dirt.duplicateRows = duplicates }
        return dirt
    }
}

/// Sizes of the pilot's tables, for `synth` and `demo`.
struct PilotSize: ParsableArguments {
    @Option(help: .say("Enterprises (rows of the data centre).", "企业表行数（数据中心）。", valueName: "n"))
    var rows = 20_000
    @Option(help: .say("Loans (rows of the bank).", "贷款表行数（银行）。", valueName: "n"))
    var loans = 12_000
    @Option(help: .say("Enterprises in both tables.", "两表共有的企业数。", valueName: "n"))
    var overlap = 8_000
    @Option(help: .say("Seed of the data; the protocol's randomness has none.", "数据的种子；协议的随机性没有种子。", valueName: "n"))
    var seed: UInt64 = 20_260_101

    /// Whether the sizes are those that nobody has to give; the seed does not count.
    var isDefault: Bool { (rows, loans, overlap) == (20_000, 12_000, 8_000) }

    func validate() throws {
        guard rows >= 0, loans >= 0, overlap >= 0, max(rows, loans) <= 100_000_000 else {
            throw ValidationError(Help.text("Sizes must be 0 to 100,000,000.", "行数须在 0 到 100,000,000 之间。"))
        }
    }
}
