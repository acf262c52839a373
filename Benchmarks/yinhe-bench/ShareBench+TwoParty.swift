import Arithmetic
import DifferentialPrivacy
import SandboxCore
import SecretSharing
import Transport

extension ShareBench {
    /// Plans, prepares, then computes in step with the peer.
    func runProgram<E: RingElement>(_: E.Type) async throws {
        let law = op == .jointNoise ? try LaplaceBits(scale: Rational(parsing: scale), distanceBits: distanceBits) : nil
        let shape = ShareProgram<E>.Shape(
            n: n, bits: bits ?? ShareProgram<E>.defaultBits(op), columns: columns, groups: groups, algorithm: sort, noise: law)
        let program = try ShareProgram<E>(op, shape)
        let samples = try await options.repeated {
            try await runComputation { computation, _, phases in
                let compute = try program.prepare(computation.party)
                phases.begin()
                try await computation.prepare { _ = try await compute($0) }
                try await Self.meet(computation)
                let before = computation.cost
                phases.beginOnline()
                let check = try await compute(computation)
                try await phases.end()
                let cost = computation.cost.since(before)
                phases.setRounds(cost.rounds)
                for (kind, count) in cost.correlations { phases.setDetail(kind, String(count)) }
                if op == .jointNoise { phases.setDetail("and_gates", String(cost.noise.andGates)) }
                return try await check(computation)
            }
        }
        var details = ["ring": E.ring.rawValue]
        if let law { details["scale"] = law.scale.description } else { details["bits"] = String(shape.bits) }
        if let law { details["places"] = String(law.bits) }
        if let law { details["biased_bits"] = String(law.digits.count + 1) }
        if op == .groupBy { details["groups"] = String(groups) }
        if op == .groupBy || op == .sort { details["sort"] = sort.rawValue }
        if let offline = samples.first?.offline, samples.count == 1 {
            details["offline_bytes_per_item"] = String(format: "%.2f", Double(offline.bytes) / Double(n))
        }
        try report(sourceName, samples, details)
    }

    /// One exchange, so that neither party's time holds the other's lateness.
    private static func meet(_ computation: TwoPartyComputation) async throws {
        let zero: SharedVector<UInt64> = try computation.constant([0])
        _ = try await computation.open(zero)
    }

    /// Makes correlations and uses none: everything counts.
    func runCorrelations() async throws {
        let (kind, count) = correlation.kind(ring == .z64 ? .z64 : .z128, n: n, columns: columns)
        let samples = try await options.repeated {
            try await runComputation { computation, peer, phases in
                let batch = try await computation.take(kind, count)
                try await phases.end()
                return try await batch.satisfiesRelation(over: peer)
            }
        }
        try report(sourceName, samples.map(\.asOnePhase), ["correlation": kind.name])
    }
}
