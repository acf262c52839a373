// Eight blocks at a time with the AES instructions.
#if defined(__x86_64__) && defined(__clang__)
#include "aes.h"

#pragma clang attribute push(__attribute__((target("aes,sse4.1"))), apply_to = function)
#include <immintrin.h>

#define LANES 8

typedef struct {
    __m128i k[11];
} schedule;

static inline schedule load_key(const yinhe_aes128_key *key) {
    schedule s;
    for (int r = 0; r < 11; r++) s.k[r] = _mm_loadu_si128((const __m128i *)(key->bytes + 16 * r));
    return s;
}

static inline __m128i next_key(__m128i key, __m128i assist) {
    assist = _mm_shuffle_epi32(assist, 0xff);
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, assist);
}

static void expand_key(yinhe_aes128_key *out, const uint8_t *bytes) {
    __m128i key = _mm_loadu_si128((const __m128i *)bytes);
    __m128i *p = (__m128i *)out->bytes;
    _mm_storeu_si128(p, key);
#define ROUND(i, rcon)                                             \
    key = next_key(key, _mm_aeskeygenassist_si128(key, rcon));     \
    _mm_storeu_si128(p + i, key)
    ROUND(1, 0x01);
    ROUND(2, 0x02);
    ROUND(3, 0x04);
    ROUND(4, 0x08);
    ROUND(5, 0x10);
    ROUND(6, 0x20);
    ROUND(7, 0x40);
    ROUND(8, 0x80);
    ROUND(9, 0x1b);
    ROUND(10, 0x36);
#undef ROUND
}

static inline __attribute__((always_inline)) void cipher(const schedule *s, __m128i *b, int n) {
    for (int i = 0; i < n; i++) b[i] = _mm_xor_si128(b[i], s->k[0]);
    for (int r = 1; r < 10; r++)
        for (int i = 0; i < n; i++) b[i] = _mm_aesenc_si128(b[i], s->k[r]);
    for (int i = 0; i < n; i++) b[i] = _mm_aesenclast_si128(b[i], s->k[10]);
}

static inline __m128i sigma(__m128i x) {
    return _mm_xor_si128(_mm_shuffle_epi32(x, 0x4e), _mm_move_epi64(x));
}

static inline __m128i tweak_block(uint64_t t) { return _mm_cvtsi64_si128((long long)t); }

// `n` is LANES or 1 at compile time.
static inline __attribute__((always_inline)) void encrypt_some(const schedule *s, const __m128i *in, __m128i *out, int n) {
    __m128i b[LANES];
    for (int i = 0; i < n; i++) b[i] = _mm_loadu_si128(in + i);
    cipher(s, b, n);
    for (int i = 0; i < n; i++) _mm_storeu_si128(out + i, b[i]);
}

static inline __attribute__((always_inline)) void hash_some(
    const schedule *s, const __m128i *in, __m128i *out, uint64_t tweak, int twice, int n) {
    __m128i b[LANES], x[LANES];
    for (int i = 0; i < n; i++) x[i] = _mm_loadu_si128(in + i);
    if (twice) {
        cipher(s, x, n);
    } else {
        for (int i = 0; i < n; i++) x[i] = sigma(x[i]);
    }
    for (int i = 0; i < n; i++) b[i] = _mm_xor_si128(x[i], tweak_block(tweak + (uint64_t)i));
    cipher(s, b, n);
    for (int i = 0; i < n; i++) _mm_storeu_si128(out + i, _mm_xor_si128(b[i], x[i]));
}

static void encrypt(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks) {
    schedule s = load_key(key);
    const __m128i *p = (const __m128i *)in;
    __m128i *q = (__m128i *)out;
    size_t i = 0;
    for (; i + LANES <= blocks; i += LANES) encrypt_some(&s, p + i, q + i, LANES);
    for (; i < blocks; i++) encrypt_some(&s, p + i, q + i, 1);
}

static inline __attribute__((always_inline)) void hash_all(
    const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak, int twice) {
    schedule s = load_key(key);
    const __m128i *p = (const __m128i *)in;
    __m128i *q = (__m128i *)out;
    size_t i = 0;
    for (; i + LANES <= blocks; i += LANES) hash_some(&s, p + i, q + i, tweak + i, twice, LANES);
    for (; i < blocks; i++) hash_some(&s, p + i, q + i, tweak + i, twice, 1);
}

static void hash(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak) {
    hash_all(key, in, out, blocks, tweak, 0);
}

static void hash_twice(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak) {
    hash_all(key, in, out, blocks, tweak, 1);
}

static void counter(const yinhe_aes128_key *key, uint8_t *out, size_t blocks, uint64_t low, uint64_t high) {
    schedule s = load_key(key);
    __m128i *q = (__m128i *)out;
    __m128i b[LANES];
    size_t i = 0;
    for (; i + LANES <= blocks; i += LANES) {
        for (int j = 0; j < LANES; j++) b[j] = _mm_set_epi64x((long long)high, (long long)(low + i + (uint64_t)j));
        cipher(&s, b, LANES);
        for (int j = 0; j < LANES; j++) _mm_storeu_si128(q + i + j, b[j]);
    }
    for (; i < blocks; i++) {
        b[0] = _mm_set_epi64x((long long)high, (long long)(low + i));
        cipher(&s, b, 1);
        _mm_storeu_si128(q + i, b[0]);
    }
}

static inline __attribute__((always_inline)) void double_some(
    const schedule *s0, const schedule *s1, const __m128i *in, __m128i *out, int n) {
    __m128i x[LANES], a[LANES], b[LANES];
    for (int i = 0; i < n; i++) a[i] = b[i] = x[i] = _mm_loadu_si128(in + i);
    cipher(s0, a, n);
    cipher(s1, b, n);
    for (int i = 0; i < n; i++) {
        _mm_storeu_si128(out + 2 * i, _mm_xor_si128(a[i], x[i]));
        _mm_storeu_si128(out + 2 * i + 1, _mm_xor_si128(b[i], x[i]));
    }
}

static void double_blocks(
    const yinhe_aes128_key *key0, const yinhe_aes128_key *key1, const uint8_t *parents, uint8_t *children, size_t count) {
    schedule s0 = load_key(key0), s1 = load_key(key1);
    const __m128i *p = (const __m128i *)parents;
    __m128i *q = (__m128i *)children;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) double_some(&s0, &s1, p + i, q + 2 * i, LANES);
    for (; i < count; i++) double_some(&s0, &s1, p + i, q + 2 * i, 1);
}
#pragma clang attribute pop

const yinhe_aes128_kernels yinhe_aes128_aesni = {
    "AES-NI", expand_key, encrypt, hash, hash_twice, counter, double_blocks,
};
#endif
