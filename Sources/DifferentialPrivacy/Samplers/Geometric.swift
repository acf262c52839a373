import Arithmetic
import SandboxCore

/// The geometric law P[X = x] = (1 - q) q^x on x >= 0 with q = exp(-1 / scale), sampled exactly as the magnitude of `DiscreteLaplace` is.
public struct Geometric: IntegerLaw {
    public let scale: Rational

    /// Limits and errors of `DiscreteLaplace.init(scale:)`.
    public init(scale: Rational) throws { self.scale = try DiscreteLaplace(scale: scale).scale }

    /// q / (1 - q)^2.
    public var variance: Double { DiscreteLaplace.halfVariance(scale.approximation) }

    public func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) {
        if scale.numerator <= 1 << 56, let s = UInt64(exactly: scale.denominator) {
            Self.fill(out, t: UInt64(scale.numerator), s: s, from: &stream)
        } else {
            Self.fill(out, t: UInt128(scale.numerator), s: UInt128(scale.denominator), from: &stream)
        }
    }

    public func draw(from stream: inout WordStream) -> Int64 {
        Self.draw(t: UInt128(scale.numerator), s: UInt128(scale.denominator), from: &stream)
    }

    private static func fill<T: SamplerWord>(
        _ out: UnsafeMutableBufferPointer<Int64>, t: T, s: T, from stream: inout WordStream
    ) {
        for i in out.indices { out[i] = draw(t: t, s: s, from: &stream) }
    }

    @inline(__always)
    private static func draw<T: SamplerWord>(t: T, s: T, from stream: inout WordStream) -> Int64 {
        while true {
            if let y = stream.geometric(t: t, s: s), let sample = Int64(exactly: y) { return sample }
        }
    }
}
