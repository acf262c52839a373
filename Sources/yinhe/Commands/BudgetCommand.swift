import Arithmetic
import ArgumentParser
import Foundation
import Fusion
import SandboxCore

struct BudgetCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "budget",
            abstract: Help.text("Privacy budgets: what is spent, on what, and what may be.", "隐私预算：已用多少、用于何处、上限多少。"),
            discussion: Help.discussion(
                """
                Every run counts on the account of its contract, of this party's dataset and of the unit of privacy. Contracts set
                their own limit; limits of a dataset or a unit are this party's own decision. Spent budget cannot be taken back.
                """,
                "每次运行同时计入三个账户：合同、本方数据集、保护单位。合同自带上限；数据集与保护单位的上限由本方自行决定。已用预算无法收回。",
                examples: [
                    ("yinhe budget show", "", ""),
                    ("yinhe budget limit --unit enterprise --epsilon 10", "all data about enterprises", "关于企业的全部数据"),
                ], exits: LedgerCommand.exits),
            subcommands: [Show.self, Limit.self])
    }

    struct Show: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show", abstract: Help.text("Accounts, and what each release cost.", "列出各账户及每次发布的花费。"),
                discussion: Help.discussion(
                    "From the ledger, without checking it: see `yinhe ledger verify`.", "取自账本，不做校验；校验请用 `yinhe ledger verify`。",
                    examples: [("yinhe budget show", "", ""), ("yinhe budget show --json", "", "")], exits: LedgerCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @OptionGroup var source: LedgerCommand.Source

        func execute(_ console: Console) async throws -> Outcome {
            let overview = try BudgetOverview(try source.read())
            try console.emit(overview)
            try BudgetText(overview).show(console)
            return .success
        }
    }

    struct Limit: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "limit",
                abstract: Help.text("Set what a dataset or a unit of privacy may cost in all.", "设定某数据集或保护单位的预算总上限。"),
                discussion: Help.discussion(
                    """
                    The limit becomes a signed ledger entry and holds from then on, over all contracts and all files; what is spent already
                    counts. A dataset goes by its name in the contracts, so a refreshed extract shares its account; a unit counts
                    all datasets about it. Options that are left out keep their value; `none` removes a limit.
                    """,
                    """
                    上限写成一条已签名的账本条目，自此对所有合同和所有文件生效，此前已用的部分计算在内。数据集以合同中的名称识别，更新后的抽取文件沿用同一账户；
                    保护单位汇总与其有关的全部数据集。未给出的选项保持原值；none 表示取消上限。
                    """,
                    examples: [
                        ("yinhe budget limit --dataset enterprises --epsilon 6", "", ""),
                        ("yinhe budget limit --unit enterprise --epsilon 10 --delta 1e-8", "", ""),
                        (
                            "yinhe budget limit --unit enterprise --near-identical refuse",
                            "no second answer about nearly the same subjects", "不再回答主体几乎相同的第二次查询"
                        ),
                    ], exits: LedgerCommand.exits + [.range]))
        }
        @OptionGroup var common: CommonOptions
        @Option(help: .say("The dataset's name in the contracts.", "合同中的数据集名称。", valueName: "name"))
        var dataset: String?
        @Option(help: .say("The unit of privacy, as contracts write it.", "保护单位，与合同写法一致。", valueName: "name"))
        var unit: String?
        @Option(help: .say("Total epsilon, exact: 10, 0.5 or 1/3; or none.", "ε 总上限，精确数：10、0.5 或 1/3；或 none。", valueName: "e"))
        var epsilon: String?
        @Option(help: .say("Total delta, or none.", "δ 总上限，或 none。", valueName: "d"))
        var delta: String?
        @Option(
            help: .say(
                "refuse or charge: what a run meets whose subjects are nearly those of an earlier one; or none.",
                "refuse 或 charge：当主体与以往某次运行几乎相同时，拒绝或合并计费；或 none。", valueName: "policy"))
        var nearIdentical: String?
        @OptionGroup var home: HomeOption
        @OptionGroup var passphrase: PassphraseOption

        func validate() throws {
            guard (dataset == nil) != (unit == nil) else {
                throw ValidationError(Help.text("Give exactly one of --dataset and --unit.", "--dataset 与 --unit 必须且只能给出一个。"))
            }
            guard epsilon != nil || delta != nil || nearIdentical != nil else {
                throw ValidationError(
                    Help.text("Give --epsilon, --delta or --near-identical.", "请给出 --epsilon、--delta 或 --near-identical。"))
            }
            guard nearIdentical == nil || unit != nil else {
                throw ValidationError(Help.text("--near-identical is a policy of a unit.", "--near-identical 是针对保护单位的策略。"))
            }
        }

        func execute(_ console: Console) async throws -> Outcome {
            let account = dataset.map { LedgerRecord.Account(.dataset, $0) } ?? .init(.unit, unit!)
            let policy = try nearIdentical.flatMap { try Self.policy($0) }
            let (newEpsilon, newDelta) = (try epsilon.map(Self.number), try delta.map(Self.number))
            let ledger = try home.folder.ledger(home.folder.identity(passphrase: passphrase.read()))
            let limit = try ledger.setLimit(of: account) { old in
                .init(
                    account: account, epsilon: newEpsilon ?? old?.epsilon, delta: newDelta ?? old?.delta,
                    nearIdentical: nearIdentical == nil ? old?.nearIdentical : policy)
            }
            let overview = try BudgetOverview(try ledger.export())
            let accounts = account.kind == .unit ? overview.units : overview.datasets
            let now = accounts.first { $0.name == account.name }
            try console.emit(now)
            try console.out(.budgetLimitSet(limit, spent: now?.spent ?? .zero))
            if now?.runs == 0 { console.note(.budgetUnknownAccount(account)) }
            return .success
        }

        private static func number(_ text: String) throws -> Rational? {
            if text == "none" { return nil }
            let number = try Rational(parsing: text)
            guard number >= 0 else { throw YinheError(.range, "a limit of \(text)", remedy: "use a number of at least 0, or none") }
            return number
        }

        private static func policy(_ text: String) throws -> Contract.Privacy.NearIdentical? {
            if text == "none" { return nil }
            guard let policy = Contract.Privacy.NearIdentical(rawValue: text) else {
                throw YinheError(.usage, "--near-identical \(text.prefix(40))", remedy: "refuse, charge or none")
            }
            return policy
        }
    }
}

/// The accounts of a ledger on the terminal.
struct BudgetText {
    let overview: BudgetOverview

    init(_ overview: BudgetOverview) { self.overview = overview }

    func show(_ console: Console) throws {
        guard !overview.contracts.isEmpty || !overview.datasets.isEmpty || !overview.units.isEmpty else {
            return try console.out(Phrase(en: "No contract has been used yet.", zh: "尚未使用任何合同。"))
        }
        try console.heading(Phrase(en: "Contracts", zh: "合同"))
        try console.out(contracts(console))
        for (title, accounts) in [
            (Phrase(en: "Datasets", zh: "数据集"), overview.datasets), (Phrase(en: "Units of privacy", zh: "保护单位"), overview.units),
        ] where !accounts.isEmpty {
            try console.heading(title)
            try console.out(table(accounts, console))
        }
        guard !overview.releases.isEmpty else { return }
        try console.heading(Phrase(en: "What each run cost", zh: "每次运行的花费"))
        try console.out(releases(console))
        for release in overview.releases {
            for near in release.near { try console.out("  " + console.style.dim(console.text(.budgetNear(release.run, near)))) }
            for time in release.shownAgain { try console.out("  " + console.style.dim(console.text(.budgetShownAgain(release.run, time)))) }
        }
    }

    private func contracts(_ console: Console) -> TextTable {
        var table = TextTable([
            (console.text(Phrase(en: "contract", zh: "合同")), .left), (console.text(Phrase(en: "hash", zh: "哈希")), .left),
            (console.text(.budgetLimit), .right), (console.text(Phrase(en: "spent", zh: "已用")), .right),
            (console.text(.budgetRemaining), .right), (console.text(Phrase(en: "runs", zh: "运行次数")), .right),
            (console.text(.expires), .left),
        ])
        for a in overview.contracts {
            table.add([
                a.name, String(a.contract.prefix(12)), Self.loss(a.epsilon, a.delta), Self.loss(a.spent, a.deltaSpent),
                a.remaining.description, "\(a.runs) / \(a.maximumRuns)", a.expires,
            ])
        }
        return table
    }

    private func table(_ accounts: [BudgetOverview.Account], _ console: Console) -> TextTable {
        var table = TextTable([
            (console.text(Phrase(en: "name", zh: "名称")), .left), (console.text(.budgetLimit), .right),
            (console.text(Phrase(en: "spent", zh: "已用")), .right), (console.text(.budgetRemaining), .right),
            (console.text(Phrase(en: "runs", zh: "运行次数")), .right),
            (console.text(Phrase(en: "near-identical", zh: "主体几乎相同时")), .left),
        ])
        for a in accounts {
            table.add([
                a.name, a.limit.map { Self.loss($0, a.deltaLimit) } ?? console.text(.budgetNoLimit), Self.loss(a.spent, a.deltaSpent),
                a.remaining?.description ?? "–", "\(a.runs)", a.nearIdentical.map { console.text(.budgetPolicy($0)) } ?? "–",
            ])
        }
        return table
    }

    private func releases(_ console: Console) -> TextTable {
        var table = TextTable([
            (console.text(Phrase(en: "run", zh: "运行")), .left), (console.text(Phrase(en: "date", zh: "时间")), .left),
            (console.text(Phrase(en: "contract", zh: "合同")), .left), (console.text(.dataset), .left), ("ε", .right),
            (console.text(Phrase(en: "outputs", zh: "输出")), .left), (console.text(Phrase(en: "released", zh: "已发布")), .left),
        ])
        for r in overview.releases {
            table.add([
                String(r.run.prefix(8)), r.time, r.contractName, r.dataset ?? "–", Self.loss(r.epsilon, r.delta),
                r.outputs.map { "\($0.name) \(Self.loss($0.epsilon, $0.delta))" }.joined(separator: ", "),
                console.text(r.isReleased ? .yes : .no),
            ])
        }
        return table
    }

    /// "1.5" or "1.5, δ 1e-9".
    static func loss(_ epsilon: Rational, _ delta: Rational?) -> String {
        guard let delta, delta.isPositive else { return epsilon.description }
        return "\(epsilon), δ \(Numbers.short(delta))"
    }
}
