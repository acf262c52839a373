// Multiplication by secret scalars: signed windows of four bits, look-ups by masks. Included after curve25519_steps.h.

// The scalar of each lane as 64 digits of radix 16 in -8 ... 8.
static void KERNEL(recode)(int8_t digit[64][LANES], const uint8_t *scalars, size_t stride, size_t first, size_t count) {
    for (size_t l = 0; l < LANES; l++) {
        const uint8_t *s = scalars + stride * (first + l < count ? first + l : first);
        int carry = 0;
        for (int i = 0; i < 64; i++) {
            const int d = (s[i / 2] >> (i & 1 ? 4 : 0) & 15) + carry;
            carry = i < 63 ? (d + 8) >> 4 : 0;
            digit[i][l] = (int8_t)(d - 16 * carry);
        }
    }
}

static void KERNEL(multiply)(
    yinhe_ristretto_point *out, const yinhe_ristretto_point *in, const uint8_t *scalars, size_t stride, size_t count) {
    int8_t digit[64][LANES];
    cached multiple[9], chosen;
    pt p;
    KERNEL(cached_identity)(&multiple[0]);
    for (size_t first = 0; first < count; first += LANES) {
        if (first == 0 || stride > 0) KERNEL(recode)(digit, scalars, stride, first, count);
        KERNEL(load)(&p, in, first, count);
        KERNEL(cache)(&multiple[1], &p);
        for (int k = 2; k <= 8; k++) {
            if (k == 2) KERNEL(double_times)(&p, 1);
            else KERNEL(add_cached)(&p, &multiple[1]);
            KERNEL(cache)(&multiple[k], &p);
        }
        KERNEL(identity)(&p);
        for (int i = 63; i >= 0; i--) {
            if (i < 63) KERNEL(double_times)(&p, 4);
            const lane_digit d = digit_load(digit[i]);
            chosen = multiple[0];
            for (unsigned k = 1; k <= 8; k++) {
                const fe_mask m = digit_has_magnitude(d, k);
                fe_cmov(&chosen.sum, &multiple[k].sum, m);
                fe_cmov(&chosen.difference, &multiple[k].difference, m);
                fe_cmov(&chosen.t2d, &multiple[k].t2d, m);
                fe_cmov(&chosen.z2, &multiple[k].z2, m);
            }
            KERNEL(negate_cached)(&chosen, digit_is_negative(d));
            KERNEL(add_cached)(&p, &chosen);
        }
        KERNEL(store)(out, first, count, &p);
    }
    yinhe_25519_wipe(digit, sizeof digit);
    yinhe_25519_wipe(&chosen, sizeof chosen);
    yinhe_25519_wipe(multiple, sizeof multiple);
    yinhe_25519_wipe(&p, sizeof p);
}

static void KERNEL(multiply_table)(
    yinhe_ristretto_point *out, const yinhe_ristretto_table *table, const uint8_t *scalars, size_t count) {
    int8_t digit[64][LANES];
    cached none, chosen;
    pt p;
    KERNEL(cached_identity)(&none);
    for (size_t first = 0; first < count; first += LANES) {
        KERNEL(recode)(digit, scalars, 32, first, count);
        KERNEL(identity)(&p);
        for (int i = 0; i < YINHE_RISTRETTO_WINDOWS; i++) {
            const lane_digit d = digit_load(digit[i]);
            fe_look_up(&chosen.sum, table->word[i], d);
            fe_look_up(&chosen.difference, table->word[i] + 5, d);
            fe_look_up(&chosen.t2d, table->word[i] + 10, d);
            fe_look_up(&chosen.z2, table->word[i] + 15, d);
            const fe_mask zero = digit_has_magnitude(d, 0);
            fe_cmov(&chosen.sum, &none.sum, zero);
            fe_cmov(&chosen.difference, &none.difference, zero);
            fe_cmov(&chosen.t2d, &none.t2d, zero);
            fe_cmov(&chosen.z2, &none.z2, zero);
            KERNEL(negate_cached)(&chosen, digit_is_negative(d));
            KERNEL(add_cached)(&p, &chosen);
        }
        KERNEL(store)(out, first, count, &p);
    }
    yinhe_25519_wipe(digit, sizeof digit);
    yinhe_25519_wipe(&chosen, sizeof chosen);
    yinhe_25519_wipe(&p, sizeof p);
}
