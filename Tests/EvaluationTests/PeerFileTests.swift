import Evaluation
import Foundation
import SandboxCore
import Testing

@Suite struct PeerFileTests {
    typealias Peer = EvaluationDocument.PeerResult

    static func line(_ changes: [String: Any?] = [:]) -> String {
        var fields: [String: Any] = [
            "bench": "peers-share", "op": "mul", "system": "spu-semi2k", "version": "spu 0.9.5", "n": 1000, "unit": "elements",
            "parameters": ["bits": "31"], "compared_s": 1.5, "compared_min_s": 1.0, "compared_max_s": 2.0, "clock": "elapsed", "runs": 3,
            "correct": true, "compared_bytes": 10, "beside": "yinhe-dealer", "something-else": [1, 2],
        ]
        for (name, value) in changes { fields[name] = value }
        return String(decoding: try! JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
    }

    static func decode(_ text: String) throws -> [Peer] { try Peer.decode(Array(text.utf8), at: "peers.jsonl") }

    @Test func linesAreRead() throws {
        let failed = #"{"bench":"peers-share","system":"spu-cheetah","op":"mul","n":1000,"error":"no wheel for this Python"}"#
        let results = try Self.decode([Self.line(), "", failed, Self.line(["system": "yinhe-dealer", "beside": nil])].joined(separator: "\n"))
        #expect(results.map(\.system) == ["spu-semi2k", "yinhe-dealer"])
        #expect(results[0].seconds == 1.5 && results[0].secondsMax == 2 && results[0].clock == .elapsed && results[0].beside == "yinhe-dealer")
        #expect(results[0].peakMemoryBytes == nil && results[1].beside == nil)
    }

    @Test func whatIsNoSuchLineIsRefusedWithItsPlace() {
        let wrong: [[String: Any?]] = [
            ["compared_s": 0.5], ["compared_s": -1], ["compared_max_s": 1.2], ["n": 0], ["runs": 0], ["clock": "sundial"], ["compared_bytes": -1],
            ["system": String(repeating: "x", count: 201)], ["compared_min_s": nil], ["parameters": ["a": 1]],
        ]
        for changes in wrong {
            let error = #expect(throws: YinheError.self, "\(changes)") { try Self.decode(Self.line() + "\n" + Self.line(changes)) }
            #expect(error?.code == .badInput && error?.description.contains("line 2") == true)
        }
        #expect(throws: YinheError.self) { try Self.decode("[]") }
        #expect(throws: YinheError.self) { try Self.decode(String(repeating: "\n", count: Peer.maximumLines + 1)) }
        #expect(throws: YinheError.self) { try Peer.read("/nonexistent/peers.jsonl") }
    }
}
