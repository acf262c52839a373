#ifndef YINHE_MONT_LANES_H
#define YINHE_MONT_LANES_H

// Montgomery arithmetic on four independent numbers at a time, one in each 64-bit lane of AVX2 registers, for odd moduli of up to
// 12288 bits. Constant time: instructions and addresses depend on sizes only, and the doubles that it computes with are integers,
// never subnormal. The processor must round to nearest, as it does unless told otherwise.
//
// Numbers in memory are rows of 64-bit words, least significant first, below the modulus. Inside, four rows make a GROUP:
// `lanes_digits` vectors of four doubles, digit k of the four numbers side by side. R = 2^lanes_r_bits, not 2^(64 limbs).
#include <stddef.h>
#include <stdint.h>

#define LANES 4
#define LANES_MAX_LIMBS 192

typedef struct lanes_modulus lanes_modulus;

/// The processor has AVX2 and FMA. Nothing below may be called when it has not.
int mont_lanes_available(void);

/// n: odd, > 1, `limbs` words of which the highest may be zero. NULL when memory is short.
lanes_modulus *lanes_modulus_new(const uint64_t *n, size_t limbs);
/// The same for n = root^2 with root of at most limbs / 2 words: powers then take 3/5 of the time (mont_lanes_nadic.h).
lanes_modulus *lanes_modulus_new_squared(const uint64_t *root, size_t root_limbs, size_t limbs);
/// Wipes what it frees: the modulus may be the square of a secret prime.
void lanes_modulus_free(lanes_modulus *m);

size_t lanes_limbs(const lanes_modulus *m);
size_t lanes_digits(const lanes_modulus *m);
size_t lanes_r_bits(const lanes_modulus *m);

// Rows. `count` is any number; r may be a or b. Rows lie `limbs` words apart, results are below n.

/// r[i] = a[i] b[i] / R mod n.
void lanes_multiply_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count);
/// r[i] = a[i] b / R mod n.
void lanes_multiply_rows_by_one(const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count);
/// r[i] = a[i]^2 / R mod n.
void lanes_square_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count);
/// r[i] = a[i] R mod n, and back.
void lanes_to_montgomery_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count);
void lanes_from_montgomery_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count);

/// r[i] = bases[i]^exponent mod n (ordinary residues); one secret exponent of ceil(bits / 64) words for all.
void lanes_power_rows_shared(
    const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count, const uint64_t *exponent, size_t bits);
/// r[i] = bases[i]^exponents[i] mod n (ordinary residues); a secret exponent of ceil(bits / 64) words each.
void lanes_power_rows_each(
    const lanes_modulus *m, uint64_t *r, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t bits);

// Groups: lanes_group_bytes(m) bytes, aligned to 32, holding values below 2n. r may be a or b.

size_t lanes_group_bytes(const lanes_modulus *m);
/// Bytes of working space for the calls below, aligned to 32; it holds secrets, so the caller wipes it.
size_t lanes_scratch_bytes(const lanes_modulus *m);
/// `count` (1 to 4) rows, `stride` words apart; missing lanes become 0.
void lanes_pack(const lanes_modulus *m, void *group, const uint64_t *rows, size_t stride, size_t count);
/// Writes the first `count` (1 to 4) lanes, each below n, as rows of `limbs` words.
void lanes_unpack(const lanes_modulus *m, uint64_t *rows, size_t stride, size_t count, const void *group, void *scratch);
/// r = a b / R mod n.
void lanes_multiply(const lanes_modulus *m, void *r, const void *a, const void *b, void *scratch);
/// r = a^2 / R mod n.
void lanes_square(const lanes_modulus *m, void *r, const void *a, void *scratch);
/// R mod n and R^2 mod n in every lane.
const void *lanes_one(const lanes_modulus *m);
const void *lanes_r_squared(const lanes_modulus *m);

// Simultaneous exponentiation with public exponents (mont_lanes_buckets.c).

size_t lanes_lifted_bytes(const lanes_modulus *m, size_t count);
/// Ordinary residues in the form that `lanes_window_products` reads, `lifted` aligned to 32. Not `exactly`, which saves a
/// multiplication: each then stands for x / 2^lanes_lift_loss_bits.
void lanes_lift_rows(const lanes_modulus *m, void *lifted, const uint64_t *rows, size_t count, int exactly);
size_t lanes_lift_loss_bits(const lanes_modulus *m);
/// r[w] = the product of lifted[i]^(bits [w window, (w + 1) window) of exponent i), ordinary residues, for w < windows.
/// Exponents of `bits` bits in ceil(bits / 64) words. Variable time.
void lanes_window_products(
    const lanes_modulus *m, uint64_t *r, const void *lifted, size_t count, const uint64_t *exponents, size_t bits, size_t windows,
    unsigned window);

#endif
