// AVX-512 with GFNI and VBMI.
//
// Convolution: a group of eight positions is kept as bytes that hold one bit of each of the eight (bit j: position j), so that a
// matrix of 8 x 8 bits acts on a whole register of them by one instruction, GF2P8AFFINEQB. That instruction also transposes:
// with the data as its matrix operand and the identity as the other.
//
// Expansion: the cost is cache misses, so positions are computed a batch ahead and their lines prefetched (to the
// second level: measured a fifth faster than to the first).
#if defined(__x86_64__) && defined(__clang__)
#include "expand_convolute.h"

extern const yinhe_ec_kernels yinhe_ec_avx512;

#pragma clang attribute push(                                                                                             \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi,gfni,avx2"))), apply_to = function)
#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
enum { GROUP = 8, BATCH = 16, AHEAD = 2, MAX_WEIGHT = 32 };

// MARK: Convolution

// Byte b of word w to byte w of word b.
static const uint8_t transpose8[64] = {
    0, 8,  16, 24, 32, 40, 48, 56, 1, 9,  17, 25, 33, 41, 49, 57, 2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59,
    4, 12, 20, 28, 36, 44, 52, 60, 5, 13, 21, 29, 37, 45, 53, 61, 6, 14, 22, 30, 38, 46, 54, 62, 7, 15, 23, 31, 39, 47, 55, 63,
};

// GF2P8AFFINEQB(x, A): bit i of a result byte is the parity of A's byte 7 - i and the byte of x. With the single bits 2^(7-c) in
// the bytes c of x, the result's byte c has as bit i the bit 7 - c of A's byte 7 - i; with 2^c, its bit c.

// Eight words to sixty-four bytes of one bit each: byte 8 b + c has in bit j the bit 7 - c of byte b of word j.
// `turned` brings the bytes b of all words together, last word first.
INLINE __m512i slice(__m512i words, __m512i turned) {
    return _mm512_gf2p8affine_epi64_epi8(
        _mm512_set1_epi64(0x0102040810204080), _mm512_permutexvar_epi8(turned, words), 0);
}

// The inverse; `together` brings the bytes b of all words together, in order, which is its own inverse.
INLINE __m512i unslice(__m512i slices, __m512i together) {
    return _mm512_permutexvar_epi8(
        together, _mm512_gf2p8affine_epi64_epi8(_mm512_set1_epi64((long long)0x8040201008040201), slices, 0));
}

INLINE __m512i affine(__m512i x, uint64_t matrix) {
    return _mm512_gf2p8affine_epi64_epi8(x, _mm512_set1_epi64((long long)matrix), 0);
}

// Row r is byte 7 - r. T: ones on the diagonal, zeros above; M3: ones on the diagonal, zeros below.
#define DIAGONAL 0x0102040810204080
#define BELOW 0x000103070f1f3f7f
#define ABOVE 0xfefcf8f0e0c08000

// The next group in slices from the sum, the past three groups, and the taps.
INLINE __m512i step(__m512i x, __m512i p1, __m512i p2, __m512i p3, const uint64_t *taps) {
    uint64_t t = (taps[0] & BELOW) | DIAGONAL, m3 = (taps[3] & ABOVE) | DIAGONAL;
    __m512i old = _mm512_ternarylogic_epi64(x, affine(p2, taps[2]), affine(p3, m3), 0x96);
    return affine(_mm512_xor_si512(old, affine(p1, taps[1])), t);
}

INLINE __m512i load_words(const uint64_t *p, size_t n) {
    return n == GROUP ? _mm512_loadu_si512(p) : _mm512_maskz_loadu_epi64((__mmask8)((1u << n) - 1), p);
}

INLINE void store_words(uint64_t *p, size_t n, __m512i x) {
    if (n == GROUP) _mm512_storeu_si512(p, x);
    else _mm512_mask_storeu_epi64(p, (__mmask8)((1u << n) - 1), x);
}

// Words 0 ... 7 from words at even places of two registers, and from those at odd places; and back.
INLINE __m512i evens(__m512i a, __m512i b) {
    return _mm512_permutex2var_epi64(a, _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), b);
}
INLINE __m512i odds(__m512i a, __m512i b) {
    return _mm512_permutex2var_epi64(a, _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1), b);
}
INLINE __m512i first_pairs(__m512i a, __m512i b) {
    return _mm512_permutex2var_epi64(a, _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), b);
}
INLINE __m512i last_pairs(__m512i a, __m512i b) {
    return _mm512_permutex2var_epi64(a, _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4), b);
}

// Eight blocks (fewer at the end) to their low and high words.
INLINE void load_blocks(const uint64_t *p, size_t n, __m512i *low, __m512i *high) {
    __m512i a = load_words(p, 2 * n < GROUP ? 2 * n : GROUP), b = n > 4 ? load_words(p + 8, 2 * n - 8) : _mm512_setzero_si512();
    *low = evens(a, b);
    *high = odds(a, b);
}

INLINE void convolve_planes(
    int width, yinhe_ec_state *state, uint64_t *blocks, uint64_t *seconds, uint64_t *interleaved, const uint64_t *taps,
    size_t count) {
    const int first = width == YINHE_EC_WORD ? 2 : 0;
    const int last = width == YINHE_EC_BLOCK ? 2 : width == YINHE_EC_BLOCK_BLOCK ? 4 : 3;
    __m512i together = _mm512_loadu_si512(transpose8);
    __m512i turned = _mm512_xor_si512(together, _mm512_set1_epi64(0x3838383838383838));
    __m512i past[3][4], w[4];
    for (int g = 0; g < 3; g++)
        for (int l = first; l < last; l++) past[g][l] = _mm512_loadu_si512(state->words + 8 * (4 * g + l));
    for (size_t start = 0; start < count; start += GROUP, taps += 4) {
        size_t n = count - start < GROUP ? count - start : GROUP;
        if (width != YINHE_EC_WORD) load_blocks(blocks + 2 * start, n, &w[0], &w[1]);
        if (width == YINHE_EC_BLOCK_BLOCK) load_blocks(seconds + 2 * start, n, &w[2], &w[3]);
        else if (width != YINHE_EC_BLOCK) w[2] = load_words(seconds + start, n);
        for (int l = first; l < last; l++) {
            __m512i out = step(slice(w[l], turned), past[0][l], past[1][l], past[2][l], taps);
            past[2][l] = past[1][l];
            past[1][l] = past[0][l];
            past[0][l] = out;
            w[l] = unslice(out, together);
        }
        if (width == YINHE_EC_WORD) {
            store_words(seconds + start, n, w[2]);
        } else if (width == YINHE_EC_BLOCK) {
            store_words(blocks + 2 * start, 2 * n < GROUP ? 2 * n : GROUP, first_pairs(w[0], w[1]));
            if (n > 4) store_words(blocks + 2 * start + 8, 2 * n - 8, last_pairs(w[0], w[1]));
        } else {
            if (width == YINHE_EC_BLOCK_WORD) w[3] = _mm512_setzero_si512();
            __m512i a = first_pairs(w[0], w[1]), b = last_pairs(w[0], w[1]);
            __m512i c = first_pairs(w[2], w[3]), d = last_pairs(w[2], w[3]);
            const __m512i even = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), odd = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
            __m512i out[4] = {
                _mm512_permutex2var_epi64(a, even, c), _mm512_permutex2var_epi64(a, odd, c),
                _mm512_permutex2var_epi64(b, even, d), _mm512_permutex2var_epi64(b, odd, d)};
            uint64_t *p = interleaved + 4 * start;
            for (size_t i = 0; 2 * i < n; i++) store_words(p + 8 * i, n - 2 * i >= 2 ? GROUP : 4, out[i]);
        }
    }
    for (int g = 0; g < 3; g++)
        for (int l = first; l < last; l++) _mm512_storeu_si512(state->words + 8 * (4 * g + l), past[g][l]);
}

static void convolve(
    int width, yinhe_ec_state *state, uint64_t *blocks, uint64_t *seconds, uint64_t *interleaved, const uint64_t *taps,
    size_t count) {
    switch (width) {
    case YINHE_EC_WORD: convolve_planes(YINHE_EC_WORD, state, blocks, seconds, interleaved, taps, count); break;
    case YINHE_EC_BLOCK: convolve_planes(YINHE_EC_BLOCK, state, blocks, seconds, interleaved, taps, count); break;
    case YINHE_EC_BLOCK_WORD: convolve_planes(YINHE_EC_BLOCK_WORD, state, blocks, seconds, interleaved, taps, count); break;
    default: convolve_planes(YINHE_EC_BLOCK_BLOCK, state, blocks, seconds, interleaved, taps, count); break;
    }
}

// MARK: Expansion

// The positions of a batch: at[BATCH * k + j] for output j; their lines are on the way when this returns.
INLINE void locate(
    uint32_t *at, const uint64_t *source, unsigned shift, const yinhe_ec_region *regions, size_t weight,
    const uint32_t *words) {
    for (size_t k = 0; k < weight; k++) {
        __m512i start = _mm512_set1_epi32((int)regions[k].start), length = _mm512_set1_epi64(regions[k].length);
        __m512i r = _mm512_loadu_si512(words + BATCH * k);
        __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(r, length), 32);
        __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(r, 32), length);
        __m512i both = _mm512_add_epi32(_mm512_mask_blend_epi32(0xaaaa, even, odd), start);
        _mm512_storeu_si512(at + BATCH * k, both);
        for (int j = 0; j < BATCH; j++)
            __builtin_prefetch((const char *)source + ((size_t)at[BATCH * k + (size_t)j] << shift), 0, 2);
    }
}

INLINE __m256i load_wide(const uint64_t *source, size_t at) { return _mm256_load_si256((const __m256i *)(source + 4 * at)); }
INLINE __m128i load_block(const uint64_t *source, size_t at) { return _mm_loadu_si128((const __m128i *)(source + 2 * at)); }

INLINE void add_block(uint64_t *p, __m128i x) {
    _mm_storeu_si128((__m128i *)p, _mm_xor_si128(_mm_loadu_si128((const __m128i *)p), x));
}

INLINE void sum_batch(
    int width, uint64_t *blocks, uint64_t *seconds, const uint64_t *source, size_t weight, const uint32_t *at, size_t n) {
    for (size_t j = 0; j < n; j++) {
        if (width == YINHE_EC_WORD) {
            uint64_t sum = source[at[j]];
            for (size_t k = 1; k < weight; k++) sum ^= source[at[BATCH * k + j]];
            seconds[j] ^= sum;
        } else if (width == YINHE_EC_BLOCK) {
            __m128i sum = load_block(source, at[j]);
            for (size_t k = 1; k < weight; k++) sum = _mm_xor_si128(sum, load_block(source, at[BATCH * k + j]));
            add_block(blocks + 2 * j, sum);
        } else {
            __m256i sum = load_wide(source, at[j]);
            for (size_t k = 1; k < weight; k++) sum = _mm256_xor_si256(sum, load_wide(source, at[BATCH * k + j]));
            add_block(blocks + 2 * j, _mm256_castsi256_si128(sum));
            if (width == YINHE_EC_BLOCK_BLOCK) add_block(seconds + 2 * j, _mm256_extracti128_si256(sum, 1));
            else seconds[j] ^= (uint64_t)_mm256_extract_epi64(sum, 2);
        }
    }
}

INLINE void expand_planes(
    int width, uint64_t *blocks, uint64_t *seconds, const uint64_t *source, const yinhe_ec_region *regions, size_t weight,
    const uint32_t *words, size_t count) {
    uint32_t at[AHEAD][BATCH * MAX_WEIGHT];
    const unsigned shift = width == YINHE_EC_WORD ? 3 : width == YINHE_EC_BLOCK ? 4 : 5;
    size_t batches = (count + BATCH - 1) / BATCH;
    for (size_t b = 0; b < batches + AHEAD - 1; b++) {
        if (b < batches) locate(at[b % AHEAD], source, shift, regions, weight, words + BATCH * weight * b);
        if (b + 1 < AHEAD) continue;
        size_t done = BATCH * (b + 1 - AHEAD);
        if (done >= count) break;
        size_t n = count - done < BATCH ? count - done : BATCH;
        uint64_t *s = width == YINHE_EC_BLOCK ? seconds : seconds + (width == YINHE_EC_BLOCK_BLOCK ? 2 : 1) * done;
        uint64_t *p = width == YINHE_EC_WORD ? blocks : blocks + 2 * done;
        if (n == BATCH) sum_batch(width, p, s, source, weight, at[(b + 1) % AHEAD], BATCH);
        else sum_batch(width, p, s, source, weight, at[(b + 1) % AHEAD], n);
    }
}

#define WEIGHTS(width)                                                                          \
    do {                                                                                        \
        if (weight == 7) expand_planes(width, blocks, seconds, source, regions, 7, words, count);        \
        else if (weight == 21) expand_planes(width, blocks, seconds, source, regions, 21, words, count); \
        else expand_planes(width, blocks, seconds, source, regions, weight, words, count);               \
    } while (0)

static void expand(
    int width, uint64_t *blocks, uint64_t *seconds, const uint64_t *source, const yinhe_ec_region *regions, size_t weight,
    const uint32_t *words, size_t count) {
    switch (width) {
    case YINHE_EC_WORD: WEIGHTS(YINHE_EC_WORD); break;
    case YINHE_EC_BLOCK: WEIGHTS(YINHE_EC_BLOCK); break;
    case YINHE_EC_BLOCK_WORD: WEIGHTS(YINHE_EC_BLOCK_WORD); break;
    default: WEIGHTS(YINHE_EC_BLOCK_BLOCK); break;
    }
}
#pragma clang attribute pop

const yinhe_ec_kernels yinhe_ec_avx512 = {"AVX-512 GFNI", convolve, expand};
#endif
