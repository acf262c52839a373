// Sixteen blocks at a time, two to a register, on processors that have VAES but no AVX-512. Round keys are read from memory in
// the rounds: sixteen registers do not hold them beside the blocks.
#if defined(__x86_64__) && defined(__clang__)
#include "aes.h"

extern const yinhe_aes128_kernels yinhe_aes128_aesni;
extern const yinhe_aes128_kernels yinhe_aes128_vaes256;

#pragma clang attribute push(__attribute__((target("aes,avx2,vaes"))), apply_to = function)
#include <immintrin.h>

#define WIDE 8   // registers in flight in the main loop
#define INLINE static inline __attribute__((always_inline))

INLINE __m256i round_key(const yinhe_aes128_key *key, int r) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(key->bytes + 16 * r)));
}

INLINE void cipher(const yinhe_aes128_key *key, __m256i *b, int n) {
    __m256i k = round_key(key, 0);
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++) b[i] = _mm256_xor_si256(b[i], k);
#pragma clang loop unroll(full)
    for (int r = 1; r < 10; r++) {
        k = round_key(key, r);
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) b[i] = _mm256_aesenc_epi128(b[i], k);
    }
    k = round_key(key, 10);
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++) b[i] = _mm256_aesenclast_epi128(b[i], k);
}

INLINE __m256i sigma(__m256i x) {
    return _mm256_xor_si256(_mm256_shuffle_epi32(x, 0x4e), _mm256_blend_epi32(_mm256_setzero_si256(), x, 0x33));
}

// Blocks (low, high) and (low + 1, high).
INLINE __m256i ascending(uint64_t low, uint64_t high) {
    return _mm256_set_epi64x((long long)high, (long long)(low + 1), (long long)high, (long long)low);
}

INLINE __m256i load(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE void store(uint8_t *p, __m256i x) { _mm256_storeu_si256((__m256i *)p, x); }

// A last single block is in the lower half of a register.
INLINE __m256i load_one(const uint8_t *p) { return _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)p)); }
INLINE void store_one(uint8_t *p, __m256i x) { _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(x)); }

// Runs `step` with WIDE full registers, then with one, then with half of one.
#define IN_STEPS(blocks, step)                                \
    size_t i = 0;                                             \
    for (; i + 2 * WIDE <= (blocks); i += 2 * WIDE) {         \
        step(WIDE, 0);                                        \
    }                                                         \
    for (; i + 2 <= (blocks); i += 2) {                       \
        step(1, 0);                                           \
    }                                                         \
    if (i < (blocks)) {                                       \
        step(1, 1);                                           \
    }

INLINE void encrypt_some(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, int n, int half) {
    __m256i b[WIDE];
    for (int j = 0; j < n; j++) b[j] = half ? load_one(in) : load(in + 32 * j);
    cipher(key, b, n);
    for (int j = 0; j < n; j++) half ? store_one(out, b[j]) : store(out + 32 * j, b[j]);
}

INLINE void hash_some(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, uint64_t tweak, int twice, int n, int half) {
    __m256i b[WIDE], x[WIDE];
    for (int j = 0; j < n; j++) x[j] = half ? load_one(in) : load(in + 32 * j);
    if (twice) {
        cipher(key, x, n);
    } else {
        for (int j = 0; j < n; j++) x[j] = sigma(x[j]);
    }
    for (int j = 0; j < n; j++) b[j] = _mm256_xor_si256(x[j], ascending(tweak + 2 * (uint64_t)j, 0));
    cipher(key, b, n);
    for (int j = 0; j < n; j++) {
        __m256i y = _mm256_xor_si256(b[j], x[j]);
        half ? store_one(out, y) : store(out + 32 * j, y);
    }
}

INLINE void counter_some(const yinhe_aes128_key *key, uint8_t *out, uint64_t low, uint64_t high, int n, int half) {
    __m256i b[WIDE];
    for (int j = 0; j < n; j++) b[j] = ascending(low + 2 * (uint64_t)j, high);
    cipher(key, b, n);
    for (int j = 0; j < n; j++) half ? store_one(out, b[j]) : store(out + 32 * j, b[j]);
}

INLINE void double_some(
    const yinhe_aes128_key *key0, const yinhe_aes128_key *key1, const uint8_t *in, uint8_t *out, int n, int half) {
    __m256i x[WIDE], a[WIDE], b[WIDE];
    for (int j = 0; j < n; j++) a[j] = b[j] = x[j] = half ? load_one(in) : load(in + 32 * j);
    cipher(key0, a, n);
    cipher(key1, b, n);
    for (int j = 0; j < n; j++) {
        a[j] = _mm256_xor_si256(a[j], x[j]);
        b[j] = _mm256_xor_si256(b[j], x[j]);
        store(out + 64 * j, _mm256_permute2x128_si256(a[j], b[j], 0x20));
        if (!half) store(out + 64 * j + 32, _mm256_permute2x128_si256(a[j], b[j], 0x31));
    }
}

static void encrypt(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks) {
#define STEP(n, half) encrypt_some(key, in + 16 * i, out + 16 * i, n, half)
    IN_STEPS(blocks, STEP)
#undef STEP
}

INLINE void hash_all(
    const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak, int twice) {
#define STEP(n, half) hash_some(key, in + 16 * i, out + 16 * i, tweak + i, twice, n, half)
    IN_STEPS(blocks, STEP)
#undef STEP
}

static void hash(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak) {
    hash_all(key, in, out, blocks, tweak, 0);
}

static void hash_twice(const yinhe_aes128_key *key, const uint8_t *in, uint8_t *out, size_t blocks, uint64_t tweak) {
    hash_all(key, in, out, blocks, tweak, 1);
}

static void counter(const yinhe_aes128_key *key, uint8_t *out, size_t blocks, uint64_t low, uint64_t high) {
#define STEP(n, half) counter_some(key, out + 16 * i, low + i, high, n, half)
    IN_STEPS(blocks, STEP)
#undef STEP
}

// Half as many parents in flight: each becomes two blocks.
static void double_blocks(
    const yinhe_aes128_key *key0, const yinhe_aes128_key *key1, const uint8_t *parents, uint8_t *children, size_t count) {
    size_t i = 0;
    for (; i + WIDE <= count; i += WIDE) double_some(key0, key1, parents + 16 * i, children + 32 * i, WIDE / 2, 0);
    for (; i + 2 <= count; i += 2) double_some(key0, key1, parents + 16 * i, children + 32 * i, 1, 0);
    if (i < count) double_some(key0, key1, parents + 16 * i, children + 32 * i, 1, 1);
}

static void expand_key(yinhe_aes128_key *schedule, const uint8_t *key) { yinhe_aes128_aesni.expand_key(schedule, key); }
#pragma clang attribute pop

const yinhe_aes128_kernels yinhe_aes128_vaes256 = {
    "VAES-256", expand_key, encrypt, hash, hash_twice, counter, double_blocks,
};
#endif
