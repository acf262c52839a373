import Arithmetic
import SandboxCore

/// Above-threshold, repeated: answers a stream of integer queries with "below" or "above" and pays only for the answers "above"
/// (C. Dwork, A. Roth, "The algorithmic foundations of differential privacy", algorithm 1 and theorem 3.23, discrete noise in the place of
/// continuous; the threshold is noised afresh after every "above", as their algorithm 2 does with basic composition).
///
/// With a sensitivity D and epsilon e for each "above": threshold noise of scale 2D / e, query noise of scale 4D / e, or 2D / e for
/// monotone queries (M. Lyu, D. Su, N. Li, "Understanding the sparse vector technique for differential privacy", VLDB 2017).
/// Halts after the agreed number of answers "above": a further question is an error, never a free answer.
public final class SparseVector {
    public let epsilon: Rational
    public let sensitivity: Int64
    public let threshold: Int64
    /// Answers "above" that are left.
    public private(set) var remaining: Int
    private let thresholdLaw: DiscreteLaplace
    private let queryLaw: DiscreteLaplace
    private var noisyThreshold: Int128
    private var stream: WordStream

    /// `epsilon` is the cost of all `positives` answers together. Throws `.range` for parameters that are not positive.
    public convenience init(epsilon: Rational, positives: Int = 1, sensitivity: Int64 = 1, threshold: Int64, isMonotone: Bool = false) throws {
        try self.init(
            epsilon: epsilon, positives: positives, sensitivity: sensitivity, threshold: threshold, isMonotone: isMonotone,
            random: BufferedRandom())
    }

    package init(
        epsilon: Rational, positives: Int = 1, sensitivity: Int64 = 1, threshold: Int64, isMonotone: Bool = false,
        random: some RandomSource
    ) throws {
        guard try PrivacyLoss(epsilon: epsilon).epsilon.isPositive, positives >= 1, sensitivity >= 1 else {
            throw YinheError(
                .range, "a sparse vector with epsilon \(epsilon), \(positives) positive answers and sensitivity \(sensitivity)",
                remedy: "all three must be positive")
        }
        self.epsilon = epsilon
        self.sensitivity = sensitivity
        self.threshold = threshold
        remaining = positives
        let scale = try Rational(Int128(sensitivity) * 2) * Rational(positives) / epsilon
        thresholdLaw = try DiscreteLaplace(scale: scale)
        queryLaw = try DiscreteLaplace(scale: isMonotone ? scale : 2 * scale)
        stream = WordStream(random)
        noisyThreshold = Int128(threshold) + Int128(thresholdLaw.draw(from: &stream))
    }

    /// Whether the noised answer reaches the noised threshold. Throws `.budget` when all positive answers have been given.
    public func isAbove(_ answer: Int64) throws -> Bool {
        guard remaining > 0 else {
            throw YinheError(
                .budget, "the sparse vector has given all its positive answers", remedy: "start a new one, at its own cost")
        }
        guard Int128(answer) + Int128(queryLaw.draw(from: &stream)) >= noisyThreshold else { return false }
        remaining -= 1
        if remaining > 0 { noisyThreshold = Int128(threshold) + Int128(thresholdLaw.draw(from: &stream)) }
        return true
    }

    public var cost: PrivacyCost { .pure(epsilon: epsilon) }
}
