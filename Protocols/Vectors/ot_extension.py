"""Computes ot-extension.json from Protocols/ot-extension.md and Protocols/ot-correlations.md (pip install cryptography); run in this
folder. A block is the integer of its 16 bytes, little-endian. The 512 leaves are the key stream of a case's seed in lane 0, Delta is
block 0 of lane 1; `first` is the number of the first transfer."""
import hashlib, json
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

def aes(key, data):
    e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return e.update(data) + e.finalize()

def stream(key, blocks, lane=0, first=0):
    return aes(key, b"".join((first + i).to_bytes(8, "little") + lane.to_bytes(8, "little") for i in range(blocks)))

def blk(x): return x.to_bytes(16, "little")
def ints(data): return [int.from_bytes(data[i:i + 16], "little") for i in range(0, len(data), 16)]
def hash_of(domain): return hashlib.sha256(bytes([len(domain)]) + domain.encode()).digest()
def sha(data): return hashlib.sha256(data).hexdigest()
def xor(rows):
    out = 0
    for r in rows: out ^= r
    return out

FIXED = hash_of("yinhe/aes-fixed-key/v1")[:16]
def ot_hash(i, x):
    p = int.from_bytes(aes(FIXED, blk(x)), "little")
    return int.from_bytes(aes(FIXED, blk(p ^ i)), "little") ^ p

def columns(rows, n): return [sum((row >> j & 1) << r for r, row in enumerate(rows)) for j in range(n)]

def rows_of(leaves, n, first):
    """Rows and sums of the trees."""
    rows, sums = [], []
    for g in range(32):
        s = [int.from_bytes(stream(blk(leaves[16 * g + x]), n // 128, 0, first // 128), "little") for x in range(16)]
        for b in range(4): rows.append(xor(s[x] for x in range(16) if x >> b & 1))
        sums.append(xor(s))
    return rows, sums

def product(bits, u, x, y, choice):
    """The sender's message and share, and the receiver's share."""
    mask, message = (1 << bits) - 1, b""
    t = [(x[i] - y[i] + u) & mask for i in range(bits)]
    for k in range(1, bits // 2):
        message += ((t[k] << k & mask) | (t[bits - k] & (1 << k) - 1)).to_bytes(bits // 8, "little")
    message += (t[bits // 2] & (1 << bits // 2) - 1).to_bytes(bits // 16, "little")
    sent = -sum(v << i for i, v in enumerate(x)) & mask
    got = sum(((y[i] + t[i] if i else y[i]) if choice >> i & 1 else x[i]) << i for i in range(bits)) & mask
    assert (sent + got) & mask == u * choice & mask
    return message, sent, got

def switches(n, origin=0, level=0):
    """Layer, lower place and higher place of every switch."""
    depth = max(1, (n - 1).bit_length()) if level == 0 else switches.depth
    if level == 0: switches.depth = depth
    if n < 2: return []
    d, out = 1 << level, []
    pairs = [(origin + 2 * k * d, origin + (2 * k + 1) * d) for k in range(n // 2)]
    out += [(level, *p) for p in pairs]
    if n > 2:
        out += switches((n + 1) // 2, origin, level + 1) + switches(n // 2, origin + d, level + 1)
        out += [(2 * depth - 2 - level, *p) for p in (pairs if n % 2 else pairs[1:])]
    return sorted(out)

def case(seed, n, first, sender):
    seed = bytes.fromhex(seed)
    leaves, delta = ints(stream(seed, 512)), ints(stream(seed, 1, 1))[0]
    W, sums = rows_of(leaves, n, first)
    c = sums[0]
    corrections = [s ^ c for s in sums[1:]]
    known = list(leaves)
    for g in range(32): known[16 * g + (delta >> 4 * g & 15)] = 0  # the leaf that the sender lacks
    Q, S = rows_of(known, n, first)
    for i in range(128):
        if delta >> i & 1: Q[i] ^= S[i // 4] ^ (corrections[i // 4 - 1] if i >= 4 else 0)
    t, q = columns(W, n), columns(Q, n)
    assert all(q[j] == t[j] ^ (delta if c >> j & 1 else 0) for j in range(n))
    tweak = (sender << 62) + first
    zero = [ot_hash(tweak + j, q[j]) for j in range(n)]
    one = [ot_hash(tweak + j, q[j] ^ delta) for j in range(n)]
    out = {"seed": seed.hex(), "transfers": n, "first": first, "sender": sender,
           "corrections": sha(b"".join(r.to_bytes(n // 8, "little") for r in corrections)),
           "choices": sha(c.to_bytes(n // 8, "little")), "t": sha(b"".join(map(blk, t))), "q": sha(b"".join(map(blk, q))),
           "zero": sha(b"".join(map(blk, zero))), "one": sha(b"".join(map(blk, one)))}
    for bits in (64, 128):
        mask = (1 << bits) - 1
        x, y = [v & mask for v in zero[:bits]], [v & mask for v in one[:bits]]
        u, v = (y[0] - x[0]) & mask, c & mask
        message, sent, got = product(bits, u, x, y, v)
        out[f"product{bits}"] = {"message": message.hex(), "sent": hex(sent), "received": hex(got), "u": hex(u), "v": hex(v)}
    return out

json.dump({"description": "The correlation of one direction from given leaves and Delta, strings and the messages of a product; switches of "
           "networks as layer, place, place. Digests are SHA-256. See ot_extension.py.",
           "cases": [case("404142434445464748494a4b4c4d4e4f", 256, 0, 0), case("505152535455565758595a5b5c5d5e5f", 1024, 4096, 1)],
           "networks": [{"count": n, "switches": switches(n)} for n in (1, 2, 3, 4, 5, 6, 7, 8, 13)]},
          open("ot-extension.json", "w"), indent=None, separators=(",", ":"))
