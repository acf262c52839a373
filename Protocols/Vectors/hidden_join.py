#!/usr/bin/env python3
"""Test vectors of Protocols/hidden-join.md, by an implementation that shares no code with Yinhe's. Writes hidden-join.json beside itself."""
import hashlib
import json
import os
import struct

# AES-128 (FIPS 197) from its definition: the state is a list of 16 bytes, column by column.


def gmul(a, b):
    p = 0
    for i in range(8):
        if b >> i & 1:
            p ^= a << i
    for i in range(14, 7, -1):
        if p >> i & 1:
            p ^= 0x11B << (i - 8)
    return p


def sub(x):
    inv = 1
    for _ in range(254):
        inv = gmul(inv, x)
    rotated = lambda k: ((inv << k) | (inv >> (8 - k))) & 255
    return inv ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63


BOX = [sub(x) for x in range(256)]


def aes(key, block):
    w = [key[i : i + 4] for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        t = w[i - 1]
        if i % 4 == 0:
            t = bytes(BOX[b] for b in t[1:] + t[:1])
            t = bytes([t[0] ^ rcon]) + t[1:]
            rcon = gmul(rcon, 2)
        w.append(bytes(x ^ y for x, y in zip(w[i - 4], t)))
    add = lambda s, r: [a ^ b for a, b in zip(s, b"".join(w[4 * r : 4 * r + 4]))]
    s = add(block, 0)
    for r in range(1, 11):
        s = [BOX[b] for b in s]
        s = [s[4 * ((c + row) % 4) + row] for c in range(4) for row in range(4)]
        if r < 10:
            m = [2, 3, 1, 1]
            s = [
                gmul(m[(0 - row) % 4], s[4 * c]) ^ gmul(m[(1 - row) % 4], s[4 * c + 1])
                ^ gmul(m[(2 - row) % 4], s[4 * c + 2]) ^ gmul(m[(3 - row) % 4], s[4 * c + 3])
                for c in range(4) for row in range(4)
            ]
        s = add(s, r)
    return bytes(s)


assert aes(bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"

xor = lambda a, b: bytes(x ^ y for x, y in zip(a, b))
sha = lambda b: hashlib.sha256(b).digest()


def domain_hash(name, data):
    name = b"yinhe/hidden-join/" + name + b"/v1"
    return sha(bytes([len(name)]) + name + data)


def bins_of(n):
    if n <= 3:
        return 3 if n else 0
    bulk = -(-1297 * n // 1000) + 40
    few = 33
    while few**9 < 33**9 * n**4:
        few += 1
    return max(bulk, few) if n < 512 else bulk


def places(seed, bins, token):
    keys = domain_hash(b"bins", seed)
    block, second = aes(keys[:16], token), aes(keys[16:], token)
    low, high = struct.unpack("<QQ", block)
    free = list(range(bins)) if bins <= 100 else None
    chosen = []
    for word, left in ((low, bins), (high, bins - 1), (struct.unpack("<QQ", second)[0], bins - 2)):
        k = word * left >> 64
        # The k-th of the bins that are not chosen yet.
        if free is not None:
            chosen.append(free.pop(k))
        else:
            for taken in sorted(chosen):
                k += k >= taken
            chosen.append(k)
    return block, chosen, [struct.pack("<QQ", low, high ^ f) for f in range(3)]


def pad(seed, block, value):
    key = domain_hash(b"pads", seed + struct.pack("<H", block))[:16]
    return xor(aes(key, value), value)


words = [struct.unpack("<Q", sha(b"hidden-join vectors: word %d" % i)[:8])[0] for i in range(4)]
hash_seed = domain_hash(b"hash-seed", struct.pack("<4Q", *words))[:16]
tokens = [sha(b"token %d" % i)[:16] for i in range(6)]
tables = []
for bins in (3, 4, 62, 1401):
    rows = []
    for token in tokens:
        block, chosen, keys = places(hash_seed, bins, token)
        rows.append({"token": token.hex(), "block": block.hex(), "bins": chosen, "keys": [k.hex() for k in keys]})
    tables.append({"bins": bins, "rows": rows})

# Programs of two tokens: words of a bin are the target and then the masks.
pad_seed = sha(b"hidden-join vectors: program")[:16]
programs = []
for element_words, columns in ((1, 3), (2, 2)):
    width = element_words * columns
    modulus = 1 << (64 * element_words)
    receiver_size, sender_size = 4, 2
    bins = bins_of(receiver_size)
    words_of = lambda text, count: [struct.unpack("<Q", sha(b"%s %d" % (text, i))[:8])[0] for i in range(count)]
    targets = words_of(b"target %d" % width, bins * (1 + width))
    payload = words_of(b"payload %d" % width, sender_size * width)
    number = lambda w: sum(x << (64 * i) for i, x in enumerate(w))
    values, expected, key_bins = [], [], []
    for row, token in enumerate(tokens[:sender_size]):
        for place in places(hash_seed, bins, token)[1]:
            value = sha(b"value %d" % len(values))[:16]
            bin_words = targets[place * (1 + width) : (place + 1) * (1 + width)]
            out = [bin_words[0]]
            for c in range(columns):
                at = c * element_words
                own = number(payload[row * width + at : row * width + at + element_words])
                mask = number(bin_words[1 + at : 1 + at + element_words])
                difference = (own - mask) % modulus
                out += [difference >> (64 * i) & (1 << 64) - 1 for i in range(element_words)]
            out += [0] * (len(out) % 2)
            blocks = [struct.pack("<QQ", *out[i : i + 2]) for i in range(0, len(out), 2)]
            expected.append([xor(b, pad(pad_seed, v, value)).hex() for v, b in enumerate(blocks)])
            values.append(value.hex())
            key_bins.append(place)
    programs.append({
        "sizes": [receiver_size, sender_size], "element_words": element_words, "columns": columns,
        "targets": ["%016x" % w for w in targets], "payload": ["%016x" % w for w in payload], "bins": key_bins, "values": values,
        "blocks": expected,
    })

sizes = [0, 1, 3, 4, 5, 16, 100, 269, 270, 271, 300, 511, 512, 4096, 65536, 1 << 20, 1 << 23]
frames = {
    "seed": "28" + pad_seed.hex(),
    "masked_vector": (b"\x29" + struct.pack("<I", 131072) + bytes(range(16))).hex(),
    "program": (b"\x2a" + struct.pack("<I", 65536) + bytes(range(32))).hex(),
}
out = {
    "words": ["%016x" % w for w in words], "hash_seed": hash_seed.hex(), "tables": tables, "pad_seed": pad_seed.hex(),
    "programs": programs, "frames": frames,
    "sizes": [{"items": n, "bins": bins_of(n), "target_bits": 40 + max(0, (bins_of(n) - 1).bit_length())} for n in sizes],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hidden-join.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
