import Foundation
import TestSupport
import Testing

/// What `yinhe psi` does when things go wrong, and what it promises to programs that read its JSON.
@Suite(.serialized) struct PSIRobustnessTests {
    static let disagreements: [(receiver: [String], sender: [String], option: String)] = [
        (["--join", "left"], ["--join", "right"], "--join"),
        (["--protocol", "vole"], ["--protocol", "dh"], "--protocol"),
        (["--order", "aligned"], [], "--order"),
        (["--reveal", "receiver"], ["--reveal", "both"], "--reveal"),
        (["--minimum", "3"], ["--minimum", "4"], "--minimum"),
        (["--malicious"], [], "--malicious"),
        (["--normalizer", "digits"], [], "--normalizer"),
        (["--role", "sender"], [], "--role"),
        (["--resume", "/tmp/yinhe-e2e-\(getpid())-never-made"], [], "--resume"),
    ]

    @Test(arguments: disagreements.indices) func bothSidesNameTheOptionOnWhichTheyDiffer(index: Int) async throws {
        let (mine, theirs, option) = Self.disagreements[index]
        let files = try JoinFiles(5)
        let (receiver, sender) = try await files.run([], receiver: mine, sender: theirs)
        for side in [receiver, sender] {
            #expect(side.status == 69, "\(side.errors)")
            #expect(side.error?.code == "peer-mismatch" && side.output.isEmpty)
            #expect(side.error?.remedy.contains(option) == true, "\(option): \(side.errors)")
        }
    }

    @Test func aFileWithNothingButAHeaderIsAnEmptyTable() async throws {
        let files = try JoinFiles(5)
        try files.scratch.write("a.csv", "id,name\n")
        let (receiver, sender) = try await files.run([], receiver: files.writing.receiver, sender: files.writing.sender)
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        #expect(try receiver.json(PSIDocument.self).intersection == 0 && sender.json(PSIDocument.self).intersection == 0)
        #expect(try files.lines("ao.csv") == ["id,name"])
        #expect(try files.lines("bo.csv") == ["note,key"])
    }

    @Test(arguments: ["vole", "dh"]) func belowTheMinimumNeitherSideGetsAResult(choice: String) async throws {
        let files = try JoinFiles(10)
        let minimum = ["--protocol", choice, "--minimum"]
        let (low, alsoLow) = try await files.run(
            minimum + ["\(files.commonKeys + 1)"], receiver: files.writing.receiver, sender: files.writing.sender)
        for side in [low, alsoLow] {
            #expect(side.status == 77, "\(side.errors)")
            #expect(side.error?.code == "below-minimum" && side.output.isEmpty)
        }
        #expect(!FileManager.default.fileExists(atPath: files.scratch.file("ao.csv")))
        #expect(!FileManager.default.fileExists(atPath: files.scratch.file("bo.csv")))
        let (enough, alsoEnough) = try await files.run(minimum + ["\(files.commonKeys)"])
        #expect(enough.status == 0 && alsoEnough.status == 0, "\(enough.errors) \(alsoEnough.errors)")
    }

    @Test func onlyTheColumnsAskedForAreCarriedInTheOrderAskedFor() async throws {
        let files = try JoinFiles(10)
        let (receiver, sender) = try await files.run(
            [], receiver: files.writing.receiver + ["--columns", "name,id"], sender: files.writing.sender + ["--columns", "note"])
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        let swapped = files.own("inner").left.dropFirst().map { line in
            line.split(separator: ",").reversed().joined(separator: ",")
        }
        #expect(try files.lines("ao.csv") == ["name,id"] + swapped)
        #expect(try files.lines("bo.csv").first == "note")
        let (refused, _) = try await files.run(
            [], receiver: files.writing.receiver + ["--columns", "nome"], sender: ["--wait", "1"])
        #expect(refused.status == 65 && refused.errors.contains("nome"), "\(refused.errors)")
    }

    @Test(arguments: ["both", "receiver", "count"]) func theJSONDocumentHasExactlyTheDocumentedKeys(reveal: String) async throws {
        let files = try JoinFiles(5)
        let out = ["--out", files.scratch.file("ao.csv")]
        let (receiver, sender) = try await files.run(["--reveal", reveal], receiver: reveal == "count" ? [] : out)
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        let always: Set = [
            "role", "join", "reveal", "order", "minimum", "protocol", "protectsAgainst", "learned", "input", "peerSetSize",
            "parts",
            "resumedParts", "spilledBytes", "traffic", "seconds", "peerFinished",
        ]
        let written: Set = ["out", "outRows", "outSHA256", "matchedRows"]
        let both: Set = ["intersection", "matchedRows", "peerMatchedRows", "joinedRows"]
        func keys(_ side: Finished) throws -> Set<String> {
            let object = try JSONSerialization.jsonObject(with: Data(side.output.utf8))
            return Set(try #require(object as? [String: Any]).keys)
        }
        switch reveal {
        case "both":
            #expect(try keys(receiver) == always.union(both).union(written))
            #expect(try keys(sender) == always.union(both))
        case "receiver":
            #expect(try keys(receiver) == always.union(written).union(["intersection"]))
            #expect(try keys(sender) == always)
        default:
            #expect(try keys(receiver) == always.union(["intersection"]))
            #expect(try keys(sender) == always)
        }
        struct Chosen: Decodable {
            struct Choice: Decodable {
                var requested: String
                var used: String
                var adversary: String
                var why: String?
                var predictions: [Prediction]?
            }
            struct Prediction: Decodable {
                var `protocol`: String
                var seconds: Double?
                var bytes: Int
            }
            struct Learned: Decodable {
                var receiver: [String]
                var sender: [String]
            }
            var `protocol`: Choice
            var learned: Learned
            var input: [String: Ignored]
            struct Ignored: Decodable { init(from decoder: any Decoder) throws {} }
        }
        let (r, s) = (try receiver.json(Chosen.self), try sender.json(Chosen.self))
        #expect(r.protocol.requested == "auto" && r.protocol.adversary == "semi-honest")
        #expect(["vole", "vole-lowcomm", "dh"].contains(r.protocol.used) && r.protocol.used == s.protocol.used)
        #expect(reveal != "count" || r.protocol.used == "dh")
        #expect(r.protocol.why?.isEmpty == false)
        let predicted = r.protocol.predictions?.map(\.protocol)
        #expect(predicted == (reveal == "count" ? nil : ["vole", "vole-lowcomm", "dh"]))
        #expect(r.learned.receiver == s.learned.receiver && r.learned.receiver.count >= 2)
    }

    @Test(arguments: ["en", "zh"]) func theSummaryNamesProtocolAdversaryCountsAndLeakage(language: String) async throws {
        let files = try JoinFiles(5)
        let listening = try Program.start(
            "psi", "--in", files.b, "--key", "key", "--listen", "127.0.0.1:0", "--progress", "json", "--insecure-plaintext",
            "--lang", language)
        let connecting = try await Program.run(
            "psi", "--in", files.a, "--key", "id", "--connect", "127.0.0.1:\(try await listening.port())", "--insecure-plaintext",
            "--out", files.scratch.file("ao.csv"), "--lang", language)
        let sender = await listening.finish()
        try #require(connecting.status == 0 && sender.status == 0, "\(connecting.errors) \(sender.errors)")
        let expected =
            language == "en"
            ? [
                "Protocol", "Why", "semi-honest", "Own rows", "malformed", "In common", "Matched rows", "Joined rows", "Traffic",
                "Time", "Written", "What each party learns", "Receiver", "Sender",
            ]
            : ["协议", "选用理由", "半诚实", "己方行数", "无效键", "共有", "匹配行数", "连接行数", "通信量", "耗时", "已写出", "各方得知什么", "接收方", "发送方"]
        for text in expected { #expect(connecting.output.contains(text), "\(text): \(connecting.output)") }
        #expect(connecting.output.contains(files.scratch.file("ao.csv")))
    }
}
