import ArgumentParser
import Foundation
import SandboxCore

@main
struct YinheBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yinhe-bench",
        abstract: "Measures the protocols and kernels of Yinhe, and checks every result against a plain computation.",
        discussion: """
            Two-party benches start two operating-system processes that talk TCP over loopback; --in-process uses a memory channel \
            instead. Set-up (key agreement, base tables, handshake) is inside the time unless an option says otherwise; generating the \
            input is not. wall_s is the later party's, cpu_s the sum of all parties, bytes both directions, peak_rss_bytes the \
            largest party's.

            With --json, standard output holds one JSON object per line and nothing else. Exit status: 0 measured and correct; \
            2 a result differs from the plain computation; 64 wrong usage; others as in `yinhe --help`.

            EXAMPLES
              yinhe-bench psi --protocol vole --n 1048576 --threads 1
              yinhe-bench psi --protocol dh --n 65536 --threads 1
              yinhe-bench paillier --op encrypt --bits 2048 --json
              yinhe-bench transport --tls
            """,
        version: yinheVersion,
        subcommands: [
            EvaluateCommand.self, ReportCommand.self, CompareCommand.self, ExtrapolateCommand.self, SBOMCommand.self,
            PSIBench.self, IntersectionSumBench.self,
            HiddenAggregateBench.self, PaillierBench.self, PaillierVectorBench.self, PaillierAggregateBench.self, ShareBench.self,
            NoiseBench.self, AccountingBench.self, TransportBench.self, TableBench.self, VOLEBench.self, OKVSBench.self])

    static func main() async {
        Lifeline.watchIfSupervised()
        do {
            var command = try parseAsRoot(nil)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as YinheError {
            FileHandle.standardError.write(Data("yinhe-bench: \(error)\n".utf8))
            Foundation.exit(error.code.exitCode)
        } catch {
            exit(withError: error)
        }
    }
}
