#include <string.h>

#include "montgomery.h"

// Modulo n^2 on pairs of n-adic digits, x = x0 + x1 n with x0, x1 < n (Takagi, "Fast RSA-type cryptosystems using n-adic
// expansion", CRYPTO 1997), in Montgomery's representation with R > n.
//
// Montgomery's reduction of x0 y0 gives a quotient q and r0 < n with x0 y0 + q n = (r0 + c n) R, c = 0 or 1, so that
//     x y / R = r0 + n r1,   r1 = (x0 y1 + x1 y0 + c R - q) / R  mod n:
// the quotient, which otherwise is thrown away, is what x0 y0 adds to the upper digit. Three products and two reductions of
// numbers half as long (5 L^2 word products for L limbs of n) stand for one of each (8 L^2); a square takes 3.5 L^2, not 6 L^2.

/// r1 = (u + c R - q) / R mod n, u < 2 n^2 in 2 limbs words with `carry` above; `doubled`: u stands for 2 u.
///
/// To stay positive, a multiple of n joins when c = 0: R + negative, negative = -R mod n. Then u < 2 n^2 + R, and after one
/// conditional subtraction of n R the reduction gives less than 2 n.
static void fold(
    const mont_context *c, uint64_t *r1, uint64_t *u, uint64_t carry, const uint64_t *q, uint64_t subtracted, int doubled) {
    const mont_modulus *m = &c->root;
    const size_t limbs = m->limbs;
    uint64_t d[MONT_MAX_LIMBS], quotient[MONT_MAX_LIMBS / 2];
    const uint64_t mask = opaque_mask(subtracted - 1);
    for (size_t j = 0; j < limbs; j++) d[j] = c->negative[j] & mask;
    const uint64_t borrow = mont_subtract(d, d, q, limbs);
    memset(d + limbs, 0, limbs * sizeof(uint64_t));
    d[limbs] = 1 - borrow;
    carry += doubled ? mont_twice_plus(u, d, 2 * limbs, c->adx) : mont_add(u, u, d, 2 * limbs);
    mont_reduce_once(u + limbs, u + limbs, carry, m->n, limbs);
    carry = mont_wide_reduce(u, quotient, m, c->adx);
    mont_reduce_once(r1, u + limbs, carry, m->n, limbs);
}

void mont_pair_multiply(const mont_context *c, uint64_t *r, const uint64_t *x, const uint64_t *y) {
    const mont_modulus *m = &c->root;
    const size_t limbs = m->limbs;
    uint64_t t[MONT_MAX_LIMBS], u[MONT_MAX_LIMBS], q[MONT_MAX_LIMBS / 2];
    mont_wide_product(u, x, y + limbs, limbs, c->adx);
    const uint64_t carry = mont_wide_product_add(u, x + limbs, y, limbs, c->adx);
    mont_wide_product(t, x, y, limbs, c->adx);
    const uint64_t above = mont_wide_reduce(t, q, m, c->adx);
    const uint64_t subtracted = mont_reduce_once(r, t + limbs, above, m->n, limbs);
    fold(c, r + limbs, u, carry, q, subtracted, 0);
}

void mont_pair_square(const mont_context *c, uint64_t *r, const uint64_t *x) {
    const mont_modulus *m = &c->root;
    const size_t limbs = m->limbs;
    uint64_t t[MONT_MAX_LIMBS], u[MONT_MAX_LIMBS], q[MONT_MAX_LIMBS / 2];
    mont_wide_product(u, x, x + limbs, limbs, c->adx);
    mont_wide_square(t, x, limbs, c->adx);
    const uint64_t above = mont_wide_reduce(t, q, m, c->adx);
    const uint64_t subtracted = mont_reduce_once(r, t + limbs, above, m->n, limbs);
    fold(c, r + limbs, u, 0, q, subtracted, 1);
}

void mont_pair_split(const mont_context *c, uint64_t *r, const uint64_t *x) {
    const mont_modulus *m = &c->root;
    const size_t limbs = m->limbs;
    uint64_t t[MONT_MAX_LIMBS], u[MONT_MAX_LIMBS] = {0}, q[MONT_MAX_LIMBS / 2];
    memcpy(t, x, 2 * limbs * sizeof(uint64_t));
    const uint64_t above = mont_wide_reduce(t, q, m, c->adx);
    const uint64_t subtracted = mont_reduce_once(r, t + limbs, above, m->n, limbs);
    fold(c, r + limbs, u, 0, q, subtracted, 0);
}

void mont_pair_join(const mont_context *c, uint64_t *r, const uint64_t *x) {
    const mont_modulus *m = &c->root;
    const size_t limbs = m->limbs;
    uint64_t t[MONT_MAX_LIMBS], u[MONT_MAX_LIMBS] = {0}, q[MONT_MAX_LIMBS / 2], low[MONT_MAX_LIMBS] = {0};
    memset(t, 0, 2 * limbs * sizeof(uint64_t));
    memcpy(t, x, limbs * sizeof(uint64_t));
    memcpy(u, x + limbs, limbs * sizeof(uint64_t));
    const uint64_t above = mont_wide_reduce(t, q, m, c->adx);
    const uint64_t subtracted = mont_reduce_once(low, t + limbs, above, m->n, limbs);
    fold(c, q, u, 0, q, subtracted, 0);
    mont_wide_product(t, q, m->n, limbs, c->adx);
    mont_add(r, t, low, 2 * limbs);
}
