// GF(2^64) = F2[y]/(y^64 + y^4 + y^3 + y + 1), and over it GF(2^128) = GF(2^64)[z]/(z^2 + z + y^61); an element c0 + c1 z is
// stored as c0 then c1, and bit i of a word is the coefficient of y^i. Sources/Arithmetic/GF128.swift shows that these are
// fields.
//
// Running time is independent of all elements.
#ifndef YINHE_GF128_H
#define YINHE_GF128_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t c0, c1;
} yinhe_gf128;

// One implementation; all give identical results.
typedef struct {
    const char *name;
    uint64_t (*multiply64)(uint64_t a, uint64_t b);
    yinhe_gf128 (*multiply128)(yinhe_gf128 a, yinhe_gf128 b);

    // into[i] += values[i] * delta, values in the small or in the large field.
    void (*add_products64)(yinhe_gf128 *into, const uint64_t *values, yinhe_gf128 delta, size_t count);
    void (*add_products128)(yinhe_gf128 *into, const yinhe_gf128 *values, yinhe_gf128 delta, size_t count);

    // The sum of a[i] * b[i].
    yinhe_gf128 (*inner_product64)(const uint64_t *a, const yinhe_gf128 *b, size_t count);
    yinhe_gf128 (*inner_product128)(const yinhe_gf128 *a, const yinhe_gf128 *b, size_t count);

    // product (2 n words) = a * b (n words each), polynomials over F2; n is at most 64. Schoolbook.
    void (*polynomial)(uint64_t *product, const uint64_t *a, const uint64_t *b, size_t n);
} yinhe_gf128_kernels;

// The implementations that this processor can run, the portable one first, the fastest last; null past the end.
const yinhe_gf128_kernels *yinhe_gf128_available(size_t index);

#endif
