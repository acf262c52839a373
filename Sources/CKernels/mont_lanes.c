#include "include/mont_lanes.h"

#include <stdlib.h>
#include <string.h>

#include "mont_lanes_tiles.h"

#if defined(__x86_64__)

// Montgomery's reduction of T = a b without interleaving (Montgomery, "Modular multiplication without trial division", 1985):
//     q = T n' mod R with n' = -n^-1 mod R,   r = (T + q n) / R.
// Only the low half of T n' and the high half of q n are computed. a, b < 2n and R > 4n give r < 4n^2 / R + n < 2n.

LANES_INLINE __m256i broadcast(int64_t v) { return _mm256_set1_epi64x(v); }

/// digits[k] of the columns; returns the carry out, still with LANES_BIAS_CARRY in it.
LANES_INLINE __m256i normalise(__m256d *digits, const __m256i *columns, const int64_t *correction, size_t count, __m256i carry) {
    const __m256i mask = broadcast(DIGIT_MASK);
    for (size_t k = 0; k < count; k++) {
        const __m256i v = _mm256_add_epi64(_mm256_add_epi64(columns[k], broadcast(correction[k])), carry);
        digits[k] = to_double(_mm256_and_si256(v, mask));
        carry = _mm256_srli_epi64(v, DIGIT_BITS);
    }
    return carry;
}

/// r = T / R mod n for T in s.columns.
LANES_TARGET static void reduce(const lanes_modulus *m, __m256d *r, lanes_scratch s) {
    const long d = (long)m->digits;
    // T mod R.
    __m256i carry = normalise(s.low, s.columns, m->once, d, broadcast(LANES_BIAS_CARRY));
    s.columns[d] = _mm256_add_epi64(s.columns[d], _mm256_sub_epi64(carry, broadcast(LANES_BIAS_CARRY)));
    const __m256i top = to_integer(s.low[d - 1]);
    // q = T n' mod R: tiles end at column d, the first may begin below 0.
    const long first = (d % TILE) ? d % TILE - TILE : 0;
    memset(s.quotient + first, 0, (d - first + 1) * sizeof(__m256i));
    for (long at = first; at < d; at += TILE) product_tile(s.quotient, s.low, m->n_prime, d, at);
    normalise(s.q, s.quotient, m->once, d, broadcast(LANES_BIAS_CARRY));
    // The high half of q n onto that of T.
    s.columns[d - 2] = s.columns[d - 1] = _mm256_setzero_si256();
    for (long at = d - 2; at < 2 * d - 1; at += TILE) product_tile(s.columns, s.q, m->n, d, at);
    // T + q n is a multiple of R, so its low half is c R for an integer c. In units of 2^(51 (d - 1)), column d - 1 of q n and
    // digit d - 1 of T sum to c 2^51 but for the columns below: at most d + 3 away, so rounding gives c.
    const __m256i half = broadcast(m->once[d - 1] + LANES_BIAS_CARRY + (1ll << (DIGIT_BITS - 1)));
    const __m256i sum = _mm256_add_epi64(_mm256_add_epi64(s.columns[d - 1], top), half);
    normalise(r, s.columns + d, m->twice + d, d, _mm256_srli_epi64(sum, DIGIT_BITS));
}

LANES_TARGET static void multiply(const lanes_modulus *m, __m256d *r, const __m256d *a, const __m256d *b, lanes_scratch s) {
    const long d = (long)m->digits;
    memset(s.columns, 0, (2 * d + 2 * TILE) * sizeof(__m256i));
    for (long at = 0; at < 2 * d - 1; at += TILE) product_tile(s.columns, a, b, d, at);
    reduce(m, r, s);
}

LANES_TARGET static void square(const lanes_modulus *m, __m256d *r, const __m256d *a, lanes_scratch s) {
    const long d = (long)m->digits;
    memset(s.columns, 0, (2 * d + 2 * TILE) * sizeof(__m256i));
    long at = 0;
    for (; at <= 2 * d - 2 * TILE; at += TILE) square_tile(s.columns, a, d, at);
    for (; at < 2 * d - 1; at += TILE) product_tile(s.columns, a, a, d, at);
    reduce(m, r, s);
}

int mont_lanes_available(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

size_t lanes_limbs(const lanes_modulus *m) { return m->limbs; }
size_t lanes_digits(const lanes_modulus *m) { return m->digits; }
size_t lanes_r_bits(const lanes_modulus *m) { return DIGIT_BITS * m->digits; }
size_t lanes_group_bytes(const lanes_modulus *m) { return m->digits * sizeof(__m256d); }
size_t lanes_scratch_bytes(const lanes_modulus *m) { return lanes_scratch_vectors(m->digits, m->limbs) * sizeof(__m256i); }
const void *lanes_one(const lanes_modulus *m) { return m->one; }
const void *lanes_r_squared(const lanes_modulus *m) { return m->r_squared; }

void lanes_multiply(const lanes_modulus *m, void *r, const void *a, const void *b, void *scratch) {
    multiply(m, r, a, b, lanes_scratch_of(scratch, m->digits));
}

void lanes_square(const lanes_modulus *m, void *r, const void *a, void *scratch) {
    square(m, r, a, lanes_scratch_of(scratch, m->digits));
}

#endif
