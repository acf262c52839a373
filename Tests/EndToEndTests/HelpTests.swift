import Foundation
import Testing

@Suite struct HelpTests {
    static let commands: [[String]] = [
        [], ["keys"], ["keys", "new"], ["keys", "show"], ["keys", "doctor"], ["contract"], ["contract", "new"], ["contract", "check"],
        ["contract", "sign"], ["contract", "show"], ["inspect"], ["run"], ["ledger"], ["ledger", "show"], ["ledger", "verify"],
        ["ledger", "export"], ["budget"], ["budget", "show"], ["budget", "limit"], ["synth"], ["demo"], ["psi"], ["sum"], ["dealer"], ["aggregate"],
        ["aggregate", "keygen"], ["aggregate", "contract"], ["aggregate", "contract", "new"], ["aggregate", "contract", "check"],
        ["aggregate", "encrypt"], ["aggregate", "add"], ["aggregate", "open"], ["aggregate", "verify"],
        ["noise"], ["noise", "calc"], ["noise", "plan"],
    ]

    @Test(arguments: commands) func everyCommandExplainsItselfWithExamplesAndExitCodes(_ command: [String]) async throws {
        let help = try await Program.run(list: command + ["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("EXAMPLES:") && help.output.contains("EXIT CODES:"))
        #expect(help.output.contains("yinhe " + (command.first ?? "demo")))
    }

    @Test func helpIsChineseWhereTheEnvironmentOrTheOptionSaysSo() async throws {
        let byLocale = try await Program.run("psi", "--help", environment: ["LC_ALL": "zh_CN.UTF-8"])
        let byOption = try await Program.run("psi", "--lang", "zh", "--help")
        for help in [byLocale, byOption] {
            #expect(help.status == 0)
            #expect(help.output.contains("示例：") && help.output.contains("隐私求交"))
        }
    }

    @Test func wrongUsageIsExitCode64AndAnErrorObjectWithJSON() async throws {
        let plain = try await Program.run("keys", "show", "--frobnicate")
        #expect(plain.status == 64)
        #expect(plain.output.isEmpty && plain.errors.contains("frobnicate"))
        let json = try await Program.run("keys", "show", "--frobnicate", "--json")
        #expect(json.status == 64)
        #expect(json.output.isEmpty)
        #expect(json.error?.code == "usage")
    }

    @Test func theVersionIsPrinted() async throws {
        let version = try await Program.run("--version")
        #expect(version.status == 0)
        #expect(version.output.hasPrefix("yinhe "))
    }

    @Test func connectionOptionsThatDoNotFitTogetherAreWrongUsage() async throws {
        let scratch = Scratch()
        let data = try scratch.write("a.csv", "id\n1\n")
        let cases: [[String]] = [
            ["--insecure-plaintext"],
            ["--insecure-plaintext", "--listen", "127.0.0.1:0", "--connect", "127.0.0.1:1"],
            ["--listen", "127.0.0.1:0"],
            ["--listen", "nonsense", "--insecure-plaintext"],
            ["--listen", "127.0.0.1:0", "--insecure-plaintext", "--reveal", "count", "--out", scratch.file("o.csv")],
            ["--listen", "127.0.0.1:0", "--insecure-plaintext", "--wait", "0"],
        ]
        for options in cases {
            let result = try await Program.run(list: ["psi", "--in", data, "--key", "id"] + options)
            #expect(result.status == 64, "\(options): \(result.errors)")
        }
    }
}
