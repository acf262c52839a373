#include "fixed_base.h"

#include <stdlib.h>
#include <string.h>

#include "exponent_digit.h"
#include "choose_entry.h"
#include "fixed_base_ifma.h"
#include "fixed_base_lanes.h"
#include "montgomery.h"

_Static_assert(FIXED_BASE_MAX_LIMBS <= MONT_MAX_LIMBS, "one limit");

struct fixed_base {
    int kernel;
    unsigned window;
    size_t windows, limbs, limbs52, exponent_bits, table_words;
    mont_modulus modulus;
    uint64_t n[MONT_MAX_LIMBS];
    uint64_t n52[IFMA_MAX_LIMBS];
    uint64_t k0;
    lanes_modulus *lanes;  // of the lanes kernel only
    const uint64_t *table;
    uint64_t *built;  // the table when it is ours to wipe and free
};

int fixed_base_kernel_available(int kernel) {
    switch (kernel) {
    case FIXED_BASE_PORTABLE: return 1;
#if defined(__x86_64__)
    case FIXED_BASE_ADX:
        return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx") && __builtin_cpu_supports("avx2");
    case FIXED_BASE_LANES: return mont_lanes_available();
    case FIXED_BASE_IFMA: return ifma_available();
#endif
    default: return 0;
    }
}

size_t fixed_base_limbs52(size_t bits) { return (bits + 2 + 51) / 52; }

/// The window that a kernel really uses.
static unsigned window_of(int kernel, unsigned window) {
    return kernel == FIXED_BASE_LANES && window < FIXED_BASE_LANES_LEAST_WINDOW ? FIXED_BASE_LANES_LEAST_WINDOW : window;
}

size_t fixed_base_table_words(int kernel, size_t bits, size_t limbs, size_t exponent_bits, unsigned window) {
    if (limbs % FIXED_BASE_LIMB_STEP != 0 || limbs > FIXED_BASE_MAX_LIMBS || bits < 2 || bits > 64 * limbs || window < 1 ||
        window > 12 || exponent_bits < 1 || exponent_bits > 64 * FIXED_BASE_MAX_LIMBS)
        return 0;
    window = window_of(kernel, window);
    const size_t windows = (exponent_bits + window - 1) / window;
    return windows * (kernel == FIXED_BASE_IFMA ? fixed_base_limbs52(bits) : limbs) << window;
}

static fixed_base *without_table(
    int kernel, const uint64_t *modulus, const uint64_t *root, size_t bits, size_t limbs, size_t exponent_bits, unsigned window) {
    const size_t words = fixed_base_table_words(kernel, bits, limbs, exponent_bits, window);
    if (words == 0 || !fixed_base_kernel_available(kernel)) abort();
    fixed_base *f = calloc(1, sizeof *f);
    if (!f) abort();
    f->kernel = kernel;
    f->window = window_of(kernel, window);
    f->windows = (exponent_bits + f->window - 1) / f->window;
    f->exponent_bits = exponent_bits;
    f->table_words = words;
    f->limbs = limbs;
    f->limbs52 = fixed_base_limbs52(bits);
    memcpy(f->n, modulus, limbs * 8);
    f->modulus = (mont_modulus){.limbs = limbs, .n0 = mont_negative_inverse(modulus[0]), .n = f->n};
    ifma_split(f->n52, f->limbs52, f->n, limbs);
    f->k0 = f->modulus.n0 & ((1ull << 52) - 1);
    if (kernel == FIXED_BASE_LANES) {
        f->lanes = root ? lanes_modulus_new_squared(root, limbs / 2, limbs) : lanes_modulus_new(modulus, limbs);
        if (!f->lanes) abort();
    }
    return f;
}

fixed_base *fixed_base_over_table(
    int kernel, const uint64_t *modulus, const uint64_t *root, size_t bits, size_t limbs, size_t exponent_bits, unsigned window,
    const uint64_t *table) {
    fixed_base *f = without_table(kernel, modulus, root, bits, limbs, exponent_bits, window);
    f->table = table;
    return f;
}

/// Rows of 64-bit limbs, or of 52-bit limbs for the IFMA kernel.
static void build_rows(const fixed_base *f, uint64_t *table, const uint64_t *one, const uint64_t *base_r, const uint64_t *r52) {
    const int vector = f->kernel == FIXED_BASE_IFMA;
    const int adx = fixed_base_kernel_available(FIXED_BASE_ADX) && f->kernel != FIXED_BASE_PORTABLE;
    const size_t limbs = f->limbs, entry_words = vector ? f->limbs52 : limbs, entries = (size_t)1 << f->window;
    uint64_t base[MONT_MAX_LIMBS], power[MONT_MAX_LIMBS], converted[MONT_MAX_LIMBS];
    memcpy(base, base_r, limbs * 8);
    for (size_t w = 0; w < f->windows; w++) {
        memcpy(power, one, limbs * 8);
        for (size_t e = 0; e < entries; e++) {
            uint64_t *entry = table + (w * entries + e) * entry_words;
            if (vector) {
                mont_multiply(converted, power, r52, &f->modulus, adx);
                ifma_split(entry, f->limbs52, converted, limbs);
            } else {
                memcpy(entry, power, limbs * 8);
            }
            mont_multiply(power, power, base, &f->modulus, adx);
        }
        memcpy(base, power, limbs * 8);  // base^(2^window)
    }
    wipe(base, sizeof base);
    wipe(power, sizeof power);
    wipe(converted, sizeof converted);
}

fixed_base *fixed_base_new(
    int kernel, const uint64_t *modulus, const uint64_t *root, size_t bits, size_t limbs, const uint64_t *one,
    const uint64_t *base_r, const uint64_t *r52, size_t exponent_bits, unsigned window) {
    fixed_base *f = without_table(kernel, modulus, root, bits, limbs, exponent_bits, window);
    void *memory = NULL;
    if (posix_memalign(&memory, 64, f->table_words * 8) != 0) abort();
    f->table = f->built = memory;
    if (f->lanes) {
        uint64_t base[MONT_MAX_LIMBS], plain_one[MONT_MAX_LIMBS] = {1};
        mont_multiply(base, base_r, plain_one, &f->modulus, 0);
        lanes_fixed_base_build(f->lanes, f->built, f->windows, f->window, base);
        wipe(base, sizeof base);
    } else {
        build_rows(f, f->built, one, base_r, r52);
    }
    return f;
}

void fixed_base_free(fixed_base *f) {
    // The modulus may be the square of a secret prime.
    if (f->built) wipe(f->built, f->table_words * 8);
    free(f->built);
    lanes_modulus_free(f->lanes);
    wipe(f, sizeof *f);
    free(f);
}

size_t fixed_base_bytes(const fixed_base *f) { return f->table_words * 8; }
const uint64_t *fixed_base_table(const fixed_base *f) { return f->table; }

static void power_scalar(const fixed_base *f, const uint64_t *exponents, size_t count, uint64_t *results) {
    enum { BATCH = 16 };  // exponents that share a sub-table while it is in the cache
    const int adx = f->kernel == FIXED_BASE_ADX;
    const size_t limbs = f->limbs, words = (f->exponent_bits + 63) / 64;
    const size_t entry_count = (size_t)1 << f->window, subtable = limbs * entry_count;
    uint64_t factor[MONT_MAX_LIMBS];
    for (size_t from = 0; from < count; from += BATCH) {
        const size_t batch = count - from < BATCH ? count - from : BATCH;
        for (size_t w = 0; w < f->windows; w++) {
            for (size_t i = from; i < from + batch; i++) {
                uint64_t *power = results + i * limbs;
                uint64_t d = exponent_digit(exponents + i * words, f->exponent_bits, w * f->window, f->window);
                uint64_t *target = w == 0 ? power : factor;
                const uint64_t *entries = f->table + w * subtable;
                if (adx) {
                    choose_entry_avx2(target, entries, entry_count, limbs, d);
                } else {
                    choose_entry(target, entries, entry_count, limbs, d);
                }
                if (w > 0) mont_multiply(power, power, factor, &f->modulus, adx);
            }
        }
        memset(factor, 0, sizeof factor);
        factor[0] = 1;
        for (size_t i = from; i < from + batch; i++) {
            mont_multiply(results + i * limbs, results + i * limbs, factor, &f->modulus, adx);
        }
    }
    wipe(factor, sizeof factor);
}

static void power_vector(const fixed_base *f, const uint64_t *exponents, size_t count, uint64_t *results) {
    const size_t limbs = f->limbs, words = (f->exponent_bits + 63) / 64;
    uint64_t *digits = calloc(f->windows * IFMA_LANES, 8), *lanes = calloc(IFMA_LANES * limbs, 8);
    if (!digits || !lanes) abort();
    for (size_t from = 0; from < count; from += IFMA_LANES) {
        const size_t batch = count - from < IFMA_LANES ? count - from : IFMA_LANES;
        for (size_t w = 0; w < f->windows; w++) {
            for (size_t l = 0; l < IFMA_LANES; l++) {
                digits[w * IFMA_LANES + l] =
                    l < batch ? exponent_digit(exponents + (from + l) * words, f->exponent_bits, w * f->window, f->window) : 0;
            }
        }
        ifma_fixed_base_power(f->table, f->windows, f->window, f->limbs52, f->n52, f->k0, digits, lanes, limbs);
        for (size_t l = 0; l < batch; l++) {
            uint64_t *result = results + (from + l) * limbs;
            memcpy(result, lanes + l * limbs, limbs * 8);
            mont_reduce_once(result, result, 0, f->n, limbs);
        }
    }
    wipe(digits, f->windows * IFMA_LANES * 8);
    wipe(lanes, IFMA_LANES * limbs * 8);
    free(digits);
    free(lanes);
}

void fixed_base_power(const fixed_base *f, const uint64_t *exponents, size_t count, uint64_t *results) {
    if (f->lanes) {
        lanes_fixed_base_power(f->lanes, f->table, f->windows, f->window, exponents, f->exponent_bits, count, results);
    } else if (f->kernel == FIXED_BASE_IFMA) {
        power_vector(f, exponents, count, results);
    } else {
        power_scalar(f, exponents, count, results);
    }
}
