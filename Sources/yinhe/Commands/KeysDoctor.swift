import ArgumentParser
import SandboxCore
import Tables

/// `yinhe keys doctor`: what a join would take, repair and drop of a key column, and why.
struct KeysDoctor: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "doctor",
            abstract: Help.text("What a join would repair and drop of a key column, and why.", "检查键列：关联时哪些会被修复、哪些会被剔除，原因何在。"),
            discussion: Help.discussion(
                """
                Reads the file once, in bounded memory, and changes nothing. Examples are masked: # is a digit, @ a letter, * anything
                else. With --fix, a copy (UTF-8) with the repaired keys is written; rows that a join would drop stay in it as they are.
                """,
                """
                只读一遍，内存占用有上限，不修改原文件。示例经过掩码：# 代表数字，@ 代表字母，* 代表其他字符。
                指定 --fix 时另存一份键已修复的副本（UTF-8）；会被剔除的行原样保留。
                """,
                examples: [
                    ("yinhe keys doctor people.csv --key id_number --type resident-id", "", ""),
                    ("yinhe keys doctor cars.csv --key plate --type plate --fix cars-fixed.csv", "and repair", "并修复"),
                    ("yinhe keys doctor phones.csv --key phone --type mobile --max-dropped 0.02", "exit code 2 above 2 %", "超过 2 % 时退出码为 2"),
                ], checks: true, exits: Help.fileCodes))
    }
    @OptionGroup var common: CommonOptions
    @Argument(help: .say("A CSV file (UTF-8, GB18030, UTF-16).", "CSV 文件（UTF-8、GB18030 或 UTF-16）。"), completion: .file())
    var file: String
    @Option(help: .say("The key column.", "键列。", valueName: "column"))
    var key: String
    @Option(
        help: .say(
            "uscc, resident-id, mobile, plate, container, text or digits.",
            "键的类型：uscc（统一社会信用代码）、resident-id（公民身份号码）、mobile（手机号）、plate（号牌号码）、container（集装箱号）、text、digits。",
            valueName: "kind"))
    var type: String
    @Option(help: .say("Write a copy with the repaired keys.", "把键已修复的副本写到此文件。", valueName: "file"), completion: .file())
    var fix: String?
    @Option(
        help: .say(
            "Largest share of rows that may be dropped, 0 to 1; more is exit code 2.", "允许剔除的行的最大比例（0 到 1）；超过则退出码为 2。",
            valueName: "share"))
    var maxDropped: Double?
    @Flag(help: .say("Show whole keys in the examples.", "示例中显示完整的键。"))
    var showKeys = false

    func validate() throws {
        if let maxDropped, !(0...1).contains(maxDropped) { throw ValidationError("--max-dropped must be 0 to 1") }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let doctor = KeyDoctor(
            path: file, keyColumn: key, normalizer: try JoinKeyNormalizer(named: type), showsKeys: showKeys, fixedPath: fix)
        let monitor = console.board.monitor()
        let found = try await interruptible { try doctor.run(progress: monitor) }
        console.board.finish()
        try console.emit(found)
        if !console.json { try KeyDiagnosisText(found: found, console: console).show() }
        return maxDropped.map { found.droppedShare > $0 } ?? false ? .problemsFound : .success
    }
}
