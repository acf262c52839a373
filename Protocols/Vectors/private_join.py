#!/usr/bin/env python3
"""Vectors of private-join.md, computed apart from the Swift code: python3 private_join.py > private-join.json"""
import hashlib
import json
from math import isqrt

MASK = (1 << 64) - 1


def rotl(x, n):
    return (x << n | x >> (64 - n)) & MASK


def siphash24(key, data):
    k0, k1 = (int.from_bytes(key[i:i + 8], "little") for i in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotl(v[1], 13) ^ v[0]
            v[0] = rotl(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotl(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotl(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotl(v[1], 17) ^ v[2]
            v[2] = rotl(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i:i + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 255
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def derive(purpose, nonces):
    domain = ("yinhe/private-join/%s/v1" % purpose).encode()
    return hashlib.sha256(bytes([len(domain)]) + domain + nonces).digest()[:16]


def announced(n):
    step = 1 << max(0, n.bit_length() - 7)
    return -(-n // step) * step


def padded(n, buckets):
    t = -(-(40 + buckets.bit_length() - 1) * 45427 // 65536)
    mu = -(-n // buckets)
    square = t * t // 9 + 1 + 2 * mu * t
    root = isqrt(square)
    root += root * root < square
    return min(max(n, 1), mu + t // 3 + 1 + root)


def plan(receiver, sender, limit):
    if max(receiver, sender) <= limit:
        return {"buckets": 1}
    buckets = 2
    while padded(max(receiver, sender), buckets) > limit:
        buckets *= 2
    return {"buckets": buckets, "receiver": padded(receiver, buckets), "sender": padded(sender, buckets)}


def main():
    assert siphash24(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5  # the SipHash paper, appendix A
    key = hashlib.sha256(b"partition").digest()[:16]
    nonces = hashlib.sha256(b"receiver").digest() + hashlib.sha256(b"sender").digest()
    tokens = [hashlib.sha256(b"token %d" % i).digest()[:16] for i in range(16)]
    json.dump({
        "partition_key": key.hex(),
        "partitions": [{"token": t.hex(), "hash": "%016x" % siphash24(key, t), "partition": siphash24(key, t) >> 54}
                       for t in tokens],
        "derivation": {"receiver_nonce": nonces[:32].hex(), "sender_nonce": nonces[32:].hex(),
                       "job": derive("job", nonces).hex(), "partition_key": derive("partition key", nonces).hex()},
        "announced": [[n, announced(n)] for n in (0, 1, 127, 128, 129, 1000, 12345, 10**6, 10**7, 99999999, 10**8)],
        "padded": [[n, b, padded(n, b)] for n in (0, 1, 50, 1000, 10**6, 10**8, 10**9) for b in (2, 32, 1024)],
        "plans": [[r, s, limit, plan(r, s, limit)] for r, s, limit in (
            (1000, 1000, 1000), (200, 130, 64), (10**7, 10**7, 1 << 22), (1000, 10**8, 1 << 22), (10**8, 10**8, 1 << 21))],
    }, __import__("sys").stdout, indent=1)
    print()


main()
