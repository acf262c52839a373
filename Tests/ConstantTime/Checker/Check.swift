import CMemcheck
import Foundation
import SandboxCore

/// Runs pieces of code whose secrets memcheck takes for uninitialised, and counts what it reports: each report is a branch or an
/// address that depends on a secret.
struct Report {
    private(set) var leaks = 0
    private(set) var checked = 0

    mutating func check(_ name: String, _ body: () throws -> Void) rethrows {
        let before = yinhe_memcheck_errors()
        try body()
        note(name, yinhe_memcheck_errors() - before)
    }

    mutating func check(_ name: String, _ body: () async throws -> Void) async rethrows {
        let before = yinhe_memcheck_errors()
        try await body()
        note(name, yinhe_memcheck_errors() - before)
    }

    var errors: UInt { yinhe_memcheck_errors() }

    mutating func note(_ name: String, _ errors: UInt) {
        checked += 1
        if errors > 0 { leaks += 1 }
        say(errors == 0 ? "pass  \(name)" : "LEAK  \(name): \(errors) branches or addresses depend on secrets")
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
