// Buckets of a simultaneous exponentiation: four windows of the exponents at a time, one in each lane.
#include <stdlib.h>
#include <string.h>

#include "exponent_digit.h"
#include "mont_lanes_ring.h"

#if defined(__x86_64__)

size_t lanes_lifted_bytes(const lanes_modulus *m, size_t count) {
    return (count + LANES - 1) / LANES * ring_vectors(m) * sizeof(__m256d);
}

size_t lanes_lift_loss_bits(const lanes_modulus *m) {
    return m->nadic ? 2 * DIGIT_BITS * m->nadic->root->digits : DIGIT_BITS * m->digits;
}

LANES_TARGET void lanes_lift_rows(const lanes_modulus *m, void *lifted, const uint64_t *rows, size_t count, int exactly) {
    const size_t v = ring_vectors(m), bytes = ring_scratch_bytes(m);
    void *scratch = lanes_allocate(bytes);
    for (size_t i = 0; i < count; i += LANES) {
        const size_t batch = count - i < LANES ? count - i : LANES;
        __m256d *group = (__m256d *)lifted + i / LANES * v;
        const uint64_t *from = rows + i * m->limbs;
        if (exactly) {
            ring_enter(m, group, from, m->limbs, batch, scratch);
        } else if (m->nadic) {
            lanes_nadic_split(m->nadic, group, from, m->limbs, batch, scratch);
        } else {
            lanes_load(group, v, from, m->limbs, m->limbs, batch);
        }
    }
    wipe(scratch, bytes);
    free(scratch);
}

/// Four windows from `first` on into r[first ...]; `buckets` has room for 2^window + 3 groups.
LANES_TARGET static void four_windows(
    const lanes_modulus *m, uint64_t *r, const __m256d *lifted, size_t count, const uint64_t *exponents, size_t bits, size_t first,
    size_t windows, unsigned window, __m256d *buckets, void *scratch) {
    const size_t v = ring_vectors(m), entries = (size_t)1 << window, words = (bits + 63) / 64;
    const size_t batch = windows - first < LANES ? windows - first : LANES;
    __m256d *base = buckets + entries * v, *factor = base + v, *total = factor + v;
    for (size_t e = 0; e < entries; e++) memcpy(buckets + e * v, ring_one(m), v * sizeof(__m256d));
    for (size_t i = 0; i < count; i++) {
        double *chosen[LANES];  // the lanes' buckets; bucket 0 collects what is not wanted
        uint64_t any = 0;
        for (size_t l = 0; l < LANES; l++) {
            const uint64_t digit = l < batch ? exponent_digit(exponents + i * words, bits, (first + l) * window, window) : 0;
            any |= digit;
            chosen[l] = (double *)(buckets + digit * v) + l;
        }
        if (any == 0) continue;
        const double *from = (const double *)(lifted + i / LANES * v) + i % LANES;
        for (size_t k = 0; k < v; k++) {
            base[k] = _mm256_broadcast_sd(from + LANES * k);
            factor[k] = _mm256_set_pd(chosen[3][LANES * k], chosen[2][LANES * k], chosen[1][LANES * k], chosen[0][LANES * k]);
        }
        ring_multiply(m, factor, factor, base, scratch);
        for (size_t l = 0; l < LANES; l++) {
            const double *to = (const double *)factor + l;
            for (size_t k = 0; k < v; k++) chosen[l][LANES * k] = to[LANES * k];
        }
    }
    // The product of bucket[d]^d: the running product from the highest bucket down, multiplied in at every step.
    __m256d *running = buckets + (entries - 1) * v;
    memcpy(total, running, v * sizeof(__m256d));
    for (size_t d = entries - 2; d > 0; d--) {
        ring_multiply(m, running, running, buckets + d * v, scratch);
        ring_multiply(m, total, total, running, scratch);
    }
    for (size_t l = 0; l < LANES; l++) ring_set_plain_one(m, factor, l);
    ring_multiply(m, total, total, factor, scratch);
    ring_leave(m, r + first * m->limbs, m->limbs, batch, total, scratch);
}

void lanes_window_products(
    const lanes_modulus *m, uint64_t *r, const void *lifted, size_t count, const uint64_t *exponents, size_t bits, size_t windows,
    unsigned window) {
    const size_t groups = ((size_t)1 << window) + 3, table = groups * ring_vectors(m) * sizeof(__m256d);
    const size_t bytes = table + ring_scratch_bytes(m);
    __m256d *buckets = lanes_allocate(bytes);
    for (size_t first = 0; first < windows; first += LANES)
        four_windows(m, r, lifted, count, exponents, bits, first, windows, window, buckets, (char *)buckets + table);
    wipe(buckets, bytes);
    free(buckets);
}

#endif
