import Foundation
import Fusion
import SandboxCore
import SecretSharing
import Testing
import Transport

@Suite struct DealerCommandTests {
    private struct Document: Decodable {
        struct Served: Decodable {
            struct Dealt: Decodable {
                var kind: String
                var items: Int
            }
            var job: String
            var parties: [String]
            var dealt: [Dealt]
        }
        var served: [Served]
        var failed: Int
        var learned: [String]
    }

    private struct Setting {
        let scratch = Scratch()
        let dealer = try! Identity.generate()
        let parties = (0..<2).map { _ in try! Identity.generate() }

        func start(_ more: String...) throws -> Running {
            try FileManager.default.createDirectory(atPath: scratch.file("home"), withIntermediateDirectories: true)
            try dealer.write(to: PartyHome(path: scratch.file("home")).identityPath)
            let peers = parties.flatMap { ["--peer", $0.fingerprint.description] }
            return try Running(
                Program.yinhe,
                ["dealer", "--listen", "127.0.0.1:0", "--home", scratch.file("home"), "--progress", "json"] + peers + more)
        }

        func source(_ party: Int, port: Int, job: [UInt8]) async throws -> DealerCorrelations {
            let channel = try await SocketChannel.connect(
                to: Endpoint(host: "127.0.0.1", port: port),
                security: .mutualTLS(identity: parties[party], peers: [dealer.fingerprint]))
            return try await DealerCorrelations(over: channel, job: job, party: party, names: ["center", "bank"])
        }
    }

    @Test func twoPartiesAreServedAndToldApart() async throws {
        let setting = Setting()
        let dealer = try setting.start("--json", "--jobs", "1")
        let port = try await dealer.port()
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for party in 0..<2 {
                group.addTask {
                    let source = try await setting.source(party, port: port, job: [7])
                    let batch = try await source.produce(.products(.z64), count: 200_000)
                    await source.finish()
                    return batch.count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(counts == 400_000)
        let finished = await dealer.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        let document = try finished.json(Document.self)
        #expect(document.served.map(\.job) == ["07"] && document.served[0].parties == ["center", "bank"] && document.failed == 0)
        #expect(document.served[0].dealt.map(\.items) == [200_000] && document.learned.count == 3)
        #expect(finished.errors.contains("correlations"))
    }

    @Test func aFailedJobIsReportedByName() async throws {
        let setting = Setting()
        let dealer = try setting.start("--jobs", "1", "--wait", "0.5")
        let port = try await dealer.port()
        await #expect(throws: YinheError.self) { _ = try await setting.source(0, port: port, job: [1]) }
        let finished = await dealer.finish()
        #expect(finished.status == YinheError.Code.peerUnreachable.exitCode && finished.errors.contains("party 1 (bank)"))
    }

    @Test func ctrlCEndsAWaitingDealerAtOnce() async throws {
        let setting = Setting()
        let dealer = try setting.start("--json")
        _ = try await dealer.port()
        dealer.signal(SIGINT)
        let finished = await dealer.finish()
        #expect(finished.status == YinheError.Code.cancelled.exitCode)
        #expect(try finished.json(Document.self).served.isEmpty)
    }

    @Test(arguments: [[], ["--peer", "sha256:00"], ["--jobs", "0"]])
    func wrongUsageIsRefused(options: [String]) async throws {
        let result = try await Program.run(list: ["dealer", "--listen", "127.0.0.1:0"] + options)
        #expect(result.status == 64)
    }
}
