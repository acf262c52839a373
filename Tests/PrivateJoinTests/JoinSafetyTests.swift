import Foundation
import PrivateJoin
import SandboxCore
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct JoinSafetyTests {
    func fixture(rows: Int = 150) throws -> JoinFixture {
        let fixture = try JoinFixture()
        try fixture.write("id\n" + (0..<rows).map { "k\($0)\n" }.joined(), as: "left.csv")
        try fixture.write("key\n" + (0..<rows).map { "k\(2 * $0)\n" }.joined(), as: "right.csv")
        return fixture
    }

    @Test(arguments: [PrivateJoin.Role.receiver, .sender]) func aFullDiskIsAnErrorOnBothSidesAndLeavesNothing(
        _ role: PrivateJoin.Role
    ) async throws {
        let fixture = try fixture()
        for quota in [100, 2000, 4000] {
            let change: (inout PrivateJoin.Options, PrivateJoin.Role) -> Void = { options, own in
                options.useSmallBuckets()
                if own == role { options.tuning.diskQuota = quota }
            }
            let (left, right) = await fixture.results(
                fixture.options(.receiver) { change(&$0, .receiver) }, fixture.options(.sender) { change(&$0, .sender) })
            let (own, other) = role == .receiver ? (left, right) : (right, left)
            #expect(own.yinheError?.code == .system)
            #expect(own.yinheError?.message.contains("No space left on device") == true)
            #expect(other.yinheError?.code == .peerAborted)
            #expect(fixture.names == ["left.csv", "right.csv"])
        }
    }

    @Test(arguments: [false, true]) func tooFewCommonKeysEndBothSidesWithoutAResult(_ bucketed: Bool) async throws {
        for reveal in PrivateJoin.Reveal.allCases {
            let fixture = try fixture()
            let change: (inout PrivateJoin.Options) -> Void = {
                $0.reveal = reveal
                $0.minimumIntersection = 76  // 75 are common
                if bucketed { $0.useSmallBuckets() }
            }
            let disclosed = Mutex(0)
            let (left, right) = await fixture.results(
                fixture.options(.receiver, change),
                fixture.options(.sender) {
                    change(&$0)
                    $0.tuning.checkpoint = { if $0.hasSuffix("disclosed") { disclosed.withLock { $0 += 1 } } }
                })
            #expect(left.yinheError?.code == .belowMinimum && right.yinheError?.code == .belowMinimum)
            #expect(disclosed.withLock { $0 } == 0)
            #expect(fixture.names == ["left.csv", "right.csv"])
            let reports = try await fixture.run {
                change(&$0)
                $0.minimumIntersection = 75
            }
            #expect(reports.left.matchedKeys == 75)
        }
    }

    @Test func differentOptionsAreNamedOnBothSides() async throws {
        let fixture = try fixture()
        let changes: [(String, (inout PrivateJoin.Options) -> Void)] = [
            ("join type", { $0.joinType = .left }), ("reveal", { $0.reveal = .receiver }),
            ("row order", { $0.rowOrder = .aligned }),
            ("key normaliser", { $0.normalizer = .digits }), ("minimum intersection", { $0.minimumIntersection = 3 }),
            ("binding", { $0.binding = [1] }), ("protocol", { $0.protocolChoice = .auto }),
        ]
        for (name, change) in changes {
            let (left, right) = await fixture.results(fixture.options(.receiver, change), fixture.options(.sender))
            for side in [left, right] {
                #expect(side.yinheError?.code == .peerMismatch)
                #expect(side.yinheError?.message.contains("differ in \(name):") == true)
            }
        }
    }

    @Test func optionsThatDoNotFitAreRefused() throws {
        let fixture = try fixture()
        func refuses(_ role: PrivateJoin.Role, _ change: (inout PrivateJoin.Options) -> Void) -> Bool {
            var options = PrivateJoin.Options(input: "a", output: "b", keyColumn: "id")
            change(&options)
            do {
                try options.validate(for: role)
                return false
            } catch { return (error as? YinheError)?.code == .usage }
        }
        #expect(!refuses(.receiver) { _ in })
        #expect(refuses(.sender) { $0.reveal = .receiver })
        #expect(refuses(.receiver) { $0.reveal = .count })
        #expect(refuses(.receiver) {
            $0.reveal = .receiver
            $0.joinType = .right
        })
        #expect(refuses(.receiver) {
            $0.reveal = .receiver
            $0.rowOrder = .aligned
        })
        #expect(refuses(.sender) { $0.joinType = .difference })
        #expect(refuses(.receiver) {
            $0.output = nil
            $0.reveal = .count
            $0.protocolChoice = .vole
        })
        #expect(refuses(.receiver) {
            $0.adversary = .malicious
            $0.protocolChoice = .dh
        })
        #expect(refuses(.receiver) { $0.output = $0.input })
        #expect(refuses(.receiver) { $0.memoryBytes = 1 })
        #expect(refuses(.receiver) { $0.minimumIntersection = -1 })
        #expect(refuses(.receiver) { $0.columns = ["a", "a"] })
        _ = fixture
    }

    @Test func memoryHoldsTwoBucketsAtMost() async throws {
        let fixture = try fixture(rows: 400)
        let reports = try await fixture.run { $0.useSmallBuckets() }
        for report in [reports.left, reports.right] {
            #expect(report.buckets >= 8)
            #expect(report.bucketSize <= 64)
            #expect(report.peakElements <= 2 * report.bucketSize)
            #expect(report.spilledBytes >= 400 * 20)
        }
    }

    @Test func cancellingLeavesNothingBehind() async throws {
        let fixture = try fixture()
        let (a, b) = LocalChannel.pair()
        let started = AsyncStream.makeStream(of: Void.self)
        let left = fixture.options(.receiver) {
            $0.useSmallBuckets()
            $0.tuning.checkpoint = { if $0 == "bucket 1 start" { started.continuation.yield() } }
        }
        let task = Task { await fixture.outcome(.receiver, left, a) }
        async let other = fixture.outcome(.sender, fixture.options(.sender) { $0.useSmallBuckets() }, b)
        for await _ in started.stream { break }
        task.cancel()
        #expect(await task.value.yinheError?.code == .cancelled)
        #expect(await other.yinheError != nil)
        #expect(fixture.names == ["left.csv", "right.csv"])
    }

    @Test func aFileThatChangesDuringTheJoinIsAnErrorWithoutOutput() async throws {
        let fixture = try fixture()
        let (left, right) = await fixture.results(
            fixture.options(.receiver) { options in
                let path = options.input
                options.tuning.checkpoint = { name in
                    guard name == "bucket 0 disclosed" else { return }
                    var bytes = try Array(Data(contentsOf: URL(filePath: path)))
                    bytes[4] ^= 1
                    try Data(bytes).write(to: URL(filePath: path))
                }
            }, fixture.options(.sender))
        #expect(left.yinheError?.message.contains("has changed") == true)
        #expect(right.yinheError?.code == .peerAborted)
        #expect(fixture.names == ["left.csv", "right.csv"])
    }
}
