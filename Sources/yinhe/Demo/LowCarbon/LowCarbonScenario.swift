import Foundation
import Fusion
import SandboxCore
import SecureAggregation
import Tables

/// Ten industrial parks learn the energy intensity of every industry from encrypted files; an unlawful submission is caught and named.
/// Every step is a process of its own that has only its party's files.
struct LowCarbonScenario: DemoScenario {
    static let folder = "low-carbon"

    let about = DemoAbout(
        name: folder, domain: Phrase(en: "low carbon", zh: "低碳"),
        parties: [
            Phrase(en: "ten industrial parks", zh: "十个工业园区"), Phrase(en: "dual-carbon data centre", zh: "双碳数据中心"),
            Phrase(en: "environment bureau", zh: "生态环境局"),
        ],
        shows: Phrase(
            en: "electricity per 10,000 yuan of output by industry; Paillier sums of ten contributors, range proofs catch a poisoned submission",
            zh: "按行业统计万元产值电耗；十方 Paillier 密文求和，范围证明识破并指出投毒的提交"),
        usualSeconds: 14, guide: folder)

    func run(_ stage: DemoStage) async throws { try await LowCarbonDemo(stage: stage).run() }
}

struct LowCarbonDemo {
    let stage: DemoStage
    private var folder: DemoFolder { stage.folder }
    private var console: Console { stage.console }
    static let poisoner = "park-07"
    /// Of the electricity's last decimal: 10 million MWh. The sum stays within the room that ten contributors' bounds leave.
    static let poison = 100_000_000

    struct Results: Encodable {
        var scenario = LowCarbonScenario.folder
        var folder: String
        var report: String
        var seconds: Double
        /// The opened table, line by line, and what it must be.
        var result: [String]
        var truth: [String]
        var intensities: [Intensity]
        var trueIntensities: [Intensity]
        var wrongUnit: String
        var poisoned: String
        var checks: [AggregateVerify.Document.Check]
        var submissionBytes: Int
        var correct: Bool
    }

    struct Intensity: Encodable {
        var industry: String
        /// MWh, 10,000 yuan.
        var electricity: Double
        var output: Double
        var enterprises: Int
        /// kWh for output worth 10,000 yuan.
        var intensity: Double { electricity * 1000 / output }
    }

    func run() async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let parks = try SyntheticParks(seed: stage.size.seed), names = (0..<parks.parks).map(parks.name)
        let truth = try await interruptible { [folder] in try parks.write(to: folder.path) }
        console.note(
            Phrase(
                en: "Tables: \(Numbers.grouped(parks.enterprises)) enterprises in \(parks.parks) parks (seed \(parks.seed)); each park adds up its own",
                zh: "数据：\(parks.parks) 个园区共 \(Numbers.grouped(parks.enterprises)) 家企业（种子 \(parks.seed)），各园区先按行业汇总本园企业"))
        for name in names + ["centre", "bureau"] {
            let home = PartyHome(path: folder.file(name))
            try home.create()
            try Identity.generate().write(to: home.identityPath)
        }
        let key = try await step("bureau", ["aggregate", "keygen", "--out", folder.file("key"), "--threads", "\(stage.threads)"])
        try fillContract(names, key: JSONDecoder().decode(AggregateKeygen.Document.self, from: key).fingerprint)
        console.note(.demoContract(folder.file("contract.yaml")))

        let wrongUnit = try await showWrongUnit()
        for park in names { try await step(park, encrypt(park, table: "\(park).csv", to: "\(park).submission")) }
        let poisoned = try await showPoison()
        try await step(
            "centre", party("add", "centre") + ["--into", folder.file("collection")]
                + names.map { folder.file("\($0).submission") } + ["--close", "--out", folder.file("sum.aggregate")])
        try await step(
            "bureau", party("open", "bureau") + [
                "--private-key", folder.file("key.private.json"), "--aggregate", folder.file("sum.aggregate"), "--out",
                folder.file("result.csv"), "--opening", folder.file("sum.opening"),
            ])
        let verified = try await step(
            "reader", files("verify") + names.flatMap { ["--submission", folder.file("\($0).submission")] } + [
                "--aggregate", folder.file("sum.aggregate"), "--opening", folder.file("sum.opening"), "--result",
                folder.file("result.csv"),
            ])
        console.board.finish()
        let checks = try JSONDecoder().decode(AggregateVerify.Document.self, from: verified)
        let result = try String(contentsOfFile: folder.file("result.csv"), encoding: .utf8).split(separator: "\n").map(String.init)
        let expected = zip(SyntheticParks.industries, truth).map { "\($0),\($1.cells.joined(separator: ",")),\(names.count)" }
        let bytes = (try? FileManager.default.attributesOfItem(atPath: folder.file("\(names[0]).submission")))?[.size] as? Int
        var results = Results(
            folder: folder.path, report: folder.file("report.html"), seconds: 0, result: result, truth: expected,
            intensities: try Self.intensities(result.dropFirst()), trueIntensities: try Self.intensities(expected[...]), wrongUnit: wrongUnit, poisoned: poisoned, checks: checks.checks,
            submissionBytes: bytes ?? 0, correct: Array(result.dropFirst()) == expected && checks.ok && checks.checkedSum)
        results.seconds = ProcessInfo.processInfo.systemUptime - started
        try AtomicFile.write(Self.page(results).html(in: console.language), to: results.report)
        try console.emit(results)
        try Self.show(results, console)
        guard results.correct else {
            throw YinheError(YinheError.Code(name: "unexpected", exitCode: 1), "a total differs from the true one", at: folder.path)
        }
    }

    // MARK: Steps

    private func fillContract(_ parks: [String], key: String) throws {
        let template = try stage.examples.file(LowCarbonScenario.folder, "contract.yaml")
        var text = try String(contentsOfFile: template, encoding: .utf8)
        for name in parks + ["centre", "bureau"] {
            let fingerprint = try PartyHome(path: folder.file(name)).identity().fingerprint.description
            text = text.replacing("sha256:FINGERPRINT-OF-\(name.uppercased())", with: fingerprint)
        }
        try AtomicFile.write(text.replacing("FINGERPRINT-OF-THE-PAILLIER-KEY", with: key), to: folder.file("contract.yaml"))
    }

    /// An honest mistake: kWh where the contract says MWh. Returns why the park's own program refuses.
    private func showWrongUnit() async throws -> String {
        let lines = try String(contentsOfFile: folder.file("\(Self.poisoner).csv"), encoding: .utf8).split(separator: "\n")
        let wrong = lines.map { line -> String in
            var cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            if let value = DecimalText.parse(cells[1], scale: 1) { cells[1] = DecimalText.format(value * 1000, scale: 1) }
            return cells.joined(separator: ",") + "\n"
        }
        try AtomicFile.write(wrong.joined(), to: folder.file("wrong-unit.csv"))
        do {
            try await step(Self.poisoner, encrypt(Self.poisoner, table: "wrong-unit.csv", to: "wrong.submission"))
        } catch let error as YinheError where error.code == .badInput {
            return "\(error.place.split(separator: "/").last ?? ""): \(error.message)"
        }
        throw YinheError(
            YinheError.Code(name: "unexpected", exitCode: 1), "a value beyond its bounds was encrypted", at: folder.file("wrong-unit.csv"))
    }

    /// A dishonest one: the same park changes its program. Returns why the centre refuses.
    private func showPoison() async throws -> String {
        let poisoned = folder.file("poisoned.submission")
        try await step(
            Self.poisoner, [
                "aggregate", "poison", "--contract", folder.file("contract.yaml"), "--public-key", folder.file("key.public.json"), "--home",
                folder.file(Self.poisoner), "--in", folder.file("\(Self.poisoner).submission"), "--add", "\(Self.poison)", "--out", poisoned,
            ])
        let output = try await PartyProcess(
            "centre", party("add", "centre") + ["--into", folder.file("collection"), poisoned], monitor: console.board.monitor("centre")
        ).output(findingProblems: true)
        let document = try JSONDecoder().decode(AggregateAdd.Document.self, from: output)
        guard let refused = document.refused.first, document.accepted.isEmpty, refused.message.contains(Self.poisoner) else {
            throw YinheError(YinheError.Code(name: "unexpected", exitCode: 1), "a poisoned submission was not caught", at: poisoned)
        }
        return refused.message
    }

    private func files(_ command: String) -> [String] {
        [
            "aggregate", command, "--contract", folder.file("contract.yaml"), "--public-key", folder.file("key.public.json"), "--threads",
            "\(stage.threads)",
        ]
    }

    private func party(_ command: String, _ name: String) -> [String] { files(command) + ["--home", folder.file(name)] }

    private func encrypt(_ park: String, table: String, to out: String) -> [String] {
        party("encrypt", park) + ["--in", folder.file(table), "--out", folder.file(out)]
    }

    @discardableResult
    private func step(_ name: String, _ arguments: [String]) async throws -> Data {
        try await PartyProcess(name, arguments, monitor: console.board.monitor(name)).output()
    }

    private static func intensities(_ lines: ArraySlice<String>) throws -> [Intensity] {
        try lines.map { line in
            let cells = line.split(separator: ",").map(String.init)
            guard cells.count == 5, let electricity = Double(cells[1]), let output = Double(cells[2]), let count = Int(cells[3]) else {
                throw YinheError(.badInput, "not a line of the result: \(line)")
            }
            return Intensity(industry: cells[0], electricity: electricity, output: output, enterprises: count)
        }
    }
}
