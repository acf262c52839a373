#!/usr/bin/env python3
"""Writes discrete-laplace.json: the sampler of ../discrete-laplace.md, implemented from that page alone, in plain Python.
Needs the `cryptography` package for AES. Usage: python3 discrete_laplace.py > discrete-laplace.json"""
import json
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class Words:
    """64-bit little-endian words of the AES-256-CTR key stream of `seed` (8 bytes little-endian, 24 zero bytes)."""

    def __init__(self, seed):
        key = seed.to_bytes(8, "little") + bytes(24)
        self.stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        self.bits = []

    def word(self):
        return int.from_bytes(self.stream.update(bytes(8)), "little")

    def draw(self, width):
        return sum(self.word() << (64 * i) for i in range(width // 64))

    def bit(self):
        if not self.bits:
            w = self.word()
            self.bits = [(w >> i) & 1 for i in range(64)]
        return self.bits.pop(0)


def uniform(words, bound, width):
    while True:
        product = words.draw(width) * bound
        if product % 2**width >= 2**width % bound:
            return product >> width


def bernoulli(words, n, d, k, width):
    if d * k < 2**width:
        return uniform(words, d * k, width) < n
    return uniform(words, d, width) < n and uniform(words, k, width) == 0


def bernoulli_exp(words, n, d, width):
    k = 1
    while bernoulli(words, n, d, k, width):
        k += 1
    return k % 2 == 1


def factorial(k):
    return 1 if k <= 1 else k * factorial(k - 1)


D = 2**64 // factorial(17) * factorial(17)


def bernoulli_exp_minus_one(words):
    n = words.word()
    while n >= D:
        n = words.word()
    k = 2
    while k <= 17 and n < D // factorial(k):
        k += 1
    if k == 18:
        while uniform(words, k, 64) == 0:
            k += 1
    return k % 2 == 1


def sample(words, t, s):
    width = 64 if t <= 2**56 and s < 2**64 else 128
    while True:
        u = 0
        if t > 1:
            u = uniform(words, t, width)
            if not bernoulli_exp(words, u, t, width):
                continue
        v = 0
        while bernoulli_exp_minus_one(words):
            v += 1
        y = (u + t * v) // s
        negative = words.bit()
        if (negative and y == 0) or y >= 2**63:
            continue
        return -y if negative else y


cases = []
for seed, (t, s) in enumerate(
        [(1, 1), (1, 2), (2, 1), (10, 3), (100, 1), (1000000, 1), (12345678901, 1000), (2**56, 1), (2**56 + 1, 2),
         (10**30, 10**20 + 7)]):
    words = Words(1000 + seed)
    cases.append({"seed": 1000 + seed, "scale": f"{t}/{s}", "samples": [str(sample(words, t, s)) for _ in range(40)]})
print(json.dumps({
    "comment": "Samples from the AES-256-CTR word stream of a seed; see ../discrete-laplace.md. Made by discrete_laplace.py.",
    "cases": cases}, indent=1))
