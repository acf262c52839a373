#include "p256_common.h"

#if defined(__x86_64__) && defined(__clang__)
// Checks the instruction set and, as XCR0 tells, that the operating system saves the AVX-512 registers.
static int has_ifma(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512ifma");
}
#endif

const yinhe_p256_kernels *yinhe_p256_available(size_t index) {
    if (index == 0) return &yinhe_p256_portable;
#if defined(__x86_64__) && defined(__clang__)
    if (index == 1 && has_ifma()) return &yinhe_p256_ifma;
#endif
    return NULL;
}

void yinhe_p256_encode(uint8_t *out, const yinhe_p256_point *points, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *p = out + 33 * i;
        p[0] = (uint8_t)(2 | (points[i].y[0] & 1));
        for (int k = 0; k < 4; k++) yinhe_p256_store_be(p + 25 - 8 * k, points[i].x[k]);
    }
}
