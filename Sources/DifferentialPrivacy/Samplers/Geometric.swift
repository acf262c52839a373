import Arithmetic
import SandboxCore

/// The geometric law P[X = x] = (1 - q) q^x on x >= 0 with q = exp(-1 / scale), sampled exactly as the magnitude of `DiscreteLaplace` is.
public struct Geometric: ScaledLaw {
    public let scale: Rational

    /// Limits and errors of `DiscreteLaplace.init(scale:)`.
    public init(scale: Rational) throws { self.scale = try DiscreteLaplace(scale: scale).scale }

    /// q / (1 - q)^2.
    public var variance: Double { DiscreteLaplace.halfVariance(scale.approximation) }

    public func draw(from stream: inout WordStream) -> Int64 {
        Self.draw(t: UInt128(scale.numerator), s: UInt128(scale.denominator), from: &stream)
    }

    public func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) { fillByWidth(out, from: &stream) }

    @inline(__always)
    package static func draw<T: SamplerWord>(t: T, s: T, from stream: inout WordStream) -> Int64 {
        while true {
            if let y = stream.geometric(t: t, s: s), let sample = Int64(exactly: y) { return sample }
        }
    }
}

/// A law that is drawn from a scale t / s, in 64 bits where they are enough.
package protocol ScaledLaw: IntegerLaw {
    var scale: Rational { get }
    static func draw<T: SamplerWord>(t: T, s: T, from stream: inout WordStream) -> Int64
}

extension ScaledLaw {
    @inline(__always)
    package func fillByWidth(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) {
        // X = U + t V fits a word when t <= 2^56 and V < 255, that is except with probability exp(-255).
        if scale.numerator <= 1 << 56, let s = UInt64(exactly: scale.denominator) {
            let t = UInt64(scale.numerator)
            for i in out.indices { out[i] = Self.draw(t: t, s: s, from: &stream) }
        } else {
            let t = UInt128(scale.numerator), s = UInt128(scale.denominator)
            for i in out.indices { out[i] = Self.draw(t: t, s: s, from: &stream) }
        }
    }
}
