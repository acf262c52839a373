// Montgomery's product of four numbers at a time, without interleaving (Montgomery, "Modular multiplication without trial
// division", 1985): for T = a b and n' = -n^-1 mod R,
//     q = T n' mod R,   r = (T + q n) / R.
// Only the low half of T n' and the high half of q n are computed. a, b < 2n and R > 4n give r < 4n^2 / R + n < 2n.
#include <stdlib.h>
#include <string.h>

#include "mont_lanes_modulus.h"

#if defined(__x86_64__)

/// digits[k] of the columns; returns the carry out, still with LANES_BIAS_CARRY in it, as is the carry in.
LANES_INLINE __m256i normalise(__m256d *digits, const __m256i *columns, const int64_t *correction, size_t count, __m256i carry) {
    const __m256i mask = broadcast(DIGIT_MASK);
    for (size_t k = 0; k < count; k++) {
        __m256i corrected = _mm256_add_epi64(columns[k], broadcast(correction[k]));
        __asm__("" : "+x"(corrected));  // or the carry's chain would take both additions
        const __m256i v = _mm256_add_epi64(corrected, carry);
        digits[k] = to_double(_mm256_and_si256(v, mask));
        carry = _mm256_srli_epi64(v, DIGIT_BITS);
    }
    return carry;
}

LANES_TARGET void lanes_normalise(__m256d *digits, const __m256i *columns, const int64_t *corrections, size_t count) {
    normalise(digits, columns, corrections, count, broadcast(LANES_BIAS_CARRY));
}

LANES_TARGET void lanes_reduce(const lanes_modulus *m, __m256d *r, lanes_scratch s, enum lanes_content content) {
    const long d = (long)m->digits;
    const __m256i bias = broadcast(LANES_BIAS_CARRY);
    // T mod R.
    const __m256i carry = normalise(s.low, s.columns, m->of_content[content], d, bias);
    s.columns[d] = _mm256_add_epi64(s.columns[d], _mm256_sub_epi64(carry, bias));
    const __m256i top = to_integer(s.low[d - 1]);
    // q = T n' mod R: tiles end at column d, the first may begin below 0.
    const long first = d % TILE ? d % TILE - TILE : 0;
    memset(s.quotient + first, 0, (size_t)(d - first + 1) * sizeof(__m256i));
    for (long at = first; at < d; at += TILE) lanes_product_tile(s.quotient, s.low, m->n_prime, d, at);
    lanes_normalise(s.q, s.quotient, m->of_result[LANES_NOTHING], d);
    // The high half of q n onto that of T.
    s.columns[d - 2] = s.columns[d - 1] = _mm256_setzero_si256();
    for (long at = d - 2; at < 2 * d - 1; at += TILE) lanes_product_tile(s.columns, s.q, m->n, d, at);
    // T + q n is a multiple of R, so its low half is c R for an integer c. In units of 2^(51 (d - 1)), column d - 1 of q n and
    // digit d - 1 of T sum to c 2^51 but for the columns below: at most 2 d + 3 away, so rounding gives c.
    const __m256i half = broadcast(m->of_result[LANES_NOTHING][d - 1] + LANES_BIAS_CARRY + (1ll << (DIGIT_BITS - 1)));
    const __m256i sum = _mm256_add_epi64(_mm256_add_epi64(s.columns[d - 1], top), half);
    normalise(r, s.columns + d, m->of_result[content] + d, d, _mm256_srli_epi64(sum, DIGIT_BITS));
}

void lanes_clear(lanes_scratch s, size_t digits) { memset(s.columns, 0, (2 * digits + 2 * TILE) * sizeof(__m256i)); }

void lanes_multiply(const lanes_modulus *m, void *r, const void *a, const void *b, void *scratch) {
    const lanes_scratch s = lanes_scratch_of(scratch, m->digits);
    const __m256d *const pair[1][2] = {{a, b}};
    lanes_clear(s, m->digits);
    lanes_add_products(s, m->digits, pair, 1);
    lanes_reduce(m, r, s, LANES_PRODUCT);
}

void lanes_square(const lanes_modulus *m, void *r, const void *a, void *scratch) {
    const lanes_scratch s = lanes_scratch_of(scratch, m->digits);
    lanes_clear(s, m->digits);
    lanes_add_square(s, m->digits, a);
    lanes_reduce(m, r, s, LANES_SQUARE);
}

int mont_lanes_available(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

size_t lanes_limbs(const lanes_modulus *m) { return m->limbs; }
size_t lanes_digits(const lanes_modulus *m) { return m->digits; }
size_t lanes_r_bits(const lanes_modulus *m) { return DIGIT_BITS * m->digits; }
size_t lanes_group_bytes(const lanes_modulus *m) { return m->digits * sizeof(__m256d); }
/// The last term is for words on their way to rows.
size_t lanes_scratch_bytes(const lanes_modulus *m) { return (lanes_scratch_vectors(m->digits) + m->limbs) * sizeof(__m256i); }
const void *lanes_one(const lanes_modulus *m) { return m->one; }
const void *lanes_r_squared(const lanes_modulus *m) { return m->r_squared; }

void lanes_plain_one(const lanes_modulus *m, void *group) {
    memset(group, 0, lanes_group_bytes(m));
    for (int l = 0; l < LANES; l++) ((double *)group)[l] = 1;
}

#endif
