#ifndef YINHE_CURVE25519_COMMON_H
#define YINHE_CURVE25519_COMMON_H

#include <string.h>
#include "curve25519.h"

#define LIMB51 0x7ffffffffffffULL

// Constants of RFC 9496, section 4.1, in limbs of 51 bits: d = -121665/121666, 2 d, sqrt(-1), sqrt(a d - 1), 1/sqrt(a - d),
// 1 - d^2 and (d - 1)^2, where a = -1.
static const uint64_t LIMBS_ONE[5] = {1, 0, 0, 0, 0};
static const uint64_t LIMBS_D[5] = {
    0x34dca135978a3ULL, 0x1a8283b156ebdULL, 0x5e7a26001c029ULL, 0x739c663a03cbbULL, 0x52036cee2b6ffULL,
};
static const uint64_t LIMBS_2D[5] = {
    0x69b9426b2f159ULL, 0x35050762add7aULL, 0x3cf44c0038052ULL, 0x6738cc7407977ULL, 0x2406d9dc56dffULL,
};
static const uint64_t LIMBS_SQRT_M1[5] = {
    0x61b274a0ea0b0ULL, 0x0d5a5fc8f189dULL, 0x7ef5e9cbd0c60ULL, 0x78595a6804c9eULL, 0x2b8324804fc1dULL,
};
static const uint64_t LIMBS_SQRT_AD_MINUS_ONE[5] = {
    0x7f6a0497b2e1bULL, 0x1836f0a97afd2ULL, 0x7d747f6be7638ULL, 0x456079e7e6498ULL, 0x376931bf2b834ULL,
};
static const uint64_t LIMBS_INVSQRT_A_MINUS_D[5] = {
    0x0fdaa805d40eaULL, 0x2eb482e57d339ULL, 0x007610274bc58ULL, 0x6510b613dc8ffULL, 0x786c8905cfaffULL,
};
static const uint64_t LIMBS_ONE_MINUS_D_SQUARED[5] = {
    0x409c1945fc176ULL, 0x719abc6a1fc4fULL, 0x1c37f90b20684ULL, 0x06bccca55eedfULL, 0x029072a8b2b3eULL,
};
static const uint64_t LIMBS_D_MINUS_ONE_SQUARED[5] = {
    0x55aaa44ed4d20ULL, 0x59603c3332635ULL, 0x26d3baf4a7928ULL, 0x120a66e6997a9ULL, 0x5968b37af66c2ULL,
};

static inline uint64_t yinhe_25519_load(const uint8_t *p) {
    uint64_t x = 0;
    for (int i = 0; i < 8; i++) x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static inline void yinhe_25519_store(uint8_t *p, uint64_t x) {
    for (int i = 0; i < 8; i++) p[i] = (uint8_t)(x >> (8 * i));
}

// 255 bits as limbs; the top bit of the 32 bytes is dropped.
static inline void yinhe_25519_limbs(uint64_t limb[5], const uint8_t *p) {
    uint64_t w[4];
    for (int i = 0; i < 4; i++) w[i] = yinhe_25519_load(p + 8 * i);
    limb[0] = w[0] & LIMB51;
    limb[1] = (w[0] >> 51 | w[1] << 13) & LIMB51;
    limb[2] = (w[1] >> 38 | w[2] << 26) & LIMB51;
    limb[3] = (w[2] >> 25 | w[3] << 39) & LIMB51;
    limb[4] = w[3] >> 12 & LIMB51;
}

// 32 bytes of limbs below 2^51.
static inline void yinhe_25519_bytes(uint8_t *p, const uint64_t limb[5]) {
    yinhe_25519_store(p, limb[0] | limb[1] << 51);
    yinhe_25519_store(p + 8, limb[1] >> 13 | limb[2] << 38);
    yinhe_25519_store(p + 16, limb[2] >> 26 | limb[3] << 25);
    yinhe_25519_store(p + 24, limb[3] >> 39 | limb[4] << 12);
}

// Whether 32 public bytes are a field element below p that is not negative, that is, even. Variable time.
static inline int yinhe_25519_is_canonical(const uint8_t *p) {
    if (p[0] & 1 || p[31] > 0x7f) return 0;
    if (p[31] < 0x7f || p[0] < 0xed) return 1;
    for (int i = 1; i < 31; i++) {
        if (p[i] != 0xff) return 1;
    }
    return 0;
}

// Zeroes memory in a way that the compiler may not remove.
static inline void yinhe_25519_wipe(void *p, size_t n) {
    memset(p, 0, n);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

// Hides a value's range from the optimiser, which might otherwise turn a mask into a branch.
static inline uint64_t yinhe_25519_hide(uint64_t x) {
    __asm__("" : "+r"(x));
    return x;
}

extern const yinhe_ristretto_kernels yinhe_ristretto_portable;
#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_ristretto_kernels yinhe_ristretto_ifma;
#endif

#endif
