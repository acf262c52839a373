/// How far noise strays: for reports beside a released value. Floating point, for display only; no decision depends on it.
public struct NoiseSpread: Hashable, Sendable {
    public let standardDeviation: Double
    /// The smallest integer k with P[|noise| <= k] >= confidence: the interval is value - k ... value + k.
    public let halfWidth: Double
    public let confidence: Double

    /// Of a symmetric law on the integers with these tails P[noise > k]. `confidence` must lie in 0 ..< 1.
    package init(standardDeviation: Double, confidence: Double, upperTail: (_ k: Double) -> Double) {
        precondition(confidence >= 0 && confidence < 1)
        let outside = 1 - confidence
        let halfWidth = Self.first { 2 * upperTail($0) <= outside }
        self.init(standardDeviation: standardDeviation, halfWidth: halfWidth, confidence: confidence)
    }
}

extension NoiseSpread {
    /// The first integer k >= 0 at which a tail, which decreases in k, is small enough; exact below 2^50, then to 50 bits.
    static func first(_ isSmall: (_ k: Double) -> Bool) -> Double {
        var (low, high) = (-1.0, 1.0)
        while !isSmall(high) { high *= 2 }
        while high - low > 1, high - low > high * 0x1p-50 {
            let middle = ((low + high) / 2).rounded(.down)
            if isSmall(middle) { high = middle } else { low = middle }
        }
        return high
    }

    private init(standardDeviation: Double, halfWidth: Double, confidence: Double) {
        self.standardDeviation = standardDeviation
        self.halfWidth = halfWidth
        self.confidence = confidence
    }
}
