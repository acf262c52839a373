import Foundation
import TestSupport
import Testing

/// A job of many parts that is stopped in the middle and goes on.
@Suite(.serialized) struct PSIResumeTests {
    /// Both sides of a job in parts of 1,024 keys.
    private struct Job {
        let files: JoinFiles
        let extra: [String]

        init(_ extra: [String] = []) throws {
            files = try JoinFiles(20_000)
            self.extra = extra + ["--protocol", "vole", "--bucket-elements", "1024", "--wait", "5"]
        }

        func start() async throws -> (receiver: Running, sender: Running) {
            let common = ["--insecure-plaintext", "--json", "--threads", "1", "--progress", "json"] + extra
            let sender = try Running(
                Program.yinhe,
                ["psi", "--in", files.b, "--key", "key", "--listen", "127.0.0.1:0", "--resume", files.scratch.file("jb")] + common
                    + files.writing.sender)
            let receiver = try Running(
                Program.yinhe,
                [
                    "psi", "--in", files.a, "--key", "id", "--connect", "127.0.0.1:\(try await sender.port())", "--resume",
                    files.scratch.file("ja"),
                ] + common + files.writing.receiver)
            return (receiver, sender)
        }

        /// Waits until some parts are finished and others are not; false when the job was faster than the test.
        func halfWay(_ running: Running) async throws -> Bool {
            struct Event: Decodable {
                var phase: String?
                var completed: Int?
                var total: Int?
            }
            for _ in 0..<3000 {
                let events = running.errorText.split(separator: "\n").compactMap {
                    try? JSONDecoder().decode(Event.self, from: Data($0.utf8))
                }
                if let event = events.last(where: { $0.phase == "intersect" }), let done = event.completed, let all = event.total,
                    done > all / 10
                {
                    return done < all
                }
                guard isAlive(running.processID) else { return false }
                try await Task.sleep(for: .milliseconds(2))
            }
            return false
        }

        var noOutput: Bool {
            ["ao.csv", "bo.csv"].allSatisfy { !FileManager.default.fileExists(atPath: files.scratch.file($0)) }
                && files.scratch.partialFiles.isEmpty
        }
    }

    private struct Parts: Decodable {
        var parts: Int
        var resumedParts: Int
        var peerFinished: Bool
    }

    @Test(arguments: [("receiver", SIGKILL), ("sender", SIGKILL), ("receiver", SIGINT)])
    func aJobThatWasStoppedGoesOnFromItsFinishedParts(victim: String, signal: Int32) async throws {
        let job = try Job()
        let first = try await job.start()
        let (stopped, other) = victim == "receiver" ? (first.receiver, first.sender) : (first.sender, first.receiver)
        try #require(try await job.halfWay(first.receiver), "the job ended before it could be stopped")
        stopped.signal(signal)
        let (dead, left) = (await stopped.finish(), await other.finish())
        #expect(dead.status == (signal == SIGKILL ? 128 + SIGKILL : 130), "\(dead.errors)")
        if signal == SIGINT { #expect(dead.error?.remedy.contains("goes on") == true, "\(dead.errors)") }
        #expect([68, 71].contains(left.status), "\(left.errors)")
        #expect(left.error?.remedy.contains("goes on") == true, "\(left.errors)")
        // A killed process cannot clean up after itself, but it never gives a file its final name too early.
        #expect(signal == SIGKILL || job.noOutput)
        #expect(!FileManager.default.fileExists(atPath: job.files.scratch.file("ao.csv")))

        let second = try await job.start()
        let (receiver, sender) = (await second.receiver.finish(), await second.sender.finish())
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        let (r, s) = (try receiver.json(Parts.self), try sender.json(Parts.self))
        #expect(r.parts > 10 && r.parts == s.parts)
        #expect(r.resumedParts > 0 && r.resumedParts == s.resumedParts && r.resumedParts < r.parts)
        let expected = job.files.own("inner")
        #expect(try job.files.lines("ao.csv") == expected.left)
        #expect(try job.files.lines("bo.csv") == expected.right)
        // The job's folders go with the job.
        #expect(["ja", "jb"].allSatisfy { !FileManager.default.fileExists(atPath: job.files.scratch.file($0)) })
    }

    @Test func aChangedFileOrOptionIsNotMixedIntoAJobThatHadBegun() async throws {
        let job = try Job()
        let first = try await job.start()
        try #require(try await job.halfWay(first.receiver), "the job ended before it could be stopped")
        first.receiver.signal(SIGKILL)
        _ = (await first.receiver.finish(), await first.sender.finish())
        // The same size, and another content.
        let text = try job.files.scratch.read("a.csv")
        try job.files.scratch.write("a.csv", text.replacing("k19999,", with: "x19999,"))
        let second = try await job.start()
        let (receiver, sender) = (await second.receiver.finish(), await second.sender.finish())
        #expect(receiver.status != 0 && sender.status != 0)
        #expect(receiver.error?.message.isEmpty == false && receiver.error?.remedy.isEmpty == false, "\(receiver.errors)")
        #expect(job.noOutput)
    }

    @Test func ctrlCWithoutAResumeFolderLeavesNothingBehind() async throws {
        let files = try JoinFiles(20_000)
        let before = try FileManager.default.contentsOfDirectory(atPath: files.scratch.path).sorted()
        let sender = try Program.start(
            "psi", "--in", files.b, "--key", "key", "--listen", "127.0.0.1:0", "--insecure-plaintext", "--json", "--threads", "1",
            "--protocol", "dh", "--progress", "json", "--out", files.scratch.file("bo.csv"))
        let receiver = try Program.start(
            "psi", "--in", files.a, "--key", "id", "--connect", "127.0.0.1:\(try await sender.port())", "--insecure-plaintext",
            "--json", "--threads", "1", "--protocol", "dh", "--progress", "json", "--out", files.scratch.file("ao.csv"))
        _ = try #require(await sender.line(containing: "elements blinded"))
        receiver.signal(SIGINT)
        let (stopped, told) = (await receiver.finish(), await sender.finish())
        #expect(stopped.status == 130 && stopped.error?.code == "cancelled", "\(stopped.errors)")
        #expect(told.status == 71 && told.error?.message.contains("cancelled") == true, "\(told.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: files.scratch.path).sorted() == before)
    }
}
