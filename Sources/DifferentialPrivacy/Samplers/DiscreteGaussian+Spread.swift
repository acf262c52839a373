import Arithmetic
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension DiscreteGaussian {
    private var sigma: Double { sigmaSquared.approximation.squareRoot() }

    /// Up to this sigma the sums below run over every integer that matters; above, the error of the integral is below 10^-7.
    private static let summedSigma = 512.0

    /// Weights exp(-z^2 / (2 sigma^2)) of z = 0, 1, ... up to where they vanish.
    private var weights: [Double] {
        let scale = -1 / (2 * sigmaSquared.approximation)
        return (0...Int(40 * sigma) + 1).map { exp(scale * Double($0) * Double($0)) }
    }

    public var variance: Double {
        // Above sigma = 4 the difference from sigma^2 is a factor of 1 - 10^-133.
        guard sigma < 4 else { return sigmaSquared.approximation }
        let weights = weights
        let total = 2 * weights.dropFirst().reduce(0, +) + 1
        return 2 * weights.enumerated().reduce(0) { $0 + Double($1.offset) * Double($1.offset) * $1.element } / total
    }

    /// P[noise = x].
    package func probability(of x: Double) -> Double {
        let total = sigma < 4 ? 2 * weights.dropFirst().reduce(0, +) + 1 : sigma * (2 * Double.pi).squareRoot()
        return exp(-x * x / (2 * sigmaSquared.approximation)) / total
    }

    /// P[noise > k] for k >= -1.
    package func upperTail(above k: Double) -> Double {
        guard sigma <= Self.summedSigma else { return erfc((k + 0.5) / (sigma * 2.0.squareRoot())) / 2 }
        let weights = weights, first = Int(k) + 1
        guard first < weights.count else { return 0 }
        return weights[first...].reversed().reduce(0, +) / (2 * weights.dropFirst().reversed().reduce(0, +) + 1)
    }

    /// The spread of one sample.
    public func spread(confidence: Double = 0.95) -> NoiseSpread {
        guard sigma <= Self.summedSigma else {
            return NoiseSpread(standardDeviation: variance.squareRoot(), confidence: confidence) { upperTail(above: $0) }
        }
        // Entry k: the weight of k and all beyond, so that the search adds nothing up.
        var tails = weights
        for k in tails.indices.dropLast().reversed() { tails[k] += tails[k + 1] }
        let total = 2 * tails[1] + 1
        return NoiseSpread(standardDeviation: variance.squareRoot(), confidence: confidence) { k in
            Int(k) + 1 < tails.count ? tails[Int(k) + 1] / total : 0
        }
    }
}
