#ifndef CGMP_SHIMS_H
#define CGMP_SHIMS_H

// GMP integers behind an opaque pointer. Swift sees plain functions under readable names, and a result may be the same object
// as an operand (GMP's own in-place calls would break Swift's rule of exclusive access).
#include <stddef.h>
#include <stdint.h>

typedef struct gmp_integer gmp_integer;

gmp_integer *gmp_new(void);
/// Overwrites the limbs with zeros, then frees.
void gmp_wipe_and_free(gmp_integer *a);

void gmp_set_u64(gmp_integer *r, uint64_t value);
/// Little-endian limbs.
void gmp_set_limbs(gmp_integer *r, const uint64_t *limbs, size_t count);
/// |a| as exactly `count` little-endian limbs; the caller makes sure that it fits.
void gmp_get_limbs(const gmp_integer *a, uint64_t *limbs, size_t count);
void gmp_set_big_endian(gmp_integer *r, const uint8_t *bytes, size_t count);
/// |a| right-aligned in `count` bytes; the caller makes sure that it fits.
void gmp_get_big_endian(const gmp_integer *a, uint8_t *bytes, size_t count);
/// Digits only, with an optional '-'; 0 on success.
int gmp_set_text(gmp_integer *r, const char *digits, int base);
/// Needs `gmp_text_capacity` bytes.
void gmp_get_text(const gmp_integer *a, char *out, int base);
size_t gmp_text_capacity(const gmp_integer *a, int base);

int gmp_compare(const gmp_integer *a, const gmp_integer *b);
int gmp_sign(const gmp_integer *a);
size_t gmp_bit_width(const gmp_integer *a);
size_t gmp_limb_count(const gmp_integer *a);
uint64_t gmp_low_limb(const gmp_integer *a);
int gmp_bit(const gmp_integer *a, size_t index);
size_t gmp_trailing_zero_bits(const gmp_integer *a);

void gmp_negate(gmp_integer *r, const gmp_integer *a);
void gmp_add(gmp_integer *r, const gmp_integer *a, const gmp_integer *b);
void gmp_subtract(gmp_integer *r, const gmp_integer *a, const gmp_integer *b);
void gmp_multiply(gmp_integer *r, const gmp_integer *a, const gmp_integer *b);
void gmp_shift_left(gmp_integer *r, const gmp_integer *a, size_t bits);
/// Rounds towards zero.
void gmp_shift_right(gmp_integer *r, const gmp_integer *a, size_t bits);
/// Quotient and remainder of division towards zero; the divisor is not 0; quotient and remainder are two objects.
void gmp_divide(gmp_integer *quotient, gmp_integer *remainder, const gmp_integer *a, const gmp_integer *b);
/// The remainder in 0 ..< |m|.
void gmp_modulo(gmp_integer *r, const gmp_integer *a, const gmp_integer *m);
uint64_t gmp_modulo_u64(const gmp_integer *a, uint64_t m);

void gmp_gcd(gmp_integer *r, const gmp_integer *a, const gmp_integer *b);
/// 1 and the inverse in r, or 0 when there is none.
int gmp_invert(gmp_integer *r, const gmp_integer *a, const gmp_integer *m);
int gmp_jacobi(const gmp_integer *a, const gmp_integer *odd);
int gmp_is_perfect_power(const gmp_integer *a);
/// The integer part of the root of a >= 0.
void gmp_square_root(gmp_integer *r, const gmp_integer *a);
/// r = base^exponent mod m in time that depends on the exponent.
void gmp_power_variable_time(gmp_integer *r, const gmp_integer *base, const gmp_integer *exponent, const gmp_integer *m);
/// r = base^exponent mod m, m odd, exponent > 0: time and memory accesses depend on sizes only (mpz_powm_sec).
void gmp_power_constant_time(gmp_integer *r, const gmp_integer *base, const gmp_integer *exponent, const gmp_integer *m);

#endif
