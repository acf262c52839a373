import ArgumentParser
import DifferentialPrivacy
import Foundation
import SandboxCore

/// One mechanism of `noise --audit`, as `--json` prints it.
private struct AuditLine: Encodable {
    let bench = "noise"
    let op = "audit"
    let mechanism: String
    let claimed_epsilon: Double
    let claimed_delta: Double
    let claim: String
    /// Proven by the runs, at error probability `alpha`.
    let epsilon_lower_bound: Double
    let alpha: Double
    let event: String
    let hits: Int
    let other_hits: Int
    /// Runs of each input that judged the event.
    let trials: Int
    let violation: Bool
}

extension NoiseBench {
    func runAudit() throws {
        let all = try PrivacyAudit.standardCases()
        let cases = mechanism.map { name in all.filter { $0.name.contains(name) } } ?? all
        guard !cases.isEmpty else {
            throw ValidationError("no mechanism is called \(mechanism ?? ""); known: \(all.map(\.name).joined(separator: ", "))")
        }
        let audit = try PrivacyAudit(cases, falseAlarm: 1 - confidence)
        if !options.json {
            print(
                """
                Lower bounds on epsilon from up to \(samples) runs on each of two neighbouring inputs. All \(cases.count) hold together with
                probability \(confidence) or more: each may err with probability \(String(format: "%.2g", audit.alpha)).

                \(Self.row("mechanism", "claimed epsilon", "delta", "lower bound", "verdict"))
                """)
        }
        var violations = 0
        for i in cases.indices {
            let found = try audit.finding(i, runs: samples, threads: options.threads) { _ in BufferedRandom() }
            if found.isViolation { violations += 1 }
            try show(found, audit.alpha)
        }
        if !options.json {
            print(violations == 0 ? "\nNo claim is contradicted." : "\n\(violations) claim(s) CONTRADICTED: these mechanisms leak more than they say.")
        }
        guard violations == 0 else { throw ExitCode(2) }
    }

    private func show(_ found: PrivacyAudit.Finding, _ alpha: Double) throws {
        let evidence = found.evidence
        guard options.json else {
            let verdict = found.isViolation ? "VIOLATION: \(evidence.event), \(evidence.hits) against \(evidence.otherHits)" : "consistent"
            print(
                Self.row(
                    found.name, String(format: "%.4g", found.epsilon), String(format: "%.4g", found.delta), String(format: "%.4f", evidence.epsilon),
                    verdict))
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = AuditLine(
            mechanism: found.name, claimed_epsilon: found.epsilon, claimed_delta: found.delta, claim: found.claim,
            epsilon_lower_bound: evidence.epsilon, alpha: alpha, event: evidence.event, hits: evidence.hits, other_hits: evidence.otherHits,
            trials: evidence.trials, violation: found.isViolation)
        print(String(decoding: try encoder.encode(line), as: UTF8.self))
    }

    private static func row(_ name: String, _ epsilon: String, _ delta: String, _ bound: String, _ verdict: String) -> String {
        func cell(_ text: String, _ width: Int) -> String { text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0) }
        return cell(name, 28) + cell(epsilon, 17) + cell(delta, 11) + cell(bound, 13) + verdict
    }
}
