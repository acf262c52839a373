import Arithmetic
import SandboxCore

/// Count, sum, mean and variance of one column with declared bounds, each with exact integer noise.
public struct BoundedQueries: Hashable, Sendable {
    public let unit: PrivacyUnit
    public let noise: AdditiveNoise
    public let confidence: Double

    /// `noise` is what one call of a method costs. Throws `.range` for a confidence outside 0 ..< 1.
    public init(unit: PrivacyUnit, noise: AdditiveNoise, confidence: Double = 0.95) throws {
        guard confidence >= 0, confidence < 1 else {
            throw YinheError(.range, "a confidence of \(confidence)", remedy: "use a number such as 0.95")
        }
        self.unit = unit
        self.noise = noise
        self.confidence = confidence
    }

    /// The number of rows.
    public func count(_ rows: Int) throws -> PrivateRelease<PrivateEstimate> { try count(rows, random: BufferedRandom()) }

    package func count(_ rows: Int, random: some RandomSource) throws -> PrivateRelease<PrivateEstimate> {
        let law = try noise.law(VectorSensitivity(each: Int128(unit.rowsPerSubject)))
        var stream = WordStream(random)
        let value = try law.noised([Int128(rows)], from: &stream)[0]
        return release(PrivateEstimate(value, law.spread(confidence: confidence)), "count, \(law.name)")
    }

    /// The sum of the values, in the column's unit.
    public func sum(_ values: some Sequence<Double>, on grid: ValueGrid) throws -> PrivateRelease<PrivateEstimate> {
        try sum(values, on: grid, random: BufferedRandom())
    }

    package func sum(
        _ values: some Sequence<Double>, on grid: ValueGrid, random: some RandomSource
    ) throws -> PrivateRelease<PrivateEstimate> {
        let sensitivity = try Sensitivity.sum(of: grid.bounds, rowsPerSubject: unit.rowsPerSubject, relation: unit.neighbours)
        let law = try noise.law(VectorSensitivity(each: sensitivity.l1))
        var stream = WordStream(random)
        let total = grid.place(values).indices.reduce(Int128(0)) { $0 + Int128($1) }
        let value = try law.noised([total], from: &stream)[0]
        return release(PrivateEstimate(value, law.spread(confidence: confidence), unit: grid.value(of: 1)), "bounded sum, \(law.name)")
    }

    /// The mean, from a noised count and a noised sum of distances from the middle of the bounds, half the cost each. Nil when the noised count is
    /// below one. The interval covers both noises (each at half the error).
    public func mean(_ values: some Sequence<Double>, on grid: ValueGrid) throws -> PrivateRelease<PrivateEstimate?> {
        try mean(values, on: grid, random: BufferedRandom())
    }

    package func mean(
        _ values: some Sequence<Double>, on grid: ValueGrid, random: some RandomSource
    ) throws -> PrivateRelease<PrivateEstimate?> {
        let moments = try moments(values, grid, powers: 1, random)
        let mean = moments.ratio(1).map { $0.mapped { grid.value(of: $0 + Double(grid.middle)) } }
        return release(mean.map { clamped($0, grid) }, "mean of a count and a centred sum, \(moments.name)", "basic composition of 2 parts")
    }

    /// The population variance, from noised counts, centred sums and centred sums of squares, a third of the cost each. Nil when the noised count
    /// is below one. The interval covers all three noises; both ends are at least zero.
    public func variance(_ values: some Sequence<Double>, on grid: ValueGrid) throws -> PrivateRelease<PrivateEstimate?> {
        try variance(values, on: grid, random: BufferedRandom())
    }

    package func variance(
        _ values: some Sequence<Double>, on grid: ValueGrid, random: some RandomSource
    ) throws -> PrivateRelease<PrivateEstimate?> {
        let moments = try moments(values, grid, powers: 2, random)
        let unitSquared = grid.value(of: 1) * grid.value(of: 1)
        var variance: PrivateEstimate?
        if let first = moments.ratio(1), let second = moments.ratio(2) {
            let least = first.lower <= 0 && first.upper >= 0 ? 0 : min(first.lower * first.lower, first.upper * first.upper)
            let most = max(first.lower * first.lower, first.upper * first.upper)
            variance = PrivateEstimate(
                value: max(0, second.value - first.value * first.value) * unitSquared, lower: max(0, second.lower - most) * unitSquared,
                upper: max(0, second.upper - least) * unitSquared, confidence: confidence)
        }
        return release(
            variance, "variance from a count and two centred sums, \(moments.name)", "basic composition of 3 parts")
    }

    /// Noised sums of powers 0 ... powers of the distance from the middle, in steps.
    private struct Moments {
        let estimates: [PrivateEstimate]
        let name: String

        /// Moment k over the count, an interval for the quotient of two intervals.
        func ratio(_ k: Int) -> PrivateEstimate? {
            let count = estimates[0], sum = estimates[k]
            guard count.value >= 1 else { return nil }
            let low = max(1, count.lower), high = max(1, count.upper)
            let ends = [sum.lower / low, sum.lower / high, sum.upper / low, sum.upper / high]
            return PrivateEstimate(value: sum.value / count.value, lower: ends.min()!, upper: ends.max()!, confidence: sum.confidence)
        }
    }

    private func moments(
        _ values: some Sequence<Double>, _ grid: ValueGrid, powers: Int, _ random: some RandomSource
    ) throws -> Moments {
        let part = try noise.part(Rational(1, over: Int128(powers + 1)))
        let widest = Int128(grid.bounds.upperBound - grid.middle), rows = Int128(unit.rowsPerSubject)
        // A replaced row moves the sum from one end to the other, but may also appear or vanish: never less than one row's worth.
        let width = unit.neighbours == .replace ? 2 * widest : widest
        guard widest <= 1 << 40 else {
            throw YinheError(.range, "a mean or variance over more than 2^41 steps", remedy: "use a coarser step")
        }
        let each = [1, max(1, width), max(1, widest * widest)]
        var sums = [Int128](repeating: 0, count: powers + 1)
        for i in grid.place(values).indices {
            let x = Int128(i - grid.middle)
            sums[0] += 1
            sums[1] += x
            if powers > 1 { sums[2] += x * x }
        }
        var stream = WordStream(random)
        // Each of the parts may be off with its share of the error.
        let confidence = 1 - (1 - confidence) / Double(powers + 1)
        var estimates: [PrivateEstimate] = [], names: [String] = []
        for (sum, each) in zip(sums, each) {
            let law = try part.law(VectorSensitivity(each: each * rows))
            estimates.append(PrivateEstimate(try law.noised([sum], from: &stream)[0], law.spread(confidence: confidence)))
            names.append(law.name)
        }
        return Moments(estimates: estimates, name: names.joined(separator: "; "))
    }

    /// A mean lies within the bounds: post-processing.
    private func clamped(_ mean: PrivateEstimate, _ grid: ValueGrid) -> PrivateEstimate {
        let low = grid.value(of: Double(grid.bounds.lowerBound)), high = grid.value(of: Double(grid.bounds.upperBound))
        func clamp(_ x: Double) -> Double { min(max(x, low), high) }
        return PrivateEstimate(value: clamp(mean.value), lower: clamp(mean.lower), upper: clamp(mean.upper), confidence: confidence)
    }

    private func release<T>(_ value: T, _ mechanism: String, _ composition: String = "one release") -> PrivateRelease<T> {
        PrivateRelease(
            value: value,
            statement: PrivacyStatement(
                unit: unit.name, neighbours: unit.neighbours, cost: noise.cost, mechanism: mechanism, composition: composition))
    }
}
