#ifndef YINHE_FIXED_BASE_H
#define YINHE_FIXED_BASE_H

// Powers of one base modulo one odd number, for many secret exponents: a table of
//     T[j][e] = base^(e * 2^(window * j)),  0 <= e < 2^window,
// and one Montgomery multiplication per window of the exponent, no squarings (Brickell, Gordon, McCurley, Wilson,
// "Fast exponentiation with precomputation", EUROCRYPT 1992).
//
// Every entry of a window's sub-table is read for every look-up, and the chosen one is kept by masks; multiplications have no
// data-dependent branch. Time and memory accesses depend on sizes only.
#include <stddef.h>
#include <stdint.h>

enum {
    FIXED_BASE_PORTABLE = 0,  // 64-bit limbs, C
    FIXED_BASE_ADX = 1,       // 64-bit limbs, mulx/adcx/adox, AVX2 look-ups
    FIXED_BASE_LANES = 2,     // four exponents at once, AVX2 and FMA (mont_lanes.h)
    FIXED_BASE_IFMA = 3,      // eight exponents at once, 52-bit limbs, AVX-512 IFMA
};

/// Limbs must be a multiple of this many and at most FIXED_BASE_MAX_LIMBS.
#define FIXED_BASE_LIMB_STEP 8
#define FIXED_BASE_MAX_LIMBS 192

typedef struct fixed_base fixed_base;

int fixed_base_kernel_available(int kernel);

/// 52-bit limbs that the IFMA kernel uses for a modulus of `bits` bits: two spare bits make final subtractions needless.
size_t fixed_base_limbs52(size_t bits);

/// The modulus is odd; `limbs` 64-bit limbs for each number, least significant first.
/// root: NULL, or the square root of the modulus as limbs / 2 words, with which the lanes kernel is faster.
/// one = R mod modulus and base_r = base * R mod modulus, R = 2^(64 limbs); r52 = 2^(52 fixed_base_limbs52(bits)) mod modulus.
fixed_base *fixed_base_new(
    int kernel, const uint64_t *modulus, const uint64_t *root, size_t bits, size_t limbs, const uint64_t *one,
    const uint64_t *base_r, const uint64_t *r52, size_t exponent_bits, unsigned window);

/// Over a table that `fixed_base_new` has made for the same arguments, here or in another process (its words depend on the
/// kernel). The memory is the caller's: it outlives the result, is aligned to 8 bytes and is not wiped.
fixed_base *fixed_base_over_table(
    int kernel, const uint64_t *modulus, const uint64_t *root, size_t bits, size_t limbs, size_t exponent_bits, unsigned window,
    const uint64_t *table);
/// The words of such a table for these arguments; 0 when they are not possible.
size_t fixed_base_table_words(int kernel, size_t bits, size_t limbs, size_t exponent_bits, unsigned window);
/// The table itself.
const uint64_t *fixed_base_table(const fixed_base *table);

void fixed_base_free(fixed_base *table);
size_t fixed_base_bytes(const fixed_base *table);

/// results[i] = base^exponents[i]; exponents of ceil(exponent_bits / 64) limbs, results of `limbs` limbs.
void fixed_base_power(const fixed_base *table, const uint64_t *exponents, size_t count, uint64_t *results);

#endif
