import ArgumentParser
import Foundation
import SandboxCore
import Transport

struct TransportBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport", abstract: "Throughput of a channel, and the round trip of a 64-byte message.")

    enum Operation: String, ExpressibleByArgument, CaseIterable { case throughput, roundtrip }

    @Option(help: "What to measure; default both, one line each.") var op: Operation?
    @Flag(help: "Mutual TLS 1.3 instead of plain TCP.") var tls = false
    @Option(help: "Bytes to send, in 1 MiB frames.") var n = 1 << 30
    @Option(help: "Round trips.") var roundTrips = 20_000
    @Flag(help: "Both ends in one process over a memory channel.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1 << 20, roundTrips > 0 else { throw ValidationError("--n must be at least 1 MiB, --round-trips at least 1") }
        guard !(tls && inProcess) else { throw ValidationError("--tls needs two processes") }
    }

    func run() async throws {
        // Throw-away identities, derived in the parent and handed to the children through a private folder.
        let folder = try TemporaryIdentities(enabled: tls)
        defer { folder.remove() }
        // A child runs exactly one measurement; the parent selects it through the environment.
        for operation in Operation.allCases where op == nil || op == operation {
            if Parties.childIndex != nil, operation.rawValue != ProcessInfo.processInfo.environment["YINHE_BENCH_OP"] { continue }
            setenv("YINHE_BENCH_OP", operation.rawValue, 1)
            try await measureOne(operation, folder)
        }
    }

    private func measureOne(_ operation: Operation, _ identities: TemporaryIdentities) async throws {
        let frame = 1 << 20, frames = n / frame, trips = roundTrips
        let samples = try await options.repeated {
            try await Parties.runPair(inProcess: inProcess, security: { try identities.security($0) }) { index, channel in
                switch operation {
                case .throughput:
                    // A different last byte in each frame, so that a lost or reordered frame shows.
                    var sum = 0
                    if index == 0 {
                        var payload = [UInt8](repeating: 0x5a, count: frame)
                        for i in 0..<frames {
                            payload[frame - 1] = UInt8(truncatingIfNeeded: i)
                            try await channel.send(payload)
                        }
                        let answer = try await channel.receive()
                        return { answer == [1] }
                    }
                    var good = true
                    for i in 0..<frames {
                        let payload = try await channel.receive()
                        good = good && payload.count == frame && payload[frame - 1] == UInt8(truncatingIfNeeded: i)
                        sum += payload.count
                    }
                    try await channel.send([good ? 1 : 0])
                    let total = sum
                    return { total == frames * frame }
                case .roundtrip:
                    let ping = [UInt8](0..<64)
                    var good = true
                    for _ in 0..<trips {
                        if index == 0 {
                            try await channel.send(ping)
                            good = try await channel.receive() == ping && good
                        } else {
                            try await channel.send(try await channel.receive())
                        }
                    }
                    let result = good
                    return { result }
                }
            }
        }
        let name = inProcess ? "memory" : tls ? "tls13" : "tcp"
        let count = operation == .throughput ? frames * frame : trips
        var result = BenchResult(
            "transport", op: operation.rawValue, protocol: name, n: count, threads: 1, samples: samples)
        switch operation {
        case .throughput:
            result.details["MB_per_s"] = String(format: "%.0f", Double(count) / result.wall_s / 1e6)
            result.details["cpu_s_per_GB_both_ends"] = String(format: "%.3f", result.cpu_s / Double(count) * 1e9)
        case .roundtrip:
            result.details["microseconds_per_round_trip"] = String(format: "%.1f", result.wall_s / Double(count) * 1e6)
        }
        try options.report(result)
    }
}

/// Two identities for one TLS measurement, in a folder that only this user can read.
private struct TemporaryIdentities: Sendable {
    private static let key = "YINHE_BENCH_IDENTITIES"
    private let path: String?
    private let owned: Bool

    init(enabled: Bool) throws {
        guard enabled else {
            path = nil
            owned = false
            return
        }
        if let given = ProcessInfo.processInfo.environment[Self.key] {
            path = given
            owned = false
            return
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "yinhe-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = folder
        owned = true
        for index in 0..<2 { try Identity.generate().write(to: "\(folder)/\(index).pem") }
        setenv(Self.key, folder, 1)
    }

    func security(_ index: Int) throws -> ChannelSecurity {
        guard let path else { return .insecurePlaintext }
        let own = try Identity(contentsOf: "\(path)/\(index).pem"), peer = try Identity(contentsOf: "\(path)/\(1 - index).pem")
        return .mutualTLS(identity: own, peers: [peer.fingerprint])
    }

    func remove() {
        if owned, let path { try? FileManager.default.removeItem(atPath: path) }
    }
}
