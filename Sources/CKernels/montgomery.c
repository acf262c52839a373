#include "montgomery.h"

#include <string.h>

typedef unsigned __int128 u128;

/// t[0 ..< n] += a * b[0 ..< n]; returns the limb carried out.
static inline uint64_t addmul_portable(uint64_t *t, const uint64_t *b, uint64_t a, size_t n) {
    uint64_t carry = 0;
    for (size_t j = 0; j < n; j++) {
        u128 s = (u128)a * b[j] + t[j] + carry;
        t[j] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

#if defined(__x86_64__)
/// The same with two independent carry chains; n is a multiple of 8. The loop control leaves both carry flags alone.
static inline uint64_t addmul_adx(uint64_t *t, const uint64_t *b, uint64_t a, size_t n) {
    uint64_t blocks = n / 8, high = 0, low, other;
#define STEP(at, in, out)                                   \
    "mulxq " at "(%[b]), %[low], %[" out "]\n\t"            \
    "adcxq %[" in "], %[low]\n\t"                           \
    "adoxq " at "(%[t]), %[low]\n\t"                        \
    "movq %[low], " at "(%[t])\n\t"
    __asm__ volatile(
        "xorl %k[low], %k[low]\n\t"
        ".p2align 4\n"
        "1:\n\t"
        STEP("0", "high", "other") STEP("8", "other", "high") STEP("16", "high", "other") STEP("24", "other", "high")
        STEP("32", "high", "other") STEP("40", "other", "high") STEP("48", "high", "other") STEP("56", "other", "high")
        "leaq 64(%[b]), %[b]\n\t"
        "leaq 64(%[t]), %[t]\n\t"
        "leaq -1(%[blocks]), %[blocks]\n\t"
        "jrcxz 2f\n\t"
        "jmp 1b\n"
        "2:\n\t"
        "movl $0, %k[low]\n\t"
        "adcxq %[low], %[high]\n\t"
        "adoxq %[low], %[high]\n\t"
        : [b] "+r"(b), [t] "+r"(t), [blocks] "+c"(blocks), [high] "+r"(high), [low] "=&r"(low), [other] "=&r"(other)
        : "d"(a)
        : "cc", "memory");
#undef STEP
    return high;
}
#endif

void mont_reduce_once(uint64_t *r, uint64_t carry, const uint64_t *n, size_t limbs) {
    uint64_t reduced[MONT_MAX_LIMBS], borrow = 0;
    for (size_t j = 0; j < limbs; j++) {
        u128 d = (u128)r[j] - n[j] - borrow;
        reduced[j] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    uint64_t keep = opaque_mask(0 - (~carry & borrow & 1));  // all ones when r < n; both are 0 or 1
    for (size_t j = 0; j < limbs; j++) r[j] = (r[j] & keep) | (reduced[j] & ~keep);
}

// Row by row (Koc, Acar, Kaliski 1996, CIOS), the accumulator sliding up one limb a row instead of being shifted.
#define MONT_BODY(addmul)                                                             \
    size_t limbs = m->limbs;                                                          \
    uint64_t t[2 * MONT_MAX_LIMBS + 1];                                               \
    memset(t, 0, (2 * limbs + 1) * sizeof(uint64_t));                                 \
    for (size_t i = 0; i < limbs; i++) {                                              \
        uint64_t c1 = addmul(t + i, b, a[i], limbs);                                  \
        uint64_t c2 = addmul(t + i, m->n, t[i] * m->n0, limbs);                       \
        u128 s = (u128)t[i + limbs] + c1 + c2;                                        \
        t[i + limbs] = (uint64_t)s;                                                   \
        t[i + limbs + 1] = (uint64_t)(s >> 64);                                       \
    }                                                                                 \
    mont_reduce_once(t + limbs, t[2 * limbs], m->n, limbs);                           \
    memcpy(r, t + limbs, limbs * sizeof(uint64_t));

static void multiply_portable(uint64_t *r, const uint64_t *a, const uint64_t *b, const mont_modulus *m) {
    MONT_BODY(addmul_portable)
}

#if defined(__x86_64__)
__attribute__((target("bmi2,adx"))) static void multiply_adx(
    uint64_t *r, const uint64_t *a, const uint64_t *b, const mont_modulus *m) {
    MONT_BODY(addmul_adx)
}
#endif

void mont_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b, const mont_modulus *m, int adx) {
#if defined(__x86_64__)
    if (adx) {
        multiply_adx(r, a, b, m);
        return;
    }
#endif
    (void)adx;
    multiply_portable(r, a, b, m);
}

void mont_square(uint64_t *r, const uint64_t *a, const mont_modulus *m, int adx) { mont_multiply(r, a, a, m, adx); }

void mont_multiply_rows(
    uint64_t *r, const uint64_t *a, const uint64_t *b, size_t b_stride, size_t count, const mont_modulus *m, int adx) {
    for (size_t i = 0; i < count; i++) mont_multiply(r + i * m->limbs, a + i * m->limbs, b + i * b_stride, m, adx);
}

void mont_square_rows(uint64_t *r, const uint64_t *a, size_t count, const mont_modulus *m, int adx) {
    for (size_t i = 0; i < count; i++) mont_square(r + i * m->limbs, a + i * m->limbs, m, adx);
}

int mont_adx_available(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx") && __builtin_cpu_supports("avx2");
#else
    return 0;
#endif
}
