#include <stdlib.h>
#include <string.h>

#include "okvs_common.h"

// Carry-less 32 x 32 bits with integer products: operands with every fourth bit only, at most eight terms meet in one place,
// so sums stay inside the three empty bits (the idea of T. Pornin's constant-time GHASH in BearSSL).
static inline uint64_t carryless32(uint32_t a, uint32_t b) {
    const uint32_t m = 0x11111111;
    uint64_t a0 = a & m, a1 = a & m << 1, a2 = a & m << 2, a3 = a & m << 3;
    uint64_t b0 = b & m, b1 = b & m << 1, b2 = b & m << 2, b3 = b & m << 3;
    const uint64_t w = 0x1111111111111111;
    return ((a0 * b0 ^ a1 * b3 ^ a2 * b2 ^ a3 * b1) & w) | ((a0 * b1 ^ a1 * b0 ^ a2 * b3 ^ a3 * b2) & w << 1)
        | ((a0 * b2 ^ a1 * b1 ^ a2 * b0 ^ a3 * b3) & w << 2) | ((a0 * b3 ^ a1 * b2 ^ a2 * b1 ^ a3 * b0) & w << 3);
}

static inline uint64_t multiply(uint64_t a, uint64_t b) {
    uint64_t low = carryless32((uint32_t)a, (uint32_t)b), high = carryless32((uint32_t)(a >> 32), (uint32_t)(b >> 32));
    uint64_t middle = carryless32((uint32_t)(a ^ a >> 32), (uint32_t)(b ^ b >> 32)) ^ low ^ high;
    low ^= middle << 32;
    high ^= middle >> 32;
    // y^64 = y^4 + y^3 + y + 1: fold the high word, then the four bits that it pushes over.
    uint64_t over = high >> 63 ^ high >> 61 ^ high >> 60;
    high ^= over;
    return low ^ high ^ high << 1 ^ high << 3 ^ high << 4;
}

uint64_t yinhe_okvs_multiply(uint64_t a, uint64_t b) { return multiply(a, b); }

// a^(2^64 - 2).
static uint64_t invert(uint64_t a) {
    uint64_t result = 1;
    for (int i = 1; i < 64; i++) {
        a = multiply(a, a);
        result = multiply(result, a);
    }
    return result;
}

static inline void add_powers(uint64_t *coefficients, uint64_t base, uint32_t dense) {
    uint64_t power = base;
    for (uint32_t j = 0; j < dense; j++) {
        coefficients[j] ^= power;
        power = multiply(power, base);
    }
}

#define VALUE uint64_t
#define LIMBS 1
#define NAME(x) x##64
#include "okvs_values.h"
#undef VALUE
#undef LIMBS
#undef NAME
#define VALUE okvs_pair
#define LIMBS 2
#define NAME(x) x##128
#include "okvs_values.h"

void yinhe_okvs_count(const uint64_t *rows, size_t count, uint32_t *counts) {
    for (size_t i = 0; i < count; i++) counts[rows[i] >> 48]++;
}

static inline uint32_t draw(uint64_t word, uint32_t bound) { return (uint32_t)((unsigned __int128)word * bound >> 64); }

typedef struct {
    uint32_t cluster, p[3];
} row_draws;

static inline row_draws draws(const uint64_t *first, const uint64_t *second, yinhe_okvs_shape shape) {
    row_draws row;
    row.cluster = draw(first[0], shape.clusters);
    uint32_t a = draw(first[0] * shape.clusters, shape.sparse), b = draw(first[1], shape.sparse - 1);
    uint32_t c = draw(second[0], shape.sparse - 2);
    b += b >= a;
    uint32_t least = a < b ? a : b, greatest = a < b ? b : a;
    c += c >= least;
    c += c >= greatest;
    row.p[0] = a;
    row.p[1] = b;
    row.p[2] = c;
    return row;
}

static void narrow_rows(uint64_t *rows, const uint64_t *first, const uint64_t *second, size_t count, yinhe_okvs_shape shape) {
    for (size_t i = 0; i < count; i++) {
        row_draws r = draws(first + 2 * i, second + 2 * i, shape);
        if (shape.sparse == 0) r.p[0] = r.p[1] = r.p[2] = 0;
        rows[i] = r.p[0] | (uint64_t)r.p[1] << 16 | (uint64_t)r.p[2] << 32 | (uint64_t)r.cluster << 48;
    }
}

static void places(uint32_t *places, uint64_t *hashed, const uint64_t *first, const uint64_t *second, size_t count,
    yinhe_okvs_shape shape) {
    for (size_t i = 0; i < count; i++) {
        row_draws r = draws(first + 2 * i, second + 2 * i, shape);
        uint32_t base = r.cluster * (shape.sparse + shape.dense);
        for (int k = 0; k < 3; k++) places[4 * i + k] = shape.sparse == 0 ? base : base + r.p[k];
        places[4 * i + 3] = base + shape.sparse;
        hashed[i] = second[2 * i + 1];
    }
}

static void add_dense64(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector, size_t dense,
    size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t *d = vector + places[4 * i + 3];
        uint64_t sum = 0;
        for (size_t j = dense; j-- > 0;) sum = multiply(sum ^ d[j], hashed[i]);
        values[i] ^= sum;
    }
}

static void add_dense128(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector, size_t dense,
    size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t *d = vector + 2 * (size_t)places[4 * i + 3];
        uint64_t low = 0, high = 0;
        for (size_t j = dense; j-- > 0;) {
            low = multiply(low ^ d[2 * j], hashed[i]);
            high = multiply(high ^ d[2 * j + 1], hashed[i]);
        }
        values[2 * i] ^= low;
        values[2 * i + 1] ^= high;
    }
}

const yinhe_okvs_kernels yinhe_okvs_portable = {"portable", narrow_rows, places, add_dense64, add_dense128};

#if defined(__x86_64__) && defined(__clang__)
static int has_avx512(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("pclmul");
}
#endif

const yinhe_okvs_kernels *yinhe_okvs_available(size_t index) {
    if (index == 0) return &yinhe_okvs_portable;
#if defined(__x86_64__) && defined(__clang__)
    __builtin_cpu_init();
    if (index == 1 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) return &yinhe_okvs_pclmul;
    if (index == 2 && has_avx512()) return &yinhe_okvs_avx512;
#endif
    return NULL;
}
