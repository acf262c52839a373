#ifndef YINHE_MONT_SCALAR_H
#define YINHE_MONT_SCALAR_H

// Arithmetic modulo one odd number of 64 to 12288 bits in Montgomery's representation (Montgomery, "Modular multiplication without
// trial division", Math. Comp. 44, 1985), one number at a time. R = 2^(64 limbs). Numbers are `limbs` 64-bit words, least
// significant first; `limbs` is a multiple of MONT_LIMB_STEP. Rows of numbers are contiguous.
#include <stddef.h>
#include <stdint.h>

#define MONT_LIMB_STEP 8
#define MONT_MAX_LIMBS 192

typedef struct {
    size_t limbs;
    uint64_t n0;  // -n^-1 mod 2^64
    const uint64_t *n;
} mont_modulus;

/// Whether the processor has mulx, adcx, adox and AVX2, which the functions below use when `adx` is not 0.
int mont_adx_available(void);

/// -n^-1 mod 2^64 for odd n.
static inline uint64_t mont_negative_inverse(uint64_t n) {
    uint64_t x = n;  // correct to 3 bits; each step doubles them (Newton)
    for (int i = 0; i < 5; i++) x *= 2 - n * x;
    return 0 - x;
}

/// r = a b / R mod n. a, b < n; r < n; r may be a or b. Constant time.
void mont_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b, const mont_modulus *m, int adx);
/// r = a a / R mod n. r may be a. Constant time.
void mont_square(uint64_t *r, const uint64_t *a, const mont_modulus *m, int adx);

/// The same for `count` rows; row i of b is at b + i * b_stride words (0: one factor for all).
void mont_multiply_rows(
    uint64_t *r, const uint64_t *a, const uint64_t *b, size_t b_stride, size_t count, const mont_modulus *m, int adx);
void mont_square_rows(uint64_t *r, const uint64_t *a, size_t count, const mont_modulus *m, int adx);

/// What exponentiations need besides the modulus.
typedef struct {
    mont_modulus modulus;
    const uint64_t *one;       // R mod n
    const uint64_t *r_square;  // R^2 mod n
    int adx;
} mont_context;

/// r[i] = bases[i]^exponents[i] mod n, ordinary residues (not in Montgomery's representation); r may be bases.
/// Exponents have `bits` bits in ceil(bits / 64) words; row i starts at exponents + i * exponent_stride (0: one for all).
/// Time and memory accesses depend on sizes only.
void mont_powers_secret(
    const mont_context *c, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t exponent_stride, size_t bits,
    uint64_t *r);
/// The same for exponents that are public: time depends on them.
void mont_powers_public(
    const mont_context *c, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t exponent_stride, size_t bits,
    uint64_t *r);

#endif
