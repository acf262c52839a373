"""Computes threshold-paillier.json from the formulas of ../threshold-paillier.md with Python's integers alone; run in this folder.
The primes were found by `openssl prime -generate -safe`; everything else comes from a public seed: test keys."""
import base64, hashlib, json, math, random

rnd = random.Random("yinhe threshold paillier vectors")
H = lambda v: format(v, "x")
le = lambda v, count: v.to_bytes(count, "little")
field = lambda b: le(len(b), 4) + b
field64 = lambda b: le(len(b), 8) + b
big = lambda v: v.to_bytes((v.bit_length() + 7) // 8, "big")
b64 = lambda b: base64.urlsafe_b64encode(b).decode().rstrip("=")
def digest(domain, *parts):
    return hashlib.sha256(bytes([len(domain)]) + domain.encode() + b"".join(parts)).digest()

def stream(count, block):
    out, i = b"", 0
    while len(out) < count:
        out += block(i); i += 1
    return out[:count]

def base(n):
    w = big(n)
    y = int.from_bytes(stream(len(w) + 16, lambda i: digest("yinhe/threshold-paillier/base/v1", field64(w), le(i, 4))), "big") % n
    return pow(y * y % n, n, n * n) * (1 + 2 * n) % (n * n)

class Key:
    def __init__(self, n, scheme, sharing, threshold, secrets):
        self.n, self.n2, self.scheme, self.sharing = n, n * n, scheme, sharing
        self.threshold, self.secrets, self.parties = threshold, secrets, len(secrets)
        self.bits = n.bit_length()
        self.delta = math.factorial(self.parties) if sharing == "polynomial" else 1
        self.v = base(n)
        self.keys = [pow(self.v, self.delta * s, self.n2) for s in secrets]
        self.secret_bits = 2 * self.bits - 2 + self.delta.bit_length() if sharing == "polynomial" else 2 * self.bits + 129
        assert all(self.delta * s < 1 << self.secret_bits for s in secrets)
    def plain(self):
        return bytes([1, 1, 1 if self.scheme == "djn" else 2]) + field(big(self.n))
    def encoded(self):
        return (bytes([1, 3, 1 if self.sharing == "polynomial" else 2]) + le(self.threshold, 2) + le(self.parties, 2)
                + field(self.plain()) + b"".join(field(big(v)) for v in self.keys))
    def fingerprint(self):
        return digest("yinhe/threshold-paillier/public-key/v1", self.encoded())
    def key_share(self, party):
        return bytes([1, 4]) + le(party, 2) + field(self.encoded()) + field(big(self.secrets[party - 1]))
    def share_json(self, party):
        return json.dumps({"kty": "yinhe-threshold-paillier", "yinhe": 1, "kid": self.fingerprint().hex(), "sharing": self.sharing,
            "threshold": self.threshold, "parties": self.parties, "encryption_key": b64(self.plain()),
            "verification_keys": [b64(big(v)) for v in self.keys], "party": party, "secret": b64(big(self.secrets[party - 1]))})
    def decryption_share(self, party, ciphertexts, context):
        n2, width, x = self.n2, self.bits // 4, self.delta * self.secrets[party - 1]
        values = [pow(c, 2 * x, n2) for c in ciphertexts]
        numbers = lambda l: b"".join(v.to_bytes(width, "big") for v in l)
        seed = digest("yinhe/threshold-paillier/share-proof/v1", field64(self.fingerprint()), le(party, 4), field64(context),
                      le(len(values), 4), numbers(ciphertexts), numbers(values))
        c = 1
        for j, ct in enumerate(ciphertexts):
            t = int.from_bytes(digest("yinhe/threshold-paillier/share-weight/v1", seed, le(j, 4))[:16], "little")
            c = c * pow(ct, t, n2) % n2
        c = pow(c, 4, n2)
        r = rnd.getrandbits(self.secret_bits + 256)
        e = int.from_bytes(digest("yinhe/threshold-paillier/share-challenge/v1", seed,
                                  numbers([pow(c, r, n2), pow(self.v, r, n2)]))[:16], "little")
        z = (r + e * x).to_bytes((self.secret_bits + 257 + 7) // 8, "big")
        return bytes([1, 5]) + self.fingerprint() + le(party, 2) + le(len(values), 4) + numbers(values) + le(e, 16) + z

def polynomial(p, q, scheme, threshold, parties):
    n, m = p * q, (p - 1) // 2 * ((q - 1) // 2)
    d = m * pow(m, -1, n)
    a = [d] + [rnd.randrange(n * m) for _ in range(threshold - 1)]
    return Key(n, scheme, "polynomial", threshold, [sum(c * i ** k for k, c in enumerate(a)) % (n * m) for i in range(1, parties + 1)])

def difference(p, q):
    n, phi = p * q, (p - 1) * (q - 1)
    d = phi * pow(phi, -1, n)
    s2 = rnd.getrandbits(2 * n.bit_length() + 128)
    return Key(n, "djn", "difference", 2, [s2 + d, s2])

small = (0xC59D5E6925F1C53A761B1C7D096DD7395E47E71A0735EA0AB55049151E2D9DFB, 0xD3C02AB7BC1DE996A6BBBB01FFEFED4A070BA55FE5F6C1774E4D9B87A4C5CD77)
large = (
    0xF597A25D2F484F0EA2CDB21075A52C8E202D202BFA89E217A70AEA0AAA02798B32615D0915D788455B9FE5D62532456A770B154D1272E8A0D4380BCA4C4D3BE5C3EE6C2B161A32A50C48B8473E17C856F5DD55D9FB8FFA68912493FD84AFBBD0AE7F4BA15697ACF107DA30DFFA1BB58F866B8A3F773FAC3E41AD5640D05CB28F,
    0xFF781C4BF79053BDC02F00B23917F0452DB2CE8E5F9F09CDF18B77899F327A54E28AF7F04479DB37A28D187A184721E9C51ECDFAC35575C0EB8F5055AB94BF7E05BE2D1E0AE329AD543A2B8E494BDF1B5A062BBC381C0815B37C7F1AC7CE11D461C3EBB6A7CAC3DAE04C5E8C3A4350CB1276FB44799C64F2FC383E6E474818CB)

cases = []
for name, key in (("2 of 3, 512 bits", polynomial(*small, "djn", 2, 3)), ("4 of 7, 512 bits, standard", polynomial(*small, "standard", 4, 7)),
                  ("3 of 5, 2048 bits", polynomial(*large, "djn", 3, 5)), ("two parties, 512 bits", difference(*small)),
                  ("two parties, 2048 bits", difference(*large))):
    n, n2 = key.n, key.n2
    plaintexts = [0, 1, n - 1, rnd.randrange(n)]
    ciphertexts = [(1 + m * n) * pow(rnd.randrange(1, n), n, n2) % n2 for m in plaintexts]
    context = bytes(range(7))
    parties = sorted(rnd.sample(range(1, key.parties + 1), key.threshold))
    cases.append({"name": name, "bits": key.bits, "sharing": key.sharing, "threshold": key.threshold, "parties": key.parties,
        "base": H(key.v), "encoded": key.encoded().hex(), "fingerprint": key.fingerprint().hex(),
        "verification_keys": [H(v) for v in key.keys], "plaintexts": [H(m) for m in plaintexts], "ciphertexts": [H(c) for c in ciphertexts],
        "context": context.hex(),
        "shares": [{"party": i, "secret": H(key.secrets[i - 1]), "key_share": key.key_share(i).hex(), "key_share_json": key.share_json(i),
                    "decryption_share": key.decryption_share(i, ciphertexts, context).hex()} for i in parties]})

# The biprimality test of two parties: g of three rounds and the hashes of both, for a product of two primes and for one that is none.
def jacobi(a, n):
    a, result = a % n, 1
    while a:
        while a % 2 == 0:
            a //= 2
            if n % 8 in (3, 5): result = -result
        a, n = n, a
        if a % 4 == 3 and n % 4 == 3: result = -result
        a %= n
    return result if n == 1 else 0

def test_base(n, seed, round):
    w, attempt = big(n), 0
    while True:
        g = int.from_bytes(stream(len(w) + 16, lambda block: digest("yinhe/two-party-paillier-key/test-base/v1", seed, field64(w),
            le(round, 4), le(attempt, 4), le(block, 4))), "big") % n
        if jacobi(g, n) == 1: return g
        attempt += 1

def test_digest(n, g, exponent):
    v = pow(g, exponent, n)
    return digest("yinhe/two-party-paillier-key/test/v1", min(v, n - v).to_bytes((n.bit_length() + 7) // 8, "big"))[:16]

tests = []
for p, q, good in ((*small, True), (small[0], small[1] + 4, False), (*large, True)):
    n, seed = p * q, rnd.randbytes(16)
    p2, q2 = rnd.getrandbits(p.bit_length() - 3) & ~3, rnd.getrandbits(q.bit_length() - 3) & ~3
    p1, q1 = p - p2, q - q2
    rounds = []
    for r in (0, 1, 127):
        g = test_base(n, seed, r)
        a, b = test_digest(n, g, (n + 1 - p1 - q1) // 4), test_digest(n, g, (p2 + q2) // 4)
        if good: assert a == b
        rounds.append({"round": r, "g": H(g), "first": a.hex(), "second": b.hex()})
    if not good: assert any(t["first"] != t["second"] for t in rounds)
    tests.append({"n": H(n), "seed": seed.hex(), "p1": H(p1), "p2": H(p2), "q1": H(q1), "q2": H(q2), "rounds": rounds})

json.dump({"description": "Threshold Paillier; see threshold-paillier.md. Integers and bytes are lower-case hexadecimal.",
           "cases": cases, "biprimality": tests}, open("threshold-paillier.json", "w"), indent=1)
