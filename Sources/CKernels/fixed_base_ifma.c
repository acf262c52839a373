#include "fixed_base_ifma.h"

#include "montgomery.h"

#define MASK52 ((1ull << 52) - 1)

void ifma_split(uint64_t *out, size_t limbs52, const uint64_t *in, size_t limbs) {
    for (size_t k = 0; k < limbs52; k++) {
        size_t bit = 52 * k, word = bit / 64, shift = bit % 64;
        uint64_t low = word < limbs ? in[word] >> shift : 0;
        uint64_t high = shift > 12 && word + 1 < limbs ? in[word + 1] << (64 - shift) : 0;
        out[k] = (low | high) & MASK52;
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define IFMA __attribute__((target("avx512f,avx512ifma")))

int ifma_available(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma"); }

/// r = a b / R mod n in each lane, R = 2^(52 limbs). Inputs below 2n give a result below 2n because R > 4n
/// (Walter, "Montgomery exponentiation needs no final subtractions", 1999). Limbs are normalised to 52 bits. r may be a or b.
/// A 64-bit cell collects at most 4 products of 52 bits in each of `limbs` rows: 237 * 4 * 2^52 < 2^62.
IFMA static void multiply(__m512i *r, const __m512i *a, const __m512i *b, const uint64_t *n, uint64_t k0, size_t limbs) {
    __m512i t[IFMA_MAX_LIMBS];
    const __m512i zero = _mm512_setzero_si512(), k = _mm512_set1_epi64((long long)k0);
    const __m512i mask = _mm512_set1_epi64((long long)MASK52);
    for (size_t j = 0; j < limbs; j++) t[j] = zero;
    for (size_t i = 0; i < limbs; i++) {
        const __m512i bi = b[i];
        __m512i a0 = a[0], n0 = _mm512_set1_epi64((long long)n[0]);
        __m512i low = _mm512_madd52lo_epu64(t[0], a0, bi);
        const __m512i m = _mm512_madd52lo_epu64(zero, low, k);
        low = _mm512_madd52lo_epu64(low, n0, m);  // a multiple of 2^52
        __m512i carry = _mm512_srli_epi64(low, 52);
#pragma clang loop unroll_count(4)
        for (size_t j = 1; j < limbs; j++) {
            const __m512i a1 = a[j], n1 = _mm512_set1_epi64((long long)n[j]);
            __m512i s = _mm512_add_epi64(t[j], carry), u = _mm512_madd52hi_epu64(zero, a0, bi);
            s = _mm512_madd52lo_epu64(s, a1, bi);
            u = _mm512_madd52hi_epu64(u, n0, m);
            s = _mm512_madd52lo_epu64(s, n1, m);
            t[j - 1] = _mm512_add_epi64(s, u);
            carry = zero;
            a0 = a1;
            n0 = n1;
        }
        t[limbs - 1] = _mm512_madd52hi_epu64(_mm512_madd52hi_epu64(carry, a0, bi), n0, m);
    }
    __m512i carry = zero;
    for (size_t j = 0; j < limbs; j++) {
        __m512i s = _mm512_add_epi64(t[j], carry);
        carry = _mm512_srli_epi64(s, 52);
        r[j] = _mm512_and_si512(s, mask);
    }
    wipe(t, limbs * sizeof(__m512i));
}

/// out[k] in lane l = entries[digit of l][k]: every entry is read, one is kept.
IFMA static void choose(__m512i *out, const uint64_t *entries, unsigned window, size_t limbs, __m512i digit) {
    enum { BLOCK = 20 };  // as many results as fit in registers
    for (size_t from = 0; from < limbs; from += BLOCK) {
        size_t count = limbs - from < BLOCK ? limbs - from : BLOCK;
        __m512i chosen[BLOCK];
        if (count == BLOCK) {
            for (size_t j = 0; j < BLOCK; j++) chosen[j] = _mm512_setzero_si512();
            for (size_t e = 0; e < (size_t)1 << window; e++) {
                const __mmask8 hit = _mm512_cmpeq_epi64_mask(digit, _mm512_set1_epi64((long long)e));
                const uint64_t *entry = entries + e * limbs + from;
#pragma clang loop unroll(full)
                for (size_t j = 0; j < BLOCK; j++) chosen[j] = _mm512_mask_set1_epi64(chosen[j], hit, (long long)entry[j]);
            }
        } else {
            for (size_t j = 0; j < count; j++) chosen[j] = _mm512_setzero_si512();
            for (size_t e = 0; e < (size_t)1 << window; e++) {
                const __mmask8 hit = _mm512_cmpeq_epi64_mask(digit, _mm512_set1_epi64((long long)e));
                const uint64_t *entry = entries + e * limbs + from;
                for (size_t j = 0; j < count; j++) chosen[j] = _mm512_mask_set1_epi64(chosen[j], hit, (long long)entry[j]);
            }
        }
        for (size_t j = 0; j < count; j++) out[from + j] = chosen[j];
    }
}

IFMA void ifma_fixed_base_power(
    const uint64_t *table, size_t windows, unsigned window, size_t limbs52, const uint64_t *n52, uint64_t k0,
    const uint64_t *digits, uint64_t *out, size_t limbs) {
    __m512i power[IFMA_MAX_LIMBS], factor[IFMA_MAX_LIMBS];
    const size_t subtable = limbs52 << window;
    choose(power, table, window, limbs52, _mm512_loadu_si512(digits));
    for (size_t w = 1; w < windows; w++) {
        choose(factor, table + w * subtable, window, limbs52, _mm512_loadu_si512(digits + w * IFMA_LANES));
        multiply(power, power, factor, n52, k0, limbs52);
    }
    // Out of Montgomery form: times 1.
    for (size_t k = 0; k < limbs52; k++) factor[k] = _mm512_setzero_si512();
    factor[0] = _mm512_set1_epi64(1);
    multiply(power, power, factor, n52, k0, limbs52);
    for (size_t lane = 0; lane < IFMA_LANES; lane++) {
        uint64_t *number = out + lane * limbs;
        for (size_t j = 0; j < limbs; j++) number[j] = 0;
        for (size_t k = 0; k < limbs52; k++) {
            uint64_t limb = ((const uint64_t *)&power[k])[lane];
            size_t bit = 52 * k, word = bit / 64, shift = bit % 64;
            if (word < limbs) number[word] |= limb << shift;
            if (shift > 12 && word + 1 < limbs) number[word + 1] |= limb >> (64 - shift);
        }
    }
    wipe(power, sizeof power);
    wipe(factor, sizeof factor);
}

#else

int ifma_available(void) { return 0; }

void ifma_fixed_base_power(
    const uint64_t *table, size_t windows, unsigned window, size_t limbs52, const uint64_t *n52, uint64_t k0,
    const uint64_t *digits, uint64_t *out, size_t limbs) {
    __builtin_trap();
}

#endif
