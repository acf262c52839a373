#ifndef YINHE_P256X8_H
#define YINHE_P256X8_H

#include <stddef.h>
#include <stdint.h>

// P-256 for eight points at a time with one common secret scalar, on AVX-512 IFMA (52-bit multiply-add).
// Time and memory accesses do not depend on the scalar or on the points; they depend on `count` only.
// `scalar`: 32 bytes big-endian, 64 <= scalar <= order - 64 (so that no addition below meets an exceptional case).
// Points are 33-byte compressed encodings (SEC 1, section 2.3).

/// Whether this processor and operating system offer what the two functions below need.
int yh_p256x8_available(void);

/// out[i] = scalar * H_i, where H_i is hash_to_curve's point for the two field elements at u + 64 * i (RFC 9380, section 3:
/// H = map(u0) + map(u1), P256_XMD:SHA-256_SSWU_RO_). Each field element is 32 bytes big-endian, below p.
/// Returns 0, or 1 when some H_i is the point at infinity (probability about 2^-256 for hashed input); `out` is then unspecified.
int yh_p256x8_hash_multiply(const uint8_t *u, size_t count, const uint8_t scalar[32], uint8_t *out);

/// out[i] = scalar * P_i for the points encoded at points + 33 * i. Every encoding is checked: prefix 2 or 3, x < p, on the curve.
/// Returns -1 when all are valid, else the index of the first invalid one; `out` is then unspecified.
ptrdiff_t yh_p256x8_multiply(const uint8_t *points, size_t count, const uint8_t scalar[32], uint8_t *out);

#endif
