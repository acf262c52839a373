#include <string.h>

#include "montgomery.h"

// One interface for both internal forms.

void mont_context_multiply(const mont_context *c, uint64_t *r, const uint64_t *a, const uint64_t *b) {
    if (c->root.limbs > 0) {
        mont_pair_multiply(c, r, a, b);
    } else {
        mont_multiply(r, a, b, &c->modulus, c->adx);
    }
}

void mont_context_square(const mont_context *c, uint64_t *r, const uint64_t *a) {
    if (c->root.limbs > 0) {
        mont_pair_square(c, r, a);
    } else {
        mont_square(r, a, &c->modulus, c->adx);
    }
}

void mont_lift(const mont_context *c, uint64_t *r, const uint64_t *x) {
    if (c->root.limbs > 0) {
        mont_pair_split(c, r, x);
    } else if (r != x) {
        memcpy(r, x, c->modulus.limbs * sizeof(uint64_t));
    }
}

void mont_enter(const mont_context *c, uint64_t *r, const uint64_t *x) {
    mont_lift(c, r, x);
    mont_context_multiply(c, r, r, c->entry);
}

void mont_leave(const mont_context *c, uint64_t *r, const uint64_t *x) {
    if (c->root.limbs > 0) {
        mont_pair_join(c, r, x);
    } else {
        const uint64_t one[MONT_MAX_LIMBS] = {1};
        mont_multiply(r, x, one, &c->modulus, c->adx);
    }
}
