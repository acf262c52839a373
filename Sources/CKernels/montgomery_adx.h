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
/// d = a + b, a - b; return the carry. d may be a or b.
uint64_t mont_x86_add(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs);
uint64_t mont_x86_subtract(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs);
/// t[0 ..< 2 limbs] = a a.
void mont_adx_square(uint64_t *t, const uint64_t *a, size_t limbs);
/// Adds quotient * n to t[0 ..< 2 limbs] so that the lower half becomes zero (it is left with other contents); the result is in the
/// upper half, with the returned carry above it.
uint64_t mont_adx_reduce(uint64_t *t, uint64_t *quotient, const mont_modulus *m);
#endif

#endif
