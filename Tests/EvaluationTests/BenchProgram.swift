import Foundation
import SandboxCore

/// The benchmark program, which lies beside the test bundle.
enum BenchProgram {
    struct Finished {
        var status: Int32
        var output: String
        var errors: String
    }

    static let path: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: own).deletingLastPathComponent().appending(path: "yinhe-bench").path
    }()

    /// A started process whose output goes to files, so that no pipe can fill up.
    final class Running {
        let process = Process()
        private let output: String
        private let errors: String

        init(_ arguments: [String], in folder: TestFolder, environment: [String: String] = [:]) throws {
            let name = "process-\(SystemRandom.shared.word())"
            output = folder.file(name + ".out")
            errors = folder.file(name + ".err")
            for path in [output, errors] { FileManager.default.createFile(atPath: path, contents: nil) }
            process.executableURL = URL(filePath: BenchProgram.path)
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle(forWritingAtPath: output)
            process.standardError = FileHandle(forWritingAtPath: errors)
            try process.run()
        }

        var errorText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

        func finish() -> Finished {
            process.waitUntilExit()
            let status = process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
            return Finished(status: status, output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "", errors: errorText)
        }
    }

    static func run(_ arguments: String..., in folder: TestFolder) throws -> Finished { try Running(arguments, in: folder).finish() }

    /// Process IDs whose environment holds `text`.
    static func processes(with text: String) -> [Int] {
        let needle = Data(text.utf8)
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int($0) }.filter { id in
            FileManager.default.contents(atPath: "/proc/\(id)/environ")?.range(of: needle) != nil
        }
    }
}

/// A folder that goes away with the test.
final class TestFolder {
    let path = FileManager.default.temporaryDirectory.path + "/yinhe-evaluation-\(SystemRandom.shared.word())"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
