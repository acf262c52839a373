#include "bit_rows.h"
#include <string.h>

static inline uint64_t load(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
}

static inline void store(uint8_t *p, uint64_t x) { memcpy(p, &x, 8); }

static void fold(const uint8_t *streams, size_t bytes, uint8_t *rows, size_t stride, uint8_t *total) {
    for (size_t k = 0; k < bytes; k += 8) {
        uint64_t s[16];
        for (int x = 0; x < 16; x++) s[x] = load(streams + (size_t)x * bytes + k);
        // Adds neighbours; the odd ones of each step are those whose bit is set.
        for (int b = 0, n = 8; b < 4; b++, n /= 2) {
            uint64_t row = 0;
            for (int x = 0; x < n; x++) {
                row ^= s[2 * x + 1];
                s[x] = s[2 * x] ^ s[2 * x + 1];
            }
            store(rows + (size_t)b * stride + k, row);
        }
        store(total + k, s[0]);
    }
}

static void correct(uint8_t *rows, size_t stride, const uint8_t *a, const uint8_t *b, const uint64_t masks[4], size_t bytes) {
    for (size_t k = 0; k < bytes; k += 8) {
        uint64_t change = load(a + k) ^ load(b + k);
        for (int r = 0; r < 4; r++) {
            uint8_t *p = rows + (size_t)r * stride + k;
            store(p, load(p) ^ (change & masks[r]));
        }
    }
}

// 64 x 64 bits in place: afterwards bit r of word c is what bit c of word r was.
static void transpose64(uint64_t *w) {
    uint64_t mask = 0x00000000ffffffffull;
    for (unsigned d = 32; d > 0; d /= 2, mask ^= mask << d)
        for (unsigned k = 0; k < 64; k = (k + d + 1) & ~d) {
            uint64_t t = (w[k] >> d ^ w[k + d]) & mask;
            w[k] ^= t << d;
            w[k + d] ^= t;
        }
}

static void transpose(const uint8_t *rows, size_t stride, size_t bytes, uint8_t *columns) {
    for (size_t k = 0; k < bytes; k += 8)
        for (size_t half = 0; half < 2; half++) {
            uint64_t w[64];
            for (size_t r = 0; r < 64; r++) w[r] = load(rows + (64 * half + r) * stride + k);
            transpose64(w);
            for (size_t c = 0; c < 64; c++) store(columns + 16 * (8 * k + c) + 8 * half, w[c]);
        }
}

static const yinhe_bit_rows_kernels portable = {"portable", fold, correct, transpose};

#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_bit_rows_kernels yinhe_bit_rows_avx2;
#endif

const yinhe_bit_rows_kernels *yinhe_bit_rows_available(size_t index) {
    if (index == 0) return &portable;
#if defined(__x86_64__) && defined(__clang__)
    __builtin_cpu_init();
    if (index == 1 && __builtin_cpu_supports("avx2")) return &yinhe_bit_rows_avx2;
#endif
    return NULL;
}
