#ifndef YINHE_P256_COMMON_H
#define YINHE_P256_COMMON_H

#include <string.h>
#include "p256.h"

static inline uint64_t yinhe_p256_load_be(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, 8);
    return __builtin_bswap64(x);
}

static inline void yinhe_p256_store_be(uint8_t *p, uint64_t x) {
    x = __builtin_bswap64(x);
    memcpy(p, &x, 8);
}

// Zeroes memory in a way that the compiler may not remove.
static inline void yinhe_p256_wipe(void *p, size_t n) {
    memset(p, 0, n);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

// Hides a value's range from the optimiser, which might otherwise turn a mask into a branch.
static inline uint64_t yinhe_p256_hide(uint64_t x) {
    __asm__("" : "+r"(x));
    return x;
}

// Whether a public integer is below p. Variable time.
static inline int yinhe_p256_below_p(const uint64_t w[4]) {
    static const uint64_t p[4] = {0xffffffffffffffffULL, 0x00000000ffffffffULL, 0, 0xffffffff00000001ULL};
    for (int i = 3; i >= 0; i--) {
        if (w[i] != p[i]) return w[i] < p[i];
    }
    return 0;
}

extern const yinhe_p256_kernels yinhe_p256_portable;
#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_p256_kernels yinhe_p256_ifma;
#endif

#endif
