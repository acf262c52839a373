import Foundation
import SandboxCore

/// A process that was started by another one ends with it, however that ends: its standard input is a pipe whose other end only the
/// parent holds.
enum Lifeline {
    /// Set for benches that `evaluate` starts, whose standard input is nothing but the lifeline.
    static let key = "YINHE_BENCH_SUPERVISED"

    static func watchIfSupervised() {
        // A party reads its peers' addresses first.
        if Parties.childIndex == nil, ProcessInfo.processInfo.environment[key] != nil { watch() }
    }

    static func watch() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let n = read(STDIN_FILENO, &byte, 1)
                if n == 0 || (n < 0 && errno != EINTR) { _exit(YinheError.Code.cancelled.exitCode) }
            }
        }
    }

    static func ownExecutable() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
