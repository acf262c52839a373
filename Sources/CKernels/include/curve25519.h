// The prime-order group ristretto255 (RFC 9496): cosets of points of edwards25519, order l = 2^252 + 2774...8493, with encodings
// of 32 bytes that are unique and checked, so there is no cofactor to guard against.
//
// Running time is independent of points, field elements and scalars. It depends on counts, and on WHICH encoding is invalid.
#ifndef YINHE_CURVE25519_H
#define YINHE_CURVE25519_H

#include <stddef.h>
#include <stdint.h>

// An element by any of its points in extended twisted Edwards coordinates, x = X/Z, y = Y/Z, x y = T/Z; each coordinate has five
// limbs of radix 2^51, below 2^51 + 2^15. One element has many such forms: compare with yinhe_ristretto_equal or by encodings.
typedef struct {
    uint64_t x[5], y[5], z[5], t[5];
} yinhe_ristretto_point;

#define YINHE_RISTRETTO_WINDOWS 64

// Multiples 1 to 8 of 16^j times one element, for j below 64: word[j][limb of coordinate][multiple - 1], the coordinates being
// Y + X, Y - X, 2 d T and 2 Z.
typedef struct {
    uint64_t word[YINHE_RISTRETTO_WINDOWS][20][8];
} yinhe_ristretto_table;

// One implementation of the batch operations; all implementations give equal elements and identical bytes.
// Scalars are 32 little-endian bytes below 2^255. `out` may be an input of the same type, at the same place.
typedef struct {
    const char *name;

    // RFC 9496, section 4.3.1: 32 bytes per element. Checks that the field element is below p and not negative and that it
    // encodes an element. Returns `count`, or the index of the first invalid one (what follows it is not written reliably).
    // The identity (32 zero bytes) is valid.
    size_t (*decode)(yinhe_ristretto_point *out, const uint8_t *encoded, size_t count);

    // Section 4.3.2: 32 bytes per element.
    void (*encode)(uint8_t *out, const yinhe_ristretto_point *points, size_t count);

    // Section 4.3.4, element derivation: reads 64 uniform bytes per element.
    void (*derive)(yinhe_ristretto_point *out, const uint8_t *uniform, size_t count);

    // out[i] = a[i] + b[i], or a[i] - b[i].
    void (*add)(yinhe_ristretto_point *out, const yinhe_ristretto_point *a, const yinhe_ristretto_point *b, size_t count);
    void (*subtract)(yinhe_ristretto_point *out, const yinhe_ristretto_point *a, const yinhe_ristretto_point *b, size_t count);

    // out[i] = s * in[i], where s is at scalars + i * stride: a stride of 0 is one scalar for all.
    void (*multiply)(
        yinhe_ristretto_point *out, const yinhe_ristretto_point *in, const uint8_t *scalars, size_t stride, size_t count);

    // out[i] = scalars[i] * base of the table; 32 bytes per scalar.
    void (*multiply_table)(
        yinhe_ristretto_point *out, const yinhe_ristretto_table *table, const uint8_t *scalars, size_t count);
} yinhe_ristretto_kernels;

// The implementations that this processor can run, the portable one first, the fastest last; null past the end.
const yinhe_ristretto_kernels *yinhe_curve25519_available(size_t index);

void yinhe_ristretto_generator(yinhe_ristretto_point *out);
void yinhe_ristretto_table_make(yinhe_ristretto_table *table, const yinhe_ristretto_point *base);

// Sums of scalars[i] * points[i], scalars of 32 little-endian bytes below 2^255.
// In constant time, for scalars below 2^bits:
void yinhe_ristretto_sum_secret(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *points, const uint8_t *scalars, size_t bits, size_t count);
// In variable time, for public ones:
void yinhe_ristretto_sum_public(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *points, const uint8_t *scalars, size_t count);
// out[i] = sum over k < terms of scalars[k] * in[i + k * stride], i < count, terms at most 8, variable time. `out` may be `in`
// when stride >= count.
void yinhe_ristretto_fold_public(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *in, const uint8_t *scalars, size_t terms, size_t stride, size_t count);

// Whether both are the same element (section 4.3.3): 1 or 0.
int yinhe_ristretto_equal(const yinhe_ristretto_point *a, const yinhe_ristretto_point *b);

// 64 little-endian bytes mod l, as 32 little-endian bytes.
void yinhe_ristretto_reduce_scalar(uint8_t *out, const uint8_t *wide);

#endif
