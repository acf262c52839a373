#include "mont_lanes_nadic.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

/// columns = R n - q.
LANES_TARGET static void start_second(const lanes_nadic *c, lanes_scratch s) {
    const size_t d = c->root->digits;
    memcpy(s.columns, c->offset, (2 * d + 2 * TILE) * sizeof(__m256i));
    for (size_t k = 0; k < d; k++) s.columns[k] = _mm256_sub_epi64(_mm256_setzero_si256(), to_integer(s.q[k]));
}

LANES_TARGET void lanes_nadic_multiply(const lanes_nadic *c, __m256d *r, const __m256d *x, const __m256d *y, void *scratch) {
    const size_t d = c->root->digits;
    const lanes_scratch s = lanes_scratch_of(scratch, d);
    const __m256d *const first[1][2] = {{x, y}}, *const second[2][2] = {{x, y + d}, {x + d, y}};
    lanes_clear(s, d);
    lanes_add_products(s, d, first, 1);
    lanes_reduce(c->root, s.spare, s, LANES_PRODUCT);
    start_second(c, s);
    lanes_add_products(s, d, second, 2);
    lanes_reduce(c->root, r + d, s, LANES_TWO_PRODUCTS);
    memcpy(r, s.spare, d * sizeof(__m256d));
}

LANES_TARGET void lanes_nadic_square(const lanes_nadic *c, __m256d *r, const __m256d *x, void *scratch) {
    const size_t d = c->root->digits;
    const lanes_scratch s = lanes_scratch_of(scratch, d);
    const __m256d *const cross[1][2] = {{x, x + d}};
    __m256d *first = s.spare, *q = s.spare + d;
    lanes_clear(s, d);
    lanes_add_square(s, d, x);
    lanes_reduce(c->root, first, s, LANES_SQUARE);
    memcpy(q, s.q, d * sizeof(__m256d));
    lanes_clear(s, d);
    lanes_add_products(s, d, cross, 1);
    for (size_t k = 0; k < 2 * d; k++) {  // 2 x0 x1 + R n - q
        const __m256i shift = k < d ? _mm256_sub_epi64(_mm256_setzero_si256(), to_integer(q[k])) : c->offset[k];
        s.columns[k] = _mm256_add_epi64(_mm256_add_epi64(s.columns[k], s.columns[k]), shift);
    }
    lanes_reduce(c->root, r + d, s, LANES_TWO_PRODUCTS);
    memcpy(r, first, d * sizeof(__m256d));
}

LANES_TARGET void lanes_nadic_split(
    const lanes_nadic *c, __m256d *r, const uint64_t *rows, size_t stride, size_t lanes, void *scratch) {
    const size_t d = c->root->digits;
    const lanes_scratch s = lanes_scratch_of(scratch, d);
    lanes_clear(s, d);
    lanes_load(r, 2 * d, rows, stride, c->limbs, lanes);
    for (size_t k = 0; k < 2 * d; k++) s.columns[k] = to_integer(r[k]);
    lanes_reduce(c->root, r, s, LANES_NOTHING);
    start_second(c, s);
    lanes_reduce(c->root, r + d, s, LANES_NOTHING);
}

LANES_TARGET void lanes_nadic_join(
    const lanes_nadic *c, uint64_t *rows, size_t stride, size_t lanes, const __m256d *x, void *scratch) {
    const size_t d = c->root->digits;
    const lanes_scratch s = lanes_scratch_of(scratch, d);
    const __m256d *const product[1][2] = {{x + d, c->root->n}};
    __m256i *digits = s.outer, *room = digits + 2 * d + 2;
    lanes_clear(s, d);
    lanes_add_products(s, d, product, 1);
    for (size_t k = 0; k < d; k++) s.columns[k] = _mm256_add_epi64(s.columns[k], to_integer(x[k]));
    lanes_normalise((__m256d *)digits, s.columns, c->root->of_content[LANES_PRODUCT], 2 * d);
    for (size_t k = 0; k < 2 * d; k++) digits[k] = to_integer(((const __m256d *)digits)[k]);
    for (int k = 0; k < 3; k++) lanes_subtract_once(digits, c->square, 2 * d, room);  // below 2n + 3 n^2
    lanes_store(rows, stride, c->limbs, lanes, digits, 2 * d, room);
}

LANES_TARGET void lanes_nadic_store(
    const lanes_nadic *c, uint64_t *rows, size_t stride, size_t lanes, const __m256d *x, void *scratch) {
    const size_t d = c->root->digits, half = c->limbs / 2;
    __m256i *digits = scratch, *room = digits + d + 2;
    for (size_t k = 0; k < d; k++) digits[k] = to_integer(x[k]);
    const __m256i taken = lanes_subtract_once(digits, c->root->n, d, room);  // all ones: x1 grows by 1
    lanes_store(rows, stride, half, lanes, digits, d, room);
    __m256i carry = _mm256_sub_epi64(_mm256_setzero_si256(), taken);
    for (size_t k = 0; k < d; k++) {
        const __m256i v = _mm256_add_epi64(to_integer(x[d + k]), carry);
        digits[k] = _mm256_and_si256(v, broadcast(DIGIT_MASK));
        carry = _mm256_srli_epi64(v, DIGIT_BITS);
    }
    for (int k = 0; k < 3; k++) lanes_subtract_once(digits, c->root->n, d, room);  // below 3n + 1
    lanes_store(rows + half, stride, half, lanes, digits, d, room);
}

void lanes_nadic_load(const lanes_nadic *c, __m256d *r, const uint64_t *rows, size_t stride, size_t lanes) {
    const size_t d = c->root->digits, half = c->limbs / 2;
    lanes_load(r, d, rows, stride, half, lanes);
    lanes_load(r + d, d, rows + half, stride, half, lanes);
}

#endif
