import Arithmetic
import SandboxCore

/// Discrete Gaussian noise whose time, number of random words and memory accesses are the same for every sample: 128 random bits are compared
/// with every entry of a table of tail probabilities. A sample costs 14 sigma comparisons, so sigma is at most 4096.
///
/// Statistical distance from `DiscreteGaussian`: below 2^-110, from entries rounded to 2^-128 and the tail beyond the last (below 2^-128).
public struct ConstantTimeGaussian: IntegerLaw {
    public static let maximumSigma = 4096
    public let sigmaSquared: Rational
    /// Entry k: floor(2^128 P[|Z| > k]).
    private let tails: [UInt128]

    public static func == (a: Self, b: Self) -> Bool { a.sigmaSquared == b.sigmaSquared }
    public func hash(into hasher: inout Hasher) { hasher.combine(sigmaSquared) }

    /// Throws `.range` unless 0 < sigma <= 4096.
    public init(sigmaSquared: Rational) throws {
        let law = try DiscreteGaussian(sigmaSquared: sigmaSquared)
        guard sigmaSquared <= Rational(Self.maximumSigma * Self.maximumSigma) else {
            throw YinheError(.range, "constant-time Gaussian noise of sigma above \(Self.maximumSigma)", remedy: "use DiscreteGaussian")
        }
        self.sigmaSquared = sigmaSquared
        // Weights of |Z| = 0, 1, ... in units of 2^-192; every sum of up to 2^17 of them errs by less than 2^18 units.
        var weights: [BigInteger] = [.one << 192]
        while weights.last!.bitWidth > 192 - 160 {
            let (numerator, denominator) = law.exponent(of: Int64(weights.count))
            weights.append(ExactExponential.bounds(minus: numerator, over: denominator, bits: 192).lower * 2)
        }
        let total = weights.reduce(BigInteger.zero, +)
        var tail = BigInteger.zero, tails: [UInt128] = []
        for weight in weights.dropFirst().reversed() {
            tail += weight
            tails.append(((tail << 128) / total).uint128!)
        }
        self.tails = tails.reversed()
    }

    public func draw(from stream: inout WordStream) -> Int64 {
        let (low, high) = (stream.word(), stream.word())
        let uniform = UInt128(high) << 64 | UInt128(low)
        let magnitude = tails.withUnsafeBufferPointer { tails in
            var count: UInt64 = 0
            for tail in tails { count &+= isLess(uniform, tail) }
            return Int64(bitPattern: count)
        }
        let sign = -Int64(stream.word() & 1)
        return (magnitude ^ sign) &- sign
    }
}
