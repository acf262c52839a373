import Foundation
import Fusion
import SandboxCore
import Testing

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "yinhe-fusion-\(SystemRandom.shared.word())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        return "\(path)/\(name)"
    }
}

/// Texts of a contract between "centre" (one row per enterprise, groups) and "bank" (loans, values).
struct ContractText {
    var outputs: [String] = [
        """
        - name: by_grade
            kind: group-by
            by: [enterprises.grade]
            measures: [count, rows(loans), mean(loans.overdue)]
            epsilon: 1.5
            to: [centre, bank]
        """,
        "- {name: total, kind: sum, of: loans.amount, epsilon: 0.5, to: [centre, bank]}",
    ]
    var epsilon = "4"
    var delta = "0"
    /// More members of `privacy`, from the comma on.
    var privacyExtra = ""
    var runs = "2"
    var minimum = "3"
    var expires = "2099-12-31T23:59:59Z"
    var join = "protocol: intersection-sum"
    var leakage = "[set-sizes, group-sizes, group-match-counts]"
    var enterpriseRows = "1"
    var loanRows = "3"
    var amountBounds = "lower: 0, upper: 1000.50"
    var centreFingerprint = "sha256:" + String(repeating: "a", count: 64)
    var bankFingerprint = "sha256:" + String(repeating: "b", count: 64)

    var text: String {
        """
        yinhe-contract: 1
        name: overdue-by-grade
        purpose: 按纳税信用等级统计企业贷款逾期率
        parties:
          - {name: centre, title: 公共数据中心, fingerprint: "\(centreFingerprint)"}
          - {name: bank, title: 合作银行, fingerprint: "\(bankFingerprint)"}
        datasets:
          - name: enterprises
            party: centre
            key: {column: code, normalizer: text}
            rows-per-subject: \(enterpriseRows)
            columns:
              - {name: grade, type: category, categories: [A, B, M]}
              - {name: district, type: category, categories: [东, 西]}
              - {name: kwh, type: decimal, scale: 2, unit: kWh, lower: 0, upper: 5000}
          - name: loans
            party: bank
            key: {column: code, normalizer: text}
            rows-per-subject: \(loanRows)
            columns:
              - {name: amount, type: decimal, scale: 2, unit: 元, \(amountBounds)}
              - {name: days, type: integer, unit: 天, lower: 0, upper: 3650}
              - {name: overdue, type: indicator, of: days, at-least: 1}
              - {name: product, type: category, categories: [short, long]}
        join: {datasets: [enterprises, loans], \(join)}
        outputs:
          \(outputs.joined(separator: "\n  "))
        privacy: {unit: enterprise, epsilon: \(epsilon), delta: \(delta)\(privacyExtra)}
        minimum-intersection: \(minimum)
        maximum-runs: \(runs)
        expires: \(expires)
        accepts-leakage: \(leakage)
        """ + "\n"
    }

    static func groupBy(_ by: String, _ measures: String, epsilon: String = "1") -> String {
        "- {name: a, kind: group-by, by: [\(by)], measures: [\(measures)], epsilon: \(epsilon), to: [centre, bank]}"
    }

    /// Under a mode, with exactly the leakage that it needs.
    static func under(_ mode: String, outputs: [String], epsilon: String = "100", loanRows: String = "3") -> ContractText {
        var text = ContractText()
        text.join = "mode: \(mode)"
        text.leakage =
            switch mode {
            case "hidden": "[set-sizes]"
            case "aligned": "[set-sizes, matched-keys]"
            default: "[set-sizes, group-sizes, group-match-counts]"
            }
        text.outputs = outputs
        text.epsilon = epsilon
        text.loanRows = loanRows
        return text
    }

    func contract() throws -> Contract { try Contract(parsing: Array(text.utf8), file: "c.yaml") }
}

/// A pilot under the usual contract, perhaps changed, with its small tables written.
func smallPilot(_ change: (inout ContractText) -> Void = { _ in }) throws -> Pilot {
    var text = ContractText()
    change(&text)
    let pilot = try Pilot(text)
    try pilot.write(.small())
    return pilot
}

/// Two parties with keys, homes and a contract that both have signed.
final class Pilot: Sendable {
    let folder: TemporaryFolder
    let centre: Identity
    let bank: Identity
    let contractPath: String
    let signed: SignedContract

    init(_ template: ContractText = ContractText()) throws {
        folder = try TemporaryFolder()
        centre = try Identity.generate()
        bank = try Identity.generate()
        var text = template
        text.centreFingerprint = centre.fingerprint.description
        text.bankFingerprint = bank.fingerprint.description
        contractPath = try folder.file("contract.yaml", text.text)
        _ = try SignedContract.sign(path: contractPath, identity: centre)
        _ = try SignedContract.sign(path: contractPath, identity: bank)
        signed = try SignedContract.load(path: contractPath)
    }

    func home(_ party: String) -> PartyHome { PartyHome(path: "\(folder.path)/home-\(party)") }
    func identity(_ party: String) -> Identity { party == "centre" ? centre : bank }
    func ledger(_ party: String) throws -> AuditLedger { try home(party).ledger(identity(party)) }
}

/// The error that `body` throws, which must be a `YinheError`.
func error(_ body: () throws -> Void) -> YinheError? {
    do {
        try body()
        return nil
    } catch {
        return error as? YinheError
    }
}

func asyncError(_ body: () async throws -> Void) async -> YinheError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? YinheError
    }
}
