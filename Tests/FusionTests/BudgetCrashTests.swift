import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing

/// Real processes that charge one ledger, killed without warning and side by side.
@Suite struct BudgetCrashTests {
    /// The program beside the test bundle.
    private static let program: URL = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return URL(filePath: path).deletingLastPathComponent().appending(path: "BudgetCharger")
    }()

    private func pilot(epsilon: String) throws -> Pilot {
        var text = ContractText()
        (text.runs, text.epsilon) = ("100000", epsilon)
        let pilot = try Pilot(text)
        try pilot.home("bank").create()
        try pilot.bank.write(to: pilot.home("bank").identityPath)
        return pilot
    }

    private func start(_ pilot: Pilot, runs: Int) throws -> (process: Process, output: FileHandle) {
        let process = Process(), pipe = Pipe()
        process.executableURL = Self.program
        process.arguments = [pilot.home("bank").path, pilot.contractPath, "\(runs)"]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, pipe.fileHandleForReading)
    }

    private func lines(_ output: FileHandle) -> [String] {
        String(decoding: output.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// What a process said before it died is in the ledger, and the ledger adds up.
    private func check(_ pilot: Pilot, charged: Set<String>, released: Set<String>, _ comment: String) throws -> Rational {
        let ledger = try pilot.ledger("bank")
        let verification = try ledger.verify()
        #expect(verification.isValid, "\(comment): \(verification.problems)")
        let overview = try BudgetOverview(ledger.export())
        let durable = Set(overview.releases.map(\.run))
        #expect(charged.isSubset(of: durable), "\(comment): charged, but not in the ledger")
        #expect(released.isSubset(of: durable), "\(comment): released, but not charged")
        let spent = overview.contracts.first?.spent ?? 0
        #expect(spent >= (try Rational(2) * Rational(released.count)), "\(comment)")
        #expect(overview.units.first?.spent ?? 0 == spent)
        return spent
    }

    @Test func killedAtAnyPointNeverLessIsSpentThanReleased() throws {
        var seed: UInt64 = SystemRandom.shared.word()
        let first = seed
        let pilot = try pilot(epsilon: "1000000")
        var charged: Set<String> = [], released: Set<String> = []
        var killedAtWork = 0
        for round in 0..<60 {
            let (process, output) = try start(pilot, runs: 1_000_000)
            // Every other round lets the work begin first, however slow the machine is.
            var said: [String] = []
            if round % 2 == 1 {
                var text = ""
                while !text.contains("charged ") {
                    let data = output.availableData
                    if data.isEmpty { break }
                    text += String(decoding: data, as: UTF8.self)
                }
                said = text.split(separator: "\n").map(String.init)
            }
            // SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): 0 to 60 ms, which covers the start and a few charges.
            seed &+= 0x9e37_79b9_7f4a_7c15
            var z = seed
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            usleep(UInt32((z ^ (z >> 31)) % 60_000))
            kill(process.processIdentifier, SIGKILL)
            said += lines(output)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal, "the process ended by itself, seed \(first), round \(round)")
            charged.formUnion(said.filter { $0.hasPrefix("charged ") }.map { String($0.dropFirst(8)) })
            released.formUnion(said.filter { $0.hasPrefix("released ") }.map { String($0.dropFirst(9)) })
            if said.count > 1 { killedAtWork += 1 }
            if round % 6 == 5 { _ = try check(pilot, charged: charged, released: released, "seed \(first), round \(round)") }
        }
        _ = try check(pilot, charged: charged, released: released, "seed \(first)")
        // Not every kill may come before the work began, or the test would have seen nothing.
        #expect(killedAtWork > 0 && !released.isEmpty, "seed \(first)")
    }

    @Test func processesSideBySideCannotOverspend() throws {
        // 25 runs of epsilon 2.
        let pilot = try pilot(epsilon: "50")
        let running = try (0..<4).map { _ in try start(pilot, runs: 1_000_000) }
        var charged: Set<String> = [], refused = 0
        for (process, output) in running {
            let said = lines(output)
            process.waitUntilExit()
            charged.formUnion(said.filter { $0.hasPrefix("charged ") }.map { String($0.dropFirst(8)) })
            refused += said.count { $0 == "refused" }
        }
        #expect(refused == 4 && charged.count == 25)
        #expect(try check(pilot, charged: charged, released: charged, "side by side") == 50)
    }

    @Test func processesThatAreKilledSideBySideCannotOverspend() throws {
        let pilot = try pilot(epsilon: "60")
        var released: Set<String> = [], charged: Set<String> = []
        for round in 0..<12 {
            let running = try (0..<3).map { _ in try start(pilot, runs: 1_000_000) }
            usleep(30_000 + UInt32(SystemRandom.shared.bytes(1)[0]) * 200)
            for (process, _) in running { kill(process.processIdentifier, SIGKILL) }
            for (process, output) in running {
                let said = lines(output)
                process.waitUntilExit()
                charged.formUnion(said.filter { $0.hasPrefix("charged ") }.map { String($0.dropFirst(8)) })
                released.formUnion(said.filter { $0.hasPrefix("released ") }.map { String($0.dropFirst(9)) })
            }
            #expect(try check(pilot, charged: charged, released: released, "round \(round)") <= 60)
        }
    }
}
