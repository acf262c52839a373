import ArgumentParser
import SandboxCore

struct NoiseCommand: ParsableCommand {
    static let exits: [YinheError.Code] = [.usage, .badInput, .system, .range, .cancelled]

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "noise",
            abstract: Help.text("Plan privacy noise, and check the numbers of a plan.", "规划隐私噪声，并核对方案中的数值。"),
            discussion: Help.discussion(
                """
                Nothing here reads data or spends budget. plan answers how much noise a target needs over a number of releases, and
                how many releases a budget allows; calc recomputes published tables of differential privacy for any inputs, to 22
                digits.
                """,
                "本命令不读取数据，也不消耗预算。plan 回答：达到目标需要多大的噪声，预算还能支持多少次发布；calc 以 22 位有效数字重算差分隐私的公开数值表。",
                examples: [
                    ("yinhe noise plan --query count --rows 20000 --epsilon 1 --delta 1e-9 --releases 12", "", ""),
                    ("yinhe noise calc rows.jsonl", "", ""),
                ], checks: true, exits: exits),
            subcommands: [NoisePlanCommand.self, NoiseCalcCommand.self])
    }
}
