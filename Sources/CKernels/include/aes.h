// AES-128 (FIPS 197) in bulk. There is no portable variant here, because a portable AES either is slow or reads tables at secret
// places: without AES instructions the callers go through OpenSSL. A block is 16 bytes in the order of FIPS 197; its first eight
// bytes, read little-endian, are its "low" word.
//
// Running time is independent of keys and blocks.
#ifndef YINHE_AES_H
#define YINHE_AES_H

#include <stddef.h>
#include <stdint.h>

// The eleven round keys.
typedef struct {
    uint8_t bytes[176];
} yinhe_aes128_key;

// One implementation; all give identical results. `out` may be `in`, except in `double_blocks`.
typedef struct {
    const char *name;
    void (*expand_key)(yinhe_aes128_key *schedule, const uint8_t *key);

    // out[i] = AES(in[i]).
    void (*encrypt)(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks);

    // out[i] = AES(s ^ t) ^ s, s = sigma(in[i]), t the block with low word tweak + i (mod 2^64) and high word 0;
    // sigma(low, high) = (low ^ high, low).
    void (*hash)(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak);

    // out[i] = AES(p ^ t) ^ p, p = AES(in[i]), t as above.
    void (*hash_twice)(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak);

    // out[i] = AES of the block with low word low + i (mod 2^64) and the given high word.
    void (*counter)(const yinhe_aes128_key *key, uint8_t *out, size_t blocks, uint64_t low, uint64_t high);

    // children[2 i + b] = AES_b(parents[i]) ^ parents[i].
    void (*double_blocks)(
        const yinhe_aes128_key *key0, const yinhe_aes128_key *key1, const uint8_t *parents, uint8_t *children, size_t count);
} yinhe_aes128_kernels;

// The implementations that this processor can run, the fastest last; null past the end (perhaps at once).
const yinhe_aes128_kernels *yinhe_aes128_available(size_t index);

#endif
