import Foundation
import SandboxCore
import Testing
import TestSupport

@Suite(.serialized) struct AtomicFileTests {
    @Test func fileAppearsWholeAtCommitAndNotBefore() throws {
        let scratch = Scratch()
        let path = scratch.path("out.csv")
        let file = try AtomicFile(path: path, mode: 0o600)
        let line = [UInt8](repeating: 65, count: 1000)
        for _ in 0..<200 { try file.write(line) }  // more than the buffer: the temporary file has content
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(scratch.names.count == 1 && scratch.names[0].hasSuffix(".partial"))
        try file.commit()
        #expect(scratch.names == ["out.csv"])
        #expect(FileManager.default.contents(atPath: path) == Data(repeating: 65, count: 200_000))
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test func unfinishedFileLeavesTheOldOneUntouched() throws {
        let scratch = Scratch()
        let path = scratch.path("out.txt")
        try AtomicFile.write("old", to: path)
        do {
            let file = try AtomicFile(path: path)
            try file.write("half of the new")
        }
        #expect(scratch.names == ["out.txt"])
        #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
        let discarded = try AtomicFile(path: path)
        try discarded.write("x")
        discarded.discard()
        discarded.discard()
        #expect(scratch.names == ["out.txt"])
        try AtomicFile.write("new", to: path)
        #expect(FileManager.default.contents(atPath: path) == Data("new".utf8))
    }

    @Test func fullDiskIsAClearErrorAndLeavesNothing() throws {
        // A file-size limit makes write(2) fail as a full disk does. It is process-wide for the moment, hence far above what
        // other tests write.
        let limit = 96 << 20
        let scratch = Scratch()
        var before = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
        let handler = signal(SIGXFSZ, SIG_IGN)
        var low = rlimit(rlim_cur: rlim_t(limit), rlim_max: before.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &low)
        defer {
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
            signal(SIGXFSZ, handler)
        }
        let path = scratch.path("big.bin")
        let block = [UInt8](repeating: 0, count: 1 << 20)
        expectError(.system, mentioning: "nothing was left behind") {
            let file = try AtomicFile(path: path)
            for _ in 0..<97 { try file.write(block) }
            try file.commit()
        }
        #expect(scratch.names == [])
    }

    @Test func impossibleDestinationIsReportedWithItsPath() {
        let scratch = Scratch()
        expectError(.system, mentioning: "folder exists") { _ = try AtomicFile(path: scratch.path("no/such/folder/f")) }
        // A folder cannot be replaced by a file.
        expectError(.system, mentioning: "rename") { try AtomicFile.write("x", to: scratch.folder) }
    }
}
