// ristretto255 in portable C (unsigned __int128), one element at a time.
#include "curve25519_field64.h"
#define KERNEL(name) portable_##name
#include "curve25519_steps.h"
#include "curve25519_multiply.h"
#include "curve25519_sums.h"

const yinhe_ristretto_kernels yinhe_ristretto_portable = {
    "portable", portable_decode, portable_encode, portable_derive, portable_add, portable_subtract, portable_multiply,
    portable_multiply_table,
};

void yinhe_ristretto_generator(yinhe_ristretto_point *out) {
    // The base point of edwards25519 (RFC 7748, section 4.1; RFC 9496, section 4): y = 4/5, x even.
    static const yinhe_ristretto_point base = {
        {0x62d608f25d51aULL, 0x412a4b4f6592aULL, 0x75b7171a4b31dULL, 0x1ff60527118feULL, 0x216936d3cd6e5ULL},
        {0x6666666666658ULL, 0x4ccccccccccccULL, 0x1999999999999ULL, 0x3333333333333ULL, 0x6666666666666ULL},
        {1, 0, 0, 0, 0},
        {0x68ab3a5b7dda3ULL, 0x00eea2a5eadbbULL, 0x2af8df483c27eULL, 0x332b375274732ULL, 0x67875f0fd78b7ULL},
    };
    *out = base;
}

void yinhe_ristretto_table_make(yinhe_ristretto_table *table, const yinhe_ristretto_point *base) {
    pt window, p;
    cached first, c;
    portable_load(&window, base, 0, 1);
    for (int j = 0; j < YINHE_RISTRETTO_WINDOWS; j++) {
        portable_cache(&first, &window);
        c = first;
        p = window;
        for (int k = 0; k < 8; k++) {
            if (k == 1) portable_double_times(&p, 1);
            if (k > 1) portable_add_cached(&p, &first);
            if (k > 0) portable_cache(&c, &p);
            for (int i = 0; i < 5; i++) {
                table->word[j][i][k] = c.sum.v[i];
                table->word[j][5 + i][k] = c.difference.v[i];
                table->word[j][10 + i][k] = c.t2d.v[i];
                table->word[j][15 + i][k] = c.z2.v[i];
            }
        }
        portable_double_times(&p, 1);  // twice 8
        window = p;
    }
}

int yinhe_ristretto_equal(const yinhe_ristretto_point *a, const yinhe_ristretto_point *b) {
    pt p, q;
    fe s, t;
    portable_load(&p, a, 0, 1);
    portable_load(&q, b, 0, 1);
    fe_mul(&s, &p.x, &q.y);
    fe_mul(&t, &p.y, &q.x);
    fe_mask equal = fe_eq(&s, &t);
    fe_mul(&s, &p.y, &q.y);
    fe_mul(&t, &p.x, &q.x);
    equal |= fe_eq(&s, &t);
    return (int)(equal & 1);
}
