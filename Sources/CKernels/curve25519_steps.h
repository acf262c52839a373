// The group ristretto255 (RFC 9496) over a field that handles LANES elements side by side. Included once per implementation,
// after its field header and with KERNEL(name) defined.

typedef struct { fe x, y, z, t; } pt;
typedef struct { fe sum, difference, t2d, z2; } cached;  // Y + X, Y - X, 2 d T, 2 Z

INLINE void fe_neg(fe *r, const fe *a) {
    fe zero;
    memset(&zero, 0, sizeof zero);
    fe_sub(r, &zero, a);
}

INLINE fe_mask fe_eq(const fe *a, const fe *b) {
    fe d;
    fe_sub(&d, a, b);
    return fe_is_zero(&d);
}

// -a where the mask is set.
INLINE void fe_cneg(fe *r, const fe *a, fe_mask m) {
    fe n;
    fe_neg(&n, a);
    *r = *a;
    fe_cmov(r, &n, m);
}

INLINE void fe_abs(fe *r, const fe *a) { fe_cneg(r, a, fe_is_negative(a)); }

static __attribute__((noinline)) void KERNEL(sqr_times)(fe *r, const fe *a, int n) {
    fe t = *a;
    for (int i = 0; i < n; i++) sqr_inline(&t, &t);
    *r = t;
}

// a^((p - 5) / 8), the exponent being 2^252 - 3.
static void KERNEL(pow_p58)(fe *r, const fe *a) {
    fe t0, t1, t2;
    fe_sqr(&t0, a);                        // 2
    KERNEL(sqr_times)(&t1, &t0, 2);
    fe_mul(&t1, a, &t1);                   // 9
    fe_mul(&t0, &t0, &t1);                 // 11
    fe_sqr(&t0, &t0);                      // 22
    fe_mul(&t0, &t1, &t0);                 // 2^5 - 1
    KERNEL(sqr_times)(&t1, &t0, 5);
    fe_mul(&t0, &t1, &t0);                 // 2^10 - 1
    KERNEL(sqr_times)(&t1, &t0, 10);
    fe_mul(&t1, &t1, &t0);                 // 2^20 - 1
    KERNEL(sqr_times)(&t2, &t1, 20);
    fe_mul(&t1, &t2, &t1);                 // 2^40 - 1
    KERNEL(sqr_times)(&t1, &t1, 10);
    fe_mul(&t0, &t1, &t0);                 // 2^50 - 1
    KERNEL(sqr_times)(&t1, &t0, 50);
    fe_mul(&t1, &t1, &t0);                 // 2^100 - 1
    KERNEL(sqr_times)(&t2, &t1, 100);
    fe_mul(&t1, &t2, &t1);                 // 2^200 - 1
    KERNEL(sqr_times)(&t1, &t1, 50);
    fe_mul(&t0, &t1, &t0);                 // 2^250 - 1
    KERNEL(sqr_times)(&t0, &t0, 2);
    fe_mul(r, &t0, a);
}

// SQRT_RATIO_M1 of section 4.2: sqrt(u / v), not negative, and whether u / v is a square (0 is, but not u / 0); else
// sqrt(sqrt(-1) u / v).
static fe_mask KERNEL(sqrt_ratio)(fe *root, const fe *u, const fe *v) {
    fe v3, v7, r, check, minus_u, i, t;
    fe_splat(&i, LIMBS_SQRT_M1);
    fe_sqr(&v3, v);
    fe_mul(&v3, &v3, v);
    fe_sqr(&v7, &v3);
    fe_mul(&v7, &v7, v);
    fe_mul(&t, u, &v7);
    KERNEL(pow_p58)(&r, &t);
    fe_mul(&r, &r, &v3);
    fe_mul(&r, &r, u);
    fe_sqr(&check, &r);
    fe_mul(&check, &check, v);
    fe_neg(&minus_u, u);
    const fe_mask correct = fe_eq(&check, u), flipped = fe_eq(&check, &minus_u);
    fe_mul(&t, &minus_u, &i);
    const fe_mask flipped_i = fe_eq(&check, &t);
    fe_mul(&t, &r, &i);
    fe_cmov(&r, &t, flipped | flipped_i);
    fe_abs(root, &r);
    return correct | flipped;
}

// Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited", ASIACRYPT 2008, section 3.3 (dbl-2008-hwcd, a = -1).
// Without T, which an addition or the result needs but another doubling does not, when `with_t` is 0.
INLINE void KERNEL(double)(pt *p, int with_t) {
    fe a, b, c, e, f, g, h;
    sqr_inline(&a, &p->x);
    sqr_inline(&b, &p->y);
    sqr_inline(&c, &p->z);
    fe_add(&c, &c, &c);
    fe_add(&e, &p->x, &p->y);
    sqr_inline(&e, &e);
    fe_add(&h, &a, &b);
    fe_sub(&e, &h, &e);
    fe_sub(&g, &a, &b);
    fe_add(&f, &c, &g);
    mul_inline(&p->x, &e, &f);
    mul_inline(&p->y, &g, &h);
    mul_inline(&p->z, &f, &g);
    if (with_t) mul_inline(&p->t, &e, &h);
}

static __attribute__((noinline)) void KERNEL(double_times)(pt *p, int n) {
    for (int i = 1; i < n; i++) KERNEL(double)(p, 0);
    KERNEL(double)(p, 1);
}

// Section 3.1 there (add-2008-hwcd-3): complete, since -1 is a square and d is not.
static __attribute__((noinline)) void KERNEL(add_cached)(pt *p, const cached *q) {
    fe a, b, c, d, e, f, g, h;
    fe_sub(&a, &p->y, &p->x);
    mul_inline(&a, &a, &q->difference);
    fe_add(&b, &p->y, &p->x);
    mul_inline(&b, &b, &q->sum);
    mul_inline(&c, &p->t, &q->t2d);
    mul_inline(&d, &p->z, &q->z2);
    fe_sub(&e, &b, &a);
    fe_sub(&f, &d, &c);
    fe_add(&g, &d, &c);
    fe_add(&h, &b, &a);
    mul_inline(&p->x, &e, &f);
    mul_inline(&p->y, &g, &h);
    mul_inline(&p->z, &f, &g);
    mul_inline(&p->t, &e, &h);
}

static void KERNEL(cache)(cached *r, const pt *p) {
    fe d2;
    fe_splat(&d2, LIMBS_2D);
    fe_add(&r->sum, &p->y, &p->x);
    fe_sub(&r->difference, &p->y, &p->x);
    fe_mul(&r->t2d, &p->t, &d2);
    fe_add(&r->z2, &p->z, &p->z);
}

static void KERNEL(identity)(pt *p) {
    memset(p, 0, sizeof *p);
    fe_splat(&p->y, LIMBS_ONE);
    fe_splat(&p->z, LIMBS_ONE);
}

static void KERNEL(cached_identity)(cached *q) {
    pt p;
    KERNEL(identity)(&p);
    KERNEL(cache)(q, &p);
}

INLINE void KERNEL(negate_cached)(cached *q, fe_mask m) {
    const fe sum = q->sum;
    fe_cmov(&q->sum, &q->difference, m);
    fe_cmov(&q->difference, &sum, m);
    fe_cneg(&q->t2d, &q->t2d, m);
}

#define POINT_WORDS (sizeof(yinhe_ristretto_point) / 8)

// Points first ..< first + LANES; those from `count` on repeat `first`.
static void KERNEL(load)(pt *p, const yinhe_ristretto_point *in, size_t first, size_t count) {
    size_t offset[LANES];
    for (size_t l = 0; l < LANES; l++) offset[l] = POINT_WORDS * (first + l < count ? l : 0);
    fe_load(&p->x, in[first].x, offset);
    fe_load(&p->y, in[first].y, offset);
    fe_load(&p->z, in[first].z, offset);
    fe_load(&p->t, in[first].t, offset);
}

static void KERNEL(store)(yinhe_ristretto_point *out, size_t first, size_t count, const pt *p) {
    const size_t lanes = count - first < LANES ? count - first : LANES;
    fe_store(out[first].x, POINT_WORDS, &p->x, lanes);
    fe_store(out[first].y, POINT_WORDS, &p->y, lanes);
    fe_store(out[first].z, POINT_WORDS, &p->z, lanes);
    fe_store(out[first].t, POINT_WORDS, &p->t, lanes);
}

// Field elements of 255 bits at bytes + (first + lane) * stride.
static void KERNEL(load_bytes)(fe *r, const uint8_t *bytes, size_t stride, size_t first, size_t count) {
    uint64_t limbs[LANES][5];
    size_t offset[LANES];
    for (size_t l = 0; l < LANES; l++) {
        yinhe_25519_limbs(limbs[l], bytes + stride * (first + l < count ? first + l : first));
        offset[l] = 5 * l;
    }
    fe_load(r, limbs[0], offset);
    yinhe_25519_wipe(limbs, sizeof limbs);
}

static size_t KERNEL(decode)(yinhe_ristretto_point *out, const uint8_t *encoded, size_t count) {
    fe one, d;
    fe_splat(&one, LIMBS_ONE);
    fe_splat(&d, LIMBS_D);
    for (size_t first = 0; first < count; first += LANES) {
        fe s, ss, u1, u2, u2s, v, root, den, t;
        pt p;
        unsigned bad = 0;
        for (size_t l = 0; l < LANES && first + l < count; l++) {
            bad |= (unsigned)!yinhe_25519_is_canonical(encoded + 32 * (first + l)) << l;
        }
        KERNEL(load_bytes)(&s, encoded, 32, first, count);
        fe_sqr(&ss, &s);
        fe_sub(&u1, &one, &ss);
        fe_add(&u2, &one, &ss);
        fe_sqr(&u2s, &u2);
        fe_sqr(&v, &u1);
        fe_mul(&v, &v, &d);
        fe_add(&v, &v, &u2s);
        fe_neg(&v, &v);
        fe_mul(&t, &v, &u2s);
        const fe_mask square = KERNEL(sqrt_ratio)(&root, &one, &t);
        fe_mul(&den, &root, &u2);              // 1 / x's denominator
        fe_add(&t, &s, &s);
        fe_mul(&t, &t, &den);
        fe_abs(&p.x, &t);
        fe_mul(&den, &root, &den);
        fe_mul(&den, &den, &v);
        fe_mul(&p.y, &u1, &den);
        fe_mul(&p.t, &p.x, &p.y);
        p.z = one;
        bad |= mask_bits(mask_not(square) | fe_is_negative(&p.t) | fe_is_zero(&p.y));
        if (bad) return first + (size_t)__builtin_ctz(bad);
        KERNEL(store)(out, first, count, &p);
    }
    return count;
}

static void KERNEL(encode)(uint8_t *out, const yinhe_ristretto_point *points, size_t count) {
    fe one, i, magic;
    fe_splat(&one, LIMBS_ONE);
    fe_splat(&i, LIMBS_SQRT_M1);
    fe_splat(&magic, LIMBS_INVSQRT_A_MINUS_D);
    for (size_t first = 0; first < count; first += LANES) {
        pt p;
        fe u1, u2, root, den1, den2, z_inverse, ix, iy, enchanted, t;
        KERNEL(load)(&p, points, first, count);
        fe_add(&u1, &p.z, &p.y);
        fe_sub(&t, &p.z, &p.y);
        fe_mul(&u1, &u1, &t);
        fe_mul(&u2, &p.x, &p.y);
        fe_sqr(&t, &u2);
        fe_mul(&t, &t, &u1);
        KERNEL(sqrt_ratio)(&root, &one, &t);
        fe_mul(&den1, &root, &u1);
        fe_mul(&den2, &root, &u2);
        fe_mul(&z_inverse, &den1, &den2);
        fe_mul(&z_inverse, &z_inverse, &p.t);
        fe_mul(&ix, &p.x, &i);
        fe_mul(&iy, &p.y, &i);
        fe_mul(&enchanted, &den1, &magic);
        fe_mul(&t, &p.t, &z_inverse);
        const fe_mask rotate = fe_is_negative(&t);
        fe_cmov(&p.x, &iy, rotate);
        fe_cmov(&p.y, &ix, rotate);
        fe_cmov(&den2, &enchanted, rotate);
        fe_mul(&t, &p.x, &z_inverse);
        fe_cneg(&p.y, &p.y, fe_is_negative(&t));
        fe_sub(&t, &p.z, &p.y);
        fe_mul(&t, &t, &den2);
        fe_abs(&t, &t);
        fe_canonical(&t, &t);
        uint64_t limbs[LANES][5];
        fe_store(limbs[0], 5, &t, LANES);
        for (size_t l = 0; l < LANES && first + l < count; l++) yinhe_25519_bytes(out + 32 * (first + l), limbs[l]);
        yinhe_25519_wipe(&p, sizeof p);
    }
}

// MAP of section 4.3.4.
static void KERNEL(map)(pt *p, const fe *t0) {
    fe one, minus_one, r, u, v, s, s_prime, c, n, t;
    fe_splat(&one, LIMBS_ONE);
    fe_neg(&minus_one, &one);
    fe_splat(&t, LIMBS_SQRT_M1);
    fe_sqr(&r, t0);
    fe_mul(&r, &r, &t);
    fe_add(&u, &r, &one);
    fe_splat(&t, LIMBS_ONE_MINUS_D_SQUARED);
    fe_mul(&u, &u, &t);
    fe_splat(&t, LIMBS_D);
    fe_add(&v, &r, &t);
    fe_mul(&t, &r, &t);
    fe_sub(&t, &minus_one, &t);
    fe_mul(&v, &v, &t);
    const fe_mask square = KERNEL(sqrt_ratio)(&s, &u, &v);
    fe_mul(&s_prime, &s, t0);
    fe_abs(&s_prime, &s_prime);
    fe_neg(&s_prime, &s_prime);
    fe_cmov(&s, &s_prime, mask_not(square));
    c = r;
    fe_cmov(&c, &minus_one, square);
    fe_sub(&n, &r, &one);
    fe_mul(&n, &n, &c);
    fe_splat(&t, LIMBS_D_MINUS_ONE_SQUARED);
    fe_mul(&n, &n, &t);
    fe_sub(&n, &n, &v);
    fe w0, w1, w2, w3;
    fe_add(&w0, &s, &s);
    fe_mul(&w0, &w0, &v);
    fe_splat(&t, LIMBS_SQRT_AD_MINUS_ONE);
    fe_mul(&w1, &n, &t);
    fe_sqr(&t, &s);
    fe_sub(&w2, &one, &t);
    fe_add(&w3, &one, &t);
    fe_mul(&p->x, &w0, &w3);
    fe_mul(&p->y, &w2, &w1);
    fe_mul(&p->z, &w1, &w3);
    fe_mul(&p->t, &w0, &w2);
}

static void KERNEL(derive)(yinhe_ristretto_point *out, const uint8_t *uniform, size_t count) {
    for (size_t first = 0; first < count; first += LANES) {
        pt p, q;
        cached c;
        fe t;
        KERNEL(load_bytes)(&t, uniform, 64, first, count);
        KERNEL(map)(&p, &t);
        KERNEL(load_bytes)(&t, uniform + 32, 64, first, count);
        KERNEL(map)(&q, &t);
        KERNEL(cache)(&c, &q);
        KERNEL(add_cached)(&p, &c);
        KERNEL(store)(out, first, count, &p);
    }
}

static void KERNEL(add_or_subtract)(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *a, const yinhe_ristretto_point *b, size_t count, int subtract) {
    for (size_t first = 0; first < count; first += LANES) {
        pt p, q;
        cached c;
        KERNEL(load)(&p, a, first, count);
        KERNEL(load)(&q, b, first, count);
        if (subtract) {
            fe_neg(&q.x, &q.x);
            fe_neg(&q.t, &q.t);
        }
        KERNEL(cache)(&c, &q);
        KERNEL(add_cached)(&p, &c);
        KERNEL(store)(out, first, count, &p);
    }
}

static void KERNEL(add)(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *a, const yinhe_ristretto_point *b, size_t count) {
    KERNEL(add_or_subtract)(out, a, b, count, 0);
}

static void KERNEL(subtract)(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *a, const yinhe_ristretto_point *b, size_t count) {
    KERNEL(add_or_subtract)(out, a, b, count, 1);
}
