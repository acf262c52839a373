#include "p256_common.h"

const yinhe_p256_kernels *yinhe_p256_available(size_t index) {
    const yinhe_p256_kernels *found[2] = {&yinhe_p256_portable, NULL};
    return index < 2 ? found[index] : NULL;
}

void yinhe_p256_encode(uint8_t *out, const yinhe_p256_point *points, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *p = out + 33 * i;
        p[0] = (uint8_t)(2 | (points[i].y[0] & 1));
        for (int k = 0; k < 4; k++) yinhe_p256_store_be(p + 25 - 8 * k, points[i].x[k]);
    }
}
