import ArgumentParser
import Foundation
import Fusion
import SandboxCore

struct ContractCommand: ParsableCommand {
    static let exits: [YinheError.Code] = [.usage, .contract, .badInput, .system, .range]

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "contract",
            abstract: Help.text("Write, check, sign and show data-use contracts.", "撰写、检查、签署和查看数据使用合同。"),
            discussion: Help.discussion(
                """
                A contract says who joins what with whom, which noised aggregates may leave, and at what privacy cost. Both
                parties sign its exact bytes; the signatures lie beside it as FILE.PARTY.sig.
                """,
                "合同规定谁与谁关联哪些数据、哪些加噪统计结果可以离开、隐私成本是多少。双方对其确切字节签名，签名文件为同目录下的 FILE.参与方.sig。",
                examples: [
                    ("yinhe contract new --out pilot.yaml", "", ""), ("yinhe contract check pilot.yaml", "", ""),
                    ("yinhe contract sign pilot.yaml", "", ""), ("yinhe contract show pilot.yaml --lang zh", "", ""),
                ], exits: exits),
            subcommands: [New.self, Check.self, Sign.self, Show.self])
    }

    struct New: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "new", abstract: Help.text("Write a commented template.", "写出带注释的合同模板。"),
                discussion: Help.discussion(
                    "The template is a complete contract but for the two fingerprints. Edit it, then check it.",
                    "除双方指纹外，模板即为一份完整合同。修改后请用 check 检查。",
                    examples: [
                        ("yinhe contract new --out pilot.yaml", "", ""),
                        (
                            "yinhe contract new --fingerprint sha256:… --fingerprint sha256:… --out pilot.yaml",
                            "both keys filled in", "填好双方指纹"
                        ),
                        ("yinhe contract new --mode hidden --out pilot.yaml", "matches stay hidden", "匹配情况保持隐藏"),
                    ], exits: [.usage, .badInput, .system]))
        }
        @OptionGroup var common: CommonOptions
        @Option(help: .say("The file to write; default standard output.", "输出文件；默认标准输出。", valueName: "file"))
        var out: String?
        @Option(help: .say("Keys of the two parties, the data centre's first.", "双方密钥指纹，先数据中心后银行。", valueName: "sha256:…"))
        var fingerprint: [String] = []
        @Option(
            help: .say(
                "How the tables are joined: intersection-sum, aligned or hidden.", "关联方式：intersection-sum、aligned 或 hidden。",
                valueName: "mode"))
        var mode: Contract.JoinMode = .intersectionSum
        @Flag(help: .say("Replace an existing file.", "覆盖已有文件。"))
        var force = false

        func validate() throws {
            guard fingerprint.isEmpty || fingerprint.count == 2 else {
                throw ValidationError(Help.text("Give --fingerprint twice, or not at all.", "--fingerprint 须给出两次，或完全不给。"))
            }
        }

        func execute(_ console: Console) async throws -> Outcome {
            var parties = ContractTemplate.placeholderParties
            for (i, text) in fingerprint.enumerated() { parties[i].fingerprint = try Fingerprint(parsing: text).description }
            // A year and a bit: long enough for a pilot, short enough to be reviewed.
            let year = Calendar(identifier: .gregorian).component(.year, from: Date()) + 1
            let text = ContractTemplate.text(
                parties: parties, districts: ContractTemplate.districts, expires: "\(year)-12-31T23:59:59Z", mode: mode,
                language: common.language)
            try console.deliver(template: text, to: out, force: force, json: common.json) { out in
                Phrase(
                    en: "Next: edit it, `yinhe contract check \(out)`, then both parties `yinhe contract sign \(out)`.",
                    zh: "下一步：修改内容，运行 `yinhe contract check \(out)`，然后双方各自运行 `yinhe contract sign \(out)`。")
            }
            return .success
        }
    }

    struct Sign: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "sign",
                abstract: Help.text("Sign the exact bytes of a contract with this party's key.", "用本方密钥对合同的确切字节签名。"),
                discussion: Help.discussion(
                    "Refuses a contract that does not check, or that does not name this party's key. Read `contract show` "
                        + "before signing.",
                    "检查不通过或未写入本方指纹的合同拒绝签署。签署前请先阅读 `contract show`。",
                    examples: [("yinhe contract sign pilot.yaml", "", "")], exits: ContractCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @Argument(help: .say("The contract.", "合同文件。"), completion: .file())
        var file: String
        @OptionGroup var home: HomeOption
        @OptionGroup var passphrase: PassphraseOption

        struct Document: Codable {
            var contract: String
            var party: String
            var fingerprint: String
            var signatureFile: String
        }

        func execute(_ console: Console) async throws -> Outcome {
            let identity = try home.folder.identity(passphrase: passphrase.read())
            _ = try FusionPlan(Contract.load(path: file).contract)
            let signature = try SignedContract.sign(path: file, identity: identity)
            let written = ContractSignature.path(contract: file, party: signature.party)
            try console.emit(
                Document(
                    contract: signature.contract, party: signature.party, fingerprint: signature.fingerprint,
                    signatureFile: written))
            try console.fact(.contractHash, signature.contract)
            try console.fact(Phrase(en: "Signed by", zh: "签署方"), "\(signature.party)  \(signature.fingerprint)")
            try console.fact(Phrase(en: "Signature", zh: "签名文件"), written)
            return .success
        }
    }

    struct Check: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "check",
                abstract: Help.text(
                    "Check a contract: form, plan, accepted leakage, cost, signatures, expiry.", "检查合同：格式、计划、已接受的泄露、成本、签名、期限。"),
                discussion: Help.discussion(
                    "Errors of form name the line and the column. A contract that is sound but not ready to run (a signature "
                        + "is missing, or it has "
                        + "expired) is exit code 2.",
                    "格式错误会指出行和列。合同本身无误但尚不能运行（缺少签名或已过期）时退出码为 2。",
                    examples: [
                        ("yinhe contract check pilot.yaml", "", ""),
                        ("yinhe contract check pilot.yaml --subjects 1000000", "what a run of this size costs", "估算此规模运行的成本"),
                    ], checks: true, exits: ContractCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @Argument(help: .say("The contract.", "合同文件。"), completion: .file())
        var file: String
        @Option(
            help: .say("Estimate a run with so many subjects on each side.", "按双方各有这么多主体估算一次运行。", valueName: "n"))
        var subjects = 20_000

        func validate() throws {
            guard (1...1 << 31).contains(subjects) else {
                throw ValidationError(Help.text("--subjects must be 1 to 2^31.", "--subjects 须在 1 到 2^31 之间。"))
            }
        }

        func execute(_ console: Console) async throws -> Outcome {
            let view = try ContractView(path: file, subjects: subjects)
            try console.emit(view.document)
            try view.showHead(console)
            try view.showPlan(console, subjects: subjects)
            try view.showReadiness(console)
            return view.document.ready ? .success : .problemsFound
        }
    }

    struct Show: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show",
                abstract: Help.text(
                    "A contract in words: what leaves, what each party learns, how noisy it will be.", "用文字说明合同：输出什么、各方获知什么、噪声多大。"
                ),
                discussion: Help.discussion(
                    "Read this before you sign.", "签署之前请先阅读。",
                    examples: [("yinhe contract show pilot.yaml", "", "")], exits: ContractCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @Argument(help: .say("The contract.", "合同文件。"), completion: .file())
        var file: String

        func execute(_ console: Console) async throws -> Outcome {
            let view = try ContractView(path: file)
            try console.emit(view.document)
            try view.showHead(console)
            try view.showTerms(console)
            try view.showReadiness(console)
            return .success
        }
    }
}

extension Contract.JoinMode: ExpressibleByArgument {}
