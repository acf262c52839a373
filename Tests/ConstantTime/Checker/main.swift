import CMemcheck
import Foundation
import ObliviousTransfer
import SandboxCore

guard yinhe_memcheck_is_running() == 1 else {
    say("yinhe-constant-time runs under valgrind only: make constant-time")
    exit(64)
}

/// The exit status.
func run() async throws -> Int32 {
    var report = Report()
    var secret = SystemRandom.shared.bytes(64)
    secret.poison()
    var controls = report.control("a branch on a secret", leaks: true) { _ = yinhe_leaky_branch(secret, secret.count) }
    controls = report.control("an index that is secret", leaks: true) { _ = yinhe_leaky_index(secret, secret.count) } && controls
    controls = report.control("a masked sum", leaks: false) { _ = yinhe_steady_sum(secret, secret.count) } && controls
    guard controls else {
        say("the positive controls failed: nothing can be concluded from this run")
        return 2
    }

    report.symmetric()
    report.fields()
    report.curves()
    report.exponentiation()
    report.fixedBase()
    try report.baseOT()
    for security in [SilentVOLE.Security.semiHonest, .malicious] {
        for field in [SilentVOLE.Field.bits64, .bits128] { try await report.silentVOLE(security, field) }
    }
    try await report.sharing()
    try await report.transferCorrelations()
    say("\(report.checked) checks, \(report.leaks) with leaks")
    return report.leaks == 0 ? 0 : 1
}

// The main thread waits: valgrind does not survive its end, which an asynchronous `main` brings about.
let done = DispatchSemaphore(value: 0)
Task.detached {
    var status: Int32 = 1
    do { status = try await run() } catch { say("\(error)") }
    exit(status)
}
done.wait()
