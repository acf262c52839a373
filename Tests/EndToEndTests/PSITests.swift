import Foundation
import SandboxCore
import Tables
import Testing

/// Two files with a known intersection: a.csv in GB18030, b.csv in UTF-8, keys spelled differently.
struct PSIFiles {
    let scratch = Scratch()
    var a: String { scratch.file("a.csv") }
    var b: String { scratch.file("b.csv") }
    static let expectedA = "编号,名称\n" + (40..<100).map { "user-\($0),甲公司\($0)\n" }.joined()
    static let expectedB = "name,key\n" + (40..<100).reversed().map { "\"b, \($0)\",USER-\($0) \n" }.joined()

    init() throws {
        // Written by hand in GB18030: "编号", "名称" and "甲公司" are two bytes a character there.
        func gb(_ text: String) -> [UInt8] {
            let table: [Character: [UInt8]] = [
                "编": [0xb1, 0xe0], "号": [0xba, 0xc5], "名": [0xc3, 0xfb], "称": [0xb3, 0xc6], "甲": [0xbc, 0xd7],
                "公": [0xb9, 0xab], "司": [0xcb, 0xbe],
            ]
            return text.flatMap { table[$0] ?? Array(String($0).utf8) }
        }
        try scratch.write("a.csv", bytes: gb("编号,名称\n" + (0..<100).map { "user-\($0),甲公司\($0)\n" }.joined()))
        let rows = (40..<150).reversed().map { "\"b, \($0)\",USER-\($0) \n" }.joined()
        try scratch.write("b.csv", "name,key\n" + rows + "nobody,\n")
    }
}

struct PSIDocument: Decodable {
    var role: String
    var intersection: Int?
    var matchedRows: Int?
    var peerSetSize: Int
}

@Suite struct PSITests {
    @Test(arguments: [true, false]) func bothSidesGetTheirOwnMatchingRowsInOrder(listenerFirst: Bool) async throws {
        let files = try PSIFiles()
        let scratch = files.scratch
        let first = try await makeHome(scratch.file("first"))
        let second = try await makeHome(scratch.file("second"))
        let port = listenerFirst ? 0 : freePort()
        func listen() throws -> Running {
            try Program.start(
                "psi", "--in", files.a, "--key", "编号", "--out", scratch.file("ao.csv"), "--listen", "127.0.0.1:\(port)", "--json",
                "--progress", "json", "--home", scratch.file("first"), "--peer", second)
        }
        func connect(_ port: Int) throws -> Running {
            try Program.start(
                "psi", "--in", files.b, "--key", "key", "--out", scratch.file("bo.csv"), "--connect", "127.0.0.1:\(port)",
                "--json",
                "--home", scratch.file("second"), "--peer", first)
        }
        let (a, b): (Running, Running)
        if listenerFirst {
            a = try listen()
            b = try connect(try await a.port())
        } else {
            b = try connect(port)
            // Long enough for its first attempts to fail.
            try await Task.sleep(for: .milliseconds(700))
            a = try listen()
        }
        let (left, right) = (await a.finish(), await b.finish())
        #expect(left.status == 0 && right.status == 0, "\(left.errors) \(right.errors)")
        let (mine, theirs) = (try left.json(PSIDocument.self), try right.json(PSIDocument.self))
        #expect(mine.intersection == 60 && theirs.intersection == 60)
        #expect(mine.peerSetSize == 110 && theirs.peerSetSize == 100)
        #expect(try scratch.read("ao.csv") == PSIFiles.expectedA)
        #expect(try scratch.read("bo.csv") == PSIFiles.expectedB)
    }

    @Test(arguments: ["receiver", "count", "both"]) func eachSideLearnsWhatThePolicySays(reveal: String) async throws {
        let files = try PSIFiles()
        let sender = try Program.start(
            "psi", "--in", files.a, "--key", "编号", "--listen", "127.0.0.1:0", "--json", "--progress", "json",
            "--insecure-plaintext",
            "--reveal", reveal)
        let out = reveal == "count" ? [] : ["--out", files.scratch.file("bo.csv")]
        let receiver = try await Program.run(
            list: [
                "psi", "--in", files.b, "--key", "key", "--connect", "127.0.0.1:\(try await sender.port())", "--json",
                "--insecure-plaintext", "--reveal", reveal,
            ] + out)
        let sent = await sender.finish()
        #expect(sent.status == 0 && receiver.status == 0, "\(sent.errors) \(receiver.errors)")
        let (s, r) = (try sent.json(PSIDocument.self), try receiver.json(PSIDocument.self))
        #expect(s.role == "sender" && r.role == "receiver")
        #expect(r.intersection == 60)
        #expect(s.intersection == (reveal == "both" ? 60 : nil))
        #expect(r.matchedRows == (reveal == "count" ? nil : 60))
    }

    @Test func anAbsentPeerIsGivenUpAfterTheWaitWithExitCode68() async throws {
        let files = try PSIFiles()
        let base = ["psi", "--in", files.a, "--key", "编号", "--insecure-plaintext", "--wait", "1", "--json"]
        for options in [["--listen", "127.0.0.1:0"], ["--connect", "127.0.0.1:\(freePort())"]] {
            let alone = try await Program.run(list: base + options)
            #expect(alone.status == 68)
            #expect(alone.error?.code == "peer-unreachable")
            #expect(alone.error?.remedy.isEmpty == false)
        }
    }

    @Test func aPeerWithAnotherKeyIsRefusedOnBothSidesWithExitCode69() async throws {
        let files = try PSIFiles()
        let scratch = files.scratch
        let first = try await makeHome(scratch.file("first"))
        _ = try await makeHome(scratch.file("second"))
        let stranger = try await makeHome(scratch.file("stranger"))
        let listener = try Program.start(
            "psi", "--in", files.a, "--key", "编号", "--listen", "127.0.0.1:0", "--json", "--progress", "json", "--wait", "3",
            "--home", scratch.file("first"), "--peer", stranger)
        let wrong = try await Program.run(
            "psi", "--in", files.b, "--key", "key", "--connect", "127.0.0.1:\(try await listener.port())", "--json", "--wait",
            "3",
            "--home", scratch.file("second"), "--peer", first)
        let refused = await listener.finish()
        #expect(wrong.status == 69, "\(wrong.errors)")
        #expect(refused.status == 69, "\(refused.errors)")
    }

    @Test func twoNormalisersDoNotMix() async throws {
        let files = try PSIFiles()
        let listener = try Program.start(
            "psi", "--in", files.a, "--key", "编号", "--listen", "127.0.0.1:0", "--json", "--progress", "json",
            "--insecure-plaintext")
        let other = try await Program.run(
            "psi", "--in", files.b, "--key", "key", "--connect", "127.0.0.1:\(try await listener.port())", "--json",
            "--insecure-plaintext", "--normalizer", "digits")
        let listening = await listener.finish()
        for side in [listening, other] {
            #expect(side.status == 69)
            #expect(side.error?.remedy.contains("--normalizer") == true)
        }
    }

    @Test func garbageFromAPeerIsAnErrorNotACrash() async throws {
        let files = try PSIFiles()
        let listener = try Program.start(
            "psi", "--in", files.a, "--key", "编号", "--listen", "127.0.0.1:0", "--json", "--progress", "json", "--wait", "2",
            "--insecure-plaintext")
        let port = try await listener.port()
        let garbage = try Running(
            "/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); head -c 100000 /dev/urandom >&3; sleep 0.5"])
        _ = await garbage.finish()
        let result = await listener.finish()
        #expect([68, 69, 70].contains(result.status), "\(result.status) \(result.errors)")
        #expect(result.error != nil)
    }
}

/// A port that was free a moment ago, for tests where the connecting side starts first.
func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(descriptor, $0, length)
            _ = getsockname(descriptor, $0, &length)
        }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}
