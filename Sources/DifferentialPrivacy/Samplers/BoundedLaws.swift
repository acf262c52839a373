import Arithmetic
import SandboxCore

/// A law conditioned on a range around zero, sampled exactly: proposals of the law itself when the range holds much of it, else uniform
/// proposals, each kept with probability exp(-g(x)). The number of attempts is independent of the sample.
///
/// Truncation bounds the error of a released value but costs a delta: a neighbouring input can reach values that this one cannot. Account for
/// it as for any law, by its hockey-stick divergence.
public struct Truncated<Law>: IntegerLaw where Law: IntegerLaw {
    public let law: Law
    public let range: ClosedRange<Int64>
    private let sampler: @Sendable (inout WordStream) -> Int64

    public static func == (a: Self, b: Self) -> Bool { a.law == b.law && a.range == b.range }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(law)
        hasher.combine(range)
    }

    public func draw(from stream: inout WordStream) -> Int64 { sampler(&stream) }
}

extension Truncated where Law == DiscreteLaplace {
    /// Throws `.range` unless the range contains zero.
    public init(_ law: DiscreteLaplace, to range: ClosedRange<Int64>) throws { try self.init(exponential: law, range) }
}

extension Truncated where Law == DiscreteGaussian {
    /// Throws `.range` unless the range contains zero.
    public init(_ law: DiscreteGaussian, to range: ClosedRange<Int64>) throws { try self.init(exponential: law, range) }
}

extension Truncated where Law: ExponentialLaw {
    private init(exponential law: Law, _ range: ClosedRange<Int64>) throws {
        guard range.contains(0) else {
            throw YinheError(
                .range, "noise truncated to \(range.lowerBound) ... \(range.upperBound), which does not contain zero",
                remedy: "truncate around zero and shift the result")
        }
        self.law = law
        self.range = range
        let width = range.upperBound.magnitude &+ range.lowerBound.magnitude &+ 1
        // One side of a range wider than four scales is at least two scales: it holds over two fifths of the law.
        if width == 0 || Double(width) > 4 * law.typicalMagnitude {
            sampler = { stream in
                while true {
                    let x = law.draw(from: &stream)
                    if range.contains(x) { return x }
                }
            }
        } else {
            sampler = { stream in
                while true {
                    let x = range.lowerBound + Int64(stream.uniform(below: width))
                    let (numerator, denominator) = law.exponent(of: x)
                    if stream.bernoulliExp(minus: numerator, over: denominator) { return x }
                }
            }
        }
    }
}

/// A law whose samples beyond a range are moved to its ends. The mean moves unless the range is symmetric.
///
/// As additive noise it costs a delta, as `Truncated` does: a neighbour's result can be out of reach. Clamping the noised result to a fixed
/// range instead is post-processing, and changes no guarantee.
public struct Clamped<Law: IntegerLaw>: IntegerLaw {
    public let law: Law
    public let range: ClosedRange<Int64>

    public init(_ law: Law, to range: ClosedRange<Int64>) {
        self.law = law
        self.range = range
    }

    public func draw(from stream: inout WordStream) -> Int64 {
        min(max(law.draw(from: &stream), range.lowerBound), range.upperBound)
    }
}
