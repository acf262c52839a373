#include "montgomery_adx.h"

#if defined(__x86_64__)
#include <string.h>

// Products in blocks of 8 by 8 limbs. A window of eight accumulators, in r8 to r15, slides up one limb with every row: a row adds
// one streamed limb (rdx) times eight fixed ones (at rdi), and nothing but the limb that leaves the window goes to memory.
// Carries run in two chains: CF takes the low halves, OF the high halves, and in its free lowest place the limb of memory that
// the leaving limb is added to. A row cannot overflow: (2^512 - 1) + (2^64 - 1) + (2^64 - 1) (2^512 - 1) = 2^576 - 1.

#define PAIR(at, a, next)                        \
    "mulxq " #at "(%%rdi), %%rax, %%rcx\n\t"     \
    "adcxq %%rax, %%" #a "\n\t"                  \
    "adoxq %%rcx, %%" #next "\n\t"
/// The seven upper products of a row; the last high half starts the accumulator that enters the window in a0's place.
#define UPPER(a0, a1, a2, a3, a4, a5, a6, a7)                                                                       \
    PAIR(8, a1, a2) PAIR(16, a2, a3) PAIR(24, a3, a4) PAIR(32, a4, a5) PAIR(40, a5, a6) PAIR(48, a6, a7)            \
    "mulxq 56(%%rdi), %%rax, %%" #a0 "\n\t"                                                                         \
    "adcxq %%rax, %%" #a7 "\n\t"                                                                                    \
    "movl $0, %%eax\n\t"                                                                                            \
    "adoxq %%rax, %%" #a0 "\n\t"                                                                                    \
    "adcxq %%rax, %%" #a0 "\n\t"
#define ROW(at, a0, a1, a2, a3, a4, a5, a6, a7)                                                                     \
    "movq " #at "(%%rsi), %%rdx\n\t"                                                                                \
    "xorl %%eax, %%eax\n\t"                                                                                         \
    "mulxq (%%rdi), %%rax, %%rcx\n\t"                                                                               \
    "adcxq %%rax, %%" #a0 "\n\t"                                                                                    \
    "adoxq " #at "(%%rbx), %%" #a0 "\n\t"                                                                           \
    "movq %%" #a0 ", " #at "(%%rbx)\n\t"                                                                            \
    "adoxq %%rcx, %%" #a1 "\n\t"                                                                                    \
    UPPER(a0, a1, a2, a3, a4, a5, a6, a7)
/// A row whose streamed limb is the quotient digit that makes the leaving limb zero.
#define QUOTIENT_ROW(at, a0, a1, a2, a3, a4, a5, a6, a7)                                                            \
    "movq %%" #a0 ", %%rdx\n\t"                                                                                     \
    "imulq %%rsi, %%rdx\n\t"                                                                                        \
    "movq %%rdx, " #at "(%%rbx)\n\t"                                                                                \
    "xorl %%eax, %%eax\n\t"                                                                                         \
    "mulxq (%%rdi), %%rax, %%rcx\n\t"                                                                               \
    "adcxq %%rax, %%" #a0 "\n\t"                                                                                    \
    "adoxq %%rcx, %%" #a1 "\n\t"                                                                                    \
    UPPER(a0, a1, a2, a3, a4, a5, a6, a7)
#define EIGHT(row)                                                                                                  \
    row(0, r8, r9, r10, r11, r12, r13, r14, r15) row(8, r9, r10, r11, r12, r13, r14, r15, r8)                       \
    row(16, r10, r11, r12, r13, r14, r15, r8, r9) row(24, r11, r12, r13, r14, r15, r8, r9, r10)                     \
    row(32, r12, r13, r14, r15, r8, r9, r10, r11) row(40, r13, r14, r15, r8, r9, r10, r11, r12)                     \
    row(48, r14, r15, r8, r9, r10, r11, r12, r13) row(56, r15, r8, r9, r10, r11, r12, r13, r14)
#define LOAD_WINDOW(from)                                                                                           \
    "movq (" from "), %%r8\n\tmovq 8(" from "), %%r9\n\tmovq 16(" from "), %%r10\n\tmovq 24(" from "), %%r11\n\t"   \
    "movq 32(" from "), %%r12\n\tmovq 40(" from "), %%r13\n\tmovq 48(" from "), %%r14\n\tmovq 56(" from "), %%r15\n\t"
#define STORE_WINDOW(to)                                                                                            \
    "movq %%r8, (" to ")\n\tmovq %%r9, 8(" to ")\n\tmovq %%r10, 16(" to ")\n\tmovq %%r11, 24(" to ")\n\t"           \
    "movq %%r12, 32(" to ")\n\tmovq %%r13, 40(" to ")\n\tmovq %%r14, 48(" to ")\n\tmovq %%r15, 56(" to ")\n\t"
#define WINDOW_CLOBBERS "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory"

/// t[0 ..< 8 blocks] and the window += streamed[0 ..< 8 blocks] * fixed[0 ..< 8]; the window afterwards belongs above t.
static inline __attribute__((always_inline)) void multiply_rows8(
    uint64_t *t, const uint64_t *streamed, size_t blocks, const uint64_t *fixed, const uint64_t *window, uint64_t *window_after) {
    const uint64_t *end = streamed + 8 * blocks;
    __asm__ volatile(
        "movq %[window], %%rax\n\t" LOAD_WINDOW("%%rax")
        ".p2align 5\n"
        "1:\n\t"
        EIGHT(ROW)
        "leaq 64(%%rsi), %%rsi\n\t"
        "leaq 64(%%rbx), %%rbx\n\t"
        "cmpq %[end], %%rsi\n\t"
        "jne 1b\n\t"
        "movq %[after], %%rax\n\t" STORE_WINDOW("%%rax")
        : "+S"(streamed), "+b"(t)
        : "D"(fixed), [end] "m"(end), [window] "m"(window), [after] "m"(window_after)
        : WINDOW_CLOBBERS);
}

/// Eight quotient digits for the limbs t[0 ..< 8], which become zero (they are not written); the window: what is carried above.
static inline __attribute__((always_inline)) void quotient8(
    uint64_t *quotient, const uint64_t *t, const uint64_t *n, uint64_t n0, uint64_t *window_after) {
    __asm__ volatile(
        "movq %[t], %%rax\n\t" LOAD_WINDOW("%%rax")
        EIGHT(QUOTIENT_ROW)
        "movq %[after], %%rax\n\t" STORE_WINDOW("%%rax")
        : "+S"(n0)
        : "b"(quotient), "D"(n), [t] "m"(t), [after] "m"(window_after)
        : WINDOW_CLOBBERS);
}

static const uint64_t zeros[8];

void mont_adx_product(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs) {
    if (limbs >= MONT_KARATSUBA_PRODUCT && limbs % 16 == 0) {
        mont_karatsuba_product(t, a, b, limbs);
        return;
    }
    memset(t, 0, limbs * sizeof(uint64_t));
    for (size_t k = 0; k < limbs; k += 8) multiply_rows8(t + k, a, limbs / 8, b + k, zeros, t + k + limbs);
}

/// above[0 ..< 8] += window + carry; returns the carry.
static inline uint64_t add_window(uint64_t *above, const uint64_t *window, uint64_t carry) {
    for (size_t j = 0; j < 8; j++) {
        unsigned __int128 s = (unsigned __int128)above[j] + window[j] + carry;
        above[j] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

uint64_t mont_adx_product_add(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t limbs) {
    if (limbs >= MONT_KARATSUBA_PRODUCT_ADD && limbs % 16 == 0) {
        uint64_t product[2 * MONT_MAX_LIMBS];
        mont_karatsuba_product(product, a, b, limbs);
        return mont_x86_add(t, t, product, 2 * limbs, 0);
    }
    uint64_t window[8], carry = 0;
    for (size_t k = 0; k < limbs; k += 8) {
        multiply_rows8(t + k, a, limbs / 8, b + k, zeros, window);
        carry = add_window(t + k + limbs, window, carry);
    }
    return carry;
}

// The square of eight limbs: products of different limbs once, row by row, then twice that plus the squares.
#define CROSS(at, a, next)                       \
    "mulxq " #at "(%%rsi), %%rax, %%rcx\n\t"     \
    "adcxq %%rax, %%" #a "\n\t"                  \
    "adoxq %%rcx, %%" #next "\n\t"
/// The last product of a row; its high half is a new accumulator.
#define CROSS_END(a, fresh)                      \
    "mulxq 56(%%rsi), %%rax, %%" #fresh "\n\t"   \
    "adcxq %%rax, %%" #a "\n\t"                  \
    "adoxq %%rdi, %%" #fresh "\n\t"              \
    "adcxq %%rdi, %%" #fresh "\n\t"
#define CROSS_START(at) "movq " #at "(%%rsi), %%rdx\n\txorl %%edi, %%edi\n\t"
#define OUT(at, a) "movq %%" #a ", " #at "(%%rbx)\n\t"
/// t[2i], t[2i + 1] = twice them plus the square of limb i; CF and OF run through all of these.
#define DIAGONAL(at, at2, at3)                   \
    "movq " #at "(%%rsi), %%rdx\n\t"             \
    "mulxq %%rdx, %%rax, %%rcx\n\t"              \
    "movq " #at2 "(%%rbx), %%r8\n\t"             \
    "movq " #at3 "(%%rbx), %%r9\n\t"             \
    "adcxq %%r8, %%r8\n\t"                       \
    "adoxq %%rax, %%r8\n\t"                      \
    "adcxq %%r9, %%r9\n\t"                       \
    "adoxq %%rcx, %%r9\n\t"                      \
    "movq %%r8, " #at2 "(%%rbx)\n\t"             \
    "movq %%r9, " #at3 "(%%rbx)\n\t"

static inline __attribute__((always_inline)) void square8(uint64_t *t, const uint64_t *a) {
    __asm__ volatile(
        // a0 times a1 ... a7 at places 1 ... 8.
        CROSS_START(0)
        "mulxq 8(%%rsi), %%r8, %%r9\n\t"
        "mulxq 16(%%rsi), %%rax, %%r10\n\tadcxq %%rax, %%r9\n\t"
        "mulxq 24(%%rsi), %%rax, %%r11\n\tadcxq %%rax, %%r10\n\t"
        "mulxq 32(%%rsi), %%rax, %%r12\n\tadcxq %%rax, %%r11\n\t"
        "mulxq 40(%%rsi), %%rax, %%r13\n\tadcxq %%rax, %%r12\n\t"
        "mulxq 48(%%rsi), %%rax, %%r14\n\tadcxq %%rax, %%r13\n\t"
        "mulxq 56(%%rsi), %%rax, %%r15\n\tadcxq %%rax, %%r14\n\t"
        "adcxq %%rdi, %%r15\n\t"
        OUT(8, r8) OUT(16, r9)  // r10 holds place 3, r15 place 8
        CROSS_START(8)
        CROSS(16, r10, r11) CROSS(24, r11, r12) CROSS(32, r12, r13) CROSS(40, r13, r14) CROSS(48, r14, r15) CROSS_END(r15, r8)
        OUT(24, r10) OUT(32, r11)  // r12: 5, r8: 9
        CROSS_START(16)
        CROSS(24, r12, r13) CROSS(32, r13, r14) CROSS(40, r14, r15) CROSS(48, r15, r8) CROSS_END(r8, r9)
        OUT(40, r12) OUT(48, r13)  // r14: 7, r9: 10
        CROSS_START(24)
        CROSS(32, r14, r15) CROSS(40, r15, r8) CROSS(48, r8, r9) CROSS_END(r9, r10)
        OUT(56, r14) OUT(64, r15)  // r8: 9, r10: 11
        CROSS_START(32)
        CROSS(40, r8, r9) CROSS(48, r9, r10) CROSS_END(r10, r11)
        OUT(72, r8) OUT(80, r9)  // r10: 11, r11: 12
        CROSS_START(40)
        CROSS(48, r10, r11) CROSS_END(r11, r12)
        OUT(88, r10) OUT(96, r11)  // r12: 13
        CROSS_START(48)
        CROSS_END(r12, r13)
        OUT(104, r12) OUT(112, r13)
        "xorl %%eax, %%eax\n\t"
        "movq %%rax, (%%rbx)\n\t"
        "movq %%rax, 120(%%rbx)\n\t"
        DIAGONAL(0, 0, 8) DIAGONAL(8, 16, 24) DIAGONAL(16, 32, 40) DIAGONAL(24, 48, 56)
        DIAGONAL(32, 64, 72) DIAGONAL(40, 80, 88) DIAGONAL(48, 96, 104) DIAGONAL(56, 112, 120)
        :
        : "S"(a), "b"(t)
        : "rax", "rcx", "rdx", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

#define CHAIN(instruction, at)                   \
    "movq " #at "(%[a]), %[x]\n\t"               \
    #instruction " " #at "(%[b]), %[x]\n\t"      \
    "movq %[x], " #at "(%[d])\n\t"
/// d = a + b + carry or a - b - carry; returns the carry.
#define CHAIN_BODY(instruction)                                                                                     \
    uint64_t x = carry, blocks = limbs / 8;                                                                         \
    __asm__ volatile(                                                                                               \
        "negq %[x]\n\t"                                                                                             \
        ".p2align 4\n"                                                                                              \
        "1:\n\t"                                                                                                    \
        CHAIN(instruction, 0) CHAIN(instruction, 8) CHAIN(instruction, 16) CHAIN(instruction, 24)                   \
        CHAIN(instruction, 32) CHAIN(instruction, 40) CHAIN(instruction, 48) CHAIN(instruction, 56)                 \
        "leaq 64(%[a]), %[a]\n\t"                                                                                   \
        "leaq 64(%[b]), %[b]\n\t"                                                                                   \
        "leaq 64(%[d]), %[d]\n\t"                                                                                   \
        "leaq -1(%[blocks]), %[blocks]\n\t"                                                                         \
        "jrcxz 2f\n\t"                                                                                              \
        "jmp 1b\n"                                                                                                  \
        "2:\n\t"                                                                                                    \
        "sbbq %[x], %[x]\n\t"                                                                                       \
        : [d] "+r"(d), [a] "+r"(a), [b] "+r"(b), [blocks] "+c"(blocks), [x] "+r"(x)                                 \
        :                                                                                                           \
        : "cc", "memory");                                                                                          \
    return 0 - x;

uint64_t mont_x86_subtract(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs, uint64_t carry) { CHAIN_BODY(sbbq) }
uint64_t mont_x86_add(uint64_t *d, const uint64_t *a, const uint64_t *b, size_t limbs, uint64_t carry) { CHAIN_BODY(adcq) }

#define TWICE_PLUS(at)                           \
    "movq " #at "(%[t]), %[x]\n\t"               \
    "adcxq %[x], %[x]\n\t"                       \
    "adoxq " #at "(%[d]), %[x]\n\t"              \
    "movq %[x], " #at "(%[t])\n\t"
uint64_t mont_adx_twice_plus(uint64_t *t, const uint64_t *d, size_t limbs) {
    uint64_t x, blocks = limbs / 16;
    __asm__ volatile(
        "xorl %k[x], %k[x]\n\t"
        ".p2align 4\n"
        "1:\n\t"
        TWICE_PLUS(0) TWICE_PLUS(8) TWICE_PLUS(16) TWICE_PLUS(24) TWICE_PLUS(32) TWICE_PLUS(40) TWICE_PLUS(48) TWICE_PLUS(56)
        TWICE_PLUS(64) TWICE_PLUS(72) TWICE_PLUS(80) TWICE_PLUS(88) TWICE_PLUS(96) TWICE_PLUS(104) TWICE_PLUS(112) TWICE_PLUS(120)
        "leaq 128(%[t]), %[t]\n\t"
        "leaq 128(%[d]), %[d]\n\t"
        "leaq -1(%[blocks]), %[blocks]\n\t"
        "jrcxz 2f\n\t"
        "jmp 1b\n"
        "2:\n\t"
        "movl $0, %k[x]\n\t"
        "adcxq %[blocks], %[x]\n\t"  // blocks is 0 now
        "adoxq %[blocks], %[x]\n\t"
        : [t] "+r"(t), [d] "+r"(d), [blocks] "+c"(blocks), [x] "=&r"(x)
        :
        : "cc", "memory");
    return x;
}

void mont_adx_square(uint64_t *t, const uint64_t *a, size_t limbs) {
    if (limbs == 8) {
        square8(t, a);
        return;
    }
    if (limbs >= MONT_KARATSUBA_SQUARE && limbs % 16 == 0) {
        mont_karatsuba_square(t, a, limbs);
        return;
    }
    uint64_t squares[2 * MONT_MAX_LIMBS];
    for (size_t k = 0; k < limbs; k += 8) square8(squares + 2 * k, a + k);
    memset(t, 0, limbs * sizeof(uint64_t));
    // Every block of eight limbs times all those above it.
    for (size_t k = 0; k + 8 < limbs; k += 8)
        multiply_rows8(t + 2 * k + 8, a + k + 8, limbs / 8 - k / 8 - 1, a + k, zeros, t + k + limbs);
    memset(t + 2 * limbs - 8, 0, 8 * sizeof(uint64_t));
    mont_adx_twice_plus(t, squares, 2 * limbs);
}

uint64_t mont_adx_reduce(uint64_t *t, uint64_t *quotient, const mont_modulus *m) {
    const size_t limbs = m->limbs;
    uint64_t window[8], carry = 0;
    for (size_t k = 0; k < limbs; k += 8) {
        quotient8(quotient + k, t + k, m->n, m->n0, window);
        if (limbs > 8) multiply_rows8(t + k + 8, m->n + 8, limbs / 8 - 1, quotient + k, window, window);
        carry = add_window(t + k + limbs, window, carry);
    }
    return carry;
}

#endif
