#!/usr/bin/env python3
"""Test vectors of Protocols/okvs.md, by an implementation that shares no code with Yinhe's.

Writes okvs.json beside itself. Needs only Python 3.8 or later. Binomial coefficients come from sums of logarithms where Yinhe
uses the gamma function; encodings from plain Gaussian elimination where Yinhe peels.
"""
import hashlib
import json
import math
import os
import random
from fractions import Fraction

MASK = (1 << 64) - 1

# ---------------------------------------------------------------- AES-128 (FIPS 197), from its definition


def xtime(a):
    return (a << 1 ^ 0x11B) & 0xFF if a & 0x80 else a << 1


def times(a, b):
    r = 0
    while b:
        if b & 1:
            r ^= a
        a, b = xtime(a), b >> 1
    return r


def make_sbox():
    box = []
    for x in range(256):
        inverse = next((y for y in range(256) if times(x, y) == 1), 0)
        s = 0
        for i in range(8):
            bit = sum(inverse >> ((i + k) % 8) & 1 for k in (0, 4, 5, 6, 7)) & 1
            s |= (bit ^ 0x63 >> i & 1) << i
        box.append(s)
    return box


SBOX = make_sbox()


class AES:
    def __init__(self, key):
        words = [list(key[4 * i : 4 * i + 4]) for i in range(4)]
        constant = 1
        for i in range(4, 44):
            t = words[-1]
            if i % 4 == 0:
                t = [SBOX[b] for b in t[1:] + t[:1]]
                t[0] ^= constant
                constant = xtime(constant)
            words.append([a ^ b for a, b in zip(words[-4], t)])
        self.keys = [sum(words[4 * r : 4 * r + 4], []) for r in range(11)]

    def encrypt(self, block):
        s = [a ^ b for a, b in zip(block, self.keys[0])]
        for r in range(1, 11):
            s = [SBOX[b] for b in s]
            s = [s[(i + 4 * (i % 4)) % 16] for i in range(16)]
            if r < 10:
                out = []
                for c in range(0, 16, 4):
                    col = s[c : c + 4]
                    for i in range(4):
                        out.append(times(col[i], 2) ^ times(col[(i + 1) % 4], 3) ^ col[(i + 2) % 4] ^ col[(i + 3) % 4])
                s = out
            s = [a ^ b for a, b in zip(s, self.keys[r])]
        return bytes(s)


assert AES(bytes(range(16))).encrypt(bytes(17 * i for i in range(16))).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"

# ---------------------------------------------------------------- GF(2^64), y^64 = y^4 + y^3 + y + 1


def mul(a, b):
    r = 0
    while b:
        if b & 1:
            r ^= a
        a <<= 1
        if a >> 64:
            a = a & MASK ^ 0x1B
        b >>= 1
    return r


def inverse(a):
    r, e = 1, (1 << 64) - 2
    while e:
        if e & 1:
            r = mul(r, a)
        a, e = mul(a, a), e >> 1
    return r


# ---------------------------------------------------------------- rows


class Store:
    def __init__(self, seed, clusters, sparse, dense):
        name = b"yinhe/okvs/v1"
        digest = hashlib.sha256(bytes([len(name)]) + name + seed).digest()
        self.first, self.second = AES(digest[:16]), AES(digest[16:])
        self.clusters, self.sparse, self.dense = clusters, sparse, dense
        self.columns = clusters * (sparse + dense)

    def row(self, token):
        block = self.first.encrypt(token) + self.second.encrypt(token)
        w = [int.from_bytes(block[8 * i : 8 * i + 8], "little") for i in range(4)]
        cluster = w[0] * self.clusters >> 64
        base = cluster * (self.sparse + self.dense)
        if self.sparse == 0:
            return [base] * 3, base, w[3]
        fraction = w[0] * self.clusters & MASK
        chosen = []
        for word, left in ((fraction, 0), (w[1], 1), (w[2], 2)):
            p = word * (self.sparse - left) >> 64
            for q in sorted(chosen):
                if p >= q:
                    p += 1
            chosen.append(p)
        assert len(set(chosen)) == 3
        return [base + p for p in chosen], base + self.sparse, w[3]

    def coefficients(self, token):
        """Column -> coefficient."""
        places, dense, hashed = self.row(token)
        out = {p: 1 for p in places} if self.sparse else {}
        power = hashed
        for j in range(self.dense):
            out[dense + j] = power
            power = mul(power, hashed)
        return out

    def decode(self, token, vector):
        value = 0
        for column, c in self.coefficients(token).items():
            value ^= mul(c, vector[column])
        return value

    def solve(self, tokens, values):
        rows = []
        for token, value in zip(tokens, values):
            row = self.coefficients(token)
            for pivot, other, v in rows:
                f = row.get(pivot, 0)
                if f:
                    value ^= mul(f, v)
                    for column, c in other.items():
                        x = row.get(column, 0) ^ mul(f, c)
                        if x:
                            row[column] = x
                        else:
                            row.pop(column, None)
            pivot = min(row)
            scale = inverse(row[pivot])
            rows.append((pivot, {k: mul(scale, c) for k, c in row.items()}, mul(scale, value)))
        vector = [0] * self.columns
        for pivot, row, value in reversed(rows):
            for column, c in row.items():
                if column != pivot:
                    value ^= mul(c, vector[column])
            vector[pivot] = value
        return vector


# ---------------------------------------------------------------- parameters

STATISTICAL = 40


def log2_fraction(f):
    """log2 of a positive Fraction, by its leading bits."""
    shift = f.numerator.bit_length() - f.denominator.bit_length()
    scaled = f / Fraction(2) ** shift
    return shift + math.log2(scaled)


def tail(n, c, load):
    """log2 P[Bin(n, 1/c) > load]: the first term by a compensated sum of logarithms, the others by their ratios."""
    k = load + 1
    term = math.fsum(math.log2((n - i) / ((i + 1) * c)) for i in range(k)) + (n - k) * math.log2(1 - 1 / c)
    total, current, i = 1.0, 1.0, k
    while i < n and current > 1e-20:
        current *= (n - i) / ((i + 1) * (c - 1))
        total += current
        i += 1
    return term + math.log2(total)


def maximum_load(n, clusters, bits):
    if clusters == 1:
        return n
    low, high = n // clusters, n
    if n > 4096:
        high = n // clusters + 20 * math.isqrt(n // clusters)
    while low < high:
        mid = (low + high) // 2
        if mid >= n or tail(n, clusters, mid) <= -bits - math.log2(clusters):
            high = mid
        else:
            low = mid + 1
    return low


def parameters(n, clustered):
    bits = STATISTICAL + 2
    if n <= 512:
        clusters = 1 if n <= 32 else -(-n // 8)
        load = maximum_load(n, clusters, bits)
        return clusters, 0, load, load
    clusters = -(-n // (1 << 15)) if clustered else 1
    load = maximum_load(n, clusters, bits)
    cluster_bits = bits + math.log2(clusters)
    w = math.log2(3)
    slope = 2 ** (0.55 * math.log2(load) + 0.093 * w**3 - 1.01 * w**2 + 2.92 * w - 0.13)
    sparse = math.ceil(load * (1.223 + (cluster_bits + 9.2) / slope))
    pairs = Fraction(math.comb(load, 2), math.comb(sparse, 3))
    g = int(cluster_bits / math.log2(sparse))
    while log2_fraction(pairs ** (g + 1) / math.factorial(g + 1)) > -cluster_bits:
        g += 1
    return clusters, sparse, g, load


# ---------------------------------------------------------------- output


def splitmix(i):
    z = (i + 0x9E3779B97F4A7C15) & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def word(x):
    return f"{x:016x}"


def main():
    rng = random.Random(2022)
    out = {"parameters": [], "rows": [], "encodings": []}
    for n in [1, 2, 32, 33, 100, 512, 513, 1000, 4096, 1 << 15, 40000, 1 << 16, 100003, 1 << 18, 1 << 20]:
        for clustered in (False, True):
            clusters, sparse, dense, load = parameters(n, clustered)
            out["parameters"].append(
                dict(items=n, clustered=clustered, clusters=clusters, sparse=sparse, dense=dense, load=load,
                     columns=clusters * (sparse + dense)))
    shapes = [(1, 0, 5), (13, 0, 30), (1, 3, 1), (1, 1500, 4), (5, 1500, 3), (32, 43000, 3), (1, 1287496, 2)]
    for clusters, sparse, dense in shapes:
        seed, token = rng.randbytes(16), rng.randbytes(16)
        store = Store(seed, clusters, sparse, dense)
        for k in range(4):
            token = rng.randbytes(16)
            places, first, hashed = store.row(token)
            used = sorted(store.coefficients(token))
            # The vector of the decoded values has splitmix(column), and splitmix(2^64 - 1 - column) as high word.
            low = {c: splitmix(c) for c in used}
            high = {c: splitmix(MASK - c) for c in used}
            out["rows"].append(
                dict(seed=seed.hex(), clusters=clusters, sparse=sparse, dense=dense, token=token.hex(), places=places,
                     first_dense=first, hashed=word(hashed), low=word(store.decode(token, low)),
                     high=word(store.decode(token, high))))
    for n, clusters, sparse, dense in [(1, 1, 0, 1), (9, 1, 0, 9), (20, 3, 0, 16), (40, 1, 60, 6), (60, 3, 40, 6)]:
        seed = rng.randbytes(16)
        store = Store(seed, clusters, sparse, dense)
        tokens = [rng.randbytes(16) for _ in range(n)]
        values = [rng.getrandbits(64) for _ in range(n)]
        vector = store.solve(tokens, values)
        assert all(store.decode(t, vector) == v for t, v in zip(tokens, values))
        out["encodings"].append(
            dict(seed=seed.hex(), clusters=clusters, sparse=sparse, dense=dense, tokens=[t.hex() for t in tokens],
                 values=[word(v) for v in values], vector=[word(v) for v in vector]))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "okvs.json")
    with open(path, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
