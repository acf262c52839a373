// Columns of whole products and squares. Long ones take one step of Karatsuba's method (Karatsuba, Ofman, "Multiplication of
// many-digital numbers by automatic computers", 1962): with a = al + ah B, b = bl + bh B, B = 2^(51 h),
//     a b = al bl (1 + B) + ah bh (B + B^2) - (al - ah) (bl - bh) B.
// Differences are taken digit by digit, without carries; products of negative digits are as good (mont_lanes_tiles.c).
#include <string.h>

#include "mont_lanes_modulus.h"

#if defined(__x86_64__)

static void add_product(__m256i *columns, const __m256d *a, const __m256d *b, long digits) {
    for (long at = 0; at < 2 * digits - 1; at += TILE) lanes_product_tile(columns, a, b, digits, at);
}

/// out = al - ah; the upper half has `upper` digits, one less than the lower one when digits are odd.
LANES_TARGET static void subtract_halves(__m256d *out, const __m256d *a, size_t lower, size_t upper) {
    for (size_t k = 0; k < upper; k++) out[k] = _mm256_sub_pd(a[k], a[lower + k]);
    if (upper < lower) out[upper] = a[upper];
}

static void clear_terms(lanes_scratch s, size_t digits) {
    memset(s.outer, 0, (2 * digits + 2 * TILE) * sizeof(__m256i));
    memset(s.middle, 0, (digits + 1 + TILE) * sizeof(__m256i));
}

/// columns += outer + (outer's lower part + outer's upper part - middle) B.
LANES_TARGET static void add_terms(lanes_scratch s, size_t digits, size_t lower) {
    for (size_t k = 0; k < 2 * digits; k++) s.columns[k] = _mm256_add_epi64(s.columns[k], s.outer[k]);
    for (size_t k = 0; k < 2 * lower; k++) {
        const __m256i ends = _mm256_add_epi64(s.outer[k], s.outer[2 * lower + k]);
        s.columns[lower + k] = _mm256_add_epi64(s.columns[lower + k], _mm256_sub_epi64(ends, s.middle[k]));
    }
}

void lanes_add_products(lanes_scratch s, size_t digits, const __m256d *const pairs[][2], size_t count) {
    if (digits < LANES_KARATSUBA_DIGITS) {
        for (size_t p = 0; p < count; p++) add_product(s.columns, pairs[p][0], pairs[p][1], (long)digits);
        return;
    }
    const size_t lower = (digits + 1) / 2, upper = digits - lower;
    clear_terms(s, digits);
    for (size_t p = 0; p < count; p++) {
        const __m256d *a = pairs[p][0], *b = pairs[p][1];
        subtract_halves(s.a, a, lower, upper);
        subtract_halves(s.b, b, lower, upper);
        add_product(s.outer, a, b, (long)lower);
        add_product(s.outer + 2 * lower, a + lower, b + lower, (long)upper);
        add_product(s.middle, s.a, s.b, (long)lower);
    }
    add_terms(s, digits, lower);
}

void lanes_add_square(lanes_scratch s, size_t digits, const __m256d *a) {
    const long d = (long)digits;
    long at = 0;
    for (; at <= 2 * d - 2 * TILE; at += TILE) lanes_square_tile(s.columns, a, d, at);
    for (; at < 2 * d - 1; at += TILE) lanes_product_tile(s.columns, a, a, d, at);
}

#endif
