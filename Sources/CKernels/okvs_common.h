// What the files of the key-value store share.
#ifndef YINHE_OKVS_COMMON_H
#define YINHE_OKVS_COMMON_H

#include "include/okvs.h"

// A value of two words; arrays of values need no alignment beyond 8 bytes.
typedef uint64_t okvs_pair __attribute__((vector_size(16), aligned(8), may_alias));

extern const yinhe_okvs_kernels yinhe_okvs_portable;
#if defined(__x86_64__) && defined(__clang__)
extern const yinhe_okvs_kernels yinhe_okvs_pclmul;
extern const yinhe_okvs_kernels yinhe_okvs_avx512;
#endif

// One peeled row, for the rare work on gaps.
typedef struct {
    uint32_t id, pivot, p[3];
} okvs_step;

static inline void okvs_row(const yinhe_okvs_system *s, uint32_t id, uint32_t p[3]) {
    if (s->wide) {
        const uint32_t *row = (const uint32_t *)s->rows + 4 * (size_t)id;
        for (int k = 0; k < 3; k++) p[k] = row[k];
    } else {
        uint64_t row = ((const uint64_t *)s->rows)[id];
        for (int k = 0; k < 3; k++) p[k] = (uint16_t)(row >> (16 * k));
    }
}

// Wide steps: word 0 is p0 | p1 << 32, word 1 is p2 | id << 25 | (index of the pivot among the three) << 49.
static inline okvs_step okvs_step_at(const yinhe_okvs_system *s, size_t i) {
    okvs_step step;
    if (s->wide) {
        const uint64_t *w = (const uint64_t *)s->steps + 2 * i;
        step.p[0] = (uint32_t)w[0];
        step.p[1] = (uint32_t)(w[0] >> 32);
        step.p[2] = (uint32_t)w[1] & 0x1ffffff;
        step.id = (uint32_t)(w[1] >> 25) & 0xffffff;
        step.pivot = step.p[w[1] >> 49];
    } else {
        uint32_t w = ((const uint32_t *)s->steps)[i];
        step.id = w & 0xffff;
        step.pivot = w >> 16;
        okvs_row(s, step.id, step.p);
    }
    return step;
}

#endif
