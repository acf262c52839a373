// The field of p = 2^255 - 19 in five limbs of radix 2^51, eight elements side by side, for AVX-512 IFMA.
//
// "Tight" means every limb below 2^51 + 2^15: all functions take and give tight values. Not fully reduced. The instruction
// multiplies 52-bit operands and splits products at bit 52, one bit above the radix: high halves count twice.
#ifndef YINHE_CURVE25519_FIELD51X8_H
#define YINHE_CURVE25519_FIELD51X8_H

#include <immintrin.h>
#include "curve25519_common.h"

typedef struct { __m512i v[5]; } fe;
typedef __mmask8 fe_mask;
typedef __m512i lane_digit;  // -8 ... 8

#define LANES 8
#define INLINE static inline __attribute__((always_inline))

INLINE __m512i splat(uint64_t x) { return _mm512_set1_epi64((long long)x); }

INLINE void fe_splat(fe *r, const uint64_t limbs[5]) {
    for (int i = 0; i < 5; i++) r->v[i] = splat(limbs[i]);
}

// Limbs below 2^62 become tight.
INLINE void fe_carry(fe *r) {
    const __m512i mask = splat(LIMB51);
    __m512i c[5];
    for (int i = 0; i < 5; i++) {
        c[i] = _mm512_srli_epi64(r->v[i], 51);
        r->v[i] = _mm512_and_epi64(r->v[i], mask);
    }
    r->v[0] = _mm512_madd52lo_epu64(r->v[0], c[4], splat(19));
    for (int i = 1; i < 5; i++) r->v[i] = _mm512_add_epi64(r->v[i], c[i - 1]);
}

INLINE void fe_add(fe *r, const fe *a, const fe *b) {
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_add_epi64(a->v[i], b->v[i]);
    fe_carry(r);
}

// a + 2 p - b
INLINE void fe_sub(fe *r, const fe *a, const fe *b) {
    r->v[0] = _mm512_sub_epi64(_mm512_add_epi64(a->v[0], splat(2 * LIMB51 - 36)), b->v[0]);
    for (int i = 1; i < 5; i++) r->v[i] = _mm512_sub_epi64(_mm512_add_epi64(a->v[i], splat(2 * LIMB51)), b->v[i]);
    fe_carry(r);
}

#define LO(t, a, b) t = _mm512_madd52lo_epu64(t, a, b)
#define HI(t, a, b) t = _mm512_madd52hi_epu64(t, a, b)
#define TWICE(t) t = _mm512_add_epi64(t, t)

// a + 19 b for b below 2^57.
INLINE __m512i fold(__m512i a, __m512i b) {
    const __m512i three = _mm512_add_epi64(b, _mm512_slli_epi64(b, 1));
    return _mm512_add_epi64(_mm512_add_epi64(a, three), _mm512_slli_epi64(b, 4));
}

// Columns below 2^57 become tight limbs.
#define REDUCE_COLUMNS() do {                                                 \
        r->v[0] = fold(t0, t5); r->v[1] = fold(t1, t6); r->v[2] = fold(t2, t7); \
        r->v[3] = fold(t3, t8); r->v[4] = fold(t4, t9);                       \
        fe_carry(r);                                                          \
    } while (0)

INLINE void mul_inline(fe *r, const fe *a, const fe *b) {
    const __m512i a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const __m512i b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    __m512i t0, t1, t2, t3, t4, t5, t6, t7, t8, t9;
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = t8 = t9 = _mm512_setzero_si512();
    HI(t1, a0, b0); HI(t2, a0, b1); HI(t3, a0, b2); HI(t4, a0, b3); HI(t5, a0, b4);
    HI(t2, a1, b0); HI(t3, a1, b1); HI(t4, a1, b2); HI(t5, a1, b3); HI(t6, a1, b4);
    HI(t3, a2, b0); HI(t4, a2, b1); HI(t5, a2, b2); HI(t6, a2, b3); HI(t7, a2, b4);
    HI(t4, a3, b0); HI(t5, a3, b1); HI(t6, a3, b2); HI(t7, a3, b3); HI(t8, a3, b4);
    HI(t5, a4, b0); HI(t6, a4, b1); HI(t7, a4, b2); HI(t8, a4, b3); HI(t9, a4, b4);
    TWICE(t1); TWICE(t2); TWICE(t3); TWICE(t4); TWICE(t5); TWICE(t6); TWICE(t7); TWICE(t8); TWICE(t9);
    LO(t0, a0, b0); LO(t1, a0, b1); LO(t2, a0, b2); LO(t3, a0, b3); LO(t4, a0, b4);
    LO(t1, a1, b0); LO(t2, a1, b1); LO(t3, a1, b2); LO(t4, a1, b3); LO(t5, a1, b4);
    LO(t2, a2, b0); LO(t3, a2, b1); LO(t4, a2, b2); LO(t5, a2, b3); LO(t6, a2, b4);
    LO(t3, a3, b0); LO(t4, a3, b1); LO(t5, a3, b2); LO(t6, a3, b3); LO(t7, a3, b4);
    LO(t4, a4, b0); LO(t5, a4, b1); LO(t6, a4, b2); LO(t7, a4, b3); LO(t8, a4, b4);
    REDUCE_COLUMNS();
}

// A product of different limbs counts twice, a high half twice again.
INLINE void sqr_inline(fe *r, const fe *a) {
    const __m512i a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    __m512i t0, t1, t2, t3, t4, t5, t6, t7, t8, t9;
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = t8 = t9 = _mm512_setzero_si512();
    HI(t2, a0, a1); HI(t3, a0, a2); HI(t4, a0, a3); HI(t5, a0, a4);
    HI(t4, a1, a2); HI(t5, a1, a3); HI(t6, a1, a4);
    HI(t6, a2, a3); HI(t7, a2, a4);
    HI(t8, a3, a4);
    TWICE(t2); TWICE(t3); TWICE(t4); TWICE(t5); TWICE(t6); TWICE(t7); TWICE(t8);
    HI(t1, a0, a0); HI(t3, a1, a1); HI(t5, a2, a2); HI(t7, a3, a3); HI(t9, a4, a4);
    LO(t1, a0, a1); LO(t2, a0, a2); LO(t3, a0, a3); LO(t4, a0, a4);
    LO(t3, a1, a2); LO(t4, a1, a3); LO(t5, a1, a4);
    LO(t5, a2, a3); LO(t6, a2, a4);
    LO(t7, a3, a4);
    TWICE(t1); TWICE(t2); TWICE(t3); TWICE(t4); TWICE(t5); TWICE(t6); TWICE(t7); TWICE(t8); TWICE(t9);
    LO(t0, a0, a0); LO(t2, a1, a1); LO(t4, a2, a2); LO(t6, a3, a3); LO(t8, a4, a4);
    REDUCE_COLUMNS();
}

static __attribute__((noinline)) void fe_mul(fe *r, const fe *a, const fe *b) { mul_inline(r, a, b); }
static __attribute__((noinline)) void fe_sqr(fe *r, const fe *a) { sqr_inline(r, a); }

INLINE void fe_cmov(fe *r, const fe *a, fe_mask m) {
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_mask_mov_epi64(r->v[i], m, a->v[i]);
}

// The representative below p of a tight value.
INLINE void fe_canonical(fe *r, const fe *a) {
    __m512i q = _mm512_srli_epi64(_mm512_add_epi64(a->v[0], splat(19)), 51);
    for (int i = 1; i < 5; i++) q = _mm512_srli_epi64(_mm512_add_epi64(a->v[i], q), 51);
    __m512i c = _mm512_madd52lo_epu64(_mm512_setzero_si512(), q, splat(19));  // q = 1 where the value is at least p
    for (int i = 0; i < 5; i++) {
        c = _mm512_add_epi64(c, a->v[i]);
        r->v[i] = _mm512_and_epi64(c, splat(LIMB51));
        c = _mm512_srli_epi64(c, 51);
    }
}

INLINE fe_mask fe_is_zero(const fe *a) {
    fe t;
    fe_canonical(&t, a);
    __m512i any = _mm512_or_epi64(_mm512_or_epi64(t.v[0], t.v[1]), _mm512_or_epi64(t.v[2], t.v[3]));
    any = _mm512_or_epi64(any, t.v[4]);
    return _mm512_testn_epi64_mask(any, any);
}

INLINE fe_mask fe_is_negative(const fe *a) {
    fe t;
    fe_canonical(&t, a);
    return _mm512_test_epi64_mask(t.v[0], splat(1));
}

// Lane l takes five limbs from words + offset[l].
INLINE void fe_load(fe *r, const uint64_t *words, const size_t *offset) {
    uint64_t limbs[5][8];
    for (int l = 0; l < 8; l++) {
        for (int i = 0; i < 5; i++) limbs[i][l] = words[offset[l] + (size_t)i];
    }
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_loadu_si512(limbs[i]);
}

// The first `lanes` lanes go to words + l stride.
INLINE void fe_store(uint64_t *words, size_t stride, const fe *a, size_t lanes) {
    uint64_t limbs[5][8];
    for (int i = 0; i < 5; i++) _mm512_storeu_si512(limbs[i], a->v[i]);
    for (size_t l = 0; l < lanes; l++) {
        for (size_t i = 0; i < 5; i++) words[l * stride + i] = limbs[i][l];
    }
}

INLINE fe_mask mask_not(fe_mask m) { return (fe_mask)~m; }
INLINE unsigned mask_bits(fe_mask m) { return m; }

INLINE lane_digit digit_load(const int8_t *digits) {
    return _mm512_cvtepi8_epi64(_mm_loadl_epi64((const __m128i *)digits));
}

INLINE fe_mask digit_is_negative(lane_digit d) { return _mm512_movepi64_mask(d); }

// Whether the digit is k or -k.
INLINE fe_mask digit_has_magnitude(lane_digit d, unsigned k) {
    return _mm512_cmpeq_epi64_mask(_mm512_abs_epi64(d), splat(k));
}

// The multiple |d| of eight, in a table's layout; any value where d is 0. Permutes registers: no address depends on d.
INLINE void fe_look_up(fe *r, const uint64_t word[5][8], lane_digit d) {
    const __m512i place = _mm512_sub_epi64(_mm512_abs_epi64(d), splat(1));
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_permutexvar_epi64(place, _mm512_loadu_si512(word[i]));
}

#endif
