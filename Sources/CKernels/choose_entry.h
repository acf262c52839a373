#ifndef YINHE_CHOOSE_ENTRY_H
#define YINHE_CHOOSE_ENTRY_H

// Look-ups of secret digits in tables of numbers of a multiple of MONT_LIMB_STEP limbs.
#include <string.h>

#include "montgomery.h"

/// out = entries[digit]: every entry is read, one is kept by masks. Blocks of limbs stay in registers while all entries pass by.
static inline __attribute__((always_inline)) void choose_entry_body(
    uint64_t *out, const uint64_t *entries, size_t count, size_t limbs, uint64_t digit, size_t step) {
    for (size_t from = 0; from < limbs; from += step) {
        uint64_t chosen[2 * MONT_LIMB_STEP] = {0};
        for (uint64_t e = 0; e < count; e++) {
            uint64_t difference = e ^ digit;
            uint64_t hit = opaque_mask(((difference | (0 - difference)) >> 63) - 1);  // all ones when equal
            const uint64_t *entry = entries + e * limbs + from;
            for (size_t j = 0; j < step; j++) chosen[j] |= entry[j] & hit;
        }
        memcpy(out + from, chosen, step * sizeof(uint64_t));
    }
}

static inline void choose_entry(uint64_t *out, const uint64_t *entries, size_t count, size_t limbs, uint64_t digit) {
    choose_entry_body(out, entries, count, limbs, digit, MONT_LIMB_STEP);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline void choose_entry_avx2(
    uint64_t *out, const uint64_t *entries, size_t count, size_t limbs, uint64_t digit) {
    if (limbs % (2 * MONT_LIMB_STEP) == 0) {
        choose_entry_body(out, entries, count, limbs, digit, 2 * MONT_LIMB_STEP);
    } else {
        choose_entry_body(out, entries, count, limbs, digit, MONT_LIMB_STEP);
    }
}
#else
#define choose_entry_avx2 choose_entry
#endif

#endif
