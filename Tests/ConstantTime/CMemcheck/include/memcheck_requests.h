// Valgrind's client requests that the checker needs, as functions that Swift can call. Without valgrind they do nothing.
#ifndef YINHE_MEMCHECK_REQUESTS_H
#define YINHE_MEMCHECK_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

/// Whether valgrind runs this program.
int yinhe_memcheck_is_running(void);
/// Secret from here on: a branch or an address that depends on these bytes is an error to memcheck.
void yinhe_memcheck_poison(const void *bytes, size_t count);
/// Public from here on.
void yinhe_memcheck_clear(const void *bytes, size_t count);
/// Errors so far.
unsigned long yinhe_memcheck_errors(void);

// Deliberately leaking functions: the checker must report each of them.
uint64_t yinhe_leaky_branch(const uint8_t *secret, size_t count);
uint64_t yinhe_leaky_index(const uint8_t *secret, size_t count);
/// The same sum without a leak: must not be reported.
uint64_t yinhe_steady_sum(const uint8_t *secret, size_t count);

#endif
