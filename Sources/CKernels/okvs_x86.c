// Rows and field products with PCLMULQDQ, and eight rows or four products at a time with AVX-512 and VPCLMULQDQ. Compiled for
// those instruction sets whatever the rest is built for; okvs.c chooses at run time.
#if defined(__x86_64__) && defined(__clang__)

#include <immintrin.h>

#include "okvs_common.h"

// y^4 + y^3 + y + 1: a high word times this folds it onto the low one, twice since the first product reaches bit 67.
#define FOLD 0x1b

#pragma clang attribute push(__attribute__((target("sse4.1,pclmul"))), apply_to = function)

static inline __m128i reduced(__m128i product) {
    const __m128i fold = _mm_cvtsi64_si128(FOLD);
    __m128i once = _mm_clmulepi64_si128(product, fold, 0x01);
    __m128i twice = _mm_clmulepi64_si128(once, fold, 0x01);
    return _mm_xor_si128(product, _mm_xor_si128(once, twice));  // the low word counts
}

static void pclmul_add_dense64(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector,
    size_t dense, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t *d = vector + places[4 * i + 3];
        __m128i key = _mm_cvtsi64_si128((long long)hashed[i]), sum = _mm_setzero_si128();
        for (size_t j = dense; j-- > 0;)
            sum = reduced(_mm_clmulepi64_si128(_mm_xor_si128(sum, _mm_cvtsi64_si128((long long)d[j])), key, 0x00));
        values[i] ^= (uint64_t)_mm_cvtsi128_si64(sum);
    }
}

static void pclmul_add_dense128(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector,
    size_t dense, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t *d = vector + 2 * (size_t)places[4 * i + 3];
        __m128i key = _mm_cvtsi64_si128((long long)hashed[i]), sum = _mm_setzero_si128();
        for (size_t j = dense; j-- > 0;) {
            sum = _mm_xor_si128(sum, _mm_loadu_si128((const __m128i *)(d + 2 * j)));
            __m128i low = reduced(_mm_clmulepi64_si128(sum, key, 0x00)), high = reduced(_mm_clmulepi64_si128(sum, key, 0x01));
            sum = _mm_unpacklo_epi64(low, high);
        }
        __m128i *out = (__m128i *)(values + 2 * i);
        _mm_storeu_si128(out, _mm_xor_si128(_mm_loadu_si128(out), sum));
    }
}

static void portable_narrow_rows(uint64_t *rows, const uint64_t *first, const uint64_t *second, size_t count,
    yinhe_okvs_shape shape) {
    yinhe_okvs_portable.narrow_rows(rows, first, second, count, shape);
}

static void portable_places(uint32_t *places, uint64_t *hashed, const uint64_t *first, const uint64_t *second, size_t count,
    yinhe_okvs_shape shape) {
    yinhe_okvs_portable.places(places, hashed, first, second, count, shape);
}

const yinhe_okvs_kernels yinhe_okvs_pclmul = {
    "pclmul", portable_narrow_rows, portable_places, pclmul_add_dense64, pclmul_add_dense128,
};

#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,vpclmulqdq,pclmul"))), apply_to = function)

typedef struct {
    __m512i cluster, p0, p1, p2, hashed;
} eight_rows;

// floor(word n / 2^64) for n < 2^32; `fraction`, when asked for, is word n mod 2^64.
static inline __m512i draw(__m512i word, __m512i n, __m512i *fraction) {
    __m512i low = _mm512_mul_epu32(word, n);
    __m512i sum = _mm512_add_epi64(_mm512_mul_epu32(_mm512_srli_epi64(word, 32), n), _mm512_srli_epi64(low, 32));
    if (fraction) *fraction = _mm512_mask_mov_epi32(_mm512_slli_epi64(sum, 32), 0x5555, low);
    return _mm512_srli_epi64(sum, 32);
}

static inline __m512i increment(__mmask8 which, __m512i x) { return _mm512_mask_add_epi64(x, which, x, _mm512_set1_epi64(1)); }

static inline eight_rows draws(const uint64_t *first, const uint64_t *second, yinhe_okvs_shape shape) {
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    __m512i a0 = _mm512_loadu_si512(first), a1 = _mm512_loadu_si512(first + 8);
    __m512i b0 = _mm512_loadu_si512(second), b1 = _mm512_loadu_si512(second + 8);
    eight_rows r;
    __m512i fraction;
    r.cluster = draw(_mm512_permutex2var_epi64(a0, even, a1), _mm512_set1_epi64(shape.clusters), &fraction);
    r.p0 = draw(fraction, _mm512_set1_epi64(shape.sparse), NULL);
    r.p1 = draw(_mm512_permutex2var_epi64(a0, odd, a1), _mm512_set1_epi64(shape.sparse - 1), NULL);
    r.p2 = draw(_mm512_permutex2var_epi64(b0, even, b1), _mm512_set1_epi64(shape.sparse - 2), NULL);
    r.hashed = _mm512_permutex2var_epi64(b0, odd, b1);
    r.p1 = increment(_mm512_cmpge_epu64_mask(r.p1, r.p0), r.p1);
    r.p2 = increment(_mm512_cmpge_epu64_mask(r.p2, _mm512_min_epu64(r.p0, r.p1)), r.p2);
    r.p2 = increment(_mm512_cmpge_epu64_mask(r.p2, _mm512_max_epu64(r.p0, r.p1)), r.p2);
    if (shape.sparse == 0) r.p0 = r.p1 = r.p2 = _mm512_setzero_si512();
    return r;
}

static void avx512_narrow_rows(uint64_t *rows, const uint64_t *first, const uint64_t *second, size_t count,
    yinhe_okvs_shape shape) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        eight_rows r = draws(first + 2 * i, second + 2 * i, shape);
        __m512i low = _mm512_or_si512(r.p0, _mm512_slli_epi64(r.p1, 16));
        __m512i high = _mm512_or_si512(_mm512_slli_epi64(r.p2, 32), _mm512_slli_epi64(r.cluster, 48));
        _mm512_storeu_si512(rows + i, _mm512_or_si512(low, high));
    }
    portable_narrow_rows(rows + i, first + 2 * i, second + 2 * i, count - i, shape);
}

static void avx512_places(uint32_t *places, uint64_t *hashed, const uint64_t *first, const uint64_t *second, size_t count,
    yinhe_okvs_shape shape) {
    const __m512i stride = _mm512_set1_epi64(shape.sparse + shape.dense), sparse = _mm512_set1_epi64(shape.sparse);
    const __m512i front = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), back = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        eight_rows r = draws(first + 2 * i, second + 2 * i, shape);
        __m512i base = _mm512_mul_epu32(r.cluster, stride);
        __m512i a = _mm512_or_si512(_mm512_add_epi64(r.p0, base), _mm512_slli_epi64(_mm512_add_epi64(r.p1, base), 32));
        __m512i b = _mm512_or_si512(
            _mm512_add_epi64(r.p2, base), _mm512_slli_epi64(_mm512_add_epi64(base, sparse), 32));
        _mm512_storeu_si512(places + 4 * i, _mm512_permutex2var_epi64(a, front, b));
        _mm512_storeu_si512(places + 4 * i + 16, _mm512_permutex2var_epi64(a, back, b));
        _mm512_storeu_si512(hashed + i, r.hashed);
    }
    portable_places(places + 4 * i, hashed + i, first + 2 * i, second + 2 * i, count - i, shape);
}

// Products of the two words of each lane, given apart, to two reduced words.
static inline __m512i reduced_pairs(__m512i low, __m512i high) {
    const __m512i fold = _mm512_set1_epi64(FOLD);
    __m512i over = _mm512_unpackhi_epi64(low, high), kept = _mm512_unpacklo_epi64(low, high);
    low = _mm512_clmulepi64_epi128(over, fold, 0x00);
    high = _mm512_clmulepi64_epi128(over, fold, 0x01);
    over = _mm512_unpackhi_epi64(low, high);
    kept = _mm512_xor_si512(kept, _mm512_unpacklo_epi64(low, high));
    low = _mm512_clmulepi64_epi128(over, fold, 0x00);
    high = _mm512_clmulepi64_epi128(over, fold, 0x01);
    return _mm512_xor_si512(kept, _mm512_unpacklo_epi64(low, high));
}

static void avx512_add_dense64(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector,
    size_t dense, size_t count) {
    const __m512i bases = _mm512_setr_epi64(3, 7, 11, 15, 19, 23, 27, 31);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m512i key = _mm512_loadu_si512(hashed + i), sum = _mm512_setzero_si512();
        __m256i at = _mm512_i64gather_epi32(bases, (const int *)(places + 4 * i), 4);
        for (size_t j = dense; j-- > 0;) {
            sum = _mm512_xor_si512(sum, _mm512_i32gather_epi64(at, (const long long *)(vector + j), 8));
            sum = reduced_pairs(_mm512_clmulepi64_epi128(sum, key, 0x00), _mm512_clmulepi64_epi128(sum, key, 0x11));
        }
        _mm512_storeu_si512(values + i, _mm512_xor_si512(_mm512_loadu_si512(values + i), sum));
    }
    pclmul_add_dense64(values + i, hashed + i, places + 4 * i, vector, dense, count - i);
}

static inline __m512i four_values(const uint64_t *vector, const uint32_t *places) {
    __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(vector + 2 * (size_t)places[3])));
    x = _mm512_inserti64x2(x, _mm_loadu_si128((const __m128i *)(vector + 2 * (size_t)places[7])), 1);
    x = _mm512_inserti64x2(x, _mm_loadu_si128((const __m128i *)(vector + 2 * (size_t)places[11])), 2);
    return _mm512_inserti64x2(x, _mm_loadu_si128((const __m128i *)(vector + 2 * (size_t)places[15])), 3);
}

static void avx512_add_dense128(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector,
    size_t dense, size_t count) {
    const __m512i spread = _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        __m512i key = _mm512_permutexvar_epi64(spread, _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(hashed + i))));
        __m512i sum = _mm512_setzero_si512();
        for (size_t j = dense; j-- > 0;) {
            sum = _mm512_xor_si512(sum, four_values(vector + 2 * j, places + 4 * i));
            sum = reduced_pairs(_mm512_clmulepi64_epi128(sum, key, 0x00), _mm512_clmulepi64_epi128(sum, key, 0x11));
        }
        _mm512_storeu_si512(values + 2 * i, _mm512_xor_si512(_mm512_loadu_si512(values + 2 * i), sum));
    }
    pclmul_add_dense128(values + 2 * i, hashed + i, places + 4 * i, vector, dense, count - i);
}

const yinhe_okvs_kernels yinhe_okvs_avx512 = {
    "avx512-vpclmul", avx512_narrow_rows, avx512_places, avx512_add_dense64, avx512_add_dense128,
};

#pragma clang attribute pop

#endif
