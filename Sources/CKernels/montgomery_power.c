#include <stdlib.h>
#include <string.h>

#include "choose_entry.h"
#include "exponent_digit.h"
#include "montgomery.h"

static uint64_t *aligned_words(size_t words) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, words * 8) != 0) abort();
    return memory;
}

/// The window with the fewest multiplications: 2^w - 2 for the table, bits / w for the look-ups, w bits each.
static unsigned secret_window(size_t bits) {
    unsigned best = 1;
    size_t fewest = SIZE_MAX;
    for (unsigned w = 1; w <= 7; w++) {
        // A look-up reads 2^w entries, which costs about 1/64 of a multiplication each.
        size_t windows = (bits + w - 1) / w, cost = 64 * (((size_t)1 << w) + windows) + (windows << w);
        if (cost < fewest) {
            fewest = cost;
            best = w;
        }
    }
    return best;
}

/// Overwrites what the multiplications left below this frame.
static __attribute__((noinline)) void wipe_stack(void) {
    uint64_t used[20 * MONT_MAX_LIMBS];
    wipe(used, sizeof used);
}

void mont_powers_secret(
    const mont_context *c, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t exponent_stride, size_t bits,
    uint64_t *r) {
    const size_t limbs = c->modulus.limbs;
    const int adx = c->adx;
    const unsigned window = secret_window(bits);
    const size_t entries = (size_t)1 << window, table_words = entries * limbs;
    uint64_t *table = aligned_words(table_words);
    uint64_t power[MONT_MAX_LIMBS], factor[MONT_MAX_LIMBS];
    for (size_t i = 0; i < count; i++) {
        const uint64_t *exponent = exponents + i * exponent_stride;
        memcpy(table, c->one, limbs * 8);
        mont_enter(c, table + limbs, bases + i * limbs);
        for (size_t e = 2; e < entries; e++) {
            if (e % 2 == 0) {
                mont_context_square(c, table + e * limbs, table + e / 2 * limbs);
            } else {
                mont_context_multiply(c, table + e * limbs, table + (e - 1) * limbs, table + limbs);
            }
        }
        // From the highest window, which may be narrower, down.
        size_t at = (bits - 1) / window * window;
        uint64_t digit = exponent_digit(exponent, bits, at, window);
        (adx ? choose_entry_avx2 : choose_entry)(power, table, entries, limbs, digit);
        while (at > 0) {
            at -= window;
            for (unsigned k = 0; k < window; k++) mont_context_square(c, power, power);
            digit = exponent_digit(exponent, bits, at, window);
            (adx ? choose_entry_avx2 : choose_entry)(factor, table, entries, limbs, digit);
            mont_context_multiply(c, power, power, factor);
        }
        mont_leave(c, r + i * limbs, power);
    }
    wipe(power, sizeof power);
    wipe(factor, sizeof factor);
    wipe(table, table_words * 8);
    free(table);
    wipe_stack();
}

/// The position above the highest set bit.
static size_t bit_width(const uint64_t *exponent, size_t words) {
    while (words > 0 && exponent[words - 1] == 0) words--;
    return words == 0 ? 0 : 64 * words - (size_t)__builtin_clzll(exponent[words - 1]);
}

static inline int bit_at(const uint64_t *exponent, size_t at) { return exponent[at / 64] >> (at % 64) & 1; }

/// Window of a sliding-window power: 2^(w-1) multiplications for the table of odd powers, bits / (w + 1) on average after it.
static unsigned sliding_window(size_t bits) {
    unsigned w = 1;
    while (w < 7 && ((size_t)1 << (w - 1)) + bits / (w + 2) < bits / (w + 1)) w++;
    return w;
}

void mont_powers_public(
    const mont_context *c, const uint64_t *bases, size_t count, const uint64_t *exponents, size_t exponent_stride, size_t bits,
    uint64_t *r) {
    const size_t limbs = c->modulus.limbs, words = (bits + 63) / 64;
    uint64_t *odd = aligned_words(limbs << 6);  // base^(2 k + 1)
    uint64_t power[MONT_MAX_LIMBS], square[MONT_MAX_LIMBS], base[MONT_MAX_LIMBS];
    for (size_t i = 0; i < count; i++) {
        const uint64_t *exponent = exponents + i * exponent_stride;
        size_t at = bit_width(exponent, words);
        uint64_t *result = r + i * limbs;
        if (at == 0) {
            memset(result, 0, limbs * 8);
            result[0] = 1;
            continue;
        }
        memcpy(base, bases + i * limbs, limbs * 8);
        if (at == 1) {
            memcpy(result, base, limbs * 8);
            continue;
        }
        const unsigned window = sliding_window(at);
        mont_enter(c, odd, base);
        if (window > 1) {
            mont_context_square(c, square, odd);
            for (size_t k = 1; k < (size_t)1 << (window - 1); k++)
                mont_context_multiply(c, odd + k * limbs, odd + (k - 1) * limbs, square);
        }
        int started = 0, ordinary = 0;
        while (at > 0) {
            if (!bit_at(exponent, at - 1)) {
                mont_context_square(c, power, power);
                at--;
                continue;
            }
            size_t low = at > window ? at - window : 0;
            while (!bit_at(exponent, low)) low++;
            const size_t width = at - low;
            const uint64_t digit = exponent_digit(exponent, bits, low, (unsigned)width);
            if (!started) {
                memcpy(power, odd + digit / 2 * limbs, limbs * 8);
                started = 1;
            } else {
                for (size_t k = 0; k < width; k++) mont_context_square(c, power, power);
                // The last factor may be the base as it was given, which takes the product out of Montgomery's representation.
                ordinary = low == 0 && digit == 1 && c->root.limbs == 0;
                mont_context_multiply(c, power, power, ordinary ? base : odd + digit / 2 * limbs);
            }
            at = low;
        }
        if (ordinary) {
            memcpy(result, power, limbs * 8);
        } else {
            mont_leave(c, result, power);
        }
    }
    free(odd);
}
