import ArgumentParser
import Fusion
import SandboxCore
import SecretSharing
import Synchronization
import Transport

struct DealerCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "dealer",
            abstract: Help.text(
                "Deal correlated randomness to parties that compute on shares.", "可信第三方：为秘密分享计算的各方派发关联随机数。"),
            discussion: Help.discussion(
                """
                A third machine that two to eight parties trust supplies the random triples that computing on secret shares uses
                up, so that the parties need not make them with each other. It never receives an input, a share or a result; it
                learns who computes with whom, when, and which kinds and numbers of correlations they ask for. It is trusted to
                deal honestly and not to collude: with one party's messages its seeds reveal what the others hide. Every
                connection is mutual TLS 1.3, pinned to the fingerprints given here. Without --jobs it runs until Ctrl-C.
                """,
                """
                由二至八方共同信任的第三台机器派发秘密分享计算所消耗的随机三元组，各方无需彼此生成。派发方不接触任何输入、份额或结果，
                只得知谁与谁在何时计算、请求哪些种类和数量的关联随机数。各方须信任其如实派发且不与任何一方合谋：
                其种子加上某一方收到的消息，即可揭示其他方的秘密。所有连接均为双向 TLS 1.3，按此处给出的指纹认证。
                不给 --jobs 时一直运行到 Ctrl-C。
                """,
                examples: [
                    ("yinhe dealer --listen 0.0.0.0:7450 --peer sha256:… --peer sha256:…", "for two parties", "为两方派发"),
                    ("yinhe dealer --listen 0.0.0.0:7450 --contract pilot.yaml --jobs 1", "for one run of a contract", "为合同的一次运行派发"),
                ], exits: Help.peerCodes + [.contract, .range]))
    }

    @OptionGroup var common: CommonOptions
    @Option(help: .say("Wait for the parties at this address; port 0 picks a free one.", "在此地址等待各方；端口 0 表示自动选择。", valueName: "host:port"))
    var listen: String
    @Option(
        name: .customLong("peer"),
        help: .say("Fingerprint of one party's key; give one for each party, 2 to 8.", "一方的密钥指纹；每方给出一次，共 2 至 8 次。", valueName: "sha256:…"))
    var peers: [String] = []
    @Option(
        help: .say("Take the parties' fingerprints from this contract instead.", "改从此合同读取各方指纹。", valueName: "file"),
        completion: .file())
    var contract: String?
    @Option(help: .say("Stop after so many jobs, failed ones included.", "完成这么多任务（含失败的）后退出。", valueName: "n"))
    var jobs: Int?
    @Option(
        help: .say("Seconds that a party waits for the other parties of its job.", "一方等待同一任务其他各方的秒数。", valueName: "s"))
    var wait: Double = 120
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    struct Document: Codable {
        var served: [DealerService.Report]
        var failed: Int
        /// Stable names; Protocols/dealer.md, "Security model and leakage".
        var learned = ["parties", "times", "correlation-kinds-and-counts"]
    }

    func validate() throws {
        guard peers.isEmpty != (contract == nil) else {
            throw ValidationError(
                Help.text("Give --peer for every party, or --contract.", "请为每一方给出 --peer，或给出 --contract，二者取一。"))
        }
        guard contract != nil || (2...8).contains(peers.count), Set(peers).count == peers.count else {
            throw ValidationError(Help.text("Give --peer 2 to 8 times, each party once.", "--peer 须给出 2 至 8 次，每方一次。"))
        }
        guard jobs.map({ $0 >= 1 }) ?? true else {
            throw ValidationError(Help.text("--jobs must be at least 1.", "--jobs 至少为 1。"))
        }
        guard wait > 0, wait <= 86_400 else {
            throw ValidationError(Help.text("--wait must be between 0 and 86400 seconds.", "--wait 须在 0 到 86400 秒之间。"))
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let identity = try home.folder.identity(passphrase: passphrase.read())
        let texts = try contract.map { try SignedContract.load(path: $0).contract.parties.map(\.fingerprint) } ?? peers
        let fingerprints = try texts.map { try Fingerprint(parsing: $0) }
        var limits = DealerService.Limits()
        limits.gathering = .seconds(wait)
        let board = DealerBoard(console)
        let service = DealerService(limits: limits) { board.show($0) }
        let listener = try PeerConnection.listening(
            Endpoint(parsing: listen), .mutualTLS(identity: identity, peers: fingerprints),
            ChannelTimeouts(wait: .seconds(3600)), console)
        defer { listener.close() }
        console.note(.dealerLearns)

        let ended: (any Error)?
        do {
            try await serve(service, listener, until: jobs, board)
            ended = nil
        } catch {
            ended = error
        }
        console.board.finish()
        let (reports, failures) = board.results
        try console.emit(Document(served: reports, failed: failures.count))
        try show(reports, console)
        if let error = ended ?? failures.first { throw error }
        return .success
    }

    /// Accepts parties until `limit` jobs are over; a failed job ends nothing but itself.
    private func serve(
        _ service: DealerService, _ listener: SocketListener, until limit: Int?, _ board: DealerBoard
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { parties in
                    while !Task.isCancelled {
                        // Nobody came for an hour, or strangers did: a dealer waits on.
                        guard let channel = try? await listener.accept() else { continue }
                        parties.addTask { _ = try? await service.serve(channel) }
                    }
                }
            }
            group.addTask { await board.waitForJobs(limit) }
            defer { group.cancelAll() }
            try await group.next()
            try Task.checkCancellation()
        }
    }

    private func show(_ reports: [DealerService.Report], _ console: Console) throws {
        for report in reports {
            try console.heading(.dealerJob(report.job, report.parties))
            var table = TextTable([(console.text(.dealerKind), .left), (console.text(.dealerItems), .right)])
            for dealt in report.dealt { table.add([dealt.kind, Numbers.grouped(dealt.items)]) }
            try console.out(table)
            try console.fact(.traffic, Numbers.bytes(report.bytesSent + report.bytesReceived))
            try console.fact(.psiTime, Numbers.seconds(report.seconds))
        }
    }
}

/// Says what the dealer does, and counts its jobs.
final class DealerBoard: Sendable {
    private struct State {
        var reports: [DealerService.Report] = []
        var failures: [YinheError] = []
        var monitors: [String: ProgressMonitor] = [:]
        /// Jobs with a request of several units under way; shorter ones are not worth a line.
        var long: Set<String> = []
        var waiting: (limit: Int, continuation: CheckedContinuation<Void, Never>)?

        var isEnough: Bool { waiting.map { reports.count + failures.count >= $0.limit } ?? false }
    }
    private let console: Console
    private let state = Mutex(State())

    init(_ console: Console) { self.console = console }

    var results: (reports: [DealerService.Report], failures: [YinheError]) { state.withLock { ($0.reports, $0.failures) } }

    func show(_ event: DealerService.Event) {
        switch event {
        case .joined(let job, let party, let name, let peer): console.note(.dealerJoined(job, party, name, peer))
        case .started(let job, _):
            let monitor = console.board.monitor(String(job.prefix(8)))
            state.withLock { $0.monitors[job] = monitor }
        case .dealt(let job, _, let completed, let count):
            let monitor = state.withLock { state -> ProgressMonitor? in
                if completed < count { state.long.insert(job) } else if state.long.remove(job) == nil { return nil }
                return state.monitors[job]
            }
            monitor?(ProgressEvent(phase: "correlations", completed: completed, total: count))
        case .ended(let report):
            console.note(.dealerEnded(report.job))
            end { $0.reports.append(report) }
        case .failed(let job, let error):
            console.warn(.dealerFailed(job, error))
            end { $0.failures.append(error) }
        }
    }

    private func end(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { if state.isEnough { state.waiting = nil } }
            return state.isEnough ? state.waiting?.continuation : nil
        }
        waiting?.resume()
    }

    /// Returns when `limit` jobs are over, or when the task is cancelled.
    func waitForJobs(_ limit: Int?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    state.waiting = (limit ?? .max, continuation)
                    guard state.isEnough || Task.isCancelled else { return false }
                    state.waiting = nil
                    return true
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                defer { state.waiting = nil }
                return state.waiting?.continuation
            }
            waiting?.resume()
        }
    }
}
