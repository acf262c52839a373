// Triangulation. Every column keeps its weight and the exclusive or of what identifies its rows, so that the only row of a
// column of weight one can be read off; no lists of rows are kept.
#include <stdlib.h>
#include <string.h>

#include "okvs_common.h"

// State of a narrow column: weight << 16 | exclusive or of row ids. Rows number below 2^16, so the weight fits.
// The loop has no branch on states: a column that lost its row meanwhile goes through the motions with nothing to remove.
static size_t run_narrow(yinhe_okvs_system *s, size_t head, size_t *tail_io, size_t peeled) {
    const uint64_t *rows = s->rows;
    uint32_t *state = s->state, *steps = s->steps;
    uint16_t *queue = s->queue;
    size_t tail = *tail_io;
    while (head < tail) {
        uint32_t column = queue[head++], own = state[column];
        uint32_t alive = (own >> 16) == 1, id = own & 0xffff & -alive, change = id, weight = alive << 16;
        uint64_t row = rows[id];
        steps[peeled] = column << 16 | id;
        peeled += alive;
        for (int k = 0; k < 3; k++) {
            uint32_t p = (uint16_t)(row >> (16 * k)), after = (state[p] - weight) ^ change;
            state[p] = after;
            queue[tail] = (uint16_t)p;
            tail += alive & ((after >> 16) == 1);
        }
    }
    *tail_io = tail;
    return peeled;
}

// State of a wide column, two words: the exclusive or of its rows' p0 | p1 << 32, and of p2 | id << 25 with the weight at
// bit 49. A column of weight one thus holds its whole row. Weights stay below 2^14 or the build says so.
enum { AHEAD_STATE = 24, AHEAD_ROW = 10 };
#define WEIGHT_ONE ((uint64_t)1 << 49)

static size_t run_wide(yinhe_okvs_system *s, size_t head, size_t *tail_io, size_t peeled) {
    uint64_t *state = s->state, *steps = s->steps;
    uint32_t *queue = s->queue;
    size_t tail = *tail_io;
    while (head < tail) {
        if (head + AHEAD_STATE < tail) __builtin_prefetch(state + 2 * (size_t)queue[head + AHEAD_STATE], 1);
        if (head + AHEAD_ROW < tail) {
            const uint64_t *next = state + 2 * (size_t)queue[head + AHEAD_ROW];
            if (next[1] >> 49 == 1) {
                __builtin_prefetch(state + 2 * (uint64_t)(uint32_t)next[0], 1);
                __builtin_prefetch(state + 2 * (next[0] >> 32), 1);
                __builtin_prefetch(state + 2 * (next[1] & 0x1ffffff), 1);
            }
        }
        uint32_t column = queue[head++];
        uint64_t w0 = state[2 * (size_t)column], w1 = state[2 * (size_t)column + 1];
        if (w1 >> 49 != 1) continue;
        uint32_t p[3] = {(uint32_t)w0, (uint32_t)(w0 >> 32), (uint32_t)w1 & 0x1ffffff};
        uint64_t index = column == p[1] ? 1 : column == p[2] ? 2 : 0, plain = w1 - WEIGHT_ONE;
        steps[2 * peeled] = w0;
        steps[2 * peeled + 1] = plain | index << 49;
        peeled++;
        for (int k = 0; k < 3; k++) {
            uint64_t *q = state + 2 * (size_t)p[k];
            q[0] ^= w0;
            uint64_t after = (q[1] - WEIGHT_ONE) ^ plain;
            q[1] = after;
            queue[tail] = p[k];
            tail += after >> 49 == 1;
        }
    }
    *tail_io = tail;
    return peeled;
}

static size_t build_narrow(yinhe_okvs_system *s) {
    const uint64_t *rows = s->rows;
    uint32_t *state = s->state;
    uint16_t *queue = s->queue;
    size_t tail = 0;
    memset(state, 0, 4 * (size_t)s->sparse);
    for (size_t i = 0; i < s->count; i++) {
        uint64_t row = rows[i];
        for (int k = 0; k < 3; k++) {
            uint32_t *q = state + (uint16_t)(row >> (16 * k));
            *q = (*q + 0x10000) ^ (uint32_t)i;
        }
    }
    for (uint32_t c = 0; c < s->sparse; c++) {
        queue[tail] = (uint16_t)c;
        tail += (state[c] >> 16) == 1;
    }
    return tail;
}

enum { AHEAD_BUILD = 24 };

static int build_wide(yinhe_okvs_system *s, size_t *tail_out) {
    const uint32_t *rows = s->rows;
    uint64_t *state = s->state, overflow = 0;
    uint32_t *queue = s->queue;
    size_t tail = 0;
    memset(state, 0, 16 * (size_t)s->sparse);
    for (size_t i = 0; i < s->count; i++) {
        const uint32_t *row = rows + 4 * i;
        if (i + AHEAD_BUILD < s->count)
            for (int k = 0; k < 3; k++) __builtin_prefetch(state + 2 * (size_t)row[4 * AHEAD_BUILD + k], 1);
        uint64_t w0 = row[0] | (uint64_t)row[1] << 32, w1 = row[2] | (uint64_t)i << 25;
        for (int k = 0; k < 3; k++) {
            uint64_t *q = state + 2 * (size_t)row[k];
            q[0] ^= w0;
            q[1] = (q[1] + WEIGHT_ONE) ^ w1;
            overflow |= q[1];
        }
    }
    for (uint32_t c = 0; c < s->sparse; c++) {
        queue[tail] = c;
        tail += state[2 * (size_t)c + 1] >> 49 == 1;
    }
    *tail_out = tail;
    return overflow >> 63 == 0;
}

static uint32_t weight(const yinhe_okvs_system *s, size_t column) {
    return s->wide ? (uint32_t)(((const uint64_t *)s->state)[2 * column + 1] >> 49) : ((const uint32_t *)s->state)[column] >> 16;
}

// Takes a row out of its columns and queues those that are left with one row.
static void take_out(yinhe_okvs_system *s, uint32_t id, size_t *tail) {
    uint32_t p[3];
    okvs_row(s, id, p);
    for (int k = 0; k < 3; k++) {
        if (s->wide) {
            uint64_t *q = (uint64_t *)s->state + 2 * (size_t)p[k];
            q[0] ^= p[0] | (uint64_t)p[1] << 32;
            q[1] = (q[1] - WEIGHT_ONE) ^ (p[2] | (uint64_t)id << 25);
            if (q[1] >> 49 == 1) ((uint32_t *)s->queue)[(*tail)++] = p[k];
        } else {
            uint32_t *q = (uint32_t *)s->state + p[k];
            *q = (*q - 0x10000) ^ id;
            if (*q >> 16 == 1) ((uint16_t *)s->queue)[(*tail)++] = (uint16_t)p[k];
        }
    }
}

// The first lightest column becomes the pivot of its first row; its other rows fall into the gap. Returns 0 when they are
// too many, -1 when memory is out.
static int unstick(yinhe_okvs_system *s, uint8_t *gone, size_t *marked, size_t *tail) {
    for (; *marked < s->peeled; (*marked)++) gone[okvs_step_at(s, *marked).id] = 1;
    uint32_t lightest = 0, best = UINT32_MAX;
    for (uint32_t c = 0; c < s->sparse && best > 2; c++) {
        uint32_t w = weight(s, c);
        if (w > 0 && w < best) {
            best = w;
            lightest = c;
        }
    }
    if (s->gap_count + best - 1 > s->max_gap) return 0;
    int first = 1;
    for (uint32_t id = 0; id < s->count && best > 0; id++) {
        if (gone[id]) continue;
        uint32_t p[3];
        okvs_row(s, id, p);
        if (p[0] != lightest && p[1] != lightest && p[2] != lightest) continue;
        best--;
        gone[id] = 1;
        take_out(s, id, tail);
        if (!first) {
            s->gap[s->gap_count++] = id;
            continue;
        }
        first = 0;
        if (s->wide) {
            uint64_t *step = (uint64_t *)s->steps + 2 * s->peeled;
            step[0] = p[0] | (uint64_t)p[1] << 32;
            step[1] = p[2] | (uint64_t)id << 25 | (uint64_t)(p[1] == lightest ? 1 : p[2] == lightest ? 2 : 0) << 49;
        } else {
            ((uint32_t *)s->steps)[s->peeled] = lightest << 16 | id;
        }
        s->peeled++;
    }
    return 1;
}

int yinhe_okvs_peel(yinhe_okvs_system *s) {
    s->peeled = 0;
    s->gap_count = 0;
    if (s->sparse == 0) {
        if (s->count > s->max_gap) return 0;
        for (uint32_t id = 0; id < s->count; id++) s->gap[s->gap_count++] = id;
        return 1;
    }
    size_t head = 0, tail = 0;
    if (!s->wide) tail = build_narrow(s);
    else if (!build_wide(s, &tail)) return 0;
    uint8_t *gone = NULL;
    size_t marked = 0;
    int result = 1;
    for (;;) {
        s->peeled = s->wide ? run_wide(s, head, &tail, s->peeled) : run_narrow(s, head, &tail, s->peeled);
        head = tail;
        if (s->peeled + s->gap_count == s->count) break;
        if (!gone && !(gone = calloc(s->count, 1))) {
            result = -1;
            break;
        }
        result = unstick(s, gone, &marked, &tail);
        if (result != 1) break;
    }
    free(gone);
    return result;
}
