// The portable implementation, and the choice among all.
#include "expand_convolute.h"

#include <string.h>

// A position in this file: up to four words, of which a width uses the first 1, 2, 3 or 4 (a lone word uses the third).
enum { LANES = 4, GROUP = 8, BATCH = 16, MAX_WEIGHT = 32 };

// `first` and `last`: the words in use, in the numbering above.
static inline __attribute__((always_inline)) void convolve_words(
    size_t first, size_t last, int width, yinhe_ec_state *state, uint64_t *blocks, uint64_t *seconds, uint64_t *interleaved,
    const uint64_t *taps, size_t count) {
    int has_block = width != YINHE_EC_WORD, second = width == YINHE_EC_BLOCK ? 0 : width == YINHE_EC_BLOCK_BLOCK ? 2 : 1;
    uint64_t (*past)[GROUP][LANES] = (uint64_t(*)[GROUP][LANES])state->words;  // [0] the previous group
    for (size_t start = 0; start < count; start += GROUP, taps += 4) {
        size_t n = count - start < GROUP ? count - start : GROUP;
        uint64_t sum[GROUP][LANES] = {{0}}, out[GROUP][LANES] = {{0}};
        for (size_t i = 0; i < n; i++) {
            if (has_block) memcpy(sum[i], blocks + 2 * (start + i), 16);
            if (second) memcpy(sum[i] + 2, seconds + (size_t)second * (start + i), 8 * (size_t)second);
        }
        for (int g = 0; g < 3; g++)
            for (int r = 0; r < GROUP; r++) {
                // Row r of a matrix is its byte 7 - r, column c the bit c. The oldest tap is 24 positions back, and fixed.
                uint32_t row = (uint32_t)(taps[g + 1] >> 8 * (7 - r)) & 0xff;
                if (g == 2) row = (row & (0xfe << r) & 0xff) | 1u << r;
                for (int c = 0; c < GROUP; c++) {
                    uint64_t mask = (uint64_t)0 - (row >> c & 1);
                    for (size_t l = first; l < last; l++) sum[r][l] ^= past[g][c][l] & mask;
                }
            }
        for (int r = 0; r < GROUP; r++) {
            uint32_t row = (uint32_t)(taps[0] >> 8 * (7 - r));
            row = (row & ((1u << r) - 1)) | 1u << r;
            for (int c = 0; c <= r; c++) {
                uint64_t mask = (uint64_t)0 - (row >> c & 1);
                for (size_t l = first; l < last; l++) out[r][l] ^= sum[c][l] & mask;
            }
        }
        memcpy(past[2], past[1], sizeof past[0]);
        memcpy(past[1], past[0], sizeof past[0]);
        memcpy(past[0], out, sizeof past[0]);
        for (size_t i = 0; i < n; i++) {
            if (width == YINHE_EC_WORD) seconds[start + i] = out[i][2];
            else if (width == YINHE_EC_BLOCK) memcpy(blocks + 2 * (start + i), out[i], 16);
            else memcpy(interleaved + LANES * (start + i), out[i], 32);
        }
    }
}

static void convolve(
    int width, yinhe_ec_state *state, uint64_t *blocks, uint64_t *seconds, uint64_t *interleaved, const uint64_t *taps,
    size_t count) {
    switch (width) {
    case YINHE_EC_WORD: convolve_words(2, 3, width, state, blocks, seconds, interleaved, taps, count); break;
    case YINHE_EC_BLOCK: convolve_words(0, 2, width, state, blocks, seconds, interleaved, taps, count); break;
    default: convolve_words(0, 4, width, state, blocks, seconds, interleaved, taps, count); break;
    }
}

// The positions of a batch, at[BATCH * k + j] for its output j; their lines are on the way when this returns.
static inline void locate(
    uint32_t *at, const uint64_t *source, size_t words_apart, const yinhe_ec_region *regions, size_t weight,
    const uint32_t *words) {
    for (size_t k = 0; k < weight; k++)
        for (size_t j = BATCH * k; j < BATCH * (k + 1); j++) {
            at[j] = regions[k].start + (uint32_t)((uint64_t)words[j] * regions[k].length >> 32);
            __builtin_prefetch(source + words_apart * at[j], 0, 2);
        }
}

// `first` and `last`: the words of a position in the numbering above.
static inline __attribute__((always_inline)) void expand_words(
    size_t first, size_t last, size_t words_apart, uint64_t *blocks, uint64_t *seconds, const uint64_t *source,
    const yinhe_ec_region *regions, size_t weight, const uint32_t *words, size_t count) {
    uint32_t at[2][BATCH * MAX_WEIGHT];
    if (count > 0) locate(at[0], source, words_apart, regions, weight, words);
    for (size_t i = 0; i < count; i++) {
        size_t batch = i / BATCH, next = BATCH * (batch + 1);
        if (i % BATCH == 0 && next < count)
            locate(at[(batch + 1) % 2], source, words_apart, regions, weight, words + weight * next);
        const uint32_t *p = at[batch % 2] + i % BATCH;
        uint64_t sum[LANES] = {0};
        for (size_t k = 0; k < weight; k++)
            for (size_t l = first; l < last; l++) sum[l] ^= source[words_apart * p[BATCH * k] + (l - first)];
        for (size_t l = first; l < last && l < 2; l++) blocks[2 * i + l] ^= sum[l];
        for (size_t l = 2; l < last; l++) seconds[(last - 2) * i + (l - 2)] ^= sum[l];
    }
}

static void expand(
    int width, uint64_t *blocks, uint64_t *seconds, const uint64_t *source, const yinhe_ec_region *regions, size_t weight,
    const uint32_t *words, size_t count) {
    switch (width) {
    case YINHE_EC_WORD: expand_words(2, 3, 1, blocks, seconds, source, regions, weight, words, count); break;
    case YINHE_EC_BLOCK: expand_words(0, 2, 2, blocks, seconds, source, regions, weight, words, count); break;
    case YINHE_EC_BLOCK_WORD: expand_words(0, 3, 4, blocks, seconds, source, regions, weight, words, count); break;
    default: expand_words(0, 4, 4, blocks, seconds, source, regions, weight, words, count); break;
    }
}

static const yinhe_ec_kernels portable = {"portable", convolve, expand};

#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_ec_kernels yinhe_ec_avx512;

static int has_avx512(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
}
#endif

const yinhe_ec_kernels *yinhe_ec_available(size_t index) {
    if (index == 0) return &portable;
#if defined(__x86_64__) && defined(__clang__)
    if (index == 1 && has_avx512()) return &yinhe_ec_avx512;
#endif
    return NULL;
}
