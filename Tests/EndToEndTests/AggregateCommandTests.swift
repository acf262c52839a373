import Foundation
import SandboxCore
import SecureAggregation
import Testing
import TestSupport

/// Three contributors, an aggregator and a key holder, each with a home of its own, and a contract.
private final class Workshop: Sendable {
    let scratch = Scratch()
    static let banks = ["east", "west", "north"]
    static let expected = """
        month,balance,loans,contributors
        2027-01,300.75,9,3
        2027-02,-15.00,12,3
        2027-03,0.00,15,3

        """

    /// `holders`: how many share the key; 1 for a whole key.
    init(holders: Int = 1, deadline: String? = nil) async throws {
        for name in Self.banks + ["centre"] + Self.holderNames(holders) { try await step("keys", "new", "--home", scratch.file(name)) }
        let sharing = holders > 1 ? ["--threshold", "2", "--holders", "\(holders)"] : []
        try await step(list: ["aggregate", "keygen", "--bits", "2048", "--out", scratch.file("key")] + sharing)
        var arguments = ["aggregate", "contract", "new", "--public-key", scratch.file("key.public.json"), "--out", contract]
        for name in Self.banks { arguments += ["--contributor", "\(name),\(try await fingerprint(name))"] }
        arguments += ["--aggregator", "centre,\(try await fingerprint("centre"))"]
        for name in Self.holderNames(holders) { arguments += ["--key-holder", "\(name),\(try await fingerprint(name))"] }
        if let deadline { arguments += ["--deadline", deadline] }
        try await step(list: arguments)
        for name in Self.banks {
            try scratch.write("\(name).csv", "month,balance,loans\n2027-01,100.25,3\n2027-02,-5,4\n2027-03,0,5\n")
        }
    }

    static func holderNames(_ count: Int) -> [String] { (1...count).map { "holder-\($0)" } }

    var contract: String { scratch.file("sums.yaml") }

    private func fingerprint(_ name: String) async throws -> String {
        struct Document: Decodable { var fingerprint: String }
        return try await step("keys", "show", "--home", scratch.file(name), "--json").json(Document.self).fingerprint
    }

    @discardableResult
    private func step(_ arguments: String...) async throws -> Finished { try await step(list: arguments) }

    @discardableResult
    private func step(list arguments: [String]) async throws -> Finished {
        let finished = try await Program.run(list: arguments)
        guard finished.status == 0 else { throw YinheError(.usage, "\(arguments): \(finished.errors)") }
        return finished
    }

    func aggregate(_ command: String, home: String? = nil, _ more: String...) async throws -> Finished {
        try await aggregate(command, home: home, list: more)
    }

    func aggregate(_ command: String, home: String? = nil, list more: [String]) async throws -> Finished {
        var arguments = ["aggregate", command, "--contract", contract, "--public-key", scratch.file("key.public.json"), "--json"]
        if let home { arguments += ["--home", scratch.file(home)] }
        return try await Program.run(list: arguments + more)
    }

    func encrypt(_ name: String, sequence: Int = 1, to file: String? = nil) async throws -> Finished {
        try await aggregate(
            "encrypt", home: name, "--in", scratch.file("\(name).csv"), "--out", scratch.file(file ?? "\(name).submission"),
            "--sequence", "\(sequence)")
    }

    func add(_ files: [String], _ more: String...) async throws -> Finished {
        try await aggregate("add", home: "centre", list: ["--into", scratch.file("collection")] + files.map(scratch.file) + more)
    }

    /// Everybody encrypts, the centre adds and closes.
    func close() async throws {
        for name in Self.banks { #expect(try await encrypt(name).status == 0) }
        let closed = try await add(Self.banks.map { "\($0).submission" }, "--close", "--out", scratch.file("sum.aggregate"))
        #expect(closed.status == 0, "\(closed.errors)")
    }
}

@Suite struct AggregateCommandTests {
    private struct Added: Decodable {
        struct Accepted: Decodable { var contributor: String, outcome: String }
        struct Refused: Decodable { var file: String, code: String, message: String }
        var accepted: [Accepted]
        var refused: [Refused]
        var contributors: [String]
        var missing: [String]
    }
    private struct Verified: Decodable {
        struct Check: Decodable { var check: String, ok: Bool, detail: String }
        var checks: [Check]
        var ok: Bool
        var checkedSum: Bool
    }

    /// The commands of a guide: the lines of its shell blocks.
    private func commands(_ name: String) throws -> String {
        let text = try String(contentsOf: repositoryRoot.appending(path: "Examples/secure-aggregation/\(name)"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```sh\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        return blocks.joined()
    }

    @Test func theGuideRunsAsItIsWritten() async throws {
        let script = try commands("README.md")
        #expect(try commands("README.zh-CN.md") == script)
        let scratch = Scratch()
        let file = try scratch.write("guide.sh", script)
        let finished = try await Running(
            "/bin/bash", ["-e", file], environment: ["PATH": "\(Program.folder):/usr/bin:/bin"], folder: scratch.path
        ).finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(finished.output.contains("exit code 2"))
        #expect(
            try scratch.read("result.csv") == """
                month,balance,loans,contributors
                2027-01,1300.51,37,3
                2027-02,1350.02,37,3
                2027-03,479.78,46,3

                """)
        #expect(scratch.partialFiles.isEmpty)
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.file("regulator/key.private.json"))[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func eachKindOfBadSubmissionIsRefusedWithItsReason() async throws {
        let workshop = try await Workshop(), scratch = workshop.scratch
        for name in Workshop.banks { #expect(try await workshop.encrypt(name).status == 0) }
        // Altered in its ciphertexts; for another contract; not a submission.
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: scratch.file("north.submission"))))
        bytes[bytes.count - 200] ^= 4
        try scratch.write("altered", bytes: bytes)
        let text = try scratch.read("sums.yaml")
        try scratch.write("sums.yaml", text.replacing("name: monthly-loans", with: "name: other"))
        #expect(try await workshop.encrypt("west", to: "replayed").status == 0)
        try scratch.write("sums.yaml", text)
        try scratch.write("junk", "month,balance\n")

        let first = try await workshop.add(["east.submission", "altered", "replayed", "junk"])
        #expect(first.status == 2)
        let added = try first.json(Added.self)
        #expect(added.accepted.map(\.contributor) == ["east"] && added.missing == ["west", "north"])
        #expect(added.refused.map(\.code) == ["bad-input", "contract", "bad-input"])
        #expect(added.refused[0].message.contains("signature is not valid") && added.refused[1].message.contains("another contract"))

        // Too few to close; nothing is written.
        let few = try await workshop.add([], "--close", "--out", scratch.file("sum.aggregate"))
        #expect(few.status == YinheError.Code.belowMinimum.exitCode && few.error?.message.contains("1 of 3") == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("sum.aggregate")))

        // Duplicates: the same file, another one, a replacement, the old one again.
        #expect(try await workshop.add(["east.submission"]).json(Added.self).accepted[0].outcome == "already-there")
        #expect(try await workshop.encrypt("east", sequence: 2, to: "second").status == 0)
        let twice = try await workshop.add(["second"])
        #expect(try twice.status == 2 && twice.json(Added.self).refused[0].message.contains("already submitted"))
        #expect(try await workshop.add(["second"], "--replace").json(Added.self).accepted[0].outcome == "replaced")
        let old = try await workshop.add(["east.submission"], "--replace")
        #expect(try old.status == 2 && old.json(Added.self).refused[0].message.contains("does not come back"))

        let closed = try await workshop.add(["west.submission", "north.submission"], "--close", "--out", scratch.file("sum.aggregate"))
        #expect(closed.status == 0, "\(closed.errors)")
        let late = try await workshop.add(["east.submission"])
        #expect(try late.status == 2 && late.json(Added.self).refused[0].message.contains("closed"))

        // Inclusion: the replaced submission is not in it, its successor is.
        let replaced = try await workshop.aggregate(
            "verify", "--submission", scratch.file("east.submission"), "--aggregate", scratch.file("sum.aggregate"))
        #expect(try replaced.status == 2 && replaced.json(Verified.self).checks.contains { !$0.ok && $0.check == "inclusion" })
        let included = try await workshop.aggregate(
            "verify", "--submission", scratch.file("second"), "--aggregate", scratch.file("sum.aggregate"))
        #expect(included.status == 0)
        #expect(scratch.partialFiles.isEmpty)
    }

    @Test func aDeadlineThatHasPassedAndACellBeyondItsBoundEndTheCommand() async throws {
        let workshop = try await Workshop(deadline: "2020-01-01T00:00:00Z"), scratch = workshop.scratch
        let late = try await workshop.encrypt("east")
        #expect(late.status == YinheError.Code.contract.exitCode && late.error?.message.contains("deadline") == true)
        try scratch.write("sums.yaml", scratch.read("sums.yaml").replacing("2020-01-01", with: "2099-01-01"))
        try scratch.write("east.csv", "month,balance,loans\n2027-01,1,1\n2027-02,2,1000001\n2027-03,3,3\n")
        let beyond = try await workshop.encrypt("east")
        #expect(beyond.status == YinheError.Code.badInput.exitCode)
        #expect(beyond.error?.place.hasSuffix("east.csv, line 3, column loans") == true)
        #expect(beyond.error?.message.contains("above the upper bound 1000000") == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("east.submission")) && scratch.partialFiles.isEmpty)
        // Somebody who is not in the contract.
        #expect(try await workshop.aggregate("encrypt", home: "centre", "--in", scratch.file("west.csv"), "--out", scratch.file("x")).status == 66)
    }

    @Test func theWrongKeyAndAChangedResultAreFound() async throws {
        let workshop = try await Workshop(), scratch = workshop.scratch
        try await workshop.close()
        let other = try await Program.run("aggregate", "keygen", "--bits", "2048", "--out", scratch.file("other"))
        #expect(other.status == 0)
        let wrongPublic = try await Program.run(
            "aggregate", "verify", "--json", "--contract", workshop.contract, "--public-key", scratch.file("other.public.json"),
            "--aggregate", scratch.file("sum.aggregate"))
        #expect(wrongPublic.status == YinheError.Code.contract.exitCode)
        func open(_ key: String, _ aggregate: String) async throws -> Finished {
            try await workshop.aggregate(
                "open", home: "holder-1", "--private-key", scratch.file(key), "--aggregate", scratch.file(aggregate), "--out",
                scratch.file("result.csv"), "--opening", scratch.file("sum.opening"))
        }
        #expect(try await open("other.private.json", "sum.aggregate").status == YinheError.Code.badInput.exitCode)
        let single = try await open("key.private.json", "east.submission")
        #expect(single.status == 65 && single.error?.message.contains("where an aggregate was expected") == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("result.csv")))
        #expect(try await open("key.private.json", "sum.aggregate").status == 0)
        #expect(try scratch.read("result.csv") == Workshop.expected)

        let files = ["--aggregate", scratch.file("sum.aggregate"), "--opening", scratch.file("sum.opening"), "--result", scratch.file("result.csv")]
        let submissions = Workshop.banks.flatMap { ["--submission", scratch.file("\($0).submission")] }
        let good = try await workshop.aggregate("verify", list: files + submissions)
        #expect(good.status == 0, "\(good.output)")
        #expect(try good.json(Verified.self).checkedSum)
        try scratch.write("result.csv", Workshop.expected.replacing("300.75", with: "300.76"))
        let changed = try await workshop.aggregate("verify", list: files)
        let document = try changed.json(Verified.self)
        #expect(changed.status == 2 && !document.ok)
        #expect(document.checks.contains { !$0.ok && $0.check == "opening" && $0.detail.contains("line 2, column balance") })
    }

    @Test func twoOfThreeHoldersOpenByFiles() async throws {
        let workshop = try await Workshop(holders: 3), scratch = workshop.scratch
        try await workshop.close()
        for i in [1, 3] {
            let share = try await workshop.aggregate(
                "open", home: "holder-\(i)", "--key-share", scratch.file("key.share-\(i).json"), "--aggregate", scratch.file("sum.aggregate"),
                "--out", scratch.file("\(i).share"))
            #expect(share.status == 0, "\(share.errors)")
        }
        let out = ["--aggregate", scratch.file("sum.aggregate"), "--out", scratch.file("result.csv")]
        let alone = try await workshop.aggregate("open", list: out + ["--share", scratch.file("1.share")])
        #expect(alone.status == 65 && alone.error?.message.contains("it takes 2 of 3") == true)
        let both = ["--share", scratch.file("1.share"), "--share", scratch.file("3.share")]
        let opened = try await workshop.aggregate("open", list: out + both)
        #expect(opened.status == 0, "\(opened.errors)")
        #expect(try scratch.read("result.csv") == Workshop.expected)
        let verified = try await workshop.aggregate(
            "verify", list: ["--aggregate", scratch.file("sum.aggregate"), "--result", scratch.file("result.csv")] + both)
        #expect(verified.status == 0, "\(verified.output)")
    }

    @Test(arguments: [
        ["aggregate", "keygen", "--threshold", "2"], ["aggregate", "keygen", "--bits", "1024"],
        ["aggregate", "add", "--contract", "c", "--public-key", "k", "--into", "d", "--close"],
        ["aggregate", "open", "--contract", "c", "--public-key", "k", "--aggregate", "a", "--out", "o"],
        ["aggregate", "verify", "--contract", "c", "--public-key", "k", "--result", "r"],
    ])
    func wrongUsageIsRefused(arguments: [String]) async throws {
        #expect(try await Program.run(list: arguments).status == 64)
    }
}
