// scalar * point for many points and one secret scalar, eight points at a time.
//
// The scalar is made odd (k or n - k; the sign of the result follows) and written in 64 odd digits -15 ... 15 of radix 16
// (Joye, Tunstall, "Exponent recoding and regular exponentiation algorithms", AFRICACRYPT 2009): no digit is zero,
// so every scalar takes the same operations. Table entries are picked by reading all of them.
//
// Additions are incomplete: they fail for equal or opposite points. With an accumulator m P, 0 < 16 m < n + 15, that happens only
// in the last addition and only for odd k = n - 2 |d|, |d| <= 15. The caller keeps such scalars (and their negatives) away.

#define DIGITS 64
#define TABLE 8
#define MULTIPLY_BLOCK 8

// Jacobian x = X / Z^2, y = T / (2 Z^3). T = 2Y saves halvings in both formulas.
typedef struct { fe X, T, Z; } jacobian;

// The point d P for odd d: x and 2y.
typedef struct { fe x, y2; } affine;

// `times` doublings, a = -3, with W = Z^4 carried along (Cohen, Miyaji, Ono, ASIACRYPT 1998): M = 3 (X^2 - W), S = X T^2,
// X' = M^2 - 2S, T' = 2 M (S - X') - T^4, Z' = T Z, W' = T^4 W. Inputs: X and T tight, Z below 3.3 p.
static __attribute__((noinline)) void point_double(jacobian *p, int times) {
    fe W, M, S, T2, U;
    sqr_inline(&W, &p->Z);
    sqr_inline(&W, &W);
#pragma clang loop unroll(disable)
    for (int i = 0; i < times; i++) {
        sqr_inline(&M, &p->X);
        sqr_inline(&T2, &p->T);
        mul_inline(&p->Z, &p->Z, &p->T);
        raw_sub(&M, &W);
        raw_add_p(&M, 2);
        U = M;
        raw_add(&M, &U);
        raw_add(&M, &U);
        fe_carry(&M);                   // below 9.6 p
        mul_inline(&S, &p->X, &T2);
        sqr_inline(&p->X, &M);          // below 6.8 p
        sqr_inline(&T2, &T2);           // T^4 from here
        raw_sub(&p->X, &S);
        raw_sub(&p->X, &S);
        raw_add_p(&p->X, 3);
        fe_carry_tight(&p->X);
        raw_sub(&S, &p->X);
        raw_add_p(&S, 2);
        fe_carry(&S);                   // below 3.1 p
        if (i + 1 < times) mul_inline(&W, &W, &T2);
        mul_inline(&p->T, &M, &S);      // below 2.9 p
        U = p->T;
        raw_add(&p->T, &U);
        raw_sub(&p->T, &T2);
        raw_add_p(&p->T, 2);
        fe_carry_tight(&p->T);
    }
}

// p += q (madd-2007-bl of the Explicit-Formulas Database, in terms of T and 2y). Inputs: X and T tight, Z below 3.3 p, x and 2y
// below 2 p; so are the outputs.
static __attribute__((noinline)) void point_add(jacobian *p, const affine *q) {
    fe ZZ, H, I, J, r, V, t;
    sqr_inline(&ZZ, &p->Z);             // below 1.7 p
    mul_inline(&r, &q->y2, &p->Z);
    mul_inline(&H, &q->x, &ZZ);
    raw_sub(&H, &p->X);
    raw_add_p(&H, 2);
    fe_carry(&H);                       // U2 - X, below 3.3 p
    mul_inline(&r, &r, &ZZ);
    sqr_inline(&I, &H);
    raw_sub(&r, &p->T);
    raw_add_p(&r, 2);
    fe_carry(&r);                       // 2 (S2 - Y), below 3.3 p
    for (int i = 0; i < 5; i++) I.v[i] = _mm512_slli_epi64(I.v[i], 2);
    fe_carry(&I);                       // below 6.8 p
    mul_inline(&J, &H, &I);             // below 2.5 p
    mul_inline(&V, &p->X, &I);          // below 1.5 p
    mul_inline(&p->Z, &p->Z, &H);       // below 1.6 p
    sqr_inline(&p->X, &r);              // below 1.7 p
    mul_inline(&t, &p->T, &J);          // below 1.2 p
    raw_add(&p->Z, &p->Z);
    fe_carry(&p->Z);                    // below 3.3 p
    raw_sub(&p->X, &J);
    raw_sub(&p->X, &V);
    raw_sub(&p->X, &V);
    raw_add_p(&p->X, 6);
    fe_carry_tight(&p->X);
    raw_sub(&V, &p->X);
    raw_add_p(&V, 2);
    fe_carry(&V);                       // below 3.5 p
    mul_inline(&r, &r, &V);             // below 1.8 p
    raw_sub(&r, &t);
    raw_add_p(&r, 2);
    p->T = r;
    raw_add(&p->T, &r);
    fe_carry_tight(&p->T);
}

// 2P for an affine P, given 1 / 2y: lambda = 3 (x^2 - 1) / 2y, x' = lambda^2 - 2x, y' = lambda (x - x') - y.
static void ifma_twice(affine *r, const affine *P, const fe *inverse) {
    fe one, t, u, lambda;
    fe_splat(&one, LIMBS_ONE);
    fe_sqr(&t, &P->x);
    fe_sub(&t, &t, &one);
    fe_add(&u, &t, &t);
    fe_add(&t, &u, &t);
    fe_mul(&lambda, &t, inverse);
    fe_sqr(&r->x, &lambda);
    fe_sub(&r->x, &r->x, &P->x);
    fe_sub(&r->x, &r->x, &P->x);
    fe_sub(&t, &P->x, &r->x);
    fe_mul(&t, &t, &lambda);
    fe_add(&t, &t, &t);
    fe_sub(&r->y2, &t, &P->y2);
}

// The odd multiples P, 3P, ..., 15P of every point of a block, affine.
static void ifma_tables(affine (*table)[TABLE], const affine *points, int groups) {
    fe slope[MULTIPLY_BLOCK], inverse[MULTIPLY_BLOCK * TABLE], t;
    jacobian multiples[MULTIPLY_BLOCK][TABLE], sum;
    affine twice;
    for (int g = 0; g < groups; g++) slope[g] = points[g].y2;
    ifma_invert_many(slope, groups);
    for (int g = 0; g < groups; g++) {
        ifma_twice(&twice, &points[g], &slope[g]);
        sum.X = points[g].x;
        sum.T = points[g].y2;
        fe_splat(&sum.Z, LIMBS_ONE);
        for (int j = 1; j < TABLE; j++) {
            point_add(&sum, &twice);
            multiples[g][j] = sum;
            inverse[g * (TABLE - 1) + j - 1] = sum.Z;
        }
    }
    ifma_invert_many(inverse, groups * (TABLE - 1));
    for (int g = 0; g < groups; g++) {
        table[g][0] = points[g];
        for (int j = 1; j < TABLE; j++) {
            const fe *i = &inverse[g * (TABLE - 1) + j - 1];
            fe_sqr(&t, i);
            fe_mul(&table[g][j].x, &multiples[g][j].X, &t);
            fe_mul(&t, &t, i);
            fe_mul(&table[g][j].y2, &multiples[g][j].T, &t);
        }
    }
}

// The entry of one signed digit, which is the same in all lanes; reads the whole table.
INLINE void pick(affine *r, const affine table[TABLE], unsigned index, unsigned negative) {
    fe t;
    memset(r, 0, sizeof *r);
    for (unsigned j = 0; j < TABLE; j++) {
        uint64_t differs = j ^ index;
        const __m512i m = splat(yinhe_p256_hide(((differs | (0 - differs)) >> 63) - 1));
        for (int i = 0; i < 5; i++) {
            r->x.v[i] = _mm512_or_epi64(r->x.v[i], _mm512_and_epi64(table[j].x.v[i], m));
            r->y2.v[i] = _mm512_or_epi64(r->y2.v[i], _mm512_and_epi64(table[j].y2.v[i], m));
        }
    }
    memset(&t, 0, sizeof t);
    raw_sub(&t, &r->y2);
    raw_add_p(&t, 2);
    fe_carry(&t);
    fe_cmov(&r->y2, &t, (fe_mask)yinhe_p256_hide(0 - (uint64_t)negative));
}

// Digits from the most significant down, as table index and sign; returns whether k was replaced by n - k.
static unsigned ifma_recode(uint8_t index[DIGITS], uint8_t negative[DIGITS], const uint8_t *scalar) {
    static const uint64_t n[4] = {0xf3b9cac2fc632551ULL, 0xbce6faada7179e84ULL, 0xffffffffffffffffULL, 0xffffffff00000000ULL};
    uint64_t k[4], flipped[4], borrow = 0;
    for (int i = 0; i < 4; i++) k[i] = yinhe_p256_load_be(scalar + 24 - 8 * i);
    for (int i = 0; i < 4; i++) {
        unsigned __int128 d = (unsigned __int128)n[i] - k[i] - borrow;
        flipped[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    unsigned even = (unsigned)(~k[0] & 1);
    uint64_t m = yinhe_p256_hide(0 - (uint64_t)even);
    for (int i = 0; i < 4; i++) k[i] ^= m & (k[i] ^ flipped[i]);
    for (int i = 0; i < DIGITS; i++) {
        int bit = 4 * i, word = bit / 64, shift = bit % 64;
        uint64_t window = k[word] >> shift;
        if (shift == 60 && word < 3) window |= k[word + 1] << 4;
        int digit = (int)((window & 31) | 1) - (i < DIGITS - 1 ? 16 : 0);
        int sign = digit >> 31;
        index[DIGITS - 1 - i] = (uint8_t)(((digit ^ sign) - sign - 1) / 2);
        negative[DIGITS - 1 - i] = (uint8_t)(sign & 1);
    }
    yinhe_p256_wipe(k, sizeof k);
    yinhe_p256_wipe(flipped, sizeof flipped);
    return even;
}

static void ifma_multiply(yinhe_p256_point *out, const yinhe_p256_point *in, size_t count, const uint8_t *scalar) {
    uint8_t index[DIGITS], negative[DIGITS];
    affine points[MULTIPLY_BLOCK], entry;
    affine table[MULTIPLY_BLOCK][TABLE];
    jacobian sums[MULTIPLY_BLOCK];
    fe inverse[MULTIPLY_BLOCK], t, x, y, half;
    unsigned flip = ifma_recode(index, negative, scalar);
    fe_splat(&half, LIMBS_HALF);
    for (size_t first = 0; first < count; first += MULTIPLY_BLOCK * LANES) {
        size_t left = count - first < MULTIPLY_BLOCK * LANES ? count - first : MULTIPLY_BLOCK * LANES;
        int groups = (int)((left + LANES - 1) / LANES);
        for (int g = 0; g < groups; g++) {
            uint64_t wx[LANES][4], wy[LANES][4];
            for (size_t l = 0; l < LANES; l++) {
                size_t i = (size_t)g * LANES + l;
                const yinhe_p256_point *p = &in[first + (i < left ? i : 0)];
                memcpy(wx[l], p->x, sizeof wx[l]);
                memcpy(wy[l], p->y, sizeof wy[l]);
            }
            fe_from_words(&points[g].x, (const uint64_t (*)[4])wx);
            fe_from_words(&y, (const uint64_t (*)[4])wy);
            fe_add(&points[g].y2, &y, &y);
        }
        ifma_tables(table, points, groups);
        for (int g = 0; g < groups; g++) {
            jacobian *sum = &sums[g];
            pick(&entry, table[g], index[0], negative[0]);
            sum->X = entry.x;
            sum->T = entry.y2;
            fe_splat(&sum->Z, LIMBS_ONE);
            for (int i = 1; i < DIGITS; i++) {
                point_double(sum, 4);
                pick(&entry, table[g], index[i], negative[i]);
                point_add(sum, &entry);
            }
            inverse[g] = sum->Z;
        }
        ifma_invert_many(inverse, groups);
        for (int g = 0; g < groups; g++) {
            fe_sqr(&t, &inverse[g]);
            fe_mul(&x, &sums[g].X, &t);
            fe_mul(&t, &t, &inverse[g]);
            fe_mul(&t, &t, &half);
            fe_mul(&y, &sums[g].T, &t);
            fe_neg(&t, &y);
            fe_cmov(&y, &t, (fe_mask)yinhe_p256_hide(0 - (uint64_t)flip));
            ifma_store(out + first + (size_t)g * LANES, &x, &y, left - (size_t)g * LANES);
        }
    }
    yinhe_p256_wipe(index, sizeof index);
    yinhe_p256_wipe(negative, sizeof negative);
    yinhe_p256_wipe(&entry, sizeof entry);
    yinhe_p256_wipe(sums, sizeof sums);
    yinhe_p256_wipe(inverse, sizeof inverse);
}
