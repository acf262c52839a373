import Foundation
import SandboxCore

extension EvaluationDocument.SecurityEvidence.ConstantTimeResult {
    package static let maximumFileBytes = 4 << 20

    /// Reads what `make constant-time` printed; `.badInput` for anything without its last line.
    package static func read(_ path: String) throws -> Self {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: maximumFileBytes + 1) else {
            throw YinheError(.badInput, "there is no such file, or it cannot be read", at: path)
        }
        guard data.count <= maximumFileBytes else { throw YinheError(.badInput, "more than \(maximumFileBytes) bytes", at: path) }
        return try parse(Array(data), at: path)
    }

    /// Lines "pass  NAME", "LEAK  NAME: …", "seen  NAME: …", "ok    control: …", "BAD   control: …", and at the end
    /// "N checks, M with leaks" (Tests/ConstantTime/Checker). Other lines are of the build and of valgrind.
    package static func parse(_ bytes: [UInt8], at place: String) throws -> Self {
        var checks: [Check] = [], total: (checked: Int, leaks: Int)?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let word = line.prefix { $0 != " " }, rest = line.dropFirst(word.count).drop { $0 == " " }
            switch word {
            case "pass": checks.append(Check(outcome: .pass, name: String(rest.prefix(300))))
            case "LEAK": checks.append(Check(outcome: .leak, name: String(rest.prefix(300))))
            case "seen": checks.append(Check(outcome: .seen, name: String(rest.prefix(300))))
            case "ok" where rest.hasPrefix("control:"): checks.append(Check(outcome: .control, name: String(rest.prefix(300))))
            case "BAD" where rest.hasPrefix("control:"): checks.append(Check(outcome: .brokenControl, name: String(rest.prefix(300))))
            default:
                let words = line.split(separator: " ")
                if words.count == 5, words[1] == "checks,", words[3...].elementsEqual(["with", "leaks"]),
                    let checked = Int(words[0]), let leaks = Int(words[2])
                {
                    total = (checked, leaks)
                }
            }
        }
        guard let total else {
            throw YinheError(
                .badInput, "no output of `make constant-time`: the line \"N checks, M with leaks\" is missing", at: place,
                remedy: "run `make constant-time > FILE` to its end")
        }
        let judged = checks.filter { $0.outcome == .pass || $0.outcome == .leak }
        guard judged.count == total.checked, judged.filter({ $0.outcome == .leak }).count == total.leaks, total.checked > 0 else {
            throw YinheError(.badInput, "its lines do not add up to its last line", at: place)
        }
        return Self(checks: checks, checked: total.checked, leaks: total.leaks, fileDigest: DomainHash.plainSHA256(bytes).hex)
    }
}
