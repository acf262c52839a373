import ArgumentParser
import Foundation
import SandboxCore
import Tables

/// The made-up tables that `yinhe synth --pilot` can write. The credit pilot has sizes and dirt to choose; the others have a seed.
enum SynthPilot: String, CaseIterable, ExpressibleByArgument {
    case credit
    case metro
    case tradeFacilitation = "trade-facilitation"

    struct File: Codable, Sendable {
        var path: String
        /// What it holds.
        var holds: String
    }

    /// Writes the tables of any pilot but the first into `folder`.
    func write(to folder: String, seed: UInt64) throws -> [File] {
        switch self {
        case .credit: preconditionFailure("the command writes this pilot's tables with their options")
        case .metro:
            try MetroTables.write(to: folder, seed: seed)
            return zip(MetroTables.operators, MetroTables.titles).map { File(path: "\(folder)/\($0).csv", holds: "\($1.en), \($1.zh)") }
        case .tradeFacilitation:
            let (declarations, moves) = (folder + "/declarations.csv", folder + "/moves.csv")
            try ContainerTables(seed: seed).write(declarationsTo: declarations, movesTo: moves)
            return [File(path: declarations, holds: "customs, 海关"), File(path: moves, holds: "port, 港口集团")]
        }
    }
}
