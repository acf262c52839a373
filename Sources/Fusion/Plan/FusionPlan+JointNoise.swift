import Arithmetic
import DifferentialPrivacy
import SandboxCore
import SecretSharing

extension FusionPlan.Query {
    /// The noise that a party draws itself, for every cell; nil where it is computed.
    func ownNoise() throws -> [Int64]? {
        switch jointNoise {
        case .eachParty: try noise.law().samples(cells.count)
        case .divisible: try share().samples(cells.count)
        case .computed: nil
        }
    }

    /// One of two shares of Laplace noise. Throws `.range` for a scale that the sampler refuses.
    func share() throws -> PolyaNoise {
        guard case .laplace(let scale) = noise else { preconditionFailure("a decoded contract divides Laplace noise only") }
        return try PolyaNoise(scale: scale, parties: 2)
    }

    /// The noise of released cells, where one place knows all of it: for demonstrations on made-up tables.
    func noiseOfBoth() throws -> [Int64] {
        guard let first = try ownNoise(), let second = try ownNoise() else { return try noise.law().samples(cells.count) }
        return zip(first, second).map { $0 &+ $1 }
    }

    /// Of the noise of a released cell.
    public func spread() throws -> NoiseSpread {
        jointNoise == .eachParty ? try noise.spreadOfBoth() : try noise.law().spread()
    }

    /// Likewise.
    public var variance: Double {
        get throws { try noise.law().variance * (jointNoise == .eachParty ? 2 : 1) }
    }
}

extension FusionPlan {
    /// The precision of computed noise: each cell's statistical distance is 2^-this, at most, such that all cells of every output together are within
    /// its delta, (1 + e^epsilon) times the distance. At least 64. Throws `.contract` beyond 100.
    func distanceBits() throws -> Int {
        var bits = 64
        for (index, output) in contract.outputs.enumerated() {
            let cells = queries.filter { $0.output == index }.reduce(0) { $0 + $1.cells.count }
            // 1 + e^epsilon <= 2^(1 + 1.5 epsilon), as 1.5 > log2 e.
            let growth = 1 + Int(try (output.epsilon * Rational(3, over: 2)).roundedUp)
            let inverse = try (1 / output.delta).roundedUp
            bits = max(bits, SecurityParameters.ceilLog2(max(1, cells)) + growth + 128 - (inverse - 1).leadingZeroBitCount)
        }
        guard bits <= LaplaceBits.distanceRange.upperBound else {
            throw YinheError(
                .contract, "computed noise within the delta of the outputs needs a precision of 2^-\(bits), at most 2^-100",
                at: contract.places["privacy"] ?? "", remedy: "agree on a larger delta, such as 1e-12, or a smaller epsilon")
        }
        return bits
    }

    /// The laws of computed noise, in the order of the queries; empty for other noise.
    func computedLaws() throws -> [(law: NoiseBits, count: Int)] {
        guard contract.privacy.jointNoise == .computed else { return [] }
        let bits = try distanceBits()
        return try queries.map { query in
            guard case .laplace(let scale) = query.noise else { preconditionFailure("a decoded contract computes Laplace noise only") }
            let law = try LaplaceBits(scale: scale, distanceBits: bits)
            return (try NoiseBits(places: law.bits, nonzero: law.nonzero, digits: law.digits), query.cells.count)
        }
    }

    /// What computed noise costs one party of a run, without what makes the correlations; nil for other noise.
    public func computedNoiseCost() async throws -> ComputationCost? {
        let laws = try computedLaws()
        guard !laws.isEmpty else { return nil }
        return try await TwoPartyComputation.plan(costsTransfers: true) { try await $0.noise(laws, as: UInt128.self) }
    }
}

extension RunExecution {
    /// This party's shares of the noise, by query and cell: sampled with the peer, from oblivious transfers between the two, whoever deals for
    /// the join. Empty where each party draws its own.
    func computedNoise() async throws -> [[UInt128]] {
        let laws = try plan.computedLaws()
        guard !laws.isEmpty else { return [] }
        let index = contract.parties.firstIndex { $0.name == me }!
        let options = TwoPartyComputation.Options(
            randomness: .transfers(.fast), threads: run.threads, binding: RunBinding.noise(of: runBytes))
        return try await TwoPartyComputation.run(over: channel, party: index, options: options, progress: run.progress) { computation in
            try await computation.noise(laws, as: UInt128.self).map(\.share)
        }
    }
}
