#ifndef YINHE_FIXED_BASE_IFMA_H
#define YINHE_FIXED_BASE_IFMA_H

// Eight exponents at once in the lanes of AVX-512 registers; inside CKernels.
#include <stddef.h>
#include <stdint.h>

#define IFMA_LANES 8
/// 52-bit limbs of a 12288-bit modulus with two spare bits.
#define IFMA_MAX_LIMBS 237

int ifma_available(void);

/// 64-bit limbs to 52-bit limbs.
void ifma_split(uint64_t *out52, size_t limbs52, const uint64_t *in, size_t limbs);

/// The power of `table` (windows x 2^window x limbs52, Montgomery form with R = 2^(52 limbs52)) for 8 lanes.
/// digits[window][lane]; n52: the modulus; k0 = -n^-1 mod 2^52.
/// out[lane][limb]: 64-bit limbs, below 2n, not yet reduced.
void ifma_fixed_base_power(
    const uint64_t *table, size_t windows, unsigned window, size_t limbs52, const uint64_t *n52, uint64_t k0,
    const uint64_t *digits, uint64_t *out, size_t limbs);

#endif
