import Arithmetic

/// Exact output probabilities of selection mechanisms on scores of sensitivity 1.
package enum ExactSelection {
    /// Proportional to exp(epsilon q / 2) (F. McSherry, K. Talwar, 2007); also the noisy maximum with Gumbel noise.
    package static func exponential(_ scores: [BigReal], epsilon: BigReal, index: Int) -> BigReal {
        let weights = self.weights(scores, epsilon)
        return weights[index] / weights.reduce(BigReal(0, precision: epsilon.precision), +)
    }

    /// R. McKenna, D. Sheldon, "Permute-and-flip", 2020: w_i sum over subsets S of the others of (-1)^|S| prod w_S / (|S| + 1), by
    /// elementary symmetric polynomials.
    package static func permuteAndFlip(_ scores: [BigReal], epsilon: BigReal, index: Int) -> BigReal {
        let p = epsilon.precision
        let weights = self.weights(scores, epsilon)
        var symmetric = [BigReal(1, precision: p)]
        for (j, w) in weights.enumerated() where j != index {
            symmetric.append(BigReal(0, precision: p))
            for k in stride(from: symmetric.count - 1, to: 0, by: -1) { symmetric[k] += symmetric[k - 1] * w }
        }
        var sum = BigReal(0, precision: p)
        for (k, e) in symmetric.enumerated() { sum += (k & 1 == 0 ? e : -e) / (k + 1) }
        return weights[index] * sum
    }

    /// The largest score with Laplace noise of scale 2 / epsilon added to each.
    package static func laplaceNoisyMax(_ scores: [BigReal], epsilon: BigReal, index: Int) -> BigReal {
        let others = scores.enumerated().filter { $0.offset != index }.map { PiecewiseExponential.Factor(centre: $0.element) }
        return PiecewiseExponential.integral(centre: scores[index], ratio: 1, scale: 2 / epsilon, factors: others)
    }

    /// AboveThreshold with one positive answer (C. Dwork, A. Roth, "The algorithmic foundations of differential privacy",
    /// algorithm 1): threshold noise Laplace(2 / epsilon), query noise Laplace(4 / epsilon). Index nil: no query is above.
    package static func aboveThreshold(queries: [BigReal], threshold: BigReal, epsilon: BigReal, index: Int?) -> BigReal {
        // With z the threshold's noise, query j stays below with probability F((threshold + z - q_j) / scale).
        var factors = queries.prefix(index ?? queries.count).map { PiecewiseExponential.Factor(centre: $0 - threshold) }
        if let index { factors.append(PiecewiseExponential.Factor(centre: queries[index] - threshold, upper: true)) }
        return PiecewiseExponential.integral(
            centre: BigReal(0, precision: epsilon.precision), ratio: 2, scale: 4 / epsilon, factors: factors)
    }

    private static func weights(_ scores: [BigReal], _ epsilon: BigReal) -> [BigReal] {
        let best = scores.max()!
        return scores.map { BigReal.exp(epsilon * ($0 - best) / 2) }
    }
}

/// Selection of partitions whose keys are not public, for users who each touch at most l0 partitions.
package enum ExactPartitionSelection {
    /// 1 - (1 - delta)^(1 / l0).
    package static func perPartition(delta: BigReal, l0: Int) -> BigReal { -BigReal.expm1(BigReal.log1p(-delta) / l0) }

    /// The count from which a partition is kept with Laplace noise of scale l0 / epsilon.
    package static func laplaceThreshold(epsilon: BigReal, delta: BigReal, l0: Int) -> BigReal {
        let d = perPartition(delta: delta, l0: l0), b = l0 / epsilon
        let half = BigReal(1, precision: d.precision).scaled(byPowerOfTwo: -1)
        return d <= half ? 1 - b * BigReal.log(2 * d) : 1 + b * BigReal.log(2 * (1 - d))
    }

    package static func laplaceKeep(epsilon: BigReal, delta: BigReal, l0: Int, count: Int) -> BigReal {
        let x = (laplaceThreshold(epsilon: epsilon, delta: delta, l0: l0) - count) * epsilon / l0
        return x.signum >= 0 ? BigReal.exp(-x) / 2 : 1 - BigReal.exp(x) / 2
    }

    /// Half of delta for the noise, at L2 sensitivity sqrt(l0).
    package static func gaussianSigma(epsilon: BigReal, delta: BigReal, l0: Int) -> BigReal {
        AnalyticGaussian.sigma(epsilon: epsilon, delta: delta / 2) * BigReal(l0, precision: epsilon.precision).squareRoot
    }

    /// The other half for the threshold: 1 + sigma z with P[N > z] = 1 - (1 - delta / 2)^(1 / l0).
    package static func gaussianThreshold(epsilon: BigReal, delta: BigReal, l0: Int) -> BigReal {
        let target = perPartition(delta: delta / 2, l0: l0)
        return 1 + gaussianSigma(epsilon: epsilon, delta: delta, l0: l0) * upperQuantile(target)
    }

    private static func upperQuantile(_ target: BigReal) -> BigReal {
        let p = target.precision
        var (low, high) = (-40.0, 40.0)
        let logTarget = BigReal.log(target)
        // ln(1 - Phi(x)) in double precision by the same function at 64 bits.
        for _ in 0..<50 {
            let middle = (low + high) / 2
            let tail = BigReal.normalCDF(BigReal(exactly: -middle, precision: 96))
            if BigReal.log(tail) > logTarget.rounded(to: 96) { low = middle } else { high = middle }
        }
        return AnalyticGaussian.newton(BigReal(exactly: high, precision: p)) { x in
            let tail = BigReal.normalCDF(-x)
            let density = BigReal.exp(-(x * x) / 2) / (2 * BigReal.pi(p)).squareRoot
            return (BigReal.log(tail) - logTarget) * tail / -density
        }
    }

    /// D. Desfontaines, J. Voss, B. Gipson, C. Mandayam, "Differentially private partition selection", 2022, definition 1: the
    /// optimal p(n + 1) = min(e^e p(n) + d, 1 - e^-e (1 - p(n) - d), 1) with e = epsilon / l0 and d per partition.
    package static func optimalKeep(epsilon: BigReal, delta: BigReal, l0: Int, count: Int) -> BigReal {
        let d = perPartition(delta: delta, l0: l0), growth = BigReal.exp(epsilon / l0)
        let one = BigReal(1, precision: d.precision)
        var keep = BigReal(0, precision: d.precision)
        for _ in 0..<count {
            keep = min(growth * keep + d, 1 - (1 - keep - d) / growth, one)
            if keep == one { break }
        }
        return keep
    }
}
