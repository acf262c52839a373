// One element to a register, with PCLMULQDQ.
#if defined(__x86_64__) && defined(__clang__)
#include "gf128.h"

extern const yinhe_gf128_kernels yinhe_gf128_pclmul;

#pragma clang attribute push(__attribute__((target("pclmul,sse4.1"))), apply_to = function)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __m128i word(uint64_t a) { return _mm_cvtsi64_si128((long long)a); }
INLINE uint64_t low(__m128i a) { return (uint64_t)_mm_cvtsi128_si64(a); }

// The two products p, q reduced to the words of one block. y^64 = y^4 + y^3 + y + 1 = 0x1b; what folding the high word pushes
// past bit 63 has at most four bits, and folds again within eight.
INLINE __m128i reduce2(__m128i p, __m128i q) {
    const __m128i tail = word(0x1b);
    __m128i fp = _mm_clmulepi64_si128(p, tail, 0x01), fq = _mm_clmulepi64_si128(q, tail, 0x01);
    __m128i over = _mm_unpackhi_epi64(fp, fq);
    over = _mm_xor_si128(
        _mm_xor_si128(over, _mm_slli_epi64(over, 1)), _mm_xor_si128(_mm_slli_epi64(over, 3), _mm_slli_epi64(over, 4)));
    return _mm_xor_si128(over, _mm_unpacklo_epi64(_mm_xor_si128(p, fp), _mm_xor_si128(q, fq)));
}

INLINE uint64_t times_g(uint64_t a) { return low(reduce2(_mm_set_epi64x((long long)(a >> 3), (long long)(a << 61)), word(0))); }

static uint64_t multiply64(uint64_t a, uint64_t b) { return low(reduce2(_mm_clmulepi64_si128(word(a), word(b), 0), word(0))); }

INLINE __m128i load(const yinhe_gf128 *p) { return _mm_loadu_si128((const __m128i *)p); }

INLINE yinhe_gf128 element(__m128i x) {
    yinhe_gf128 out;
    _mm_storeu_si128((__m128i *)&out, x);
    return out;
}

// The sums of a0 b0, a1 b1 and (a0 + a1)(b0 + b1).
typedef struct {
    __m128i low, high, all;
} products;

INLINE void accumulate(products *p, __m128i a, __m128i b) {
    p->low = _mm_xor_si128(p->low, _mm_clmulepi64_si128(a, b, 0x00));
    p->high = _mm_xor_si128(p->high, _mm_clmulepi64_si128(a, b, 0x11));
    __m128i s = _mm_xor_si128(a, _mm_shuffle_epi32(a, 0x4e)), t = _mm_xor_si128(b, _mm_shuffle_epi32(b, 0x4e));
    p->all = _mm_xor_si128(p->all, _mm_clmulepi64_si128(s, t, 0x00));
}

// z^2 = z + g: c1 = all + low, c0 = low + g high.
INLINE yinhe_gf128 finish(const products *p) {
    yinhe_gf128 r = element(reduce2(p->low, _mm_xor_si128(p->all, p->low)));
    r.c0 ^= times_g(low(reduce2(p->high, word(0))));
    return r;
}

static yinhe_gf128 multiply128(yinhe_gf128 a, yinhe_gf128 b) {
    products p = {0};
    accumulate(&p, load(&a), load(&b));
    return finish(&p);
}

static void add_products64(yinhe_gf128 *into, const uint64_t *values, yinhe_gf128 delta, size_t count) {
    __m128i d = load(&delta);
    for (size_t i = 0; i < count; i++) {
        __m128i v = word(values[i]);
        __m128i r = reduce2(_mm_clmulepi64_si128(v, d, 0x00), _mm_clmulepi64_si128(v, d, 0x10));
        _mm_storeu_si128((__m128i *)(into + i), _mm_xor_si128(load(into + i), r));
    }
}

// c0 = a0 d0 + a1 (g d1), c1 = a0 d1 + a1 (d0 + d1): no third reduction.
static void add_products128(yinhe_gf128 *into, const yinhe_gf128 *values, yinhe_gf128 delta, size_t count) {
    __m128i by0 = load(&delta), by1 = _mm_set_epi64x((long long)(delta.c0 ^ delta.c1), (long long)times_g(delta.c1));
    for (size_t i = 0; i < count; i++) {
        __m128i v = load(values + i);
        __m128i c0 = _mm_xor_si128(_mm_clmulepi64_si128(v, by0, 0x00), _mm_clmulepi64_si128(v, by1, 0x01));
        __m128i c1 = _mm_xor_si128(_mm_clmulepi64_si128(v, by0, 0x10), _mm_clmulepi64_si128(v, by1, 0x11));
        _mm_storeu_si128((__m128i *)(into + i), _mm_xor_si128(load(into + i), reduce2(c0, c1)));
    }
}

static yinhe_gf128 inner_product64(const uint64_t *a, const yinhe_gf128 *b, size_t count) {
    __m128i c0 = word(0), c1 = word(0);
    for (size_t i = 0; i < count; i++) {
        c0 = _mm_xor_si128(c0, _mm_clmulepi64_si128(word(a[i]), load(b + i), 0x00));
        c1 = _mm_xor_si128(c1, _mm_clmulepi64_si128(word(a[i]), load(b + i), 0x10));
    }
    return element(reduce2(c0, c1));
}

static yinhe_gf128 inner_product128(const yinhe_gf128 *a, const yinhe_gf128 *b, size_t count) {
    products p = {0};
    for (size_t i = 0; i < count; i++) accumulate(&p, load(a + i), load(b + i));
    return finish(&p);
}

static void polynomial(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
    for (size_t i = 0; i < 2 * n; i++) out[i] = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < n; j++) {
            __m128i p = _mm_clmulepi64_si128(word(a[i]), word(b[j]), 0);
            out[i + j] ^= low(p) ^ carry;
            carry = (uint64_t)_mm_extract_epi64(p, 1);
        }
        out[i + n] = carry;
    }
}
#pragma clang attribute pop

const yinhe_gf128_kernels yinhe_gf128_pclmul = {
    "PCLMULQDQ",     multiply64,      multiply128,      add_products64,
    add_products128, inner_product64, inner_product128, polynomial,
};
#endif
