import ArgumentParser

struct Yinhe: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "yinhe",
            abstract: Help.text(
                "Private joins between two organisations under a contract that both have signed.",
                "隐合：两家机构在双方签署的合同之下对数据做隐私求交与联合统计。"),
            discussion: Help.discussion(
                """
                Each party keeps its own table. A run joins the two tables privately, releases only the noised aggregates that
                the contract allows, charges the contract's privacy budget, and writes everything to a ledger on each side.
                """,
                """
                各方的表始终留在本地。一次运行以隐私求交方式关联两张表，只发布合同允许的加噪统计结果，扣除合同规定的隐私预算，
                并在双方账本中逐条留痕。
                """,
                examples: [
                    ("yinhe demo", "everything in one minute, on this machine", "一分钟本机演示全流程"),
                    ("yinhe keys new", "this party's identity", "生成本方身份"),
                    ("yinhe contract new --out pilot.yaml", "a commented template", "生成带注释的合同模板"),
                    ("yinhe contract sign pilot.yaml", "after both have agreed on the text", "双方商定文本后签署"),
                    ("yinhe run --contract pilot.yaml --data mine.csv --listen 0.0.0.0:7443", "one side", "一方监听"),
                    ("yinhe run --contract pilot.yaml --data mine.csv --connect host:7443", "the other side", "另一方连接"),
                ],
                exits: Help.allCodes),
            version: "yinhe \(programVersion)",
            groupedSubcommands: [
                CommandGroup(
                    name: Help.text("The work of a party", "参与方"),
                    subcommands: [
                        KeysCommand.self, ContractCommand.self, InspectCommand.self, RunCommand.self, LedgerCommand.self,
                        BudgetCommand.self,
                    ]),
                CommandGroup(
                    name: Help.text("Building blocks", "基础协议"),
                    subcommands: [PSICommand.self, SumCommand.self, AggregateCommand.self, DealerCommand.self, NoiseCommand.self]),
                CommandGroup(name: Help.text("Trying it out", "试用"), subcommands: [DemoCommand.self, SynthCommand.self]),
            ])
    }
}
