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
        // The tail decreases in k: bisection for the first k that leaves at most `outside` on both sides.
        var (low, high) = (-1.0, 1.0)
        while 2 * upperTail(high) > outside { high *= 2 }
        while high - low > 1, high - low > high * 0x1p-50 {
            let middle = ((low + high) / 2).rounded(.down)
            if 2 * upperTail(middle) > outside { low = middle } else { high = middle }
        }
        self.init(standardDeviation: standardDeviation, halfWidth: high, confidence: confidence)
    }
}

extension NoiseSpread {
    private init(standardDeviation: Double, halfWidth: Double, confidence: Double) {
        self.standardDeviation = standardDeviation
        self.halfWidth = halfWidth
        self.confidence = confidence
    }
}
