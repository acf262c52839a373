import Foundation
import TestSupport
import Testing

/// The README's commands for somebody who has just built the program. Blocks that build are `make test`'s own business.
@Suite struct ReadmeTests {
    private static func readme(_ name: String) throws -> String {
        try String(contentsOf: repositoryRoot.appending(path: name), encoding: .utf8)
    }

    /// The block with two columns that contains `text`, as the commands of each side; the i-th of both stand on the same line.
    private func columns(_ name: String, containing text: String) throws -> [(left: String, right: String)] {
        let block = try #require(Guide(Self.readme(name)).blocks.first { $0.text.contains(text) }, "no block with \(text)")
        var commands: [(left: String, right: String)] = []
        var isContinued = false
        // The first line says whose column it is.
        for line in block.text.split(separator: "\n").dropFirst() {
            let parts = line.trimmingCharacters(in: .whitespaces).split(separator: /\s{3,}/, maxSplits: 1).map(String.init)
            // A comment is not a command; some lines have no right side.
            let right = parts.count > 1 && !parts[1].hasPrefix("#") ? parts[1] : ""
            if isContinued {
                let last = commands.removeLast()
                commands.append((Self.joined(last.left, parts[0]), Self.joined(last.right, right)))
            } else {
                commands.append((parts[0], right))
            }
            isContinued = parts[0].hasSuffix("\\")
        }
        return commands
    }

    private static func joined(_ first: String, _ second: String) -> String {
        (first.hasSuffix("\\") ? String(first.dropLast()) : first) + " " + second
    }

    private func shell(_ command: String, in folder: String) throws -> Running {
        try Running(
            "/bin/bash", ["-e", "-c", command], environment: ["PATH": "\(Program.folder):/usr/bin:/bin", "HOME": folder], folder: folder)
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["README.md", "README.zh-CN.md"])
    func twoOrganisationsByHand(_ page: String) async throws {
        let commands = try columns(page, containing: "yinhe contract new > contract.yaml")
        #expect(commands.count >= 9, "\(commands)")
        let (scratch, otherScratch) = (Scratch(), Scratch())
        let (centre, bank) = (scratch.path, otherScratch.path)
        // Each has its own export.
        #expect(try await Program.run("synth", "--out", centre, "--rows", "2000", "--loans", "1500", "--overlap", "900").status == 0)
        try FileManager.default.moveItem(atPath: "\(centre)/loans.csv", toPath: "\(bank)/loans.csv")
        for (left, right) in commands {
            // The only things that a reader replaces.
            let local = right.replacing("centre.example", with: "127.0.0.1")
            let sides = [(left, centre), (local, bank)].filter { !$0.0.isEmpty }
            let running = try sides.map { try shell($0.0, in: $0.1) }
            for (process, side) in zip(running, sides) {
                let finished = await process.finish()
                // Before the signatures a check says what is missing.
                let allowed: [Int32] = side.0.contains("contract check") ? [0, 2] : [0]
                #expect(allowed.contains(finished.status), "\(side.0): \(finished.errors)")
            }
            if left.contains("contract new") {
                var text = try scratch.read("contract.yaml")
                for (place, home) in [("sha256:FINGERPRINT-OF-THE-DATA-CENTRE", centre), ("sha256:FINGERPRINT-OF-THE-BANK", bank)] {
                    #expect(text.contains(place))
                    text = text.replacing(place, with: try await fingerprint(home: home))
                }
                for one in [scratch, otherScratch] { try one.write("contract.yaml", text) }
            }
            if left.contains("contract sign") { try exchange(".sig", centre, bank) }
        }
    }

    private func fingerprint(home: String) async throws -> String {
        struct Keys: Decodable { var fingerprint: String }
        return try await Program.run("keys", "show", "--home", "\(home)/.yinhe", "--json").json(Keys.self).fingerprint
    }

    /// Files that the parties send each other.
    private func exchange(_ suffix: String, _ a: String, _ b: String) throws {
        for (from, to) in [(a, b), (b, a)] {
            for name in try FileManager.default.contentsOfDirectory(atPath: from)
            where name.hasSuffix(suffix) && !FileManager.default.fileExists(atPath: "\(to)/\(name)") {
                try FileManager.default.copyItem(atPath: "\(from)/\(name)", toPath: "\(to)/\(name)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["README.md", "README.zh-CN.md"])
    func twoFilesAreJoinedAsTheReadmeSays(_ page: String) async throws {
        let commands = try columns(page, containing: "yinhe psi --in a.csv")
        let files = try JoinFiles(30)
        let folder = files.scratch.path
        try files.scratch.write("b.csv", files.scratch.read("b.csv").replacing("note,key", with: "note,id"))
        var prints: [String] = []
        for name in ["a", "b"] {
            #expect(try await Program.run("keys", "new", "--home", "\(folder)/\(name)").status == 0)
            struct Keys: Decodable { var fingerprint: String }
            prints.append(try await Program.run("keys", "show", "--home", "\(folder)/\(name)", "--json").json(Keys.self).fingerprint)
        }
        let (left, right) = try #require(commands.first)
        func filled(_ command: String, _ own: String, _ peer: String) -> String {
            command.replacing("sha256:…", with: peer).replacing("a.example", with: "127.0.0.1") + " --home \(folder)/\(own)"
        }
        let sides = [try shell(filled(left, "a", prints[1]), in: folder), try shell(filled(right, "b", prints[0]), in: folder)]
        for side in sides {
            let finished = await side.finish()
            #expect(finished.status == 0, "\(finished.errors)")
        }
        #expect(try files.scratch.read("a-common.csv").split(separator: "\n").count > 1)
    }

    @Test func everyScenarioThatTheReadmeNamesExists() async throws {
        struct List: Decodable {
            struct Scenario: Decodable { var name: String }
            var scenarios: [Scenario]
        }
        let names = Set(try await Program.run("demo", "--list", "--json").json(List.self).scenarios.map(\.name))
        for page in ["README.md", "README.zh-CN.md"] {
            let named = try Self.readme(page).matches(of: /demo --scenario ([a-z-]+)/).map { String($0.1) }
            #expect(!named.isEmpty)
            for name in named { #expect(names.contains(name), "\(page) names \(name)") }
        }
    }
}
