import HiddenJoin
import SandboxCore
import SecretSharing

extension ShareBench {
    /// Joins two tables of n keys, half of them in common, and one column of the sender, into shares: from the handshake on.
    func runHiddenJoin() async throws {
        let n = n, bits = bits ?? 32
        guard bits <= 62 else { throw YinheError(.usage, "columns of \(bits) bits", remedy: "--bits up to 62") }
        let parameters = HiddenJoin.Parameters(threads: options.threads, usesDealer: source == .dealer, transfers: transfers)
        let bounds = -(Int64(1) << (bits - 1))...(Int64(1) << (bits - 1) - 1)
        let sets = SyntheticSets(first: n, second: n)
        let values = ShareInputs.values(n, bits: bits, lane: 3, as: UInt64.self)
        let samples = try await options.repeated {
            try await runPair { party, peer, dealer, phases in
                /// Opens the shares after the clock and looks every bin of the receiver up.
                let check: @Sendable (TwoPartyComputation, HiddenJoin.SharedRows<UInt64>) async throws -> Bool = { computation, rows in
                    try await phases.end()
                    phases.setDetail("bins", String(rows.bins))
                    let membership = try await computation.open(rows.membership)
                    let column = try await computation.open(rows.columns[0])!
                    guard let rowOfBin = rows.rowOfBin else { return membership.count { $0 } == sets.common }
                    let valueOf = Dictionary(uniqueKeysWithValues: zip(sets.second, values))
                    return rowOfBin.count == membership.count && Set(rowOfBin.compactMap { $0 }).count == n
                        && rowOfBin.indices.allSatisfy { bin in
                            let expected = rowOfBin[bin].flatMap { valueOf[sets.first[$0]] }
                            return membership[bin] == (expected != nil) && column[bin] == expected ?? 0
                        }
                }
                phases.begin()
                if party == 0 {
                    let shape = HiddenJoin.ColumnShape(name: "value", bounds: bounds)
                    return try await HiddenJoin.Receiver(tokens: sets.first, senderColumns: [shape], parameters: parameters)
                        .run(over: peer, dealer: dealer, check)
                }
                let column = HiddenJoin.Column(name: "value", values: values, bounds: bounds)
                return try await HiddenJoin.Sender(tokens: sets.second, columns: [column], parameters: parameters)
                    .run(over: peer, dealer: dealer, check)
            }
        }
        try report(sourceName, samples.map(\.asOnePhase), ["bits": String(bits), "columns": "1"])
    }
}
