import ArgumentParser
import Foundation
import SandboxCore

struct DemoCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "demo",
            abstract: Help.text("Whole pilots on this machine, each in under two minutes.", "在本机演示完整试点，每个场景不超过两分钟。"),
            discussion: Help.discussion(
                """
                Every party is a process of its own with its own key and its own files; they speak mutual TLS 1.3 on the loopback, or
                exchange files. Prints the results beside the true values, which only a demonstration knows, and ends with an
                error when they disagree. --list describes the scenarios; `credit` is the default. The data are made from --seed or
                are openly licensed and lie in Examples; the protocol's randomness is real. The work folder stays for you to
                look around; after a failure or Ctrl-C it is removed unless --keep.
                """,
                """
                每一方都是独立的进程，各有自己的密钥和文件，经本机回环上的双向 TLS 1.3 通信，或只交换文件。
                打印结果与真实值的对照（真实值只有演示才知道），不符时以错误结束。--list 列出全部场景，默认场景是 credit。
                数据由 --seed 生成，或为 Examples 目录中开放许可的真实数据；协议的随机性是真实的。
                工作目录会保留供查看；失败或按 Ctrl-C 后会删除，除非给出 --keep。
                """,
                examples: [
                    ("yinhe demo", "", ""), ("yinhe demo --list", "every scenario", "列出全部场景"),
                    ("yinhe demo --lang zh --out pilot", "", ""),
                    ("yinhe demo --rows 100000 --loans 60000 --overlap 40000", "larger", "更大规模"),
                    ("yinhe demo --scenario credit-hidden", "matches stay hidden", "匹配情况保持隐藏"),
                    ("yinhe demo --scenario intelligent-transport", "real data", "真实数据"),
                    ("yinhe demo --scenario secure-sum", "", ""), ("yinhe demo --scenario aggregate", "", ""),
                ], exits: Help.allCodes))
    }

    @OptionGroup var common: CommonOptions
    @Flag(help: .say("List the scenarios and stop.", "列出全部场景后结束。"))
    var list = false
    @Option(help: .say("A scenario of --list.", "--list 中的场景名。", valueName: "name"))
    var scenario = "credit"
    @Option(
        help: .say(
            "The Examples folder, for scenarios that read contracts or data from it; by default looked for in the working folder and "
                + "above, then above this program's file.",
            "Examples 目录，供需要其中合同或数据的场景使用；默认先在工作目录及其上级目录、再在本程序所在目录的上级目录中查找。", valueName: "dir"))
    var data: String?
    @OptionGroup var size: PilotSize
    @Option(help: .say("Work folder; an earlier demonstration in it is replaced.", "工作目录；其中之前的演示会被替换。", valueName: "dir"))
    var out = "demo-out"
    @Flag(help: .say("Keep the work folder also after a failure.", "失败后也保留工作目录。"))
    var keep = false
    @OptionGroup var threads: ThreadsOption

    func execute(_ console: Console) async throws -> Outcome {
        if list {
            try DemoList.show(console)
            return .success
        }
        let scenario = try DemoScenarios.named(scenario)
        guard scenario.about.takesSizes || size.isDefault else {
            throw YinheError(
                .usage, "--rows, --loans and --overlap have no meaning for the scenario \(scenario.about.name)", at: "--scenario",
                remedy: "leave them out; --seed alone changes its data")
        }
        let folder = try DemoFolder(path: out)
        do {
            try await scenario.run(
                DemoStage(
                    size: size, folder: folder, threads: threads.threads, examples: ExampleFolder(chosen: data), console: console))
        } catch {
            ChildProcess.killAll()
            if !keep { folder.remove() }
            throw error
        }
        return .success
    }
}
