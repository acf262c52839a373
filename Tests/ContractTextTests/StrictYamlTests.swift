import ContractText
import Foundation
import SandboxCore
import Testing

@Suite struct StrictYamlTests {
    private func refusal(_ text: String, _ read: (YamlValue) throws -> Void = { _ in }) -> YinheError? {
        do {
            try read(StrictYaml(Array(text.utf8), file: "f.yaml").value)
            return nil
        } catch { return error as? YinheError }
    }

    @Test func errorsNameLineAndColumn() {
        let unknown = refusal("a: 1\n  \nextra: 2\n") { _ = try $0.mapping(required: ["a"]) }
        #expect(unknown?.place == "f.yaml:3:1" && unknown?.message.contains("extra") == true)
        let wrong = refusal("a: 1\nb:\n  c: nine\n") {
            _ = try $0.mapping(required: ["a", "b"])["b"]!.mapping(required: ["c"])["c"]!.integer(in: 0...9)
        }
        #expect(wrong?.place == "f.yaml:3:6" && wrong?.message.hasPrefix("b.c:") == true)
    }

    @Test(arguments: ["a: &x 1\n", "a: *x\n", "a: !t 1\n", "a: 1\na: 2\n", "", "a: [1\n"])
    func indirectionAndBrokenTextAreRefused(text: String) { #expect(refusal(text)?.code == .contract) }

    @Test func timesAreReadExactlyAsWritten() {
        let text = "2027-02-28T23:59:59Z"
        #expect(UTCTime.parse(text).map(UTCTime.text) == text)
        for wrong in ["2027-02-29T00:00:00Z", "2027-02-28T24:00:00Z", "2027-02-28 23:59:59Z", "2027-02-28T23:59:59"] {
            #expect(UTCTime.parse(wrong) == nil, "\(wrong)")
        }
    }
}
