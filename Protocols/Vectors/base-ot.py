#!/usr/bin/env python3
"""Writes base-ot.json: known answers for Protocols/base-ot.md, by plain integer arithmetic in affine coordinates that shares
nothing with the Swift and C code. Checks its own group against the vectors of RFC 9496 first.
Needs the `cryptography` package for AES (the seeded randomness of the tests).

Usage: python3 Protocols/Vectors/base-ot.py > Protocols/Vectors/base-ot.json
"""
import hashlib
import json
import pathlib
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
I = pow(2, (P - 1) // 4, P)


def is_negative(x):
    return x % P % 2 == 1


def absolute(x):
    return -x % P if is_negative(x) else x % P


def root(x):
    """A square root that is not negative, or None."""
    x %= P
    r = pow(x, (P + 3) // 8, P)
    for candidate in (r, r * I % P):
        if candidate * candidate % P == x:
            return absolute(candidate)
    return None


def sqrt_ratio(u, v):
    """SQRT_RATIO_M1 of RFC 9496, section 4.2, from the definition."""
    ratio = u * pow(v, -1, P) % P if v % P else 0
    r = root(ratio)
    if u % P and v % P == 0:
        return False, 0
    return (True, r) if r is not None else (False, root(I * ratio))


SQRT_AD_MINUS_ONE = -root(-D - 1) % P     # the signs that RFC 9496, section 4.1 fixes
INVSQRT_A_MINUS_D = root(pow(-1 - D, -1, P))
IDENTITY = (0, 1)


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    k = D * x1 * x2 * y1 * y2
    return (x1 * y2 + y1 * x2) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def negate(p):
    return -p[0] % P, p[1]


def multiply(k, p):
    result = IDENTITY
    for bit in bin(k)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, p)
    return result


def decode(data):
    s = int.from_bytes(data, "little")
    if s >= P or is_negative(s):
        return None
    u1, u2 = 1 - s * s, 1 + s * s
    v = -D * u1 * u1 - u2 * u2
    square, inverse = sqrt_ratio(1, v * u2 * u2)
    x = absolute(2 * s * inverse * u2)
    y = u1 * inverse * inverse * u2 * v % P
    return None if not square or is_negative(x * y) or y == 0 else (x, y)


def encode(p):
    x, y = p
    _, inverse = sqrt_ratio(1, (1 + y) * (1 - y) * (x * y)**2)
    d1, d2 = inverse * (1 + y) * (1 - y) % P, inverse * x * y % P
    z = d1 * d2 * x * y % P
    if is_negative(x * y * z):
        x, y, d = y * I % P, x * I % P, d1 * INVSQRT_A_MINUS_D % P
    else:
        d = d2
    if is_negative(x * z):
        y = -y
    return absolute(d * (1 - y)).to_bytes(32, "little")


def map_to_point(data):
    t = (int.from_bytes(data, "little") & (2**255 - 1)) % P
    r = I * t * t % P
    u, v = (r + 1) * (1 - D * D), (-1 - r * D) * (r + D)
    square, s = sqrt_ratio(u, v)
    c = P - 1
    if not square:
        s, c = -absolute(s * t) % P, r
    n = c * (r - 1) * (D - 1)**2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    z = pow(w1 * w3, -1, P)
    return w0 * w3 * z % P, w2 * w1 * z % P


def derive(data):
    return add(map_to_point(data[:32]), map_to_point(data[32:]))


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (root((BASE_Y**2 - 1) * pow(D * BASE_Y**2 + 1, -1, P)), BASE_Y)


def check():
    folder = pathlib.Path(__file__).parent
    vectors = json.loads((folder / "rfc9496/ristretto255.json").read_text())
    for k, encoded in enumerate(vectors["multiplesOfGenerator"]):
        assert encode(multiply(k, BASE)).hex() == encoded and encode(decode(bytes.fromhex(encoded))).hex() == encoded
    for case in vectors["invalid"]:
        assert decode(bytes.fromhex(case["encoding"])) is None, case
    for case in vectors["derived"]:
        assert encode(derive(bytes.fromhex(case["uniform"]))).hex() == case["element"], case


TAG = b"yinhe/base-ot/v1/ristretto255_XMD:SHA-512_R255MAP_RO_"


def hash_to_group(message):
    tag = TAG + bytes([len(TAG)])
    b0 = hashlib.sha512(bytes(128) + message + (64).to_bytes(2, "big") + b"\0" + tag).digest()
    return derive(hashlib.sha512(b0 + b"\1" + tag).digest())


def oracle(branch, index, element):
    return hash_to_group(bytes([branch]) + index.to_bytes(8, "little") + element)


def domain(name):
    return bytes([len(name)]) + name.encode()


def key(context, a, index, branch, r, shared):
    session = hashlib.sha256(
        domain("yinhe/base-ot/session/v1") + len(context).to_bytes(8, "little") + context + a).digest()
    return hashlib.sha256(
        domain("yinhe/base-ot/key/v1") + session + index.to_bytes(8, "little") + bytes([branch]) + r[0] + r[1]
        + shared).digest()[:16]


def test_random(seed, count):
    cipher = Cipher(algorithms.AES(seed.to_bytes(8, "little") + bytes(24)), modes.CTR(bytes(16)))
    return cipher.encryptor().update(bytes(count))


def run(sender_seed, receiver_seed, choices, context):
    a = int.from_bytes(test_random(sender_seed, 64), "little") % L
    sender_message = encode(multiply(a, BASE))
    drawn = test_random(receiver_seed, 128 * len(choices))
    message, sender_keys, receiver_keys = b"", [], []
    for j, b in enumerate(choices):
        t = int.from_bytes(drawn[128 * j:128 * j + 64], "little") % L
        other = encode(derive(drawn[128 * j + 64:128 * j + 128]))
        chosen = encode(add(multiply(t, BASE), negate(oracle(b, j, other))))
        r = [chosen, other] if b == 0 else [other, chosen]
        message += r[0] + r[1]
        pair = []
        for i in (0, 1):
            point = add(decode(r[i]), oracle(i, j, r[1 - i]))
            pair.append(key(context, sender_message, j, i, r, encode(multiply(a, point))))
        mine = key(context, sender_message, j, b, r, encode(multiply(t, decode(sender_message))))
        assert mine == pair[b] != pair[1 - b]
        sender_keys.append([k.hex() for k in pair])
        receiver_keys.append(mine.hex())
    return {
        "senderSeed": sender_seed, "receiverSeed": receiver_seed, "choices": "".join(map(str, choices)),
        "context": context.hex(), "senderMessage": sender_message.hex(), "receiverMessage": message.hex(),
        "senderKeys": sender_keys, "receiverKeys": receiver_keys}


check()
cases = [
    run(1, 2, [0], b""),
    run(3, 4, [1, 0, 1], b"yinhe base-ot known answer"),
    run(5, 6, [j * j // 3 % 2 for j in range(37)], bytes(range(64))),
]
numbers = [0, 2**512 - 1, L, L - 1, L << 259, (L << 259) - 1, 2**252, 2**252 - 1, 2**512 - 2**252, 2 * L - 1]
numbers += [int.from_bytes(test_random(seed, 64), "little") for seed in (7, 8)]
print(json.dumps({
    "runs": cases,
    "reductions": [
        {"wide": n.to_bytes(64, "little").hex(), "scalar": (n % L).to_bytes(32, "little").hex()} for n in numbers],
}, indent=1))
