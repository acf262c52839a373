import Foundation
import TestSupport
import Testing

struct KeyDocument: Decodable {
    var fingerprint: String
    var keyFile: String
}

/// A home folder with a key; returns its fingerprint.
func makeHome(_ path: String) async throws -> String {
    let made = try await Program.run("keys", "new", "--home", path, "--json")
    #expect(made.status == 0, "\(made.errors)")
    return try made.json(KeyDocument.self).fingerprint
}

@Suite struct KeysAndContractTests {
    @Test func aKeyIsMadeOnceReadableByItsOwnerOnly() async throws {
        let scratch = Scratch()
        let fingerprint = try await makeHome(scratch.file("home"))
        #expect(fingerprint.hasPrefix("sha256:") && fingerprint.count == 71)
        let key = scratch.file("home/identity.pem")
        let before = try Data(contentsOf: URL(filePath: key))
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        let again = try await Program.run("keys", "new", "--home", scratch.file("home"), "--json")
        #expect(again.status == 65)
        #expect(again.error?.place == key)
        #expect(try Data(contentsOf: URL(filePath: key)) == before)
        let shown = try await Program.run("keys", "show", "--json", environment: ["YINHE_HOME": scratch.file("home")])
        #expect(try shown.json(KeyDocument.self).fingerprint == fingerprint)
    }

    @Test func aKeyFileThatOthersCanReadIsRefusedWithTheRemedy() async throws {
        let scratch = Scratch()
        _ = try await makeHome(scratch.file("home"))
        chmod(scratch.file("home/identity.pem"), 0o644)
        let shown = try await Program.run("keys", "show", "--home", scratch.file("home"), "--json")
        #expect(shown.status == 65)
        #expect(shown.error?.remedy.contains("chmod 600") == true)
    }

    @Test func anEncryptedKeyNeedsItsPassphrase() async throws {
        let scratch = Scratch()
        let (good, wrong) = (try scratch.write("good", "correct horse\n"), try scratch.write("wrong", "battery staple\n"))
        let home = scratch.file("home")
        #expect(try await Program.run("keys", "new", "--home", home, "--passphrase-file", good).status == 0)
        #expect(try await Program.run("keys", "show", "--home", home, "--passphrase-file", good).status == 0)
        #expect(try await Program.run("keys", "show", "--home", home, "--passphrase-file", wrong).status == 65)
        #expect(try await Program.run("keys", "show", "--home", home).status == 65)
    }

    private struct CheckDocument: Decodable {
        struct Party: Decodable {
            var name: String
            var signature: String
            var learns: [String]
        }
        var ready: Bool
        var hash: String
        var parties: [Party]
    }

    @Test func theTemplateBecomesAContractOnceBothHaveSigned() async throws {
        let scratch = Scratch()
        let first = try await makeHome(scratch.file("a"))
        let second = try await makeHome(scratch.file("b"))
        let path = scratch.file("pilot.yaml")
        let made = try await Program.run("contract", "new", "--fingerprint", first, "--fingerprint", second, "--out", path)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try await Program.run("contract", "new", "--out", path).status == 65, "an existing file must not be replaced")

        let unsigned = try await Program.run("contract", "check", path, "--json")
        #expect(unsigned.status == 2)
        #expect(try unsigned.json(CheckDocument.self).parties.map(\.signature) == ["missing", "missing"])
        for home in ["a", "b"] {
            let signed = try await Program.run("contract", "sign", path, "--home", scratch.file(home))
            #expect(signed.status == 0, "\(signed.errors)")
        }
        let ready = try await Program.run("contract", "check", path, "--json")
        #expect(ready.status == 0)
        #expect(try ready.json(CheckDocument.self).ready)
        let shown = try await Program.run("contract", "show", path, "--lang", "zh")
        #expect(shown.status == 0)
        #expect(shown.output.contains("可以运行") && shown.output.contains("overdue_by_grade"))

        // One more byte, and neither signature counts.
        try scratch.write("pilot.yaml", scratch.read("pilot.yaml") + "#")
        let changed = try await Program.run("contract", "check", path, "--json")
        #expect(changed.status == 2)
        #expect(try changed.json(CheckDocument.self).parties.allSatisfy { $0.signature.contains("another text") })
    }

    @Test func theChineseTemplateIsTheSameContract() async throws {
        let scratch = Scratch()
        let first = try await makeHome(scratch.file("a"))
        let second = try await makeHome(scratch.file("b"))
        for language in ["en", "zh"] {
            let path = scratch.file("\(language).yaml")
            let made = try await Program.run(
                "contract", "new", "--lang", language, "--fingerprint", first, "--fingerprint", second, "--out", path)
            #expect(made.status == 0)
            #expect(try await Program.run("contract", "check", path).status == 2)
        }
        func withoutComments(_ name: String) throws -> [Substring] {
            try scratch.read(name).split(separator: "\n").filter { !$0.drop(while: { $0 == " " }).hasPrefix("#") }
        }
        #expect(try withoutComments("en.yaml") == withoutComments("zh.yaml"))
    }

    @Test func aMistakeInAContractIsReportedAtItsLineAndColumn() async throws {
        let scratch = Scratch()
        let template = try await Program.run("contract", "new").output
        try scratch.write("placeholder.yaml", template)
        let placeholder = try await Program.run("contract", "check", scratch.file("placeholder.yaml"), "--json")
        #expect(placeholder.status == 66)
        let line =
            template.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("FINGERPRINT-OF-THE") }!
            + 1
        #expect(placeholder.error?.place.hasPrefix("\(scratch.file("placeholder.yaml")):\(line):") == true)

        let fingerprints = ["1", "2"].map { "sha256:" + String(repeating: $0, count: 64) }
        let good = try await Program.run("contract", "new", "--fingerprint", fingerprints[0], "--fingerprint", fingerprints[1])
            .output
        try scratch.write("unknown.yaml", good + "surprise: 1\n")
        let unknown = try await Program.run("contract", "check", scratch.file("unknown.yaml"), "--json")
        #expect(unknown.status == 66)
        let last = good.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(unknown.error?.place == "\(scratch.file("unknown.yaml")):\(last):1")
        #expect(unknown.error?.message.contains("surprise") == true)
    }

    @Test func theExampleContractIsTheTemplate() async throws {
        let template = try await Program.run("contract", "new", "--lang", "en").output
        let example = try String(
            contentsOf: repositoryRoot.appending(path: "Examples/inclusive-credit/contract-intersection-sum.yaml"), encoding: .utf8)
        // The date moves with the year in which a template is written.
        func withoutDate(_ text: String) -> [Substring] {
            text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("expires:") }
        }
        #expect(withoutDate(template) == withoutDate(example))
    }
}
