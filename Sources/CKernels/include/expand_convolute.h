// The two steps of the transposed expand-convolute code (Protocols/lpn-codes.md). All random bits here are public.
#ifndef YINHE_EXPAND_CONVOLUTE_H
#define YINHE_EXPAND_CONVOLUTE_H

#include <stddef.h>
#include <stdint.h>

// The width of one position of the vector that the convolved values are read from: a word; a block; or a block beside a second
// value (a word and padding, or a block), interleaved so that a random position costs one cache line.
enum {
    YINHE_EC_WORD = 0,        // 8 bytes
    YINHE_EC_BLOCK = 1,       // 16 bytes
    YINHE_EC_BLOCK_WORD = 2,  // 16 + 8 bytes, 32 apart
    YINHE_EC_BLOCK_BLOCK = 3, // 16 + 16 bytes
};

typedef struct {
    uint32_t start, length;
} yinhe_ec_region;

// What the convolution remembers between calls: the last 24 positions, in a form that belongs to the kernel. Zero at the start.
typedef struct {
    uint64_t words[24 * 4];
} yinhe_ec_state;

// One implementation; all give identical results.
typedef struct {
    const char *name;

    // Convolves positions 0 ..< count of the planes in groups of eight, with 32 random bytes a group: the matrices of 8 x 8
    // bits T, M1, M2, M3; group = T (group + M1 previous + M2 the one before + M3 the one before that). Only the last call
    // may have a count that is no multiple of 8. `blocks` and `seconds` are in place for YINHE_EC_WORD (seconds only) and
    // YINHE_EC_BLOCK (blocks only); for the other widths the result goes to `interleaved`, 32 bytes a position.
    void (*convolve)(
        int width, yinhe_ec_state *state, uint64_t *blocks, uint64_t *seconds, uint64_t *interleaved, const uint64_t *taps,
        size_t count);

    // For outputs 0 ..< count adds to blocks[i] and seconds[i] the values of `source` at `weight` positions, the k-th one in
    // regions[k]. words: 16 * weight a batch of sixteen outputs, word 16 k + j of the batch giving position k of its output j
    // as start + (word * length >> 32).
    void (*expand)(
        int width, uint64_t *blocks, uint64_t *seconds, const uint64_t *source, const yinhe_ec_region *regions, size_t weight,
        const uint32_t *words, size_t count);
} yinhe_ec_kernels;

// The implementations that this processor can run, the portable one first, the fastest last; null past the end.
const yinhe_ec_kernels *yinhe_ec_available(size_t index);

#endif
