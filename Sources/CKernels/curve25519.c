#include "curve25519_common.h"

#if defined(__x86_64__) && defined(__clang__)
// Checks the instruction set and, as XCR0 tells, that the operating system saves the AVX-512 registers.
static int has_ifma(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512ifma");
}
#endif

const yinhe_ristretto_kernels *yinhe_curve25519_available(size_t index) {
    if (index == 0) return &yinhe_ristretto_portable;
#if defined(__x86_64__) && defined(__clang__)
    if (index == 1 && has_ifma()) return &yinhe_ristretto_ifma;
#endif
    return NULL;
}

typedef unsigned __int128 u128;

// l = 2^252 + c.
static const uint64_t C[2] = {0x5812631a5cf5d3edULL, 0x14def9dea2f79cd6ULL};
static const uint64_t L[5] = {0x5812631a5cf5d3edULL, 0x14def9dea2f79cd6ULL, 0, 0x1000000000000000ULL, 0};

// r[0 ..< n + 2] = c a
static void multiply_c(uint64_t *r, const uint64_t *a, int n) {
    memset(r, 0, (size_t)(n + 2) * 8);
    for (int i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (int k = 0; k < 2; k++) {
            const u128 t = (u128)a[i] * C[k] + r[i + k] + carry;
            r[i + k] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        r[i + 2] = carry;
    }
}

// high[0 ..< n - 3] = a >> 252 and low = a mod 2^252, for n words.
static void split(uint64_t low[5], uint64_t *high, const uint64_t *a, int n) {
    for (int i = 0; i < n - 3; i++) high[i] = a[i + 3] >> 60 | (i + 4 < n ? a[i + 4] << 4 : 0);
    for (int i = 0; i < 3; i++) low[i] = a[i];
    low[3] = a[3] & 0x0fffffffffffffffULL;
    low[4] = 0;
}

static uint64_t add5(uint64_t r[5], const uint64_t a[5]) {
    u128 t = 0;
    for (int i = 0; i < 5; i++) {
        t += (u128)r[i] + a[i];
        r[i] = (uint64_t)t;
        t >>= 64;
    }
    return (uint64_t)t;
}

static uint64_t subtract5(uint64_t r[5], const uint64_t a[5]) {
    uint64_t borrow = 0;
    for (int i = 0; i < 5; i++) {
        const u128 t = (u128)r[i] - a[i] - borrow;
        r[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    return borrow;
}

// With 2^252 = -c mod l, three times over: a = a0 - c a1, c a1 = y0 + 2^252 y1, c y1 = z0 + 2^252 z1, so
// a = a0 - y0 + z0 - c z1, where a1 < 2^260, y1 < 2^133 and z1 < 2^6.
void yinhe_ristretto_reduce_scalar(uint8_t *out, const uint8_t *wide) {
    struct {
        uint64_t a[8], a0[5], a1[5], y[7], y0[5], y1[4], z[6], z0[5], z1[3], w[5], d[5];
    } s;
    for (int i = 0; i < 8; i++) s.a[i] = yinhe_25519_load(wide + 8 * i);
    split(s.a0, s.a1, s.a, 8);
    multiply_c(s.y, s.a1, 5);
    split(s.y0, s.y1, s.y, 7);
    multiply_c(s.z, s.y1, 4);
    split(s.z0, s.z1, s.z, 6);
    memset(s.w, 0, sizeof s.w);
    multiply_c(s.w, s.z1, 1);
    // Between -2^252 - 2^131 and 2^253; with 2 l added, between 0 and 4 l.
    add5(s.a0, L);
    add5(s.a0, L);
    add5(s.a0, s.z0);
    subtract5(s.a0, s.y0);
    subtract5(s.a0, s.w);
    for (int k = 0; k < 3; k++) {
        memcpy(s.d, s.a0, sizeof s.d);
        const uint64_t keep = 0 - yinhe_25519_hide(subtract5(s.d, L));
        for (int i = 0; i < 5; i++) s.a0[i] = s.d[i] ^ (keep & (s.d[i] ^ s.a0[i]));
    }
    for (int i = 0; i < 4; i++) yinhe_25519_store(out + 8 * i, s.a0[i]);
    yinhe_25519_wipe(&s, sizeof s);
}
