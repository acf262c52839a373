// The two steps between the key streams of small punctured trees and the columns of an oblivious transfer extension
// (Protocols/ot-extension.md). Running time is independent of all bytes.
#ifndef YINHE_BIT_ROWS_H
#define YINHE_BIT_ROWS_H

#include <stddef.h>
#include <stdint.h>

// Byte counts of rows are multiples of 32.
typedef struct {
    const char *name;

    // Sixteen streams of `bytes` bytes, one after another. Row b (at rows + b * stride) is the XOR of the streams whose index has
    // bit b set, for b below 4; `total` is the XOR of all sixteen.
    void (*fold)(const uint8_t *streams, size_t bytes, uint8_t *rows, size_t stride, uint8_t *total);

    // row[k] ^= (a[k] ^ b[k]) & mask in four rows, each with a mask of its own (all ones or zero).
    void (*correct)(
        uint8_t *rows, size_t stride, const uint8_t *a, const uint8_t *b, const uint64_t masks[4], size_t bytes);

    // Bit r of column c (16 bytes each, 8 * bytes of them) is bit c of row r, for the 128 rows at rows + r * stride.
    void (*transpose)(const uint8_t *rows, size_t stride, size_t bytes, uint8_t *columns);
} yinhe_bit_rows_kernels;

// The implementations that this processor can run, the portable one first, the fastest last; null past the end.
const yinhe_bit_rows_kernels *yinhe_bit_rows_available(size_t index);

#endif
