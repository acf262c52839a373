#ifndef YINHE_EXPONENT_DIGIT_H
#define YINHE_EXPONENT_DIGIT_H

#include <stddef.h>
#include <stdint.h>

/// Bits [at, at + window) of an exponent of `bits` bits; at < bits, window < 64.
static inline uint64_t exponent_digit(const uint64_t *exponent, size_t bits, size_t at, unsigned window) {
    size_t word = at / 64, shift = at % 64, words = (bits + 63) / 64;
    uint64_t value = exponent[word] >> shift;
    if (shift + window > 64 && word + 1 < words) value |= exponent[word + 1] << (64 - shift);
    uint64_t width = bits - at < window ? bits - at : window;
    return value & ((1ull << width) - 1);
}

#endif
