import ArgumentParser
import Foundation
import Fusion
import SandboxCore

struct DemoCommand: PartyCommand {
    enum Scenario: String, CaseIterable, ExpressibleByArgument {
        case credit
        case creditHidden = "credit-hidden"
        case creditAligned = "credit-aligned"
        case secureSum = "secure-sum"
        case aggregate
    }

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "demo",
            abstract: Help.text("The whole pilot on this machine, in under a minute.", "一分钟内在本机演示完整试点。"),
            discussion: Help.discussion(
                """
                credit: a public-data centre and a bank make identities, sign a contract, and run as two separate processes over
                mutual TLS 1.3 on the loopback. Prints the released table beside the true values, which only a demonstration
                knows, verifies both ledgers, and writes report.html. credit-hidden, credit-aligned: the same tables joined on secret
                shares, without or with both parties learning their matches; contingency table, quantiles, variance and regression
                besides. secure-sum: three banks, one total. aggregate: the same by encrypted files alone, with an aggregator, a key
                holder and an altered file that is caught. The data come from
                --seed; the protocol's randomness is real. The work folder stays for you to look around; after a failure or
                Ctrl-C it is removed unless --keep.
                """,
                """
                credit：公共数据中心与银行各自生成身份、签署合同，以两个独立进程经本机回环上的双向 TLS 1.3 运行。
                打印发布结果与真实值的对照（真实值只有演示才知道），校验双方账本，并写出 report.html。
                credit-hidden、credit-aligned：同样的表在秘密份额上关联，前者匹配情况保持隐藏，后者双方获知匹配；另含列联表、分位数、方差和回归。
                secure-sum：三家银行，一个合计。aggregate：只凭加密文件完成同样的合计，有汇总方、密钥持有方，以及一份被识破的篡改文件。数据由 --seed 决定，协议的随机性是真实的。
                工作目录会保留供查看；失败或按 Ctrl-C 后会删除，除非给出 --keep。
                """,
                examples: [
                    ("yinhe demo", "", ""), ("yinhe demo --lang zh --out pilot", "", ""),
                    ("yinhe demo --rows 100000 --loans 60000 --overlap 40000", "larger", "更大规模"),
                    ("yinhe demo --scenario credit-hidden", "matches stay hidden", "匹配情况保持隐藏"),
                    ("yinhe demo --scenario secure-sum", "", ""), ("yinhe demo --scenario aggregate", "", ""),
                ], exits: Help.allCodes))
    }

    @OptionGroup var common: CommonOptions
    @Option(help: .say(
            "credit, credit-hidden, credit-aligned, secure-sum or aggregate.", "credit、credit-hidden、credit-aligned、secure-sum 或 aggregate。",
            valueName: "name"))
    var scenario: Scenario = .credit
    @OptionGroup var size: PilotSize
    @Option(help: .say("Work folder; an earlier demonstration in it is replaced.", "工作目录；其中之前的演示会被替换。", valueName: "dir"))
    var out = "demo-out"
    @Flag(help: .say("Keep the work folder also after a failure.", "失败后也保留工作目录。"))
    var keep = false
    @OptionGroup var threads: ThreadsOption

    func execute(_ console: Console) async throws -> Outcome {
        let folder = try DemoFolder(path: out)
        do {
            switch scenario {
            case .credit: try await credit(.intersectionSum, folder, console)
            case .creditHidden: try await credit(.hidden, folder, console)
            case .creditAligned: try await credit(.aligned, folder, console)
            case .secureSum: try await SecureSumDemo(size: size, folder: folder, console: console).run()
            case .aggregate: try await AggregateDemo(size: size, folder: folder, threads: threads.threads, console: console).run()
            }
        } catch {
            ChildProcess.killAll()
            if !keep { folder.remove() }
            throw error
        }
        return .success
    }

    private func credit(_ mode: Contract.JoinMode, _ folder: DemoFolder, _ console: Console) async throws {
        try await CreditDemo(mode: mode, size: size, folder: folder, threads: threads.threads, console: console).run()
    }
}
