#include "aes.h"

#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_aes128_kernels yinhe_aes128_aesni, yinhe_aes128_vaes256, yinhe_aes128_vaes;

static int has_aesni(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1");
}

static int has_vaes256(void) {
    return has_aesni() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vaes");
}

// The processor's bits; compiler-rt's model also checks that the operating system saves the AVX-512 registers.
static int has_vaes512(void) {
    return has_aesni() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vaes");
}
#endif

const yinhe_aes128_kernels *yinhe_aes128_available(size_t index) {
#if defined(__x86_64__) && defined(__clang__)
    if (index == 0 && has_aesni()) return &yinhe_aes128_aesni;
    if (index == 1 && has_vaes256()) return &yinhe_aes128_vaes256;
    if (index == 2 && has_vaes512()) return &yinhe_aes128_vaes;
#endif
    return NULL;
}
