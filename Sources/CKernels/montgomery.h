#ifndef YINHE_MONTGOMERY_H
#define YINHE_MONTGOMERY_H

// Montgomery multiplication, r = a b / R mod n, inside CKernels. Constant time.
#include <stddef.h>
#include <stdint.h>

#define MONT_MAX_LIMBS 128

typedef struct {
    size_t limbs;
    uint64_t n0;  // -n^-1 mod 2^64
    const uint64_t *n;
} mont_modulus;

/// -n^-1 mod 2^64 for odd n.
static inline uint64_t mont_negative_inverse(uint64_t n) {
    uint64_t x = n;  // correct to 3 bits; each step doubles them (Newton)
    for (int i = 0; i < 5; i++) x *= 2 - n * x;
    return 0 - x;
}

/// a, b < n; r < n; r may be a or b. `adx`: the processor has mulx, adcx and adox.
void mont_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b, const mont_modulus *m, int adx);

/// r -= n when r >= n (with `carry` as the limb above r), without a branch.
void mont_reduce_once(uint64_t *r, uint64_t carry, const uint64_t *n, size_t limbs);

/// `mask` as it is, its origin hidden from the compiler, which otherwise turns selections by masks into branches or into loads
/// from chosen addresses.
static inline uint64_t opaque_mask(uint64_t mask) {
    __asm__("" : "+r"(mask));
    return mask;
}

static inline void wipe(void *p, size_t bytes) {
    __builtin_memset(p, 0, bytes);
    __asm__ volatile("" : : "r"(p) : "memory");
}

#endif
