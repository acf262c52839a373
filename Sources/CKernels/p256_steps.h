// The batch operations on P-256, written once over a field type `fe` that holds LANES independent elements.
// Each implementation defines the field (fe, fe_mul, fe_sqr, fe_add, fe_sub, ...) and KERNEL(name), then includes this file.

#include "p256_common.h"

// Groups of LANES points that share one inversion.
#define BLOCK (LANES == 1 ? 64 : 16)

static const uint64_t WORDS_B[4] = {0x3bce3c3e27d2604bULL, 0x651d06b0cc53b0f6ULL, 0xb3ebbd55769886bcULL, 0x5ac635d8aa3a93e7ULL};
static const uint64_t WORDS_Z[4] = {0xfffffffffffffff5ULL, 0x00000000ffffffffULL, 0, 0xffffffff00000001ULL};  // -10
static const uint64_t WORDS_SQRT_MINUS_Z[4] = {
    0x2ccd3427e433c47fULL, 0x7b8d1ff84c55d5b6ULL, 0xc978fc675180aab2ULL, 0xda538e3be1d89b99ULL,
};

static inline void KERNEL(broadcast)(fe *r, const uint64_t words[4]) {
    uint64_t w[LANES][4];
    for (int l = 0; l < LANES; l++) memcpy(w[l], words, sizeof w[l]);
    fe_from_words(r, (const uint64_t (*)[4])w);
}

static inline void fe_neg(fe *r, const fe *a) {
    fe zero;
    memset(&zero, 0, sizeof zero);
    fe_sub(r, &zero, a);
}

static void KERNEL(sqr_times)(fe *r, const fe *a, int times) {
    fe t = *a;
    for (int i = 0; i < times; i++) fe_sqr(&t, &t);
    *r = t;
}

// a^((p - 3) / 4), the exponent 2^254 - 2^222 + 2^190 + 2^94 - 1: 253 squarings, 11 products.
static void KERNEL(pow_core)(fe *r, const fe *a) {
    fe x1 = *a, x2, x3, x6, x12, x15, x30, x32, t;  // xk = a^(2^k - 1)
    KERNEL(sqr_times)(&t, &x1, 1); fe_mul(&x2, &t, &x1);
    KERNEL(sqr_times)(&t, &x2, 1); fe_mul(&x3, &t, &x1);
    KERNEL(sqr_times)(&t, &x3, 3); fe_mul(&x6, &t, &x3);
    KERNEL(sqr_times)(&t, &x6, 6); fe_mul(&x12, &t, &x6);
    KERNEL(sqr_times)(&t, &x12, 3); fe_mul(&x15, &t, &x3);
    KERNEL(sqr_times)(&t, &x15, 15); fe_mul(&x30, &t, &x15);
    KERNEL(sqr_times)(&t, &x30, 2); fe_mul(&x32, &t, &x2);
    KERNEL(sqr_times)(&t, &x32, 32); fe_mul(&t, &t, &x1);
    KERNEL(sqr_times)(&t, &t, 128); fe_mul(&t, &t, &x32);
    KERNEL(sqr_times)(&t, &t, 32); fe_mul(&t, &t, &x32);
    KERNEL(sqr_times)(&t, &t, 30); fe_mul(r, &t, &x30);
}

// 1/a = a^(p - 2), and p - 2 = 4 (p - 3)/4 + 1. Zero stays zero.
static void KERNEL(invert)(fe *r, const fe *a) {
    fe t;
    KERNEL(pow_core)(&t, a);
    KERNEL(sqr_times)(&t, &t, 2);
    fe_mul(r, &t, a);
}

// Inverts z[0..<count], 0 < count <= MANY, none of them zero, with one inversion and three products each
// (Montgomery, "Speeding the Pollard and elliptic curve methods of factorization", section 10.3.1).
#define MANY 64
static void KERNEL(invert_many)(fe *z, int count) {
    fe prefix[MANY], t, u;
    prefix[0] = z[0];
    for (int i = 1; i < count; i++) fe_mul(&prefix[i], &prefix[i - 1], &z[i]);
    KERNEL(invert)(&t, &prefix[count - 1]);
    for (int i = count - 1; i > 0; i--) {
        fe_mul(&u, &t, &prefix[i - 1]);
        fe_mul(&t, &t, &z[i]);
        z[i] = u;
    }
    z[0] = t;
    yinhe_p256_wipe(prefix, sizeof prefix);
}

// RFC 9380, section F.2 with sqrt_ratio of section F.2.1.2, line by line. The result is projective: x = X/Z, y = Y/Z, Z != 0.
static void KERNEL(map_to_curve)(fe *X, fe *Y, fe *Z, const fe *u) {
    fe tv1, tv2, tv3, tv4, tv5, tv6, x, y, y1, y2, t, b, z, c2, one;
    const uint64_t words_one[4] = {1, 0, 0, 0};
    KERNEL(broadcast)(&one, words_one);
    KERNEL(broadcast)(&b, WORDS_B);
    KERNEL(broadcast)(&z, WORDS_Z);
    KERNEL(broadcast)(&c2, WORDS_SQRT_MINUS_Z);
    fe_sqr(&tv1, u);
    fe_mul(&tv1, &z, &tv1);
    fe_sqr(&tv2, &tv1);
    fe_add(&tv2, &tv2, &tv1);
    fe_add(&tv3, &tv2, &one);
    fe_mul(&tv3, &b, &tv3);
    fe_neg(&tv4, &tv2);
    fe_cmov(&tv4, &z, fe_is_zero(&tv2));
    fe_add(&t, &tv4, &tv4);           // A = -3
    fe_add(&t, &t, &tv4);
    fe_neg(&tv4, &t);
    fe_sqr(&tv2, &tv3);
    fe_sqr(&tv6, &tv4);
    fe_add(&tv5, &tv6, &tv6);
    fe_add(&tv5, &tv5, &tv6);
    fe_sub(&tv2, &tv2, &tv5);
    fe_mul(&tv2, &tv2, &tv3);
    fe_mul(&tv6, &tv6, &tv4);
    fe_mul(&tv5, &b, &tv6);
    fe_add(&tv2, &tv2, &tv5);
    fe_mul(&x, &tv1, &tv3);
    // sqrt_ratio(u = tv2, v = tv6)
    fe uv, v2;
    fe_sqr(&v2, &tv6);
    fe_mul(&uv, &tv2, &tv6);
    fe_mul(&v2, &v2, &uv);
    KERNEL(pow_core)(&y1, &v2);
    fe_mul(&y1, &y1, &uv);
    fe_mul(&y2, &y1, &c2);
    fe_sqr(&t, &y1);
    fe_mul(&t, &t, &tv6);
    fe_mask is_square = fe_eq(&t, &tv2);
    fe_cmov(&y2, &y1, is_square);     // the root of tv2/tv6, or of Z tv2/tv6
    fe_mul(&y, &tv1, u);
    fe_mul(&y, &y, &y2);
    fe_cmov(&x, &tv3, is_square);
    fe_cmov(&y, &y2, is_square);
    fe_neg(&t, &y);
    fe_cmov(&y, &t, mask_xor(fe_is_odd(u), fe_is_odd(&y)));
    *X = x;
    fe_mul(Y, &y, &tv4);
    *Z = tv4;
}

// Complete addition for a = -3: right for every pair of inputs, infinity (0 : 1 : 0) and equal points included
// (Renes, Costello, Batina, eprint 2015/1060, algorithm 4).
static void KERNEL(add_complete)(fe *X3, fe *Y3, fe *Z3, const fe *X1, const fe *Y1, const fe *Z1,
                                 const fe *X2, const fe *Y2, const fe *Z2) {
    fe t0, t1, t2, t3, t4, x, y, z, b;
    KERNEL(broadcast)(&b, WORDS_B);
    fe_mul(&t0, X1, X2); fe_mul(&t1, Y1, Y2); fe_mul(&t2, Z1, Z2);
    fe_add(&t3, X1, Y1); fe_add(&t4, X2, Y2); fe_mul(&t3, &t3, &t4);
    fe_add(&t4, &t0, &t1); fe_sub(&t3, &t3, &t4); fe_add(&t4, Y1, Z1);
    fe_add(&x, Y2, Z2); fe_mul(&t4, &t4, &x); fe_add(&x, &t1, &t2);
    fe_sub(&t4, &t4, &x); fe_add(&x, X1, Z1); fe_add(&y, X2, Z2);
    fe_mul(&x, &x, &y); fe_add(&y, &t0, &t2); fe_sub(&y, &x, &y);
    fe_mul(&z, &b, &t2); fe_sub(&x, &y, &z); fe_add(&z, &x, &x);
    fe_add(&x, &x, &z); fe_sub(&z, &t1, &x); fe_add(&x, &t1, &x);
    fe_mul(&y, &b, &y); fe_add(&t1, &t2, &t2); fe_add(&t2, &t1, &t2);
    fe_sub(&y, &y, &t2); fe_sub(&y, &y, &t0); fe_add(&t1, &y, &y);
    fe_add(&y, &t1, &y); fe_add(&t1, &t0, &t0); fe_add(&t0, &t1, &t0);
    fe_sub(&t0, &t0, &t2); fe_mul(&t1, &t4, &y); fe_mul(&t2, &t0, &y);
    fe_mul(&y, &x, &z); fe_add(Y3, &y, &t2); fe_mul(&x, &t3, &x);
    fe_sub(X3, &x, &t1); fe_mul(&z, &t4, &z); fe_mul(&t1, &t3, &t0);
    fe_add(Z3, &z, &t1);
}

// Reads one 48-byte big-endian integer per lane, `stride` bytes apart; lanes past `count` repeat the first.
static void KERNEL(load_wide)(fe *r, const uint8_t *bytes, size_t stride, size_t count) {
    uint64_t low[LANES][4], high[LANES][4];
    for (size_t l = 0; l < LANES; l++) {
        const uint8_t *p = bytes + (l < count ? l : 0) * stride;
        for (int i = 0; i < 4; i++) low[l][i] = yinhe_p256_load_be(p + 40 - 8 * i);
        high[l][0] = yinhe_p256_load_be(p + 8);
        high[l][1] = yinhe_p256_load_be(p);
        high[l][2] = high[l][3] = 0;
    }
    fe_from_wide(r, (const uint64_t (*)[4])low, (const uint64_t (*)[4])high);
    yinhe_p256_wipe(low, sizeof low);
    yinhe_p256_wipe(high, sizeof high);
}

static void KERNEL(store)(yinhe_p256_point *out, const fe *x, const fe *y, size_t count) {
    uint64_t wx[LANES][4], wy[LANES][4];
    fe_to_words(wx, x);
    fe_to_words(wy, y);
    for (size_t l = 0; l < LANES && l < count; l++) {
        memcpy(out[l].x, wx[l], sizeof out[l].x);
        memcpy(out[l].y, wy[l], sizeof out[l].y);
    }
    yinhe_p256_wipe(wx, sizeof wx);
    yinhe_p256_wipe(wy, sizeof wy);
}

static size_t KERNEL(map_block)(yinhe_p256_point *out, const uint8_t *uniform, size_t count, int maps) {
    fe X[BLOCK], Y[BLOCK], Z[BLOCK], u, x, y, z, one;
    const uint64_t words_one[4] = {1, 0, 0, 0};
    const size_t stride = 48 * (size_t)maps;
    size_t infinite = count;
    KERNEL(broadcast)(&one, words_one);
    int groups = (int)((count + LANES - 1) / LANES);
    for (int g = 0; g < groups; g++) {
        size_t first = (size_t)g * LANES, left = count - first;
        KERNEL(load_wide)(&u, uniform + stride * first, stride, left);
        KERNEL(map_to_curve)(&X[g], &Y[g], &Z[g], &u);
        if (maps == 2) {
            KERNEL(load_wide)(&u, uniform + stride * first + 48, stride, left);
            KERNEL(map_to_curve)(&x, &y, &z, &u);
            KERNEL(add_complete)(&X[g], &Y[g], &Z[g], &X[g], &Y[g], &Z[g], &x, &y, &z);
        }
        fe_mask zero = fe_is_zero(&Z[g]);
        fe_cmov(&Z[g], &one, zero);
        unsigned bits = mask_bits(zero);
        if (bits && infinite == count) infinite = first + (size_t)__builtin_ctz(bits);
    }
    KERNEL(invert_many)(Z, groups);
    for (int g = 0; g < groups; g++) {
        fe_mul(&x, &X[g], &Z[g]);
        fe_mul(&y, &Y[g], &Z[g]);
        KERNEL(store)(out + (size_t)g * LANES, &x, &y, count - (size_t)g * LANES);
    }
    yinhe_p256_wipe(X, sizeof X);
    yinhe_p256_wipe(Y, sizeof Y);
    yinhe_p256_wipe(Z, sizeof Z);
    yinhe_p256_wipe(&u, sizeof u);
    return infinite;
}

static size_t KERNEL(map_all)(yinhe_p256_point *out, const uint8_t *uniform, size_t count, int maps) {
    for (size_t i = 0; i < count; i += BLOCK * LANES) {
        size_t n = count - i < BLOCK * LANES ? count - i : BLOCK * LANES;
        size_t done = KERNEL(map_block)(out + i, uniform + 48 * (size_t)maps * i, n, maps);
        if (done < n) return i + done;
    }
    return count;
}

static size_t KERNEL(hash_to_curve)(yinhe_p256_point *out, const uint8_t *uniform, size_t count) {
    return KERNEL(map_all)(out, uniform, count, 2);
}

static size_t KERNEL(encode_to_curve)(yinhe_p256_point *out, const uint8_t *uniform, size_t count) {
    return KERNEL(map_all)(out, uniform, count, 1);
}

static size_t KERNEL(decode)(yinhe_p256_point *out, const uint8_t *encoded, size_t count) {
    fe b;
    KERNEL(broadcast)(&b, WORDS_B);
    for (size_t first = 0; first < count; first += LANES) {
        uint64_t wx[LANES][4];
        unsigned odd = 0, bad = 0;
        for (size_t l = 0; l < LANES; l++) {
            size_t i = first + l < count ? first + l : first;
            const uint8_t *p = encoded + 33 * i;
            for (int k = 0; k < 4; k++) wx[l][k] = yinhe_p256_load_be(p + 25 - 8 * k);
            if ((p[0] != 2 && p[0] != 3) || !yinhe_p256_below_p(wx[l])) bad |= 1u << l;
            odd |= (unsigned)(p[0] & 1) << l;
            if (bad >> l & 1) memset(wx[l], 0, sizeof wx[l]);
        }
        fe x, y, right, t;
        fe_from_words(&x, (const uint64_t (*)[4])wx);
        fe_sqr(&right, &x);
        fe_mul(&right, &right, &x);
        fe_add(&t, &x, &x);
        fe_add(&t, &t, &x);
        fe_sub(&right, &right, &t);
        fe_add(&right, &right, &b);
        KERNEL(pow_core)(&y, &right);          // a root, where there is one, is right^((p + 1) / 4)
        fe_mul(&y, &y, &right);
        fe_sqr(&t, &y);
        bad |= mask_bits(mask_not(fe_eq(&t, &right)));
        if (bad) return first + (size_t)__builtin_ctz(bad);
        fe_neg(&t, &y);                        // y is not 0: the order is odd
        fe_cmov(&y, &t, mask_xor(fe_is_odd(&y), mask_of_bits(odd)));
        KERNEL(store)(out + first, &x, &y, count - first);
    }
    return count;
}
