#include "montgomery_adx.h"

#include <string.h>

typedef unsigned __int128 u128;

int mont_adx_available(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx") && __builtin_cpu_supports("avx2");
#else
    return 0;
#endif
}

#if defined(__x86_64__)
#define ADX(call) \
    if (adx) return mont_adx_##call
#else
#define ADX(call) (void)adx
#endif

/// t[0 ..< n] += a * b[0 ..< n]; returns the limb carried out.
static inline uint64_t add_multiple(uint64_t *t, const uint64_t *b, uint64_t a, size_t n) {
    uint64_t carry = 0;
    for (size_t j = 0; j < n; j++) {
        u128 s = (u128)a * b[j] + t[j] + carry;
        t[j] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

void mont_wide_product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs, int adx) {
    ADX(product(t, a, b, limbs));
    memset(t, 0, limbs * sizeof(uint64_t));
    for (size_t i = 0; i < limbs; i++) t[i + limbs] = add_multiple(t + i, b, a[i], limbs);
}

uint64_t mont_wide_product_add(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs, int adx) {
    ADX(product_add(t, a, b, limbs));
    uint64_t carry = 0;
    for (size_t i = 0; i < limbs; i++) {
        u128 s = (u128)t[i + limbs] + add_multiple(t + i, b, a[i], limbs) + carry;
        t[i + limbs] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

void mont_wide_square(uint64_t *t, const uint64_t *a, size_t limbs, int adx) {
    ADX(square(t, a, limbs));
    // Products of different limbs once; then twice that, plus the squares.
    memset(t, 0, 2 * limbs * sizeof(uint64_t));
    for (size_t i = 0; i + 1 < limbs; i++) t[i + limbs] = add_multiple(t + 2 * i + 1, a + i + 1, a[i], limbs - i - 1);
    uint64_t carry = 0, shifted_out = 0;
    for (size_t i = 0; i < limbs; i++) {
        const u128 square = (u128)a[i] * a[i];
        const uint64_t low = t[2 * i], high = t[2 * i + 1];
        u128 s = (u128)(low << 1 | shifted_out) + (uint64_t)square + carry;
        t[2 * i] = (uint64_t)s;
        s = (u128)(high << 1 | low >> 63) + (uint64_t)(square >> 64) + (uint64_t)(s >> 64);
        t[2 * i + 1] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
        shifted_out = high >> 63;
    }
}

uint64_t mont_wide_reduce(uint64_t *t, uint64_t *quotient, const mont_modulus *m, int adx) {
    ADX(reduce(t, quotient, m));
    const size_t limbs = m->limbs;
    uint64_t carry = 0;
    for (size_t i = 0; i < limbs; i++) {
        quotient[i] = t[i] * m->n0;
        u128 s = (u128)t[i + limbs] + add_multiple(t + i, m->n, quotient[i], limbs) + carry;
        t[i + limbs] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

uint64_t mont_twice_plus(uint64_t *t, const uint64_t *d, size_t limbs, int adx) {
    ADX(twice_plus(t, d, limbs));
    uint64_t carry = 0;
    for (size_t j = 0; j < limbs; j++) {
        u128 s = (u128)t[j] * 2 + d[j] + carry;
        t[j] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

uint64_t mont_add(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs) {
#if defined(__x86_64__)
    return mont_x86_add(d, a, b, limbs, 0);
#else
    uint64_t carry = 0;
    for (size_t j = 0; j < limbs; j++) {
        u128 s = (u128)a[j] + b[j] + carry;
        d[j] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
#endif
}

uint64_t mont_subtract(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs) {
#if defined(__x86_64__)
    return mont_x86_subtract(d, a, b, limbs, 0);
#else
    uint64_t borrow = 0;
    for (size_t j = 0; j < limbs; j++) {
        u128 s = (u128)a[j] - b[j] - borrow;
        d[j] = (uint64_t)s;
        borrow = (uint64_t)(s >> 64) & 1;
    }
    return borrow;
#endif
}

uint64_t mont_reduce_once(uint64_t *r, const uint64_t *a, uint64_t carry, const uint64_t *n, size_t limbs) {
    uint64_t reduced[MONT_MAX_LIMBS];
    const uint64_t borrow = mont_subtract(reduced, a, n, limbs), smaller = ~carry & borrow & 1;  // both are 0 or 1
    const uint64_t keep = opaque_mask(0 - smaller);
    for (size_t j = 0; j < limbs; j++) r[j] = reduced[j] ^ ((reduced[j] ^ a[j]) & keep);
    return 1 - smaller;
}

// The reduction after the product, not row by row with it: each passes through memory once for eight rows.
static void finish(uint64_t *r, uint64_t *t, const mont_modulus *m, int adx) {
    uint64_t quotient[MONT_MAX_LIMBS];
    const uint64_t carry = mont_wide_reduce(t, quotient, m, adx);
    mont_reduce_once(r, t + m->limbs, carry, m->n, m->limbs);
}

void mont_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b, const mont_modulus *m, int adx) {
    uint64_t t[2 * MONT_MAX_LIMBS];
    mont_wide_product(t, a, b, m->limbs, adx);
    finish(r, t, m, adx);
}

void mont_square(uint64_t *r, const uint64_t *a, const mont_modulus *m, int adx) {
    uint64_t t[2 * MONT_MAX_LIMBS];
    mont_wide_square(t, a, m->limbs, adx);
    finish(r, t, m, adx);
}

void mont_multiply_rows(
    uint64_t *r, const uint64_t *a, const uint64_t *b, size_t b_stride, size_t count, const mont_modulus *m, int adx) {
    for (size_t i = 0; i < count; i++) mont_multiply(r + i * m->limbs, a + i * m->limbs, b + i * b_stride, m, adx);
}

void mont_square_rows(uint64_t *r, const uint64_t *a, size_t count, const mont_modulus *m, int adx) {
    for (size_t i = 0; i < count; i++) mont_square(r + i * m->limbs, a + i * m->limbs, m, adx);
}

void mont_divide_rows(uint64_t *r, size_t count, unsigned bits, const mont_modulus *m) {
    if (bits == 0) return;
    const size_t limbs = m->limbs;
    for (size_t i = 0; i < count; i++, r += limbs) {
        // (r + q n) / 2^bits < n for q < 2^bits and r < n.
        const uint64_t q = r[0] * m->n0 & ((1ull << bits) - 1);
        const uint64_t above = add_multiple(r, m->n, q, limbs);
        for (size_t j = 0; j < limbs; j++) r[j] = r[j] >> bits | (j + 1 < limbs ? r[j + 1] : above) << (64 - bits);
    }
}

void mont_negate_rows(uint64_t *r, const uint64_t *a, size_t count, const mont_modulus *m) {
    for (size_t i = 0; i < count; i++, r += m->limbs, a += m->limbs) {
        uint64_t any = 0;
        for (size_t j = 0; j < m->limbs; j++) any |= a[j];
        const uint64_t keep = opaque_mask(0 - ((any | (0 - any)) >> 63));  // zero stays zero
        mont_subtract(r, m->n, a, m->limbs);
        for (size_t j = 0; j < m->limbs; j++) r[j] &= keep;
    }
}
