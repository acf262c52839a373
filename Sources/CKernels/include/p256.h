// The curve P-256 (FIPS 186-5, SP 800-186): y^2 = x^3 - 3x + b over the field of p = 2^256 - 2^224 + 2^192 + 2^96 - 1.
// The group has prime order n (cofactor 1), so every point of the curve except infinity generates it.
//
// Running time is independent of field elements and scalars. It depends on counts, and on WHICH encoded point is invalid.
#ifndef YINHE_P256_H
#define YINHE_P256_H

#include <stddef.h>
#include <stdint.h>

// An affine point, never infinity: coordinates below p as four 64-bit words, least significant first.
typedef struct {
    uint64_t x[4];
    uint64_t y[4];
} yinhe_p256_point;

// One implementation of the batch operations; all implementations give identical results.
typedef struct {
    const char *name;

    // RFC 9380, section 3, after expand_message: reads 96 uniform bytes per point (two field elements of L = 48 bytes,
    // big-endian), reduces them mod p, maps both by the simplified SWU method (sections 6.6.2 and F.2, Z = -10) and adds.
    // Returns `count`, or the index of a point that came out as infinity (probability 2^-256 per point).
    size_t (*hash_to_curve)(yinhe_p256_point *out, const uint8_t *uniform, size_t count);

    // The same with one field element and 48 bytes per point and no addition (encode_to_curve, the NU suites).
    size_t (*encode_to_curve)(yinhe_p256_point *out, const uint8_t *uniform, size_t count);

    // SEC 1, section 2.3.4, compressed form only: 33 bytes per point. Checks the prefix (2 or 3), x < p, and that the curve has
    // a point with this x. Returns `count`, or the index of the first invalid point (what follows it is not written reliably).
    size_t (*decode)(yinhe_p256_point *out, const uint8_t *encoded, size_t count);

    // out[i] = scalar * in[i] for one secret scalar of 32 big-endian bytes, 0 < scalar < n. `out` may be `in`.
    // Null when this implementation has none that is faster than OpenSSL's.
    void (*multiply)(yinhe_p256_point *out, const yinhe_p256_point *in, size_t count, const uint8_t *scalar);
} yinhe_p256_kernels;

// The implementations that this processor can run, the portable one first, the fastest last; null past the end.
const yinhe_p256_kernels *yinhe_p256_available(size_t index);

// SEC 1, section 2.3.3, compressed form: 33 bytes per point.
void yinhe_p256_encode(uint8_t *out, const yinhe_p256_point *points, size_t count);

// Whether the coordinates are below p and satisfy the curve's equation.
int yinhe_p256_is_on_curve(const yinhe_p256_point *point);

#endif
