import Arithmetic
import SandboxCore

/// Private choice of one candidate by its integer score: two mechanisms, both exact.
///
/// Scores are integers in grid units; `sensitivity` is the most that one subject changes any score by. `isMonotone`: a subject moves all
/// scores the same way (counts under add-or-remove), which halves the noise. The time of a choice depends on the scores: draw it
/// where nobody else watches the clock.
public struct PrivateSelection: Hashable, Sendable {
    public enum Mechanism: String, Codable, Sendable, CaseIterable {
        /// P[i] proportional to exp(epsilon score / (2 sensitivity)) (F. McSherry, K. Talwar, FOCS 2007).
        case exponential
        /// Candidates in random order, each taken with probability exp(-epsilon (best - score) / (2 sensitivity)); never worse than
        /// the exponential mechanism in expected score (R. McKenna, D. Sheldon, NeurIPS 2020). The same law as report-noisy-max with exponential noise
        /// (Z. Ding et al., "The permute-and-flip mechanism is identical to report-noisy-max with exponential noise", 2021).
        case permuteAndFlip = "permute-and-flip"
    }

    public let epsilon: Rational
    public let sensitivity: Int64
    public let isMonotone: Bool
    public let mechanism: Mechanism

    /// Throws `.range` unless 0 < epsilon <= 100 and sensitivity >= 1.
    public init(
        epsilon: Rational, sensitivity: Int64 = 1, isMonotone: Bool = false, mechanism: Mechanism = .permuteAndFlip
    ) throws {
        guard try PrivacyLoss(epsilon: epsilon).epsilon.isPositive else {
            throw YinheError(.range, "epsilon is zero: the choice would be uniform", remedy: "use a positive epsilon such as 0.5")
        }
        _ = try Sensitivity(l1: Int128(sensitivity))
        self.epsilon = epsilon
        self.sensitivity = sensitivity
        self.isMonotone = isMonotone
        self.mechanism = mechanism
    }

    public var loss: PrivacyLoss { try! PrivacyLoss(epsilon: epsilon) }

    /// The index of the chosen candidate. Throws `.range` for no candidates.
    public func choose(_ scores: [Int64]) throws -> Int {
        var stream = WordStream(BufferedRandom())
        return try choose(scores, from: &stream)
    }

    package func choose(_ scores: [Int64], from stream: inout WordStream) throws -> Int {
        guard let best = scores.max() else {
            throw YinheError(.range, "a private choice among no candidates", remedy: "declare the candidates")
        }
        switch mechanism {
        case .exponential:
            while true {
                let i = Int(stream.uniform(below: UInt64(scores.count)))
                if flips(scores[i], best, &stream) { return i }
            }
        case .permuteAndFlip:
            var order = Array(scores.indices)
            for left in stride(from: order.count, to: 0, by: -1) {
                let at = Int(stream.uniform(below: UInt64(left)))
                if flips(scores[order[at]], best, &stream) { return order[at] }
                order.swapAt(at, left - 1)
            }
            preconditionFailure("the best candidate is always taken")
        }
    }

    /// True with probability exp(-epsilon (best - score) / (c sensitivity)), c = 2, or 1 for monotone scores.
    private func flips(_ score: Int64, _ best: Int64, _ stream: inout WordStream) -> Bool {
        if score == best { return true }
        let gap = BigInteger(UInt128(Int128(best) - Int128(score))) * BigInteger(UInt128(epsilon.numerator))
        let unit = BigInteger(UInt128(epsilon.denominator)) * BigInteger(UInt64(sensitivity)) * (isMonotone ? 1 : 2)
        return stream.bernoulliExp(minus: gap, over: unit)
    }
}
