#include "montgomery_adx.h"

#if defined(__x86_64__)
#include <string.h>

// Three products of half the size in place of four (Karatsuba, Ofman, 1962), in the form with differences:
// a0 b1 + a1 b0 = a0 b0 + a1 b1 + (a0 - a1) (b1 - b0). Signs are masks; nothing branches on them.

static const uint64_t zeros[MONT_MAX_LIMBS / 2];

/// d = |a - b|; returns all ones when a < b.
static uint64_t difference(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs) {
    const uint64_t negative = mont_x86_subtract(d, a, b, limbs, 0), mask = opaque_mask(0 - negative);
    for (size_t j = 0; j < limbs; j++) d[j] ^= mask;
    mont_x86_add(d, d, zeros, limbs, negative);
    return mask;
}

/// t, which holds a0 b0 and a1 b1, += (a0 b0 + a1 b1 + or, where `mask` is set, - middle) 2^(64 half).
static void combine(uint64_t *t, uint64_t *middle, uint64_t mask, size_t half) {
    uint64_t sum[MONT_MAX_LIMBS], above[MONT_MAX_LIMBS / 2];
    const size_t limbs = 2 * half;
    for (size_t j = 0; j < limbs; j++) middle[j] ^= mask;
    uint64_t carry = mont_x86_add(sum, t, t + limbs, limbs, 0);
    carry += mont_x86_add(sum, sum, middle, limbs, mask & 1) + mask;  // minus one for the complement
    carry += mont_x86_add(t + half, t + half, sum, limbs, 0);
    memset(above, 0, half * sizeof(uint64_t));
    above[0] = carry;
    mont_x86_add(t + half + limbs, t + half + limbs, above, half, 0);
}

void mont_karatsuba_product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs) {
    uint64_t da[MONT_MAX_LIMBS / 2], db[MONT_MAX_LIMBS / 2], middle[MONT_MAX_LIMBS];
    const size_t half = limbs / 2;
    const uint64_t mask = difference(da, a, a + half, half) ^ difference(db, b + half, b, half);
    mont_adx_product(middle, da, db, half);
    mont_adx_product(t, a, b, half);
    mont_adx_product(t + limbs, a + half, b + half, half);
    combine(t, middle, mask, half);
}

void mont_karatsuba_square(uint64_t *t, const uint64_t *a, size_t limbs) {
    uint64_t d[MONT_MAX_LIMBS / 2], middle[MONT_MAX_LIMBS];
    const size_t half = limbs / 2;
    difference(d, a, a + half, half);
    mont_adx_square(middle, d, half);
    mont_adx_square(t, a, half);
    mont_adx_square(t + limbs, a + half, half);
    combine(t, middle, opaque_mask(0 - (uint64_t)1), half);
}

#endif
