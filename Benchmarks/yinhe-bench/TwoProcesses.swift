import Foundation
import SandboxCore
import Transport

/// The two parties of a bench: as two processes over TCP on loopback, or both here over a memory channel.
///
/// The parent starts this program twice with the same arguments and a role in the environment. The listening child prints its
/// port, the other gets it; each prints its `Sample` as one JSON line.
enum TwoParties {
    enum Role: String, Sendable { case first, second }

    /// A party's protocol: returns whether its result was right; `seconds` it took is measured by the caller.
    typealias Body = @Sendable (_ role: Role, _ channel: any Channel) async throws -> () async throws -> Bool

    private static let roleKey = "YINHE_BENCH_ROLE"
    private static let portKey = "YINHE_BENCH_PORT"

    /// Non-nil in a child process.
    static var childRole: Role? { ProcessInfo.processInfo.environment[roleKey].flatMap(Role.init) }

    /// Runs `body` for both roles and combines what they measured. In a child, runs its role, prints the sample and exits.
    static func run(inProcess: Bool, security: [Role: ChannelSecurity] = [:], _ body: @escaping Body) async throws -> Sample {
        if let role = childRole {
            try await runChild(role, security[role] ?? .insecurePlaintext, body)
            Foundation.exit(0)
        }
        return inProcess ? try await runHere(body) : try await runProcesses()
    }

    private static func timed(_ role: Role, _ channel: any Channel, _ body: Body) async throws -> Sample {
        let clock = ContinuousClock()
        let cpu = ResourceUsage.current().cpuSeconds
        let start = clock.now
        let check = try await body(role, channel)
        let wall = (clock.now - start).seconds
        let usage = ResourceUsage.current()
        let traffic = channel.traffic
        return Sample(
            wall: wall, cpu: usage.cpuSeconds - cpu, bytes: traffic.bytesSent + traffic.bytesReceived, rounds: traffic.rounds,
            peakResidentBytes: usage.peakResidentBytes, correct: try await check())
    }

    private static func runHere(_ body: @escaping Body) async throws -> Sample {
        let cpu = ResourceUsage.current().cpuSeconds
        let (a, b) = try await LocalRun.both(
            { try await timed(.first, $0, body) }, { try await timed(.second, $0, body) })
        var sample = Sample.combined(a, b)
        sample.cpu = ResourceUsage.current().cpuSeconds - cpu  // both roles share this process
        sample.processes = 1
        return sample
    }

    private static func runChild(_ role: Role, _ security: ChannelSecurity, _ body: Body) async throws {
        let channel: SocketChannel
        switch role {
        case .first:
            let listener = try SocketListener(Endpoint(parsing: "127.0.0.1:0"), security: security)
            print(listener.boundPort)
            fflush(nil)
            channel = try await listener.accept()
            listener.close()
        case .second:
            let port = ProcessInfo.processInfo.environment[portKey] ?? ""
            channel = try await SocketChannel.connect(to: Endpoint(parsing: "127.0.0.1:\(port)"), security: security)
        }
        let sample = try await timed(role, channel, body)
        await channel.close()
        print(String(decoding: try JSONEncoder().encode(sample), as: UTF8.self))
    }

    private static func runProcesses() async throws -> Sample {
        let first = try Child(role: .first, port: nil)
        let port = try first.readLine()
        let second = try Child(role: .second, port: port)
        do {
            let b = try second.sample()
            let a = try first.sample()
            return .combined(a, b)
        } catch {
            first.process.terminate()
            second.process.terminate()
            throw error
        }
    }

    private final class Child {
        let process = Process()
        private let output = Pipe()
        private var buffer: [UInt8] = []

        init(role: Role, port: String?) throws {
            process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = Array(CommandLine.arguments.dropFirst())
            var environment = ProcessInfo.processInfo.environment
            environment[roleKey] = role.rawValue
            environment[portKey] = port
            process.environment = environment
            process.standardOutput = output
            try process.run()
        }

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
