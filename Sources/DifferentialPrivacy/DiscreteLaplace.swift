import Arithmetic
import SandboxCore

/// The discrete Laplace law on the integers, P[Z = z] = (1 - q) / (1 + q) * q^|z| with q = exp(-1 / scale), sampled exactly:
/// C. Canonne, G. Kamath, T. Steinke, arXiv 2004.00010, Algorithm 2.
///
/// Integers only, no floating point, no table: the sampler follows Protocols/discrete-laplace.md, which proves each step
/// exact. The one deviation from the ideal law: a sample outside `Int64` is drawn again; its probability is below 2^-183.
/// The time a sample takes depends on its magnitude (one step more per multiple of the scale): whoever can time the drawing
/// of one noise value to a few nanoseconds learns something about it. Draw where the other party cannot watch the clock.
public struct DiscreteLaplace: Hashable, Sendable {
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

    /// One sample.
    public func sample() -> Int64 { samples(1)[0] }

    /// `count` independent samples, drawn from the operating system's generator through AES-256-CTR, one per thread.
    /// Synchronous: from async code go through a thread of your own when `count` is in the millions.
    public func samples(_ count: Int, threads: Int = 1) -> [Int64] {
        precondition(count >= 0)
        return [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            let out = DisjointBuffer(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
            // The body does not throw.
            try! Parallel.forEachChunk(of: count, chunk: Self.chunk, threads: threads) { range in
                let part = UnsafeMutableBufferPointer(start: out.base + range.lowerBound, count: range.count)
                fill(part, random: BufferedRandom())
            }
            initialized = count
        }
    }

    private static let chunk = 1 << 16

    /// As `samples(_:threads:)`, from the words of `random`: the samples are a function of its bytes.
    package func samples(_ count: Int, random: some RandomSource) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]), random: random)
            initialized = count
        }
    }

    private func fill<Source: RandomSource>(_ out: UnsafeMutableBufferPointer<Int64>, random: Source) {
        var stream = WordStream(random)
        // X = U + t V fits a word when t <= 2^56 and V < 255, that is except with probability exp(-255).
        if scale.numerator <= 1 << 56, let s = UInt64(exactly: scale.denominator) {
            Self.fill(out, t: UInt64(scale.numerator), s: s, from: &stream)
        } else {
            Self.fill(out, t: UInt128(scale.numerator), s: UInt128(scale.denominator), from: &stream)
        }
    }

    private static func fill<T: SamplerWord, Source>(
        _ out: UnsafeMutableBufferPointer<Int64>, t: T, s: T, from stream: inout WordStream<Source>
    ) {
        for i in out.indices { out[i] = draw(t: t, s: s, from: &stream) }
    }

    /// One sample of scale t / s.
    @inline(__always)
    private static func draw<T: SamplerWord, Source>(t: T, s: T, from stream: inout WordStream<Source>) -> Int64 {
        while true {
            // U in 0 ..< t with P[U = u] proportional to exp(-u / t).
            var u: T = 0
            if t > 1 {
                u = stream.uniform(below: t)
                guard stream.bernoulliExp(minus: u, over: t) else { continue }
            }
            // V with P[V >= v] = exp(-v): X = U + t V is geometric, P[X >= x] = exp(-x / t), and so is Y = floor(X / s).
            var v: T = 0
            while stream.bernoulliExpMinusOne() { v += 1 }
            let (multiple, overflowMultiple) = t.multipliedReportingOverflow(by: v)
            let (x, overflowSum) = multiple.addingReportingOverflow(u)
            let y = s == 1 ? x : x / s
            let negative = stream.bit()
            // Zero has one sign only, or it would come out twice as often.
            if negative && y == 0 { continue }
            guard !overflowMultiple, !overflowSum, let magnitude = Int64(exactly: y) else { continue }
            return negative ? -magnitude : magnitude
        }
    }
}
