import ArgumentParser
import SandboxCore
import Tables

struct InspectCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "inspect",
            abstract: Help.text("What is in a table: rows, columns, types, encoding, key quality.", "查看表格：行数、列、类型、编码、键的质量。"),
            discussion: Help.discussion(
                """
                Reads the whole file and changes nothing. For the key column it reports, for each normaliser, how many keys are
                valid, empty, malformed and repeated: pick the normaliser for the contract from this.
                """,
                "只读取，不修改。对键列，按每种规范化方法给出有效、空、无效与重复的数量，可据此在合同中选择规范化方法。",
                examples: [
                    ("yinhe inspect enterprises.csv", "", ""), ("yinhe inspect loans.csv --key credit_code --json", "", ""),
                ], exits: Help.fileCodes))
    }
    @OptionGroup var common: CommonOptions
    @Argument(help: .say("A CSV file.", "CSV 文件。"), completion: .file())
    var file: String
    @Option(
        help: .say(
            "The key column; default: the first column that looks like credit codes.", "键列；默认取第一个看起来像统一社会信用代码的列。",
            valueName: "column"))
    var key: String?

    func execute(_ console: Console) async throws -> Outcome {
        let monitor = console.board.monitor()
        let (file, key) = (file, key)
        let found = try await interruptible { try FileInspection.inspect(path: file, keyColumn: key, progress: monitor) }
        console.board.finish()
        try console.emit(found)
        try console.fact(.file, found.fileName)
        try console.fact(Phrase(en: "Size", zh: "大小"), Numbers.bytes(found.bytes))
        try console.fact(.encoding, found.encoding)
        try console.fact(Phrase(en: "Rows", zh: "行数"), Numbers.grouped(found.rows))
        try console.fact(Phrase("SHA-256"), found.sha256)
        try console.heading(Phrase(en: "Columns", zh: "列"))
        var table = TextTable([
            (console.text(.column), .left), (console.text(.type), .left), (console.text(Phrase(en: "empty", zh: "空值")), .right),
            (console.text(Phrase(en: "range or values", zh: "范围或取值")), .left),
        ])
        for column in found.columns {
            table.add([column.name, type(column), Numbers.grouped(column.empty), values(column)])
        }
        try console.out(table)
        if let key = found.keyColumn { try showKeys(found, key, console) }
        return .success
    }

    private func type(_ column: FileInspection.Column) -> String {
        let names: [String: Phrase] = [
            "integer": Phrase(en: "integer", zh: "整数"), "decimal": Phrase(en: "decimal", zh: "小数"),
            "category": Phrase(en: "category", zh: "分类"), "text": Phrase(en: "text", zh: "文本"),
            "empty": Phrase(en: "empty", zh: "全空"),
        ]
        let name = (names[column.type] ?? Phrase(column.type))[common.language]
        return column.type == "decimal" ? "\(name)(\(column.scale))" : name
    }

    private func values(_ column: FileInspection.Column) -> String {
        if let low = column.minimum, let high = column.maximum { return "\(Numbers.group(low)) … \(Numbers.group(high))" }
        guard let categories = column.categories else { return "" }
        return TextWidth.clip(categories.joined(separator: " "), to: 60)
    }

    private func showKeys(_ found: FileInspection, _ key: String, _ console: Console) throws {
        try console.heading(Phrase(en: "Keys in column \(key)", zh: "键列 \(key)"))
        var table = TextTable([
            (console.text(Phrase(en: "normaliser", zh: "规范化方法")), .left), (console.text(Phrase(en: "valid", zh: "有效")), .right),
            (console.text(Phrase(en: "repaired", zh: "已修复")), .right), (console.text(Phrase(en: "empty", zh: "空")), .right),
            (console.text(Phrase(en: "malformed", zh: "无效")), .right), (console.text(Phrase(en: "distinct", zh: "不同值")), .right),
            (console.text(Phrase(en: "duplicate rows", zh: "重复行")), .right),
            (console.text(Phrase(en: "most rows of a key", zh: "单键最多行")), .right),
        ])
        for quality in found.keys {
            table.add(
                [quality.normalizer]
                    + [
                        quality.valid, quality.repaired, quality.empty, quality.malformed, quality.distinct,
                        quality.valid - quality.distinct, quality.mostRowsOfOneKey,
                    ].map { Numbers.grouped($0) })
        }
        try console.out(table)
        try console.out(
            "  "
                + console.text(
                    Phrase(
                        en: "valid " + share(found, \.valid) + ", duplicates " + share(found) { $0.valid - $0.distinct },
                        zh: "有效率 " + share(found, \.valid) + "，重复率 " + share(found) { $0.valid - $0.distinct })))
    }

    /// Of all rows, under the strictest normaliser that takes most of the keys.
    private func share(_ found: FileInspection, _ count: (FileInspection.KeyQuality) -> Int) -> String {
        guard found.rows > 0 else { return "–" }
        func quality(_ name: String) -> FileInspection.KeyQuality? { found.keys.first { $0.normalizer.hasPrefix(name) } }
        let strictFirst =
            ["uscc", "resident-id", "container", "plate", "mobile", "digits", "text"].compactMap(quality)
        guard let best = strictFirst.first(where: { $0.valid * 2 >= found.rows }) ?? strictFirst.last else { return "–" }
        return "\(best.normalizer) " + Numbers.percent(Double(count(best)) / Double(found.rows), digits: 2)
    }
}
