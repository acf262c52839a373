#ifndef YINHE_MONT_LANES_RING_H
#define YINHE_MONT_LANES_RING_H

// What exponentiations need of a modulus: plain Montgomery arithmetic, or pairs of digits when it is a square; inside CKernels.
#include "mont_lanes_nadic.h"

#if defined(__x86_64__)

static inline size_t ring_vectors(const lanes_modulus *m) { return m->nadic ? 2 * m->nadic->root->digits : m->digits; }
static inline size_t ring_scratch_bytes(const lanes_modulus *m) { return lanes_scratch_bytes(m); }
static inline const __m256d *ring_one(const lanes_modulus *m) { return m->nadic ? m->nadic->one : m->one; }

static inline void ring_multiply(const lanes_modulus *m, __m256d *r, const __m256d *a, const __m256d *b, void *scratch) {
    m->nadic ? lanes_nadic_multiply(m->nadic, r, a, b, scratch) : lanes_multiply(m, r, a, b, scratch);
}

static inline void ring_square(const lanes_modulus *m, __m256d *r, const __m256d *a, void *scratch) {
    m->nadic ? lanes_nadic_square(m->nadic, r, a, scratch) : lanes_square(m, r, a, scratch);
}

/// The number 1, not in Montgomery form, in lane `lane`.
static inline void ring_set_plain_one(const lanes_modulus *m, __m256d *r, size_t lane) {
    for (size_t k = 0; k < ring_vectors(m); k++) ((double *)(r + k))[lane] = k == 0;
}

/// Ordinary residues into Montgomery form; from `lanes` on they count as 0.
static inline void ring_enter(
    const lanes_modulus *m, __m256d *r, const uint64_t *rows, size_t stride, size_t lanes, void *scratch) {
    if (m->nadic) {
        lanes_nadic_split(m->nadic, r, rows, stride, lanes, scratch);
        lanes_nadic_multiply(m->nadic, r, r, m->nadic->entry, scratch);
    } else {
        lanes_load(r, m->digits, rows, stride, m->limbs, lanes);
        lanes_multiply(m, r, r, m->r_squared, scratch);
    }
}

/// Numbers that are not in Montgomery form to ordinary residues.
static inline void ring_leave(
    const lanes_modulus *m, uint64_t *rows, size_t stride, size_t lanes, const __m256d *a, void *scratch) {
    if (m->nadic) {
        lanes_nadic_join(m->nadic, rows, stride, lanes, a, scratch);
    } else {
        lanes_unpack(m, rows, stride, lanes, a, scratch);
    }
}

/// The representation as it is, in `limbs` words, and back.
static inline void ring_store(
    const lanes_modulus *m, uint64_t *rows, size_t stride, size_t lanes, const __m256d *a, void *scratch) {
    if (m->nadic) {
        lanes_nadic_store(m->nadic, rows, stride, lanes, a, scratch);
    } else {
        lanes_unpack(m, rows, stride, lanes, a, scratch);
    }
}

static inline void ring_load(const lanes_modulus *m, __m256d *r, const uint64_t *rows, size_t stride, size_t lanes) {
    if (m->nadic) {
        lanes_nadic_load(m->nadic, r, rows, stride, lanes);
    } else {
        lanes_load(r, m->digits, rows, stride, m->limbs, lanes);
    }
}

#endif
#endif
