import Evaluation
import Foundation
import SandboxCore
import Testing

@Suite struct SpreadTests {
    @Test func medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() throws {
        let spread = try #require(Spread([4, 1, 3, 2]))
        #expect(spread.median == 2.5)
        #expect(spread.min == 1)
        #expect(spread.max == 4)
        #expect(abs(spread.spread - 1.2) < 1e-12)
    }

    @Test func thereIsNoSpreadOfNothing() { #expect(Spread([]) == nil) }
}

@Suite struct DocumentTests {
    @Test func documentSurvivesTheWayThroughJSON() throws {
        let document = Samples.document([Samples.measurement(), Samples.measurement(network: "wan", seconds: 2)])
        #expect(try EvaluationDocument.decode(document.json(), at: "test") == document)
    }

    /// Changes one thing in a sound document's JSON.
    private func changed(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        let object = try JSONSerialization.jsonObject(with: Data(Samples.document().json()))
        var fields = try #require(object as? [String: Any])
        change(&fields)
        return Array(try JSONSerialization.data(withJSONObject: fields))
    }

    private func measurement(_ change: @escaping (inout [String: Any]) -> Void) -> (inout [String: Any]) -> Void {
        { fields in
            var list = fields["measurements"] as? [[String: Any]] ?? []
            change(&list[0])
            fields["measurements"] = list
        }
    }

    @Test func otherSchemaVersionsAreRefusedByName() throws {
        let bytes = try changed { $0["schemaVersion"] = EvaluationDocument.currentSchema + 1 }
        let error = try #require(throws: YinheError.self) { try EvaluationDocument.decode(bytes, at: "x.json") }
        #expect(error.code == .badInput)
        #expect(error.message.contains("schema version \(EvaluationDocument.currentSchema + 1)"))
        #expect(error.place == "x.json")
    }

    @Test func missingAndMistypedFieldsAreNamed() throws {
        let missing = try changed(measurement { $0["bytesSent"] = nil })
        let first = try #require(throws: YinheError.self) { try EvaluationDocument.decode(missing, at: "x") }
        #expect(first.message.contains("measurements[0] has no field bytesSent"), "\(first)")
        let mistyped = try changed(measurement { $0["rounds"] = "four" })
        let second = try #require(throws: YinheError.self) { try EvaluationDocument.decode(mistyped, at: "x") }
        #expect(second.message.contains("measurements[0].rounds"), "\(second)")
        #expect(throws: YinheError.self) { try EvaluationDocument.decode(Array("{".utf8), at: "x") }
        #expect(throws: YinheError.self) { try EvaluationDocument.decode(Array("[1, 2]".utf8), at: "x") }
        #expect(throws: YinheError.self) { try EvaluationDocument.decode([], at: "x") }
    }

    @Test func unsoundDocumentsAreRefused() throws {
        let changes: [(String, (inout [String: Any]) -> Void)] = [
            ("UTC", { $0["started"] = "yesterday" }),
            ("in order", { $0["ended"] = "2026-01-30T08:15:00Z" }),
            ("network profiles", measurement { $0["network"] = "moon" }),
            ("counts", measurement { $0["threads"] = 0 }),
            ("negative", measurement { $0["bytesSent"] = -1 }),
            ("seconds", measurement { $0["seconds"] = ["median": 1.0, "min": 2.0, "max": 3.0, "spread": 1.0] }),
            ("seconds", measurement { $0["seconds"] = ["median": 0.0, "min": 0.0, "max": 0.0, "spread": 0.0] }),
            ("differs from the plain computation", measurement { m in
                m["accuracy"] = ["checked": "every element", "error": 1.0, "tolerance": 0.0, "passed": false]
            }),
            ("twice", { $0["measurements"] = ($0["measurements"] as! [Any]) + ($0["measurements"] as! [Any]) }),
            ("one name", { $0["networkProfiles"] = ($0["networkProfiles"] as! [Any]) + ($0["networkProfiles"] as! [Any]) }),
        ]
        for (word, change) in changes {
            let bytes = try changed(change)
            let error = try #require(throws: YinheError.self, "\(word)") { try EvaluationDocument.decode(bytes, at: "x") }
            #expect(error.code == .badInput)
            #expect(error.message.contains(word), "\(error)")
        }
        #expect(try EvaluationDocument.decode(changed { _ in }, at: "x") == Samples.document())
    }

    @Test func filesThatAreNoneAreRefused() throws {
        for path in ["/nonexistent/evaluation.json", "/"] {
            let error = try #require(throws: YinheError.self) { try EvaluationDocument.read(path) }
            #expect(error.code == .badInput)
        }
    }

    @Test func tableHasALineOfAllColumnsForEachMeasurement() throws {
        let text = Samples.document([Samples.measurement(), Samples.measurement(network: "wan", seconds: 2)]).csv()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.count == 4 && lines[3].isEmpty)
        let header = fields(lines[0])
        #expect(header == EvaluationDocument.csvColumns)
        let second = Dictionary(uniqueKeysWithValues: zip(header, fields(lines[2])))
        #expect(fields(lines[2]).count == header.count)
        #expect(second["seconds_median"] == "2")
        #expect(second["network_bits_per_second"] == "100000000")
        #expect(second["formula_source"] == "a, \"quoted\" source")
        #expect(second["security_statistical_bits"] == "")
        #expect(second["phases"] == "correlations=1.8;online=0.2")
    }

    /// RFC 4180, without line breaks in fields.
    private func fields(_ line: String) -> [String] {
        var out = [""], quoted = false
        for c in line {
            switch c {
            case "\"":
                quoted.toggle()
                // A doubled quote leaves and enters again.
                if quoted, !out[out.count - 1].isEmpty { out[out.count - 1].append("\"") }
            case "," where !quoted: out.append("")
            default: out[out.count - 1].append(c)
            }
        }
        return out
    }
}
