// The field of P-256 in four 64-bit limbs, Montgomery form with R = 2^256, elements always fully reduced.
//
// p = -1 mod 2^64, so Montgomery's per-word quotient is the low word itself, and p's words 1 and 2 (2^32 - 1 and 0) turn two
// of the three remaining products of a reduction step into shifts.
#ifndef YINHE_P256_FIELD64_H
#define YINHE_P256_FIELD64_H

#include <stdint.h>
#include <string.h>
#include "p256_common.h"

typedef unsigned __int128 u128;
typedef struct { uint64_t v[4]; } fe;
typedef uint64_t fe_mask;  // all ones or zero

#define LANES 1

static const fe FE_P = {{0xffffffffffffffffULL, 0x00000000ffffffffULL, 0x0000000000000000ULL, 0xffffffff00000001ULL}};
static const fe FE_ONE = {{0x0000000000000001ULL, 0xffffffff00000000ULL, 0xffffffffffffffffULL, 0x00000000fffffffeULL}};
static const fe FE_R2 = {{0x0000000000000003ULL, 0xfffffffbffffffffULL, 0xfffffffffffffffeULL, 0x00000004fffffffdULL}};
static const fe FE_R3 = {{0xfffffffd0000000aULL, 0xffffffedfffffff7ULL, 0x00000005fffffffcULL, 0x0000001800000001ULL}};

static inline uint64_t add_carry(uint64_t a, uint64_t b, uint64_t *carry) {
    u128 t = (u128)a + b + *carry;
    *carry = (uint64_t)(t >> 64);
    return (uint64_t)t;
}

static inline uint64_t sub_borrow(uint64_t a, uint64_t b, uint64_t *borrow) {
    u128 t = (u128)a - b - *borrow;
    *borrow = (uint64_t)(t >> 64) & 1;
    return (uint64_t)t;
}

static inline void fe_cmov(fe *r, const fe *a, fe_mask m) {
    m = yinhe_p256_hide(m);
    for (int i = 0; i < 4; i++) r->v[i] ^= m & (r->v[i] ^ a->v[i]);
}

// r = (top : t) - p if that is not negative, else t. For values below 2p.
static inline void fe_reduce_once(fe *r, const uint64_t t[4], uint64_t top) {
    uint64_t d[4], borrow = 0;
    for (int i = 0; i < 4; i++) d[i] = sub_borrow(t[i], FE_P.v[i], &borrow);
    sub_borrow(top, 0, &borrow);
    uint64_t keep = yinhe_p256_hide(0 - borrow);
    for (int i = 0; i < 4; i++) r->v[i] = (t[i] & keep) | (d[i] & ~keep);
}

static inline void fe_add(fe *r, const fe *a, const fe *b) {
    uint64_t t[4], carry = 0;
    for (int i = 0; i < 4; i++) t[i] = add_carry(a->v[i], b->v[i], &carry);
    fe_reduce_once(r, t, carry);
}

static inline void fe_sub(fe *r, const fe *a, const fe *b) {
    uint64_t t[4], borrow = 0, carry = 0;
    for (int i = 0; i < 4; i++) t[i] = sub_borrow(a->v[i], b->v[i], &borrow);
    uint64_t m = yinhe_p256_hide(0 - borrow);
    for (int i = 0; i < 4; i++) r->v[i] = add_carry(t[i], FE_P.v[i] & m, &carry);
}

// One Montgomery step on the words t0..t4 (t5 above): adds t0 * p, which clears t0, and drops it.
#define REDUCE_STEP(t0, t1, t2, t3, t4, t5) do {                 \
        uint64_t c = 0;                                          \
        u128 top = (u128)t0 * 0xffffffff00000001ULL;             \
        t1 = add_carry(t1, t0 << 32, &c);                        \
        t2 = add_carry(t2, t0 >> 32, &c);                        \
        t3 = add_carry(t3, (uint64_t)top, &c);                   \
        t4 = add_carry(t4, (uint64_t)(top >> 64), &c);           \
        t5 += c;                                                 \
    } while (0)

static inline uint64_t mul_add(uint64_t a, uint64_t b, uint64_t t, uint64_t *carry) {
    u128 s = (u128)a * b + t + *carry;
    *carry = (uint64_t)(s >> 64);
    return (uint64_t)s;
}

static inline void fe_mul(fe *r, const fe *a, const fe *b) {
    uint64_t t0, t1, t2, t3, t4, t5, c;
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
    uint64_t w = b->v[0];
    c = 0;
    t0 = mul_add(a0, w, 0, &c); t1 = mul_add(a1, w, 0, &c); t2 = mul_add(a2, w, 0, &c); t3 = mul_add(a3, w, 0, &c);
    t4 = c; t5 = 0;
    REDUCE_STEP(t0, t1, t2, t3, t4, t5);
    w = b->v[1];
    c = 0;
    t1 = mul_add(a0, w, t1, &c); t2 = mul_add(a1, w, t2, &c); t3 = mul_add(a2, w, t3, &c); t4 = mul_add(a3, w, t4, &c);
    t5 += c; t0 = t5 < c;
    { uint64_t q = t1; t1 = 0; REDUCE_STEP(q, t2, t3, t4, t5, t0); }
    w = b->v[2];
    c = 0;
    t2 = mul_add(a0, w, t2, &c); t3 = mul_add(a1, w, t3, &c); t4 = mul_add(a2, w, t4, &c); t5 = mul_add(a3, w, t5, &c);
    t0 += c; t1 = t0 < c;
    { uint64_t q = t2; t2 = 0; REDUCE_STEP(q, t3, t4, t5, t0, t1); }
    w = b->v[3];
    c = 0;
    t3 = mul_add(a0, w, t3, &c); t4 = mul_add(a1, w, t4, &c); t5 = mul_add(a2, w, t5, &c); t0 = mul_add(a3, w, t0, &c);
    t1 += c; t2 = t1 < c;
    { uint64_t q = t3; REDUCE_STEP(q, t4, t5, t0, t1, t2); }
    uint64_t t[4] = {t4, t5, t0, t1};
    fe_reduce_once(r, t, t2);
}

static inline void fe_sqr(fe *r, const fe *a) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
    uint64_t t0, t1, t2, t3, t4, t5, t6, t7, c = 0;
    t1 = mul_add(a0, a1, 0, &c); t2 = mul_add(a0, a2, 0, &c); t3 = mul_add(a0, a3, 0, &c); t4 = c;
    c = 0;
    t3 = mul_add(a1, a2, t3, &c); t4 = mul_add(a1, a3, t4, &c); t5 = c;
    c = 0;
    t5 = mul_add(a2, a3, t5, &c); t6 = c;
    t7 = t6 >> 63;
    t6 = t6 << 1 | t5 >> 63;
    t5 = t5 << 1 | t4 >> 63;
    t4 = t4 << 1 | t3 >> 63;
    t3 = t3 << 1 | t2 >> 63;
    t2 = t2 << 1 | t1 >> 63;
    t1 = t1 << 1;
    u128 s = (u128)a0 * a0;
    t0 = (uint64_t)s;
    c = 0;
    t1 = add_carry(t1, (uint64_t)(s >> 64), &c);
    s = (u128)a1 * a1;
    t2 = add_carry(t2, (uint64_t)s, &c); t3 = add_carry(t3, (uint64_t)(s >> 64), &c);
    s = (u128)a2 * a2;
    t4 = add_carry(t4, (uint64_t)s, &c); t5 = add_carry(t5, (uint64_t)(s >> 64), &c);
    s = (u128)a3 * a3;
    t6 = add_carry(t6, (uint64_t)s, &c); t7 = add_carry(t7, (uint64_t)(s >> 64), &c);
    // Four steps on the low half; each leaves one word, and the carries out of them meet the high half at the end.
    uint64_t k1 = 0, k2 = 0, k3 = 0, k4 = 0, k = 0;
    REDUCE_STEP(t0, t1, t2, t3, k1, k);
    REDUCE_STEP(t1, t2, t3, k1, k2, k);
    REDUCE_STEP(t2, t3, k1, k2, k3, k);
    REDUCE_STEP(t3, k1, k2, k3, k4, k);
    (void)k;  // no step carries out of its top word
    c = 0;
    uint64_t t[4];
    t[0] = add_carry(t4, k1, &c);
    t[1] = add_carry(t5, k2, &c);
    t[2] = add_carry(t6, k3, &c);
    t[3] = add_carry(t7, k4, &c);
    fe_reduce_once(r, t, c);
}

static inline fe_mask fe_is_zero(const fe *a) {
    uint64_t x = yinhe_p256_hide(a->v[0] | a->v[1] | a->v[2] | a->v[3]);
    return ((x | (0 - x)) >> 63) - 1;
}

static inline fe_mask fe_eq(const fe *a, const fe *b) {
    fe d;
    for (int i = 0; i < 4; i++) d.v[i] = a->v[i] ^ b->v[i];
    return fe_is_zero(&d);
}

static inline void fe_from_words(fe *r, const uint64_t (*words)[4]) {
    fe t;
    memcpy(t.v, words[0], sizeof t.v);
    fe_mul(r, &t, &FE_R2);
}

static inline void fe_to_words(uint64_t (*words)[4], const fe *a) {
    const fe one = {{1, 0, 0, 0}};
    fe t;
    fe_mul(&t, a, &one);
    memcpy(words[0], t.v, sizeof t.v);
}

// low + 2^256 * high mod p, for low < 2^256 and high < 2^128.
static inline void fe_from_wide(fe *r, const uint64_t (*low)[4], const uint64_t (*high)[4]) {
    fe l, h;
    fe_reduce_once(&l, low[0], 0);
    memcpy(h.v, high[0], sizeof h.v);
    fe_mul(&l, &l, &FE_R2);
    fe_mul(&h, &h, &FE_R3);
    fe_add(r, &l, &h);
}

// All ones where the (non-Montgomery) value is odd: sgn0 of RFC 9380, section 4.1.
static inline fe_mask fe_is_odd(const fe *a) {
    uint64_t w[1][4];
    fe_to_words(w, a);
    return 0 - (w[0][0] & 1);
}

static inline fe_mask mask_not(fe_mask m) { return ~m; }
static inline fe_mask mask_xor(fe_mask a, fe_mask b) { return a ^ b; }
static inline fe_mask mask_of_bits(unsigned bits) { return 0 - (uint64_t)(bits & 1); }
static inline unsigned mask_bits(fe_mask m) { return (unsigned)(m & 1); }

#endif
