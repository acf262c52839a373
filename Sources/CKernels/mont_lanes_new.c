// Constants of a modulus for the lanes kernels.
#include <stdlib.h>
#include <string.h>

#include "mont_lanes_nadic.h"

#if defined(__x86_64__)

typedef unsigned __int128 u128;

/// r = a b mod 2^(64 words).
static void multiply_low(uint64_t *r, const uint64_t *a, const uint64_t *b, size_t words) {
    memset(r, 0, words * 8);
    for (size_t i = 0; i < words; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; i + j < words; j++) {
            const u128 t = (u128)a[i] * b[j] + r[i + j] + carry;
            r[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
    }
}

/// x = -n^-1 mod 2^(64 words): Newton's steps x <- x (2 + n x) double the correct words.
static void negative_inverse(uint64_t *x, const uint64_t *n, size_t words) {
    uint64_t product[LANES_MAX_LIMBS + 1], next[LANES_MAX_LIMBS + 1];
    memset(x, 0, words * 8);
    x[0] = mont_negative_inverse(n[0]);
    for (size_t correct = 1; correct < words;) {
        correct = 2 * correct < words ? 2 * correct : words;
        multiply_low(product, n, x, correct);
        uint64_t carry = 2;
        for (size_t k = 0; k < correct && carry; k++) carry = __builtin_add_overflow(product[k], carry, &product[k]);
        multiply_low(next, x, product, correct);
        memcpy(x, next, correct * 8);
    }
    wipe(product, sizeof product);
    wipe(next, sizeof next);
}

/// x = 2 x mod n for x < n.
static void double_modulo(uint64_t *x, const uint64_t *n, size_t limbs) {
    uint64_t carry = 0, borrow = 0, reduced[LANES_MAX_LIMBS];
    for (size_t k = 0; k < limbs; k++) {
        const uint64_t v = x[k];
        x[k] = v << 1 | carry;
        carry = v >> 63;
    }
    for (size_t k = 0; k < limbs; k++) {
        const u128 t = (u128)x[k] - n[k] - borrow;
        reduced[k] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    const uint64_t keep = opaque_mask(0 - (~carry & borrow & 1));
    for (size_t k = 0; k < limbs; k++) x[k] = (x[k] & keep) | (reduced[k] & ~keep);
    wipe(reduced, sizeof reduced);
}

static size_t bit_width(const uint64_t *n, size_t limbs) {
    while (limbs > 0 && n[limbs - 1] == 0) limbs--;
    return limbs == 0 ? 0 : 64 * limbs - (size_t)__builtin_clzll(n[limbs - 1]);
}

static void spread(__m256d *group, size_t digits, const uint64_t *number, size_t words) {
    lanes_load(group, digits, number, 0, words, LANES);
}

/// Column s of a product of numbers of `digits` digits: the patterns of its anchors, for the low parts of the products of column
/// s and the high parts of those of column s - 1.
static uint64_t patterns(size_t digits, long s) {
    const long d = (long)digits;
    const long low = s < 0 || s > 2 * d - 2 ? 0 : s < d ? s + 1 : 2 * d - 1 - s;
    const long high = s < 1 || s > 2 * d - 1 ? 0 : s <= d ? s : 2 * d - s;
    return (uint64_t)low * LOW_PATTERN + (uint64_t)high * HIGH_PATTERN;
}

static uint64_t content_patterns(size_t digits, size_t column, enum lanes_content content) {
    const long s = (long)column, lower = ((long)digits + 1) / 2, upper = (long)digits - lower;
    uint64_t product = patterns(digits, s);
    if (digits >= LANES_KARATSUBA_DIGITS) {  // lanes_add_products: the lower and the middle term cancel in the middle
        product = patterns(lower, s) + patterns(upper, s - 2 * lower) + patterns(upper, s - lower);
    }
    switch (content) {
    case LANES_NOTHING: return 0;
    case LANES_SQUARE: return patterns(digits, s);
    case LANES_PRODUCT: return product;
    default: return 2 * product;
    }
}

lanes_modulus *lanes_modulus_with_spare_bits(const uint64_t *n, size_t limbs, size_t spare) {
    const size_t bits = bit_width(n, limbs);
    if (limbs < 1 || limbs > LANES_MAX_LIMBS || (n[0] & 1) == 0 || bits < 2 || !mont_lanes_available()) abort();
    size_t digits = (bits + spare + DIGIT_BITS - 1) / DIGIT_BITS;
    if (digits < TILE) digits = TILE;
    const size_t columns = 2 * digits + 1;
    const size_t bytes = 4 * digits * sizeof(__m256d) + 2 * LANES_CONTENTS * columns * sizeof(int64_t);
    lanes_modulus *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    *m = (lanes_modulus){.limbs = limbs, .digits = digits, .bytes = bytes};
    const size_t scratch_bytes = lanes_scratch_bytes(m);
    void *scratch = NULL;
    if (posix_memalign(&m->memory, 64, bytes) != 0 || posix_memalign(&scratch, 64, scratch_bytes) != 0) {
        free(m->memory);
        free(m);
        return NULL;
    }
    __m256d *group = m->memory, *n_prime = group + digits, *one = n_prime + digits, *r_squared = one + digits;
    m->n = group;
    m->n_prime = n_prime;
    m->one = one;
    m->r_squared = r_squared;

    int64_t *corrections = (int64_t *)(r_squared + digits);
    for (int c = 0; c < LANES_CONTENTS; c++) {
        int64_t *content = corrections + 2 * c * columns, *result = content + columns;
        m->of_content[c] = content;
        m->of_result[c] = result;
        for (size_t s = 0; s < columns; s++) {
            content[s] = (int64_t)(LANES_BIAS - LANES_BIAS_CARRY - content_patterns(digits, s, c));
            result[s] = (int64_t)((uint64_t)content[s] - patterns(digits, (long)s));
        }
    }

    spread(group, digits, n, limbs);
    // -n^-1 mod R
    const size_t inverse_words = (DIGIT_BITS * digits + 63) / 64;
    uint64_t padded[LANES_MAX_LIMBS + 1] = {0}, number[LANES_MAX_LIMBS + 1];
    memcpy(padded, n, (limbs < inverse_words ? limbs : inverse_words) * 8);
    negative_inverse(number, padded, inverse_words);
    spread(n_prime, digits, number, inverse_words);
    // R mod n from 2^(bits - 1) < n by doubling, then R^2: from R, the form of 1 = 2^0, squarings and doublings reach that of R.
    memset(number, 0, sizeof number);
    number[(bits - 1) / 64] = 1ull << ((bits - 1) % 64);
    const size_t r_bits = DIGIT_BITS * digits;
    for (size_t k = bits - 1; k < r_bits; k++) double_modulo(number, n, limbs);
    spread(one, digits, number, limbs);
    for (int bit = 63 - __builtin_clzll(r_bits); bit >= 0; bit--) {
        spread(r_squared, digits, number, limbs);
        lanes_square(m, r_squared, r_squared, scratch);
        lanes_unpack(m, number, 0, 1, r_squared, scratch);
        if (r_bits >> bit & 1) double_modulo(number, n, limbs);
    }
    spread(r_squared, digits, number, limbs);
    wipe(padded, sizeof padded);
    wipe(number, sizeof number);
    wipe(scratch, scratch_bytes);
    free(scratch);
    return m;
}

lanes_modulus *lanes_modulus_new(const uint64_t *n, size_t limbs) { return lanes_modulus_with_spare_bits(n, limbs, 2); }

lanes_modulus *lanes_modulus_new_squared(const uint64_t *root, size_t root_limbs, size_t limbs) {
    if (root_limbs < 1 || 2 * root_limbs > limbs || limbs > LANES_MAX_LIMBS) abort();
    uint64_t square[LANES_MAX_LIMBS], padded[LANES_MAX_LIMBS] = {0};
    memcpy(padded, root, root_limbs * 8);
    multiply_low(square, padded, padded, limbs);
    lanes_modulus *m = lanes_modulus_new(square, limbs);
    if (m) m->nadic = lanes_nadic_new(root, root_limbs, limbs);
    if (m && !m->nadic) {
        lanes_modulus_free(m);
        m = NULL;
    }
    wipe(square, sizeof square);
    wipe(padded, sizeof padded);
    return m;
}

void lanes_modulus_free(lanes_modulus *m) {
    if (!m) return;
    lanes_nadic_free(m->nadic);
    wipe(m->memory, m->bytes);
    free(m->memory);
    free(m);
}

LANES_TARGET lanes_nadic *lanes_nadic_new(const uint64_t *root, size_t root_limbs, size_t limbs) {
    lanes_nadic *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->limbs = limbs;
    c->root = lanes_modulus_with_spare_bits(root, root_limbs, LANES_NADIC_SPARE);
    if (!c->root) {
        free(c);
        return NULL;
    }
    const size_t d = c->root->digits, columns = 2 * d + 2 * TILE;
    c->bytes = (columns + 6 * d) * sizeof(__m256i);
    const size_t scratch_bytes = lanes_scratch_bytes(c->root) + (2 * d + limbs) * sizeof(__m256i);
    void *scratch = NULL;
    if (posix_memalign(&c->memory, 64, c->bytes) != 0 || posix_memalign(&scratch, 64, scratch_bytes) != 0) {
        lanes_nadic_free(c);
        return NULL;
    }
    __m256i *offset = c->memory;
    __m256d *square = (__m256d *)(offset + columns), *one = square + 2 * d, *entry = one + 2 * d;
    c->offset = offset;
    c->square = square;
    c->one = one;
    c->entry = entry;
    memset(offset, 0, columns * sizeof(__m256i));
    for (size_t k = 0; k < d; k++) offset[d + k] = to_integer(c->root->n[k]);

    uint64_t n_squared[LANES_MAX_LIMBS], number[LANES_MAX_LIMBS] = {0};
    memcpy(number, root, root_limbs * 8);
    multiply_low(n_squared, number, number, limbs);
    spread(square, 2 * d, n_squared, limbs);
    // R^2 mod n^2 by doubling; split divides by R. The form of 2 likewise, from which squarings and products by it reach the form
    // of R^2, which is R^3.
    const size_t bits = bit_width(n_squared, limbs), r2_bits = 2 * DIGIT_BITS * d;
    memset(number, 0, sizeof number);
    number[(bits - 1) / 64] = 1ull << ((bits - 1) % 64);
    for (size_t k = bits - 1; k < r2_bits; k++) double_modulo(number, n_squared, limbs);
    lanes_nadic_split(c, one, number, 0, LANES, scratch);
    double_modulo(number, n_squared, limbs);
    __m256d *two = (__m256d *)((char *)scratch + scratch_bytes) - 2 * d;
    lanes_nadic_split(c, two, number, 0, LANES, scratch);
    memcpy(entry, one, 2 * d * sizeof(__m256d));
    for (int bit = 63 - __builtin_clzll(r2_bits); bit >= 0; bit--) {
        lanes_nadic_square(c, entry, entry, scratch);
        if (r2_bits >> bit & 1) lanes_nadic_multiply(c, entry, entry, two, scratch);
    }
    wipe(n_squared, sizeof n_squared);
    wipe(number, sizeof number);
    wipe(scratch, scratch_bytes);
    free(scratch);
    return c;
}

void lanes_nadic_free(lanes_nadic *c) {
    if (!c) return;
    lanes_modulus_free(c->root);
    if (c->memory) wipe(c->memory, c->bytes);
    free(c->memory);
    free(c);
}

#endif
