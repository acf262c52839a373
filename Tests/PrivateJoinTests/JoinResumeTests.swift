import Foundation
import PrivateJoin
import SandboxCore
import Synchronization
import TestSupport
import Testing

/// Jobs that are cut at every phase on either side, and go on.
@Suite struct JoinResumeTests {
    /// Counts how often each point of a run is passed, over all runs of one side.
    final class Points: Sendable {
        private let passed = Mutex<[String: Int]>([:])

        /// Throws at `stop`, as if the process had died there.
        func hook(stoppingAt stop: String? = nil) -> @Sendable (String) throws -> Void {
            { name in
                self.passed.withLock { $0[name, default: 0] += 1 }
                if name == stop { throw YinheError(.cancelled, "killed at \(name)") }
            }
        }

        func count(_ name: String) -> Int { passed.withLock { $0[name] ?? 0 } }
    }

    static let stops = [
        "read", "planned", "bucket 0 start", "bucket 0 intersected", "bucket 0 stored", "bucket 0 finished", "bucket 1 start",
        "bucket 3 intersected", "bucket 3 stored", "bucket 3 finished", "bucket 0 disclosed", "written",
    ]

    struct Cut: Sendable, CustomTestStringConvertible {
        var role: PrivateJoin.Role
        var point: String
        var order: PrivateJoin.RowOrder
        var resident: Int?
        var testDescription: String { "\(role) at \(point), \(order)\(resident == nil ? " in memory" : "")" }
    }

    static let cuts: [Cut] = stops.flatMap { point in
        [PrivateJoin.Role.receiver, .sender].flatMap { role in
            [
                Cut(role: role, point: point, order: .own, resident: 0),
                Cut(role: role, point: point, order: .aligned, resident: 0),
                Cut(role: role, point: point, order: .own, resident: nil),
            ]
        }
    }

    func tables(_ fixture: JoinFixture, seed: UInt64) throws -> PlainTable.Joined {
        let random = SeededRandom(seed)
        let left = PlainTable.random(130, keys: 0..<120, keyName: "id", base: "l", random)
        let right = PlainTable.random(120, keys: 60..<180, keyName: "key", base: "r", random)
        try fixture.write(left, as: "left.csv")
        try fixture.write(right, as: "right.csv")
        return PlainTable.join(left, right)
    }

    @Test(arguments: cuts) func aJobThatWasCutGoesOnAndRunsNoFinishedBucketAgain(_ cut: Cut) async throws {
        let fixture = try JoinFixture()
        let expected = try tables(fixture, seed: 7)
        let points = (Points(), Points())
        func options(_ role: PrivateJoin.Role, cutting: Bool) -> PrivateJoin.Options {
            fixture.options(role) {
                $0.joinType = .full
                $0.rowOrder = cut.order
                $0.resumeDirectory = fixture.file("\(role)-job")
                $0.tuning.bucketElements = 64
                $0.tuning.residentBytes = cut.resident
                let own = role == .receiver ? points.0 : points.1
                $0.tuning.checkpoint = own.hook(stoppingAt: cutting && role == cut.role ? cut.point : nil)
            }
        }
        let (left, right) = await fixture.results(options(.receiver, cutting: true), options(.sender, cutting: true))
        #expect(left.yinheError != nil && right.yinheError != nil)
        #expect(!fixture.exists("left-out.csv") && !fixture.exists("right-out.csv"))
        // What both sides had passed is finished for good.
        let finished = (0..<4).filter { bucket in
            [points.0, points.1].allSatisfy { $0.count("bucket \(bucket) finished") > 0 }
        }
        let (l, r) = await fixture.results(options(.receiver, cutting: false), options(.sender, cutting: false))
        let reports = (try l.get(), try r.get())
        #expect(reports.0.matchedKeys == expected.keys && reports.1.matchedKeys == expected.keys)
        #expect(reports.0.matchedRowsLeft == expected.left.count { $0 })
        #expect(reports.1.matchedRowsRight == expected.right.count { $0 })
        #expect(reports.0.buckets >= 4)
        for bucket in finished {
            #expect(points.0.count("bucket \(bucket) start") == 1, "bucket \(bucket) ran again")
        }
        for bucket in 0..<reports.0.buckets where points.0.count("bucket \(bucket) finished") > 0 {
            #expect(points.0.count("bucket \(bucket) finished") == 1, "bucket \(bucket) finished twice")
        }
        #expect(reports.0.resumedBuckets == reports.1.resumedBuckets)
        #expect(reports.0.resumedBuckets >= finished.count)
        let rows = cut.order == .own ? 130 : expected.pairs.count + expected.left.count { !$0 } + expected.right.count { !$0 }
        #expect(reports.0.outputRows == rows)
        #expect(fixture.names == ["left-out.csv", "left.csv", "right-out.csv", "right.csv"], "something was left behind")
    }

    /// Cuts a job after its first bucket, changes something, and tells how the two sides then end.
    func secondRun(
        _ fixture: JoinFixture, changing change: (inout PrivateJoin.Options, PrivateJoin.Role) throws -> Void
    ) async throws -> (JoinFixture.Outcome, JoinFixture.Outcome) {
        _ = try tables(fixture, seed: 8)
        func options(_ role: PrivateJoin.Role) -> PrivateJoin.Options {
            fixture.options(role) {
                $0.resumeDirectory = fixture.file("\(role)-job")
                $0.useSmallBuckets()
            }
        }
        var (left, right) = (options(.receiver), options(.sender))
        left.tuning.checkpoint = { if $0 == "bucket 0 finished" { throw YinheError(.cancelled, "killed") } }
        let first = await fixture.results(left, right)
        #expect(first.0.yinheError != nil && first.1.yinheError != nil)
        left.tuning.checkpoint = nil
        try change(&left, .receiver)
        try change(&right, .sender)
        return await fixture.results(left, right)
    }

    @Test func aFileChangedToAnotherOfTheSameSizeAndTimeIsDetected() async throws {
        let fixture = try JoinFixture()
        let (left, right) = try await secondRun(fixture) { options, role in
            guard role == .sender else { return }
            var bytes = try Array(Data(contentsOf: URL(filePath: options.input)))
            let time = try FileManager.default.attributesOfItem(atPath: options.input)[.modificationDate]!
            let last = bytes.lastIndex(of: UInt8(ascii: "n"))!
            bytes[last] = UInt8(ascii: "m")
            try Data(bytes).write(to: URL(filePath: options.input))
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: options.input)
        }
        #expect(right.yinheError?.code == .badInput)
        #expect(right.yinheError?.message.contains("not the one that this job began with") == true)
        #expect(left.yinheError?.code == .peerAborted)
    }

    @Test func aJobWithOtherOptionsIsRefused() async throws {
        let fixture = try JoinFixture()
        let (left, right) = try await secondRun(fixture) { options, _ in options.joinType = .left }
        #expect(left.yinheError?.message.contains("another join type: inner there, left now") == true)
        #expect(right.yinheError?.message.contains("another join type") == true)
    }

    @Test func anotherPeerIsRefusedOnBothSides() async throws {
        let fixture = try JoinFixture()
        let (left, right) = try await secondRun(fixture) { options, role in
            if role == .sender { options.resumeDirectory = fixture.file("fresh") }
        }
        #expect(left.yinheError?.code == .peerMismatch && right.yinheError?.code == .peerMismatch)
        #expect(left.yinheError?.message.contains("does not know the job") == true)
        #expect(right.yinheError?.message.contains("in the middle of a job") == true)
    }

    @Test func aDamagedResultIsRefused() async throws {
        let fixture = try JoinFixture()
        let (left, right) = try await secondRun(fixture) { options, role in
            guard role == .receiver else { return }
            let path = options.resumeDirectory! + "/bucket-0"
            var bytes = try Array(Data(contentsOf: URL(filePath: path)))
            bytes[bytes.count / 2] ^= 1
            try Data(bytes).write(to: URL(filePath: path))
        }
        #expect(left.yinheError?.message.contains("is damaged") == true)
        #expect(right.yinheError?.code == .peerAborted)
    }

    @Test func aFolderThatIsNotAJobsIsRefusedAndLeftAlone() async throws {
        let fixture = try JoinFixture()
        _ = try tables(fixture, seed: 9)
        try FileManager.default.createDirectory(atPath: fixture.file("mine"), withIntermediateDirectories: true)
        try fixture.write("precious", as: "mine/notes")
        let (left, right) = await fixture.results(
            fixture.options(.receiver) { $0.resumeDirectory = fixture.file("mine") },
            fixture.options(.sender) { $0.resumeDirectory = fixture.file("job") })
        #expect(left.yinheError?.message.contains("not the resume directory of a join") == true)
        #expect(right.yinheError?.code == .peerAborted)
        #expect(try fixture.text("mine/notes") == "precious")
    }

    @Test func oneSideWithoutAResumeDirectoryIsRefusedOnBoth() async throws {
        let fixture = try JoinFixture()
        _ = try tables(fixture, seed: 10)
        let (left, right) = await fixture.results(
            fixture.options(.receiver) { $0.resumeDirectory = fixture.file("job") }, fixture.options(.sender))
        #expect(left.yinheError?.message.contains("differ in resumable: yes here, no at the peer") == true)
        #expect(right.yinheError?.message.contains("differ in resumable: no here, yes at the peer") == true)
    }

    @Test func theFolderIsForItsOwnerOnly() async throws {
        let fixture = try JoinFixture()
        _ = try await secondRun(fixture) { options, role in
            for name in try FileManager.default.contentsOfDirectory(atPath: options.resumeDirectory!) {
                let path = options.resumeDirectory! + "/" + name
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
                #expect(mode as? Int == 0o600, "\(name)")
            }
            let mode = try FileManager.default.attributesOfItem(atPath: options.resumeDirectory!)[.posixPermissions]
            #expect(mode as? Int == 0o700)
        }
    }
}
