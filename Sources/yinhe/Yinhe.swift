import ArgumentParser

@main
struct Yinhe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "yinhe", abstract: "Private joins under a signed contract.")
}
