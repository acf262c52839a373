import Arithmetic
import SandboxCore

/// The discrete Laplace law on the integers, P[Z = z] = (1 - q) / (1 + q) * q^|z| with q = exp(-1 / scale), sampled exactly:
/// C. Canonne, G. Kamath, T. Steinke, arXiv 2004.00010, Algorithm 2.
///
/// Integers only, no floating point, no table: the sampler follows Protocols/discrete-laplace.md, which proves each step
/// exact. The one deviation from the ideal law: a sample outside `Int64` is drawn again; its probability is below 2^-183.
/// The time a sample takes depends on its magnitude (one step more per multiple of the scale): whoever can time the drawing
/// of one noise value to a few nanoseconds learns something about it. Draw where the other party cannot watch the clock.
public struct DiscreteLaplace: ExponentialLaw, ScaledLaw {
    /// b in exp(-|z| / b), in units of the value that the noise is added to.
    public let scale: Rational

    /// 2^56: beyond it samples would not fit `Int64` with the stated probability.
    public static let maximumScale = Rational(1 << 56)
    static let maximumNumerator = Int128(1) << 120

    /// Throws `.range` for a scale that is not positive, above 2^56, or whose numerator in lowest terms exceeds 2^120.
    public init(scale: Rational) throws {
        guard scale.isPositive else {
            throw YinheError(
                .range, "the noise scale \(scale) is not positive", remedy: "a scale is sensitivity / epsilon, both above zero")
        }
        guard scale <= Self.maximumScale, scale.numerator <= Self.maximumNumerator else {
            throw YinheError(
                .range, "the noise scale \(scale) is absurd: at most 2^56, with a numerator of at most 2^120",
                remedy: "tighten the declared bounds, raise epsilon, or write epsilon with fewer digits")
        }
        self.scale = scale
    }

    public func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) { fillByWidth(out, from: &stream) }

    public func draw(from stream: inout WordStream) -> Int64 {
        Self.draw(t: UInt128(scale.numerator), s: UInt128(scale.denominator), from: &stream)
    }

    package func exponent(of x: Int64) -> (numerator: BigInteger, denominator: BigInteger) {
        (BigInteger(UInt128(scale.denominator)) * BigInteger(x.magnitude), BigInteger(UInt128(scale.numerator)))
    }
    package var typicalMagnitude: Double { scale.approximation }

    /// One sample of scale t / s.
    @inline(__always)
    package static func draw<T: SamplerWord>(t: T, s: T, from stream: inout WordStream) -> Int64 {
        while true {
            guard let y = stream.geometric(t: t, s: s) else { continue }
            let negative = stream.bit()
            // Zero has one sign only, or it would come out twice as often.
            if negative && y == 0 { continue }
            guard let magnitude = Int64(exactly: y) else { continue }
            return negative ? -magnitude : magnitude
        }
    }
}
