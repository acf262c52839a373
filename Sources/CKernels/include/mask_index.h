// A hash index over 16-byte digests, found by their first `width` bytes, made for memory that misses every cache: probes run in
// groups with prefetching. Variable time in the digests: which of them are equal is what the caller wants to know.
#ifndef YINHE_MASK_INDEX_H
#define YINHE_MASK_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define YINHE_MASK_INDEX_NONE UINT32_MAX

// Fills 2^bits zeroed slots (2^bits > count, 1 <= bits <= 40, count < 2^32 - 1) with the places of `count` digests, by their first
// `width` bytes (5 to 16). Returns `count`, or the place of the first digest that equals an earlier one in all 16 bytes, whose
// place goes to `earlier`; the index is unusable then.
size_t yinhe_mask_index_build(
    uint64_t *slots, unsigned bits, const uint8_t *digests, size_t count, unsigned width, size_t *earlier);

// places[i] = the place of a digest that begins with the i-th of `count` masks of `width` bytes each, or YINHE_MASK_INDEX_NONE.
void yinhe_mask_index_find(
    uint32_t *places, const uint64_t *slots, unsigned bits, const uint8_t *digests, const uint8_t *masks, size_t count,
    unsigned width);

#endif
