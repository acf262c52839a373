import Foundation
import FuzzTargets
import TestSupport
import Testing

/// The property that `make fuzz` looks for, on seeded mutations of valid inputs. A violation traps with the target's name.
@Suite struct FuzzingTests {
    @Test(arguments: FuzzTarget.all) func validInputsAreAccepted(_ target: FuzzTarget) {
        for seed in target.seeds { #expect(target.accepts(seed), "\(target.name)") }
        #expect(!target.seeds.isEmpty)
    }

    @Test func noDecoderCrashesOrGrowsOnMutatedInputs() throws {
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        let before = try peakKilobytes()
        for target in FuzzTarget.all {
            let mutator = Mutator(seed: 1)
            let end = ContinuousClock.now + .milliseconds(60)
            var tries = 0
            // Always the same inputs in the same order; a slow machine tries fewer of them, but never fewer than fifty.
            while tries < 1000, tries < 50 || ContinuousClock.now < end {
                target.accepts(mutator.mutate(target.seeds[tries % target.seeds.count], maximumBytes: target.maximumBytes))
                tries += 1
            }
        }
        #expect(try peakKilobytes() - before < 96 << 10)
    }

    /// Every message type of every module is fuzzed: a new one needs a line in `FuzzTarget+Messages.swift`.
    @Test func noMessageTypeIsForgotten() throws {
        let sources = repositoryRoot.appending(path: "Sources")
        let known = FuzzTarget.all.map(\.name)
        let pattern = /struct (\w+): (?:\w+\.)?(?:WireMessage|ChunkMessage|BytesMessage)\b/
        var found = 0
        for case let file as URL in FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)! {
            guard file.pathExtension == "swift" else { continue }
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
                found += 1
                let module = file.pathComponents[sources.pathComponents.count]
                #expect(
                    known.contains { $0.hasPrefix(module + ".") && $0.hasSuffix("." + match.1) },
                    "\(match.1) of \(module) has no fuzz target")
            }
        }
        #expect(found >= 20)
    }

    private func peakKilobytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }!
        return Int(line.split(separator: " ").dropFirst().first { Int($0) != nil }!)!
    }
}
