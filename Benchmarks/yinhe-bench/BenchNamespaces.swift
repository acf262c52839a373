import Foundation
import SandboxCore

/// Network namespaces of Linux, one a party, joined by a bridge, with a delay and a rate in the kernel on what each sends.
///
/// Needs root, `ip` and `tc` (iproute2), and a kernel with the netem queue discipline. Names and addresses are this process's own, so that
/// two evaluations do not disturb each other; the bridge stands in a namespace too, so that the machine's own network is not touched.
struct BenchNamespaces: Sendable {
    static let key = "YINHE_BENCH_NAMESPACES"

    /// Of the namespaces' names.
    let prefix: String

    /// Set for benches whose parties shall run in namespaces.
    static let fromEnvironment = ProcessInfo.processInfo.environment[key].map(BenchNamespaces.init(prefix:))

    /// Benchmarking addresses (RFC 2544; RFC 6890, table 4).
    func address(of party: Int) -> String { "198.18.7.\(party + 1)" }

    private func namespace(_ party: Int) -> String { "\(prefix)p\(party)" }
    private var bridge: String { "\(prefix)b" }

    func command(_ program: String, _ arguments: [String], party: Int) -> [String] {
        [Self.ip, "netns", "exec", namespace(party), program] + arguments
    }

    private static let ip = tool("ip"), tc = tool("tc")

    private static func tool(_ name: String) -> String {
        ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
    }

    /// What `tc` puts on a party's interface; `delay` in seconds, one way. The queue holds what the link has in flight, and more.
    static func discipline(delay: Double, bitsPerSecond: Double?) -> [String] {
        var words = ["netem", "limit", "1000000", "delay", "\(Int((1e6 * delay).rounded()))us"]
        if let rate = bitsPerSecond { words += ["rate", "\(Int(rate))bit"] }
        return words
    }

    /// Makes the namespaces; `discipline` nil for links as fast as the kernel has them. On failure nothing is left.
    static func create(parties: Int, discipline: [String]?) throws -> BenchNamespaces {
        let space = BenchNamespaces(prefix: "yinhe\(ProcessInfo.processInfo.processIdentifier)")
        do {
            try run(ip, "netns", "add", space.bridge)
            try run(ip, "-n", space.bridge, "link", "add", "bridge", "type", "bridge")
            try run(ip, "-n", space.bridge, "link", "set", "bridge", "up")
            for party in 0..<parties {
                let name = space.namespace(party)
                try run(ip, "netns", "add", name)
                try run(ip, "-n", name, "link", "set", "lo", "up")
                try run(ip, "-n", name, "link", "add", "link0", "type", "veth", "peer", "name", "port\(party)", "netns", space.bridge)
                try run(ip, "-n", name, "address", "add", "\(space.address(of: party))/24", "dev", "link0")
                try run(ip, "-n", name, "link", "set", "link0", "up")
                try run(ip, "-n", space.bridge, "link", "set", "port\(party)", "master", "bridge", "up")
                if let discipline { try run(tc, ["-n", name, "qdisc", "add", "dev", "link0", "root"] + discipline) }
            }
            return space
        } catch {
            space.remove(parties: parties)
            throw error
        }
    }

    /// Idempotent; also what a signal handler's thread calls.
    func remove(parties: Int = 3) {
        for name in (0..<parties).map(namespace) + [bridge] { try? Self.run(Self.ip, "netns", "delete", name) }
    }

    /// Whether namespaces with netem can be made here; else why not.
    static func probe() -> String? {
        guard geteuid() == 0 else { return "not root" }
        do {
            let space = try create(parties: 1, discipline: discipline(delay: 0.001, bitsPerSecond: 1e8))
            space.remove(parties: 1)
            return nil
        } catch { return (error as? YinheError)?.message ?? "\(error)" }
    }

    private static func run(_ tool: String, _ arguments: String...) throws { try run(tool, arguments) }

    private static func run(_ tool: String, _ arguments: [String]) throws {
        guard FileManager.default.isExecutableFile(atPath: tool) else { throw YinheError(.system, "there is no program \(tool)") }
        let process = Process(), errors = Pipe()
        process.executableURL = URL(filePath: tool)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let first = text.split(separator: "\n").first.map(String.init) ?? "status \(process.terminationStatus)"
            throw YinheError(.system, "\((tool as NSString).lastPathComponent) \(arguments.joined(separator: " ")): \(first)")
        }
    }
}
