#!/usr/bin/env python3
"""Writes dh-psi.json: known answers for Protocols/dh-psi.md, by plain integer arithmetic that shares nothing with the Swift code.

Usage: python3 Protocols/Vectors/dh-psi.py > Protocols/Vectors/dh-psi.json
"""
import hashlib
import json

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = -3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
Z = -10
TAG = b"YINHE-DH-PSI-V01-with-P256_XMD:SHA-256_SSWU_RO_"


def sha256(data):
    return hashlib.sha256(data).digest()


def domain_hash(domain, data):
    return sha256(bytes([len(domain)]) + domain + data)


def expand_message_xmd(message, tag, length):
    tag_prime = tag + bytes([len(tag)])
    b0 = sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + tag_prime)
    block, out = sha256(b0 + b"\1" + tag_prime), b""
    for i in range(2, length // 32 + 2):
        out += block
        block = sha256(bytes(x ^ y for x, y in zip(b0, block)) + bytes([i]) + tag_prime)
    return out[:length]


def sqrt(a):
    root = pow(a, (P + 1) // 4, P)
    return root if root * root % P == a % P else None


def map_to_curve(u):
    """The simplified SWU map as RFC 9380, section 6.6.2, defines it (not its optimised form)."""
    t = (Z * Z * pow(u, 4, P) + Z * u * u) % P
    inverse = pow(t, P - 2, P)
    x1 = B * pow(Z * A, -1, P) % P if inverse == 0 else -B * pow(A, -1, P) * (1 + inverse) % P
    y = sqrt(x1**3 + A * x1 + B)
    x = x1
    if y is None:
        x = Z * u * u * x1 % P
        y = sqrt(x**3 + A * x + B)
    return (x, y if y % 2 == u % 2 else P - y)


def add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return (x, (slope * (p[0] - x) - p[1]) % P)


def multiply(k, p):
    out = None
    for bit in bin(k)[2:]:
        out = add(out, out)
        if bit == "1":
            out = add(out, p)
    return out


def hash_to_curve(message):
    uniform = expand_message_xmd(message, TAG, 96)
    u = [int.from_bytes(uniform[i : i + 48], "big") % P for i in (0, 48)]
    return add(map_to_curve(u[0]), map_to_curve(u[1]))


def encode(p):
    return (bytes([2 + p[1] % 2]) + p[0].to_bytes(32, "big")).hex()


def scalar(name):
    return int.from_bytes(sha256(name), "big") % N


def main():
    receiver, sender = scalar(b"receiver"), scalar(b"sender")
    keys = ["91000000MA00000011", "key 0", "key 1", "key 2", "隐合", ""]
    rows = []
    for key in keys:
        token = domain_hash(b"yinhe/join-token/v1", key.encode())[:16]
        hashed = hash_to_curve(token)
        shared = multiply(receiver, multiply(sender, hashed))
        rows.append({
            "key": key,
            "token": token.hex(),
            "uniform": expand_message_xmd(token, TAG, 96).hex(),
            "hashed": encode(hashed),
            "receiver_blinded": encode(multiply(receiver, hashed)),
            "sender_blinded": encode(multiply(sender, hashed)),
            "shared": encode(shared),
            "digest": domain_hash(b"yinhe/dh-psi/mask/v1", bytes.fromhex(encode(shared)))[:16].hex(),
        })
    first_frame = bytes([1]) + (0).to_bytes(4, "little") + b"".join(bytes.fromhex(r["receiver_blinded"]) for r in rows[:2])
    mask_frame = bytes([2]) + (0).to_bytes(4, "little") + b"".join(bytes.fromhex(r["digest"])[:6] for r in rows[:2])
    print(json.dumps({
        "protocol": "dh-psi", "version": 1, "tag": TAG.decode(),
        "receiver_scalar": receiver.to_bytes(32, "big").hex(), "sender_scalar": sender.to_bytes(32, "big").hex(),
        "rows": rows,
        "mask_bytes": [{"a": a, "b": b, "bytes": w} for a, b, w in [
            (0, 0, 5), (1, 1, 5), (2, 1, 6), (6, 6, 6), (777, 3, 7), (65536, 65536, 9), (65537, 65536, 10),
            (1 << 20, 1 << 20, 10), (1 << 22, 1 << 22, 11), (1 << 30, 1 << 30, 13)]],
        "frames": {
            "blinded_points_rows_0_and_1": first_frame.hex(), "masks_rows_0_and_1_of_6_bytes": mask_frame.hex(),
            "completion": "0300", "completion_with_count_2": "0301" + (2).to_bytes(8, "little").hex(),
        },
    }, indent=1, ensure_ascii=False))


main()
