import Foundation
import Testing

/// Every message names the file and the place.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        /// What the place ends with.
        var place: String
        var words: String
    }

    static let cases: [Case] = [
        Case(testDescription: "empty file", bytes: [], place: "t.csv", words: "empty"),
        Case(testDescription: "missing column", bytes: Array("id2,x\n1,2\n".utf8), place: "t.csv, line 1", words: "id"),
        Case(
            testDescription: "two equal columns", bytes: Array("id,id\n1,2\n".utf8), place: "t.csv, line 1, column 4",
            words: "twice"),
        Case(
            testDescription: "ragged row", bytes: Array("id,x\n1,2\n3\n".utf8), place: "t.csv, line 3, column 1", words: "field"),
        Case(
            testDescription: "quote that is never closed", bytes: Array("id,x\n1,\"two\n3,4\n".utf8),
            place: "t.csv, line 2, column 3",
            words: "quote"),
        Case(
            testDescription: "text after a quote", bytes: Array("id,x\n1,\"a\"b\n".utf8), place: "t.csv, line 2, column 6",
            words: "quot"),
        Case(
            testDescription: "bytes of no encoding", bytes: Array("id,x\n1,é\n".utf8) + [0x32, 0x2c, 0xff, 0xff, 0x0a],
            place: "t.csv, line 3, column 3", words: "UTF-8"),
    ]

    @Test(arguments: cases) func aMalformedFileIsRefusedAtItsPlace(_ sample: Case) async throws {
        let scratch = Scratch()
        let path = try scratch.write("t.csv", bytes: sample.bytes)
        let result = try await Program.run(
            "psi", "--in", path, "--key", "id", "--listen", "127.0.0.1:0", "--insecure-plaintext", "--json")
        #expect(result.status == 65, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(result.error?.place == scratch.path + "/" + sample.place)
        #expect(result.error?.message.contains(sample.words) == true, "\(result.error?.message ?? "")")
    }

    @Test func aMissingFileAndAFolderAreNamed() async throws {
        let scratch = Scratch()
        for path in [scratch.file("absent.csv"), scratch.path] {
            let result = try await Program.run("inspect", path, "--json")
            #expect(result.status == 65)
            #expect(result.error?.place == path)
        }
    }

    @Test func aLineOfTenMillionCharactersIsRefusedWithItsLine() async throws {
        let scratch = Scratch()
        let path = try scratch.write("t.csv", "id,x\n1,2\n3," + String(repeating: "y", count: 10_000_000) + "\n")
        let result = try await Program.run("inspect", path, "--json")
        #expect(result.status == 65)
        #expect(result.error?.place.contains("line 3") == true)
    }

    private struct Inspection: Decodable {
        struct Column: Decodable {
            var name: String
            var type: String
            var empty: Int
        }
        struct Key: Decodable {
            var normalizer: String
            var valid: Int
            var distinct: Int
        }
        var rows: Int
        var encoding: String
        var columns: [Column]
        var keyColumn: String?
        var keys: [Key]
    }

    @Test func inspectionOfACleanFileIsJSONThatParses() async throws {
        let scratch = Scratch()
        #expect(
            try await Program.run(
                "synth", "--out", scratch.path, "--rows", "500", "--loans", "300", "--overlap", "100", "--dirt", "none"
            )
            .status == 0)
        let result = try await Program.run("inspect", scratch.file("enterprises.csv"), "--json")
        let found = try result.json(Inspection.self)
        #expect(found.rows == 500 && found.encoding == "UTF-8" && found.keyColumn == "credit_code")
        let codes = found.keys.first { $0.normalizer == "uscc/1" }
        #expect(codes?.valid == 500 && codes?.distinct == 500)
        #expect(found.columns.map(\.name).contains("electricity_kwh"))
        let plain = try await Program.run("inspect", scratch.file("enterprises.csv"), "--lang", "zh")
        #expect(plain.status == 0 && plain.output.contains("规范化方法"))
    }

    @Test func theSameSeedGivesTheSameBytes() async throws {
        let scratch = Scratch()
        for (folder, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
            let made = try await Program.run(
                "synth", "--out", scratch.file(folder), "--rows", "300", "--loans", "200", "--overlap", "80", "--seed", seed)
            #expect(made.status == 0, "\(made.errors)")
        }
        func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: scratch.file(name))) }
        for file in ["enterprises.csv", "loans.csv"] {
            #expect(try bytes("a/\(file)") == bytes("b/\(file)"))
            #expect(try bytes("a/\(file)") != bytes("c/\(file)"))
        }
    }

    @Test func aFullDiskLeavesNoFileBehind() async throws {
        let scratch = Scratch()
        let rows = (0..<20_000).map { "key-\($0),\(String(repeating: "x", count: 20))\n" }.joined()
        let path = try scratch.write("big.csv", "id,x\n" + rows)
        let small = try scratch.write("small.csv", "id\n" + (0..<20_000).map { "KEY-\($0)\n" }.joined())
        let peer = try Program.start(
            "psi", "--in", small, "--key", "id", "--listen", "127.0.0.1:0", "--json", "--progress", "json", "--insecure-plaintext"
        )
        let port = try await peer.port()
        // A file-size limit is the disk that is full at a known byte, for any user.
        let command = """
            ulimit -f 64; exec '\(Program.yinhe)' psi --in '\(path)' --key id --out '\(scratch.file("out.csv"))' \
            --connect 127.0.0.1:\(port) --insecure-plaintext --json
            """
        let result = try await Running("/bin/bash", ["-c", command]).finish()
        #expect(result.status == 74, "\(result.status) \(result.errors)")
        #expect(result.error?.place == scratch.file("out.csv"))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("out.csv")))
        #expect(scratch.partialFiles.isEmpty)
        // Either both sides get their result or neither does.
        let told = await peer.finish()
        #expect(told.status == 71 && told.output.isEmpty, "\(told.status) \(told.errors)")
    }

    @Test(.enabled(if: Self.canMount, "needs root")) func aFullFileSystemIsNamedWithTheRemedy() async throws {
        let scratch = Scratch()
        let disk = scratch.file("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        #expect(try await Running("/bin/mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk]).finish().status == 0)
        let result = try await Program.run("synth", "--out", disk, "--json")
        let left = try FileManager.default.contentsOfDirectory(atPath: disk)
        _ = try await Running("/bin/umount", [disk]).finish()
        #expect(result.status == 74)
        #expect(result.error?.place.hasPrefix(disk) == true)
        #expect(result.error?.remedy.contains("disk") == true)
        #expect(left.isEmpty, "\(left)")
    }

    /// Root in a container may lack the right.
    static let canMount: Bool = {
        guard geteuid() == 0 else { return false }
        let scratch = Scratch()
        let probe = Process()
        probe.executableURL = URL(filePath: "/bin/sh")
        probe.arguments = ["-c", "mount -t tmpfs -o size=64k tmpfs '\(scratch.path)' 2>/dev/null && umount '\(scratch.path)'"]
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()
}
