"""Computes silent-vole.json from Protocols/silent-vole.md (pip install cryptography); run in this folder.
A block is the integer of its 16 bytes, little-endian. All secrets of a case are key streams of its seed: lane 0 the base OT keys
K0_0, K1_0, K0_1, ...; 1 Delta (over F2 with the lowest bit set); 2 the code seed; 3 the points, low word mod leaves; 4 the bytes of
the noise values and masks; 5 the roots."""
import hashlib, json
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

M64 = (1 << 64) - 1

def aes(key, data):
    e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return e.update(data) + e.finalize()

def stream(key, blocks, lane=0, first=0):
    return aes(key, b"".join((first + i).to_bytes(8, "little") + lane.to_bytes(8, "little") for i in range(blocks)))

def ints(data): return [int.from_bytes(data[i:i + 16], "little") for i in range(0, len(data), 16)]
def blk(x): return x.to_bytes(16, "little")
def hash_of(domain, *parts): return hashlib.sha256(bytes([len(domain)]) + domain.encode() + b"".join(parts)).digest()
def field(data): return len(data).to_bytes(8, "little") + data

# ---- fields ----------------------------------------------------------------------------------------------------------------
def mul64(a, b):
    r = 0
    for i in range(64):
        if b >> i & 1: r ^= a << i
    for i in range(126, 63, -1):
        if r >> i & 1: r ^= 0x1b << (i - 64) ^ 1 << i
    return r

def mul(a, b):
    """In GF(2^128) = GF(2^64)[z]/(z^2 + z + y^61)."""
    a0, a1, b0, b1 = a & M64, a >> 64, b & M64, b >> 64
    low, high = mul64(a0, b0), mul64(a1, b1)
    cross = mul64(a0 ^ a1, b0 ^ b1) ^ low
    return low ^ mul64(high, 1 << 61) | cross << 64

# ---- AES constructions -----------------------------------------------------------------------------------------------------
FIXED = hash_of("yinhe/aes-fixed-key/v1")[:16]
GGM = hash_of("yinhe/ggm-keys/v1")
def child(b, x): return int.from_bytes(aes(GGM[16 * b:16 * b + 16], blk(x)), "little") ^ x
def ot_hash(i, x):
    p = int.from_bytes(aes(FIXED, blk(x)), "little")
    return int.from_bytes(aes(FIXED, blk(p ^ i)), "little") ^ p

# ---- codes (lpn-codes.md), the expand-convolute ones -------------------------------------------------------------------------
WEIGHTS = {"expandConvolute7x24": 7, "expandConvolute21x24": 21}

def compress(code, seed, x, m):
    half, w = len(x) // 2, WEIGHTS[code]
    taps, y = stream(seed, 2 * ((half + 7) // 8)), []
    at = lambda i: y[i] if i >= 0 else 0
    for g in range((half + 7) // 8):
        t, m1, m2, m3 = ([taps[32 * g + 8 * k + 7 - r] for r in range(8)] for k in range(4))
        sums = []
        for r in range(min(8, half - 8 * g)):
            i = 8 * g + r
            s = x[half + i] ^ at(i - 24)
            for c in range(8):
                if m1[r] >> c & 1: s ^= at(8 * g - 8 + c)
                if m2[r] >> c & 1: s ^= at(8 * g - 16 + c)
                if c > r and m3[r] >> c & 1: s ^= at(8 * g - 24 + c)
            sums.append(s)
            for c in range(r):
                if t[r] >> c & 1: s ^= sums[c]
            y.append(s)
    words = stream(seed, (m + 15) // 16 * 4 * w, 1)
    start = [k * half // w for k in range(w + 1)]
    out = []
    for i in range(m):
        s = x[i]
        for k in range(w):
            o = 4 * (16 * w * (i // 16) + 16 * k + i % 16)
            s ^= y[start[k] + (int.from_bytes(words[o:o + 4], "little") * (start[k + 1] - start[k]) >> 32)]
        out.append(s)
    return out

# ---- the protocol ------------------------------------------------------------------------------------------------------------
def pad(n): return -(-n // 16) * 16

def xor(rows):
    out = 0
    for r in rows: out ^= r
    return out

def case(code, outputs, bits, malicious, weight, seed):
    seed = bytes.fromhex(seed)
    t = weight
    L = max(2, -(-2 * outputs // t))
    d = (L - 1).bit_length()
    n = t * L
    choice_bytes, noise_bytes = pad(-(-t * d // 8)), pad(t * (bits // 8 if bits > 1 else 0))
    row_bytes = choice_bytes + noise_bytes + (32 if malicious else 0)
    keys = ints(stream(seed, 256, 0)); keys = list(zip(keys[::2], keys[1::2]))
    delta = ints(stream(seed, 1, 1))[0] | (1 if bits == 1 else 0)
    code_seed = stream(seed, 1, 2)
    points = [(x & M64) % L for x in ints(stream(seed, t, 3))]
    values = stream(seed, (row_bytes - choice_bytes) // 16, 4)
    roots = ints(stream(seed, t, 5))

    # Receiver: corrections.
    choice = 0
    for j in range(t):
        for l in range(d): choice |= (points[j] >> (d - 1 - l) & 1) << (d * j + l)
    u = choice.to_bytes(choice_bytes, "little") + values
    u_int = int.from_bytes(u, "little")
    sums, leaves = b"", []
    for g in range(32):
        nodes = [keys[4 * g + 3][1], keys[4 * g + 3][0]]
        for level in (1, 2, 3):
            nodes = [child(b, x) for x in nodes for b in (0, 1)]
            k = keys[4 * g + 3 - level]
            sums += blk(xor(nodes[0::2]) ^ k[1]) + blk(xor(nodes[1::2]) ^ k[0])
        leaves.append(nodes)
    message = code_seed + sums
    if malicious:
        everything = b""
        for g in range(32):
            tags = [hash_of("yinhe/silent-vole/leaf-tag/v1", (16 * g + x).to_bytes(4, "little"), blk(v)) for x, v in enumerate(leaves[g])]
            message += xor([int.from_bytes(tag, "little") for tag in tags]).to_bytes(32, "little")
            everything += b"".join(tags)
        message += hash_of("yinhe/silent-vole/small-trees/v1", everything)
    W, corrections = [], []
    for g in range(32):
        rows = [int.from_bytes(stream(blk(v), row_bytes // 16), "little") for v in leaves[g]]
        for i in range(4): W.append(xor(r for x, r in enumerate(rows) if x >> i & 1))
        corrections.append(xor(rows) ^ u_int)
        message += corrections[-1].to_bytes(row_bytes, "little")

    out = {"code": code, "outputs": outputs, "fieldBits": bits, "malicious": malicious, "weight": t, "leaves": L, "depth": d,
           "seed": seed.hex(), "corrections": hashlib.sha256(message).hexdigest()}

    # Columns of the sender's rows Q_i = W_i + Delta_i u, so q_j = t_j + u_j Delta.
    basis = [1 << i for i in range(128)]
    bit = lambda row, j: row >> j & 1
    t_choice = [sum(bit(W[i], j) << i for i in range(128)) for j in range(t * d)]
    def column(rows, offset, size):
        return xor(mul(basis[i], rows[i] >> 8 * offset & (1 << 8 * size) - 1) for i in range(128))
    width = bits // 8 if bits > 1 else 0
    e = [int.from_bytes(values[width * j:width * (j + 1)], "little") if width else 1 for j in range(t)]
    t_noise = [column(W, choice_bytes + width * j, width) if width else 0 for j in range(t)]

    if malicious:
        one = bytes(32)
        chi = ints(stream(hash_of("yinhe/silent-vole/challenge/v1", field(b"correlation"), field(one))[:16], row_bytes // 16 - 1))
        def row_hash(row):
            b = ints(row.to_bytes(row_bytes, "little"))
            return xor(mul(c, x) for c, x in zip(chi, b)) ^ b[-1]
        out["proof"] = hashlib.sha256(b"".join(blk(row_hash(r)) for r in [u_int] + W)).hexdigest()

    # Sender: trees.
    w, tree_sums, last = [], [], []
    for j in range(t):
        nodes = [roots[j]]
        for l in range(d):
            nodes = [child(b, x) for x in nodes for b in (0, 1)][:-(-L // (1 << d - l - 1))]
            if bits == 1 and l == d - 1: nodes = [x & ~1 for x in nodes]
            q = t_choice[d * j + l] ^ (delta if points[j] >> (d - 1 - l) & 1 else 0)
            for b in (0, 1):
                tree_sums.append(xor(nodes[b::2]) ^ ot_hash(d * j + l, q ^ (0 if b else delta)))
        w += nodes
        q = delta if bits == 1 else t_noise[j] ^ mul(e[j], delta)
        last.append(xor(nodes) ^ q)
    message = b"".join(blk(x) for x in tree_sums + last)
    out["sums"] = hashlib.sha256(message).hexdigest()

    noise = [0] * n
    for j in range(t): noise[L * j + points[j]] = e[j]
    w2 = [x ^ (mul(v, delta) if v else 0) for x, v in zip(w, noise)]
    out["b"] = hashlib.sha256(b"".join(blk(x) for x in compress(code, code_seed, w, outputs))).hexdigest()
    out["c"] = hashlib.sha256(b"".join(blk(x) for x in compress(code, code_seed, w2, outputs))).hexdigest()
    if bits > 1:
        a = compress(code, code_seed, noise, outputs)
        out["a"] = hashlib.sha256(b"".join(x.to_bytes(width, "little") for x in a)).hexdigest()

    if malicious:
        two = bytes([1] * 32)
        chi = ints(stream(hash_of("yinhe/silent-vole/challenge/v1", field(b"trees"), field(two))[:16], n))
        mask_at = choice_bytes + noise_bytes
        x_mask, t_mask = int.from_bytes(u[mask_at:mask_at + 16], "little"), column(W, mask_at, 16)
        request = xor(mul(c, v) for c, v in zip(chi, noise) if v) ^ x_mask
        mine = xor(mul(c, x) for c, x in zip(chi, w)) ^ t_mask ^ mul(x_mask, delta) ^ mul(request, delta)
        theirs = xor(mul(c, x) for c, x in zip(chi, w2)) ^ t_mask
        assert mine == theirs
        out["request"] = blk(request).hex()
        out["answer"] = hash_of("yinhe/silent-vole/check-answer/v1", field(two), field(blk(mine))).hex()
    return out

cases = []
weights = {(c["code"], c["fieldBits"]): c["weight"] for c in json.load(open("lpn-codes.json"))["noiseWeights"]}
for code, outputs, bits, malicious, seed in [
    ("expandConvolute7x24", 5, 64, False, "000102030405060708090a0b0c0d0e0f"),
    ("expandConvolute7x24", 700, 64, True, "101112131415161718191a1b1c1d1e1f"),
    ("expandConvolute21x24", 1001, 128, True, "202122232425262728292a2b2c2d2e2f"),
    ("expandConvolute7x24", 600, 1, True, "303132333435363738393a3b3c3d3e3f"),
]:
    cases.append(case(code, outputs, bits, malicious, weights[code, bits], seed))
json.dump({"description": "Silent VOLE from given base OT keys; see silent_vole.py. Digests are SHA-256 of message bodies and of outputs. "
           "The correlation challenge is for a transcript of 32 zero bytes, the tree challenge for 32 bytes of 01.", "cases": cases},
          open("silent-vole.json", "w"), indent=1)
