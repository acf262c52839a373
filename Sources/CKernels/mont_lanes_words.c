// Rows of 64-bit words to digits in lanes, and back.
#include <stdlib.h>

#include "mont_lanes_modulus.h"

#if defined(__x86_64__)

/// Four vectors of four words each, lines and columns exchanged.
LANES_INLINE void transpose(__m256i v[4]) {
    const __m256i a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    const __m256i c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

// Shifts by 64 and more give 0.
LANES_INLINE __m256i left(__m256i v, size_t bits) { return _mm256_sll_epi64(v, _mm_cvtsi64_si128((long long)bits)); }
LANES_INLINE __m256i right(__m256i v, size_t bits) { return _mm256_srl_epi64(v, _mm_cvtsi64_si128((long long)bits)); }

LANES_TARGET void lanes_load(__m256d *digits, size_t count, const uint64_t *rows, size_t stride, size_t limbs, size_t lanes) {
    static const uint64_t zeros[LANES_MAX_LIMBS + 1];
    const uint64_t *row[LANES];
    for (size_t l = 0; l < LANES; l++) row[l] = l < lanes ? rows + l * stride : zeros;
    __m256i words[LANES_MAX_LIMBS + 2];
    size_t w = 0;
    for (; w + 4 <= limbs; w += 4) {
        for (int l = 0; l < LANES; l++) words[w + l] = _mm256_loadu_si256((const __m256i *)(row[l] + w));
        transpose(words + w);
    }
    for (; w < limbs; w++) {
        words[w] = _mm256_set_epi64x((long long)row[3][w], (long long)row[2][w], (long long)row[1][w], (long long)row[0][w]);
    }
    const __m256i mask = broadcast(DIGIT_MASK), zero = _mm256_setzero_si256();
    words[limbs] = zero;
    for (size_t k = 0; k < count; k++) {
        const size_t word = DIGIT_BITS * k / 64, shift = DIGIT_BITS * k % 64;
        const __m256i v = word < limbs ? _mm256_or_si256(right(words[word], shift), left(words[word + 1], 64 - shift)) : zero;
        digits[k] = to_double(_mm256_and_si256(v, mask));
    }
    wipe(words, (limbs + 1) * sizeof words[0]);
}

LANES_TARGET void lanes_store(
    uint64_t *rows, size_t stride, size_t limbs, size_t lanes, __m256i *digits, size_t count, __m256i *words) {
    const __m256i zero = _mm256_setzero_si256();
    digits[count] = digits[count + 1] = zero;
    for (size_t w = 0; w < limbs; w++) {  // a word spans at most three digits
        const size_t k = 64 * w / DIGIT_BITS, shift = 64 * w % DIGIT_BITS;
        words[w] = k >= count ? zero : _mm256_or_si256(
            _mm256_or_si256(right(digits[k], shift), left(digits[k + 1], DIGIT_BITS - shift)),
            left(digits[k + 2], 2 * DIGIT_BITS - shift));
    }
    size_t w = 0;
    for (; w + 4 <= limbs; w += 4) {
        transpose(words + w);
        for (size_t l = 0; l < lanes; l++) _mm256_storeu_si256((__m256i *)(rows + l * stride + w), words[w + l]);
    }
    for (; w < limbs; w++) {
        for (size_t l = 0; l < lanes; l++) rows[l * stride + w] = ((const uint64_t *)(words + w))[l];
    }
}

LANES_TARGET __m256i lanes_subtract_once(__m256i *digits, const __m256d *n, size_t count, __m256i *room) {
    const __m256i mask = broadcast(DIGIT_MASK), zero = _mm256_setzero_si256();
    __m256i borrow = zero;
    for (size_t k = 0; k < count; k++) {
        const __m256i v = _mm256_sub_epi64(_mm256_sub_epi64(digits[k], to_integer(n[k])), borrow);
        room[k] = _mm256_and_si256(v, mask);
        borrow = _mm256_srli_epi64(v, 63);
    }
    const __m256i take = _mm256_cmpeq_epi64(borrow, zero);
    for (size_t k = 0; k < count; k++) digits[k] = _mm256_blendv_epi8(digits[k], room[k], take);
    return take;
}

void lanes_pack(const lanes_modulus *m, void *group, const uint64_t *rows, size_t stride, size_t count) {
    lanes_load(group, m->digits, rows, stride, m->limbs, count);
}

LANES_TARGET void lanes_unpack(
    const lanes_modulus *m, uint64_t *rows, size_t stride, size_t count, const void *group, void *scratch) {
    const size_t d = m->digits;
    __m256i *digits = scratch, *room = digits + d + 2;
    for (size_t k = 0; k < d; k++) digits[k] = to_integer(((const __m256d *)group)[k]);
    lanes_subtract_once(digits, m->n, d, room);
    lanes_store(rows, stride, m->limbs, count, digits, d, room);
}

#endif
