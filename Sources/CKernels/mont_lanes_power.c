// Powers with secret exponents, four at a time: fixed windows, every entry of the table read at every look-up.
#include <stdlib.h>
#include <string.h>

#include "exponent_digit.h"
#include "mont_lanes_ring.h"

#if defined(__x86_64__)

/// The window with the fewest multiplications: 2^w - 2 for the table, one per window of the exponent.
static unsigned best_window(size_t bits) {
    unsigned best = 1;
    for (unsigned w = 2; w <= 6; w++) {
        if ((1u << w) + (bits + w - 1) / w < (1u << best) + (bits + best - 1) / best) best = w;
    }
    return best;
}

/// out = in every lane l the entry wanted[l].
LANES_TARGET static void choose(__m256d *out, const __m256d *table, size_t entries, size_t digits, __m256i wanted) {
    enum { BLOCK = 8 };
    for (size_t from = 0; from < digits; from += BLOCK) {
        const size_t count = digits - from < BLOCK ? digits - from : BLOCK;
        __m256d chosen[BLOCK];
        for (size_t k = 0; k < BLOCK; k++) chosen[k] = _mm256_setzero_pd();
        for (size_t e = 0; e < entries; e++) {
            const __m256d hit = _mm256_castsi256_pd(_mm256_cmpeq_epi64(wanted, _mm256_set1_epi64x((long long)e)));
            const __m256d *entry = table + e * digits + from;
            if (count == BLOCK) {
#pragma clang loop unroll(full)
                for (size_t k = 0; k < BLOCK; k++) chosen[k] = _mm256_or_pd(chosen[k], _mm256_and_pd(hit, entry[k]));
            } else {
                for (size_t k = 0; k < count; k++) chosen[k] = _mm256_or_pd(chosen[k], _mm256_and_pd(hit, entry[k]));
            }
        }
        for (size_t k = 0; k < count; k++) out[from + k] = chosen[k];
    }
}

/// power = base^e from Montgomery form to ordinary; digits_of[w] holds window w of the four exponents. `table` has room for
/// 2^window + 1 numbers.
LANES_TARGET static void power_group(
    const lanes_modulus *m, __m256d *power, const __m256i *digits_of, size_t windows, unsigned window, __m256d *table,
    void *scratch) {
    const size_t v = ring_vectors(m), entries = (size_t)1 << window;
    __m256d *factor = table + entries * v;
    memcpy(table, ring_one(m), v * sizeof(__m256d));
    memcpy(table + v, power, v * sizeof(__m256d));
    for (size_t e = 2; e < entries; e++) {
        if (e % 2 == 0) {
            ring_square(m, table + e * v, table + e / 2 * v, scratch);
        } else {
            ring_multiply(m, table + e * v, table + (e - 1) * v, table + v, scratch);
        }
    }
    choose(power, table, entries, v, digits_of[windows - 1]);
    for (size_t w = windows - 1; w-- > 0;) {
        for (unsigned k = 0; k < window; k++) ring_square(m, power, power, scratch);
        choose(factor, table, entries, v, digits_of[w]);
        ring_multiply(m, power, power, factor, scratch);
    }
    for (size_t l = 0; l < LANES; l++) ring_set_plain_one(m, factor, l);
    ring_multiply(m, power, power, factor, scratch);
}

/// Exponents `stride` words apart; 0 shares one.
LANES_TARGET static void power_rows(
    const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t stride,
    size_t bits) {
    if (bits < 1) abort();
    const unsigned window = best_window(bits);
    const size_t windows = (bits + window - 1) / window, groups = ((size_t)1 << window) + 2;
    const size_t limbs = m->limbs, v = ring_vectors(m);
    const size_t bytes = (groups * v + windows) * sizeof(__m256d) + ring_scratch_bytes(m);
    __m256d *power = lanes_allocate(bytes), *table = power + v;
    __m256i *digits_of = (__m256i *)(power + groups * v);
    void *scratch = digits_of + windows;
    for (size_t i = 0; i < count; i += LANES) {
        const size_t batch = count - i < LANES ? count - i : LANES;
        for (size_t w = 0; w < windows; w++) {
            uint64_t *digit = (uint64_t *)(digits_of + w);
            for (size_t l = 0; l < LANES; l++) {
                digit[l] = l < batch ? exponent_digit(exponents + (i + l) * stride, bits, w * window, window) : 0;
            }
        }
        ring_enter(m, power, bases + i * limbs, limbs, batch, scratch);
        power_group(m, power, digits_of, windows, window, table, scratch);
        ring_leave(m, r + i * limbs, limbs, batch, power, scratch);
    }
    wipe(power, bytes);
    free(power);
}

void lanes_power_rows_shared(
    const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count, const uint64_t *exponent, size_t bits) {
    power_rows(m, r, bases, count, exponent, 0, bits);
}

void lanes_power_rows_each(
    const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t bits) {
    power_rows(m, r, bases, count, exponents, (bits + 63) / 64, bits);
}

#endif
