import ArgumentParser
import DifferentialPrivacy
import Foundation
import SandboxCore

struct NoiseCalcCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "calc",
            abstract: Help.text("The auditor's calculator: tables of differential privacy, to 22 digits.", "审计计算器：差分隐私数值表，22 位有效数字。"),
            discussion: Help.discussion(
                """
                Reads one JSON object a line, {"table": NAME, ...input columns}, from a file or standard input, and prints the same
                object with the value columns added, in the order of the input. Numbers are taken as the exact decimals they say;
                they may also be given as text. A line that cannot be computed is printed with an "error" instead of values, named
                on standard error with its line number, and the command ends with exit code 2 after the last line; with --strict
                it ends at that line with the error's own code. Empty lines are skipped. Tables:
                \(AuditTables.names.joined(separator: ", ")).
                Protocols/privacy-accounting.md lists their columns.
                """,
                """
                从文件或标准输入逐行读取 JSON 对象 {"table": 表名, ……输入列}，按输入顺序打印同一对象并补上数值列。
                数字按书写的十进制精确取值，也可写成文本。无法计算的行打印 "error" 代替数值，并在标准错误上给出行号，
                全部处理完后以退出码 2 结束；加 --strict 则在该行立即停止，退出码为该错误自身的代码。空行跳过。数值表：
                \(AuditTables.names.joined(separator: "、"))。
                各表的列见 Protocols/privacy-accounting.md。
                """,
                examples: [
                    (
                        "echo '{\"table\":\"gaussian_sigma\",\"eps\":1,\"delta\":1e-9}' | yinhe noise calc",
                        "the noise of the analytic Gaussian mechanism", "解析高斯机制所需的噪声"
                    ),
                    (
                        "echo '{\"table\":\"compositions\",\"mechanism\":\"laplace\",\"param\":10,\"k\":365,\"delta\":1e-8}' | yinhe noise calc",
                        "what a year of daily releases costs", "每日发布一年的总消耗"
                    ),
                    ("yinhe noise calc rows.jsonl --strict > values.jsonl", "", ""),
                ], checks: true, exits: NoiseCommand.exits))
    }

    @OptionGroup var common: CommonOptions
    @Argument(help: .say("File with one JSON object a line; - or nothing reads standard input.", "每行一个 JSON 对象的文件；- 或省略表示标准输入。"), completion: .file())
    var file = "-"
    @Flag(help: .say("Stop at the first line that cannot be computed.", "遇到无法计算的行立即停止。"))
    var strict = false
    @OptionGroup var threadsOption: ThreadsOption

    func execute(_ console: Console) async throws -> Outcome {
        let (file, strict, threads) = (file, strict, threadsOption.threads)
        return try await interruptible {
            let lines = try InputLines(path: file)
            var failed = 0
            while let batch = try lines.next() {
                let results = try Parallel.map(batch.count, threads: threads) { i in NoiseCalcLine.evaluate(batch[i].text) }
                for (line, result) in zip(batch, results) {
                    guard let result else { continue }
                    if let error = result.error {
                        let place = "line \(line.number)" + (error.place.isEmpty ? "" : ", \(error.place)")
                        let placed = YinheError(error.code, error.message, at: place, remedy: error.remedy)
                        if strict { throw placed }
                        failed += 1
                        console.fail(placed)
                    }
                    try console.write(result.text + "\n")
                }
            }
            return failed == 0 ? .success : .problemsFound
        }
    }
}

/// Lines of a file or of standard input, as many at once as have arrived.
private final class InputLines {
    private let descriptor: Int32
    private var rest: [UInt8] = []
    private var count = 0
    private var ended = false
    private let path: String
    private static let longest = 1 << 16

    init(path: String) throws {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw YinheError(.badInput, "cannot open the file", at: path, remedy: "check the path and its permissions") }
    }

    deinit { close(descriptor) }

    func next() throws -> [(number: Int, text: [UInt8])]? {
        var buffer = [UInt8](repeating: 0, count: Self.longest)
        while !ended {
            let received = read(descriptor, &buffer, buffer.count)
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else { throw YinheError(.badInput, "cannot read", at: path, remedy: "give a file of JSON lines") }
            ended = received == 0
            rest += buffer[..<received]
            var lines: [(Int, [UInt8])] = []
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                count += 1
                lines.append((count, Array(rest[start..<end])))
                start = end + 1
            }
            rest.removeFirst(start)
            if ended, !rest.isEmpty {
                count += 1
                lines.append((count, rest))
                rest = []
            }
            guard rest.count <= Self.longest else {
                throw YinheError(.badInput, "a line of more than \(Self.longest) bytes", at: "line \(count + 1)", remedy: "write one object a line")
            }
            if !lines.isEmpty { return lines }
        }
        return nil
    }
}
