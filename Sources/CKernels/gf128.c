// The portable implementation, and the choice among all.
//
// Carry-less products come from ordinary ones: with only every fourth bit of both factors kept, a column of an ordinary product
// of 64-bit words sums at most 16 ones. Its carries reach past the next three positions only when the sum is 16, and then
// into the one kept position above, which cannot happen below bit 60 (the low half is all that is used). No tables, no branches.
// The technique is the one of T. Pornin's BearSSL ("ghash_ctmul64").
#include "gf128.h"

static inline uint64_t low_product(uint64_t x, uint64_t y) {
    const uint64_t m0 = 0x1111111111111111, m1 = m0 << 1, m2 = m0 << 2, m3 = m0 << 3;
    uint64_t x0 = x & m0, x1 = x & m1, x2 = x & m2, x3 = x & m3;
    uint64_t y0 = y & m0, y1 = y & m1, y2 = y & m2, y3 = y & m3;
    uint64_t z0 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1);
    uint64_t z1 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2);
    uint64_t z2 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3);
    uint64_t z3 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0);
    return (z0 & m0) | (z1 & m1) | (z2 & m2) | (z3 & m3);
}

static inline uint64_t reverse(uint64_t x) {
    x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
    x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(x);
}

typedef struct {
    uint64_t low, high;
} wide;

static inline wide product(uint64_t a, uint64_t b) {
    return (wide){low_product(a, b), reverse(low_product(reverse(a), reverse(b))) >> 1};
}

// y^64 = y^4 + y^3 + y + 1. What the first folding pushes past bit 63 has at most four bits.
static inline uint64_t reduce(wide p) {
    uint64_t h = p.high;
    uint64_t over = h >> 60 ^ h >> 61 ^ h >> 63;
    h ^= over;
    return p.low ^ h ^ h << 1 ^ h << 3 ^ h << 4;
}

static uint64_t multiply64(uint64_t a, uint64_t b) { return reduce(product(a, b)); }

static inline uint64_t times_g(uint64_t a) { return reduce((wide){a << 61, a >> 3}); }

// The sums of a0 b0, a1 b1 and (a0 + a1)(b0 + b1); z^2 = z + g, so c1 = all + low and c0 = low + g high.
typedef struct {
    wide low, high, all;
} wide128;

static inline void accumulate(wide *sum, uint64_t a, uint64_t b) {
    wide p = product(a, b);
    sum->low ^= p.low;
    sum->high ^= p.high;
}

static inline yinhe_gf128 reduce128(const wide128 *p) {
    uint64_t low = reduce(p->low);
    return (yinhe_gf128){low ^ times_g(reduce(p->high)), low ^ reduce(p->all)};
}

static inline void accumulate128(wide128 *sum, yinhe_gf128 a, yinhe_gf128 b) {
    accumulate(&sum->low, a.c0, b.c0);
    accumulate(&sum->high, a.c1, b.c1);
    accumulate(&sum->all, a.c0 ^ a.c1, b.c0 ^ b.c1);
}

static yinhe_gf128 multiply128(yinhe_gf128 a, yinhe_gf128 b) {
    wide128 p = {0};
    accumulate128(&p, a, b);
    return reduce128(&p);
}

static void add_products64(yinhe_gf128 *into, const uint64_t *values, yinhe_gf128 delta, size_t count) {
    for (size_t i = 0; i < count; i++) {
        into[i].c0 ^= multiply64(values[i], delta.c0);
        into[i].c1 ^= multiply64(values[i], delta.c1);
    }
}

static void add_products128(yinhe_gf128 *into, const yinhe_gf128 *values, yinhe_gf128 delta, size_t count) {
    for (size_t i = 0; i < count; i++) {
        yinhe_gf128 p = multiply128(values[i], delta);
        into[i].c0 ^= p.c0;
        into[i].c1 ^= p.c1;
    }
}

static yinhe_gf128 inner_product64(const uint64_t *a, const yinhe_gf128 *b, size_t count) {
    wide low = {0}, high = {0};
    for (size_t i = 0; i < count; i++) {
        accumulate(&low, a[i], b[i].c0);
        accumulate(&high, a[i], b[i].c1);
    }
    return (yinhe_gf128){reduce(low), reduce(high)};
}

static yinhe_gf128 inner_product128(const yinhe_gf128 *a, const yinhe_gf128 *b, size_t count) {
    wide128 p = {0};
    for (size_t i = 0; i < count; i++) accumulate128(&p, a[i], b[i]);
    return reduce128(&p);
}

static void polynomial(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
    for (size_t i = 0; i < 2 * n; i++) out[i] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            wide p = product(a[i], b[j]);
            out[i + j] ^= p.low;
            out[i + j + 1] ^= p.high;
        }
}

static const yinhe_gf128_kernels portable = {
    "portable",     multiply64,      multiply128,      add_products64,
    add_products128, inner_product64, inner_product128, polynomial,
};

#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_gf128_kernels yinhe_gf128_pclmul, yinhe_gf128_vpclmul;

static int has_pclmul(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

static int has_vpclmul(void) {
    return has_pclmul() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vpclmulqdq");
}
#endif

const yinhe_gf128_kernels *yinhe_gf128_available(size_t index) {
    if (index == 0) return &portable;
#if defined(__x86_64__) && defined(__clang__)
    if (index == 1 && has_pclmul()) return &yinhe_gf128_pclmul;
    if (index == 2 && has_vpclmul()) return &yinhe_gf128_vpclmul;
#endif
    return NULL;
}
