#include "memcheck_requests.h"

// The request sequence is documented in valgrind's manual, "The Client Request mechanism", and in valgrind.h: on x86-64 four
// rotations of RDI that cancel out, then XCHG RBX, RBX; RAX points to the six words of the request, RDX carries the default and
// the result. On AArch64 four rotations of X12, then ORR X10, X10, X10, with X4 and X3. A processor runs it as nothing.
static uintptr_t request(uintptr_t code, uintptr_t a, uintptr_t b) {
    volatile uintptr_t words[6] = {code, a, b, 0, 0, 0};
    uintptr_t result = 0;
#if defined(__x86_64__)
    __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                     : "=d"(result)
                     : "a"(&words[0]), "0"(result)
                     : "cc", "memory");
#elif defined(__aarch64__)
    __asm__ volatile("mov x3, %1; mov x4, %2; ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61; "
                     "orr x10, x10, x10; mov %0, x3"
                     : "=r"(result)
                     : "r"(result), "r"(&words[0])
                     : "cc", "memory", "x3", "x4");
#endif
    return result;
}

// Core requests are small numbers; a tool's own begin with the two letters of its name.
enum { RUNNING = 0x1001, COUNT_ERRORS = 0x1201 };
#define MEMCHECK(n) (((uintptr_t)'M' << 24 | (uintptr_t)'C' << 16) + (n))

int yinhe_memcheck_is_running(void) { return request(RUNNING, 0, 0) != 0; }
void yinhe_memcheck_poison(const void *bytes, size_t count) { request(MEMCHECK(1), (uintptr_t)bytes, count); }
void yinhe_memcheck_clear(const void *bytes, size_t count) { request(MEMCHECK(2), (uintptr_t)bytes, count); }
unsigned long yinhe_memcheck_errors(void) { return request(COUNT_ERRORS, 0, 0); }

__attribute__((noinline)) uint64_t yinhe_leaky_branch(const uint8_t *secret, size_t count) {
    volatile uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (secret[i] & 1) sum = sum + i;
    return sum;
}

__attribute__((noinline)) uint64_t yinhe_leaky_index(const uint8_t *secret, size_t count) {
    static volatile const uint8_t table[256] = {1, 2, 3};
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += table[secret[i]];
    return sum;
}

__attribute__((noinline)) uint64_t yinhe_steady_sum(const uint8_t *secret, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += i & -(uint64_t)(secret[i] & 1);
    return sum;
}
