import Evaluation
import Paillier
import SandboxCore

/// Homomorphic encryption and noise.
extension EvaluationPlan {
    /// NIST SP 800-57 part 1 revision 5, table 2.
    private static func strength(_ bits: Int) -> Int { bits >= 3072 ? 128 : 112 }

    var paillier: [EvaluationTask] {
        let keys = profile == .quick ? [3072] : [2048, 3072]
        return keys.flatMap { bits -> [EvaluationTask] in
            let single = floor("none: one party's operation", computational: Self.strength(bits))
            func operation(_ op: PaillierBench.Operation, _ sizes: [Int], unit: String) -> EvaluationTask {
                EvaluationTask(
                    area: .paillier, operation: op.rawValue, command: ["paillier", "--op", op.rawValue, "--bits", "\(bits)"], unit: unit,
                    parameters: ["bits": "\(bits)"], sizes: sizes, moreThreads: profile.moreThreads,
                    checked: "every plaintext, exactly, after decryption", security: single)
            }
            let aggregate = profile.sizes([1_000, 10_000], standard: [50_000], full: [300_000])
            return [
                operation(.encrypt, profile.sizes([500], standard: [4_000]), unit: "ciphertexts"),
                operation(.encryptPacked, profile.sizes([5_000], standard: [50_000]), unit: "values"),
                operation(.decrypt, profile.sizes([200], standard: [1_000]), unit: "ciphertexts"),
                // Whole rounds over the vector, so that the bench measures exactly this size; a short one in `quick`, since opening it
                // takes longer than adding.
                operation(.add, profile.sizes([2_000], standard: [4_096 * 50]), unit: "ciphertexts"),
                EvaluationTask(
                    area: .paillier, operation: "aggregate", command: ["paillier-aggregate", "--bits", "\(bits)"], unit: "values",
                    parameters: ["bits": "\(bits)"], sizes: aggregate, networkSizes: profile.networkSizes(aggregate),
                    networks: profile.networks(quick: ["wan"]), moreThreads: profile.moreThreads,
                    checked: "every sum, exactly, with plain addition", security: floor("semi-honest", computational: Self.strength(bits)),
                    formula: { n in
                        // Three processes: one contributor's file to the aggregator, and the sum to the key's holder.
                        let layout = try PackedLayout(
                            PaillierAggregateBench.values, scale: .integer, additions: 1 << 20, plaintextBits: bits - 1)
                        return (Double(2 * layout.rows(for: n) * bits / 4), "Protocols/encrypted-vectors.md: ciphertexts alone")
                    }),
            ]
        }
    }

    var noise: [EvaluationTask] {
        func law(_ op: NoiseBench.Operation, _ scale: String, _ sizes: [Int], _ adversary: String) -> EvaluationTask {
            EvaluationTask(
                area: .noise, operation: op.rawValue, command: ["noise", "--op", op.rawValue, "--scale", scale], unit: "samples",
                parameters: ["scale": scale], sizes: sizes, moreThreads: profile == .quick ? [] : profile.moreThreads,
                checked: "mean and variance against the law's, in standard errors", error: ("standard_errors", NoiseBench.tolerance),
                security: floor(adversary, computational: nil))
        }
        let fast = profile.sizes([100_000, 1_000_000], standard: [5_000_000], full: [20_000_000])
        let slow = profile.sizes([1_000, 10_000], standard: [50_000], full: [200_000])
        let exact = "none: an exact sampler", constant = "none: a sampler in constant time"
        return [
            law(.laplace, "100", fast, exact), law(.gaussian, "100", fast, exact),
        ] + (profile == .quick ? [] : [
            law(.geometric, "100", fast, exact), law(.staircase, "1", fast, exact),
            law(.constantLaplace, "100", slow, constant), law(.constantGaussian, "100", slow, constant),
        ])
    }
}
