import Foundation
import SandboxCore

/// What a figure was measured on.
struct Machine: Codable, Sendable {
    var cpu: String
    var cores: Int
    var features: [String]
    var memory_bytes: Int
    var system: String

    static let current = Machine(
        cpu: cpuField("model name") ?? "unknown",
        cores: availableCores,
        features: {
            let flags = Set((cpuField("flags") ?? "").split(separator: " ").map(String.init))
            return ["aes", "vaes", "pclmulqdq", "vpclmulqdq", "sha_ni", "avx2", "bmi2", "adx", "avx512ifma"].filter(flags.contains)
        }(),
        memory_bytes: Int(ProcessInfo.processInfo.physicalMemory),
        system: ProcessInfo.processInfo.operatingSystemVersionString)

    private static func cpuField(_ name: String) -> String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }
}
