import ArgumentParser
import Foundation
import SandboxCore
import SecretSharing
import Tables
import Transport

struct SumCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "sum",
            abstract: Help.text("Secure sum among three or more parties: only the totals are learned.", "三方及以上的安全求和：只得知合计。"),
            discussion: Help.discussion(
                """
                Every party gives a CSV file and a numeric column, if wanted split by declared categories. All parties learn the
                totals over all of them and nothing else; all but one of the others together still learn no more than the sum of
                the rest. Totals are exact, and no noise protects them, unless --noise-method says how the parties add noise
                together: what it protects against whom, one party's own knowledge of its noise included, is computed and shown. A
                party that drops out ends the run. List the parties in the same order everywhere, this one too:
                each listens at its own address for those after it and connects to those before it. Every connection is mutual
                TLS 1.3, pinned to the fingerprints given here.
                """,
                """
                各方给出 CSV 文件和数值列，可按声明的分类拆分。所有参与方只得知全体合计；除两方以外的其余各方即使合谋，
                也只能得到这两方之和。合计默认是精确的，没有噪声保护；用 --noise-method 可由各方联合加噪，并计算和列出对外部观察者、
                对每一方（已知自己的噪声）及合谋各方的保护强度。任何一方中途退出，运行即告终止。各处须以相同顺序列出全部参与方（包括己方）：
                每一方在自己的地址等待排在其后的各方，并连接排在其前的各方。所有连接均为双向 TLS 1.3，按指纹认证。
                """,
                examples: [
                    (
                        "yinhe sum --in loans.csv --column amount --scale 2 --party east,sha256:…,east.example:7443 "
                            + "--party west,sha256:…,west.example:7443 --party north,sha256:…", "on each bank", "每家银行各运行一次"
                    ),
                    (
                        "yinhe sum --in loans.csv --column amount --noise-method divisible --epsilon 1 --clamp 0,500 --party …",
                        "totals with noise", "带噪声的合计"
                    ),
                    ("yinhe demo --scenario secure-sum", "three banks on this machine", "本机三家银行演示"),
                ], exits: Help.peerCodes + [.range]))
    }

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("in"), help: .say("This party's CSV file.", "己方 CSV 文件。", valueName: "file"), completion: .file())
    var input: String
    @Option(
        help: .say(
            "The numeric column to add up; its name may differ between the parties.", "要求和的数值列；各方列名可以不同。", valueName: "column"))
    var column: String
    @Option(help: .say("Decimals of the column; the same everywhere.", "小数位数，各方须一致。", valueName: "digits"))
    var scale = 0
    @Option(help: .say("Category column; needs --categories.", "分类列，需要同时给出 --categories。", valueName: "column"))
    var by: String?
    @Option(help: .say("The categories, comma-separated; the same everywhere.", "以逗号分隔的分类，各方须一致。", valueName: "a,b,…"))
    var categories: String?
    @Option(
        name: .customLong("party"),
        help: .say(
            "Every party in the common order; an address where others connect to it.", "按共同顺序列出每一方；需要被他方连接者给出地址。",
            valueName: "name,sha256:…[,host:port]"))
    var parties: [String]
    @Option(help: .say("Listen here instead of at this party's own address.", "改在此地址监听。", valueName: "host:port"))
    var listen: String?
    @Option(help: .say("Seconds to wait for all parties to appear.", "等待所有参与方出现的秒数。", valueName: "s"))
    var wait: Double = 30
    @OptionGroup var noise: SumNoiseOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    struct Document: Codable {
        struct Total: Codable {
            var category: String
            /// Decimal text.
            var total: String
        }
        var party: String
        var parties: [String]
        var totals: [Total]
        /// What the noise in the totals protects against whom; nil where they are exact.
        var noise: SumNoise.Document?
        var input: InputReport
        var traffic: Traffic
    }

    /// What every element of every party lies in, in units of the last decimal; a total of eight parties fits 128 bits easily.
    static let bound: Int64 = 1_000_000_000_000_000_000

    func validate() throws {
        guard (by == nil) == (categories == nil) else {
            throw ValidationError(Help.text("Give --by and --categories together.", "--by 与 --categories 须同时给出。"))
        }
        guard (0...12).contains(scale) else {
            throw ValidationError(Help.text("--scale must be 0 to 12.", "--scale 须在 0 到 12 之间。"))
        }
        guard wait > 0, wait <= 86_400 else {
            throw ValidationError(Help.text("--wait must be between 0 and 86400 seconds.", "--wait 须在 0 到 86400 秒之间。"))
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let identity = try home.folder.identity(passphrase: passphrase.read())
        let roster = try SumRoster(parties, me: identity.fingerprint)
        let labels = categories.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } } ?? []
        let monitor = console.board.monitor()
        let noise = try noise.noise(parties: roster.entries.count, scale: scale)
        let (totals, report) = try await loadVector(labels, clamp: noise?.bounds, monitor)
        let bound = Self.bound + (noise == nil ? 0 : SumNoise.bound)
        let terms = "yinhe sum/1 scale \(scale) categories \(labels.joined(separator: "\u{1f}"))"
            + (noise.map { " noise " + $0.agreement } ?? "")
        let agreement = try SecureSum.Agreement(
            names: roster.entries.map(\.name), count: totals.count, bounds: DeclaredBounds(-bound...bound),
            binding: DomainHash.plainSHA256(Array(terms.utf8)))
        let vector = try noise?.added(to: totals) ?? totals
        let party = try SecureSum.Party(roster.me, agreement: agreement, vector: vector)

        let channels = try await roster.connect(identity: identity, listen: listen, wait: wait, console)
        let output: SecureSum.Output
        do {
            output = try await party.run(over: channels, progress: monitor)
        } catch {
            for channel in channels.values { channel.cancel(YinheError(.cancelled, "the protocol has ended")) }
            throw error
        }
        for channel in channels.values { await channel.close() }
        console.board.finish()
        try show(output, labels, roster, report, noise, console)
        return .success
    }

    /// One total per category (or one), in units of the last decimal.
    private func loadVector(
        _ labels: [String], clamp: ClosedRange<Int64>?, _ monitor: @escaping ProgressMonitor
    ) async throws -> ([Int64], InputReport) {
        var columns = [ColumnDeclaration(name: column, type: scale == 0 ? .integer : .decimal(scale: scale))]
        if let by { columns.append(ColumnDeclaration(name: by, type: .category(labels))) }
        // There are no subjects here; the summed column itself stands in for the key, so empty cells are left out and counted.
        let schema = try TableSchema(keyColumn: column, normalizer: .text, rowsPerSubject: .max, columns: columns)
        let (path, threads) = (input, threads.threads)
        let table = try await interruptible {
            try KeyedTable.load(path: path, schema: schema, threads: threads, progress: monitor)
        }
        var totals = [Int64](repeating: 0, count: max(1, labels.count))
        let values = table.integers(column)
        let groups = by.map { table.integers($0) }
        for i in values.indices {
            let group = groups.map { Int($0[i]) } ?? 0
            let (sum, overflow) = totals[group].addingReportingOverflow(
                clamp.map { min(max(values[i], $0.lowerBound), $0.upperBound) } ?? values[i])
            guard !overflow, sum.magnitude <= Self.bound.magnitude else {
                throw YinheError(
                    .range, "the column's total leaves ±10^18 units of the last decimal", at: "\(path), column \(column)",
                    remedy: "lower --scale on all sides")
            }
            totals[group] = sum
        }
        return (totals, table.report)
    }

    private func show(
        _ output: SecureSum.Output, _ labels: [String], _ roster: SumRoster, _ report: InputReport, _ noise: SumNoise?,
        _ console: Console
    ) throws {
        let totals = (output.totals ?? []).map { Self.decimal($0, scale: scale) }
        let names = labels.isEmpty ? [""] : labels
        let protection = try noise?.document(scale: scale)
        try console.emit(
            Document(
                party: roster.entries[roster.me].name, parties: roster.entries.map(\.name),
                totals: zip(names, totals).map { .init(category: $0, total: $1) }, noise: protection, input: report, traffic: output.traffic))
        try console.heading(Phrase(en: "Totals of \(roster.entries.count) parties", zh: "\(roster.entries.count) 方合计"))
        var table = TextTable([(console.text(.group), .left), (console.text(Phrase(en: "Total", zh: "合计")), .right)])
        for (name, total) in zip(names, totals) { table.add([name.isEmpty ? console.text(.all) : name, Numbers.group(total)]) }
        try console.out(table)
        if let protection { try SumNoise.show(protection, parties: roster.entries.count, console) }
        let bytes = output.traffic.bytesSent + output.traffic.bytesReceived
        try console.fact(.traffic, "\(Numbers.bytes(bytes)), \(console.text(.rounds(output.traffic.rounds)))")
    }

    static func decimal(_ units: Int128, scale: Int) -> String {
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        let fraction = scale > 0 ? "." + padded.suffix(scale) : ""
        return (units < 0 ? "-" : "") + padded.dropLast(scale) + fraction
    }
}

/// All parties of a secure sum in their common order, and how they connect.
struct SumRoster: Sendable {
    struct Entry: Sendable {
        var name: String
        var fingerprint: Fingerprint
        var endpoint: Endpoint?
    }
    let entries: [Entry]
    let me: Int

    init(_ texts: [String], me fingerprint: Fingerprint) throws {
        entries = try texts.map { text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2 || parts.count == 3, !parts[0].isEmpty else {
                throw YinheError(.usage, "\"\(text)\" is not NAME,FINGERPRINT or NAME,FINGERPRINT,HOST:PORT", at: "--party")
            }
            return Entry(
                name: parts[0], fingerprint: try Fingerprint(parsing: parts[1]),
                endpoint: parts.count == 3 ? try Endpoint(parsing: parts[2]) : nil)
        }
        guard Set(entries.map(\.fingerprint)).count == entries.count else {
            throw YinheError(.usage, "two parties have the same fingerprint", at: "--party")
        }
        guard let me = entries.firstIndex(where: { $0.fingerprint == fingerprint }) else {
            throw YinheError(
                .usage, "none of the parties has this party's fingerprint \(fingerprint)", at: "--party",
                remedy: "list this party too, or use --home with its key")
        }
        self.me = me
        for entry in entries[..<me] where entry.endpoint == nil {
            throw YinheError(
                .usage, "\(entry.name) needs an address: it stands before this party, which connects to it", at: "--party")
        }
    }

    /// Connects to the parties before this one while it accepts those after it.
    func connect(identity: Identity, listen: String?, wait: Double, _ console: Console) async throws -> [Int: any Channel] {
        let timeouts = ChannelTimeouts(wait: .seconds(wait))
        let later = Array(entries.indices.dropFirst(me + 1))
        var listener: SocketListener?
        if !later.isEmpty {
            guard let endpoint = try listen.map({ try Endpoint(parsing: $0) }) ?? entries[me].endpoint else {
                throw YinheError(
                    .usage, "this party needs an address: those after it connect to it", at: "--party",
                    remedy: "add it, or give --listen")
            }
            let security = ChannelSecurity.mutualTLS(identity: identity, peers: later.map { entries[$0].fingerprint })
            listener = try PeerConnection.listening(endpoint, security, timeouts, console)
        }
        defer { listener?.close() }
        return try await withThrowingTaskGroup(of: (Int, SocketChannel).self) { group in
            for i in 0..<me {
                let entry = entries[i]
                group.addTask {
                    console.note(.connecting("\(entry.name) (\(entry.endpoint!))"))
                    let security = ChannelSecurity.mutualTLS(identity: identity, peers: [entry.fingerprint])
                    return (i, try await SocketChannel.connect(to: entry.endpoint!, security: security, timeouts: timeouts))
                }
            }
            for _ in later {
                group.addTask { [listener] in
                    let channel = try await listener!.accept()
                    return (entries.firstIndex { $0.fingerprint == channel.peerFingerprint }!, channel)
                }
            }
            var channels: [Int: any Channel] = [:]
            do {
                for try await (i, channel) in group {
                    guard channels.updateValue(channel, forKey: i) == nil else {
                        throw YinheError(.peerMismatch, "\(entries[i].name) connected twice", remedy: "start every party once")
                    }
                    console.note(.connected(entries[i].name))
                }
            } catch {
                group.cancelAll()
                for channel in channels.values { channel.cancel(YinheError(.cancelled, "another party is missing")) }
                throw named(error, present: Set(channels.keys))
            }
            return channels
        }
    }

    private func named(_ error: any Error, present: Set<Int>) -> any Error {
        guard var known = error as? YinheError, known.code == .peerUnreachable else { return error }
        let missing = entries.indices.filter { $0 != me && !present.contains($0) }.map { entries[$0].name }
        known.message += "; missing: \(missing.joined(separator: ", "))"
        return known
    }
}
