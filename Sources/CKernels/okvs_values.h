// The parts that move values, included once for each width. VALUE is the type of one value, NAME(x) the name with its width,
// LIMBS its 64-bit words.

// Rows and values of a cluster gather in a line of eight before they leave for memory: the clusters' next places are about a
// power of two apart, and written one by one they would push each other out of the caches. `lines` has room for eight rows
// and eight values per cluster, `begins` is where the unwritten ones of a line begin.
static void NAME(flush)(const uint64_t *rows, const VALUE *values, uint32_t begin, uint32_t end, uint64_t *rows_out,
    VALUE *values_out) {
    for (uint32_t at = begin; at < end; at++) {
        __builtin_nontemporal_store(rows[at & 7], rows_out + at);
        const uint64_t *from = (const uint64_t *)(values + (at & 7));
        for (int limb = 0; limb < LIMBS; limb++)
            __builtin_nontemporal_store(from[limb], (uint64_t *)(values_out + at) + limb);
    }
}

void NAME(yinhe_okvs_scatter)(const uint64_t *rows, const uint64_t *values, size_t count, size_t clusters, uint32_t *ends,
    void *lines, uint64_t *rows_out, uint64_t *values_out) {
    const VALUE *from = (const VALUE *)values;
    VALUE *to = (VALUE *)values_out, *value_lines = (VALUE *)lines;
    uint64_t *row_lines = (uint64_t *)lines + 8 * LIMBS * clusters;
    uint32_t *begins = (uint32_t *)(row_lines + 8 * clusters);
    memcpy(begins, ends, 4 * clusters);
    for (size_t i = 0; i < count; i++) {
        uint64_t row = rows[i];
        size_t c = row >> 48;
        uint32_t at = ends[c]++, slot = at & 7;
        row_lines[8 * c + slot] = row;
        value_lines[8 * c + slot] = from[i];
        if (slot == 7) {
            NAME(flush)(row_lines + 8 * c, value_lines + 8 * c, begins[c], at + 1, rows_out, to);
            begins[c] = at + 1;
        }
    }
    for (size_t c = 0; c < clusters; c++)
        NAME(flush)(row_lines + 8 * c, value_lines + 8 * c, begins[c], ends[c], rows_out, to);
}

void NAME(yinhe_okvs_clear_pivots)(const yinhe_okvs_system *s, uint64_t *vector) {
    VALUE zero = {0}, *x = (VALUE *)vector;
    for (size_t i = 0; i < s->peeled; i++) x[okvs_step_at(s, i).pivot] = zero;
}

// A pivot's own place holds zero when its turn comes, so all three places can be added.
static void NAME(substitute_narrow)(const yinhe_okvs_system *s, const VALUE *values, VALUE *x) {
    const uint64_t *rows = s->rows;
    const uint32_t *steps = s->steps;
    for (size_t i = s->peeled; i-- > 0;) {
        uint32_t step = steps[i], id = step & 0xffff;
        uint64_t row = rows[id];
        x[step >> 16] = values[id] ^ x[(uint16_t)row] ^ x[(uint16_t)(row >> 16)] ^ x[(uint16_t)(row >> 32)];
    }
}

static void NAME(substitute_wide)(const yinhe_okvs_system *s, const VALUE *values, VALUE *x) {
    enum { AHEAD = 24 };
    const uint64_t *steps = s->steps;
    for (size_t i = s->peeled; i-- > 0;) {
        if (i >= AHEAD) {
            const uint64_t *w = steps + 2 * (i - AHEAD);
            __builtin_prefetch(x + (uint32_t)w[0], 1);
            __builtin_prefetch(x + (w[0] >> 32), 1);
            __builtin_prefetch(x + (w[1] & 0x1ffffff), 1);
            __builtin_prefetch(values + ((w[1] >> 25) & 0xffffff));
        }
        const uint64_t *w = steps + 2 * i;
        uint32_t p[3] = {(uint32_t)w[0], (uint32_t)(w[0] >> 32), (uint32_t)w[1] & 0x1ffffff};
        x[p[w[1] >> 49]] = values[(w[1] >> 25) & 0xffffff] ^ x[p[0]] ^ x[p[1]] ^ x[p[2]];
    }
}

void NAME(yinhe_okvs_substitute)(const yinhe_okvs_system *s, const uint64_t *values, uint64_t *vector) {
    if (s->wide) NAME(substitute_wide)(s, (const VALUE *)values, (VALUE *)vector);
    else NAME(substitute_narrow)(s, (const VALUE *)values, (VALUE *)vector);
}

void NAME(yinhe_okvs_prefetch)(const uint32_t *places, size_t count, const uint64_t *vector) {
    const VALUE *x = (const VALUE *)vector;
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 3; k++) __builtin_prefetch(x + places[4 * i + k], 0, 3);
}

void NAME(yinhe_okvs_gather)(uint64_t *values, const uint32_t *places, size_t count, const uint64_t *vector) {
    const VALUE *x = (const VALUE *)vector;
    VALUE *out = (VALUE *)values;
    for (size_t i = 0; i < count; i++) {
        const uint32_t *p = places + 4 * i;
        out[i] = x[p[0]] ^ x[p[1]] ^ x[p[2]];
    }
}

// Brings gap row `id` to a combination of dense and free columns: eliminates pivots in the order of peeling. `marks` has a
// zero byte per sparse column before and after. Adds the powers of the hashed keys of the rows used to `coefficients`.
static VALUE NAME(reduce)(const yinhe_gf128_kernels *field, const yinhe_okvs_system *s, uint32_t id, const uint64_t *hashed,
    const VALUE *values, const VALUE *x, uint8_t *marks, uint64_t *coefficients, uint32_t dense) {
    VALUE sum = values[id];
    uint32_t p[3];
    add_powers(field, coefficients, hashed[id], dense);
    if (s->sparse == 0) return sum;
    okvs_row(s, id, p);
    for (int k = 0; k < 3; k++) marks[p[k]] ^= 1;
    for (size_t i = 0; i < s->peeled; i++) {
        okvs_step step = okvs_step_at(s, i);
        if (!marks[step.pivot]) continue;
        for (int k = 0; k < 3; k++) marks[step.p[k]] ^= 1;
        sum ^= values[step.id];
        add_powers(field, coefficients, hashed[step.id], dense);
    }
    for (uint32_t c = 0; c < s->sparse; c++) {
        if (marks[c]) sum ^= x[c];
        marks[c] = 0;
    }
    return sum;
}

// Gauss and Jordan: row r gets a column of its own, which all other rows lose.
int NAME(yinhe_okvs_solve_dense)(const yinhe_okvs_system *s, const uint64_t *hashed, const uint64_t *values, uint32_t dense,
    uint64_t *vector) {
    size_t g = s->gap_count, width = (size_t)dense + LIMBS;
    if (g == 0) return 1;
    const yinhe_gf128_kernels *field = best_field();
    VALUE *x = (VALUE *)vector, *out = x + s->sparse;
    uint64_t *matrix = calloc(g * width, 8);
    uint32_t *pivots = malloc(g * 4);
    uint8_t *marks = calloc((size_t)s->sparse + dense, 1), *taken = marks + s->sparse;
    int result = matrix && pivots && marks ? 1 : -1;
    for (size_t r = 0; result == 1 && r < g; r++) {
        uint64_t *row = matrix + r * width;
        VALUE sum = NAME(reduce)(field, s, s->gap[r], hashed, (const VALUE *)values, x, marks, row, dense);
        memcpy(row + dense, &sum, sizeof sum);
    }
    for (size_t r = 0; result == 1 && r < g; r++) {
        uint64_t *row = matrix + r * width;
        uint32_t column = 0;
        while (column < dense && row[column] == 0) column++;
        if (column == dense) {
            result = 0;
            break;
        }
        pivots[r] = column;
        taken[column] = 1;
        uint64_t scale = invert(field, row[column]);
        for (size_t j = 0; j < width; j++) row[j] = field->multiply64(row[j], scale);
        for (size_t other = 0; other < g; other++) {
            uint64_t factor = matrix[other * width + column];
            if (other == r || factor == 0) continue;
            for (size_t j = 0; j < width; j++) matrix[other * width + j] ^= field->multiply64(row[j], factor);
        }
    }
    for (size_t r = 0; result == 1 && r < g; r++) {
        uint64_t *row = matrix + r * width;
        for (uint32_t j = 0; j < dense; j++) {
            if (taken[j]) continue;
            const uint64_t *free_element = (const uint64_t *)(out + j);
            for (int limb = 0; limb < LIMBS; limb++) row[dense + limb] ^= field->multiply64(row[j], free_element[limb]);
        }
        memcpy(out + pivots[r], row + dense, sizeof(VALUE));
    }
    free(matrix);
    free(pivots);
    free(marks);
    return result;
}
