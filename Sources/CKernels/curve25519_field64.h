// The field of p = 2^255 - 19 in five limbs of radix 2^51, one element at a time, in portable C (unsigned __int128).
//
// "Tight" means every limb below 2^51 + 2^15: all functions take and give tight values. Not fully reduced.
#ifndef YINHE_CURVE25519_FIELD64_H
#define YINHE_CURVE25519_FIELD64_H

#include "curve25519_common.h"

typedef struct { uint64_t v[5]; } fe;
typedef uint64_t fe_mask;    // all ones or zero
typedef int64_t lane_digit;  // -8 ... 8

#define LANES 1
#define INLINE static inline __attribute__((always_inline))

INLINE void fe_splat(fe *r, const uint64_t limbs[5]) { memcpy(r->v, limbs, sizeof r->v); }

// Limbs below 2^61 become tight.
INLINE void fe_carry(fe *r) {
    uint64_t c[5];
    for (int i = 0; i < 5; i++) {
        c[i] = r->v[i] >> 51;
        r->v[i] &= LIMB51;
    }
    r->v[0] += 19 * c[4];
    for (int i = 1; i < 5; i++) r->v[i] += c[i - 1];
}

INLINE void fe_add(fe *r, const fe *a, const fe *b) {
    for (int i = 0; i < 5; i++) r->v[i] = a->v[i] + b->v[i];
    fe_carry(r);
}

// a + 2 p - b
INLINE void fe_sub(fe *r, const fe *a, const fe *b) {
    r->v[0] = a->v[0] + (2 * LIMB51 - 36) - b->v[0];
    for (int i = 1; i < 5; i++) r->v[i] = a->v[i] + 2 * LIMB51 - b->v[i];
    fe_carry(r);
}

typedef unsigned __int128 u128;

// Sums of products below 2^112 become tight.
INLINE void fe_reduce_wide(fe *r, u128 t0, u128 t1, u128 t2, u128 t3, u128 t4) {
    t1 += (uint64_t)(t0 >> 51);
    t2 += (uint64_t)(t1 >> 51);
    t3 += (uint64_t)(t2 >> 51);
    t4 += (uint64_t)(t3 >> 51);
    uint64_t r0 = ((uint64_t)t0 & LIMB51) + 19 * (uint64_t)(t4 >> 51);
    r->v[0] = r0 & LIMB51;
    r->v[1] = ((uint64_t)t1 & LIMB51) + (r0 >> 51);
    r->v[2] = (uint64_t)t2 & LIMB51;
    r->v[3] = (uint64_t)t3 & LIMB51;
    r->v[4] = (uint64_t)t4 & LIMB51;
}

INLINE void mul_inline(fe *r, const fe *a, const fe *b) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const uint64_t b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    const uint64_t c1 = 19 * b1, c2 = 19 * b2, c3 = 19 * b3, c4 = 19 * b4;
    fe_reduce_wide(
        r, (u128)a0 * b0 + (u128)a1 * c4 + (u128)a2 * c3 + (u128)a3 * c2 + (u128)a4 * c1,
        (u128)a0 * b1 + (u128)a1 * b0 + (u128)a2 * c4 + (u128)a3 * c3 + (u128)a4 * c2,
        (u128)a0 * b2 + (u128)a1 * b1 + (u128)a2 * b0 + (u128)a3 * c4 + (u128)a4 * c3,
        (u128)a0 * b3 + (u128)a1 * b2 + (u128)a2 * b1 + (u128)a3 * b0 + (u128)a4 * c4,
        (u128)a0 * b4 + (u128)a1 * b3 + (u128)a2 * b2 + (u128)a3 * b1 + (u128)a4 * b0);
}

INLINE void sqr_inline(fe *r, const fe *a) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, c3 = 19 * a3, c4 = 19 * a4;
    fe_reduce_wide(
        r, (u128)a0 * a0 + (u128)d1 * c4 + (u128)d2 * c3,
        (u128)d0 * a1 + (u128)d2 * c4 + (u128)a3 * c3,
        (u128)d0 * a2 + (u128)a1 * a1 + (u128)(2 * a3) * c4,
        (u128)d0 * a3 + (u128)d1 * a2 + (u128)a4 * c4,
        (u128)d0 * a4 + (u128)d1 * a3 + (u128)a2 * a2);
}

static __attribute__((noinline)) void fe_mul(fe *r, const fe *a, const fe *b) { mul_inline(r, a, b); }
static __attribute__((noinline)) void fe_sqr(fe *r, const fe *a) { sqr_inline(r, a); }

INLINE void fe_cmov(fe *r, const fe *a, fe_mask m) {
    for (int i = 0; i < 5; i++) r->v[i] ^= m & (r->v[i] ^ a->v[i]);
}

// The representative below p of a tight value.
INLINE void fe_canonical(fe *r, const fe *a) {
    uint64_t q = (a->v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++) q = (a->v[i] + q) >> 51;
    uint64_t c = 19 * q;  // q = 1 where the value is at least p
    for (int i = 0; i < 5; i++) {
        c += a->v[i];
        r->v[i] = c & LIMB51;
        c >>= 51;
    }
}

INLINE fe_mask mask_of_bit(uint64_t bit) { return (fe_mask)0 - yinhe_25519_hide(bit); }

INLINE fe_mask fe_is_zero(const fe *a) {
    fe t;
    fe_canonical(&t, a);
    uint64_t any = t.v[0] | t.v[1] | t.v[2] | t.v[3] | t.v[4];  // below 2^51
    return mask_of_bit((any - 1) >> 63);
}

INLINE fe_mask fe_is_negative(const fe *a) {
    fe t;
    fe_canonical(&t, a);
    return mask_of_bit(t.v[0] & 1);
}

// Limbs of LANES elements that lie `stride` words apart.
INLINE void fe_load(fe *r, const uint64_t *words, const size_t *offset) { memcpy(r->v, words + offset[0], sizeof r->v); }

INLINE void fe_store(uint64_t *words, size_t stride, const fe *a, size_t lanes) {
    (void)stride;
    (void)lanes;
    memcpy(words, a->v, sizeof a->v);
}

INLINE fe_mask mask_not(fe_mask m) { return ~m; }
INLINE unsigned mask_bits(fe_mask m) { return (unsigned)(m & 1); }

INLINE lane_digit digit_load(const int8_t *digits) { return digits[0]; }
INLINE fe_mask digit_is_negative(lane_digit d) { return mask_of_bit((uint64_t)d >> 63); }

INLINE uint64_t digit_magnitude(lane_digit d) {
    const int64_t sign = d >> 63;
    return (uint64_t)((d ^ sign) - sign);
}

// Whether the digit is k or -k.
INLINE fe_mask digit_has_magnitude(lane_digit d, unsigned k) {
    return mask_of_bit(((digit_magnitude(d) ^ k) - 1) >> 63);
}

// The multiple |d| of eight, in a table's layout; any value where d is 0.
INLINE void fe_look_up(fe *r, const uint64_t word[5][8], lane_digit d) {
    memset(r, 0, sizeof *r);
    for (unsigned k = 1; k <= 8; k++) {
        const fe_mask m = digit_has_magnitude(d, k);
        for (int i = 0; i < 5; i++) r->v[i] |= m & word[i][k - 1];
    }
}

#endif
