#include "include/mask_index.h"

#include <string.h>

// A slot holds the place + 1 in its low half and 32 bits of the hash in its high half; 0 is empty.

enum { GROUP = 32 };

typedef struct {
    uint64_t low, high;
} key;

static inline key load_key(const uint8_t *p, unsigned width) {
    key k = {0, 0};
    if (width >= 8) {
        memcpy(&k.low, p, 8);
        // The last 8 bytes, then only those beyond the first 8 stay.
        if (width == 16) {
            memcpy(&k.high, p + 8, 8);
        } else if (width > 8) {
            uint64_t tail;
            memcpy(&tail, p + width - 8, 8);
            k.high = tail >> (8 * (16 - width));
        }
    } else {
        memcpy(&k.low, p, width);
    }
    return k;
}

static inline uint64_t mix(key k) {
    uint64_t z = (k.low ^ (k.high * 0xc2b2ae3d27d4eb4fULL)) * 0x9e3779b97f4a7c15ULL;
    z ^= z >> 29;
    return z * 0xbf58476d1ce4e5b9ULL;
}

static inline uint32_t tag_of(uint64_t hash) { return (uint32_t)hash; }

size_t yinhe_mask_index_build(
    uint64_t *slots, unsigned bits, const uint8_t *digests, size_t count, unsigned width, size_t *earlier
) {
    const uint64_t last = ((uint64_t)1 << bits) - 1;
    uint64_t hashes[GROUP];
    for (size_t first = 0; first < count; first += GROUP) {
        const size_t n = count - first < GROUP ? count - first : GROUP;
        for (size_t i = 0; i < n; i++) {
            hashes[i] = mix(load_key(digests + 16 * (first + i), width));
            __builtin_prefetch(slots + (hashes[i] >> (64 - bits)), 1);
        }
        for (size_t i = 0; i < n; i++) {
            uint64_t slot = hashes[i] >> (64 - bits);
            const uint32_t tag = tag_of(hashes[i]);
            while (slots[slot] != 0) {
                if ((uint32_t)(slots[slot] >> 32) == tag) {
                    const size_t other = (uint32_t)slots[slot] - 1;
                    if (memcmp(digests + 16 * other, digests + 16 * (first + i), 16) == 0) {
                        *earlier = other;
                        return first + i;
                    }
                }
                slot = (slot + 1) & last;
            }
            slots[slot] = (uint64_t)tag << 32 | (uint32_t)(first + i + 1);
        }
    }
    return count;
}

static uint32_t probe(
    const uint64_t *slots, uint64_t slot, uint64_t last, uint32_t tag, const uint8_t *digests, key wanted, unsigned width
) {
    for (; slots[slot] != 0; slot = (slot + 1) & last) {
        if ((uint32_t)(slots[slot] >> 32) != tag) continue;
        const uint32_t place = (uint32_t)slots[slot] - 1;
        const key k = load_key(digests + 16 * (size_t)place, width);
        if (k.low == wanted.low && k.high == wanted.high) return place;
    }
    return YINHE_MASK_INDEX_NONE;
}

void yinhe_mask_index_find(
    uint32_t *places, const uint64_t *slots, unsigned bits, const uint8_t *digests, const uint8_t *masks, size_t count,
    unsigned width
) {
    const uint64_t last = ((uint64_t)1 << bits) - 1;
    key keys[GROUP];
    uint64_t at[GROUP];
    uint32_t tags[GROUP];
    for (size_t first = 0; first < count; first += GROUP) {
        const size_t n = count - first < GROUP ? count - first : GROUP;
        for (size_t i = 0; i < n; i++) {
            keys[i] = load_key(masks + width * (first + i), width);
            const uint64_t hash = mix(keys[i]);
            at[i] = hash >> (64 - bits);
            tags[i] = tag_of(hash);
            __builtin_prefetch(slots + at[i]);
        }
        // To the first slot that is empty or has the tag, so that the digests too can be fetched together.
        for (size_t i = 0; i < n; i++) {
            while (slots[at[i]] != 0 && (uint32_t)(slots[at[i]] >> 32) != tags[i]) at[i] = (at[i] + 1) & last;
            if (slots[at[i]] != 0) __builtin_prefetch(digests + 16 * (size_t)((uint32_t)slots[at[i]] - 1));
        }
        for (size_t i = 0; i < n; i++) places[first + i] = probe(slots, at[i], last, tags[i], digests, keys[i], width);
    }
}
