import Foundation

/// A binary linear code of rate 1/2, drawn at random from a public seed, whose generator matrix compresses sparse noise into
/// pseudorandom values (the dual form of learning parity with noise).
public enum LPNCode: String, Sendable, Codable, CaseIterable {
    /// Expand-convolute code with expander rows of weight 7 and a convolution over 24 positions. Fastest.
    case expandConvolute7x24
    /// The same with expander rows of weight 21: fewer noise positions, so fewer bytes, for more time.
    case expandConvolute21x24
    /// A quasi-cyclic (double circulant) code: the most studied assumption, slow. For comparison and for tests.
    case quasiCyclic

    /// The expander's weight w; 0 for codes without an expander.
    package var expanderWeight: Int {
        switch self {
        case .expandConvolute7x24: 7
        case .expandConvolute21x24: 21
        case .quasiCyclic: 0
        }
    }

    /// d/N, the minimum distance that is assumed, relative to the length.
    ///
    /// Expand-convolute: Raghuraman, Rindal, Tanguy (CRYPTO 2023, eprint 2023/882), "pseudo-minimum distance" found by searching
    /// low-weight code words of small instances and extrapolating; an estimate, not a bound. A double circulant code meets
    /// the Gilbert-Varshamov distance 0.11 with overwhelming probability; 0.20 is the value in use for it (Boyle et al.,
    /// CCS 2019), which counts that finding a code word of less is as hard as decoding.
    package var relativeDistance: Double {
        switch self {
        case .expandConvolute7x24: 0.15
        case .expandConvolute21x24, .quasiCyclic: 0.20
        }
    }

    /// The number t of noise positions for `security` bits: the least multiple of 8, at least 40, that meets both bounds below.
    ///
    /// 1. Linear tests. Noise is regular: one uniform nonzero value of F_q in each of t equal blocks. A test of weight d (a code
    ///    word of the code that the compressing matrix generates) sees it with bias prod (1 - q/(q-1) d_i/(N/t)), where block i
    ///    holds d_i of the d; at most (1 - q/(q-1) d/N)^t by the inequality of the means. So t is the integer part of
    ///
    ///        security / -log2(1 - q/(q-1) d/N),
    ///
    ///    rounded up. For q = 2 the factor is 2. A large field has factor 1 and needs more noise: a test of weight d notices the
    ///    noise just when it touches one of the t positions. The integer part is the rounding of eprint 2023/882: at 7x24 and
    ///    q = 2 it gives 248, a bound of 2^-127.6.
    ///
    /// 2. Rank. The s = log2 q bit planes of a noise vector share their positions, and the matrix is binary. Code words that
    ///    vanish outside a set of half the columns (the dimension leaves no smaller set) see only the noise inside; when that is
    ///    less than s positions, the results on all planes have rank below s, which uniform ones have not. The number inside
    ///    is as heads among t coins: t must make P(heads < s) <= 2^-security. Work per trial is not counted.
    ///    (Compare the decoding of interleaved codes, Metzner and Kapturowski, IEEE Trans. IT 36, 1990.) At s = 128 this
    ///    bound decides; at s = 64 the first one does.
    ///
    /// - Parameter fieldBits: log2 q.
    package static func noiseWeight(code: LPNCode, fieldBits: Int, security: Int = 128) -> Int {
        precondition(fieldBits >= 1 && security > 0)
        let q = pow(2, Double(fieldBits))
        let factor = fieldBits >= 53 ? 1 : q / (q - 1)
        let linear = Int(Double(security) / -log2(1 - factor * code.relativeDistance))
        var weight = (max(linear, 40) + 7) / 8 * 8
        while rankBits(weight: weight, planes: fieldBits) < Double(security) { weight += 8 }
        return weight
    }

    /// -log2 of the probability that of `weight` fair coins fewer than `planes` fall heads.
    static func rankBits(weight: Int, planes: Int) -> Double {
        // The terms binomial(weight, i) relative to the last one, the largest below the middle; beyond it there is no bound.
        guard 2 * planes < weight else { return 0 }
        var (logTerm, sum, term) = (0.0, 1.0, 1.0)
        for i in 0..<planes - 1 { logTerm += log2(Double(weight - i) / Double(i + 1)) }
        for i in stride(from: planes - 1, to: 0, by: -1) {
            term *= Double(i) / Double(weight - i + 1)
            sum += term
        }
        return Double(weight) - logTerm - log2(sum)
    }
}
