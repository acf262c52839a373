// Constants of a modulus for the lanes kernels.
#include <stdlib.h>
#include <string.h>

#include "mont_lanes_modulus.h"

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

/// The number in all four lanes; `words` may be more than the modulus has.
static void spread(const lanes_modulus *m, __m256d *group, const uint64_t *number, size_t words) {
    lanes_modulus shape = *m;
    shape.limbs = words;
    lanes_pack(&shape, group, number, 0, LANES);
}

void lanes_plain_one(const lanes_modulus *m, void *group) {
    memset(group, 0, lanes_group_bytes(m));
    for (int l = 0; l < LANES; l++) ((double *)group)[l] = 1;
}

lanes_modulus *lanes_modulus_new(const uint64_t *n, size_t limbs) {
    if (limbs < 1 || limbs > LANES_MAX_LIMBS || (n[0] & 1) == 0 || !mont_lanes_available()) abort();
    const size_t bits = bit_width(n, limbs);
    size_t digits = (bits + 2 + DIGIT_BITS - 1) / DIGIT_BITS;  // R > 4n
    if (digits < TILE) digits = TILE;
    const size_t vectors = 4 * digits, columns = 2 * digits + 1;
    const size_t bytes = vectors * sizeof(__m256d) + 2 * columns * sizeof(int64_t) + limbs * sizeof(uint64_t);
    lanes_modulus *m = calloc(1, sizeof *m);
    void *memory = NULL, *scratch = NULL;
    const size_t scratch_bytes = lanes_scratch_vectors(digits, limbs) * sizeof(__m256i);
    if (!m || posix_memalign(&memory, 64, bytes) != 0 || posix_memalign(&scratch, 64, scratch_bytes) != 0) {
        free(m);
        free(memory);
        return NULL;
    }
    __m256d *group = memory;
    int64_t *once = (int64_t *)(group + vectors), *twice = once + columns;
    uint64_t *words = (uint64_t *)(twice + columns);
    *m = (lanes_modulus){limbs, digits, words, group, group + digits, group + 2 * digits, group + 3 * digits, once, twice, memory, bytes};
    memcpy(words, n, limbs * 8);

    // Column s holds the low parts of `count(s)` products and the high parts of `count(s - 1)`.
    uint64_t before = 0;
    for (size_t s = 0; s < columns; s++) {
        const uint64_t count = s < digits ? s + 1 : s < 2 * digits - 1 ? 2 * digits - 1 - s : 0;
        const uint64_t patterns = count * LOW_PATTERN + before * HIGH_PATTERN, bias = LANES_BIAS - LANES_BIAS_CARRY;
        once[s] = (int64_t)(bias - patterns);
        twice[s] = (int64_t)(bias - 2 * patterns);
        before = count;
    }

    spread(m, group, n, limbs);
    // -n^-1 mod R
    const size_t inverse_words = (DIGIT_BITS * digits + 63) / 64;
    uint64_t padded[LANES_MAX_LIMBS + 1] = {0}, inverse[LANES_MAX_LIMBS + 1];
    memcpy(padded, n, (limbs < inverse_words ? limbs : inverse_words) * 8);
    negative_inverse(inverse, padded, inverse_words);
    spread(m, group + digits, inverse, inverse_words);
    // R mod n from 2^(bits - 1) < n by doubling, then R^2: from 2 R (the form of 2) squarings and doublings reach the form of R.
    uint64_t power[LANES_MAX_LIMBS] = {0};
    power[(bits - 1) / 64] = 1ull << ((bits - 1) % 64);
    const size_t r_bits = DIGIT_BITS * digits;
    for (size_t k = bits - 1; k < r_bits; k++) double_modulo(power, n, limbs);
    spread(m, group + 2 * digits, power, limbs);
    for (int bit = 63 - __builtin_clzll(r_bits); bit >= 0; bit--) {
        __m256d *r2 = group + 3 * digits;
        spread(m, r2, power, limbs);
        lanes_square(m, r2, r2, scratch);
        lanes_unpack(m, power, 0, 1, r2, scratch);
        if (r_bits >> bit & 1) double_modulo(power, n, limbs);
    }
    spread(m, group + 3 * digits, power, limbs);
    wipe(padded, sizeof padded);
    wipe(inverse, sizeof inverse);
    wipe(power, sizeof power);
    wipe(scratch, scratch_bytes);
    free(scratch);
    return m;
}

void lanes_modulus_free(lanes_modulus *m) {
    if (!m) return;
    wipe(m->memory, m->bytes);
    free(m->memory);
    free(m);
}

#else

// No such registers: nothing here may be called.
int mont_lanes_available(void) { return 0; }
lanes_modulus *lanes_modulus_new(const uint64_t *n, size_t limbs) { __builtin_trap(); }
void lanes_modulus_free(lanes_modulus *m) {
    if (m) __builtin_trap();
}

#endif
