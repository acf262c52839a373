import Foundation
import Testing

/// Large enough that a signal sent at the first sign of the protocol finds it in the middle.
private let longSizes = ["--rows", "12000", "--loans", "8000", "--overlap", "5000"]

@Suite(.serialized) struct InterruptionTests {
    @Test func ctrlCInTheDemoLeavesNoProcessAndNoFile() async throws {
        let scratch = Scratch()
        let demo = try Running(Program.yinhe, ["demo", "--out", scratch.file("demo"), "--progress", "json"] + longSizes)
        _ = try #require(await demo.line(containing: "\"blind"))
        #expect(processes(mentioning: scratch.path).count == 3)
        demo.signal(SIGINT)
        let result = await demo.finish()
        #expect(result.status == 130)
        #expect(processes(mentioning: scratch.path).isEmpty)
        #expect(scratch.partialFiles.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("demo")))
    }

    @Test func partiesDoNotOutliveADemoThatIsKilled() async throws {
        let scratch = Scratch()
        let demo = try Running(Program.yinhe, ["demo", "--out", scratch.file("demo"), "--progress", "json"] + longSizes)
        _ = try #require(await demo.line(containing: "\"blind"))
        demo.signal(SIGKILL)
        #expect(await demo.finish().status == 128 + SIGKILL)
        // Each party notices at once, tells its peer, and has a few seconds to end.
        for _ in 0..<400 where !processes(mentioning: scratch.path).isEmpty { try await Task.sleep(for: .milliseconds(25)) }
        #expect(processes(mentioning: scratch.path).isEmpty)
        #expect(scratch.partialFiles.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aStoppedPartyTellsItsPeer(signal: Int32) async throws {
        let pilot = try await Pilot(sizes: longSizes)
        let centre = try pilot.start("data-centre", ["--listen", "127.0.0.1:0"])
        let bank = try pilot.start("bank", ["--connect", "127.0.0.1:\(try await centre.port())"])
        _ = try #require(await centre.line(containing: "\"blind"))
        bank.signal(signal)
        let (told, stopped) = (await centre.finish(), await bank.finish())
        #expect(stopped.status == 130 && stopped.error?.code == "cancelled")
        #expect(told.status == 71, "\(told.errors)")
        #expect(told.error?.message.contains("cancelled") == true)
        #expect(try await pilot.ledger("data-centre").last?.kind == "abort")
        #expect(try await Program.run("ledger", "verify", "--home", pilot.scratch.file("bank")).status == 0)
    }

    @Test func aKilledPartyIsNoticedByItsPeerWithinTheStatedTime() async throws {
        let pilot = try await Pilot(sizes: longSizes)
        let centre = try pilot.start("data-centre", ["--listen", "127.0.0.1:0"])
        let bank = try pilot.start("bank", ["--connect", "127.0.0.1:\(try await centre.port())"])
        _ = try #require(await centre.line(containing: "\"blind"))
        bank.signal(SIGKILL)
        #expect(await bank.finish().status == 128 + SIGKILL)
        let left = await centre.finish()
        #expect(left.status == 68, "\(left.errors)")
        #expect(left.error?.code == "peer-unreachable")
        #expect(left.output.isEmpty)
        // Both ledgers still verify, also the one of the party that was killed between two writes.
        for party in ["data-centre", "bank"] {
            #expect(try await Program.run("ledger", "verify", "--home", pilot.scratch.file(party)).status == 0)
        }
    }

    @Test func ctrlCWhileWaitingForAPeerEndsTheCommand() async throws {
        let files = try PSIFiles()
        let waiting = try Program.start(
            "psi", "--in", files.a, "--key", "编号", "--listen", "127.0.0.1:0", "--json", "--progress", "json",
            "--insecure-plaintext",
            "--wait", "600")
        _ = try await waiting.port()
        waiting.signal(SIGINT)
        let result = await waiting.finish()
        #expect(result.status == 130)
        #expect(result.error?.code == "cancelled")
    }
}
