// A process that charges and releases runs in its party's ledger until it is killed or the budget is used up. For the crash tests.
//
// Arguments: home folder, contract, number of runs. Each line on standard output is written in one call, after the step it names is durable.
import Foundation
import Fusion
import SandboxCore
import Tables

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[3]) else { exit(64) }
let home = PartyHome(path: arguments[1])
let identity = try home.identity()
let signed = try SignedContract.load(path: arguments[2])
let party = signed.contract.parties.first { $0.fingerprint == identity.fingerprint.description }!.name
let key = try SketchKey(identity)
say("ready")
for _ in 0..<count {
    let ledger = try home.ledger(identity)
    let run = SystemRandom.shared.bytes(32).hex, digest = SystemRandom.shared.bytes(32).hex
    let sketch = CohortSketch((0..<500).map { _ in JoinToken(SystemRandom.shared.bytes(8).hex) }, key: key)
    do {
        try ledger.startRun(
            .init(run: run, contract: signed.hashText, party: party, peer: "peer", plan: "plan"), of: signed,
            input: .init(
                run: run, dataset: signed.contract.dataset(of: party)!.name, digest: digest, bytes: 1, rows: 1, keptRows: 1, distinctKeys: 1,
                peerDistinctKeys: 1),
            sketch: sketch, at: Date())
        _ = try ledger.charge(run: run, of: signed, dataset: digest, sketch: sketch)
    } catch let refusal as YinheError where refusal.code == .budget {
        say("refused")
        exit(0)
    }
    say("charged \(run)")
    try ledger.append(.releaseIntent(.init(run: run, outputs: ["o"])))
    // From here on noise may have left this process.
    say("released \(run)")
    try ledger.append(.init(run: run, outputs: ["o"], sharedResult: "s", result: "r", query: digest), opened: [[1]])
}
say("done")
