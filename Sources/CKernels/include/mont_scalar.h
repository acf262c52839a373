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

/// r[i] = r[i] / 2^bits mod n for bits < 64: what turns a product by this R into one by a larger R.
void mont_divide_rows(uint64_t *r, size_t count, unsigned bits, const mont_modulus *m);

/// r[i] = -a[i] mod n; r may be a.
void mont_negate_rows(uint64_t *r, const uint64_t *a, size_t count, const mont_modulus *m);

/// A modulus with what exponentiations need. When it is the square of a number n whose limbs are half as many, they work on
/// pairs of n-adic digits (montgomery_nadic.c), which takes 3/5 of the time; R is then 2^(64 root.limbs).
typedef struct {
    mont_modulus modulus;
    int adx;
    mont_modulus root;         // n; limbs = 0 when the modulus is not used as a square
    const uint64_t *one;       // 1 in the internal form
    const uint64_t *entry;     // what `mont_enter` multiplies by: R^2 mod n; for pairs the digits of R^3
    const uint64_t *negative;  // -R mod n; for pairs only
} mont_context;

/// An internal form is modulus.limbs words: x R mod the modulus or its two digits. All may be in place. Constant time.
void mont_enter(const mont_context *c, uint64_t *r, const uint64_t *x);
/// Enters without the multiplication: the result stands for x / R^k, where k = mont_lift_loss: 1, or 2 for pairs.
void mont_lift(const mont_context *c, uint64_t *r, const uint64_t *x);
static inline int mont_lift_loss(const mont_context *c) { return c->root.limbs > 0 ? 2 : 1; }
void mont_leave(const mont_context *c, uint64_t *r, const uint64_t *x);
void mont_context_multiply(const mont_context *c, uint64_t *r, const uint64_t *a, const uint64_t *b);
void mont_context_square(const mont_context *c, uint64_t *r, const uint64_t *a);

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
