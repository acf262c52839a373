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
/// Digits of a 12288-bit modulus with a few bits to spare.
#define LANES_MAX_DIGITS 242
/// What columns hold before a reduction: their patterns depend on it.
enum lanes_content { LANES_NOTHING, LANES_SQUARE, LANES_PRODUCT, LANES_TWO_PRODUCTS, LANES_CONTENTS };
/// From this many digits on, products take one step of Karatsuba's method; for squares it does not pay.
#define LANES_KARATSUBA_DIGITS 36
/// Columns of a product computed at once.
enum { TILE = 8 };

// Anchors of the two parts of a product of digits (mont_lanes_tiles.c), and their bit patterns.
#define HIGH 0x1.8p103
#define LOW 0x1.8p52
#define HIGH_PATTERN 0x4668000000000000ull
#define LOW_PATTERN 0x4338000000000000ull

// Carries. A column may be negative, and AVX2 has no arithmetic shift: 2^62 is added before the shift and its share of the carry,
// 2^11, taken off the next column; both sit in the corrections. A column of D digits holds at most 1.5 D 2^51 of q n and, by
// Karatsuba's method (a term, and three in the middle, of D / 2 digits each, rounded up), 4 * 1.5 (D + 1) / 2 2^51 of each
// product: 7.5 (D + 1) 2^51 < 2^62 for two products, where D <= 122, and 4.5 (D + 1) 2^51 < 2^62 for one, where D <= 242.
#define LANES_BIAS (1ll << 62)
#define LANES_BIAS_CARRY (LANES_BIAS >> DIGIT_BITS)

typedef struct lanes_nadic lanes_nadic;

struct lanes_modulus {
    size_t limbs, digits;
    // `digits` vectors each, all lanes alike: n, -n^-1 mod R, R mod n, R^2 mod n.
    const __m256d *n, *n_prime, *one, *r_squared;
    /// For each column, without and with q n beside its content: minus the patterns in it, plus the bias of the carries.
    const int64_t *of_content[LANES_CONTENTS], *of_result[LANES_CONTENTS];
    /// Faster powers when n is a square; or NULL.
    lanes_nadic *nadic;
    void *memory;
    size_t bytes;
};

/// `spare`: R >= 2^spare n; at least 2.
lanes_modulus *lanes_modulus_with_spare_bits(const uint64_t *n, size_t limbs, size_t spare);

static inline void *lanes_allocate(size_t bytes) {
    void *memory;
    if (posix_memalign(&memory, 64, bytes) != 0) abort();
    return memory;
}

/// Where a multiplication keeps its columns and digits. Columns reach TILE places below their start and 2 TILE above their end.
typedef struct {
    __m256i *columns;         // 2 digits
    __m256i *outer, *middle;  // Karatsuba's terms, 2 digits and digits + 1
    __m256d *a, *b;           // differences, (digits + 1) / 2
    __m256i *quotient;        // digits; these and the next overlap Karatsuba's
    __m256d *low, *q;         // digits
    __m256d *spare;           // 2 digits
} lanes_scratch;

static inline size_t lanes_scratch_vectors(size_t digits) { return 8 * digits + 12 * TILE; }

static inline lanes_scratch lanes_scratch_of(void *memory, size_t digits) {
    lanes_scratch s;
    s.columns = (__m256i *)memory + TILE;
    s.outer = s.columns + 2 * digits + 3 * TILE;
    s.middle = s.outer + 2 * digits + 3 * TILE;
    s.a = (__m256d *)(s.middle + digits + 1 + 2 * TILE);
    s.b = s.a + (digits + 1) / 2;
    s.quotient = s.outer;
    s.low = (__m256d *)(s.quotient + digits + 2 * TILE);
    s.q = s.low + digits;
    s.spare = s.b + (digits + 1) / 2;
    return s;
}

// Tiles (mont_lanes_tiles.c): columns[at .. at + TILE] += the products a[i] b[j] with at <= i + j < at + TILE, both numbers of
// `digits` >= TILE digits. `at` may be negative. For squares it is even and at most 2 digits - 2 TILE.
void lanes_product_tile(__m256i *columns, const __m256d *a, const __m256d *b, long digits, long at);
void lanes_square_tile(__m256i *columns, const __m256d *a, long digits, long at);

// Steps of a multiplication (mont_lanes.c).
/// s.columns += a b (+ c d when there are two pairs); a a. Overwrites s.q.
void lanes_add_products(lanes_scratch s, size_t digits, const __m256d *const pairs[][2], size_t count);
void lanes_add_square(lanes_scratch s, size_t digits, const __m256d *a);
/// r = T / R mod n for T in s.columns; r < T / R + n. Leaves the quotient q in s.q.
void lanes_reduce(const lanes_modulus *m, __m256d *r, lanes_scratch s, enum lanes_content content);
/// s.columns = 0.
void lanes_clear(lanes_scratch s, size_t digits);
/// digits = the columns with carries done.
void lanes_normalise(__m256d *digits, const __m256i *columns, const int64_t *corrections, size_t count);

// Words (mont_lanes_words.c).
/// Digits of four rows of `limbs` words that lie `stride` apart; rows from `lanes` on count as 0.
void lanes_load(__m256d *digits, size_t count, const uint64_t *rows, size_t stride, size_t limbs, size_t lanes);
/// The first `lanes` numbers as rows of `limbs` words. `digits` are integers, with room for two more; `words`: `limbs` vectors.
void lanes_store(uint64_t *rows, size_t stride, size_t limbs, size_t lanes, __m256i *digits, size_t count, __m256i *words);
/// digits -= n where they are not below n; returns all ones there. `room`: `count` vectors.
LANES_TARGET __m256i lanes_subtract_once(__m256i *digits, const __m256d *n, size_t count, __m256i *room);

/// The number 1, not in Montgomery form, in every lane.
void lanes_plain_one(const lanes_modulus *m, void *group);

LANES_INLINE __m256i broadcast(int64_t v) { return _mm256_set1_epi64x(v); }

/// The double of an integer in [0, 2^52), and back.
LANES_INLINE __m256d to_double(__m256i v) {
    const __m256d anchor = _mm256_set1_pd(0x1p52);
    return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(v), anchor), anchor);
}

LANES_INLINE __m256i to_integer(__m256d v) {
    const __m256d anchor = _mm256_set1_pd(0x1p52);
    return _mm256_castpd_si256(_mm256_xor_pd(_mm256_add_pd(v, anchor), anchor));
}

#endif
#endif
