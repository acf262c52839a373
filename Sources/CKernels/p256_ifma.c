// P-256 eight points at a time, for processors with AVX-512 IFMA. Compiled for that instruction set whatever the rest is built
// for; p256.c calls it only where the processor and the operating system support it.
#if defined(__x86_64__) && defined(__clang__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma"))), apply_to = function)

#include "p256_field52x8.h"
#define KERNEL(name) ifma_##name
#include "p256_steps.h"
#include "p256_multiply52x8.h"

const yinhe_p256_kernels yinhe_p256_ifma = {
    "avx512-ifma", ifma_hash_to_curve, ifma_encode_to_curve, ifma_decode, ifma_multiply,
};

#pragma clang attribute pop

#endif
