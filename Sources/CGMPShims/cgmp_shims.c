#include "cgmp_shims.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(GMP_NUMB_BITS == 64, "a GMP with 64-bit limbs is needed");

struct gmp_integer {
    mpz_t z;
};

gmp_integer *gmp_new(void) {
    gmp_integer *a = malloc(sizeof *a);
    if (!a) abort();
    mpz_init(a->z);
    return a;
}

void gmp_wipe_and_free(gmp_integer *a) {
    size_t bytes = (size_t)a->z->_mp_alloc * sizeof(mp_limb_t);
    if (bytes > 0) {
        memset(a->z->_mp_d, 0, bytes);
        __asm__ volatile("" : : "r"(a->z->_mp_d) : "memory");  // keeps the memset
    }
    mpz_clear(a->z);
    free(a);
}

void gmp_set_u64(gmp_integer *r, uint64_t value) { mpz_set_ui(r->z, value); }

void gmp_set_limbs(gmp_integer *r, const uint64_t *limbs, size_t count) {
    mpz_import(r->z, count, -1, 8, 0, 0, limbs);
}

void gmp_get_limbs(const gmp_integer *a, uint64_t *limbs, size_t count) {
    size_t used = mpz_size(a->z);
    if (used > count) abort();
    if (used > 0) memcpy(limbs, mpz_limbs_read(a->z), used * 8);
    memset(limbs + used, 0, (count - used) * 8);
}

void gmp_set_big_endian(gmp_integer *r, const uint8_t *bytes, size_t count) {
    mpz_import(r->z, count, 1, 1, 0, 0, bytes);
}

void gmp_get_big_endian(const gmp_integer *a, uint8_t *bytes, size_t count) {
    size_t used = (gmp_bit_width(a) + 7) / 8;
    if (used > count) abort();
    memset(bytes, 0, count - used);
    if (used > 0) mpz_export(bytes + (count - used), NULL, 1, 1, 0, 0, a->z);
}

int gmp_set_text(gmp_integer *r, const char *digits, int base) { return mpz_set_str(r->z, digits, base); }
void gmp_get_text(const gmp_integer *a, char *out, int base) { mpz_get_str(out, base, a->z); }
size_t gmp_text_capacity(const gmp_integer *a, int base) { return mpz_sizeinbase(a->z, base) + 2; }

int gmp_compare(const gmp_integer *a, const gmp_integer *b) { return mpz_cmp(a->z, b->z); }
int gmp_sign(const gmp_integer *a) { return mpz_sgn(a->z); }
size_t gmp_bit_width(const gmp_integer *a) { return mpz_sgn(a->z) == 0 ? 0 : mpz_sizeinbase(a->z, 2); }
size_t gmp_limb_count(const gmp_integer *a) { return mpz_size(a->z); }
uint64_t gmp_low_limb(const gmp_integer *a) { return mpz_getlimbn(a->z, 0); }
int gmp_bit(const gmp_integer *a, size_t index) { return mpz_tstbit(a->z, index); }
size_t gmp_trailing_zero_bits(const gmp_integer *a) { return mpz_scan1(a->z, 0); }

void gmp_negate(gmp_integer *r, const gmp_integer *a) { mpz_neg(r->z, a->z); }
void gmp_add(gmp_integer *r, const gmp_integer *a, const gmp_integer *b) { mpz_add(r->z, a->z, b->z); }
void gmp_subtract(gmp_integer *r, const gmp_integer *a, const gmp_integer *b) { mpz_sub(r->z, a->z, b->z); }
void gmp_multiply(gmp_integer *r, const gmp_integer *a, const gmp_integer *b) { mpz_mul(r->z, a->z, b->z); }
void gmp_shift_left(gmp_integer *r, const gmp_integer *a, size_t bits) { mpz_mul_2exp(r->z, a->z, bits); }
void gmp_shift_right(gmp_integer *r, const gmp_integer *a, size_t bits) { mpz_tdiv_q_2exp(r->z, a->z, bits); }
void gmp_divide(gmp_integer *quotient, gmp_integer *remainder, const gmp_integer *a, const gmp_integer *b) {
    mpz_tdiv_qr(quotient->z, remainder->z, a->z, b->z);
}
void gmp_modulo(gmp_integer *r, const gmp_integer *a, const gmp_integer *m) { mpz_mod(r->z, a->z, m->z); }
uint64_t gmp_modulo_u64(const gmp_integer *a, uint64_t m) { return mpz_fdiv_ui(a->z, m); }

void gmp_gcd(gmp_integer *r, const gmp_integer *a, const gmp_integer *b) { mpz_gcd(r->z, a->z, b->z); }
int gmp_invert(gmp_integer *r, const gmp_integer *a, const gmp_integer *m) { return mpz_invert(r->z, a->z, m->z) != 0; }
int gmp_jacobi(const gmp_integer *a, const gmp_integer *odd) { return mpz_jacobi(a->z, odd->z); }
int gmp_is_perfect_power(const gmp_integer *a) { return mpz_perfect_power_p(a->z) != 0; }
void gmp_square_root(gmp_integer *r, const gmp_integer *a) { mpz_sqrt(r->z, a->z); }
void gmp_power_variable_time(gmp_integer *r, const gmp_integer *base, const gmp_integer *exponent, const gmp_integer *m) {
    mpz_powm(r->z, base->z, exponent->z, m->z);
}
void gmp_power_constant_time(gmp_integer *r, const gmp_integer *base, const gmp_integer *exponent, const gmp_integer *m) {
    mpz_powm_sec(r->z, base->z, exponent->z, m->z);
}
