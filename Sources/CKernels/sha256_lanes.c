#include "include/sha256_lanes.h"

#if defined(__x86_64__) && defined(__clang__)

#include <cpuid.h>
#include <stdatomic.h>
#include <immintrin.h>
#include <string.h>

// Four lanes in flight hide the latency of the SHA instructions.
enum { LANES = 4 };

static const uint32_t K[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))

// `lanes` blocks of 64 bytes, padding included, to digests of 32 bytes.
TARGET static inline __attribute__((always_inline)) void compress(uint8_t *out, const uint8_t *blocks, int lanes) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
    // The instructions keep the state as (a, b, e, f) and (c, d, g, h), the first named in the highest word.
    const __m128i abef0 = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
    const __m128i cdgh0 = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
    __m128i abef[LANES], cdgh[LANES], w[LANES][4];
    for (int l = 0; l < lanes; l++) {
        abef[l] = abef0;
        cdgh[l] = cdgh0;
        for (int j = 0; j < 4; j++)
            w[l][j] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 64 * l + 16 * j)), swap);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < 16; r++) {
        const __m128i k = _mm_load_si128((const __m128i *)(K + 4 * r));
        for (int l = 0; l < lanes; l++) {
            if (r >= 4) {
                const __m128i w0 = w[l][r & 3], w1 = w[l][(r + 1) & 3], w2 = w[l][(r + 2) & 3], w3 = w[l][(r + 3) & 3];
                const __m128i t = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
                w[l][r & 3] = _mm_sha256msg2_epu32(t, w3);
            }
            const __m128i m = _mm_add_epi32(w[l][r & 3], k);
            cdgh[l] = _mm_sha256rnds2_epu32(cdgh[l], abef[l], m);
            abef[l] = _mm_sha256rnds2_epu32(abef[l], cdgh[l], _mm_shuffle_epi32(m, 0x0e));
        }
    }
    for (int l = 0; l < lanes; l++) {
        const __m128i x = _mm_add_epi32(abef[l], abef0), y = _mm_add_epi32(cdgh[l], cdgh0);
        const __m128i hi = _mm_shuffle_epi32(_mm_unpackhi_epi64(y, x), 0xb1);   // b a d c
        const __m128i lo = _mm_shuffle_epi32(_mm_unpacklo_epi64(y, x), 0xb1);   // f e h g
        const __m128i abcd = _mm_shuffle_epi32(hi, 0x4e), efgh = _mm_shuffle_epi32(lo, 0x4e);
        _mm_storeu_si128((__m128i *)(out + 32 * l), _mm_shuffle_epi8(abcd, swap));
        _mm_storeu_si128((__m128i *)(out + 32 * l + 16), _mm_shuffle_epi8(efgh, swap));
    }
}

TARGET static void hash(uint8_t *out, const uint8_t *in, size_t length, size_t stride, size_t count) {
    uint8_t blocks[64 * LANES] __attribute__((aligned(64)));
    memset(blocks, 0, sizeof blocks);
    for (int l = 0; l < LANES; l++) {
        blocks[64 * l + length] = 0x80;
        blocks[64 * l + 62] = (uint8_t)(length >> 5);
        blocks[64 * l + 63] = (uint8_t)(length << 3);
    }
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int l = 0; l < LANES; l++) memcpy(blocks + 64 * l, in + stride * (i + (size_t)l), length);
        compress(out + 32 * i, blocks, LANES);
    }
    for (; i < count; i++) {
        memcpy(blocks, in + stride * i, length);
        compress(out + 32 * i, blocks, 1);
    }
    volatile uint8_t *wiped = blocks;
    for (size_t j = 0; j < sizeof blocks; j++) wiped[j] = 0;
}

// Asked once: under a hypervisor cpuid takes tens of microseconds. 0: not yet known; 1: no; 2: yes.
static int supported(void) {
    static _Atomic int known;
    int state = atomic_load_explicit(&known, memory_order_relaxed);
    if (state == 0) {
        unsigned a, b, c, d;
        __builtin_cpu_init();
        state = 1 + (__builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3")
                     && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1));
        atomic_store_explicit(&known, state, memory_order_relaxed);
    }
    return state == 2;
}

static const yinhe_sha256_lanes_kernels sha_extensions = {"sha-ni", hash};

const yinhe_sha256_lanes_kernels *yinhe_sha256_lanes_available(size_t index) {
    return index == 0 && supported() ? &sha_extensions : NULL;
}

#else

const yinhe_sha256_lanes_kernels *yinhe_sha256_lanes_available(size_t index) {
    (void)index;
    return NULL;
}

#endif
