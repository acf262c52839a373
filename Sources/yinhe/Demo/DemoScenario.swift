import SandboxCore

/// A demonstration that `yinhe demo --scenario NAME` runs: real processes, made-up or openly licensed data, results beside the truth.
///
/// A new one is a type in a folder of its own and a line in `DemoScenarios.all`.
protocol DemoScenario: Sendable {
    var about: DemoAbout { get }
    /// Runs in `stage.folder`, says what came out and throws when a result is not what the data in the clear give.
    func run(_ stage: DemoStage) async throws
}

/// What `yinhe demo --list` says of a scenario.
struct DemoAbout: Sendable {
    var name: String
    /// The pilot domain.
    var domain: Phrase
    /// Who takes part.
    var parties: [Phrase]
    /// What it computes and what there is to see.
    var shows: Phrase
    /// Wall-clock seconds on two cores, measured.
    var usualSeconds: Int
    /// Whether `--rows`, `--loans` and `--overlap` mean anything to it.
    var takesSizes = false
    /// The folder of its guide below Examples, if it has one.
    var guide: String?
}

/// What a scenario is given to run with.
struct DemoStage: Sendable {
    var size: PilotSize
    var folder: DemoFolder
    var threads: Int
    var examples: ExampleFolder
    var console: Console
}
