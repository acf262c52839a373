#ifndef YINHE_MONTGOMERY_H
#define YINHE_MONTGOMERY_H

// What the files of Montgomery arithmetic share. Everything here is constant time; `adx` as in mont_scalar.h.
#include "include/mont_scalar.h"

/// t[0 ..< 2 limbs] = a b.
void mont_wide_product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs, int adx);
/// t[0 ..< 2 limbs] += a b; returns the carry.
uint64_t mont_wide_product_add(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs, int adx);
/// t[0 ..< 2 limbs] = a a.
void mont_wide_square(uint64_t *t, const uint64_t *a, size_t limbs, int adx);
/// Adds quotient * n, quotient < R, to t[0 ..< 2 limbs] so that the lower half becomes zero (it is left with other contents); the
/// result is in the upper half, with the returned carry above it.
uint64_t mont_wide_reduce(uint64_t *t, uint64_t *quotient, const mont_modulus *m, int adx);

/// r = a - n when a >= n, else a (with `carry` as the limb above a), without a branch; returns 1 when n was subtracted. r may be a.
uint64_t mont_reduce_once(uint64_t *r, const uint64_t *a, uint64_t carry, const uint64_t *n, size_t limbs);
/// t = 2 t + d; returns the carry. limbs is a multiple of 16.
uint64_t mont_twice_plus(uint64_t *t, const uint64_t *d, size_t limbs, int adx);
/// d = a + b, a - b; return the carry. d may be a or b.
uint64_t mont_add(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs);
uint64_t mont_subtract(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs);

/// The steps of a context whose modulus is a square, on pairs of digits; r may be an operand.
void mont_pair_multiply(const mont_context *c, uint64_t *r, const uint64_t *x, const uint64_t *y);
void mont_pair_square(const mont_context *c, uint64_t *r, const uint64_t *x);
/// The digits of x / R for an ordinary residue x.
void mont_pair_split(const mont_context *c, uint64_t *r, const uint64_t *x);
/// The ordinary residue x / R of the pair x.
void mont_pair_join(const mont_context *c, uint64_t *r, const uint64_t *x);

/// `mask` as it is, its origin hidden from the compiler, which otherwise turns selections by masks into branches or into loads
/// from chosen addresses.
static inline uint64_t opaque_mask(uint64_t mask) {
    __asm__("" : "+r"(mask));
    return mask;
}

static inline void wipe(void *p, size_t bytes) {
    __builtin_memset(p, 0, bytes);
    __asm__ volatile("" : : "r"(p) : "memory");
}

#endif
