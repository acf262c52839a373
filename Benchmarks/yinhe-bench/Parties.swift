import Foundation
import SandboxCore
import Transport

/// The parties of a bench: as processes over TCP on loopback, or all here over memory channels.
///
/// The parent starts this program once a party, with the same arguments and the party's index in the environment. Each child
/// listens on a free port and prints it; the parent tells every child all ports; child i connects to the lower indices. Then each
/// prints its `Sample` as one JSON line.
enum Parties {
    /// A party's protocol. What it returns says, when called after the clock has stopped, whether the result was right.
    typealias Body = @Sendable (_ index: Int, _ channels: [Int: any Channel]) async throws -> @Sendable () async throws -> Bool
    /// The same, for a bench that tells its phases apart.
    typealias PhasedBody =
        @Sendable (_ index: Int, _ channels: [Int: any Channel], _ phases: PhaseMeter) async throws -> @Sendable () async throws -> Bool
    typealias PairBody = @Sendable (_ index: Int, _ channel: any Channel) async throws -> @Sendable () async throws -> Bool

    private static let indexKey = "YINHE_BENCH_PARTY"

    /// Channels as a slow link would have them, when the environment says so.
    private static func shaped(_ channel: any Channel) -> any Channel { SimulatedLink.fromEnvironment?.wrap(channel) ?? channel }

    /// Non-nil in a child process.
    static var childIndex: Int? { ProcessInfo.processInfo.environment[indexKey].flatMap { Int($0) } }

    /// Two parties, one channel.
    static func runPair(
        inProcess: Bool, security: @escaping @Sendable (_ index: Int) throws -> ChannelSecurity = { _ in .insecurePlaintext },
        _ body: @escaping PairBody
    ) async throws -> Sample {
        try await run(2, inProcess: inProcess, security: security) { index, channels in
            try await body(index, channels[1 - index]!)
        }
    }

    static func run(
        _ count: Int, inProcess: Bool,
        security: @escaping @Sendable (_ index: Int) throws -> ChannelSecurity = { _ in .insecurePlaintext }, _ body: @escaping Body
    ) async throws -> Sample {
        try await runPhased(count, inProcess: inProcess, security: security) { index, channels, _ in try await body(index, channels) }
    }

    /// `network` may wrap the channels, to slow them down.
    static func runPhased(
        _ count: Int, inProcess: Bool,
        security: @escaping @Sendable (_ index: Int) throws -> ChannelSecurity = { _ in .insecurePlaintext },
        network: @escaping @Sendable (any Channel) -> any Channel = { $0 }, _ body: @escaping PhasedBody
    ) async throws -> Sample {
        if let index = childIndex {
            try await runChild(index, of: count, try security(index), network, body)
            Foundation.exit(0)
        }
        return inProcess ? try await runHere(count, network, body) : try await runProcesses(count)
    }

    private static func timed(_ index: Int, _ channels: [Int: any Channel], _ body: PhasedBody) async throws -> Sample {
        let phases = PhaseMeter(channels)
        phases.begin()
        let check = try await body(index, channels, phases)
        try await phases.end()
        let rounds = channels.values.map(\.traffic.rounds).max() ?? 0
        return phases.sample(rounds: rounds, correct: try await check())
    }

    private static func runHere(
        _ count: Int, _ network: @Sendable (any Channel) -> any Channel, _ body: @escaping PhasedBody
    ) async throws -> Sample {
        var channels = [[Int: any Channel]](repeating: [:], count: count)
        for i in 0..<count {
            for j in 0..<i {
                let (here, there) = LocalChannel.pair()
                (channels[i][j], channels[j][i]) = (network(shaped(here)), network(shaped(there)))
            }
        }
        let cpu = ResourceUsage.current().cpuSeconds
        let samples = try await withThrowingTaskGroup(of: Sample.self) { group in
            for (i, channels) in channels.enumerated() {
                group.addTask {
                    do { return try await timed(i, channels, body) } catch {
                        for channel in channels.values { channel.cancel(YinheError(.cancelled, "another party of the bench failed")) }
                        throw error
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var sample = Sample.combined(samples)
        // All parties share this process, and each has measured all of it.
        sample.offline?.cpu = samples.compactMap(\.offline?.cpu).max() ?? 0
        sample.cpu = sample.offline == nil ? ResourceUsage.current().cpuSeconds - cpu : samples.map(\.cpu).max()!
        sample.processes = 1
        return sample
    }

    private static func runChild(
        _ index: Int, of count: Int, _ security: ChannelSecurity, _ network: @Sendable (any Channel) -> any Channel,
        _ body: PhasedBody
    ) async throws {
        let host = BenchNamespaces.fromEnvironment?.address(of: index) ?? "127.0.0.1"
        let listener = try SocketListener(Endpoint(parsing: "\(host):0"), security: security)
        print("\(host):\(listener.boundPort)")
        fflush(nil)
        let peers = (readLine() ?? "").split(separator: " ").map(String.init)
        guard peers.count == count else { throw YinheError(.peerUnreachable, "the bench's parent process went away") }
        Lifeline.watch()
        var channels: [Int: any Channel] = [:]
        for j in 0..<index {
            let channel = try await SocketChannel.connect(to: Endpoint(parsing: peers[j]), security: security)
            try await channel.send([UInt8(index)])
            channels[j] = channel
        }
        for _ in (index + 1)..<max(count, index + 1) {
            let channel = try await listener.accept()
            channels[Int(try await channel.receive()[0])] = channel
        }
        listener.close()
        channels = channels.mapValues { network(shaped($0)) }
        var sample = try await timed(index, channels, body)
        if count > 1, sample.bytes == 0, sample.offline == nil { sample.correct = false }
        for channel in channels.values { await channel.close() }
        print(String(decoding: try JSONEncoder().encode(sample), as: UTF8.self))
        fflush(nil)
    }

    private static func runProcesses(_ count: Int) async throws -> Sample {
        let children = try (0..<count).map { try Child(index: $0) }
        do {
            let peers = try children.map { try $0.readLine() }
            for child in children { try child.write(peers.joined(separator: " ") + "\n") }
            return .combined(try children.map { try $0.sample() })
        } catch {
            for child in children { child.process.terminate() }
            throw error
        }
    }

    private final class Child {
        let process = Process()
        private let output = Pipe()
        private let input = Pipe()
        private var buffer: [UInt8] = []

        init(index: Int) throws {
            let program = try Lifeline.ownExecutable(), arguments = Array(CommandLine.arguments.dropFirst())
            let command = BenchNamespaces.fromEnvironment?.command(program, arguments, party: index) ?? [program] + arguments
            process.executableURL = URL(filePath: command[0])
            process.arguments = Array(command.dropFirst())
            process.environment = ProcessInfo.processInfo.environment.merging([indexKey: String(index)]) { $1 }
            process.standardOutput = output
            process.standardInput = input
            try process.run()
        }

        func write(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

        func readLine() throws -> String {
            while true {
                if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { buffer.removeSubrange(...end) }
                    return String(decoding: buffer[..<end], as: UTF8.self)
                }
                let data = output.fileHandleForReading.availableData
                guard !data.isEmpty else {
                    process.waitUntilExit()
                    throw YinheError(.peerUnreachable, "a party of the bench ended early with status \(process.terminationStatus)")
                }
                buffer.append(contentsOf: data)
            }
        }

        func sample() throws -> Sample {
            let line = try readLine()
            process.waitUntilExit()
            return try JSONDecoder().decode(Sample.self, from: Data(line.utf8))
        }
    }
}
