"""Computes encrypted-vectors.json from Protocols/encrypted-vectors.md alone (pip install cryptography); run in this folder.
The key is for tests: its primes come from a public seed."""
import hashlib, json, random, struct
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

rnd = random.Random("yinhe encrypted vectors")

def is_prime(n):
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)): return False
    d, s = n - 1, 0
    while d % 2 == 0: d, s = d // 2, s + 1
    for _ in range(40):
        x = pow(rnd.randrange(2, n - 1), d, n)
        if x in (1, n - 1): continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1: break
        else: return False
    return True

def prime(bits):
    while True:
        c = rnd.getrandbits(bits) | 3 << bits - 2 | 3
        if is_prime(c): return c

def gcd(a, b):
    while b: a, b = b, a % b
    return a

BITS = 512
while True:
    p, q = prime(BITS // 2), prime(BITS // 2)
    if p != q and gcd(p - 1, q - 1) == 2: break
n = p * q
n2 = n * n
WIDTH = BITS // 4

def H(domain, *parts):
    h = hashlib.sha256(bytes([len(domain)]) + domain.encode())
    for part in parts: h.update(part)
    return h.digest()

def be(v, count): return v.to_bytes(count, "big")

# The scheme "standard" (content 2 of version 1): its public key is n alone.
encoded_key = bytes([1, 1, 2]) + struct.pack("<I", BITS // 8) + be(n, BITS // 8)
fingerprint = H("yinhe/paillier/public-key/v1", encoded_key)

class Layout:
    def __init__(self, lower, upper, additions, plaintext_bits, decimals=0, fraction_bits=0):
        self.lower, self.upper, self.additions, self.plaintext_bits = lower, upper, additions, plaintext_bits
        self.decimals, self.fraction_bits = decimals, fraction_bits
        self.base, self.top = min(lower, 0), max(upper, 0)
        self.slot_bits = max(1, ((self.top - self.base) * additions).bit_length())
        self.slots = plaintext_bits // self.slot_bits
    def pack(self, values, per_row, first_slot=0):
        rows = []
        for i in range(0, len(values), per_row):
            row = values[i:i + per_row]
            row += [0] * (per_row - len(row))
            rows.append(sum((v - self.base) << (first_slot + j) * self.slot_bits for j, v in enumerate(row)))
        return rows
    def ones(self, per_row, first_slot=0): return sum(1 << (first_slot + j) * self.slot_bits for j in range(per_row))
    def open(self, rows, count, per_row, bounds, first_slot=0):
        low, high, bias = bounds
        out = []
        for m in rows:
            m = (m + (bias - low) * self.ones(per_row, first_slot)) % n
            assert m >> (first_slot + per_row) * self.slot_bits == 0 and m % (1 << first_slot * self.slot_bits) == 0
            for j in range(per_row):
                t = m >> (first_slot + j) * self.slot_bits & (1 << self.slot_bits) - 1
                assert t <= high - low
                out.append(t + low)
        return out[:count]

def encrypt(m, r): return (1 + m * n) * pow(r, n, n2) % n2
def decrypt(c):
    l = (p - 1) * (q - 1)
    return (pow(c, l, n2) - 1) // n * pow(l, -1, n) % n

def file(layout, count, per_row, bounds, rows, first_slot=0, scale=None):
    scale = scale or (layout.decimals, layout.fraction_bits)
    head = b"yinhe-ciphertexts-01" + fingerprint + struct.pack(
        "<IIqqQIIIIIIII", BITS, WIDTH, layout.lower, layout.upper, layout.additions, layout.decimals, layout.fraction_bits,
        layout.plaintext_bits, layout.slot_bits, per_row, first_slot, *scale)
    head += b"".join((v % (1 << 128)).to_bytes(16, "little") for v in bounds)
    body = [be(c, WIDTH) for c in rows]
    per_chunk = max(1, (1 << 18) // WIDTH)
    digests = b"".join(
        H("yinhe/ciphertext-file-chunk/v1", struct.pack("<Q", i), *body[start:start + per_chunk])
        for i, start in enumerate(range(0, len(body), per_chunk)))
    sizes = struct.pack("<QQ", count, len(rows))
    digest = H("yinhe/ciphertext-file/v1", head, sizes, digests)
    return head + b"".join(body) + digests + sizes + digest, digest

X = lambda v: format(v, "x")
out = {"description": "Made by encrypted_vectors.py from Protocols/encrypted-vectors.md. Integers are lower-case hexadecimal, signed "
       "decimal numbers where they may be negative.", "n": X(n), "p": X(p), "q": X(q), "fingerprint": fingerprint.hex()}

# 1. Widths: ordinary layouts, and pairs around each boundary.
out["layouts"] = []
cases = [(0, 2**32 - 1, 2**20, 2047), (0, 2**32 - 1, 2**20, 3071), (-1000, 1000, 500, 2047), (5, 9, 3, 2047), (-9, -5, 3, 2047),
         (-2**63, 2**63 - 1, 2**62, 2047), (0, 0, 7, 2047), (-128, 127, 1, 8)]
for bits in (1, 2, 7, 31, 52, 63):
    for span in (1, 2, 3, 255, 65535):
        most = ((1 << bits) - 1) // span  # the most additions that `bits` bits take
        if 1 <= most < 2**62: cases += [(0, span, most, 2047), (0, span, most + 1, 2047), (-span, 0, most, 2047)]
for lower, upper, additions, bits in cases:
    l = Layout(lower, upper, additions, bits)
    out["layouts"].append({"lower": lower, "upper": upper, "additions": additions, "plaintext_bits": bits, "slot_bits": l.slot_bits,
                           "slots": l.slots})

# 2. Packed plaintexts, and sums that fill every slot to the last unit.
out["packing"] = []
for lower, upper, additions, per_row, first in ((-5, 10, 17, 4, 0), (0, 2**32 - 1, 2**20, 9, 0), (-100, 27, 1, 3, 2), (3, 8, 31, 5, 1)):
    l = Layout(lower, upper, additions, BITS - 1)
    values = [upper, lower, upper, upper, lower] + [rnd.randint(lower, upper) for _ in range(2 * per_row)]
    rows = l.pack(values, per_row, first)
    bounds = (l.base * additions, l.top * additions, l.base * additions)
    full = [m * additions for m in rows]
    assert all(m < 1 << BITS - 1 for m in full)
    assert l.open(full, len(values), per_row, bounds, first) == [v * additions for v in values]
    out["packing"].append({"lower": lower, "upper": upper, "additions": additions, "values_per_row": per_row, "first_slot": first,
                           "values": values, "plaintexts": [X(m) for m in rows], "full_sums": [X(m) for m in full]})

# 3. Files: fresh, a sum, a negation, a product.
l = Layout(-20, 100, 16, BITS - 1, decimals=1)
per_row = 2
values = [[5, -20, 100], [7, 8, -9]]
vectors = [[encrypt(m, rnd.randrange(2, n)) for m in l.pack(v, per_row)] for v in values]
fresh = (l.base, l.top, l.base)
double = tuple(2 * v for v in fresh)
files = [
    ("a", vectors[0], fresh, values[0], None), ("b", vectors[1], fresh, values[1], None),
    ("a + b", [x * y % n2 for x, y in zip(*vectors)], double, [x + y for x, y in zip(*values)], None),
    ("-a", [pow(x, -1, n2) for x in vectors[0]], (-fresh[1], -fresh[0], -fresh[2]), [-x for x in values[0]], None),
    ("a * -3 halves", [pow(x, -3, n2) for x in vectors[0]], (-3 * fresh[1], -3 * fresh[0], -3 * fresh[2]), [-3 * x for x in values[0]], (1, 1)),
]
out["files"] = []
for name, rows, bounds, expected, scale in files:
    assert l.open([decrypt(c) for c in rows], 3, per_row, bounds) == expected
    data, digest = file(l, 3, per_row, bounds, rows, scale=scale)
    out["files"].append({"name": name, "bytes": data.hex(), "digest": digest.hex(), "values": expected})

# 4. A pool file.
secret, ident, count = rnd.randbytes(32), rnd.randbytes(16), 70
powers = [pow(rnd.randrange(2, n), n, n2) for _ in range(count)]
head = b"yinhe-randomness-1" + bytes([1]) + fingerprint + ident + struct.pack("<QQI", 5, count, WIDTH)
key = H("yinhe/paillier-pool-key/v1", secret, ident)
data = head
for segment, start in enumerate(range(0, count, 64)):
    plain = b"".join(be(w, WIDTH) for w in powers[start:start + 64])
    data += AESGCM(key).encrypt(struct.pack("<QI", segment, 0), plain, head)
record = ident + struct.pack("<Q", 66)
out["pool"] = {"secret": secret.hex(), "id": ident.hex(), "file": data.hex(), "powers": [X(powers[i]) for i in (0, 63, 64, 66, 69)],
               "journal_66_used": (record + H("yinhe/paillier-pool-record/v1", record)[:8]).hex()}
json.dump(out, open("encrypted-vectors.json", "w"), indent=1)
