// ristretto255 eight elements at a time, for processors with AVX-512 IFMA. Compiled for that instruction set whatever the rest
// is built for; curve25519.c offers it only where the processor and the operating system support it.
#if defined(__x86_64__) && defined(__clang__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma"))), apply_to = function)

#include "curve25519_field51x8.h"
#define KERNEL(name) ifma_##name
#include "curve25519_steps.h"
#include "curve25519_multiply.h"

const yinhe_ristretto_kernels yinhe_ristretto_ifma = {
    "avx512-ifma", ifma_decode, ifma_encode, ifma_derive, ifma_add, ifma_subtract, ifma_multiply, ifma_multiply_table,
};

#pragma clang attribute pop

#endif
