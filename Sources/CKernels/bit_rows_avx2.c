// 256 columns at a time.
#if defined(__x86_64__) && defined(__clang__)
#include "bit_rows.h"
#include <string.h>

extern const yinhe_bit_rows_kernels yinhe_bit_rows_avx2;

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __m256i load(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE void store(uint8_t *p, __m256i x) { _mm256_storeu_si256((__m256i *)p, x); }

static void fold(const uint8_t *streams, size_t bytes, uint8_t *rows, size_t stride, uint8_t *total) {
    for (size_t k = 0; k < bytes; k += 32) {
        __m256i s[16];
#pragma clang loop unroll(full)
        for (int x = 0; x < 16; x++) s[x] = load(streams + (size_t)x * bytes + k);
#pragma clang loop unroll(full)
        for (int b = 0; b < 4; b++) {
            __m256i row = s[1];
            int n = 8 >> b;
            s[0] = _mm256_xor_si256(s[0], s[1]);
#pragma clang loop unroll(full)
            for (int x = 1; x < n; x++) {
                row = _mm256_xor_si256(row, s[2 * x + 1]);
                s[x] = _mm256_xor_si256(s[2 * x], s[2 * x + 1]);
            }
            store(rows + (size_t)b * stride + k, row);
        }
        store(total + k, s[0]);
    }
}

static void correct(uint8_t *rows, size_t stride, const uint8_t *a, const uint8_t *b, const uint64_t masks[4], size_t bytes) {
    __m256i m[4];
    for (int r = 0; r < 4; r++) m[r] = _mm256_set1_epi64x((long long)masks[r]);
    for (size_t k = 0; k < bytes; k += 32) {
        __m256i change = _mm256_xor_si256(load(a + k), load(b + k));
        for (int r = 0; r < 4; r++) {
            uint8_t *p = rows + (size_t)r * stride + k;
            store(p, _mm256_xor_si256(load(p), _mm256_and_si256(change, m[r])));
        }
    }
}

// 16 x 16 bytes in each half: afterwards byte r of register c is what byte c of register r was.
INLINE void transpose_bytes(__m256i *x) {
    __m256i y[16];
#pragma clang loop unroll(full)
    for (int round = 0; round < 4; round++) {
        // Interleaving register i with i + 8 turns the place (i, byte) left by one bit.
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) {
            y[2 * i] = _mm256_unpacklo_epi8(x[i], x[i + 8]);
            y[2 * i + 1] = _mm256_unpackhi_epi8(x[i], x[i + 8]);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) x[i] = y[i];
    }
}

static void transpose(const uint8_t *rows, size_t stride, size_t bytes, uint8_t *columns) {
    // One byte of each of the 128 rows, for 32 bytes.
    _Alignas(32) uint8_t gathered[32][128];
    for (size_t k = 0; k < bytes; k += 32) {
        for (size_t part = 0; part < 8; part++) {
            __m256i x[16];
            for (size_t r = 0; r < 16; r++) x[r] = load(rows + (16 * part + r) * stride + k);
            transpose_bytes(x);
            for (size_t c = 0; c < 16; c++) {
                _mm_store_si128((__m128i *)(gathered[c] + 16 * part), _mm256_castsi256_si128(x[c]));
                _mm_store_si128((__m128i *)(gathered[16 + c] + 16 * part), _mm256_extracti128_si256(x[c], 1));
            }
        }
        for (size_t c = 0; c < 32; c++) {
            uint8_t *out = columns + 16 * 8 * (k + c);
            __m256i x[4];
            for (size_t q = 0; q < 4; q++) x[q] = _mm256_load_si256((const __m256i *)(gathered[c] + 32 * q));
#pragma clang loop unroll(full)
            for (int bit = 7; bit >= 0; bit--) {
                for (size_t q = 0; q < 4; q++) {
                    uint32_t part = (uint32_t)_mm256_movemask_epi8(x[q]);
                    memcpy(out + 16 * bit + 4 * (int)q, &part, 4);
                }
                for (size_t q = 0; q < 4; q++) x[q] = _mm256_add_epi8(x[q], x[q]);
            }
        }
    }
    // What is left in the buffer depends on secrets; the empty statement keeps the compiler from dropping the wipe.
    memset(gathered, 0, sizeof gathered);
    __asm__ volatile("" : : "r"(gathered) : "memory");
}
#pragma clang attribute pop

const yinhe_bit_rows_kernels yinhe_bit_rows_avx2 = {"AVX2", fold, correct, transpose};
#endif
