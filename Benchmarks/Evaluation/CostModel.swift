import Foundation
import SandboxCore

/// What an operation costs as a function of its size and of the network, fitted to measurements:
///
///     seconds = fixed + perItem f(size) + bytesFactor 8 bytes / bitsPerSecond + roundsFactor rounds roundTrip
///     bytes   = fixed + perItem f(size),   memory likewise,   rounds = fixed + perDoubling log2(size)
///
/// with f(n) = n or n log2 n, whichever predicts left-out measurements better. All coefficients are at least 0, bytesFactor at least
/// `leastBytesFactor`, and minimise the sum of squared relative errors. The factors absorb what the formula does not know: how much sending overlaps computing and the other
/// direction, and how many turns are a whole round trip.
package struct CostModel: Codable, Sendable, Equatable {
    package enum Growth: String, Codable, Sendable, CaseIterable {
        case linear
        case linearithmic
        func callAsFunction(_ n: Double) -> Double { self == .linear ? n : n * max(1, log2(n)) }
    }

    package var growth: Growth
    package var fixedSeconds: Double
    package var secondsPerItem: Double
    package var bytesFactor: Double
    package var roundsFactor: Double
    package var fixedBytes: Double
    package var bytesPerItem: Double
    package var fixedMemory: Double
    package var memoryPerItem: Double
    package var fixedRounds: Double
    package var roundsPerDoubling: Double

    /// One measurement as the fit sees it.
    package struct Point: Sendable, Equatable {
        package var size: Int
        package var link: Link
        package var seconds: Double
        package var bytes: Double
        package var memory: Double
        package var rounds: Double
        package var parties: Int

        package init(size: Int, link: Link, seconds: Double, bytes: Double, memory: Double, rounds: Double, parties: Int = 2) {
            self.size = size
            self.parties = parties
            self.link = link
            self.seconds = seconds
            self.bytes = bytes
            self.memory = memory
            self.rounds = rounds
        }
    }

    package struct Link: Sendable, Codable, Equatable {
        /// Nil for no limit.
        package var bitsPerSecond: Double?
        /// In seconds.
        package var roundTrip: Double

        package init(bitsPerSecond: Double?, roundTrip: Double) {
            self.bitsPerSecond = bitsPerSecond
            self.roundTrip = roundTrip
        }
    }

    /// Throws `.badInput` when the points do not determine a model: fewer than three, or of fewer than two sizes.
    package init(_ points: [Point]) throws {
        guard points.count >= 3, Set(points.map(\.size)).count >= 2 else {
            throw YinheError(
                .badInput, "\(points.count) measurements of \(Set(points.map(\.size)).count) sizes do not determine a cost formula",
                remedy: "measure at least two sizes and three points: yinhe-bench evaluate --profile standard")
        }
        let candidates = Growth.allCases.map { (Self(points, $0), Self.leaveOneOut(points, $0)) }
        func score(_ errors: [PredictionError]) -> Double {
            errors.isEmpty ? .infinity : errors.reduce(0) { $0 + abs(log($1.ratio)) } / Double(errors.count)
        }
        // Linear, unless the other is clearly better.
        let scores = candidates.map { score($0.1) }
        self = scores[1] < 0.95 * scores[0] ? candidates[1].0 : candidates[0].0
    }

    private init(_ points: [Point], _ growth: Growth) {
        self.growth = growth
        func fit(_ features: (Point) -> [Double], _ value: (Point) -> Double) -> [Double] {
            let used = points.filter { value($0) > 0 }
            // Dividing an equation by its value makes its error relative.
            let rows = used.map { point in features(point).map { $0 / value(point) } }
            let width = features(points[0]).count
            return LeastSquares.nonNegative(rows, [Double](repeating: 1, count: used.count)) ?? [Double](repeating: 0, count: width)
        }
        let size: (Point) -> [Double] = { [1, growth(Double($0.size))] }
        let bytes = fit(size) { $0.bytes }, memory = fit(size) { $0.memory }
        let rounds = fit({ [1, log2(Double(max(1, $0.size)))] }) { $0.rounds }
        // Of time, only what the least transfer leaves is fitted: measurements of one size cannot tell bandwidth from delay where the
        // networks differ in both alike, and must not give the time of many bytes to the delay of few rounds.
        let least = Self.leastBytesFactor(parties: points[0].parties)
        let timed = points.filter { $0.seconds > 0 }
        let seconds = LeastSquares.nonNegative(
            timed.map { p in (size(p) + [Self.transfer(p.bytes, p.link), p.rounds * p.link.roundTrip]).map { $0 / p.seconds } },
            timed.map { max(0, 1 - least * Self.transfer($0.bytes, $0.link) / $0.seconds) }) ?? [0, 0, 0, 0]
        (fixedSeconds, secondsPerItem, roundsFactor) = (seconds[0], seconds[1], seconds[3])
        bytesFactor = least + seconds[2]
        (fixedBytes, bytesPerItem) = (bytes[0], bytes[1])
        (fixedMemory, memoryPerItem) = (memory[0], memory[1])
        (fixedRounds, roundsPerDoubling) = (rounds[0], rounds[1])
    }

    /// Of all bytes, the busiest of the p (p - 1) directed links between p parties carries at least this share.
    package static func leastBytesFactor(parties: Int) -> Double { 1 / Double(max(1, parties * (parties - 1))) }

    private static func transfer(_ bytes: Double, _ link: Link) -> Double { link.bitsPerSecond.map { 8 * bytes / $0 } ?? 0 }

    package func predict(size: Int, link: Link) -> CostPrediction {
        let n = Double(size), f = growth(n)
        let bytes = fixedBytes + bytesPerItem * f, rounds = fixedRounds + roundsPerDoubling * log2(max(1, n))
        let computing = fixedSeconds + secondsPerItem * f
        let transfer = bytesFactor * Self.transfer(bytes, link), delay = roundsFactor * rounds * link.roundTrip
        return CostPrediction(
            seconds: computing + transfer + delay, computingSeconds: computing, transferSeconds: transfer, delaySeconds: delay,
            bytes: bytes, memoryBytes: fixedMemory + memoryPerItem * f, rounds: rounds)
    }

    // MARK: Errors

    /// A prediction of something that was measured and did not take part in the fit.
    package struct PredictionError: Codable, Sendable, Equatable {
        package var size: Int
        package var predictedSeconds: Double
        package var measuredSeconds: Double
        package var ratio: Double { predictedSeconds / measuredSeconds }
    }

    /// Each point predicted from all others, where those still determine a model.
    package static func leaveOneOut(_ points: [Point]) -> [PredictionError] {
        guard let growth = try? CostModel(points).growth else { return [] }
        return leaveOneOut(points, growth)
    }

    private static func leaveOneOut(_ points: [Point], _ growth: Growth) -> [PredictionError] {
        points.indices.compactMap { i in
            var others = points
            let point = others.remove(at: i)
            return error(point, from: others, growth)
        }
    }

    /// The points of the largest size predicted from smaller sizes alone: the error of extrapolating. Empty when those do not
    /// determine a model.
    package static func leaveLargestOut(_ points: [Point]) -> [PredictionError] {
        guard let largest = points.map(\.size).max(), let growth = try? CostModel(points).growth else { return [] }
        let others = points.filter { $0.size < largest }
        return points.filter { $0.size == largest }.compactMap { error($0, from: others, growth) }
    }

    private static func error(_ point: Point, from others: [Point], _ growth: Growth) -> PredictionError? {
        guard others.count >= 3, Set(others.map(\.size)).count >= 2 else { return nil }
        let seconds = CostModel(others, growth).predict(size: point.size, link: point.link).seconds
        return PredictionError(size: point.size, predictedSeconds: seconds, measuredSeconds: point.seconds)
    }
}

package struct CostPrediction: Codable, Sendable, Equatable {
    package var seconds: Double
    /// Parts of `seconds`.
    package var computingSeconds: Double
    package var transferSeconds: Double
    package var delaySeconds: Double
    package var bytes: Double
    package var memoryBytes: Double
    package var rounds: Double

    /// Three significant digits.
    package static func rounded(_ x: Double) -> String {
        guard x != 0, x.isFinite else { return "0" }
        let digits = max(0, 2 - Int(floor(log10(abs(x)))))
        let scale = pow(10, Double(min(digits, 9)))
        let value = (x * scale).rounded() / scale
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
