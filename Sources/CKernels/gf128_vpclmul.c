// Four elements to a register, with VPCLMULQDQ on 512 bits. The formulas are those of gf128_pclmul.c.
#if defined(__x86_64__) && defined(__clang__)
#include "gf128.h"

extern const yinhe_gf128_kernels yinhe_gf128_pclmul;
extern const yinhe_gf128_kernels yinhe_gf128_vpclmul;

#pragma clang attribute push(                                                                                             \
    __attribute__((target("pclmul,vpclmulqdq,avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define MUL(a, b, which) _mm512_clmulepi64_epi128(a, b, which)
#define XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)

INLINE __m512i broadcast(yinhe_gf128 a) { return _mm512_broadcast_i32x4(_mm_set_epi64x((long long)a.c1, (long long)a.c0)); }

// Products p, q of every lane reduced to its two words, plus x.
INLINE __m512i reduce2(__m512i p, __m512i q, __m512i x) {
    const __m512i tail = _mm512_set1_epi64(0x1b);
    __m512i fp = MUL(p, tail, 0x01), fq = MUL(q, tail, 0x01);
    __m512i over = _mm512_unpackhi_epi64(fp, fq);
    __m512i folded = XOR3(over, _mm512_slli_epi64(over, 1), _mm512_slli_epi64(over, 3));
    __m512i lows = XOR3(_mm512_unpacklo_epi64(p, q), _mm512_unpacklo_epi64(fp, fq), _mm512_slli_epi64(over, 4));
    return XOR3(folded, lows, x);
}

INLINE __mmask8 words(size_t n) { return (__mmask8)((1u << n) - 1); }

// Four scalars, each in the low word of a lane.
INLINE __m512i spread(__m256i four) { return _mm512_maskz_permutexvar_epi64(
    0x55, _mm512_set_epi64(3, 3, 2, 2, 1, 1, 0, 0), _mm512_castsi256_si512(four)); }

INLINE __m256i load_scalars(const uint64_t *p, size_t n) {
    return n == 4 ? _mm256_loadu_si256((const __m256i *)p) : _mm256_maskz_loadu_epi64(words(n), p);
}

INLINE __m512i load(const yinhe_gf128 *p, size_t n) {
    return n == 4 ? _mm512_loadu_si512(p) : _mm512_maskz_loadu_epi64(words(2 * n), p);
}

INLINE void store(yinhe_gf128 *p, size_t n, __m512i x) {
    if (n == 4) _mm512_storeu_si512(p, x);
    else _mm512_mask_storeu_epi64(p, words(2 * n), x);
}

// The sum of the four lanes.
INLINE __m128i fold(__m512i x) {
    __m256i h = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
}

INLINE yinhe_gf128 element(__m128i x) {
    return (yinhe_gf128){(uint64_t)_mm_cvtsi128_si64(x), (uint64_t)_mm_extract_epi64(x, 1)};
}

// `n` elements, 1 ... 4; constant in the main loops.
INLINE void add64(yinhe_gf128 *into, const uint64_t *values, __m512i d, size_t n) {
    __m512i v = spread(load_scalars(values, n));
    store(into, n, reduce2(MUL(v, d, 0x00), MUL(v, d, 0x10), load(into, n)));
}

INLINE void add128(yinhe_gf128 *into, const yinhe_gf128 *values, __m512i by0, __m512i by1, size_t n) {
    __m512i v = load(values, n);
    __m512i c0 = _mm512_xor_si512(MUL(v, by0, 0x00), MUL(v, by1, 0x01));
    __m512i c1 = _mm512_xor_si512(MUL(v, by0, 0x10), MUL(v, by1, 0x11));
    store(into, n, reduce2(c0, c1, load(into, n)));
}

static void add_products64(yinhe_gf128 *into, const uint64_t *values, yinhe_gf128 delta, size_t count) {
    __m512i d = broadcast(delta);
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (size_t j = 0; j < 16; j += 4) add64(into + i + j, values + i + j, d, 4);
    for (; i < count; i += 4) add64(into + i, values + i, d, count - i < 4 ? count - i : 4);
}

static void add_products128(yinhe_gf128 *into, const yinhe_gf128 *values, yinhe_gf128 delta, size_t count) {
    uint64_t g_d1 = yinhe_gf128_pclmul.multiply64(delta.c1, (uint64_t)1 << 61);
    __m512i by0 = broadcast(delta), by1 = broadcast((yinhe_gf128){g_d1, delta.c0 ^ delta.c1});
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (size_t j = 0; j < 16; j += 4) add128(into + i + j, values + i + j, by0, by1, 4);
    for (; i < count; i += 4) add128(into + i, values + i, by0, by1, count - i < 4 ? count - i : 4);
}

static yinhe_gf128 inner_product64(const uint64_t *a, const yinhe_gf128 *b, size_t count) {
    __m512i c0[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()}, c1[2] = {c0[0], c0[0]};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t j = 0; j < 2; j++) {
            __m512i v = spread(load_scalars(a + i + 4 * j, 4)), x = load(b + i + 4 * j, 4);
            c0[j] = _mm512_xor_si512(c0[j], MUL(v, x, 0x00));
            c1[j] = _mm512_xor_si512(c1[j], MUL(v, x, 0x10));
        }
    for (; i < count; i += 4) {
        size_t n = count - i < 4 ? count - i : 4;
        __m512i v = spread(load_scalars(a + i, n)), x = load(b + i, n);
        c0[0] = _mm512_xor_si512(c0[0], MUL(v, x, 0x00));
        c1[0] = _mm512_xor_si512(c1[0], MUL(v, x, 0x10));
    }
    __m512i p = _mm512_castsi128_si512(fold(_mm512_xor_si512(c0[0], c0[1])));
    __m512i q = _mm512_castsi128_si512(fold(_mm512_xor_si512(c1[0], c1[1])));
    return element(_mm512_castsi512_si128(reduce2(p, q, _mm512_setzero_si512())));
}

typedef struct {
    __m512i low, high, all;
} products;

INLINE void accumulate(products *p, __m512i a, __m512i b) {
    p->low = _mm512_xor_si512(p->low, MUL(a, b, 0x00));
    p->high = _mm512_xor_si512(p->high, MUL(a, b, 0x11));
    __m512i s = _mm512_xor_si512(a, _mm512_shuffle_epi32(a, (_MM_PERM_ENUM)0x4e));
    __m512i t = _mm512_xor_si512(b, _mm512_shuffle_epi32(b, (_MM_PERM_ENUM)0x4e));
    p->all = _mm512_xor_si512(p->all, MUL(s, t, 0x00));
}

static yinhe_gf128 inner_product128(const yinhe_gf128 *a, const yinhe_gf128 *b, size_t count) {
    __m512i zero = _mm512_setzero_si512();
    products p[2] = {{zero, zero, zero}, {zero, zero, zero}};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t j = 0; j < 2; j++) accumulate(&p[j], load(a + i + 4 * j, 4), load(b + i + 4 * j, 4));
    for (; i < count; i += 4) {
        size_t n = count - i < 4 ? count - i : 4;
        accumulate(&p[0], load(a + i, n), load(b + i, n));
    }
    __m512i low = _mm512_castsi128_si512(fold(_mm512_xor_si512(p[0].low, p[1].low)));
    __m512i high = _mm512_castsi128_si512(fold(_mm512_xor_si512(p[0].high, p[1].high)));
    __m512i all = _mm512_castsi128_si512(fold(_mm512_xor_si512(p[0].all, p[1].all)));
    yinhe_gf128 r = element(_mm512_castsi512_si128(reduce2(low, _mm512_xor_si512(low, all), zero)));
    yinhe_gf128 h = element(_mm512_castsi512_si128(reduce2(high, zero, zero)));
    r.c0 ^= yinhe_gf128_pclmul.multiply64(h.c0, (uint64_t)1 << 61);
    return r;
}

static uint64_t multiply64(uint64_t a, uint64_t b) { return yinhe_gf128_pclmul.multiply64(a, b); }
static yinhe_gf128 multiply128(yinhe_gf128 a, yinhe_gf128 b) { return yinhe_gf128_pclmul.multiply128(a, b); }
static void polynomial(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
    yinhe_gf128_pclmul.polynomial(out, a, b, n);
}
#pragma clang attribute pop

const yinhe_gf128_kernels yinhe_gf128_vpclmul = {
    "VPCLMULQDQ-512", multiply64,      multiply128,      add_products64,
    add_products128,  inner_product64, inner_product128, polynomial,
};
#endif
