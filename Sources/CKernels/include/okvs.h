// An oblivious key-value store: rows of weight 3 with dense columns over GF(2^64) = F2[y] / (y^64 + y^4 + y^3 + y + 1)
// (S. Raghuraman, P. Rindal, "Blazing fast PSI from improved OKVS and subfield VOLE", CCS 2022; Protocols/okvs.md).
//
// Values have 64 or 128 bits (two words). A cluster's columns are contiguous in the vector: `sparse`, then `dense` of them.
// Memory accesses depend on the keys of the caller, who runs this on keys of his own; nothing else leaves by them.
#ifndef YINHE_OKVS_H
#define YINHE_OKVS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t clusters;  // 1 ... 65536
    uint32_t sparse;    // columns per cluster; 0 for the dense form
    uint32_t dense;     // columns per cluster
} yinhe_okvs_shape;

// Narrow rows: p0 | p1 << 16 | p2 << 32 | cluster << 48, for at most 65536 sparse columns and clusters; ids below 2^16.
// Wide rows, and places for decoding: four 32-bit words: three indices into the vector and that of the first dense column.
#define YINHE_OKVS_NARROW_COLUMNS 65536
#define YINHE_OKVS_NARROW_ITEMS 65535
// Limits of the wide form's packed state.
#define YINHE_OKVS_WIDE_COLUMNS (1u << 25)
#define YINHE_OKVS_WIDE_ITEMS (1u << 24)

// One implementation of the row and field arithmetic; all give identical results.
typedef struct {
    const char *name;

    // Rows from two pseudorandom 16-byte blocks per key. With words w0, w1 of `first` and w2, w3 of `second`, and
    // draw(w, n) = floor(w n / 2^64): the cluster is draw(w0, clusters); of the fraction f = w0 clusters mod 2^64,
    // p0 = draw(f, sparse), p1 = draw(w1, sparse - 1) among the columns other than p0, p2 = draw(w2, sparse - 2) among the
    // rest; the hashed key is w3.
    void (*narrow_rows)(uint64_t *rows, const uint64_t *first, const uint64_t *second, size_t count, yinhe_okvs_shape shape);
    void (*places)(uint32_t *places, uint64_t *hashed, const uint64_t *first, const uint64_t *second, size_t count,
        yinhe_okvs_shape shape);

    // values[i] ^= sum over j = 1 ... dense of hashed[i]^j vector[places[4 i + 3] + j - 1].
    void (*add_dense64)(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector, size_t dense,
        size_t count);
    void (*add_dense128)(uint64_t *values, const uint64_t *hashed, const uint32_t *places, const uint64_t *vector, size_t dense,
        size_t count);
} yinhe_okvs_kernels;

// The implementations that this processor can run, the portable one first, the fastest last; null past the end.
const yinhe_okvs_kernels *yinhe_okvs_available(size_t index);

// Triangulation of one cluster: rows are peeled in an order such that each has a column of its own (its pivot) that no row
// peeled later meets. When no column of weight one is left, the first lightest one becomes a pivot and its other rows
// fall into the gap. Returns 1, or 0 when the gap would exceed `max_gap` (or a column overflows: equal rows beyond number).
typedef struct {
    int wide;
    const void *rows;   // uint64_t each when narrow, four uint32_t each when wide
    size_t count;
    uint32_t sparse;
    void *state;        // narrow: 4 bytes per sparse column, wide: 16
    void *queue;        // narrow: 2 bytes per sparse column and 4 more elements, wide: 4 bytes
    void *steps;        // narrow: 4 bytes per row and one more row, wide: 16
    size_t peeled;      // out
    uint32_t *gap;      // room for max_gap ids
    size_t gap_count;   // out
    size_t max_gap;
} yinhe_okvs_system;

int yinhe_okvs_peel(yinhe_okvs_system *system);

// Clears the pivots' places of a vector that was filled with random elements.
void yinhe_okvs_clear_pivots64(const yinhe_okvs_system *system, uint64_t *vector);
void yinhe_okvs_clear_pivots128(const yinhe_okvs_system *system, uint64_t *vector);

// Solves the gap rows for the dense columns: `vector` holds zero at pivots and the wanted elements at free columns. Writes
// vector[sparse ...]. Returns 1, 0 when the system is singular, -1 when memory is out.
int yinhe_okvs_solve_dense64(const yinhe_okvs_system *system, const uint64_t *hashed, const uint64_t *values, uint32_t dense,
    uint64_t *vector);
int yinhe_okvs_solve_dense128(const yinhe_okvs_system *system, const uint64_t *hashed, const uint64_t *values, uint32_t dense,
    uint64_t *vector);

// Writes the pivots' elements, last peeled row first; `values` are those left after the dense columns' part.
void yinhe_okvs_substitute64(const yinhe_okvs_system *system, const uint64_t *values, uint64_t *vector);
void yinhe_okvs_substitute128(const yinhe_okvs_system *system, const uint64_t *values, uint64_t *vector);

// counts[c] += the number of narrow rows of cluster c.
void yinhe_okvs_count(const uint64_t *rows, size_t count, uint32_t *counts);
// Copies rows and values to where their cluster's next ones go; `ends[c]` is advanced. `lines` has room for
// YINHE_OKVS_LINE_BYTES(words of a value) per cluster.
#define YINHE_OKVS_LINE_BYTES(limbs) (64 * ((limbs) + 1) + 4)
void yinhe_okvs_scatter64(const uint64_t *rows, const uint64_t *values, size_t count, size_t clusters, uint32_t *ends,
    void *lines, uint64_t *rows_out, uint64_t *values_out);
void yinhe_okvs_scatter128(const uint64_t *rows, const uint64_t *values, size_t count, size_t clusters, uint32_t *ends,
    void *lines, uint64_t *rows_out, uint64_t *values_out);

// Asks the caches for what `gather` will read: values[i] = vector[p0] ^ vector[p1] ^ vector[p2].
void yinhe_okvs_prefetch64(const uint32_t *places, size_t count, const uint64_t *vector);
void yinhe_okvs_prefetch128(const uint32_t *places, size_t count, const uint64_t *vector);
void yinhe_okvs_gather64(uint64_t *values, const uint32_t *places, size_t count, const uint64_t *vector);
void yinhe_okvs_gather128(uint64_t *values, const uint32_t *places, size_t count, const uint64_t *vector);

#endif
