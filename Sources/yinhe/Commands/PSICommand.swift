import ArgumentParser
import Foundation
import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

struct PSICommand: PartyCommand {
    enum Reveal: String, CaseIterable, ExpressibleByArgument {
        case both, receiver, count

        var policy: DHPSI.ResultPolicy {
            switch self {
            case .both: .bothLearnMatches
            case .receiver: .receiverLearnsMatches
            case .count: .cardinalityOnly
            }
        }
    }

    enum Role: String, CaseIterable, ExpressibleByArgument { case sender, receiver }

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "psi",
            abstract: Help.text("Private set intersection of two files, without a contract.", "两个文件的隐私求交（不需要合同）。"),
            discussion: Help.discussion(
                """
                Both sides give a CSV file and a key column. Nothing but the agreed result is revealed: with --reveal both (the
                default) each side learns which of its own rows have a key that the other side has too, and writes those rows to
                --out in their original order; with receiver only one side learns them; with count one side learns how many
                there are. Each side also learns how many different keys the other one has. Results are exact: no noise protects
                them. OUT is UTF-8, whatever the encoding of the input.
                """,
                """
                双方各给出一个 CSV 文件和键列，除约定结果外互不透露：--reveal both（默认）双方各自得知己方哪些行的键对方也有，
                并按原有顺序写入 --out；receiver 只有一方得知；count 只有一方得知数量。双方还会得知对方有多少个不同的键。
                结果是精确的，没有噪声保护。无论输入是什么编码，输出文件均为 UTF-8。
                """,
                examples: [
                    ("yinhe psi --in a.csv --key id --out a-common.csv --listen 0.0.0.0:7443 --peer sha256:…", "one side", "一方"),
                    (
                        "yinhe psi --in b.csv --key id --out b-common.csv --connect a.example:7443 --peer sha256:…", "the other",
                        "另一方"
                    ),
                    (
                        "yinhe psi --in a.csv --key id --reveal count --listen 127.0.0.1:7443 --insecure-plaintext",
                        "on one machine", "本机试验"
                    ),
                ], exits: Help.peerCodes))
    }

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("in"), help: .say("This side's CSV file.", "己方 CSV 文件。", valueName: "file"), completion: .file())
    var input: String
    @Option(help: .say("The key column.", "键列。", valueName: "column"))
    var key: String
    @Option(help: .say("Where the matching rows go; written whole or not at all.", "匹配行的输出文件；要么完整写出，要么不写。", valueName: "file"))
    var out: String?
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var peer: PeerSecurityOptions
    @Option(help: .say("How keys are brought to one spelling; the same on both sides.", "键的规范化方法，双方须一致。", valueName: "name"))
    var normalizer: String = "text"
    @Option(help: .say("Who learns the result; the same on both sides.", "谁获知结果，双方须一致。", valueName: "who"))
    var reveal: Reveal = .both
    @Option(help: .say("Default: the listening side is the sender.", "默认监听方为 sender。", valueName: "role"))
    var role: Role?
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    struct Document: Codable {
        var role: String
        var reveal: String
        /// Distinct common keys; absent when this side does not learn it.
        var intersection: Int?
        var matchedRows: Int?
        var out: String?
        var peerSetSize: Int
        var input: InputReport
        var traffic: Traffic
    }

    private var effectiveRole: Role { role ?? (connection.listen != nil ? .sender : .receiver) }
    private var learnsMatches: Bool { reveal == .both || (reveal == .receiver && effectiveRole == .receiver) }

    func validate() throws {
        guard out == nil || learnsMatches else {
            throw ValidationError(
                reveal == .count
                    ? Help.text(
                        "With --reveal count nobody learns which rows match: leave out --out.",
                        "使用 --reveal count 时没有人得知哪些行匹配：请去掉 --out。")
                    : Help.text(
                        "With --reveal receiver the sender learns nothing: leave out --out, or take --role receiver.",
                        "使用 --reveal receiver 时 sender 不获知结果：请去掉 --out，或改用 --role receiver。"))
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let normalizer = try JoinKeyNormalizer(named: normalizer)
        let security = try peer.security(home, passphrase)
        let schema = try TableSchema(keyColumn: key, normalizer: normalizer, rowsPerSubject: .max)
        let monitor = console.board.monitor()
        let (path, threads) = (input, threads.threads)
        let stamp = try FileStamp(path)
        let table = try await interruptible {
            try KeyedTable.load(path: path, schema: schema, threads: threads, progress: monitor)
        }
        noteInput(table.report, console)

        let parameters = DHPSI.Parameters(policy: reveal.policy, threads: threads)
        let binding = Array("yinhe psi, normaliser \(normalizer)".utf8)
        let channel = try await PeerConnection.open(connection, security: security, console)
        let found: DHPSI.Output
        do {
            switch effectiveRole {
            case .sender:
                let role = try DHPSI.Sender(tokens: table.tokens, parameters: parameters)
                found = try await role.run(over: channel, binding: binding, progress: monitor)
            case .receiver:
                let role = try DHPSI.Receiver(tokens: table.tokens, parameters: parameters)
                found = try await role.run(over: channel, binding: binding, progress: monitor)
            }
        } catch {
            channel.cancel(YinheError(.cancelled, "the protocol has ended"))
            throw explain(error)
        }
        await channel.close()

        var rows: Int?
        if let out, let matches = found.matches {
            try stamp.require(unchanged: path)
            let (tokens, key) = (matches.map { table.tokens[$0] }, key)
            rows = try await interruptible {
                try MatchedRows.copy(
                    from: path, to: out, keyColumn: key, normalizer: normalizer, tokens: tokens, progress: monitor)
            }
        }
        console.board.finish()
        try show(found, rows: rows, table.report, channel.traffic, console)
        return .success
    }

    /// The binding is bytes to the protocol; here it has a name.
    private func explain(_ error: any Error) -> any Error {
        guard var known = error as? YinheError, known.code == .peerMismatch, known.message.contains("binding") else {
            return error
        }
        known.message = "the two sides normalise keys differently, or use another version of `yinhe psi`"
        known.remedy = "use the same --normalizer on both sides (here: \(normalizer)); nothing was exchanged"
        return known
    }

    private func show(_ found: DHPSI.Output, rows: Int?, _ report: InputReport, _ traffic: Traffic, _ console: Console) throws {
        try console.emit(
            Document(
                role: effectiveRole.rawValue, reveal: reveal.rawValue, intersection: found.cardinality, matchedRows: rows,
                out: out,
                peerSetSize: found.peerSetSize, input: report, traffic: traffic))
        try console.fact(Phrase(en: "Own keys", zh: "己方键数"), Numbers.grouped(report.distinctKeys))
        try console.fact(Phrase(en: "Peer's keys", zh: "对方键数"), Numbers.grouped(found.peerSetSize))
        if let count = found.cardinality {
            try console.fact(Phrase(en: "In common", zh: "共有"), Numbers.grouped(count))
        } else {
            try console.fact(
                Phrase(en: "In common", zh: "共有"), console.text(Phrase(en: "only the receiver learns it", zh: "只有接收方获知")))
        }
        if let out, let rows {
            try console.fact(Phrase(en: "Written", zh: "已写出"), "\(out) (\(Numbers.grouped(rows)))")
        }
        let bytes = traffic.bytesSent + traffic.bytesReceived
        try console.fact(.traffic, "\(Numbers.bytes(bytes)), \(console.text(.rounds(traffic.rounds)))")
    }
}

/// Size and time of change of a file that is read twice.
private struct FileStamp: Equatable {
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw YinheError(.badInput, "cannot open the file: \(systemErrorText(errno))", at: path)
        }
        guard status.st_mode & S_IFMT != S_IFIFO else {
            throw YinheError(.badInput, "a pipe cannot be read twice", at: path, remedy: "give a regular file")
        }
        (size, seconds, nanoseconds) = (Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    func require(unchanged path: String) throws {
        guard try FileStamp(path) == self else {
            throw YinheError(
                .badInput, "the file changed while the protocol ran", at: path, remedy: "run again with a file that stays")
        }
    }
}
