#!/usr/bin/env python3
"""Writes correlations.json: dealt batches of every kind, from ../correlations.md alone, in plain Python.
Needs the `cryptography` package for AES. Usage: python3 correlations.py > correlations.json"""
import json
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

M64 = 2**64


def lane(seed, number, words):
    """The first words of one lane, as integers."""
    blocks = b"".join(i.to_bytes(8, "little") + number.to_bytes(8, "little") for i in range((words + 1) // 2))
    stream = Cipher(algorithms.AES(seed), modes.ECB()).encryptor().update(blocks)
    return [int.from_bytes(stream[8 * i:8 * i + 8], "little") for i in range(words)]


def elements(words, r):
    return [sum(w << (64 * k) for k, w in enumerate(words[i:i + r])) for i in range(0, len(words), r)]


def words(values, r):
    return [v >> (64 * k) & (M64 - 1) for v in values for k in range(r)]


def permutation(seed, item, rows):
    p, stream, at = list(range(rows)), lane(seed, 256 * item, 64 * rows + 64), 0
    for i in range(rows - 1, 0, -1):
        while True:
            w, at = stream[at], at + 1
            if w <= M64 - 1 - M64 % (i + 1):
                break
        j = w % (i + 1)
        p[i], p[j] = p[j], p[i]
    return p


def bit(ws, i):
    return ws[i // 64] >> (i % 64) & 1


def matmul(a, b, n, rows, inner, columns, mod):
    return [sum(a[(t * rows + i) * inner + k] * b[(t * inner + k) * columns + j] for k in range(inner)) % mod
            for t in range(n) for i in range(rows) for j in range(columns)]


def deal(kind, r, n, seeds, owner=0, sizes=()):
    mod = 2**(64 * r) if r else 0

    def expand(party, *counts):
        return [lane(seeds[party], s, c) for s, c in enumerate(counts)]

    def add(*vs):
        return [sum(v) % mod for v in zip(*vs)]

    def sub(a, b):
        return [(x - y) % mod for x, y in zip(a, b)]

    def el(section):
        return elements(section, r)

    if kind in ("products", "squares", "matrix-products", "private-matrix-products"):
        if kind == "products":
            shapes, product = [[n, n, n]] * 2, lambda a, b: [x * y % mod for x, y in zip(a, b)]
        elif kind == "squares":
            shapes, product = [[n, n]] * 2, None
        else:
            rows, inner, columns = sizes
            a, b, c = n * rows * inner, n * inner * columns, n * rows * columns
            shapes = [[a, b, c]] * 2 if kind == "matrix-products" else [[a, c], [b, c]]
            product = lambda a, b: matmul(a, b, n, rows, inner, columns, mod)
        zero, one = ([*expand(p, *[c * r for c in shapes[p]])] for p in (0, 1))
        if kind == "squares":
            c = [x * x % mod for x in add(el(zero[0]), el(one[0]))]
        elif kind == "private-matrix-products":
            c = product(el(zero[0]), el(one[0]))
        else:
            c = product(add(el(zero[0]), el(one[0])), add(el(zero[1]), el(one[1])))
        one[-1] = words(sub(c, el(zero[-1])), r)
        return [zero, one]
    if kind in ("bit-products", "bit-product-pairs"):
        k = 3 if kind == "bit-products" else 5
        zero, one = expand(0, *[n] * k), expand(1, *[n] * k)
        full = [[x ^ y for x, y in zip(a, b)] for a, b in zip(zero, one)]
        for other, derived in ([(1, 2)] if k == 3 else [(1, 3), (2, 4)]):
            one[derived] = [x & y ^ z for x, y, z in zip(full[0], full[other], zero[derived])]
        return [zero, one]
    if kind == "private-bit-products":
        zero, one = expand(0, n, n), expand(1, n, n)
        one[1] = [u & v ^ w for u, v, w in zip(zero[0], one[0], zero[1])]
        return [zero, one]
    if kind == "private-bit-bytes":
        zero, one = expand(0, n, 8 * n), expand(1, n, 8 * n)
        mine = b"".join(w.to_bytes(8, "little") for w in zero[1])
        out = bytes(((bit(zero[0], i) & bit(one[0], i)) - mine[i]) % 256 for i in range(64 * n))
        one[1] = [int.from_bytes(out[8 * i:8 * i + 8], "little") for i in range(8 * n)]
        return [zero, one]
    if kind in ("bits", "bit-element-products"):
        counts = [n] + [64 * n * r] * (1 if kind == "bits" else 3)
        zero, one = expand(0, *counts), expand(1, *counts)
        both = [x ^ y for x, y in zip(zero[0], one[0])]
        bits = [bit(both, i) for i in range(64 * n)]
        if kind == "bits":
            one[1] = words(sub(bits, el(zero[1])), r)
        else:
            a = add(el(zero[1]), el(one[1]))
            one[2] = words(sub(bits, el(zero[2])), r)
            one[3] = words(sub([x * y for x, y in zip(bits, a)], el(zero[3])), r)
        return [zero, one]
    assert kind == "permutation"
    rows, width = sizes
    p = [permutation(seeds[owner], t, rows) for t in range(n)]
    other = expand(1 - owner, n * rows * width * r, n * rows * width * r)
    a, b = el(other[0]), el(other[1])
    d = [(a[(t * rows + p[t][i]) * width + k] - b[(t * rows + i) * width + k]) % mod
         for t in range(n) for i in range(rows) for k in range(width)]
    mine = [[x for q in p for x in q], words(d, r)]
    return [mine, other] if owner == 0 else [other, mine]


def case(number, kind, code, r, n, owner=0, sizes=()):
    seeds = [bytes((16 * number + 97 * party + 7 * i + 1) % 256 for i in range(16)) for party in (0, 1)]
    parts = deal(kind, r, n, seeds, owner, sizes)
    coded = bytes([code, r, owner, 0]) + b"".join(s.to_bytes(4, "little") for s in (list(sizes) + [0, 0, 0])[:3])
    return {
        "kind": kind, "coded": coded.hex(), "count": n, "seeds": [s.hex() for s in seeds],
        "parts": [[b"".join(w.to_bytes(8, "little") for w in section).hex() for section in part] for part in parts]}


cases = []
for r in (1, 2):
    for kind, code, n, owner, sizes in [
            ("products", 1, 5, 0, ()), ("squares", 2, 5, 0, ()), ("bits", 6, 1, 0, ()), ("bit-element-products", 7, 1, 0, ()),
            ("matrix-products", 8, 2, 0, (2, 3, 2)), ("private-matrix-products", 9, 2, 0, (2, 3, 1)),
            ("permutation", 10, 2, 0, (7, 2)), ("permutation", 10, 1, 1, (300, 1))]:
        cases.append(case(len(cases), kind, code, r, n, owner, sizes))
for kind, code in [("bit-products", 3), ("bit-product-pairs", 4), ("private-bit-products", 5), ("private-bit-bytes", 11)]:
    cases.append(case(len(cases), kind, code, 0, 3))
print(json.dumps({"cases": cases}, indent=1))
