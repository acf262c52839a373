// Processors without AVX2: nothing of the lanes kernel may be called after mont_lanes_available.
#include "fixed_base_lanes.h"

#if !defined(__x86_64__)

int mont_lanes_available(void) { return 0; }

#define ABSENT(result, name, ...) \
    result name(__VA_ARGS__) { __builtin_trap(); }

ABSENT(lanes_modulus *, lanes_modulus_new, const uint64_t *n, size_t limbs)
ABSENT(lanes_modulus *, lanes_modulus_new_squared, const uint64_t *root, size_t root_limbs, size_t limbs)
ABSENT(size_t, lanes_limbs, const lanes_modulus *m)
ABSENT(size_t, lanes_digits, const lanes_modulus *m)
ABSENT(size_t, lanes_r_bits, const lanes_modulus *m)
ABSENT(size_t, lanes_group_bytes, const lanes_modulus *m)
ABSENT(size_t, lanes_scratch_bytes, const lanes_modulus *m)
ABSENT(const void *, lanes_one, const lanes_modulus *m)
ABSENT(const void *, lanes_r_squared, const lanes_modulus *m)
ABSENT(void, lanes_pack, const lanes_modulus *m, void *group, const uint64_t *rows, size_t stride, size_t count)
ABSENT(
    void, lanes_unpack, const lanes_modulus *m, uint64_t *rows, size_t stride, size_t count, const void *group, void *scratch)
ABSENT(void, lanes_multiply, const lanes_modulus *m, void *r, const void *a, const void *b, void *scratch)
ABSENT(void, lanes_square, const lanes_modulus *m, void *r, const void *a, void *scratch)
ABSENT(void, lanes_multiply_rows, const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count)
ABSENT(
    void, lanes_multiply_rows_by_one, const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count)
ABSENT(void, lanes_square_rows, const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count)
ABSENT(void, lanes_to_montgomery_rows, const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count)
ABSENT(void, lanes_from_montgomery_rows, const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count)
ABSENT(
    void, lanes_power_rows_shared, const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count,
    const uint64_t *exponent, size_t bits)
ABSENT(
    void, lanes_power_rows_each, const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count,
    const uint64_t *exponents, size_t bits)
ABSENT(
    void, lanes_fixed_base_build, const lanes_modulus *m, uint64_t *table, size_t windows, unsigned window, const uint64_t *base)
ABSENT(
    void, lanes_fixed_base_power, const lanes_modulus *m, const uint64_t *table, size_t windows, unsigned window,
    const uint64_t *exponents, size_t exponent_bits, size_t count, uint64_t *results)

void lanes_modulus_free(lanes_modulus *m) {
    if (m) __builtin_trap();
}
ABSENT(size_t, lanes_lifted_bytes, const lanes_modulus *m, size_t count)
ABSENT(size_t, lanes_lift_loss_bits, const lanes_modulus *m)
ABSENT(void, lanes_lift_rows, const lanes_modulus *m, void *lifted, const uint64_t *rows, size_t count, int exactly)
ABSENT(
    void, lanes_window_products, const lanes_modulus *m, uint64_t *r, const void *lifted, size_t count, const uint64_t *exponents,
    size_t bits, size_t windows, unsigned window)

#endif
