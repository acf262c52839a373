// Sums of many multiples. Included after curve25519_steps.h and curve25519_multiply.h, for one lane.

#include <stdlib.h>

#define SUM_BLOCK 32

// Shared doublings (Straus) with signed windows of four bits, look-ups by masks: constant time.
void yinhe_ristretto_sum_secret(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *points, const uint8_t *scalars, size_t bits, size_t count) {
    // A carry into the top window must leave its digit below 8, or it would carry out: 4 * windows >= bits + 2.
    const int windows = (int)((bits + 5) / 4 < 64 ? (bits + 5) / 4 : 64);
    struct {
        cached multiple[SUM_BLOCK][9];
        int8_t digit[SUM_BLOCK][64][LANES];
        cached chosen;
        pt sum, total, p;
    } *s = malloc(sizeof *s);
    if (!s) abort();
    KERNEL(identity)(&s->total);
    for (size_t first = 0; first < count; first += SUM_BLOCK) {
        const size_t block = count - first < SUM_BLOCK ? count - first : SUM_BLOCK;
        for (size_t i = 0; i < block; i++) {
            cached *m = s->multiple[i];
            KERNEL(recode)(s->digit[i], scalars + 32 * (first + i), 0, 0, 1);
            KERNEL(load)(&s->p, points + first + i, 0, 1);
            KERNEL(cached_identity)(&m[0]);
            KERNEL(cache)(&m[1], &s->p);
            for (int k = 2; k <= 8; k++) {
                if (k == 2) KERNEL(double_times)(&s->p, 1);
                else KERNEL(add_cached)(&s->p, &m[1]);
                KERNEL(cache)(&m[k], &s->p);
            }
        }
        KERNEL(identity)(&s->sum);
        for (int w = windows - 1; w >= 0; w--) {
            if (w < windows - 1) KERNEL(double_times)(&s->sum, 4);
            for (size_t i = 0; i < block; i++) {
                const lane_digit d = digit_load(s->digit[i][w]);
                const cached *m = s->multiple[i];
                s->chosen = m[0];
                for (unsigned k = 1; k <= 8; k++) {
                    const fe_mask is = digit_has_magnitude(d, k);
                    fe_cmov(&s->chosen.sum, &m[k].sum, is);
                    fe_cmov(&s->chosen.difference, &m[k].difference, is);
                    fe_cmov(&s->chosen.t2d, &m[k].t2d, is);
                    fe_cmov(&s->chosen.z2, &m[k].z2, is);
                }
                KERNEL(negate_cached)(&s->chosen, digit_is_negative(d));
                KERNEL(add_cached)(&s->sum, &s->chosen);
            }
        }
        KERNEL(cache)(&s->chosen, &s->sum);
        KERNEL(add_cached)(&s->total, &s->chosen);
    }
    KERNEL(store)(out, 0, 1, &s->total);
    yinhe_25519_wipe(s, sizeof *s);
    free(s);
}

// The signed digit of `width` bits at bit `at` of a public scalar below 2^255: bits at ... at + width - 1, plus the bit below, minus
// 2^width when the top bit is set (Booth). Digits of all windows add up to the scalar.
static int KERNEL(booth)(const uint8_t *scalar, int at, int width) {
    // Bits at - 1 ... at + width - 1; above the scalar and below bit 0 they are 0.
    const int low = at > 0 ? at - 1 : 0, byte = low / 8;
    uint32_t word = 0;
    for (int i = 0; i < 4; i++) word |= byte + i < 32 ? (uint32_t)scalar[byte + i] << (8 * i) : 0;
    word = at > 0 ? word >> (low % 8) : word << 1;
    const int value = (int)(word & ((1u << (width + 1)) - 1));
    // value holds width + 1 bits, the lowest being the carry from below.
    const int digit = (value >> 1) + (value & 1);
    return value >> width & 1 ? digit - (1 << width) : digit;
}

// Pippenger's buckets. Variable time.
void yinhe_ristretto_sum_public(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *points, const uint8_t *scalars, size_t count) {
    int width = 4;
    while (width < 14 && count >> (width + 2)) width++;
    const size_t half = (size_t)1 << (width - 1);
    cached *in = malloc((count + 1) * sizeof *in), running;
    pt *bucket = malloc((half + 1) * sizeof *bucket), total, suffix, window;
    unsigned char *used = malloc(half + 1);
    if (!in || !bucket || !used) abort();
    for (size_t i = 0; i < count; i++) {
        KERNEL(load)(&window, points + i, 0, 1);
        KERNEL(cache)(&in[i], &window);
    }
    KERNEL(identity)(&total);
    const int windows = (254 + width) / width;
    for (int w = windows - 1; w >= 0; w--) {
        if (w < windows - 1) KERNEL(double_times)(&total, width);
        memset(used, 0, half + 1);
        for (size_t i = 0; i < count; i++) {
            const int d = KERNEL(booth)(scalars + 32 * i, w * width, width);
            if (d == 0) continue;
            const size_t b = (size_t)(d < 0 ? -d : d);
            cached term = in[i];
            if (d < 0) KERNEL(negate_cached)(&term, ~(fe_mask)0);
            if (!used[b]) KERNEL(identity)(&bucket[b]);
            used[b] = 1;
            KERNEL(add_cached)(&bucket[b], &term);
        }
        KERNEL(identity)(&suffix);
        KERNEL(identity)(&window);
        for (size_t b = half; b > 0; b--) {
            if (used[b]) {
                KERNEL(cache)(&running, &bucket[b]);
                KERNEL(add_cached)(&suffix, &running);
            }
            KERNEL(cache)(&running, &suffix);
            KERNEL(add_cached)(&window, &running);
        }
        KERNEL(cache)(&running, &window);
        KERNEL(add_cached)(&total, &running);
    }
    KERNEL(store)(out, 0, 1, &total);
    free(in);
    free(bucket);
    free(used);
}

#define FOLD_MAX 8

// Non-adjacent form of width 5: digits odd, below 16 in magnitude, at most one in five not zero. Variable time.
static void KERNEL(naf)(int8_t digit[257], const uint8_t *scalar) {
    uint64_t w[5] = {0};
    for (int i = 0; i < 4; i++) w[i] = yinhe_25519_load(scalar + 8 * i);
    memset(digit, 0, 257);
    int carry = 0;
    for (int at = 0; at < 256;) {
        const uint64_t low = at % 64 ? w[at / 64] >> (at % 64) | w[at / 64 + 1] << (64 - at % 64) : w[at / 64];
        const int value = (int)(low & 31) + carry;
        if (!(value & 1)) {
            at++;
            continue;
        }
        carry = value > 16;
        digit[at] = (int8_t)(value - (carry << 5));
        at += 5;
    }
    digit[256] = (int8_t)carry;
}

void yinhe_ristretto_fold_public(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *in, const uint8_t *scalars, size_t terms, size_t stride, size_t count) {
    int8_t digit[FOLD_MAX][257];
    cached odd[FOLD_MAX][8], twice;
    pt p;
    if (terms > FOLD_MAX) abort();
    for (size_t k = 0; k < terms; k++) KERNEL(naf)(digit[k], scalars + 32 * k);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < terms; k++) {
            KERNEL(load)(&p, in + i + k * stride, 0, 1);
            KERNEL(cache)(&odd[k][0], &p);
            KERNEL(double_times)(&p, 1);
            KERNEL(cache)(&twice, &p);
            KERNEL(load)(&p, in + i + k * stride, 0, 1);
            for (int m = 1; m < 8; m++) {
                KERNEL(add_cached)(&p, &twice);
                KERNEL(cache)(&odd[k][m], &p);
            }
        }
        KERNEL(identity)(&p);
        for (int bit = 256; bit >= 0; bit--) {
            KERNEL(double_times)(&p, 1);
            for (size_t k = 0; k < terms; k++) {
                const int d = digit[k][bit];
                if (d == 0) continue;
                cached term = odd[k][(d < 0 ? -d : d) / 2];
                if (d < 0) KERNEL(negate_cached)(&term, ~(fe_mask)0);
                KERNEL(add_cached)(&p, &term);
            }
        }
        KERNEL(store)(out, i, i + 1, &p);
    }
}
