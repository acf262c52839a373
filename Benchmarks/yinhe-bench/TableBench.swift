import ArgumentParser
import Foundation
import SandboxCore
import Tables

struct TableBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Reading a CSV file: normalising and hashing keys, checking and clamping columns.")

    enum Operation: String, ExpressibleByArgument, CaseIterable { case load }

    @Option(help: "What to measure.") var op = Operation.load
    @Option(help: "Rows of the file, which is made before the clock starts.") var n = 1_000_000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= 1 << 28 else { throw ValidationError("--n must be 1 to \(1 << 28)") }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "yinhe-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "table.csv").path
        var total: Int64 = 0
        let file = try AtomicFile(path: path)
        try file.write("id,amount\n")
        for i in 0..<n {
            let amount = Int64(i) * 7_919 % 1_000_000
            total += amount
            try file.write("\(10_000_000_000 + i),\(amount / 100).\(amount % 100 < 10 ? "0" : "")\(amount % 100)\n")
        }
        try file.commit()
        let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        let schema = try TableSchema(
            keyColumn: "id", normalizer: .digits, rowsPerSubject: 1,
            columns: [ColumnDeclaration(name: "amount", type: .decimal(scale: 2), unit: "", lower: 0, upper: 1_000_000)])
        let expected = total, rows = n
        let samples = try await options.repeated {
            try await measure({
                try await Parallel.offload { try KeyedTable.load(path: path, schema: schema, threads: options.threads) }
            }) { table in
                table.tokens.count == rows && table.integers("amount").reduce(0, +) == expected && Set(table.tokens).count == rows
            }
        }
        var result = BenchResult("table", op: op.rawValue, protocol: "csv", n: n, threads: options.threads, samples: samples)
        result.details["MB_per_s"] = String(format: "%.0f", Double(bytes) / result.wall_s / 1e6)
        result.details["file_bytes"] = String(bytes)
        try options.report(result)
    }
}
