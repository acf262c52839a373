import Foundation
import Fusion
import SandboxCore
import Tables

/// Import declarations joined with container moves: how long containers of each commodity stay, on keys that people type and cameras read.
struct TradeScenario: DemoScenario {
    static let folder = "trade-facilitation"

    let about = DemoAbout(
        name: folder, domain: Phrase(en: "trade facilitation", zh: "贸易便利化"),
        parties: [Phrase(en: "customs", zh: "海关"), Phrase(en: "port", zh: "港口")],
        shows: Phrase(
            en: "dwell time of containers by commodity and inspection; ISO 6346 check digits decide which keys can be trusted",
            zh: "按商品和查验情况统计集装箱在港时间；由 ISO 6346 校验码判断哪些箱号可信"),
        usualSeconds: 1, guide: folder)

    struct Document: Encodable {
        var run: ContractDemo.Document
        var keys: KeyComparison
        var seconds: Double
    }

    /// Containers that both files have, by how keys are compared; in the clear, as only a demonstration may.
    struct KeyComparison: Encodable {
        /// The cells as they are.
        var raw: Int
        /// Widths, letters and spaces at the ends brought to one form.
        var text: Int
        /// Container numbers with a valid check digit.
        var container: Int
        /// In both files before any key was spoilt.
        var existing: Int
    }

    func run(_ stage: DemoStage) async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let console = stage.console
        let tables = ContainerTables(seed: stage.size.seed)
        let (declarations, moves) = (stage.folder.file("declarations.csv"), stage.folder.file("moves.csv"))
        try await interruptible { try tables.write(declarationsTo: declarations, movesTo: moves) }
        console.note(
            Phrase(
                en: "Tables: declarations of \(Numbers.grouped(tables.declared)) containers (GB18030) and "
                    + "\(Numbers.grouped(tables.landed)) moves (UTF-8 with BOM), \(Numbers.grouped(tables.common)) containers in both (seed \(stage.size.seed))",
                zh: "数据：\(Numbers.grouped(tables.declared)) 个集装箱的报关单（GB18030）、\(Numbers.grouped(tables.landed)) 条在港记录（UTF-8 BOM），"
                    + "两表共有 \(Numbers.grouped(tables.common)) 个集装箱（种子 \(stage.size.seed)）"))
        let demo = ContractDemo(
            stage: stage,
            parties: [
                try ContractDemo.party("customs", title: "海关", dataset: "declarations", data: declarations, in: stage),
                try ContractDemo.party("port", title: "港口集团", dataset: "moves", data: moves, in: stage),
            ])
        let contract = try ContractDemo.fill(template: stage.examples.file(Self.folder, "contract.yaml"), parties: demo.parties)
        var results = try await demo.run(contract: contract)
        let keys = try await interruptible { try Self.compare(declarations, moves, existing: tables.common) }
        results.document.demoNote = Self.dataNote
        results.document.appendix = Self.section(keys)
        try AtomicFile.write(results.document.html(), to: results.report)

        let seconds = ProcessInfo.processInfo.systemUptime - started
        try console.emit(Document(run: demo.json(results, scenario: about.name, seconds: seconds), keys: keys, seconds: seconds))
        try demo.show(results)
        try Self.show(keys, console)
        try demo.close(results, seconds: seconds)
    }

    private static func compare(_ declarations: String, _ moves: String, existing: Int) throws -> KeyComparison {
        func common(_ normalizer: JoinKeyNormalizer) throws -> Int {
            let schema = try TableSchema(keyColumn: "container_no", normalizer: normalizer, rowsPerSubject: 1, columns: [])
            let (a, b) = (try KeyedTable.load(path: declarations, schema: schema), try KeyedTable.load(path: moves, schema: schema))
            return Set(a.tokens).intersection(b.tokens).count
        }
        return KeyComparison(
            raw: try cells(declarations).intersection(cells(moves)).count, text: try common(.text),
            container: try common(JoinKeyNormalizer(named: "container")), existing: existing)
    }

    /// The key column's cells; the tables have no quoted cells.
    private static func cells(_ path: String) throws -> Set<[UInt8]> {
        guard let data = FileManager.default.contents(atPath: path) else { throw YinheError(.badInput, "cannot read the table", at: path) }
        var lines = [UInt8](data).split(separator: UInt8(ascii: "\n")).map { $0.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) }
        let place = lines.removeFirst().firstIndex { $0.suffix(12).elementsEqual("container_no".utf8) }!
        return Set(lines.map { Array($0[place]) }).subtracting([[]])
    }
}
