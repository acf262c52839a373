// P-256 in portable C (unsigned __int128), one element at a time.
#include "p256_field64.h"
#define KERNEL(name) portable_##name
#include "p256_steps.h"

const yinhe_p256_kernels yinhe_p256_portable = {
    "portable", portable_hash_to_curve, portable_encode_to_curve, portable_decode, NULL,
};

int yinhe_p256_is_on_curve(const yinhe_p256_point *point) {
    if (!yinhe_p256_below_p(point->x) || !yinhe_p256_below_p(point->y)) return 0;
    fe x, y, b, t, right;
    fe_from_words(&x, &point->x);
    fe_from_words(&y, &point->y);
    portable_broadcast(&b, WORDS_B);
    fe_sqr(&right, &x);
    fe_mul(&right, &right, &x);
    fe_add(&t, &x, &x);
    fe_add(&t, &t, &x);
    fe_sub(&right, &right, &t);
    fe_add(&right, &right, &b);
    fe_sqr(&t, &y);
    return (int)(fe_eq(&t, &right) & 1);
}
