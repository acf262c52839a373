import Foundation

/// A binary linear code of rate 1/2, drawn at random from a public seed, whose generator matrix compresses sparse noise into
/// pseudorandom values (the dual form of learning parity with noise).
public enum LPNCode: String, Sendable, CaseIterable {
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

    /// The number t of noise positions against all linear tests, for `security` bits.
    ///
    /// Noise is regular: one uniform nonzero value of F_q in each of t equal blocks. A linear test of weight d (a code word of the
    /// code that the compressing matrix generates) sees it with bias prod (1 - q/(q-1) d_i/(N/t)), where block i holds d_i of the
    /// d; at most (1 - q/(q-1) d/N)^t by the inequality of the means. So t is the integer part of
    ///
    ///     security / -log2(1 - q/(q-1) d/N),
    ///
    /// at least 40 (attacks other than linear tests), rounded up to a multiple of 8. For q = 2 the factor is 2; a large field has
    /// factor 1, thus needs more noise, because there no value of weight-d test cancels. The integer part is the rounding of
    /// eprint 2023/882: at 7x24 and q = 2 it gives 248, a bound of 2^-127.6.
    ///
    /// - Parameter fieldBits: log2 q.
    package static func noiseWeight(code: LPNCode, fieldBits: Int, security: Int = 128) -> Int {
        precondition(fieldBits >= 1 && security > 0)
        let q = pow(2, Double(fieldBits))
        let factor = fieldBits >= 53 ? 1 : q / (q - 1)
        let weight = Int(Double(security) / -log2(1 - factor * code.relativeDistance))
        return (max(weight, 40) + 7) / 8 * 8
    }
}
