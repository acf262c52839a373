import CMemcheck
import Foundation
import SandboxCore

/// Runs pieces of code whose secrets memcheck takes for uninitialised, and counts what it reports: each report is a branch or an
/// address that depends on a secret.
struct Report {
    private(set) var leaks = 0
    private(set) var checked = 0

    /// `verdicts`: branches on what becomes public by design, such as whether a proof was valid; no more may be reported;
    /// `because` says what they are.
    mutating func check(_ name: String, verdicts: UInt = 0, because: String = "", _ body: () throws -> Void) rethrows {
        let before = errors
        try body()
        note(name, errors - before, verdicts, because)
    }

    mutating func check(
        _ name: String, verdicts: UInt = 0, because: String = "", _ body: () async throws -> Void
    ) async rethrows {
        let before = errors
        try await body()
        note(name, errors - before, verdicts, because)
    }

    var errors: UInt { yinhe_memcheck_errors() }

    mutating func note(_ name: String, _ found: UInt, _ verdicts: UInt = 0, _ because: String = "") {
        checked += 1
        let allowed = verdicts > 0 ? " (\(verdicts) by design: \(because))" : ""
        if found > verdicts { leaks += 1 }
        say(
            found <= verdicts
                ? "pass  \(name)\(allowed)" : "LEAK  \(name): \(found) branches or addresses depend on secrets\(allowed)")
    }

    /// Code of another library, which this project cannot change: what is reported is shown, and judged by the reader.
    func observe(_ name: String, _ remark: String, _ body: () -> Void) {
        let before = errors
        body()
        say("seen  \(name): \(errors - before) reports (\(remark))")
    }

    /// A function that leaks on purpose; the check itself is broken when nothing is reported.
    func control(_ name: String, leaks: Bool, _ body: () -> Void) -> Bool {
        let before = yinhe_memcheck_errors()
        body()
        let reported = yinhe_memcheck_errors() > before
        say("\(reported == leaks ? "ok  " : "BAD ")  control: \(name) is \(reported ? "" : "not ")reported")
        return reported == leaks
    }
}

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Secret from here on.
func poison(_ bytes: UnsafeRawBufferPointer) { yinhe_memcheck_poison(bytes.baseAddress, bytes.count) }
/// Public from here on.
func declassify(_ bytes: UnsafeRawBufferPointer) { yinhe_memcheck_clear(bytes.baseAddress, bytes.count) }

extension Array where Element: BitwiseCopyable {
    /// Makes the elements secret, in the array's own storage.
    mutating func poison() { withUnsafeMutableBytes { yinhe_memcheck_poison($0.baseAddress, $0.count) } }
    mutating func declassify() { withUnsafeMutableBytes { yinhe_memcheck_clear($0.baseAddress, $0.count) } }
}

/// The system's generator; all it gives is secret, but for the first `publicDraws` draws.
final class SecretRandom: RandomSource, @unchecked Sendable {
    private var publicDraws: Int
    init(publicDraws: Int = 0) { self.publicDraws = publicDraws }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        SystemRandom.shared.fill(buffer)
        if publicDraws > 0 { publicDraws -= 1 } else { poison(UnsafeRawBufferPointer(buffer)) }
    }
}
