import Arithmetic
import SandboxCore

/// A probability law on the integers that can be sampled exactly. Each law says what it deviates by, if at all, and what the time of
/// a draw tells.
public protocol IntegerLaw: Hashable, Sendable {
    /// One sample, a function of the words of `stream`.
    func draw(from stream: inout WordStream) -> Int64

    /// Fills `out` with independent samples.
    func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream)
}

extension IntegerLaw {
    public func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) {
        for i in out.indices { out[i] = draw(from: &stream) }
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
            try! Parallel.forEachChunk(of: count, chunk: 1 << 16, threads: threads) { range in
                var stream = WordStream(BufferedRandom())
                fill(UnsafeMutableBufferPointer(start: out.base + range.lowerBound, count: range.count), from: &stream)
            }
            initialized = count
        }
    }

    /// As `samples(_:threads:)`, from the words of `random`.
    package func samples(_ count: Int, random: some RandomSource) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            var stream = WordStream(random)
            fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]), from: &stream)
            initialized = count
        }
    }
}

/// A law with probabilities proportional to exp(-g(x)) for a rational g >= 0 that is even and grows with |x|.
package protocol ExponentialLaw: IntegerLaw {
    /// g(x), not necessarily in lowest terms.
    func exponent(of x: Int64) -> (numerator: BigInteger, denominator: BigInteger)
    /// Roughly the scale of the law: steers the choice between two exact ways to sample.
    var typicalMagnitude: Double { get }
}
