import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing

@Suite struct JoinClauseTests {
    private static let dealerKey = "sha256:" + String(repeating: "d", count: 64)
    private static let dealer = "correlations: {dealer: {name: notary, title: 公证处, fingerprint: \"\(dealerKey)\"}}"

    private func contract(_ join: String, _ change: (inout ContractText) -> Void = { _ in }) throws -> Contract {
        var text = ContractText()
        text.join = join
        change(&text)
        return try text.contract()
    }

    @Test func readsEveryModeAndWhereCorrelationsComeFrom() throws {
        #expect(try contract("protocol: intersection-sum").joinMode == .intersectionSum)
        #expect(try contract("mode: intersection-sum").correlations == nil)
        let hidden = try contract("mode: hidden")
        #expect(hidden.joinMode == .hidden && hidden.correlations == .transfers && hidden.dealer == nil)
        #expect(try contract("mode: aligned, correlations: transfers").correlations == .transfers)
        let dealt = try contract("mode: hidden, " + Self.dealer)
        let dealer = try #require(dealt.dealer)
        #expect(dealer.name == "notary" && dealer.title == "公证处" && dealer.fingerprint == Self.dealerKey)
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let join: String, column: Int, says: String
        var testDescription: String { says }
    }

    /// The clause begins at line 25, column 40, behind the datasets.
    static let mistakes: [Mistake] = [
        .init(join: "mode: secret", column: 46, says: "is not known"),
        .init(join: "mode: hidden, protocol: intersection-sum", column: 46, says: "both \"mode\" and \"protocol\""),
        .init(join: "protocol: hidden", column: 50, says: "is not known"),
        .init(join: "correlations: transfers", column: 7, says: "\"mode\" is missing"),
        .init(join: "mode: intersection-sum, correlations: transfers", column: 78, says: "needs no correlated randomness"),
        .init(join: "mode: hidden, correlations: luck", column: 68, says: "is not known"),
        .init(join: "mode: hidden, correlations: {broker: {}}", column: 69, says: "unknown key \"broker\""),
        .init(join: "mode: hidden, correlations: {dealer: {name: n, title: t}}", column: 77, says: "\"fingerprint\" is missing"),
        .init(
            join: "mode: hidden, correlations: {dealer: {name: n, title: t, fingerprint: x}}", column: 110, says: "not a fingerprint"),
        .init(
            join: "mode: hidden, correlations: {dealer: {name: bank, title: t, fingerprint: \"\(dealerKey)\"}}", column: 84,
            says: "\"bank\" is a party"),
        .init(
            join: "mode: hidden, correlations: {dealer: {name: n, title: t, fingerprint: \"sha256:\(String(repeating: "b", count: 64))\"}}",
            column: 110, says: "the key of a party"),
    ]

    @Test(arguments: mistakes) func everyMistakeIsFoundAtItsColumn(_ mistake: Mistake) throws {
        let found = try #require(error { _ = try contract(mistake.join) })
        #expect(found.code == .contract)
        #expect(found.description.contains(mistake.says), "\(found)")
        #expect(found.place == "c.yaml:25:\(mistake.column)", "\(found)")
    }

    @Test func aPlanNeedsExactlyTheLeakageOfItsMode() throws {
        let outputs = ["- {name: a, kind: count, epsilon: 1, to: [centre, bank]}"]
        func refusal(_ mode: String, _ leakage: String) -> YinheError? {
            var text = ContractText.under(mode, outputs: outputs)
            text.leakage = leakage
            return error { _ = try FusionPlan(text.contract()) }
        }
        #expect(refusal("hidden", "[set-sizes]") == nil)
        #expect(refusal("hidden", "[]")?.message.contains("set-sizes") == true)
        #expect(refusal("aligned", "[set-sizes, matched-keys]") == nil)
        let refused = try #require(refusal("aligned", "[set-sizes]"))
        #expect(refused.code == .contract && refused.message.contains("accepts-leakage does not list matched-keys"))
        #expect(refused.message.contains("which of its subjects of enterprises matched") && refused.place == "c.yaml:32:18", "\(refused)")
    }

    @Test func learnedNamesFollowTheMode() throws {
        let outputs = ["- {name: a, kind: group-by, by: [enterprises.grade], measures: [count], epsilon: 1, to: [centre, bank]}"]
        let hidden = try FusionPlan(ContractText.under("hidden", outputs: outputs).contract())
        let aligned = try FusionPlan(ContractText.under("aligned", outputs: outputs).contract())
        for party in ["centre", "bank"] {
            #expect(hidden.learned(by: party) == [.setSizes])
            #expect(aligned.learned(by: party) == [.setSizes, .matchedKeys])
        }
    }

    @Test func theDigestTellsModesAndDealersApart() throws {
        let outputs = ["- {name: a, kind: count, epsilon: 1, to: [centre, bank]}"]
        func digest(_ mode: String) throws -> [UInt8] { try FusionPlan(ContractText.under(mode, outputs: outputs).contract()).digest }
        func dealt() throws -> [UInt8] {
            var text = ContractText.under("hidden", outputs: outputs)
            text.join += ", " + Self.dealer
            return try FusionPlan(text.contract()).digest
        }
        #expect(try Set([digest("hidden"), digest("aligned"), digest("intersection-sum"), dealt()]).count == 4)
    }

    /// In aligned mode a party knows its matched rows, hence every number that only they enter; in hidden mode nothing.
    @Test func anOutputThatAPartyKnowsAnywayCannotBeKeptFromIt() throws {
        func refusal(_ mode: String, _ output: String) -> YinheError? {
            error { _ = try FusionPlan(ContractText.under(mode, outputs: [output]).contract()) }
        }
        let total = "- {name: a, kind: sum, of: loans.amount, epsilon: 1, to: [centre]}"
        #expect(refusal("aligned", total)?.message.contains("bank is not in \"to\"") == true)
        #expect(refusal("aligned", total.replacingOccurrences(of: "[centre]", with: "[bank]")) == nil)
        #expect(refusal("hidden", total) == nil)
        let table = "- {name: a, kind: contingency-table, by: [enterprises.grade, loans.product], epsilon: 1, to: [centre]}"
        #expect(refusal("aligned", table) == nil)
        let count = "- {name: a, kind: count, epsilon: 1, to: [centre]}"
        #expect(refusal("aligned", count) != nil && refusal("hidden", count) == nil)
    }
}
