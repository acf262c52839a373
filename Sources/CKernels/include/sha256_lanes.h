// SHA-256 (FIPS 180-4) of many messages of one length that fit one block, several at a time.
#ifndef YINHE_SHA256_LANES_H
#define YINHE_SHA256_LANES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    // out[32 i ..] = SHA-256(in[stride i ..][0 ..< length]) for length <= 55. Running time depends on `length` and `count` alone.
    void (*hash)(uint8_t *out, const uint8_t *in, size_t length, size_t stride, size_t count);
} yinhe_sha256_lanes_kernels;

// The implementations that this processor can run beyond OpenSSL's, the fastest last; null past the end.
const yinhe_sha256_lanes_kernels *yinhe_sha256_lanes_available(size_t index);

#endif
