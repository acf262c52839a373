import Arithmetic
import SandboxCore

/// The k candidates with the greatest scores, privately: k choices one after the other, each without the ones before and at epsilon / k
/// (basic composition). The order is the order of choice.
public struct TopK: Hashable, Sendable {
    public let k: Int
    public let epsilon: Rational
    private let selection: PrivateSelection

    /// Parameters as of `PrivateSelection`; `epsilon` is the cost of all k choices. Throws `.range` for k < 1.
    public init(
        _ k: Int, epsilon: Rational, sensitivity: Int64 = 1, isMonotone: Bool = false,
        mechanism: PrivateSelection.Mechanism = .permuteAndFlip
    ) throws {
        guard k >= 1 else { throw YinheError(.range, "the top \(k) candidates", remedy: "ask for one or more") }
        self.k = k
        self.epsilon = epsilon
        selection = try PrivateSelection(
            epsilon: epsilon / Rational(k), sensitivity: sensitivity, isMonotone: isMonotone, mechanism: mechanism)
    }

    public var cost: PrivacyCost { .pure(epsilon: epsilon) }

    /// Indices of the chosen candidates. Throws `.range` for fewer than k candidates.
    public func choose(_ scores: [Int64]) throws -> [Int] { try choose(scores, random: BufferedRandom()) }

    package func choose(_ scores: [Int64], random: some RandomSource) throws -> [Int] {
        guard scores.count >= k else {
            throw YinheError(.range, "the top \(k) of \(scores.count) candidates", remedy: "declare more candidates or ask for fewer")
        }
        var stream = WordStream(random)
        var left = Array(scores.indices)
        return try (0..<k).map { _ in
            let at = try selection.choose(left.map { scores[$0] }, from: &stream)
            left.swapAt(at, left.count - 1)
            return left.removeLast()
        }
    }
}

/// The index of the greatest score after noise (Dwork and Roth, section 3.3): discrete Laplace noise of scale 2D / epsilon, or D / epsilon for monotone
/// scores; ties are broken at random, which on integers matters. `PrivateSelection` chooses better at the same cost; this is for comparison with
/// systems that use it.
public struct ReportNoisyMax: Hashable, Sendable {
    public let epsilon: Rational
    private let law: DiscreteLaplace

    public init(epsilon: Rational, sensitivity: Int64 = 1, isMonotone: Bool = false) throws {
        let one = try PrivateSelection(epsilon: epsilon, sensitivity: sensitivity, isMonotone: isMonotone)
        self.epsilon = one.epsilon
        law = try DiscreteLaplace(scale: Rational(Int128(sensitivity) * (isMonotone ? 1 : 2)) / epsilon)
    }

    public var cost: PrivacyCost { .pure(epsilon: epsilon) }

    public func choose(_ scores: [Int64]) throws -> Int { try choose(scores, random: BufferedRandom()) }

    package func choose(_ scores: [Int64], random: some RandomSource) throws -> Int {
        guard !scores.isEmpty else {
            throw YinheError(.range, "a private choice among no candidates", remedy: "declare the candidates")
        }
        var stream = WordStream(random)
        var best = Int128.min, ties: [Int] = []
        for (i, score) in scores.enumerated() {
            let noised = Int128(score) + Int128(law.draw(from: &stream))
            if noised > best { (best, ties) = (noised, [i]) } else if noised == best { ties.append(i) }
        }
        return ties[Int(stream.uniform(below: UInt64(ties.count)))]
    }
}
