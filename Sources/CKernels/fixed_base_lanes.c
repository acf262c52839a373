#include "fixed_base_lanes.h"

#include <stdlib.h>
#include <string.h>

#include "exponent_digit.h"
#include "mont_lanes_ring.h"

#define BLOCK 8  // words

#if defined(__x86_64__)

// Building: first base^(2^(window w)) for every w by squaring, then the entries of four windows at a time.
void lanes_fixed_base_build(
    const lanes_modulus *m, uint64_t *table, size_t windows, unsigned window, const uint64_t *base) {
    const size_t limbs = m->limbs, v = ring_vectors(m), entries = (size_t)1 << window, blocks = limbs / BLOCK;
    const size_t scratch_bytes = ring_scratch_bytes(m), padded = (windows + LANES - 1) / LANES * LANES;
    const size_t bytes = 2 * v * sizeof(__m256d) + scratch_bytes + (padded + LANES) * limbs * 8;
    __m256d *step = lanes_allocate(bytes), *power = step + v;
    void *scratch = power + v;
    uint64_t *bases = (uint64_t *)((char *)scratch + scratch_bytes), *rows = bases + padded * limbs;
    ring_enter(m, step, base, 0, 1, scratch);
    for (size_t w = 0; w < padded; w++) {
        ring_store(m, bases + w * limbs, limbs, 1, step, scratch);
        for (unsigned k = 0; k < window; k++) ring_square(m, step, step, scratch);
    }
    for (size_t w = 0; w < windows; w += LANES) {
        const size_t batch = windows - w < LANES ? windows - w : LANES;
        ring_load(m, step, bases + w * limbs, limbs, LANES);
        memcpy(power, ring_one(m), v * sizeof(__m256d));
        if (w == 0) ring_set_plain_one(m, power, 0);
        for (size_t e = 0; e < entries; e++) {
            ring_store(m, rows, limbs, batch, power, scratch);
            for (size_t l = 0; l < batch; l++) {
                for (size_t b = 0; b < blocks; b++) {
                    memcpy(table + (((w + l) * blocks + b) * entries + e) * BLOCK, rows + l * limbs + b * BLOCK, BLOCK * 8);
                }
            }
            if (e + 1 < entries) ring_multiply(m, power, power, step, scratch);
        }
    }
    wipe(step, bytes);
    free(step);
}

/// What selects an entry: the two low bits of its index as masks, the others as a number.
typedef struct {
    __m256d bit0, bit1;
    __m256i high;
} selector;

LANES_INLINE selector selector_of(uint64_t digit) {
    return (selector){
        _mm256_castsi256_pd(_mm256_set1_epi64x(0 - (int64_t)(digit & 1))),
        _mm256_castsi256_pd(_mm256_set1_epi64x(0 - (int64_t)(digit >> 1 & 1))), _mm256_set1_epi64x((int64_t)(digit >> 2))};
}

/// Four words of one of four entries for each of two exponents, where the upper bits hit: three blends by the low bits, one mask.
/// In assembly because compilers load more at once than registers hold.
LANES_INLINE void pick(
    __m256d *a, __m256d *b, const selector *s, const selector *t, const uint64_t *entries, __m256d hit_a, __m256d hit_b) {
    __m256d v0, v1, v2, v3, even, odd;
    __asm__("vmovupd (%[at]), %[v0]\n\tvmovupd 64(%[at]), %[v1]\n\tvmovupd 128(%[at]), %[v2]\n\tvmovupd 192(%[at]), %[v3]\n\t"
            "vblendvpd %[s0], %[v1], %[v0], %[even]\n\tvblendvpd %[s0], %[v3], %[v2], %[odd]\n\t"
            "vblendvpd %[t0], %[v1], %[v0], %[v0]\n\tvblendvpd %[t0], %[v3], %[v2], %[v2]\n\t"
            "vblendvpd %[s1], %[odd], %[even], %[even]\n\tvblendvpd %[t1], %[v2], %[v0], %[v0]\n\t"
            "vpand %[hit_a], %[even], %[even]\n\tvpand %[hit_b], %[v0], %[v0]\n\t"
            "vpor %[even], %[a], %[a]\n\tvpor %[v0], %[b], %[b]"
            : [a] "+x"(*a), [b] "+x"(*b), [v0] "=&x"(v0), [v1] "=&x"(v1), [v2] "=&x"(v2), [v3] "=&x"(v3), [even] "=&x"(even),
              [odd] "=&x"(odd)
            : [at] "r"(entries), [s0] "x"(s->bit0), [s1] "x"(s->bit1), [t0] "x"(t->bit0), [t1] "x"(t->bit1),
              [hit_a] "x"(hit_a), [hit_b] "x"(hit_b), "m"(*(const uint64_t(*)[4 * BLOCK])entries));
}

/// Eight words of the chosen entries for two exponents: every entry is read, one is kept.
LANES_TARGET static void choose_two(
    uint64_t *out_a, uint64_t *out_b, const uint64_t *block, size_t entries, const selector *s, const selector *t) {
    __m256d a0 = _mm256_setzero_pd(), a1 = a0, b0 = a0, b1 = a0;
    for (size_t e = 0; e < entries; e += 4, block += 4 * BLOCK) {
        const __m256i index = broadcast((int64_t)(e / 4));
        const __m256d hit_a = _mm256_castsi256_pd(_mm256_cmpeq_epi64(index, s->high));
        const __m256d hit_b = _mm256_castsi256_pd(_mm256_cmpeq_epi64(index, t->high));
        pick(&a0, &b0, s, t, block, hit_a, hit_b);
        pick(&a1, &b1, s, t, block + 4, hit_a, hit_b);
    }
    _mm256_storeu_pd((double *)out_a, a0);
    _mm256_storeu_pd((double *)out_a + 4, a1);
    _mm256_storeu_pd((double *)out_b, b0);
    _mm256_storeu_pd((double *)out_b + 4, b1);
}

LANES_TARGET void lanes_fixed_base_power(
    const lanes_modulus *m, const uint64_t *table, size_t windows, unsigned window, const uint64_t *exponents,
    size_t exponent_bits, size_t count, uint64_t *results) {
    enum { GROUPS = 16, BATCH = GROUPS * LANES };  // exponents that share a sub-table while it is in the cache
    const size_t limbs = m->limbs, v = ring_vectors(m), entries = (size_t)1 << window, blocks = limbs / BLOCK;
    const size_t words = (exponent_bits + 63) / 64, scratch_bytes = ring_scratch_bytes(m);
    const size_t bytes = (GROUPS + 1) * v * sizeof(__m256d) + scratch_bytes + BATCH * (limbs * 8 + sizeof(selector));
    __m256d *powers = lanes_allocate(bytes), *factor = powers + GROUPS * v;
    void *scratch = factor + v;
    selector *selectors = (selector *)((char *)scratch + scratch_bytes);
    uint64_t *rows = (uint64_t *)(selectors + BATCH);
    for (size_t from = 0; from < count; from += BATCH) {
        const size_t batch = count - from < BATCH ? count - from : BATCH, padded = (batch + LANES - 1) / LANES * LANES;
        for (size_t w = 0; w < windows; w++) {
            for (size_t i = 0; i < padded; i++) {
                const uint64_t *exponent = exponents + (from + i) * words;
                selectors[i] = selector_of(i < batch ? exponent_digit(exponent, exponent_bits, w * window, window) : 0);
            }
            for (size_t b = 0; b < blocks; b++) {
                const uint64_t *block = table + (w * blocks + b) * entries * BLOCK;
                for (size_t i = 0; i < padded; i += 2) {
                    uint64_t *out = rows + i * limbs + b * BLOCK;
                    choose_two(out, out + limbs, block, entries, selectors + i, selectors + i + 1);
                }
            }
            for (size_t g = 0; g < padded / LANES; g++) {
                __m256d *power = powers + g * v;
                ring_load(m, w == 0 ? power : factor, rows + g * LANES * limbs, limbs, LANES);
                if (w > 0) ring_multiply(m, power, power, factor, scratch);
            }
        }
        for (size_t i = 0; i < batch; i += LANES) {
            const size_t lanes = batch - i < LANES ? batch - i : LANES;
            ring_leave(m, results + (from + i) * limbs, limbs, lanes, powers + i / LANES * v, scratch);
        }
    }
    wipe(powers, bytes);
    free(powers);
}

#endif
