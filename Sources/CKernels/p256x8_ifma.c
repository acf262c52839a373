// Eight-way P-256 with AVX-512 IFMA: Montgomery arithmetic in radix 2^52, R = 2^260, one field element per lane.
//
// p = 2^256 - 2^224 + 2^192 + 2^96 - 1 is -1 modulo 2^52, so the Montgomery quotient digit of each step is the low limb itself.
// Values are kept below 16p in five limbs below 2^52; the bound of every intermediate, as a multiple of p, stands in brackets.
// A product of inputs [a] and [b] is at most [1 + ab/16].
//
// Sources: RFC 9380 (appendix F.2, simplified SWU map and sqrt_ratio for p = 3 mod 4); Jacobian formulas for a = -3 as in Hankerson,
// Menezes, Vanstone, "Guide to Elliptic Curve Cryptography", section 3.2.2; regular signed recoding of an odd scalar: Joye and
// Tunstall, "Exponent recoding and regular exponentiation algorithms", AFRICACRYPT 2009.

#include "p256x8.h"

#if defined(__x86_64__) && defined(__clang__)

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define FUNCTION static __attribute__((noinline)) TARGET

typedef __m512i lanes;
typedef struct { lanes v[5]; } fe;
typedef struct { fe x, y, z; } point;          // Jacobian: affine x / z^2, y / z^3
typedef struct { fe x, y, z, zz, zzz; } entry; // a table point with z^2 and z^3

#define MASK52 0xfffffffffffffULL

static const uint64_t P[5] = {0xfffffffffffffULL, 0x00fffffffffffULL, 0, 0x0001000000000ULL, 0x0ffffffff0000ULL};
// R mod p, R^2 mod p, curve coefficient b * R, and for the map: Z * R with Z = -10, and sqrt(10) * R = sqrt(-Z) * R.
static const uint64_t ONE[5] = {0x0000000000010ULL, 0xf000000000000ULL, 0xfffffffffffffULL, 0xffeffffffffffULL, 0x00000000fffffULL};
static const uint64_t RR[5] = {0x0000000000300ULL, 0xffffffff00000ULL, 0xffffefffffffbULL, 0xfdfffffffffffULL, 0x0000004ffffffULL};
static const uint64_t CURVE_B[5] = {0xdf6229c4bddfdULL, 0xca8843090d89cULL, 0x212ed6acf005cULL, 0x83415a220abf7ULL, 0x0c30061dd4874ULL};
static const uint64_t MAP_Z[5] = {0xfffffffffff5fULL, 0xa0fffffffffffULL, 0x0000000000000ULL, 0x00a1000000000ULL, 0x0ffffff5f0000ULL};
static const uint64_t MAP_C2[5] = {0x38ee98a195fd9ULL, 0x6b23dcf70a1fdULL, 0xa8dfee78400adULL, 0x303d913c88f9eULL, 0x0051d26ea2a8fULL};
// The group order, 64-bit words, low first.
static const uint64_t ORDER[4] = {0xf3b9cac2fc632551ULL, 0xbce6faada7179e84ULL, 0xffffffffffffffffULL, 0xffffffff00000000ULL};

INLINE lanes all(uint64_t x) { return _mm512_set1_epi64((long long)x); }

INLINE fe constant(const uint64_t c[5]) {
    fe r;
    for (int i = 0; i < 5; i++) r.v[i] = all(c[i]);
    return r;
}

// Limbs become 0 ... 2^52 - 1 again; the value must be in 0 ... 2^260 - 1. Limbs may be negative on the way.
INLINE fe carry(fe a) {
    const lanes mask = all(MASK52);
    for (int i = 0; i < 4; i++) {
        a.v[i + 1] = _mm512_add_epi64(a.v[i + 1], _mm512_srai_epi64(a.v[i], 52));
        a.v[i] = _mm512_and_si512(a.v[i], mask);
    }
    return a;
}

// A carried value below [16] becomes one below [1.01]: bits from 2^256 on are folded by 2^256 = 2^224 - 2^192 - 2^96 + 1.
INLINE fe fold(fe a) {
    const lanes high = _mm512_srli_epi64(a.v[4], 48);
    a.v[4] = _mm512_and_si512(a.v[4], all(0xffffffffffffULL));
    a.v[0] = _mm512_add_epi64(a.v[0], high);
    a.v[1] = _mm512_sub_epi64(a.v[1], _mm512_slli_epi64(high, 44));
    a.v[3] = _mm512_sub_epi64(a.v[3], _mm512_slli_epi64(high, 36));
    a.v[4] = _mm512_add_epi64(a.v[4], _mm512_slli_epi64(high, 16));
    return carry(a);
}

INLINE fe add(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.v[i] = _mm512_add_epi64(a.v[i], b.v[i]);
    return carry(a);
}

// a - b + k p; b must be at most [k].
INLINE fe subtract(fe a, fe b, uint64_t k) {
    for (int i = 0; i < 5; i++) a.v[i] = _mm512_add_epi64(_mm512_sub_epi64(a.v[i], b.v[i]), all(k * P[i]));
    return carry(a);
}

INLINE fe twice(fe a) { return add(a, a); }

INLINE fe thrice(fe a) {
    for (int i = 0; i < 5; i++) a.v[i] = _mm512_add_epi64(a.v[i], _mm512_add_epi64(a.v[i], a.v[i]));
    return carry(a);
}

// a / 2 modulo p: [(a + 1) / 2].
INLINE fe half(fe a) {
    const lanes odd = _mm512_sub_epi64(_mm512_setzero_si512(), _mm512_and_si512(a.v[0], all(1)));
    for (int i = 0; i < 5; i++) a.v[i] = _mm512_add_epi64(a.v[i], _mm512_and_si512(odd, all(P[i])));
    a = carry(a);
    for (int i = 0; i < 4; i++) {
        a.v[i] = _mm512_or_si512(
            _mm512_srli_epi64(a.v[i], 1), _mm512_slli_epi64(_mm512_and_si512(a.v[i + 1], all(1)), 51));
    }
    a.v[4] = _mm512_srli_epi64(a.v[4], 1);
    return a;
}

// Montgomery reduction of ten accumulators (each below 2^60) to a carried value.
INLINE fe reduce(lanes t[10]) {
    const lanes mask = all(MASK52), p1 = all(1ULL << 44), p3 = all(P[3]), p4 = all(P[4]);
    for (int i = 0; i < 5; i++) {
        // m * p * 2^(52 i) = -m 2^(52 i) + m 2^(52 i + 96) + m p3 2^(52 (i + 3)) + m p4 2^(52 (i + 4)); the first term clears limb i.
        const lanes m = _mm512_and_si512(t[i], mask);
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64(t[i], 52));
        t[i + 1] = _mm512_madd52lo_epu64(t[i + 1], m, p1);
        t[i + 2] = _mm512_madd52hi_epu64(t[i + 2], m, p1);
        t[i + 3] = _mm512_madd52lo_epu64(t[i + 3], m, p3);
        t[i + 4] = _mm512_madd52hi_epu64(t[i + 4], m, p3);
        t[i + 4] = _mm512_madd52lo_epu64(t[i + 4], m, p4);
        t[i + 5] = _mm512_madd52hi_epu64(t[i + 5], m, p4);
    }
    fe r;
    for (int i = 0; i < 5; i++) r.v[i] = t[i + 5];
    return carry(r);
}

INLINE fe multiply_inline(fe a, fe b) {
    lanes t[10], u[10];
    for (int i = 0; i < 10; i++) t[i] = u[i] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < 5; j++) {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.v[i], b.v[j]);
            u[i + j + 1] = _mm512_madd52hi_epu64(u[i + j + 1], a.v[i], b.v[j]);
        }
    }
    for (int i = 0; i < 10; i++) t[i] = _mm512_add_epi64(t[i], u[i]);
    return reduce(t);
}

INLINE fe square_inline(fe a) {
    lanes t[10], u[10];
    for (int i = 0; i < 10; i++) t[i] = u[i] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
#pragma clang loop unroll(full)
        for (int j = i + 1; j < 5; j++) {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.v[i], a.v[j]);
            u[i + j + 1] = _mm512_madd52hi_epu64(u[i + j + 1], a.v[i], a.v[j]);
        }
    }
    for (int i = 0; i < 10; i++) {
        t[i] = _mm512_add_epi64(t[i], u[i]);
        t[i] = _mm512_add_epi64(t[i], t[i]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
        t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a.v[i], a.v[i]);
        t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a.v[i], a.v[i]);
    }
    return reduce(t);
}

#define multiply multiply_inline
#define square square_inline

FUNCTION void square_times(fe *a, int n) {
    fe r = *a;
    for (int i = 0; i < n; i++) r = square(r);
    *a = r;
}

// The representative in 0 ... p - 1 of a / R: out of Montgomery form and fully reduced.
FUNCTION fe canonical(fe a) {
    fe one = {{all(1), all(0), all(0), all(0), all(0)}};
    a = multiply(a, one);  // 0 ... p
    fe d = a;
    for (int i = 0; i < 5; i++) d.v[i] = _mm512_sub_epi64(d.v[i], all(P[i]));
    d = carry(d);  // the top limb keeps the sign
    const __mmask8 negative = _mm512_movepi64_mask(d.v[4]);
    for (int i = 0; i < 5; i++) a.v[i] = _mm512_mask_mov_epi64(d.v[i], negative, a.v[i]);
    return a;
}

INLINE __mmask8 is_zero_canonical(fe a) {
    lanes any = _mm512_or_si512(_mm512_or_si512(a.v[0], a.v[1]), _mm512_or_si512(_mm512_or_si512(a.v[2], a.v[3]), a.v[4]));
    return _mm512_testn_epi64_mask(any, any);
}

// Both below [2].
INLINE __mmask8 equal(fe a, fe b) { return is_zero_canonical(canonical(subtract(a, b, 2))); }

INLINE fe choose(__mmask8 k, fe yes, fe no) {
    for (int i = 0; i < 5; i++) yes.v[i] = _mm512_mask_mov_epi64(no.v[i], k, yes.v[i]);
    return yes;
}

// a^((p - 3) / 4), [< 2] in and out. (p - 3) / 4 = (2^64 - 2^32 + 1) 2^190 + 2^94 - 1.
FUNCTION void power_c1(fe *r, const fe *a) {
    fe x2 = multiply(square(*a), *a);
    fe x3 = multiply(square(x2), *a);
    fe t = x3;
    square_times(&t, 3);
    fe x6 = multiply(t, x3);
    t = x6;
    square_times(&t, 6);
    fe x12 = multiply(t, x6);
    t = x12;
    square_times(&t, 12);
    t = multiply(t, x12);
    square_times(&t, 6);
    fe x30 = multiply(t, x6);
    t = x30;
    square_times(&t, 2);
    fe x32 = multiply(t, x2);
    t = x32;
    square_times(&t, 32);
    t = multiply(t, *a);
    square_times(&t, 128);
    t = multiply(t, x32);
    square_times(&t, 32);
    t = multiply(t, x32);
    square_times(&t, 30);
    *r = multiply(t, x30);
}

// 1 / a (0 for 0): p - 2 = 4 (p - 3) / 4 + 1.
FUNCTION void invert(fe *r, const fe *a) {
    fe t;
    power_c1(&t, a);
    t = square(square(t));
    *r = multiply(t, *a);
}

// x [1.01], y [4], z [2] in and out.
FUNCTION void double_point(point *q) {
    fe s = twice(q->y);                                     // [8]
    fe zz = square(q->z);                                   // [1.25]
    fe z3 = multiply(s, q->z);                              // [2]
    s = square(s);                                          // [5]   4 y^2
    fe m = multiply(subtract(q->x, zz, 2), add(q->x, zz));  // [3.01], [2.3] -> [1.5]
    m = thrice(m);                                          // [4.5]
    fe b = multiply(q->x, s);                               // [1.4] 4 x y^2
    s = half(square(s));                                    // [1.8] 8 y^4
    fe x3 = fold(subtract(square(m), twice(b), 4));         // [2.3] + [4] -> [1.01]
    q->y = subtract(multiply(m, subtract(b, x3, 2)), s, 2); // [4.5] [3.4] -> [2], [4]
    q->x = x3;
    q->z = z3;
}

// Different points, neither at infinity, not inverse to each other. x [1.01], y [4], z [2] for both and for the result.
FUNCTION void add_point(point *q, const entry *t) {
    fe zz = square(q->z);                                                          // [1.25]
    fe u1 = multiply(q->x, t->zz);                                                 // [1.2]
    fe u2 = multiply(t->x, zz);                                                    // [1.1]
    fe s1 = multiply(q->y, t->zzz);                                                // [1.5]
    fe s2 = multiply(t->y, multiply(zz, q->z));                                    // [1.4]
    fe h = subtract(u2, u1, 2);                                                    // [3.1]
    fe r = subtract(s2, s1, 2);                                                    // [3.4]
    fe hh = square(h);                                                             // [1.6]
    fe hhh = multiply(hh, h);                                                      // [1.4]
    fe v = multiply(u1, hh);                                                       // [1.2]
    q->z = multiply(multiply(q->z, t->z), h);                                      // [1.3]
    q->x = fold(subtract(subtract(square(r), hhh, 2), twice(v), 4));               // [7.8] -> [1.01]
    q->y = subtract(multiply(r, subtract(v, q->x, 2)), multiply(s1, hhh), 2);      // [1.7] + [2]
}

INLINE entry entry_of(const point *q) {
    entry e;
    e.x = q->x;
    e.y = q->y;
    e.z = q->z;
    e.zz = square(q->z);
    e.zzz = multiply(e.zz, q->z);
    return e;
}

enum { WINDOW = 5, ENTRIES = 16, DIGITS = 51 };

typedef struct {
    int8_t digit[DIGITS];  // odd, -31 ... 31, most significant first; above them stands an implied digit 1
    uint64_t negate;       // all ones when the recoded scalar is order - scalar
} recoding;

static void wipe(void *p, size_t n) {
    volatile uint8_t *b = p;
    while (n--) *b++ = 0;
}

// An odd scalar, or order - scalar, as sum of digits 32^i with odd digits, without a branch on it.
static void recode(recoding *r, const uint8_t scalar[32]) {
    uint64_t k[5] = {0}, n[4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 8; j++) k[i] = k[i] << 8 | scalar[8 * (3 - i) + j];
    const uint64_t even = (k[0] & 1) - 1;
    unsigned __int128 t = 0;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        t = (unsigned __int128)ORDER[i] - k[i] - borrow;
        n[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    for (int i = 0; i < 4; i++) k[i] = (n[i] & even) | (k[i] & ~even);
    r->negate = even;
    for (int d = DIGITS - 1; d >= 0; d--) {
        const int64_t digit = (int64_t)(k[0] & 63) - 32;
        r->digit[d] = (int8_t)digit;
        // k = (k - digit) / 32; k stays odd and positive.
        const uint64_t low = (uint64_t)(-digit), extend = (uint64_t)((-digit) >> 63);
        unsigned __int128 c = (unsigned __int128)k[0] + low;
        k[0] = (uint64_t)c;
        for (int i = 1; i < 5; i++) {
            c = (unsigned __int128)k[i] + extend + (uint64_t)(c >> 64);
            k[i] = (uint64_t)c;
        }
        for (int i = 0; i < 4; i++) k[i] = k[i] >> WINDOW | k[i + 1] << (64 - WINDOW);
        k[4] >>= WINDOW;
    }
    wipe(k, sizeof k);
    wipe(n, sizeof n);
}

// q = k q for the recoded k; the caller flips the sign of y by `negate`.
FUNCTION void multiply_point(point *q, const recoding *k) {
    entry table[ENTRIES];  // q, 3q, 5q, ..., 31q
    point t = *q;
    table[0] = entry_of(&t);
    double_point(&t);
    const entry two = entry_of(&t);
    t = *q;
    for (int i = 1; i < ENTRIES; i++) {
        add_point(&t, &two);
        table[i] = entry_of(&t);
    }
    for (int d = 0; d < DIGITS; d++) {
        for (int i = 0; i < WINDOW; i++) double_point(q);
        const int digit = k->digit[d], sign = digit >> 7;  // 0 or -1
        const int index = ((digit ^ sign) - sign) >> 1;
        // Every entry is read, whatever the digit.
        entry chosen;
        lanes *out = (lanes *)&chosen;
        for (size_t w = 0; w < sizeof(entry) / sizeof(lanes); w++) out[w] = _mm512_setzero_si512();
        for (int i = 0; i < ENTRIES; i++) {
            const int difference = i ^ index;
            const lanes mask = all((uint64_t)((int64_t)(difference - 1) >> 63));
            const lanes *in = (const lanes *)&table[i];
            for (size_t w = 0; w < sizeof(entry) / sizeof(lanes); w++)
                out[w] = _mm512_or_si512(out[w], _mm512_and_si512(in[w], mask));
        }
        const fe zero = constant((const uint64_t[5]){0, 0, 0, 0, 0});
        const lanes flip = all((uint64_t)(int64_t)sign);
        const fe negative = subtract(zero, chosen.y, 4);
        for (int i = 0; i < 5; i++)
            chosen.y.v[i] = _mm512_ternarylogic_epi64(flip, negative.v[i], chosen.y.v[i], 0xca);  // flip ? negative : y
        add_point(q, &chosen);
    }
}

// Eight 32-byte big-endian integers, `stride` bytes apart, into limbs.
FUNCTION void load(fe *r, const uint8_t *bytes, size_t stride) {
    uint64_t limb[5][8];
    for (int lane = 0; lane < 8; lane++) {
        uint64_t w[4];
        for (int i = 0; i < 4; i++) {
            uint64_t x;
            memcpy(&x, bytes + stride * (size_t)lane + 8 * (size_t)(3 - i), 8);
            w[i] = __builtin_bswap64(x);
        }
        limb[0][lane] = w[0] & MASK52;
        limb[1][lane] = (w[0] >> 52 | w[1] << 12) & MASK52;
        limb[2][lane] = (w[1] >> 40 | w[2] << 24) & MASK52;
        limb[3][lane] = (w[2] >> 28 | w[3] << 36) & MASK52;
        limb[4][lane] = w[3] >> 16;
    }
    for (int i = 0; i < 5; i++) r->v[i] = _mm512_loadu_si512(limb[i]);
}

// Whether a carried value is below p.
INLINE __mmask8 below_p(fe a) {
    for (int i = 0; i < 5; i++) a.v[i] = _mm512_sub_epi64(a.v[i], all(P[i]));
    return _mm512_movepi64_mask(carry(a).v[4]);
}

// Compressed encodings of eight canonical affine points.
FUNCTION void store(uint8_t *out, size_t lanes_used, fe x, fe y) {
    uint64_t limb[5][8], parity[8];
    for (int i = 0; i < 5; i++) _mm512_storeu_si512(limb[i], x.v[i]);
    _mm512_storeu_si512(parity, y.v[0]);
    for (size_t lane = 0; lane < lanes_used; lane++) {
        const uint64_t w[4] = {
            limb[0][lane] | limb[1][lane] << 52, limb[1][lane] >> 12 | limb[2][lane] << 40,
            limb[2][lane] >> 24 | limb[3][lane] << 28, limb[3][lane] >> 36 | limb[4][lane] << 16};
        uint8_t *p = out + 33 * lane;
        p[0] = (uint8_t)(2 + (parity[lane] & 1));
        for (int i = 0; i < 4; i++) {
            const uint64_t big = __builtin_bswap64(w[3 - i]);
            memcpy(p + 1 + 8 * i, &big, 8);
        }
    }
}

// RFC 9380, appendix F.2 with sqrt_ratio of F.2.1.2, for eight lanes; the result is Jacobian with z = tv4.
FUNCTION void map_to_curve(point *r, const uint8_t *u_bytes, size_t stride) {
    fe raw;
    load(&raw, u_bytes, stride);
    const __mmask8 u_odd = _mm512_test_epi64_mask(raw.v[0], all(1));
    const fe rr = constant(RR), b = constant(CURVE_B), z = constant(MAP_Z), zero = constant((const uint64_t[5]){0, 0, 0, 0, 0});
    const fe u = multiply(raw, rr);                                     // [1.1]
    fe tv1 = multiply(z, square(u));                                    // [1.1]
    fe tv2 = add(square(tv1), tv1);                                     // [2.2]
    fe tv3 = multiply(b, add(tv2, constant(ONE)));                      // [1.3]
    const __mmask8 tv2_zero = is_zero_canonical(canonical(tv2));
    fe tv4 = choose(tv2_zero, z, subtract(zero, tv2, 4));               // [4]
    tv4 = fold(subtract(zero, thrice(tv4), 12));                        // a = -3: [12] -> [1.01]
    fe tv6 = square(tv4);                                               // [1.1]
    tv2 = subtract(square(tv3), thrice(tv6), 4);                        // [5.2]
    tv2 = multiply(tv2, tv3);                                           // [1.5]
    tv6 = multiply(tv6, tv4);                                           // [1.1]
    tv2 = add(tv2, multiply(b, tv6));                                   // [2.6] gx1 numerator
    fe x = multiply(tv1, tv3);                                          // [1.1]
    // sqrt_ratio(tv2, tv6)
    fe product = multiply(tv2, tv6);                                    // [1.2]
    fe t = multiply(square(tv6), product);                              // [1.1]
    fe y1;
    power_c1(&y1, &t);
    y1 = multiply(y1, product);                                         // [1.1]
    const fe y2 = multiply(y1, constant(MAP_C2));
    const __mmask8 is_square = equal(multiply(square(y1), tv6), fold(tv2));
    y1 = choose(is_square, y1, y2);
    fe y = multiply(multiply(tv1, u), y1);                              // [1.1]
    x = choose(is_square, tv3, x);
    y = choose(is_square, y1, y);
    const __mmask8 y_odd = _mm512_test_epi64_mask(canonical(y).v[0], all(1));
    y = choose((__mmask8)(u_odd ^ y_odd), subtract(zero, y, 2), y);     // [2]
    r->z = tv4;
    r->x = fold(multiply(x, tv4));                                      // x tv4 = (x / tv4) z^2
    r->y = multiply(y, tv6);                                            // y tv4^3
}

// y^2 = x^3 - 3x + b for canonical x in Montgomery form; the mask says which lanes are on the curve.
FUNCTION __mmask8 decompress(point *r, fe x, __mmask8 odd) {
    const fe zero = constant((const uint64_t[5]){0, 0, 0, 0, 0});
    const fe cube = multiply(square(x), x);  // [1.1]
    const fe w = fold(add(subtract(cube, thrice(x), 4), constant(CURVE_B)));
    fe y;
    power_c1(&y, &w);
    y = multiply(y, w);  // w^((p + 1) / 4)
    const __mmask8 valid = equal(square(y), w);
    const __mmask8 y_odd = _mm512_test_epi64_mask(canonical(y).v[0], all(1));
    r->x = x;
    r->y = choose((__mmask8)(odd ^ y_odd), subtract(zero, y, 2), y);
    r->z = constant(ONE);
    return valid;
}

enum { GROUPS = 16, BATCH = 8 * GROUPS };

// Normalises up to GROUPS Jacobian groups with one inversion and writes their encodings. Returns nonzero when some z is zero.
FUNCTION int finish(point *q, size_t count, uint64_t negate, uint8_t *out) {
    const size_t groups = (count + 7) / 8;
    fe prefix[GROUPS], inverse;
    prefix[0] = q[0].z;
    for (size_t g = 1; g < groups; g++) prefix[g] = multiply(prefix[g - 1], q[g].z);
    if (is_zero_canonical(canonical(prefix[groups - 1]))) return 1;
    invert(&inverse, &prefix[groups - 1]);
    const fe zero = constant((const uint64_t[5]){0, 0, 0, 0, 0});
    for (size_t g = groups; g-- > 0;) {
        const fe zi = g > 0 ? multiply(inverse, prefix[g - 1]) : inverse;
        inverse = multiply(inverse, q[g].z);
        const fe zz = square(zi);
        const fe x = canonical(multiply(q[g].x, zz));
        fe y = multiply(q[g].y, multiply(zz, zi));
        const fe negative = subtract(zero, y, 2);
        for (int i = 0; i < 5; i++) y.v[i] = _mm512_ternarylogic_epi64(all(negate), negative.v[i], y.v[i], 0xca);
        const size_t rest = count - 8 * g;
        store(out + 33 * 8 * g, rest < 8 ? rest : 8, x, canonical(y));
    }
    return 0;
}

int yh_p256x8_available(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512ifma");
}

TARGET int yh_p256x8_hash_multiply(const uint8_t *u, size_t count, const uint8_t scalar[32], uint8_t *out) {
    recoding k;
    recode(&k, scalar);
    point q[GROUPS];
    int exceptional = 0;
    for (size_t done = 0; done < count; done += BATCH) {
        const size_t n = count - done < BATCH ? count - done : BATCH;
        for (size_t g = 0; 8 * g < n; g++) {
            uint8_t padded[8 * 64];
            const uint8_t *in = u + 64 * (done + 8 * g);
            if (n - 8 * g < 8) {
                for (size_t i = 0; i < 8; i++) memcpy(padded + 64 * i, in + 64 * (i < n - 8 * g ? i : 0), 64);
                in = padded;
            }
            point q1;
            map_to_curve(&q[g], in, 64);
            map_to_curve(&q1, in + 32, 64);
            const entry e = entry_of(&q1);
            add_point(&q[g], &e);
            multiply_point(&q[g], &k);
        }
        exceptional |= finish(q, n, k.negate, out + 33 * done);
    }
    wipe(&k, sizeof k);
    return exceptional;
}

TARGET ptrdiff_t yh_p256x8_multiply(const uint8_t *points, size_t count, const uint8_t scalar[32], uint8_t *out) {
    recoding k;
    recode(&k, scalar);
    point q[GROUPS];
    ptrdiff_t invalid = -1;
    for (size_t done = 0; done < count && invalid < 0; done += BATCH) {
        const size_t n = count - done < BATCH ? count - done : BATCH;
        for (size_t g = 0; 8 * g < n && invalid < 0; g++) {
            const size_t used = n - 8 * g < 8 ? n - 8 * g : 8;
            uint8_t padded[8 * 33];
            const uint8_t *in = points + 33 * (done + 8 * g);
            unsigned odd = 0, prefix_ok = 0;
            for (size_t i = 0; i < 8; i++) {
                const uint8_t *p = in + 33 * (i < used ? i : 0);
                memcpy(padded + 33 * i, p, 33);
                odd |= (unsigned)(p[0] & 1) << i;
                prefix_ok |= (unsigned)(p[0] == 2 || p[0] == 3) << i;
            }
            fe raw;
            load(&raw, padded + 1, 33);
            unsigned ok = prefix_ok & below_p(raw);
            ok &= decompress(&q[g], fold(multiply(raw, constant(RR))), (__mmask8)odd);
            if (ok != 0xff) {
                invalid = (ptrdiff_t)(done + 8 * g) + __builtin_ctz(~ok & 0xff);
                break;
            }
            multiply_point(&q[g], &k);
        }
        if (invalid < 0 && finish(q, n, k.negate, out + 33 * done)) invalid = (ptrdiff_t)done;
    }
    wipe(&k, sizeof k);
    return invalid;
}

#else

int yh_p256x8_available(void) { return 0; }

int yh_p256x8_hash_multiply(const uint8_t *u, size_t count, const uint8_t scalar[32], uint8_t *out) {
    (void)u, (void)count, (void)scalar, (void)out;
    return 1;
}

ptrdiff_t yh_p256x8_multiply(const uint8_t *points, size_t count, const uint8_t scalar[32], uint8_t *out) {
    (void)points, (void)count, (void)scalar, (void)out;
    return 0;
}

#endif
