import Foundation
import Testing

/// `yinhe sum` with noise, in processes of its own for every party.
@Suite struct JointNoiseCommandTests {
    private struct Document: Decodable {
        struct Total: Decodable { var total: String }
        struct Noise: Decodable {
            struct Guarantee: Decodable {
                var known: Int
                var epsilon: Double?
                var rho: Double?
                var epsilonAtDelta: Double?
            }
            var method: String
            var sensitivity: String
            var deviation: Double
            var guarantees: [Guarantee]
        }
        var totals: [Total]
        var noise: Noise?
    }

    /// Runs the sum of three parties, each with its own options.
    private func sum(_ scratch: Scratch, _ options: [[String]]) async throws -> [Finished] {
        let names = ["east", "west", "north"]
        var prints: [String] = [], processes: [Running] = [], ports: [Int] = []
        for name in names { prints.append(try await makeHome(scratch.file(name))) }
        // One value is far beyond the bounds.
        let data = try scratch.write("t.csv", "amount\n" + (0..<100).map { "\($0).5\n" }.joined() + "1000000\n")
        for (i, name) in names.enumerated() {
            var arguments = [
                "sum", "--in", data, "--column", "amount", "--scale", "1", "--home", scratch.file(name), "--listen", "127.0.0.1:0", "--json",
                "--progress", "json",
            ]
            for j in names.indices { arguments += ["--party", "\(names[j]),\(prints[j])" + (j < i ? ",127.0.0.1:\(ports[j])" : "")] }
            processes.append(try Running(Program.yinhe, arguments + options[i]))
            if i < 2 { ports.append(try await processes[i].port()) }
        }
        var results: [Finished] = []
        for process in processes { results.append(await process.finish()) }
        return results
    }

    @Test(arguments: ["each-party", "divisible", "multi-scale", "gaussian"])
    func totalsCarryTheNoiseAndSayWhatItProtects(method: String) async throws {
        let scratch = Scratch()
        let options = ["--noise-method", method, "--epsilon", "2", "--clamp", "0,20"]
        let results = try await sum(scratch, [options, options, options])
        for result in results { #expect(result.status == 0, "\(result.errors)") }
        let documents = try results.map { try $0.json(Document.self) }
        #expect(Set(documents.map(\.totals[0].total)).count == 1)
        // 0.5 ... 19.5 and 81 times 20, at three parties. A deviation of less than 400, and 12 of them are not passed but below 1e-6.
        let noise = try #require(documents[0].noise), total = try #require(Double(documents[0].totals[0].total))
        #expect(abs(total - 3 * (200 + 81 * 20)) <= 12 * noise.deviation && noise.deviation < 2000, "\(total) \(noise.deviation)")
        #expect(noise.method == method && noise.sensitivity == "200")
        // By default each party alone is covered; two together are not, but for full samples.
        #expect(noise.guarantees.map(\.known) == [0, 1, 2])
        for guarantee in noise.guarantees[..<2] {
            #expect(try #require(method == "gaussian" ? guarantee.epsilonAtDelta : guarantee.epsilon) <= 2.000001)
        }
        if method == "divisible" { #expect(try #require(noise.guarantees[2].epsilon) > 3) }
        if method == "each-party" { #expect(try #require(noise.guarantees[2].epsilon) <= 2.000001) }
        if method == "gaussian" { #expect(try #require(noise.guarantees[2].epsilonAtDelta) > 2.5) }
    }

    @Test func partiesThatAddOtherNoiseDoNotSum() async throws {
        let scratch = Scratch()
        func options(_ epsilon: String) -> [String] { ["--noise-method", "divisible", "--epsilon", epsilon, "--clamp", "0,20", "--wait", "10"] }
        let results = try await sum(scratch, [options("2"), options("2"), options("1")])
        #expect(results.allSatisfy { $0.status != 0 && $0.output.isEmpty })
        #expect(results.contains { $0.error?.code == "peer-mismatch" || $0.errors.contains("binding") }, "\(results.map(\.errors))")
    }

    @Test func optionsThatMakeNoSenseAreWrongUsage() async throws {
        let scratch = Scratch()
        let print = try await makeHome(scratch.file("east"))
        let data = try scratch.write("t.csv", "amount\n1\n")
        let cases: [[String]] = [
            ["--epsilon", "1"], ["--noise-method", "divisible"], ["--noise-method", "divisible", "--epsilon", "1"],
            ["--noise-method", "computed", "--epsilon", "1", "--clamp", "0,1"],
            ["--noise-method", "divisible", "--epsilon", "1", "--clamp", "0,1", "--delta", "1e-6"],
            ["--noise-method", "divisible", "--epsilon", "1", "--clamp", "0,1.5"],
            ["--noise-method", "divisible", "--epsilon", "1", "--clamp", "5,1"],
            ["--noise-method", "divisible", "--epsilon", "1", "--clamp", "0,1", "--tolerate", "2"],
        ]
        for options in cases {
            let result = try await Program.run(
                list: [
                    "sum", "--in", data, "--column", "amount", "--home", scratch.file("east"), "--party", "east,\(print),127.0.0.1:1", "--party",
                    "west,sha256:\(String(repeating: "a", count: 64))", "--party", "north,sha256:\(String(repeating: "b", count: 64))",
                    "--wait", "1",
                ] + options)
            #expect(result.status == 64, "\(options): \(result.errors)")
        }
    }
}
