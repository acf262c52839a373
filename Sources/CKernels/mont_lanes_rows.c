// Multiplications on rows: groups of four in one piece of working memory, wiped at the end.
#include <stdlib.h>
#include <string.h>

#include "mont_lanes_modulus.h"

#if defined(__x86_64__)

typedef struct {
    uint64_t *memory;
    size_t bytes;
    void *a, *b, *scratch;
} workspace;

static workspace workspace_new(const lanes_modulus *m) {
    const size_t group = lanes_group_bytes(m), bytes = 2 * group + lanes_scratch_bytes(m);
    void *memory = lanes_allocate(bytes);
    return (workspace){memory, bytes, memory, (char *)memory + group, (char *)memory + 2 * group};
}

static void workspace_free(workspace w) {
    wipe(w.memory, w.bytes);
    free(w.memory);
}

static inline size_t batch(size_t count, size_t from) { return count - from < LANES ? count - from : LANES; }

void lanes_multiply_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count) {
    const size_t limbs = m->limbs;
    workspace w = workspace_new(m);
    for (size_t i = 0; i < count; i += LANES) {
        lanes_pack(m, w.a, a + i * limbs, limbs, batch(count, i));
        lanes_pack(m, w.b, b + i * limbs, limbs, batch(count, i));
        lanes_multiply(m, w.a, w.a, w.b, w.scratch);
        lanes_unpack(m, r + i * limbs, limbs, batch(count, i), w.a, w.scratch);
    }
    workspace_free(w);
}

/// r[i] = a[i] w.b / R mod n; frees w.
static void multiply_by_group(const lanes_modulus *m, uint64_t *r, const uint64_t *a, workspace w, size_t count) {
    const size_t limbs = m->limbs;
    for (size_t i = 0; i < count; i += LANES) {
        lanes_pack(m, w.a, a + i * limbs, limbs, batch(count, i));
        lanes_multiply(m, w.a, w.a, w.b, w.scratch);
        lanes_unpack(m, r + i * limbs, limbs, batch(count, i), w.a, w.scratch);
    }
    workspace_free(w);
}

void lanes_multiply_rows_by_one(const lanes_modulus *m, uint64_t *r, const uint64_t *a, const uint64_t *b, size_t count) {
    workspace w = workspace_new(m);
    lanes_pack(m, w.b, b, 0, LANES);
    multiply_by_group(m, r, a, w, count);
}

void lanes_to_montgomery_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count) {
    workspace w = workspace_new(m);
    memcpy(w.b, m->r_squared, lanes_group_bytes(m));
    multiply_by_group(m, r, a, w, count);
}

void lanes_from_montgomery_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count) {
    workspace w = workspace_new(m);
    lanes_plain_one(m, w.b);
    multiply_by_group(m, r, a, w, count);
}

void lanes_square_rows(const lanes_modulus *m, uint64_t *r, const uint64_t *a, size_t count) {
    const size_t limbs = m->limbs;
    workspace w = workspace_new(m);
    for (size_t i = 0; i < count; i += LANES) {
        lanes_pack(m, w.a, a + i * limbs, limbs, batch(count, i));
        lanes_square(m, w.a, w.a, w.scratch);
        lanes_unpack(m, r + i * limbs, limbs, batch(count, i), w.a, w.scratch);
    }
    workspace_free(w);
}

#endif
