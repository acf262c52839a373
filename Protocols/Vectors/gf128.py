"""Computes gf128.json in plain Python integers (no dependency); run in this folder.
GF(2^64) = F2[y]/(y^64 + y^4 + y^3 + y + 1), GF(2^128) = GF(2^64)[z]/(z^2 + z + y^61); words are hexadecimal, an element of
the large field is [c0, c1]."""
import json, random

def mul64(a, b):
    p = 0
    for i in range(64):
        if b >> i & 1: p ^= a << i
    for i in range(126, 63, -1):
        if p >> i & 1: p ^= ((1 << 64) | 0x1b) << (i - 64)
    return p

def mul128(a, b):
    # Schoolbook, then z^2 = z + g.
    zz = mul64(a[1], b[1])
    return [mul64(a[0], b[0]) ^ mul64(zz, 1 << 61), mul64(a[0], b[1]) ^ mul64(a[1], b[0]) ^ zz]

def power(mul, one, a, e):
    r = one
    while e:
        if e & 1: r = mul(r, a)
        a = mul(a, a); e >>= 1
    return r

def trace(a):
    t = 0
    for _ in range(64): t ^= a; a = mul64(a, a)
    return t

assert [i for i in range(64) if trace(1 << i)] == [61, 63]
# Irreducible: y^(2^64) = y and y^(2^32) - y prime to the modulus (64 has the one prime factor 2).
f = (1 << 64) | 0x1b
def gcd(a, b):
    while b:
        while a.bit_length() >= b.bit_length(): a ^= b << (a.bit_length() - b.bit_length())
        a, b = b, a
    return a
t = 2
for i in range(64):
    t = mul64(t, t)
    if i == 31: assert gcd(f, t ^ 2) == 1
assert t == 2

rnd = random.Random("yinhe gf128 vectors")
w = lambda: rnd.getrandbits(64)
h = lambda v: [format(x, "016x") for x in v] if isinstance(v, list) else format(v, "016x")
edge = [0, 1, 2, 1 << 63, (1 << 64) - 1, 1 << 61]
small, large = [], []
for a in edge + [w() for _ in range(10)]:
    b = w()
    inverse = power(mul64, 1, a, 2**64 - 2)
    assert a == 0 or mul64(a, inverse) == 1
    small.append({"a": h(a), "b": h(b), "product": h(mul64(a, b)), "inverse": h(inverse), "power7": h(power(mul64, 1, a, 7))})
for a in [[x, y] for x in edge for y in edge[:4]] + [[w(), w()] for _ in range(10)]:
    b = [w(), w()]
    inverse = power(mul128, [1, 0], a, 2**128 - 2)
    assert a == [0, 0] or mul128(a, inverse) == [1, 0]
    large.append({"a": h(a), "b": h(b), "product": h(mul128(a, b)), "inverse": h(inverse)})
json.dump({"description": "GF(2^64) and GF(2^128); see gf128.py", "small": small, "large": large},
          open("gf128.json", "w"), indent=1)
