import ArgumentParser
import Evaluation
import Foundation
import SandboxCore

struct SBOMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sbom", abstract: "Writes the components of this program as CycloneDX 1.6 JSON.",
        discussion: """
            Packages as the Package.resolved of the build pins them, with the version unknown when that file is not there, and the system libraries that are loaded now, with their versions. The same components \
            give the same bytes: the serial number comes from the content, and there is no time unless --timestamp gives one \
            (`--timestamp "$(git show -s --format=%cI)"` for that of the commit).
            """)

    @Option(help: "File to write; standard output without it.") var out: String?
    @Option(help: "Time of the document, RFC 3339, such as 2026-01-31T08:15:00Z.") var timestamp: String?

    func run() throws {
        if let timestamp { try SoftwareBill.checkTimestamp(timestamp) }
        let bytes = try SoftwareBill(toolVersion: yinheVersion, components: .current, timestamp: timestamp).json()
        if let out {
            try AtomicFile.write(bytes, to: out)
        } else {
            FileHandle.standardOutput.write(Data(bytes))
        }
    }
}
