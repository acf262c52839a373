// Columns of products of 51-bit digits, four numbers side by side, by fused multiply-adds on doubles.
//
// A product x y of two digits (integers in [0, 2^51), held exactly by doubles) is split by two roundings to nearest
// (Emmart, Zheng, Weems, "Faster modular exponentiation using double precision floating point arithmetic on the GPU", ARITH 2018,
// whose truncation and 52 bits this changes to rounding and 51 bits, since rounding is what the processor does by default):
//     h = fma(x, y, HIGH)        = HIGH + high, high a multiple of 2^51 nearest to x y
//     l = fma(x, y, LOW + HIGH - h) = LOW + (x y - high),  |x y - high| <= 2^50
// HIGH = 1.5 * 2^103: h stays in [2^103, 2^104), where doubles are the multiples of 2^51 and their bit patterns count them.
// LOW = 1.5 * 2^52: l stays in [2^52, 2^53), where the patterns count integers. HIGH + LOW is a multiple of 2^51: exact.
// Hence columns add up the bit patterns as 64-bit integers, modulo 2^64, and known constants per product come off at the end.
//
// Digits may be negative too (differences, |x| < 2^51): then |x y| < 2^102 still keeps h and l in their ranges.
//
// Bounds: |high / 2^51| <= 2^51 and |low| <= 2^50, so a column of a product of D digits stays below 1.5 D 2^51; see LANES_BIAS.
#include "mont_lanes_modulus.h"

#if defined(__x86_64__)

// TILE columns: nine accumulators, x, HIGH, HIGH + LOW and four temporaries fill the sixteen registers.

// One product, and two with their instructions woven together. In assembly because compilers hoist the multiplications of a whole
// row above its additions, for which the registers do not suffice.
#define SPLIT(y, h) "vmovapd %[" y "], %[" h "]\n\tvfmadd213pd %[high], %[a], %[" h "]\n\t"
#define REST(h, l) "vsubpd %[" h "], %[both], %[" l "]\n\t"
#define FINISH(y, h, l, sum) "vpaddq %[" h "], %[" sum "], %[" sum "]\n\tvfmadd231pd %[" y "], %[a], %[" l "]\n\t"
#define ADD(l, sum) "vpaddq %[" l "], %[" sum "], %[" sum "]\n\t"

LANES_INLINE void add_product(__m256i *acc, __m256d a, const __m256d *y, __m256d high, __m256d both) {
    __m256i h, l;
    __asm__(SPLIT("y", "h") REST("h", "l") FINISH("y", "h", "l", "upper") ADD("l", "lower")
            : [lower] "+x"(acc[0]), [upper] "+x"(acc[1]), [h] "=&x"(h), [l] "=&x"(l)
            : [a] "x"(a), [high] "x"(high), [both] "x"(both), [y] "m"(y[0]));
}

LANES_INLINE void add_two_products(__m256i *acc, __m256d a, const __m256d *y, __m256d high, __m256d both) {
    __m256i h, l, h1, l1;
    __asm__(SPLIT("y", "h") SPLIT("y1", "h1") REST("h", "l") REST("h1", "l1") FINISH("y", "h", "l", "middle")
            FINISH("y1", "h1", "l1", "upper") ADD("l", "lower") ADD("l1", "middle")
            : [lower] "+x"(acc[0]), [middle] "+x"(acc[1]), [upper] "+x"(acc[2]), [h] "=&x"(h), [l] "=&x"(l), [h1] "=&x"(h1),
              [l1] "=&x"(l1)
            : [a] "x"(a), [high] "x"(high), [both] "x"(both), [y] "m"(y[0]), [y1] "m"(y[1]));
}

/// acc[k] += low and acc[k + 1] += high of x y[k] for from <= k < to.
LANES_INLINE void row(__m256i acc[TILE + 1], const __m256d *x, const __m256d *y, int from, int to) {
    const __m256d a = *x, high = _mm256_set1_pd(HIGH), both = _mm256_set1_pd(HIGH + LOW);
    int k = from;
#pragma clang loop unroll(full)
    for (; k + 1 < to; k += 2) add_two_products(acc + k, a, y + k, high, both);
    if (k < to) add_product(acc + k, a, y + k, high, both);
}

/// Rows of which only the columns below the end of b (tail) or from the diagonal's start on (head) exist; `all`: none of them
/// lies outside a.
LANES_INLINE void tail_rows(__m256i acc[TILE + 1], const __m256d *a, const __m256d *b, long digits, long at, int all) {
#pragma clang loop unroll(full)
    for (int c = 1; c < TILE; c++) {
        const long i = at - digits + c;
        if (all || (i >= 0 && i < digits)) row(acc, a + i, b + digits - c, 0, c);
    }
}

LANES_INLINE void head_rows(__m256i acc[TILE + 1], const __m256d *a, const __m256d *b, long digits, long at, int all) {
#pragma clang loop unroll(full)
    for (int c = 1; c < TILE; c++) {
        const long i = at + c;
        if (all || (i >= 0 && i < digits)) row(acc, a + i, b - c, c, TILE);
    }
}

LANES_INLINE void load_tile(__m256i acc[TILE + 1], const __m256i *columns) {
#pragma clang loop unroll(full)
    for (int k = 0; k <= TILE; k++) acc[k] = columns[k];
}

LANES_INLINE void store_tile(__m256i *columns, const __m256i acc[TILE + 1]) {
#pragma clang loop unroll(full)
    for (int k = 0; k <= TILE; k++) columns[k] = acc[k];
}

LANES_TARGET void lanes_product_tile(__m256i *columns, const __m256d *a, const __m256d *b, long digits, long at) {
    __m256i acc[TILE + 1];
    load_tile(acc, columns + at);
    if (at >= 0 && at + TILE <= digits) {  // the rising half
        for (long i = 0; i <= at; i++) row(acc, a + i, b + at - i, 0, TILE);
        head_rows(acc, a, b, digits, at, 1);
    } else if (at >= digits && at + TILE <= 2 * digits) {  // the falling half
        tail_rows(acc, a, b, digits, at, 1);
        for (long i = at + TILE - digits; i < digits; i++) row(acc, a + i, b + at - i, 0, TILE);
    } else {
        tail_rows(acc, a, b, digits, at, 0);
        const long from = at + TILE - digits > 0 ? at + TILE - digits : 0, to = at < digits - 1 ? at : digits - 1;
        for (long i = from; i <= to; i++) row(acc, a + i, b + at - i, 0, TILE);
        head_rows(acc, a, b, digits, at, 0);
    }
    store_tile(columns + at, acc);
}

LANES_TARGET void lanes_square_tile(__m256i *columns, const __m256d *a, long digits, long at) {
    __m256i acc[TILE + 1];
#pragma clang loop unroll(full)
    for (int k = 0; k <= TILE; k++) acc[k] = _mm256_setzero_si256();
    if (at >= digits) {
        tail_rows(acc, a, a, digits, at, 1);
    } else if (at + TILE > digits) {
        tail_rows(acc, a, a, digits, at, 0);
    }
    const long from = at + TILE - digits > 0 ? at + TILE - digits : 0, half = at / 2;
    for (long i = from; i < half; i++) row(acc, a + i, a + at - i, 0, TILE);
#pragma clang loop unroll(full)
    for (int c = 0; c < TILE / 2; c++) row(acc, a + half + c, a + half - c, 2 * c + 1, TILE);
#pragma clang loop unroll(full)
    for (int k = 0; k <= TILE; k++) acc[k] = _mm256_add_epi64(acc[k], acc[k]);
#pragma clang loop unroll(full)
    for (int c = 0; c < TILE / 2; c++) row(acc, a + half + c, a + half - c, 2 * c, 2 * c + 1);
#pragma clang loop unroll(full)
    for (int k = 0; k <= TILE; k++) columns[at + k] = _mm256_add_epi64(columns[at + k], acc[k]);
}

#endif
