#!/usr/bin/env python3
"""Writes secure-sum.json: shares, and all messages of small runs, from ../secure-sum.md alone, in plain Python.
Needs the `cryptography` package for AES. Usage: python3 secure_sum.py > secure-sum.json"""
import json
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

DEPTH = 4


def stream(seed, count):
    return Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor().update(bytes(count))


def elements(data, width):
    return [int.from_bytes(data[i:i + width], "little") for i in range(0, len(data), width)]


def encode(values, width):
    return b"".join((v % 2**(8 * width)).to_bytes(width, "little") for v in values)


def test_random(seed, count):
    return stream(seed.to_bytes(8, "little") + bytes(24), count)


def sharing(seed, values, parties, holder, width):
    random = test_random(seed, 32 * parties)
    seeds = [random[32 * i:32 * i + 32] for i in range(parties)]
    shares = [elements(stream(s, width * len(values)), width) for s in seeds]
    correction = [v - sum(shares[i][e] for i in range(parties) if i != holder) for e, v in enumerate(values)]
    shares[holder] = correction
    return {
        "ring": f"z2^{8 * width}", "parties": parties, "correctionParty": holder, "randomSeed": seed,
        "values": [str(v) for v in values],
        "messages": [encode(correction, width).hex() if i == holder else seeds[i].hex() for i in range(parties)],
        "shares": [encode(s, width).hex() for s in shares]}


def field(data):
    return len(data).to_bytes(4, "little") + data


def run(vectors, receivers, width, block_bytes, random_seeds):
    n, count = len(vectors), len(vectors[0])
    per_block = block_bytes // width
    blocks = -(-count // per_block)
    shares = [[None] * n for _ in range(n)]     # shares[i][j]: party i's share for party j
    seeds = [dict() for _ in range(n)]
    for i in range(n):
        peers = [j for j in range(n) if j not in (i, (i + 1) % n)]
        random = test_random(random_seeds[i], 32 * (1 + len(peers)))
        for k, j in enumerate([i] + peers):
            seeds[i][j] = random[32 * k:32 * k + 32]
            shares[i][j] = elements(stream(seeds[i][j], width * count), width)
        nxt = (i + 1) % n
        shares[i][nxt] = [v - sum(shares[i][j][e] for j in range(n) if j != nxt) for e, v in enumerate(vectors[i])]
    partial = [[sum(shares[i][j][e] for i in range(n)) for e in range(count)] for j in range(n)]
    block = lambda v, b: encode(v[b * per_block:(b + 1) * per_block], width) if 0 <= b < blocks else b""
    links = []
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            frames = [b"\x01" + seeds[i][j]] if j != (i + 1) % n else []
            for b in range(blocks + DEPTH):
                correction = block(shares[i][j], b) if j == (i + 1) % n else b""
                opened = block(partial[i], b - DEPTH) if j in receivers else b""
                if correction or opened:
                    frames.append(b"\x02" + b.to_bytes(4, "little") + field(correction) + field(opened))
            frames.append(b"\x03")
            links.append({"from": i, "to": j, "frames": [f.hex() for f in frames]})
    return {
        "ring": f"z2^{8 * width}", "blockBytes": block_bytes, "receivers": receivers, "randomSeeds": random_seeds,
        "vectors": [[str(v) for v in vector] for vector in vectors],
        "totals": [str(sum(v[e] for v in vectors)) for e in range(count)], "links": links}


print(json.dumps({
    "comment": "See ../secure-sum.md. Made by secure_sum.py.",
    "sharings": [
        sharing(7, [0, 1, -1, 123456789, -2**63, 2**63 - 1], 3, 2, 8),
        sharing(8, [0, -1, 5, 2**126 - 1, -2**127], 2, 1, 16),
        sharing(9, [10, -20, 30], 5, 0, 8)],
    "runs": [
        run([[1, -2, 3, 40, 5], [100, 200, -300, 400, 500], [7, 7, 7, -7, 7]], [0, 1, 2], 8, 16, [21, 22, 23]),
        run([[2**100, -3], [2**100, 4], [-2**101, 5], [9, -9]], [2], 16, 32, [31, 32, 33, 34])]}, indent=1))
