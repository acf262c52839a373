"""Vectors of Protocols/secure-aggregation.md: an implementation of its layout and sum proof in plain Python.

python3 Protocols/Vectors/secure_aggregation.py > Protocols/Vectors/secure-aggregation.json
"""
import hashlib
import json
import random
import struct


def domain_hash(domain, *parts):
    name = domain.encode()
    return hashlib.sha256(bytes([len(name)]) + name + b"".join(parts)).digest()


def field8(data):
    return struct.pack("<Q", len(data)) + data


def text(value):
    return struct.pack("<I", len(value.encode())) + value.encode()


def width(column, total_weight):
    return max(1, ((column["upper"] - column["lower"]) * total_weight).bit_length())


def layout(columns, rows, total_weight, key_bits):
    widths = [width(c, total_weight) for c in columns]
    per_block = min(max(1, (key_bits - 1) // sum(widths)), rows)
    data = struct.pack("<IQII", key_bits, rows, per_block, len(columns))
    for column, bits in zip(columns, widths):
        data += text(column["name"]) + struct.pack("<BqqB", column["scale"], column["lower"], column["upper"], bits)
    return widths, per_block, domain_hash("yinhe/aggregation/layout/v1", data)


def pack(columns, widths, per_block, table, key_bits):
    """All plaintexts of a table (a list of rows), block after block."""
    out = []
    for start in range(0, len(table), per_block):
        block = table[start:start + per_block]
        block = block + [[c["lower"] for c in columns]] * (per_block - len(block))
        plaintexts, shift = [0], 0
        for row in block:
            for column, bits, value in zip(columns, widths, row):
                if shift + bits > key_bits - 1:
                    plaintexts.append(0)
                    shift = 0
                plaintexts[-1] |= (value - column["lower"]) << shift
                shift += bits
        out += plaintexts
    return out


def prime(rng, bits):
    def is_prime(n):
        d, s = n - 1, 0
        while d % 2 == 0:
            d, s = d // 2, s + 1
        for _ in range(40):
            x = pow(rng.randrange(2, n - 1), d, n)
            if x in (1, n - 1):
                continue
            for _ in range(s - 1):
                x = x * x % n
                if x == n - 1:
                    break
            else:
                return False
        return True

    while True:
        p = rng.getrandbits(bits) | 3 << bits - 2 | 3
        if all(p % q for q in range(3, 2000, 2)) and is_prime(p):
            return p


def key_bytes(n):
    """The binary public key of scheme standard, Protocols/paillier.md."""
    data = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([1, 1, 2]) + struct.pack("<I", len(data)) + data


def residue_proof(rng, n, count):
    square, wide = n * n, n.bit_length() // 4
    roots = [rng.randrange(2, n) for _ in range(count)]
    numbers = [pow(r, n, square) for r in roots]
    rho = rng.randrange(2, n)
    a = pow(rho, n, square)
    statement = b"a statement"
    seed = domain_hash(
        "yinhe/aggregation/residue-proof/v1", field8(key_bytes(n)), field8(statement), field8(a.to_bytes(wide, "big")),
        *[u.to_bytes(wide, "big") for u in numbers])
    weights = [
        int.from_bytes(domain_hash("yinhe/aggregation/residue-weight/v1", seed, struct.pack("<Q", j))[:16], "big")
        for j in range(count)]
    z = rho
    for root, weight in zip(roots, weights):
        z = z * pow(root, weight, n) % n
    check = a
    for number, weight in zip(numbers, weights):
        check = check * pow(number, weight, square) % square
    assert pow(z, n, square) == check
    return {
        "n": f"{n:x}", "statement": statement.hex(), "numbers": [f"{u:x}" for u in numbers],
        "proof": (a.to_bytes(wide, "big") + z.to_bytes(wide // 2, "big")).hex(),
    }


def main():
    rng = random.Random(20261128)
    columns = [
        {"name": "amount", "scale": 2, "lower": -100000, "upper": 100000000},
        {"name": "loans", "scale": 0, "lower": 0, "upper": 5000},
    ]
    wide = [{"name": f"c{i}", "scale": 0, "lower": -5, "upper": 10 ** 12} for i in range(15)]
    cases = []
    for some, rows, weight, bits in [(columns, 3, 3, 512), (columns, 30, 1004, 512), (wide, 4, 7, 512), (columns, 100, 3, 3072)]:
        table = [[rng.choice([c["lower"], c["upper"], rng.randint(c["lower"], c["upper"])]) for c in some] for _ in range(rows)]
        widths, per_block, digest = layout(some, rows, weight, bits)
        cases.append({
            "columns": some, "rows": rows, "totalWeight": weight, "keyBits": bits, "widths": widths, "rowsPerBlock": per_block,
            "digest": digest.hex(), "values": [v for row in table for v in row],
            "plaintexts": [f"{m:x}" for m in pack(some, widths, per_block, table, bits)],
        })
    n = prime(rng, 256) * prime(rng, 256)
    while n.bit_length() != 512:
        n = prime(rng, 256) * prime(rng, 256)
    print(json.dumps({"layouts": cases, "sumProof": residue_proof(rng, n, 5)}, indent=1))


main()
