import ArgumentParser
import Foundation
import Fusion
import SandboxCore
import Transport

/// Help texts, in the language that the command line asks for.
enum Help {
    /// From `--lang` anywhere on the command line, else the environment: help is made before options are parsed.
    static let language: Language = {
        let arguments = CommandLine.arguments
        for (i, argument) in arguments.enumerated() {
            if argument.hasPrefix("--lang="), let language = Language(rawValue: String(argument.dropFirst(7))) { return language }
            if argument == "--lang", i + 1 < arguments.count, let language = Language(rawValue: arguments[i + 1]) {
                return language
            }
        }
        return .fromEnvironment()
    }()

    static func text(_ en: String, _ zh: String) -> String { Phrase(en: en, zh: zh)[language] }

    static let allCodes: [YinheError.Code] = [
        .usage, .badInput, .contract, .peerUnreachable, .peerMismatch, .peerMisbehaved, .peerAborted, .system, .budget, .ledger,
        .belowMinimum, .range, .cancelled,
    ]
    /// What any command that talks to a peer may end with.
    static let peerCodes: [YinheError.Code] = [
        .usage, .badInput, .peerUnreachable, .peerMismatch, .peerMisbehaved, .peerAborted, .system, .cancelled,
    ]
    static let fileCodes: [YinheError.Code] = [.usage, .badInput, .system, .cancelled]

    /// Prose, examples with comments, and exit codes.
    static func discussion(
        _ en: String, _ zh: String, examples: [(line: String, en: String, zh: String)], checks: Bool = false,
        exits: [YinheError.Code]
    ) -> String {
        // English is wrapped by the argument parser; Chinese has no spaces to wrap at and keeps its lines.
        var out = text(en.replacing("\n", with: " "), zh)
        out += "\n\n" + text("EXAMPLES:", "示例：")
        for example in examples {
            let comment = text(example.en, example.zh)
            if !comment.isEmpty { out += "\n  # \(comment)" }
            out += "\n  \(example.line)"
        }
        out += "\n\n" + text("EXIT CODES:", "退出码：")
        var codes = [(0, text("success", "成功")), (1, text("unexpected failure", "意外失败"))]
        if checks { codes.append((2, text("the check found problems", "检查发现问题"))) }
        codes += exits.sorted { $0.exitCode < $1.exitCode }.map { (Int($0.exitCode), meaning($0)) }
        for (code, meaning) in codes { out += "\n  \(TextWidth.pad(String(code), to: 4))\(meaning)" }
        return out
    }

    private static func meaning(_ code: YinheError.Code) -> String {
        switch code {
        case .usage: text("wrong usage", "用法错误")
        case .badInput: text("a local file is missing, malformed or out of its bounds", "本地文件缺失、格式错误或超出边界")
        case .contract: text("the contract is malformed, unsigned, expired or used up", "合同格式错误、未签署、已过期或次数用尽")
        case .peerUnreachable: text("the peer cannot be reached, or was lost", "无法联系对方，或连接中断")
        case .peerMismatch: text("the peer is another one than expected, or proposes something else", "对方身份或提议与预期不符")
        case .peerMisbehaved: text("the peer broke the protocol", "对方违反协议")
        case .peerAborted: text("the peer stopped and said so", "对方主动中止")
        case .system: text("the operating system refused: disk, permission, socket", "操作系统拒绝：磁盘、权限、套接字")
        case .budget: text("the privacy budget does not cover the run", "隐私预算不足")
        case .ledger: text("a ledger does not verify", "账本校验不通过")
        case .belowMinimum: text("the intersection is below the agreed minimum; nothing was revealed", "交集小于约定的最小值，未透露任何结果")
        case .range: text("a result could leave its declared range", "结果可能超出声明范围")
        case .cancelled: text("stopped by Ctrl-C or a signal", "被 Ctrl-C 或信号停止")
        default: code.name
        }
    }
}

extension ArgumentHelp {
    /// An option's help in the chosen language.
    static func say(_ en: String, _ zh: String, valueName: String? = nil) -> ArgumentHelp {
        ArgumentHelp(Help.text(en, zh), valueName: valueName)
    }
}

extension Language: ExpressibleByArgument {}
extension ProgressStyle: ExpressibleByArgument {}

/// Options of every command.
struct CommonOptions: ParsableArguments {
    @Flag(
        help: .say(
            "Print one JSON document on standard output, and errors as JSON on standard error.",
            "标准输出只打印一个 JSON 文档，错误以 JSON 写到标准错误。"))
    var json = false

    @Flag(name: [.short, .long], help: .say("No progress and no notes.", "不显示进度和提示。"))
    var quiet = false

    @Option(help: .say("en or zh; default from LC_ALL and LANG.", "en 或 zh；默认取自 LC_ALL 和 LANG。", valueName: "language"))
    var lang: Language?

    @Option(
        help: .say(
            "Progress on standard error: bars on a terminal and lines elsewhere, or always one of them.",
            "标准错误上的进度：终端显示进度条，否则逐行；或固定一种。",
            valueName: "style"))
    var progress: ProgressStyle = .auto

    @Flag(help: .hidden)
    var stopWithParent = false

    var language: Language { lang ?? .fromEnvironment() }
}

/// Where a party keeps its key and its ledger.
struct HomeOption: ParsableArguments {
    @Option(
        help: .say(
            "Folder of this party's key and ledger (YINHE_HOME; default ~/.yinhe).", "存放本方密钥和账本的目录（YINHE_HOME；默认 ~/.yinhe）。",
            valueName: "dir"))
    var home: String?

    var folder: PartyHome { PartyHome.find(home) }
}

struct PassphraseOption: ParsableArguments {
    @Option(
        help: .say("File whose first line is the passphrase of the key.", "密钥口令文件，取第一行。", valueName: "file"))
    var passphraseFile: String?

    func read() throws -> String? {
        guard let passphraseFile else { return nil }
        guard let data = FileManager.default.contents(atPath: passphraseFile), data.count < 4096,
            let text = String(validating: data, as: UTF8.self),
            let line = text.split(separator: "\n", omittingEmptySubsequences: false).first, !line.isEmpty
        else { throw YinheError(.badInput, "no passphrase in the first line", at: passphraseFile) }
        return String(line)
    }
}

/// How two parties find each other.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: .say("Wait for the peer at this address; port 0 picks a free one.", "在此地址等待对方；端口 0 表示自动选择。", valueName: "host:port")
    )
    var listen: String?

    @Option(help: .say("Connect to the peer at this address.", "连接到对方地址。", valueName: "host:port"))
    var connect: String?

    @Option(
        help: .say("Seconds to wait for the peer to appear; either side may start first.", "等待对方出现的秒数；哪一方先启动都可以。", valueName: "s")
    )
    var wait: Double = 30

    func validate() throws {
        guard (listen == nil) != (connect == nil) else {
            throw ValidationError(Help.text("Give exactly one of --listen and --connect.", "--listen 与 --connect 必须且只能给出一个。"))
        }
        guard wait > 0, wait <= 86_400 else {
            throw ValidationError(Help.text("--wait must be between 0 and 86400 seconds.", "--wait 须在 0 到 86400 秒之间。"))
        }
    }
}

struct ThreadsOption: ParsableArguments {
    @Option(help: .say("Threads to compute with; default all cores.", "计算线程数；默认使用所有核心。", valueName: "n"))
    var threads: Int = availableCores

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError(Help.text("--threads must be 1 to 1024.", "--threads 须在 1 到 1024 之间。"))
        }
    }
}
