#!/usr/bin/env python3
"""Test vectors of Protocols/vole-psi.md, by an implementation that shares no code with Yinhe's. Writes vole-psi.json beside itself."""
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

# B = F2[y]/(y^64 + y^4 + y^3 + y + 1), F = B[z]/(z^2 + z + y^61); a block is c0, c1, little-endian.


def mul64(a, b):
    p = 0
    for i in range(64):
        if b >> i & 1:
            p ^= a << i
    for i in range(126, 63, -1):
        if p >> i & 1:
            p ^= (1 << 64 | 0x1B) << (i - 64)
    return p


def mul128(a, b):
    (a0, a1), (b0, b1) = struct.unpack("<QQ", a), struct.unpack("<QQ", b)
    high = mul64(a1, b1)
    return struct.pack("<QQ", mul64(a0, b0) ^ mul64(high, 1 << 61), mul64(a0, b1) ^ mul64(a1, b0) ^ high)


xor = lambda a, b: bytes(x ^ y for x, y in zip(a, b))
sha = lambda b: hashlib.sha256(b).digest()


def key(use, r):
    name = b"yinhe/vole-psi/" + use + b"/v1"
    return sha(bytes([len(name)]) + name + r)[:16]


def mask_semi_honest(k, v):
    low, high = struct.unpack("<QQ", v)
    s = struct.pack("<QQ", low ^ high, low)
    return xor(aes(k, s), s)


r = sha(b"vole-psi vectors: seed")[:16]
delta = sha(b"vole-psi vectors: delta")[:16]
item, mask = key(b"item", r), key(b"mask", r)
rows = []
for i in range(9):
    token, decoded = sha(b"token %d" % i)[:16], sha(b"decoded %d" % i)[:16]
    block = aes(item, token)
    small = block[:8] + bytes(8)
    oracle = sha(item + token)[:16]
    fast, wide, malicious = (xor(decoded, mul128(delta, h)) for h in (small, block, oracle))
    rows.append({
        "token": token.hex(), "decoded": decoded.hex(), "item_64": small[:8].hex(), "item_128": block.hex(),
        "item_malicious": oracle.hex(), "mask_of_decoded": mask_semi_honest(mask, decoded).hex(),
        "mask_64": mask_semi_honest(mask, fast).hex(), "mask_128": mask_semi_honest(mask, wide).hex(),
        "mask_malicious": sha(mask + malicious + token)[:16].hex(),
    })


def log2up(n):
    return max(0, (n - 1).bit_length())


plans = []
for n_x, n_y, big_x, big_y in [
    (1, 1, 1, 1), (777, 3, 777, 3), (65536, 65536, 65536, 65536), (1 << 20, 1 << 20, 1 << 20, 1 << 20),
    (100, 100, 10**8, 10**8), (5, 1 << 24, 5, 1 << 24), (5, (1 << 24) + 1, 5, (1 << 24) + 1),
]:
    plans.append({
        "sizes": [n_x, n_y, big_x, big_y], "field_bits": 64 if 40 + log2up(big_y) <= 64 else 128,
        "mask_bytes": -(-(40 + log2up(big_x) + log2up(big_y)) // 8), "mask_rows": 1 << min(16, max(12, log2up(n_y) - 3)),
    })

bitmap = bytearray(-(-100 // 8))
for place in (0, 7, 8, 50, 98, 99):
    bitmap[place // 8] |= 1 << place % 8
frames = {
    "seed": "20" + r.hex(),
    "vector": (b"\x21" + struct.pack("<I", 131072) + bytes(range(16))).hex(),
    "masks": (b"\x22" + struct.pack("<I", 4096) + bytes(range(20))).hex(),
    "places_bitmap": (b"\x23" + struct.pack("<IB", 0, 0) + bytes(bitmap)).hex(),
    "places_list": (b"\x23" + struct.pack("<IB", 0, 1) + struct.pack("<II", 3, 99)).hex(),
    "completion": "24",
}
out = {"r": r.hex(), "delta": delta.hex(), "okvs_seed": key(b"okvs", r).hex(), "item_key": item.hex(), "mask_key": mask.hex(),
       "rows": rows, "plans": plans, "frames": frames}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vole-psi.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
