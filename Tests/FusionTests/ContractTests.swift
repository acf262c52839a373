import Arithmetic
import ContractText
import Foundation
import Fusion
import SandboxCore
import Testing

@Suite struct ContractTests {
    @Test func readsEveryClauseExactly() throws {
        let contract = try ContractText().contract()
        #expect(contract.name == "overdue-by-grade")
        #expect(contract.parties.map(\.name) == ["centre", "bank"])
        #expect(contract.datasets.map(\.name) == ["enterprises", "loans"])
        let loans = try #require(contract.dataset(named: "loans"))
        #expect(loans.rowsPerSubject == 3)
        #expect(loans.key.normalizer == "text/1")
        #expect(loans.column(named: "amount")?.kind == .decimal(scale: 2))
        #expect(loans.column(named: "amount")?.upper == 100_050)
        #expect(loans.column(named: "overdue")?.kind == .indicator(of: "days", atLeast: 1))
        #expect(contract.outputs[0].measures.map(\.description) == ["count", "rows(loans)", "mean(loans.overdue)"])
        #expect(contract.outputs[1].epsilon == (try Rational(parsing: "0.5")))
        #expect(contract.epsilonPerRun == 2)
        #expect(UTCTime.text(contract.expires) == "2099-12-31T23:59:59Z")
        #expect(try loans.schema().columns.map(\.name) == ["amount", "days", "overdue", "product"])
    }

    @Test func boundsBeyondDoublePrecisionStayExact() throws {
        var text = ContractText()
        text.amountBounds = "lower: -0.01, upper: 90071992547409.91"
        #expect(try text.contract().dataset(named: "loans")?.column(named: "amount")?.upper == 9_007_199_254_740_991)
        #expect(try text.contract().dataset(named: "loans")?.column(named: "amount")?.lower == -1)
    }

    /// Each row: what is replaced, by what, the line and column that the error must name, a part of its message.
    struct Mistake: CustomTestStringConvertible, Sendable {
        let old: String, new: String, place: String, says: String
        var testDescription: String { says }
        init(_ old: String, _ new: String, _ place: String, _ says: String) {
            (self.old, self.new, self.place, self.says) = (old, new, place, says)
        }
    }

    static let mistakes: [Mistake] = [
        .init("purpose:", "purpos:", "3:1", "unknown key \"purpos\""),
        .init("name: overdue-by-grade\n", "name: overdue-by-grade\nname: again\n", "2:1", "given twice"),
        .init("name: overdue-by-grade\n", "", "1:1", "\"name\" is missing"),
        .init("yinhe-contract: 1", "yinhe-contract: 2", "1:17", "version"),
        .init("name: overdue-by-grade", "name: Überfällig", "2:7", "is not a name"),
        .init("parties:\n", "parties: none\nparty:\n", "5:1", "unknown key"),
        .init("fingerprint: \"sha256:bbbb", "fingerprint: \"sha256:BBBB", "6:44", "not a fingerprint"),
        .init("name: bank, title", "name: centre, title", "6:5", "declared twice"),
        .init("party: bank", "party: banque", "17:12", "no party is named"),
        .init(
            "column: code, normalizer: text}\n    rows-per-subject: 3", "column: code, normalizer: tax}\n    rows-per-subject: 3",
            "18:37", "normaliser"),
        .init(
            "column: code, normalizer: text}\n    rows-per-subject: 3",
            "column: code, normalizer: digits}\n    rows-per-subject: 3", "25:32", "normalised differently"),
        .init("rows-per-subject: 3", "rows-per-subject: 0", "19:23", "outside"),
        .init("rows-per-subject: 3", "rows-per-subject: \"3\"", "19:23", "an integer expected"),
        .init("categories: [A, B, M]", "categories: [A, B, A]", "13:58", "declared twice"),
        .init("categories: [A, B, M]", "categories: A", "13:51", "a list of categories expected"),
        .init("lower: 0, upper: 1000.50", "lower: 5, upper: 4.5", "21:75", "less than the lower"),
        .init("lower: 0, upper: 1000.50", "lower: 0, upper: 1000.505", "21:75", "more than 2 decimals"),
        .init("lower: 0, upper: 1000.50", "lower: 0, upper: 1e30", "21:75", "too large"),
        .init("lower: 0, upper: 1000.50", "lower: 0, upper: many", "21:75", "is not an exact number"),
        .init("lower: 0, upper: 3650", "lower: 0, upper: 0", "22:63", "both bounds are 0"),
        .init("at-least: 1", "at-least: 0", "23:62", "constant"),
        .init("of: days", "of: dayz", "23:46", "no integer or decimal column"),
        .init("type: integer", "type: float", "22:28", "is not known"),
        .init("unit: 天, ", "unit: 天, scale: 1, ", "22:46", "unknown key \"scale\""),
        .init("[enterprises, loans]", "[enterprises, loan]", "25:32", "no dataset is named"),
        .init("[enterprises, loans]", "[loans, loans]", "25:26", "both datasets belong"),
        .init("intersection-sum", "intersection-product", "25:50", "is not known"),
        .init("kind: group-by", "kind: median", "28:11", "is not known"),
        .init("by: [enterprises.grade]", "by: [enterprises.kwh]", "29:10", "is not a category"),
        .init("by: [enterprises.grade]", "by: [enterprises.grade, enterprises.district]", "29:29", "two columns"),
        .init("by: [enterprises.grade]", "by: [enterprise.grade]", "29:10", "no joined dataset"),
        .init("by: [enterprises.grade]", "by: [enterprises.rank]", "29:10", "declares no column"),
        .init("[count, rows(loans)", "[count, row(loans)", "30:23", "is not a measure"),
        .init("mean(loans.overdue)", "mean(loans.product)", "30:36", "is a category"),
        .init("of: loans.amount", "of: loans.product", "33:34", "is a category"),
        .init("epsilon: 1.5", "epsilon: 0", "31:14", "greater than 0"),
        .init("epsilon: 1.5", "epsilon: 3.6", "33:5", "cost epsilon 4.1, more than the budget of 4"),
        .init("to: [centre, bank]\n", "to: [centre, regulator]\n", "32:18", "no party is named"),
        .init("to: [centre, bank]\n", "to: []\n", "32:9", "0 parties listed"),
        .init(
            "kind: sum, of: loans.amount", "kind: histogram, of: loans.amount, bins: [0, 10, 10, 1000.50]", "33:68",
            "do not increase"),
        .init("kind: sum, of: loans.amount", "kind: histogram, of: loans.amount, bins: [0, 10]", "33:64", "in no bin"),
        .init("kind: sum, of: loans.amount", "kind: histogram, of: loans.amount", "33:40", "needs \"bins\""),
        .init(
            "kind: sum, of: loans.amount", "kind: histogram, of: loans.product, bins: [0, 1]", "33:61",
            "its categories are the bins"),
        .init("name: total", "name: by_grade", "33:5", "declared twice"),
        .init("epsilon: 4, delta: 0", "epsilon: 4, delta: 1", "34:48", "less than 1"),
        .init("minimum-intersection: 3", "minimum-intersection: 0", "35:23", "outside"),
        .init("maximum-runs: 2", "maximum-runs: two", "36:15", "an integer expected"),
        .init("2099-12-31T23:59:59Z", "2099-02-29T23:59:59Z", "37:10", "not a time"),
        .init("2099-12-31T23:59:59Z", "2099-12-31", "37:10", "not a time"),
        .init("[set-sizes,", "[everything,", "38:19", "is not known"),
        .init("purpose: 按", "purpose: &p 按", "3:10", "anchors"),
        .init("purpose: 按", "purpose: !!str 按", "3:10", "tags"),
        .init("purpose: 按", "<<: {name: x}\npurpose: 按", "3:1", "merge keys"),
        .init("purpose: 按", "purpose: [按", "4:8", "not YAML"),
        .init("delta: 0}\n", "delta: 0}\n---\n", "35:1", "another document"),
    ]

    @Test(arguments: mistakes) func everyMistakeIsFoundAtItsLineAndColumn(_ mistake: Mistake) throws {
        let good = ContractText().text
        let bad = good.replacingOccurrences(of: mistake.old, with: mistake.new, range: good.range(of: mistake.old))
        #expect(bad != good)
        let found = try #require(error { _ = try Contract(parsing: Array(bad.utf8), file: "c.yaml") })
        #expect(found.code == .contract)
        #expect(found.description.contains(mistake.says), "\(found)")
        #expect(found.place == "c.yaml:\(mistake.place)", "\(found)")
    }

    @Test func refusesWhatIsNotAReasonableFile() throws {
        func says(_ bytes: [UInt8]) -> String { error { _ = try Contract(parsing: bytes, file: "c.yaml") }?.description ?? "" }
        #expect(says([]).contains("empty"))
        #expect(says([0xff, 0xfe]).contains("not UTF-8"))
        #expect(says([0xef, 0xbb, 0xbf] + Array("a: 1".utf8)).contains("byte-order mark"))
        #expect(says([UInt8](repeating: 0x20, count: 1 << 20 + 1)).contains("at most"))
        #expect(says(Array("a: *b\n".utf8)).contains("aliases"))
        #expect(says(Array(String(repeating: "[", count: 100_000).utf8)).contains("c.yaml"))
        #expect(says(Array("- a\n- b\n".utf8)).contains("a mapping expected"))
        let folder = try TemporaryFolder()
        #expect(error { _ = try Contract.load(path: folder.path) }?.message.contains("folder") == true)
        #expect(error { _ = try Contract.load(path: folder.path + "/none") }?.message.contains("no such file") == true)
    }

    @Test func timesAreExactAndStrict() {
        #expect(UTCTime.parse("2000-02-29T00:00:00Z")?.timeIntervalSince1970 == 951_782_400)
        #expect(UTCTime.parse("1970-01-01T00:00:00Z")?.timeIntervalSince1970 == 0)
        for text in [
            "2100-02-29T00:00:00Z", "2001-13-01T00:00:00Z", "2001-01-01T24:00:00Z", "2001-01-01 00:00:00Z", "2001-1-01T00:00:00Z",
        ] {
            #expect(UTCTime.parse(text) == nil)
        }
        for seconds in stride(from: 0.0, to: 4e9, by: 86_400 * 13.7) {
            let text = UTCTime.text(Date(timeIntervalSince1970: seconds))
            #expect(UTCTime.parse(text)?.timeIntervalSince1970 == seconds.rounded(.down))
        }
    }
}
