import ArgumentParser
import Foundation
import PrivateJoin
import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

struct PSICommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "psi",
            abstract: Help.text(
                "Private set intersection and join of two files, without a contract.", "两个文件的隐私求交与连接（不需要合同）。"),
            discussion: Help.discussion(
                """
                Both sides give a CSV file and a key column. Nothing but the agreed result is revealed: with --reveal both (the
                default) each side learns which of its own rows have a key that the other side has too, and writes those rows to
                --out in their original order; with receiver only one side learns them; with count one side learns how many
                there are. Each side also learns how many different keys the other one has; the closing summary lists all that
                each party learns under the options at hand. Results are exact: no noise protects them. The left table of a
                join is the receiver's and the right one the sender's; each side's output holds its own columns, and with
                --order aligned line n of one output belongs to line n of the other. OUT is UTF-8, whatever the encoding of the
                input. Files larger than memory are worked on in parts on disk; --resume DIR keeps the finished parts, so that
                the same command on both sides goes on after a crash or a cut line.
                """,
                """
                双方各给出一个 CSV 文件和键列，除约定结果外互不透露：--reveal both（默认）双方各自得知己方哪些行的键对方也有，
                并按原有顺序写入 --out；receiver 只有一方得知；count 只有一方得知数量。双方还会得知对方有多少个不同的键；
                结尾的汇总会列出在当次选项下各方得知的一切。结果是精确的，没有噪声保护。连接的左表是 receiver 的文件，
                右表是 sender 的文件；每方的输出只含己方的列，使用 --order aligned 时两份输出的第 n 行互相对应。
                无论输入是什么编码，输出文件均为 UTF-8。大于内存的文件分块在磁盘上处理；--resume 目录 会保留已完成的分块，
                崩溃或断线之后双方重新执行同一命令即可继续。
                """,
                examples: [
                    (
                        "yinhe psi --in a.csv --key id --out a-common.csv \\\n      --listen 0.0.0.0:7443 --peer sha256:…",
                        "one side",
                        "一方"
                    ),
                    (
                        "yinhe psi --in b.csv --key id --out b-common.csv \\\n      --connect a.example:7443 --peer sha256:…",
                        "the other", "另一方"
                    ),
                    (
                        "yinhe psi --in a.csv --key id --columns id,city --out a-left.csv \\\n      --join left --order aligned "
                            + "--role receiver \\\n      --listen 0.0.0.0:7443 --peer sha256:…",
                        "all rows of this side, line by line beside the other side's", "保留己方所有行，与对方输出逐行对应"
                    ),
                    (
                        "yinhe psi --in big.csv --key id --out common.csv --memory 2G \\\n      --resume job "
                            + "--connect a.example:7443 --peer sha256:…",
                        "larger than memory; the same line again goes on after a crash", "大于内存；崩溃后重新执行同一行即可继续"
                    ),
                    (
                        "yinhe psi --in a.csv --key id --reveal count \\\n      --listen 127.0.0.1:7443 --insecure-plaintext",
                        "on one machine", "本机试验"
                    ),
                ], exits: Help.peerCodes + [.belowMinimum]))
    }

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("in"), help: .say("This side's CSV file.", "己方 CSV 文件。", valueName: "file"), completion: .file())
    var input: String
    @Option(help: .say("The key column.", "键列。", valueName: "column"))
    var key: String
    @Option(
        help: .say("Where the joined rows go; written whole or not at all.", "连接结果的输出文件；要么完整写出，要么不写。", valueName: "file"))
    var out: String?
    @Option(
        help: .say(
            "Columns to write to --out, in this order, separated by commas; a name with a comma in double quotes. Default: all.",
            "写入 --out 的列，按此顺序，以逗号分隔；含逗号的列名用双引号括起。默认：全部列。", valueName: "a,b"))
    var columns: ColumnList?
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var peer: PeerSecurityOptions
    @Option(
        name: .customLong("protocol"),
        help: .say(
            "The same on both sides. auto: the fastest for the sizes and the measured link; vole: least computing; vole-lowcomm: "
                + "fewer bytes; dh: most computing, fewest bytes for a few thousand keys.",
            "双方须一致。auto：按规模与实测链路选最快的；vole：计算量最小；vole-lowcomm：通信量较小；dh：计算量最大，仅几千个键以内通信量最小。",
            valueName: "name"))
    var protocolName: PSIRequest.ProtocolName = .auto
    @Flag(
        help: .say(
            "Protect against a peer that breaks the protocol, not only against one that is curious; the same on both sides.",
            "防范不遵守协议的对方，而不仅是好奇的对方；双方须一致。"))
    var malicious = false
    @Option(
        help: .say(
            "Which rows belong to the result, as in SQL; left is the receiver's file, difference keeps the receiver's rows "
                + "without a match. Where rows with and without a match meet, a column \"matched\" (1 or 0) is added. The same on "
                + "both sides.",
            "结果包含哪些行，含义同 SQL；left 为 receiver 的文件，difference 保留 receiver 中没有匹配的行。同时含有匹配与未匹配的行时，增加一列 matched（1 或 0）。双方须一致。",
            valueName: "type"))
    var join: PSIRequest.Join = .inner
    @Option(help: .say("Who learns the result; the same on both sides.", "谁获知结果，双方须一致。", valueName: "who"))
    var reveal: PSIRequest.Reveal = .both
    @Option(
        help: .say(
            "own: rows as in the input, each once; aligned: both outputs line up row by row, one row for each joined pair. The "
                + "same on both sides.",
            "own：按输入顺序，每行一次；aligned：两份输出逐行对应，每个连接对一行。双方须一致。", valueName: "order"))
    var order: PSIRequest.Order = .own
    @Option(
        help: .say(
            "Fewer common keys than this end the run without a result; the same on both sides.",
            "共有键少于此数则终止且不给出结果；双方须一致。", valueName: "n"))
    var minimum = 0
    @Option(
        help: .say("How keys are brought to one spelling; the same on both sides.", "键的规范化方法，双方须一致。", valueName: "name"))
    var normalizer: String = "text"
    @Option(
        help: .say(
            "sender or receiver, the other one on the other side. Default: the listening side is the sender.",
            "sender 或 receiver，双方各取其一。默认监听方为 sender。", valueName: "role"))
    var role: PSIRequest.Role?
    @OptionGroup var threads: ThreadsOption
    @Option(
        help: .say(
            "Memory to work in (K, M, G: powers of 1024), at least \(Self.leastMemory); what does not fit goes to disk.",
            "可用内存（K、M、G 为 1024 的幂），至少 \(Self.leastMemory)；放不下的部分写入磁盘。", valueName: "size"))
    var memory = ByteSize(bytes: 2 << 30)
    @Option(
        help: .say(
            "Folder for the finished parts of this job; the same command on both sides goes on from there. It holds hashes of "
                + "this side's keys, with --order aligned its rows: keep it as safe as the input. Give it on both sides or on "
                + "neither.",
            "存放本任务已完成分块的目录；双方重新执行同一命令即从此处继续。其中含己方键的哈希，使用 --order aligned 时还有行数据，应与输入同等保护。双方须同时给出或同时不给。",
            valueName: "dir"))
    var resume: String?
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    @Option(help: .hidden)
    var bucketElements: Int?

    static let leastMemory = ByteSize(bytes: PrivateJoin.Options.minimumMemoryBytes)

    var request: PSIRequest {
        var request = PSIRequest()
        request.protocolName = protocolName
        request.malicious = malicious
        request.join = join
        request.reveal = reveal
        request.order = order
        request.role = role ?? (connection.listen != nil ? .sender : .receiver)
        request.minimum = minimum
        request.writesOutput = out != nil
        request.choosesColumns = columns != nil
        return request
    }

    func validate() throws {
        if let refusal = request.refusal {
            throw ValidationError(
                Help.text("\(refusal.problem.en): \(refusal.remedy.en).", "\(refusal.problem.zh)：\(refusal.remedy.zh)。"))
        }
        guard memory.bytes >= Self.leastMemory.bytes else {
            throw ValidationError(
                Help.text("--memory must be at least \(Self.leastMemory).", "--memory 至少为 \(Self.leastMemory)。"))
        }
        guard out == nil || out != input else {
            throw ValidationError(
                Help.text("--out is the file of --in: name another file.", "--out 与 --in 是同一个文件：请另取文件名。"))
        }
        guard resume?.isEmpty != true, out?.isEmpty != true else {
            throw ValidationError(Help.text("--resume and --out need a path.", "--resume 与 --out 需要给出路径。"))
        }
    }

    var interruptionRemedy: String {
        guard let resume else { return "" }
        return Help.text(
            "run the same command on both sides again: it goes on from the last finished part in \(resume)",
            "双方重新执行同一命令即可，从 \(resume) 中最后完成的分块继续")
    }

    func execute(_ console: Console) async throws -> Outcome {
        let security = try peer.security(home, passphrase)
        let options = try joinOptions()
        let (request, connection, input) = (request, connection, input)
        try await interruptible { try Self.checkBeginning(of: input) }
        let report: PrivateJoin.Report
        do {
            report = try await PrivateJoin.run(
                request.role == .sender ? .sender : .receiver, options: options,
                connect: { try await PeerConnection.open(connection, security: security, console) },
                progress: console.board.monitor())
        } catch {
            throw explain(error)
        }
        console.board.finish()
        try PSIResult(request: request, out: out, report: report).show(console)
        return .success
    }

    /// Finds what is malformed in the first megabytes before a peer is waited for; the rest is checked when it is read.
    private static func checkBeginning(of path: String) throws {
        // A pipe can be read only once; the join refuses it.
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        var reader = try CSVReader(path: path)
        while reader.bytesRead < 16 << 20, try reader.skip() {}
    }

    private func joinOptions() throws -> PrivateJoin.Options {
        var options = PrivateJoin.Options(
            input: input, output: out, keyColumn: key, normalizer: try JoinKeyNormalizer(named: normalizer))
        options.columns = columns?.names
        options.joinType = join.value
        options.reveal = reveal.value
        options.rowOrder = order.value
        options.protocolChoice = protocolName.value
        options.adversary = malicious ? .malicious : .semiHonest
        options.minimumIntersection = minimum
        options.threads = threads.threads
        options.memoryBytes = memory.bytes
        options.resumeDirectory = resume
        if let bucketElements { options.tuning.bucketElements = bucketElements }
        return options
    }

    /// Names the option behind a difference between the two sides, and how to go on after a cut.
    private func explain(_ error: any Error) -> any Error {
        guard var known = error as? YinheError else { return error }
        if known.code == .peerMismatch {
            let field = known.message.field(after: "the two sides differ in ")
            if known.message.contains(" private-join") || field == "session layer version" {
                known.remedy = "run `yinhe psi` of the same version on both sides; nothing was exchanged"
            } else if field == "resumable" || field == "adversary" {
                let option = field == "adversary" ? "--malicious" : "--resume"
                known.remedy = "give \(option) on both sides, or on neither; nothing was exchanged"
            } else if let option = field.flatMap({ Self.options[$0] }) {
                known.remedy = "give the same \(option) on both sides; nothing was exchanged"
            } else if known.message.contains("roles do not fit") {
                known.remedy = "give --role sender on one side and --role receiver on the other; nothing was exchanged"
            }
        }
        if resume != nil, Self.interruptions.contains(known.code) {
            let first = known.remedy.replacing(", then start both sides again", with: "")
            known.remedy = first + (first.isEmpty ? "" : "; ") + interruptionRemedy
        }
        return known
    }

    /// The proposal's parameters (Protocols/private-join.md) and the options that set them.
    private static let options: [String: String] = [
        "join type": "--join", "reveal": "--reveal", "row order": "--order", "protocol": "--protocol",
        "minimum intersection": "--minimum", "key normaliser": "--normalizer",
    ]
    private static let interruptions: Set<YinheError.Code> = [.peerUnreachable, .peerAborted, .system]
}

extension String {
    /// The words between `prefix` and the next colon.
    fileprivate func field(after prefix: String) -> String? {
        guard let start = range(of: prefix)?.upperBound, let end = self[start...].firstIndex(of: ":") else { return nil }
        return String(self[start..<end])
    }
}
