#ifndef YINHE_MONT_LANES_MODULUS_H
#define YINHE_MONT_LANES_MODULUS_H

// Inside CKernels: what the lanes kernels share.
#include "include/mont_lanes.h"
#include "montgomery.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES_TARGET __attribute__((target("avx2,fma")))
#define LANES_INLINE LANES_TARGET __attribute__((always_inline)) static inline

#define DIGIT_BITS 51
#define DIGIT_MASK ((1ll << DIGIT_BITS) - 1)
/// Anchors of the two parts of a product of digits (mont_lanes_tiles.h) and their bit patterns.
#define HIGH 0x1.8p103
#define LOW 0x1.8p52
#define HIGH_PATTERN 0x4668000000000000ull
#define LOW_PATTERN 0x4338000000000000ull
/// Columns of a product computed at once.
enum { TILE = 8 };

/// Digits of a 12288-bit modulus with the two bits to spare that make R > 4n.
#define LANES_MAX_DIGITS 241

// Carries. A column may be negative, and AVX2 has no arithmetic shift: 2^62 is added before the shift and its share of the carry,
// 2^11, taken off the next column; both sit in `once` and `twice`.
#define LANES_BIAS (1ll << 62)
#define LANES_BIAS_CARRY (LANES_BIAS >> DIGIT_BITS)

struct lanes_modulus {
    size_t limbs, digits;
    uint64_t *words;          // n
    const __m256d *n;         // n, -n^-1 mod R, R mod n, R^2 mod n: `digits` vectors each, all lanes alike
    const __m256d *n_prime;
    const __m256d *one;
    const __m256d *r_squared;
    const int64_t *once;      // per column: minus the constants in its bit patterns, plus the bias of the carries
    const int64_t *twice;     // the same for columns that hold a b and q n
    void *memory;
    size_t bytes;
};

/// Where a multiplication keeps its columns and digits; `columns` and `quotient` reach TILE places below their start.
typedef struct {
    __m256i *columns, *quotient;
    __m256d *low, *q;
} lanes_scratch;

/// The tail is for words on their way to rows.
static inline size_t lanes_scratch_vectors(size_t digits, size_t limbs) { return 5 * digits + 8 * TILE + limbs; }

static inline lanes_scratch lanes_scratch_of(void *memory, size_t digits) {
    __m256i *at = memory;
    lanes_scratch s;
    s.columns = at + TILE;
    s.quotient = s.columns + 2 * digits + 3 * TILE;
    s.low = (__m256d *)(s.quotient + digits + 2 * TILE);
    s.q = s.low + digits;
    return s;
}

/// The double of an integer in [0, 2^52), and back.
LANES_INLINE __m256d to_double(__m256i v) {
    const __m256d anchor = _mm256_set1_pd(0x1p52);
    return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(v), anchor), anchor);
}

LANES_INLINE __m256i to_integer(__m256d v) {
    const __m256d anchor = _mm256_set1_pd(0x1p52);
    return _mm256_castpd_si256(_mm256_xor_pd(_mm256_add_pd(v, anchor), anchor));
}

/// The number 1, not in Montgomery form, in every lane.
void lanes_plain_one(const lanes_modulus *m, void *group);

#endif
#endif
