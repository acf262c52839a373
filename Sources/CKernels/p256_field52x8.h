// The field of P-256 in five 52-bit limbs, eight elements side by side, for AVX-512 IFMA. Montgomery form with R = 2^260.
//
// Values are below 2^260 with every limb below 2^52, not fully reduced. A product of a < A p and b < B p is below
// (A B / 16 + 1) p. "Tight" means below 1.1 p: every result of fe_mul and fe_sqr for tight inputs, of fe_add and of fe_sub.
//
// p = -1 mod 2^52, so Montgomery's quotient per limb is the low limb q itself, and adding q p to it carries out
// q 2^44 at limb 1 (p's limbs 0 and 1 together), q 2^36 at limb 3 and q (2^48 - 2^16) at limb 4.
#ifndef YINHE_P256_FIELD52X8_H
#define YINHE_P256_FIELD52X8_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

typedef struct { __m512i v[5]; } fe;
typedef __mmask8 fe_mask;

#define LANES 8
#define INLINE static inline __attribute__((always_inline))
#define LIMB_BITS 52
#define LIMB_MASK 0xfffffffffffffULL

static const uint64_t LIMBS_P[5] = {0xfffffffffffffULL, 0x00fffffffffffULL, 0, 0x0001000000000ULL, 0x0ffffffff0000ULL};
static const uint64_t LIMBS_ONE[5] = {
    0x0000000000010ULL, 0xf000000000000ULL, 0xfffffffffffffULL, 0xffeffffffffffULL, 0x00000000fffffULL,
};  // R
static const uint64_t LIMBS_R2[5] = {
    0x0000000000300ULL, 0xffffffff00000ULL, 0xffffefffffffbULL, 0xfdfffffffffffULL, 0x0000004ffffffULL,
};  // R^2
static const uint64_t LIMBS_R2_256[5] = {
    0xffd0000000a00ULL, 0xfffffff7fffffULL, 0xffffcffffffedULL, 0x0100000005fffULL, 0x0000018000000ULL,
};  // 2^256 R^2
static const uint64_t LIMBS_HALF[5] = {
    0x0000000000008ULL, 0xf800000000000ULL, 0xfffffffffffffULL, 0xfff7fffffffffULL, 0x000000007ffffULL,
};  // R / 2

INLINE __m512i splat(uint64_t x) { return _mm512_set1_epi64((long long)x); }

INLINE void fe_splat(fe *r, const uint64_t limbs[5]) {
    for (int i = 0; i < 5; i++) r->v[i] = splat(limbs[i]);
}

// Brings signed limbs, |limb| < 2^62, of a value in 0 ..< 2^260 to 0 ..< 2^52.
INLINE void fe_carry(fe *r) {
    const __m512i mask = splat(LIMB_MASK);
    for (int i = 0; i < 4; i++) {
        r->v[i + 1] = _mm512_add_epi64(r->v[i + 1], _mm512_srai_epi64(r->v[i], LIMB_BITS));
        r->v[i] = _mm512_and_epi64(r->v[i], mask);
    }
}

// The same, and brings the value below 2^256 + 2^229: removes q p for q = floor(top limb / 2^48), where
// 2^256 = 2^224 - 2^192 - 2^96 + 1 mod p. The carries that q leaves out are below 2^-30 of p, so the result is not negative.
INLINE void fe_carry_tight(fe *r) {
    const __m512i q = _mm512_srai_epi64(r->v[4], 48);
    r->v[0] = _mm512_add_epi64(r->v[0], q);
    r->v[1] = _mm512_sub_epi64(r->v[1], _mm512_slli_epi64(q, 44));
    r->v[3] = _mm512_sub_epi64(r->v[3], _mm512_slli_epi64(q, 36));
    r->v[4] = _mm512_add_epi64(_mm512_and_epi64(r->v[4], splat(0xffffffffffffULL)), _mm512_slli_epi64(q, 16));
    fe_carry(r);
}

// Limb by limb, without carries: r += a, r -= a, r += k p. Any of these is followed by fe_carry or fe_carry_tight.
INLINE void raw_add(fe *r, const fe *a) {
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_add_epi64(r->v[i], a->v[i]);
}

INLINE void raw_sub(fe *r, const fe *a) {
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_sub_epi64(r->v[i], a->v[i]);
}

INLINE void raw_add_p(fe *r, uint64_t k) {
    for (int i = 0; i < 5; i++) {
        if (LIMBS_P[i]) r->v[i] = _mm512_add_epi64(r->v[i], splat(k * LIMBS_P[i]));
    }
}

INLINE void fe_add(fe *r, const fe *a, const fe *b) {
    fe t = *a;
    raw_add(&t, b);
    fe_carry_tight(&t);
    *r = t;
}

INLINE void fe_sub(fe *r, const fe *a, const fe *b) {
    fe t = *a;
    raw_sub(&t, b);
    raw_add_p(&t, 2);
    fe_carry_tight(&t);
    *r = t;
}

#define MADD_LO(t, a, b) t = _mm512_madd52lo_epu64(t, a, b)
#define MADD_HI(t, a, b) t = _mm512_madd52hi_epu64(t, a, b)

// Clears the limb t0 by adding t0 p; its carry goes to t1.
#define REDUCE_LIMB(t0, t1, t2, t3, t4, t5) do {                              \
        t1 = _mm512_add_epi64(t1, _mm512_srli_epi64(t0, LIMB_BITS));          \
        MADD_LO(t1, t0, c44); MADD_HI(t2, t0, c44);                           \
        MADD_LO(t3, t0, c36); MADD_HI(t4, t0, c36);                           \
        MADD_LO(t4, t0, top); MADD_HI(t5, t0, top);                           \
    } while (0)

#define REDUCE_ALL() do {                                                     \
        const __m512i c44 = splat(1ULL << 44), c36 = splat(1ULL << 36), top = splat(LIMBS_P[4]); \
        REDUCE_LIMB(t0, t1, t2, t3, t4, t5);                                  \
        REDUCE_LIMB(t1, t2, t3, t4, t5, t6);                                  \
        REDUCE_LIMB(t2, t3, t4, t5, t6, t7);                                  \
        REDUCE_LIMB(t3, t4, t5, t6, t7, t8);                                  \
        REDUCE_LIMB(t4, t5, t6, t7, t8, t9);                                  \
        r->v[0] = t5; r->v[1] = t6; r->v[2] = t7; r->v[3] = t8; r->v[4] = t9; \
        fe_carry(r);                                                          \
    } while (0)

INLINE void mul_inline(fe *r, const fe *a, const fe *b) {
    const __m512i a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const __m512i b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    __m512i t0, t1, t2, t3, t4, t5, t6, t7, t8, t9;
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = t8 = t9 = _mm512_setzero_si512();
#define ROW(x, l0, l1, l2, l3, l4, l5) do {                                   \
        MADD_LO(l0, x, b0); MADD_LO(l1, x, b1); MADD_LO(l2, x, b2); MADD_LO(l3, x, b3); MADD_LO(l4, x, b4); \
        MADD_HI(l1, x, b0); MADD_HI(l2, x, b1); MADD_HI(l3, x, b2); MADD_HI(l4, x, b3); MADD_HI(l5, x, b4); \
    } while (0)
    ROW(a0, t0, t1, t2, t3, t4, t5);
    ROW(a1, t1, t2, t3, t4, t5, t6);
    ROW(a2, t2, t3, t4, t5, t6, t7);
    ROW(a3, t3, t4, t5, t6, t7, t8);
    ROW(a4, t4, t5, t6, t7, t8, t9);
#undef ROW
    REDUCE_ALL();
}

INLINE void sqr_inline(fe *r, const fe *a) {
    const __m512i a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    __m512i t0, t1, t2, t3, t4, t5, t6, t7, t8, t9;
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = t8 = t9 = _mm512_setzero_si512();
    // The products of different limbs, doubled at the end, then the squares.
    MADD_LO(t1, a0, a1); MADD_LO(t2, a0, a2); MADD_LO(t3, a0, a3); MADD_LO(t4, a0, a4);
    MADD_HI(t2, a0, a1); MADD_HI(t3, a0, a2); MADD_HI(t4, a0, a3); MADD_HI(t5, a0, a4);
    MADD_LO(t3, a1, a2); MADD_LO(t4, a1, a3); MADD_LO(t5, a1, a4);
    MADD_HI(t4, a1, a2); MADD_HI(t5, a1, a3); MADD_HI(t6, a1, a4);
    MADD_LO(t5, a2, a3); MADD_LO(t6, a2, a4);
    MADD_HI(t6, a2, a3); MADD_HI(t7, a2, a4);
    MADD_LO(t7, a3, a4); MADD_HI(t8, a3, a4);
    t1 = _mm512_add_epi64(t1, t1); t2 = _mm512_add_epi64(t2, t2); t3 = _mm512_add_epi64(t3, t3);
    t4 = _mm512_add_epi64(t4, t4); t5 = _mm512_add_epi64(t5, t5); t6 = _mm512_add_epi64(t6, t6);
    t7 = _mm512_add_epi64(t7, t7); t8 = _mm512_add_epi64(t8, t8);
    MADD_LO(t0, a0, a0); MADD_HI(t1, a0, a0);
    MADD_LO(t2, a1, a1); MADD_HI(t3, a1, a1);
    MADD_LO(t4, a2, a2); MADD_HI(t5, a2, a2);
    MADD_LO(t6, a3, a3); MADD_HI(t7, a3, a3);
    MADD_LO(t8, a4, a4); MADD_HI(t9, a4, a4);
    REDUCE_ALL();
}

// Out of line where they are many, inline in the two point formulas.
static __attribute__((noinline)) void fe_mul(fe *r, const fe *a, const fe *b) { mul_inline(r, a, b); }
static __attribute__((noinline)) void fe_sqr(fe *r, const fe *a) { sqr_inline(r, a); }

INLINE void fe_cmov(fe *r, const fe *a, fe_mask m) {
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_mask_mov_epi64(r->v[i], m, a->v[i]);
}

// The representative below p of a tight value.
INLINE void fe_canonical(fe *r, const fe *a) {
    fe d = *a, p;
    fe_splat(&p, LIMBS_P);
    raw_sub(&d, &p);
    fe_carry(&d);  // leaves the sign in the top limb
    fe_mask negative = _mm512_movepi64_mask(d.v[4]);
    fe_cmov(&d, a, negative);
    *r = d;
}

INLINE fe_mask fe_is_zero(const fe *a) {
    fe t;
    fe_canonical(&t, a);
    __m512i any = _mm512_or_epi64(_mm512_or_epi64(t.v[0], t.v[1]), _mm512_or_epi64(t.v[2], t.v[3]));
    any = _mm512_or_epi64(any, t.v[4]);
    return _mm512_testn_epi64_mask(any, any);
}

INLINE fe_mask fe_eq(const fe *a, const fe *b) {
    fe d;
    fe_sub(&d, a, b);
    return fe_is_zero(&d);
}

// Plain integers below 2^256, one per lane, as limbs.
INLINE void fe_load_words(fe *r, const uint64_t (*w)[4]) {
    uint64_t limbs[5][8];
    for (int l = 0; l < 8; l++) {
        limbs[0][l] = w[l][0] & LIMB_MASK;
        limbs[1][l] = (w[l][0] >> 52 | w[l][1] << 12) & LIMB_MASK;
        limbs[2][l] = (w[l][1] >> 40 | w[l][2] << 24) & LIMB_MASK;
        limbs[3][l] = (w[l][2] >> 28 | w[l][3] << 36) & LIMB_MASK;
        limbs[4][l] = w[l][3] >> 16;
    }
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_loadu_si512(limbs[i]);
}

INLINE void fe_from_words(fe *r, const uint64_t (*words)[4]) {
    fe t, r2;
    fe_load_words(&t, words);
    fe_splat(&r2, LIMBS_R2);
    fe_mul(r, &t, &r2);
}

INLINE void fe_to_words(uint64_t (*w)[4], const fe *a) {
    fe t, one;
    memset(&one, 0, sizeof one);
    one.v[0] = splat(1);
    fe_mul(&t, a, &one);
    fe_canonical(&t, &t);
    uint64_t limbs[5][8];
    for (int i = 0; i < 5; i++) _mm512_storeu_si512(limbs[i], t.v[i]);
    for (int l = 0; l < 8; l++) {
        w[l][0] = limbs[0][l] | limbs[1][l] << 52;
        w[l][1] = limbs[1][l] >> 12 | limbs[2][l] << 40;
        w[l][2] = limbs[2][l] >> 24 | limbs[3][l] << 28;
        w[l][3] = limbs[3][l] >> 36 | limbs[4][l] << 16;
    }
}

// low + 2^256 * high mod p, for low < 2^256 and high < 2^128.
INLINE void fe_from_wide(fe *r, const uint64_t (*low)[4], const uint64_t (*high)[4]) {
    fe l, h, factor;
    fe_load_words(&l, low);
    fe_load_words(&h, high);
    fe_splat(&factor, LIMBS_R2);
    fe_mul(&l, &l, &factor);
    fe_splat(&factor, LIMBS_R2_256);
    fe_mul(&h, &h, &factor);
    fe_add(r, &l, &h);
}

// Where the (non-Montgomery) value is odd: sgn0 of RFC 9380, section 4.1.
INLINE fe_mask fe_is_odd(const fe *a) {
    fe t, one;
    memset(&one, 0, sizeof one);
    one.v[0] = splat(1);
    fe_mul(&t, a, &one);
    fe_canonical(&t, &t);
    return _mm512_test_epi64_mask(t.v[0], splat(1));
}

INLINE fe_mask mask_not(fe_mask m) { return (fe_mask)~m; }
INLINE fe_mask mask_xor(fe_mask a, fe_mask b) { return a ^ b; }
INLINE fe_mask mask_of_bits(unsigned bits) { return (fe_mask)bits; }
INLINE unsigned mask_bits(fe_mask m) { return m; }

#endif
