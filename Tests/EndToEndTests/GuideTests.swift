import Foundation
import TestSupport
import Testing

/// A newcomer's path: every command of every guide, as it stands there.
@Suite struct GuideTests {
    /// Folders of Examples with a guide.
    static let guides: [String] = {
        let examples = repositoryRoot.appending(path: "Examples")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: examples.path)) ?? []
        return names.filter { FileManager.default.fileExists(atPath: examples.appending(path: "\($0)/README.md").path) }.sorted()
    }()

    private func guide(_ name: String, _ page: String) throws -> Guide {
        try Guide(String(contentsOf: repositoryRoot.appending(path: "Examples/\(name)/\(page)"), encoding: .utf8))
    }

    @Test func thereAreGuides() {
        #expect(Set(Self.guides).isSuperset(of: ["inclusive-credit", "million-rows", "secure-aggregation"]), "\(Self.guides)")
    }

    @Test(arguments: guides) func bothLanguagesGiveTheSameCommands(_ name: String) throws {
        let english = try guide(name, "README.md").commands
        #expect(!english.isEmpty)
        #expect(try guide(name, "README.zh-CN.md").commands == english)
    }

    @Test(.timeLimit(.minutes(5)), arguments: guides) func theGuideRunsAsItIsWritten(_ name: String) async throws {
        let scratch = Scratch()
        let guide = try guide(name, "README.md")
        if guide.script.contains("python3") {
            guard try await Running("/usr/bin/env", ["python3", "--version"]).finish().status == 0 else {
                print("skipped: the guide \(name) needs python3")
                return
            }
            _ = try await Program.sharedLibrary()
        }
        let finished = try await guide.run(in: scratch)
        #expect(finished.status == 0, "\(finished.errors.suffix(3000))\n\(finished.output.suffix(1000))")
        #expect(scratch.partialFiles.isEmpty)
    }

    @Test(arguments: [""] + guides.map { "Examples/\($0)" }) func relativeLinksLeadSomewhere(_ name: String) throws {
        for page in ["README.md", "README.zh-CN.md"] {
            let folder = name.isEmpty ? repositoryRoot : repositoryRoot.appending(path: name)
            let text = try String(contentsOf: folder.appending(path: page), encoding: .utf8)
            let prose = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 0 }.map(\.element).joined()
            for match in prose.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
                let target = folder.appending(path: String(match.1)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(name)/\(page): \(match.1)")
            }
        }
    }

    @Test(arguments: [
        "```sh\ntrue\n```\ntext\n```sh\nfalse\n```\n", "```sh terminal-1\nexit 3\n```\n```sh terminal-2\ntrue\n```\n",
        "```sh terminal-1\ntrue\n```\n```sh terminal-2\nfalse\ntrue\n```\n", "```sh\nno-such-program\n```\n",
    ])
    func aFailingCommandFailsTheGuide(_ text: String) async throws {
        #expect(try await Guide(text).run(in: Scratch()).status != 0)
    }

    @Test func blocksOfDifferentShellsRunAtTheSameTimeAndSeeEarlierFunctions() async throws {
        let guide = try Guide(
            """
            ```sh
            name() { echo "$1.fifo"; }
            mkfifo "$(name a)"
            ```
            ```yaml
            not: a command
            ```
            ```sh laptop-1
            echo hello > "$(name a)"
            ```
            ```sh laptop-2
            echo "centre.example:$(cat "$(name a)")"
            ```

            """)
        #expect(guide.steps.map(\.blocks.count) == [1, 2])
        // A pipe blocks its writer until somebody reads.
        let finished = try await guide.run(in: Scratch())
        #expect(finished.status == 0 && finished.output == "127.0.0.1:hello\n", "\(finished.errors)")
    }

    @Test func aBlockThatNobodyWouldRunIsRefusedAndCommentsMayBeTranslated() throws {
        #expect(throws: Guide.Malformed.self) { try Guide("```sh sometimes\ntrue\n```\n") }
        #expect(throws: Guide.Malformed.self) { try Guide("```sh\ntrue\n") }
        #expect(try Guide("```sh\ntrue  # yes\n```\n").commands == Guide("```sh\ntrue    # 是\n```\n").commands)
        #expect(try Guide("```sh\ntrue\n```\n").commands != Guide("```sh\nfalse\n```\n").commands)
    }
}
