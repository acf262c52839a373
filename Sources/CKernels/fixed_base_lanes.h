#ifndef YINHE_FIXED_BASE_LANES_H
#define YINHE_FIXED_BASE_LANES_H

// Four exponents at once in the lanes of AVX2 registers (mont_lanes.h); inside CKernels.
//
// The table keeps numbers as rows of 64-bit words, eight words of all entries of a window together, so that a look-up reads
// its sub-table block by block from the first-level cache:
//     table[window][block][entry][8 words]
// All entries are in Montgomery form but those of window 0: a product of `windows` of them has no factor R left.
#include <stddef.h>
#include <stdint.h>

#include "include/mont_lanes.h"

/// A look-up picks entries by fours.
#define FIXED_BASE_LANES_LEAST_WINDOW 2

/// base: an ordinary residue of as many words as the modulus, a multiple of 8. table: windows * 2^window numbers.
void lanes_fixed_base_build(
    const lanes_modulus *m, uint64_t *table, size_t windows, unsigned window, const uint64_t *base);

/// results[i] = base^exponents[i].
void lanes_fixed_base_power(
    const lanes_modulus *m, const uint64_t *table, size_t windows, unsigned window, const uint64_t *exponents,
    size_t exponent_bits, size_t count, uint64_t *results);

#endif
