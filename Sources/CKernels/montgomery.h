#ifndef YINHE_MONTGOMERY_H
#define YINHE_MONTGOMERY_H

// What the files of Montgomery arithmetic share.
#include "include/mont_scalar.h"

/// r -= n when r >= n (with `carry` as the limb above r), without a branch.
void mont_reduce_once(uint64_t *r, uint64_t carry, const uint64_t *n, size_t limbs);

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
