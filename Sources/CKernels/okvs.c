#include <stdlib.h>
#include <string.h>

#include "include/gf128.h"
#include "okvs_common.h"

// The fastest field arithmetic, for the solver; the portable one, for the portable kernels.
static const yinhe_gf128_kernels *best_field(void) {
    const yinhe_gf128_kernels *best = yinhe_gf128_available(0), *next;
    for (size_t i = 1; (next = yinhe_gf128_available(i)); i++) best = next;
    return best;
}

// a^(2^64 - 2).
static uint64_t invert(const yinhe_gf128_kernels *field, uint64_t a) {
    uint64_t result = 1;
    for (int i = 1; i < 64; i++) {
        a = field->multiply64(a, a);
        result = field->multiply64(result, a);
    }
    return result;
}

static void add_powers(const yinhe_gf128_kernels *field, uint64_t *coefficients, uint64_t base, uint32_t dense) {
    uint64_t power = base;
    for (uint32_t j = 0; j < dense; j++) {
        coefficients[j] ^= power;
        power = field->multiply64(power, base);
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
    const yinhe_gf128_kernels *field = yinhe_gf128_available(0);
    for (size_t i = 0; i < count; i++) {
        const uint64_t *d = vector + places[4 * i + 3];
        uint64_t sum = 0;
        for (size_t j = dense; j-- > 0;) sum = field->multiply64(sum ^ d[j], hashed[i]);
        values[i] ^= sum;
    }
}

static void add_dense128(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector, size_t dense,
    size_t count) {
    const yinhe_gf128_kernels *field = yinhe_gf128_available(0);
    for (size_t i = 0; i < count; i++) {
        const uint64_t *d = vector + 2 * (size_t)places[4 * i + 3];
        uint64_t low = 0, high = 0;
        for (size_t j = dense; j-- > 0;) {
            low = field->multiply64(low ^ d[2 * j], hashed[i]);
            high = field->multiply64(high ^ d[2 * j + 1], hashed[i]);
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
