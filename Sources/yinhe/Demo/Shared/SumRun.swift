import Foundation
import Fusion
import SandboxCore

/// A secure sum among the parties of a demonstration: one process each, every pair connected over mutual TLS.
struct SumRun {
    struct Party: Sendable {
        var name: String
        /// Path of its table.
        var data: String
    }

    let parties: [Party]
    let column: String
    var scale = 0
    let group: String
    let categories: [String]

    /// What each party learned, in their order.
    func run(_ stage: DemoStage) async throws -> [SumCommand.Document] {
        let console = stage.console
        let identities = try parties.map { party in
            let home = PartyHome(path: stage.folder.file(party.name))
            try home.create()
            let identity = try Identity.generate()
            try identity.write(to: home.identityPath)
            console.note(.demoIdentity(party.name, identity.fingerprint.description))
            return identity
        }
        var ports: [Int] = []
        var processes: [PartyProcess] = []
        for (i, party) in parties.enumerated() {
            var arguments = [
                "sum", "--in", party.data, "--column", column, "--scale", "\(scale)", "--by", group, "--categories",
                categories.joined(separator: ","), "--home", stage.folder.file(party.name), "--listen", "127.0.0.1:0",
            ]
            for (j, identity) in identities.enumerated() {
                let address = j < i ? ",127.0.0.1:\(ports[j])" : ""
                arguments += ["--party", "\(parties[j].name),\(identity.fingerprint)\(address)"]
            }
            let process = try PartyProcess(party.name, arguments, monitor: console.board.monitor(party.name))
            processes.append(process)
            // The last one only connects.
            if i < parties.count - 1 { ports.append(try await process.port()) }
        }
        let outputs = try await PartyProcess.outputs(of: processes)
        console.board.finish()
        return try outputs.map { try JSONDecoder().decode(SumCommand.Document.self, from: $0) }
    }
}
