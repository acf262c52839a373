"""Computes lpn-codes.json and aes-bulk.json from Protocols/lpn-codes.md (pip install cryptography); run in this folder.
Blocks are 16 bytes in hexadecimal; a block stands for the integer that its bytes are, little-endian."""
import hashlib, json, math
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

def aes(key, data):
    e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return e.update(data) + e.finalize()

def stream(key, blocks, lane, first=0):
    return aes(key, b"".join((first + i).to_bytes(8, "little") + lane.to_bytes(8, "little") for i in range(blocks)))

def domain(name):
    return hashlib.sha256(bytes([len(name)]) + name.encode()).digest()

# ---- codes -----------------------------------------------------------------------------------------------------------------
def convolve(seed, x):
    """y = C x, one position at a time: taps in a group come from the inverse of T."""
    groups = (len(x) + 7) // 8
    taps = stream(seed, 2 * groups, 0)
    y = []
    for g in range(groups):
        t, m1, m2, m3 = ([taps[32 * g + 8 * m + 7 - r] for r in range(8)] for m in range(4))
        past = lambda i: y[i] if i >= 0 else 0
        sums = []
        for r in range(min(8, len(x) - 8 * g)):
            i, s = 8 * g + r, x[8 * g + r]
            for c in range(8):
                if m1[r] >> c & 1: s ^= past(8 * g - 8 + c)
                if m2[r] >> c & 1: s ^= past(8 * g - 16 + c)
                if c > r and m3[r] >> c & 1: s ^= past(8 * g - 24 + c)
            sums.append(s ^ past(i - 24))
            out = sums[r]
            for c in range(r):
                if t[r] >> c & 1: out ^= sums[c]
            y.append(out)
    return y

def expand(seed, weight, y, outputs):
    half = len(y)
    words = stream(seed, -(-outputs // 16) * 4 * weight, 1)
    start = [k * half // weight for k in range(weight + 1)]
    out = []
    for i in range(outputs):
        s = 0
        for k in range(weight):
            at = 4 * (16 * weight * (i // 16) + 16 * k + i % 16)
            r = int.from_bytes(words[at:at + 4], "little")
            s ^= y[start[k] + (r * (start[k + 1] - start[k]) >> 32)]
        out.append(s)
    return out

def prime(n):
    def factors(v):
        f, d = set(), 2
        while d * d <= v:
            while v % d == 0: f.add(d); v //= d
            d += 1
        return f | ({v} if v > 1 else set())
    p = max(3, n)
    while factors(p) != {p} or p == 2 or any(pow(2, (p - 1) // q, p) == 1 for q in factors(p - 1)): p += 1
    return p

def compress(code, seed, x, m):
    half = len(x) // 2
    if code == "quasiCyclic":
        p = prime(half)
        bits = int.from_bytes(stream(seed, -(-p // 128), 2), "little")
        a = [bits >> i & 1 for i in range(p)]
        out = x[:m]
        for j in range(half):
            for i in range(m):
                if a[(i - j) % p]: out[i] ^= x[half + j]
        return out
    weight = {"expandConvolute7x24": 7, "expandConvolute21x24": 21}[code]
    return [a ^ b for a, b in zip(x, expand(seed, weight, convolve(seed, x[half:]), m))]

vectors = []
for code in ("expandConvolute7x24", "expandConvolute21x24", "quasiCyclic"):
    for m, n in ((1, 42), (17, 48), (100, 200), (129, 264), (1000, 2208)):
        seed = hashlib.sha256(f"{code} {m} {n}".encode()).digest()[:16]
        data = stream(seed[::-1], n, 7)
        x = [int.from_bytes(data[16 * i:16 * i + 16], "little") for i in range(n)]
        out = b"".join(v.to_bytes(16, "little") for v in compress(code, seed, x, m))
        vectors.append({"code": code, "outputs": m, "noisePositions": n, "seed": seed.hex(),
                        "digest": hashlib.sha256(out).hexdigest(), "first": out[:16].hex(), "last": out[-16:].hex()})

def tail(t, s):
    """-log2 of the probability that of t fair coins fewer than s fall heads."""
    return t - math.log2(sum(math.comb(t, i) for i in range(s)))

def weight(distance, bits):
    factor = 2**bits / (2**bits - 1)
    t = int(128 / -math.log2(1 - factor * distance))
    t = -(-max(t, 40) // 8) * 8
    while tail(t, bits) < 128: t += 8
    return t

weights = [{"code": c, "fieldBits": b, "weight": weight(d, b)}
           for c, d in (("expandConvolute7x24", .15), ("expandConvolute21x24", .2), ("quasiCyclic", .2)) for b in (1, 64, 128)]
json.dump({"description": "LPN codes; see lpn_codes.py. The input is x[i] = AES(reversed seed, (i, 7)); digest is the SHA-256 of the "
           "m output blocks.", "compress": vectors, "noiseWeights": weights}, open("lpn-codes.json", "w"), indent=1)

# ---- AES in bulk -----------------------------------------------------------------------------------------------------------
fixed, ggm = domain("yinhe/aes-fixed-key/v1")[:16], domain("yinhe/ggm-keys/v1")
xor = lambda a, b: bytes(p ^ q for p, q in zip(a, b))
data = stream(bytes(range(16)), 37, 5)
blocks = [data[i:i + 16] for i in range(0, len(data), 16)]
tweak = 2**64 - 20
cut = lambda i: ((tweak + i) % 2**64).to_bytes(8, "little") + bytes(8)
sigma = lambda b: xor(b[:8], b[8:]) + b[:8]
hashed = b"".join(xor(aes(fixed, xor(sigma(b), cut(i))), sigma(b)) for i, b in enumerate(blocks))
twice = b"".join(xor(aes(fixed, xor(aes(fixed, b), cut(i))), aes(fixed, b)) for i, b in enumerate(blocks))
doubled = b"".join(xor(aes(ggm[16 * c:16 * c + 16], b), b) for b in blocks for c in (0, 1))
json.dump({"description": "AES-128 hashes, streams and GGM doubling; see lpn_codes.py. The input is AES(00 01 ... 0f, (i, 5)), i < 37.",
           "input": data.hex(), "tweak": str(tweak), "hash": hashed.hex(), "hashTwice": twice.hex(), "doubled": doubled.hex(),
           "stream": b"".join(aes(fixed, ((2**64 - 4 + i) % 2**64).to_bytes(8, "little") + (9).to_bytes(8, "little"))
                    for i in range(21))[:-5].hex()}, open("aes-bulk.json", "w"), indent=1)
