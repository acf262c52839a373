// Rows of 64-bit words to groups of four in lanes, and back; the operations on rows.
#include <stdlib.h>
#include <string.h>

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

LANES_INLINE __m256i left(__m256i v, size_t bits) { return _mm256_sll_epi64(v, _mm_cvtsi64_si128((long long)bits)); }
LANES_INLINE __m256i right(__m256i v, size_t bits) { return _mm256_srl_epi64(v, _mm_cvtsi64_si128((long long)bits)); }

LANES_TARGET static void split(const lanes_modulus *m, __m256d *group, const uint64_t *const rows[LANES]) {
    __m256i words[LANES_MAX_LIMBS + 4];
    const size_t limbs = m->limbs;
    size_t w = 0;
    for (; w + 4 <= limbs; w += 4) {
        for (int l = 0; l < LANES; l++) words[w + l] = _mm256_loadu_si256((const __m256i *)(rows[l] + w));
        transpose(words + w);
    }
    for (; w < limbs; w++) {
        words[w] = _mm256_set_epi64x((long long)rows[3][w], (long long)rows[2][w], (long long)rows[1][w], (long long)rows[0][w]);
    }
    const __m256i mask = _mm256_set1_epi64x(DIGIT_MASK), zero = _mm256_setzero_si256();
    words[limbs] = zero;
    for (size_t k = 0; k < m->digits; k++) {
        const size_t word = DIGIT_BITS * k / 64, shift = DIGIT_BITS * k % 64;
        const __m256i v = word < limbs ? _mm256_or_si256(right(words[word], shift), left(words[word + 1], 64 - shift)) : zero;
        group[k] = to_double(_mm256_and_si256(v, mask));
    }
    wipe(words, (limbs + 1) * sizeof words[0]);
}

void lanes_pack(const lanes_modulus *m, void *group, const uint64_t *rows, size_t stride, size_t count) {
    static const uint64_t zeros[LANES_MAX_LIMBS];
    const uint64_t *row[LANES];
    for (size_t l = 0; l < LANES; l++) row[l] = l < count ? rows + l * stride : zeros;
    split(m, group, row);
}

LANES_TARGET void lanes_unpack(
    const lanes_modulus *m, uint64_t *rows, size_t stride, size_t count, const void *group, void *scratch) {
    const __m256d *x = group;
    __m256i *plain = scratch, *reduced = plain + m->digits, *words = reduced + m->digits + 2;
    const size_t digits = m->digits, limbs = m->limbs;
    const __m256i mask = _mm256_set1_epi64x(DIGIT_MASK), one = _mm256_set1_epi64x(1), zero = _mm256_setzero_si256();
    // x - n; the borrow is the bit above the digit.
    __m256i borrow = zero;
    for (size_t k = 0; k < digits; k++) {
        plain[k] = to_integer(x[k]);
        const __m256i v = _mm256_sub_epi64(_mm256_sub_epi64(plain[k], to_integer(m->n[k])), borrow);
        reduced[k] = _mm256_and_si256(v, mask);
        borrow = _mm256_srli_epi64(v, 63);
    }
    const __m256i keep = _mm256_cmpeq_epi64(borrow, one);  // x < n
    for (size_t k = 0; k < digits; k++) reduced[k] = _mm256_blendv_epi8(reduced[k], plain[k], keep);
    reduced[digits] = reduced[digits + 1] = zero;
    // A word spans at most three digits; shifts by 64 and more give 0.
    for (size_t w = 0; w < limbs; w++) {
        const size_t k = 64 * w / DIGIT_BITS, shift = 64 * w % DIGIT_BITS;
        words[w] = k >= digits ? zero : _mm256_or_si256(
            _mm256_or_si256(right(reduced[k], shift), left(reduced[k + 1], DIGIT_BITS - shift)),
            left(reduced[k + 2], 2 * DIGIT_BITS - shift));
    }
    size_t w = 0;
    for (; w + 4 <= limbs; w += 4) {
        transpose(words + w);
        for (size_t l = 0; l < count; l++) _mm256_storeu_si256((__m256i *)(rows + l * stride + w), words[w + l]);
    }
    for (; w < limbs; w++) {
        for (size_t l = 0; l < count; l++) rows[l * stride + w] = ((const uint64_t *)(words + w))[l];
    }
}

// The operations on rows: groups of four in one piece of working memory, wiped at the end.

typedef struct {
    uint64_t *memory;
    size_t bytes;
    void *a, *b, *scratch;
} workspace;

static workspace workspace_new(const lanes_modulus *m) {
    const size_t group = lanes_group_bytes(m), bytes = 2 * group + lanes_scratch_bytes(m);
    void *memory;
    if (posix_memalign(&memory, 64, bytes) != 0) abort();
    return (workspace){memory, bytes, memory, (char *)memory + group, (char *)memory + 2 * group};
}

static void workspace_free(workspace w) {
    wipe(w.memory, w.bytes);
    free(w.memory);
}

static inline size_t batch(size_t count, size_t from) { return count - from < LANES ? count - from : LANES; }

void lanes_multiply_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count) {
    const size_t limbs = m->limbs;
    workspace w = workspace_new(m);
    for (size_t i = 0; i < count; i += LANES) {
        lanes_pack(m, w.a, a + i * limbs, limbs, batch(count, i));
        lanes_pack(m, w.b, b + i * limbs, limbs, batch(count, i));
        lanes_multiply(m, w.a, w.a, w.b, w.scratch);
        lanes_unpack(m, r + i * limbs, limbs, batch(count, i), w.a, w.scratch);
    }
    workspace_free(w);
}

/// r[i] = a[i] w.b / R mod n; frees w.
static void multiply_by_group(const lanes_modulus *m, uint64_t *r, const uint64_t *a, workspace w, size_t count) {
    const size_t limbs = m->limbs;
    for (size_t i = 0; i < count; i += LANES) {
        lanes_pack(m, w.a, a + i * limbs, limbs, batch(count, i));
        lanes_multiply(m, w.a, w.a, w.b, w.scratch);
        lanes_unpack(m, r + i * limbs, limbs, batch(count, i), w.a, w.scratch);
    }
    workspace_free(w);
}

void lanes_multiply_rows_by_one(const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count) {
    workspace w = workspace_new(m);
    lanes_pack(m, w.b, b, 0, LANES);
    multiply_by_group(m, r, a, w, count);
}

void lanes_to_montgomery_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count) {
    workspace w = workspace_new(m);
    memcpy(w.b, m->r_squared, lanes_group_bytes(m));
    multiply_by_group(m, r, a, w, count);
}

void lanes_from_montgomery_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count) {
    workspace w = workspace_new(m);
    lanes_plain_one(m, w.b);
    multiply_by_group(m, r, a, w, count);
}

void lanes_square_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count) {
    const size_t limbs = m->limbs;
    workspace w = workspace_new(m);
    for (size_t i = 0; i < count; i += LANES) {
        lanes_pack(m, w.a, a + i * limbs, limbs, batch(count, i));
        lanes_square(m, w.a, w.a, w.scratch);
        lanes_unpack(m, r + i * limbs, limbs, batch(count, i), w.a, w.scratch);
    }
    workspace_free(w);
}

#endif
