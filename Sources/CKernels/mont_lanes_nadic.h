#ifndef YINHE_MONT_LANES_NADIC_H
#define YINHE_MONT_LANES_NADIC_H

// Four numbers modulo n^2 as pairs of n-adic digits, x = x0 + x1 n, with Montgomery's reduction modulo n only; inside CKernels.
//
// Reducing T = x0 y0 gives T = h R - q n, hence
//     x y / R = h + n (x0 y1 + x1 y0 - q) / R  modulo n^2,
// and the second term needs its factor modulo n only. With n of d digits that takes 5 d^2 products of digits where Montgomery's
// product modulo n^2 takes 8 d^2; a square 3.5 d^2 in place of 6 d^2.
//
// Bounds: x0 < 2n, x1 < 3n, R >= 16 n (LANES_NADIC_SPARE). Then h < 4 n^2 / R + n < 2n. Adding R n to x0 y1 + x1 y0 - q keeps it
// positive, and the second digit is below 2 * 6 n^2 / R + 2n < 3n.
#include "mont_lanes_modulus.h"

#if defined(__x86_64__)

#define LANES_NADIC_SPARE 4

struct lanes_nadic {
    lanes_modulus *root;
    size_t limbs;            // of a number modulo n^2
    const __m256i *offset;   // R n: `digits` zeros, then n as integers, then zeros; as long as the columns
    const __m256d *square;   // n^2, 2 digits vectors
    const __m256d *one;      // pairs: R, and R^3, which brings the result of lanes_nadic_split into Montgomery form
    const __m256d *entry;
    void *memory;
    size_t bytes;
};

/// Arithmetic modulo root^2, whose rows have `limbs` words (`limbs` at least twice root_limbs). NULL when memory is short.
lanes_nadic *lanes_nadic_new(const uint64_t *root, size_t root_limbs, size_t limbs);
void lanes_nadic_free(lanes_nadic *c);

/// Pairs are 2 digits vectors; scratch as for the modulus that holds c.
void lanes_nadic_multiply(const lanes_nadic *c, __m256d *r, const __m256d *x, const __m256d *y, void *scratch);
void lanes_nadic_square(const lanes_nadic *c, __m256d *r, const __m256d *x, void *scratch);
/// The pair of x / R for ordinary residues x; from `lanes` on they count as 0.
void lanes_nadic_split(const lanes_nadic *c, __m256d *r, const uint64_t *rows, size_t stride, size_t lanes, void *scratch);
/// x0 + x1 n, below n^2, as rows.
void lanes_nadic_join(const lanes_nadic *c, uint64_t *rows, size_t stride, size_t lanes, const __m256d *x, void *scratch);
/// The digits themselves, both below n, each as limbs / 2 words, and back.
void lanes_nadic_store(const lanes_nadic *c, uint64_t *rows, size_t stride, size_t lanes, const __m256d *x, void *scratch);
void lanes_nadic_load(const lanes_nadic *c, __m256d *r, const uint64_t *rows, size_t stride, size_t lanes);

#endif
#endif
