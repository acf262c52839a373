#ifndef YINHE_VALUE_BARRIER_H
#define YINHE_VALUE_BARRIER_H

#include <stdint.h>

/// `x`, of which the compiler knows nothing. A mask that has passed through it stays a mask: otherwise the compiler may see
/// that it is all zeros or all ones, and make a branch of it.
static inline uint64_t yinhe_opaque(uint64_t x) {
    __asm__("" : "+r"(x));
    return x;
}

#endif
