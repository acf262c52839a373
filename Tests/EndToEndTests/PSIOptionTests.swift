import Foundation
import Testing
import YinheCommand

/// What is decided from the options alone, before a file or a connection is opened.
@Suite struct PSIOptionTests {
    @Test func sizesAreReadAsPeopleWriteThem() {
        #expect(ByteSize(argument: "2G")?.bytes == 2 << 30 && ByteSize(argument: "512m")?.bytes == 512 << 20)
        #expect(ByteSize(argument: "65536")?.bytes == 65536 && ByteSize(argument: "3K")?.bytes == 3072)
        for wrong in ["", "G", "0", "-1G", "1.5G", "2GB", "2 G", "９G", "9999999999999G"] {
            #expect(ByteSize(argument: wrong) == nil, "\(wrong)")
        }
        #expect(ByteSize(bytes: 2 << 30).description == "2G" && ByteSize(bytes: 1500).description == "1500")
    }

    @Test func columnListsMayQuoteNamesThatContainCommas() {
        #expect(ColumnList(argument: "a,b")?.names == ["a", "b"] && ColumnList(argument: "甲")?.names == ["甲"])
        #expect(ColumnList(argument: "\"a,b\",\"say \"\"c\"\"\"")?.names == ["a,b", "say \"c\""])
        for wrong in ["", "a,,b", "a,", "a,a", "\"a", "\"a\"b"] { #expect(ColumnList(argument: wrong) == nil, "\(wrong)") }
    }

    /// The whole space of combinations: refused exactly where the result would be wrong or empty, always with a remedy.
    @Test func everyCombinationIsAllowedOrRefusedWithARemedyInBothLanguages() {
        var allowed = 0
        for name in PSIRequest.ProtocolName.allCases {
            for join in PSIRequest.Join.allCases {
                for reveal in PSIRequest.Reveal.allCases {
                    for order in PSIRequest.Order.allCases {
                        for bits in 0..<8 {
                            var request = PSIRequest()
                            (request.protocolName, request.join, request.reveal, request.order) = (name, join, reveal, order)
                            request.malicious = bits & 1 != 0
                            request.writesOutput = bits & 2 != 0
                            request.role = bits & 4 != 0 ? .sender : .receiver
                            if let refusal = request.refusal {
                                #expect(!refusal.problem.en.isEmpty && !refusal.problem.zh.isEmpty)
                                #expect(!refusal.remedy.en.isEmpty && !refusal.remedy.zh.isEmpty)
                                // An option that the user gave is named.
                                #expect(refusal.problem.en.contains("--") && refusal.problem.zh.contains("--"))
                            } else {
                                allowed += 1
                                #expect(!request.writesOutput || request.hasRows)
                                #expect(!(request.malicious && (name == .dh || reveal == .count)))
                                #expect(reveal != .count || (join == .inner && (name == .auto || name == .dh)))
                                #expect(order == .own || reveal == .both)
                            }
                        }
                    }
                }
            }
        }
        #expect(allowed > 100)
    }

    @Test func theDefaultsAreAllowed() {
        #expect(PSIRequest().refusal == nil)
        var counting = PSIRequest()
        (counting.reveal, counting.writesOutput) = (.count, false)
        #expect(counting.refusal == nil)
    }

    @Test func aRefusedCombinationIsWrongUsageBeforeAnythingIsOpened() async throws {
        let scratch = Scratch()
        let cases: [(options: [String], named: String)] = [
            (["--protocol", "vole", "--reveal", "count"], "--protocol dh"),
            (["--malicious", "--protocol", "dh"], "--protocol vole"),
            (["--malicious", "--reveal", "count"], "--malicious"),
            (["--join", "full", "--reveal", "receiver"], "--reveal both"),
            (["--order", "aligned", "--reveal", "receiver"], "--reveal both"),
            (["--reveal", "receiver", "--role", "sender", "--out", "o.csv"], "--role receiver"),
            (["--join", "difference", "--out", "o.csv"], "--role receiver"),
            (["--out", scratch.file("no.csv")], "--in"),
            (["--columns", "a"], "--out"),
            (["--minimum", "-1"], "--minimum"),
            (["--memory", "1.5G"], "--memory"),
            (["--memory", "1K"], "--memory"),
            (["--columns", "a,a", "--out", "o.csv"], "--columns"),
        ]
        // Neither the file nor the address exists: the options are judged first.
        let base = ["psi", "--in", scratch.file("no.csv"), "--key", "id", "--listen", "host.invalid:1", "--insecure-plaintext"]
        for (options, named) in cases {
            let result = try await Program.run(list: base + options)
            #expect(result.status == 64, "\(options): \(result.errors)")
            #expect(result.errors.contains(named), "\(options): \(result.errors)")
        }
        let chinese = try await Program.run(list: base + ["--protocol", "vole", "--reveal", "count", "--lang", "zh"])
        #expect(chinese.status == 64 && chinese.errors.contains("改用 --protocol dh"), "\(chinese.errors)")
        let json = try await Program.run(list: base + ["--protocol", "vole", "--reveal", "count", "--json"])
        #expect(json.error?.code == "usage" && json.error?.message.contains("--reveal count") == true)
    }

    @Test(arguments: ["en", "zh"]) func theHelpNamesEveryOptionWithDefaultsAndExamples(language: String) async throws {
        let help = try await Program.run("psi", "--lang", language, "--help").output
        let options = [
            "--in", "--key", "--out", "--columns", "--protocol", "--malicious", "--join", "--reveal", "--order", "--minimum",
            "--role", "--normalizer", "--threads", "--memory", "--resume", "--listen", "--connect", "--wait", "--peer",
            "--insecure-plaintext", "--home", "--passphrase-file", "--json", "--quiet", "--lang", "--progress",
        ]
        for option in options { #expect(help.contains("  \(option)") || help.contains(" \(option)"), "\(option)") }
        for value in ["auto", "vole-lowcomm", "dh", "difference", "aligned", "receiver", "2G", "inner"] {
            #expect(help.contains(value))
        }
        #expect(help.contains("--join left --order aligned") && help.contains("--resume "))
        for code in ["64", "65", "68", "69", "70", "71", "74", "77", "130"] { #expect(help.contains("\n  \(code) ")) }
    }
}
