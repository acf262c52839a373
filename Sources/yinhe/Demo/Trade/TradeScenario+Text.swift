import Foundation
import SandboxCore

/// What the scenario says of the keys, on the terminal and in the report.
extension TradeScenario {
    private static let title = Phrase(en: "What the check digits were worth", zh: "校验码的作用")
    private static let note = Phrase(
        en: "Without a normaliser, every spelling is another container. The text rule repairs width, case and spaces at the ends, but lets "
            + "misread numbers pass as containers of their own. The container rule also repairs spaces and hyphens inside, and leaves out "
            + "numbers whose check digit is wrong: they are counted in the inputs below, so somebody can repair them at the source.",
        zh: "不做规范化时，每种写法都算另一个集装箱。text 规则能修复全角、小写和首尾空格，但会把读错的箱号当作另一个集装箱放行。"
            + "container 规则还能修复中间的空格和连字符，并剔除校验码不符的箱号；剔除数见下方输入部分，可据此回到源头修正。")

    static let dataNote = Phrase(
        en: "Demonstration on synthetic data with invented container owners. The true values shown here exist only because one program made "
            + "both tables; in a real run nobody has them.",
        zh: "本报告为合成数据演示，箱主代码均为虚构。文中的真实值之所以存在，只因两张表由同一程序生成；真实运行中任何一方都没有这些值。")

    private static let header = [
        Phrase(en: "Keys compared", zh: "键的比较方式"), Phrase(en: "containers in both files", zh: "两表共有集装箱"),
        Phrase(en: "share of those that exist", zh: "占实际共有的比例"),
    ]

    private static func rows(_ keys: KeyComparison) -> [(Phrase, Int)] {
        [
            (Phrase(en: "cells as they are", zh: "原样比较"), keys.raw),
            (Phrase(en: "normaliser text", zh: "规范化 text"), keys.text),
            (Phrase(en: "normaliser container", zh: "规范化 container"), keys.container),
        ]
    }

    private static func share(_ count: Int, _ keys: KeyComparison) -> String {
        Numbers.percent(Double(count) / Double(keys.existing), digits: 1)
    }

    static func show(_ keys: KeyComparison, _ console: Console) throws {
        try console.heading(title)
        var table = TextTable(header.enumerated().map { (console.text($1), $0 == 0 ? .left : .right) })
        for (name, count) in rows(keys) { table.add([console.text(name), Numbers.grouped(count), share(count, keys)]) }
        try console.out(table)
        try console.out("  " + console.text(note))
    }

    static func section(_ keys: KeyComparison) -> HTML {
        let table = HTML.table(
            header.map { "\($0)" }, numeric: [1, 2],
            rows: rows(keys).map { ["\($0.0)", "\(Numbers.grouped($0.1))", "\(share($0.1, keys))"] })
        return HTML.section("keys", title, "\(table)<p>\(note)</p>\n")
    }
}
