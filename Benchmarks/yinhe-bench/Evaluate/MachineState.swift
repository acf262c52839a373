import CCompilerVersion
import Evaluation
import Foundation
import SandboxCore

/// Processor time of the whole machine and of this process with its finished children, at one moment.
struct MachineState: Sendable {
    private let time = ContinuousClock.now
    private var busy = 0.0
    private var stolen = 0.0
    private var total = 0.0
    private let own: Double

    static func now() -> MachineState { MachineState() }

    private init() {
        own = ResourceUsage.current().cpuSeconds + ResourceUsage.current(children: true).cpuSeconds
        // user nice system idle iowait irq softirq steal, in clock ticks (proc_stat(5)); guests are within user.
        let line = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8))?.split(separator: "\n").first ?? ""
        let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard ticks.count >= 8 else { return }
        let second = Double(sysconf(Int32(_SC_CLK_TCK)))
        busy = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / second
        stolen = ticks[7] / second
        total = ticks[0..<8].reduce(0, +) / second
    }

    /// Cores that other programs kept busy since `earlier`.
    func otherCores(since earlier: MachineState) -> Double {
        let elapsed = (time - earlier.time).seconds
        return elapsed > 0 ? max(0, (busy - earlier.busy) - (own - earlier.own)) / elapsed : 0
    }

    /// Part of the machine's time that the hypervisor gave to others.
    func stolen(since earlier: MachineState) -> Double {
        total > earlier.total ? (stolen - earlier.stolen) / (total - earlier.total) : 0
    }

    static var averageLoad: Double {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
}

/// Facts about machine and build that do not change during a run.
enum Surroundings {
    static var kernel: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
    }

    static var cCompiler: String { String(cString: yinhe_c_compiler()) }

    static var swiftVersion: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }

    /// Of the repository that this program lies in; nil when it lies in none.
    static func gitRevision() -> String? {
        guard let program = try? Lifeline.ownExecutable() else { return nil }
        let folder = (program as NSString).deletingLastPathComponent
        guard let hash = git(["-C", folder, "rev-parse", "--short=12", "HEAD"]), !hash.isEmpty else { return nil }
        let changed = git(["-C", folder, "status", "--porcelain", "--untracked-files=no"]).map { !$0.isEmpty } ?? false
        return changed ? hash + "-dirty" : hash
    }

    private static func git(_ arguments: [String]) -> String? {
        let process = Process(), output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? text.trimmingCharacters(in: .whitespacesAndNewlines) : nil
    }

    static func utc() -> String { ISO8601DateFormatter().string(from: Date()) }
}
