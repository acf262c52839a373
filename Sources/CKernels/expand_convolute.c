// The portable implementation, and the choice among all.
#include "expand_convolute.h"

#include <string.h>

// A position in this file: up to four words, of which a width uses the first 1, 2, 3 or 4 (a lone word uses the third).
enum { LANES = 4, GROUP = 8, BATCH = 16 };


static void convolve(
    int width, yinhe_ec_state *state, uint64_t *blocks, uint64_t *seconds, uint64_t *interleaved, const uint64_t *taps,
    size_t count) {
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
                    for (int l = 0; l < LANES; l++) sum[r][l] ^= past[g][c][l] & mask;
                }
            }
        for (int r = 0; r < GROUP; r++) {
            uint32_t row = (uint32_t)(taps[0] >> 8 * (7 - r));
            row = (row & ((1u << r) - 1)) | 1u << r;
            for (int c = 0; c <= r; c++) {
                uint64_t mask = (uint64_t)0 - (row >> c & 1);
                for (int l = 0; l < LANES; l++) out[r][l] ^= sum[c][l] & mask;
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

#define EXPAND(words_apart, first, last)                                                                   \
    for (size_t i = 0; i < count; i++) {                                                                   \
        uint64_t sum[LANES] = {0};                                                                         \
        const uint32_t *w = words + i / BATCH * BATCH * weight + i % BATCH;                                \
        for (size_t k = 0; k < weight; k++) {                                                              \
            uint64_t at = regions[k].start + ((uint64_t)w[BATCH * k] * regions[k].length >> 32);           \
            for (int l = first; l < last; l++) sum[l] ^= source[words_apart * at + (uint64_t)(l - first)]; \
        }                                                                                                  \
        for (int l = first; l < last && l < 2; l++) blocks[2 * i + (size_t)l] ^= sum[l];                   \
        for (int l = 2; l < last; l++) seconds[(size_t)(last - 2) * i + (size_t)(l - 2)] ^= sum[l];        \
    }

static void expand(
    int width, uint64_t *blocks, uint64_t *seconds, const uint64_t *source, const yinhe_ec_region *regions, size_t weight,
    const uint32_t *words, size_t count) {
    switch (width) {
    case YINHE_EC_WORD: EXPAND(1, 2, 3) break;
    case YINHE_EC_BLOCK: EXPAND(2, 0, 2) break;
    case YINHE_EC_BLOCK_WORD: EXPAND(4, 0, 3) break;
    default: EXPAND(4, 0, 4) break;
    }
}

static const yinhe_ec_kernels portable = {"portable", convolve, expand};

const yinhe_ec_kernels *yinhe_ec_available(size_t index) {
    if (index == 0) return &portable;
    return NULL;
}
