#ifndef YINHE_MONTGOMERY_ADX_H
#define YINHE_MONTGOMERY_ADX_H

// The steps of Montgomery multiplication with mulx, adcx and adox; limbs is a multiple of 8. Constant time.
#include "montgomery.h"

#if defined(__x86_64__)
/// t[0 ..< 2 limbs] = a b.
void mont_adx_product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs);
/// t[0 ..< 2 limbs] += a b; returns the carry.
uint64_t mont_adx_product_add(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs);
/// t = 2 t + d; returns the carry. limbs is a multiple of 16.
uint64_t mont_adx_twice_plus(uint64_t *t, const uint64_t *d, size_t limbs);
/// d = a + b + carry, a - b - carry; return the carry, which is 0 or 1. d may be a or b.
uint64_t mont_x86_add(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs, uint64_t carry);
uint64_t mont_x86_subtract(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs, uint64_t carry);
/// t[0 ..< 2 limbs] = a a.
void mont_adx_square(uint64_t *t, const uint64_t *a, size_t limbs);
/// Adds quotient * n to t[0 ..< 2 limbs] so that the lower half becomes zero (it is left with other contents); the result is in the
/// upper half, with the returned carry above it.
uint64_t mont_adx_reduce(uint64_t *t, uint64_t *quotient, const mont_modulus *m);

// Sizes, multiples of 16, from which Karatsuba's method takes over, by measurement.
#ifndef MONT_KARATSUBA_PRODUCT
#define MONT_KARATSUBA_PRODUCT 32
#define MONT_KARATSUBA_PRODUCT_ADD 48
#define MONT_KARATSUBA_SQUARE 64
#endif
/// As mont_adx_product and mont_adx_square, from three of them at half the size.
void mont_karatsuba_product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs);
void mont_karatsuba_square(uint64_t *t, const uint64_t *a, size_t limbs);
#endif

#endif
