import ArgumentParser

@main
struct YinheBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "yinhe-bench", abstract: "Measures the kernels and protocols of Yinhe.")
}
