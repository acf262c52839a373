import ArgumentParser
import Evaluation
import Foundation
import HTMLReport
import SandboxCore

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Runs the technical evaluation on this machine: time, bytes, memory, accuracy and security floor of every building block.",
        discussion: """
            quick takes about three minutes on two cores; standard and full measure more and larger sizes and take many times as \
            long. Every result is compared with a plain computation before its time is kept; the making of correlated randomness counts. Networks other than loopback are made \
            in the kernel (root, network namespaces, netem) or by a token bucket and a delay in the parties' processes; the document says \
            which.

            A fixed loop of arithmetic runs before and after each block. A block around which it varied, or during which other programs \
            were busy, is measured again and then left out; --force keeps and marks it.

            Writes evaluation.json, evaluation.csv (Benchmarks/evaluation-schema.md) and report.html. Exit status: 0 everything was measured; \
            2 a result differs from the plain computation, nothing is written; 3 the machine was too noisy for some blocks, the others are \
            written; 130 stopped, nothing is written.

            按 T/PCAC 0009-2021 的思路在本机完成技术测评：双核机器上 quick 约 3 分钟；standard 与 full 测量更多、更大的规模，耗时为其数倍至数十倍。
            """)

    @Option(help: "quick, standard or full.") var profile = EvaluationProfile.quick
    @Option(help: "Folder of the results; made when it does not exist.") var out = "evaluation"
    @Option(
        help: "Areas, separated by commas: \(EvaluationTask.Area.allCases.map(\.rawValue).joined(separator: ", ")).",
        transform: Self.areas)
    var areas = EvaluationTask.Area.allCases
    @Option(help: "profile, or small: one small size of each operation on loopback, to see that everything works.") var sizes = Sizes.profile
    @Option(help: "How networks are made: auto, netem or shaped.") var network = NetworkMethod.auto
    @Option(help: "Language of progress and report: en or zh; default that of the environment.") var lang: Language?
    @Option(
        name: .customLong("peers"), parsing: .singleValue,
        help: "What a script of Benchmarks/Peers printed with --json, to stand beside the figures; may be given again.")
    var peers: [String] = []
    @Option(help: "Output of `make constant-time`, for the security chapter.") var constantTime: String?
    @Option(help: "Folder of the known-answer vectors, for the security chapter.") var vectors = "Protocols/Vectors"
    @Option(help: "How often a block is measured again on a noisy machine.") var retries = 2
    @Flag(help: "Report blocks of a noisy machine too, marked as such.") var force = false
    @Flag(help: "Print no progress.") var quiet = false

    enum Sizes: String, ExpressibleByArgument, CaseIterable { case profile, small }

    private static func areas(_ text: String) throws -> [EvaluationTask.Area] {
        let chosen = try text.split(separator: ",").map { name in
            guard let area = EvaluationTask.Area(rawValue: String(name)) else {
                throw ValidationError(
                    "--areas \(name): one of \(EvaluationTask.Area.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return area
        }
        guard !chosen.isEmpty else { throw ValidationError("--areas is empty") }
        return chosen
    }

    func validate() throws {
        guard (0...10).contains(retries) else { throw ValidationError("--retries must be 0 to 10") }
        guard !out.isEmpty else { throw ValidationError("--out is empty") }
    }

    func run() async throws {
        let started = Surroundings.utc(), language = lang ?? .fromEnvironment(), phrases = EvaluationPhrases(language)
        let progress = EvaluationProgress(phrases, isQuiet: quiet)
        let plan = EvaluationPlan(profile: profile, isSmall: sizes == .small)
        let tasks = plan.tasks(areas)
        let used = Set(tasks.flatMap(\.points).map(\.network))
        let interruption = EvaluationInterruption()
        // Before the hours of measuring: whether these can be read, and whether the known answers hold.
        let others = try peers.flatMap { try EvaluationDocument.PeerResult.read($0) }
        let hasVectors = FileManager.default.fileExists(atPath: vectors)
        let evidence = try EvaluationDocument.SecurityEvidence.collect(
            constantTime: constantTime, vectors: hasVectors ? vectors : nil)
        let folder = out, isNew = try EvaluationOutput.prepare(folder)
        // An empty folder of ours does not stay behind.
        if isNew { interruption.cleanUp { rmdir(folder) } }
        let scratch = FileManager.default.temporaryDirectory.appending(path: "yinhe-evaluate-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        interruption.cleanUp { try? FileManager.default.removeItem(atPath: scratch) }
        defer { interruption.finish() }

        let networks = try EvaluationNetworks(used.count > 1 ? network : .shaped)
        if used.count > 1, let obstacle = networks.obstacle { progress.write(phrases.network(obstacle)) }
        let load = MachineState.averageLoad, before = MachineState.now()
        try await Task.sleep(for: .milliseconds(500))
        let first = MachineState.now()
        let runner = EvaluationRunner(
            plan: plan, networks: networks, interruption: interruption, environment: ["TMPDIR": scratch, BenchKeys.key: scratch], force: force,
            retries: retries, progress: progress)
        let outcome = try await runner.run(tasks)
        if outcome.refusedBlocks > 0 { progress.write(phrases.refusedBlocks(outcome.refusedBlocks)) }
        guard let calibration = Spread(outcome.calibrations), let other = Spread(outcome.otherCores) else { throw Self.tooNoisy }

        var document = EvaluationDocument(
            toolVersion: yinheVersion, gitRevision: Surroundings.gitRevision(),
            profile: sizes == .small ? "small" : profile.rawValue, started: started, ended: Surroundings.utc(),
            environment: .init(
                cpu: Machine.current.cpu, features: Machine.current.features, cores: Machine.current.cores,
                memoryBytes: Machine.current.memory_bytes, operatingSystem: Machine.current.system, kernel: Surroundings.kernel,
                swiftVersion: Surroundings.swiftVersion, cCompiler: Surroundings.cCompiler,
                load: .init(
                    averageBefore: load, otherCoresBefore: first.otherCores(since: before), otherCoresMedian: other.median,
                    otherCoresLargest: other.max, stolen: MachineState.now().stolen(since: before)),
                noise: .init(
                    calibration: calibration, largestDrift: outcome.largestDrift, spreadLimit: Steadiness.spreadLimit,
                    driftLimit: Steadiness.driftLimit)),
            networkProfiles: networks.profiles(used), measurements: outcome.measurements, notes: outcome.notes,
            peers: others.isEmpty ? nil : others, security: evidence)
        if used.count > 1, let obstacle = networks.obstacle {
            document.notes.append(
                .init(.note, about: "networks", "links are shaped inside the parties' processes, above TCP: \(obstacle)"))
        }
        document.recordMeasuredNetworks()
        try document.validate(at: "this evaluation")
        let paths = try EvaluationOutput.write(document, to: folder, language: language)
        progress.write(phrases.written(paths))
        if outcome.refusedBlocks > 0 { throw Self.tooNoisy }
    }

    private static let tooNoisy = ExitCode(3)
}

extension Language: ExpressibleByArgument {}

extension EvaluationDocument {
    /// The rate and the round trip that the transport area found, beside those that were asked for.
    mutating func recordMeasuredNetworks() {
        for i in networkProfiles.indices {
            let plain = measurements.filter { $0.area == .transport && $0.protocolName == "tcp" && $0.network == networkProfiles[i].name }
            if let m = plain.filter({ $0.operation == "throughput" }).max(by: { $0.size < $1.size }) {
                networkProfiles[i].measuredBitsPerSecond = 8 * Double(m.size) / m.seconds.median
            }
            if let m = plain.filter({ $0.operation == "roundtrip" }).max(by: { $0.size < $1.size }) {
                networkProfiles[i].measuredRoundTripMilliseconds = 1000 * m.seconds.median / Double(m.size)
            }
        }
    }
}
