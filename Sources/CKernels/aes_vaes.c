// Thirty-two blocks at a time, four to a register.
#if defined(__x86_64__) && defined(__clang__)
#include "aes.h"

extern const yinhe_aes128_kernels yinhe_aes128_aesni;
extern const yinhe_aes128_kernels yinhe_aes128_vaes;

#pragma clang attribute push(__attribute__((target("aes,vaes,avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#include <immintrin.h>

#define WIDE 8   // registers in flight in the main loop
#define INLINE static inline __attribute__((always_inline))

typedef struct {
    __m512i k[11];
} schedule;

INLINE schedule load_key(const yinhe_aes128_key *key) {
    schedule s;
    for (int r = 0; r < 11; r++) s.k[r] = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(key->bytes + 16 * r)));
    return s;
}

INLINE void cipher(const schedule *s, __m512i *b, int n) {
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++) b[i] = _mm512_xor_si512(b[i], s->k[0]);
#pragma clang loop unroll(full)
    for (int r = 1; r < 10; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) b[i] = _mm512_aesenc_epi128(b[i], s->k[r]);
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++) b[i] = _mm512_aesenclast_epi128(b[i], s->k[10]);
}

INLINE __m512i sigma(__m512i x) {
    return _mm512_xor_si512(_mm512_shuffle_epi32(x, (_MM_PERM_ENUM)0x4e), _mm512_maskz_mov_epi64(0x55, x));
}

// Words of the blocks that remain, as a mask; all of them from four on.
INLINE __mmask8 mask_for(size_t blocks) { return blocks >= 4 ? 0xff : (__mmask8)((1u << 2 * blocks) - 1); }

INLINE __m512i ascending(uint64_t low, uint64_t high) {
    __m512i lanes = _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
    return _mm512_mask_add_epi64(_mm512_set1_epi64((long long)high), 0x55, lanes, _mm512_set1_epi64((long long)low));
}

// In the functions below `n` registers are full, unless n = 1, where `mask` tells the words.
INLINE void encrypt_some(const schedule *s, const uint8_t *in, uint8_t *out, int n, __mmask8 mask) {
    __m512i b[WIDE];
    for (int i = 0; i < n; i++) b[i] = _mm512_maskz_loadu_epi64(mask, in + 64 * i);
    cipher(s, b, n);
    for (int i = 0; i < n; i++) _mm512_mask_storeu_epi64(out + 64 * i, mask, b[i]);
}

INLINE void hash_some(const schedule *s, const uint8_t *in, uint8_t *out, uint64_t tweak, int twice, int n, __mmask8 mask) {
    __m512i b[WIDE], x[WIDE];
    for (int i = 0; i < n; i++) x[i] = _mm512_maskz_loadu_epi64(mask, in + 64 * i);
    if (twice) {
        cipher(s, x, n);
    } else {
        for (int i = 0; i < n; i++) x[i] = sigma(x[i]);
    }
    for (int i = 0; i < n; i++) b[i] = _mm512_xor_si512(x[i], ascending(tweak + 4 * (uint64_t)i, 0));
    cipher(s, b, n);
    for (int i = 0; i < n; i++) _mm512_mask_storeu_epi64(out + 64 * i, mask, _mm512_xor_si512(b[i], x[i]));
}

INLINE void counter_some(const schedule *s, uint8_t *out, uint64_t low, uint64_t high, int n, __mmask8 mask) {
    __m512i b[WIDE];
    for (int i = 0; i < n; i++) b[i] = ascending(low + 4 * (uint64_t)i, high);
    cipher(s, b, n);
    for (int i = 0; i < n; i++) _mm512_mask_storeu_epi64(out + 64 * i, mask, b[i]);
}

INLINE void double_some(const schedule *s0, const schedule *s1, const uint8_t *in, uint8_t *out, int n, size_t blocks) {
    const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    __mmask8 mask = mask_for(blocks);
    __m512i x[WIDE], a[WIDE], b[WIDE];
    for (int i = 0; i < n; i++) a[i] = b[i] = x[i] = _mm512_maskz_loadu_epi64(mask, in + 64 * i);
    cipher(s0, a, n);
    cipher(s1, b, n);
    for (int i = 0; i < n; i++) {
        a[i] = _mm512_xor_si512(a[i], x[i]);
        b[i] = _mm512_xor_si512(b[i], x[i]);
        _mm512_mask_storeu_epi64(out + 128 * i, mask_for(2 * blocks), _mm512_permutex2var_epi64(a[i], first, b[i]));
        _mm512_mask_storeu_epi64(
            out + 128 * i + 64, mask_for(blocks > 2 ? 2 * blocks - 4 : 0), _mm512_permutex2var_epi64(a[i], second, b[i]));
    }
}

static void encrypt(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks) {
    schedule s = load_key(key);
    size_t i = 0;
    for (; i + 4 * WIDE <= blocks; i += 4 * WIDE) encrypt_some(&s, in + 16 * i, out + 16 * i, WIDE, 0xff);
    for (; i < blocks; i += 4) encrypt_some(&s, in + 16 * i, out + 16 * i, 1, mask_for(blocks - i));
}

INLINE void hash_all(
    const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak, int twice) {
    schedule s = load_key(key);
    size_t i = 0;
    for (; i + 4 * WIDE <= blocks; i += 4 * WIDE) hash_some(&s, in + 16 * i, out + 16 * i, tweak + i, twice, WIDE, 0xff);
    for (; i < blocks; i += 4) hash_some(&s, in + 16 * i, out + 16 * i, tweak + i, twice, 1, mask_for(blocks - i));
}

static void hash(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak) {
    hash_all(key, in, out, blocks, tweak, 0);
}

static void hash_twice(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak) {
    hash_all(key, in, out, blocks, tweak, 1);
}

static void counter(const yinhe_aes128_key *key, uint8_t *out, size_t blocks, uint64_t low, uint64_t high) {
    schedule s = load_key(key);
    size_t i = 0;
    for (; i + 4 * WIDE <= blocks; i += 4 * WIDE) counter_some(&s, out + 16 * i, low + i, high, WIDE, 0xff);
    for (; i < blocks; i += 4) counter_some(&s, out + 16 * i, low + i, high, 1, mask_for(blocks - i));
}

// Half as many registers in flight: two schedules need the rest.
static void double_blocks(
    const yinhe_aes128_key *key0, const yinhe_aes128_key *key1, const uint8_t *parents, uint8_t *children, size_t count) {
    schedule s0 = load_key(key0), s1 = load_key(key1);
    size_t i = 0;
    for (; i + 2 * WIDE <= count; i += 2 * WIDE) double_some(&s0, &s1, parents + 16 * i, children + 32 * i, WIDE / 2, 4);
    for (; i < count; i += 4) double_some(&s0, &s1, parents + 16 * i, children + 32 * i, 1, count - i);
}

static void expand_key(yinhe_aes128_key *schedule, const uint8_t *key) { yinhe_aes128_aesni.expand_key(schedule, key); }
#pragma clang attribute pop

const yinhe_aes128_kernels yinhe_aes128_vaes = {
    "VAES-512", expand_key, encrypt, hash, hash_twice, counter, double_blocks,
};
#endif
