"""Computes paillier-schemes.json (pip install gmpy2 protobuf phe sf-heu; gmpy2 2.3.2, protobuf 7.36.2, phe 1.5.0 and sf-heu 0.6.0b0 were
used); run in this folder. Everything but the members named heu and phe is computed here from the formulas of Protocols/paillier.md;
those use the randomness of HEU and phe, so they differ from run to run. Keys and exponents come from a public seed: they are for tests."""
import json
import math
import random

import gmpy2
import heu.numpy as hnp
import heu.phe as heu
import phe
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

rnd = random.Random("yinhe paillier schemes")
H = lambda v: format(int(v), "x")


def prime(bits, accept=lambda c: True):
    while True:
        c = rnd.getrandbits(bits) | 3 << (bits - 2) | 1
        if accept(c) and gmpy2.is_prime(c, 40):
            return c


def subgroup_side(bits, small):
    alpha = prime(small)
    low, high = (3 << (bits - 2)) // (2 * alpha) + 1, (1 << bits) // (2 * alpha)
    while True:
        cofactor = rnd.randrange(low, high) | 1
        p = 2 * alpha * cofactor + 1
        if p.bit_length() == bits and gmpy2.is_prime(cofactor, 1) and gmpy2.is_prime(p, 40) and gmpy2.is_prime(cofactor, 40):
            return p, alpha


def subgroup_key(bits, exponent):
    (p, alpha), (q, beta) = subgroup_side(bits // 2, exponent // 2), subgroup_side(bits // 2, exponent // 2)
    n = p * q
    assert n.bit_length() == bits and math.gcd(p - 1, q - 1) == 2
    y = rnd.randrange(2, n)
    h = n - pow(y, (p - 1) // alpha * ((q - 1) // beta) // 2, n)
    assert pow(h, 2 * alpha * beta, n) == 1
    for divisor in (2, alpha, beta, 2 * alpha, 2 * beta, alpha * beta):
        assert pow(h, divisor, n) != 1
    return p, q, alpha, beta, h


def logarithm(a, n, s):
    """The discrete logarithm of Damgard and Jurik 2001, section 3."""
    i = 0
    for j in range(1, s + 1):
        t1 = (a % n ** (j + 1) - 1) // n
        t2 = i
        for k in range(2, j + 1):
            i = i - 1
            t2 = t2 * i % n ** j
            t1 = (t1 - t2 * n ** (k - 1) * pow(math.factorial(k), -1, n ** j)) % n ** j
        i = t1
    return i


def open_dj(c, key, s):
    p, q = key[:2]
    n, exponent = p * q, (p - 1) * (q - 1)
    return logarithm(pow(c, exponent, n ** (s + 1)), n, s) * pow(exponent, -1, n ** s) % n ** s


# --- The interconnection messages, by the protobuf library ---------------------------------------------------------------------------
def messages():
    file = descriptor_pb2.FileDescriptorProto(name="interconnection.proto", package="t", syntax="proto3")
    T = descriptor_pb2.FieldDescriptorProto

    def message(name, *fields):
        m = file.message_type.add(name=name)
        for number, field, kind, label in fields:
            f = m.field.add(name=field, number=number, label=T.LABEL_REPEATED if label else T.LABEL_OPTIONAL)
            if isinstance(kind, str):
                f.type, f.type_name = T.TYPE_MESSAGE, ".t." + kind
            else:
                f.type = kind

    message("Bigint", (1, "is_neg", T.TYPE_BOOL, 0), (2, "little_endian_value", T.TYPE_BYTES, 0))
    message("PaillierPublicKey", (1, "n", "Bigint", 0), (2, "hs", "Bigint", 0))
    message("PaillierCiphertext", (1, "c", "Bigint", 0))
    message("VNdArray", (1, "shape", T.TYPE_INT64, 1), (2, "items", T.TYPE_BYTES, 1))
    message(
        "DataExchangeProtocol", (1, "scalar_type", T.TYPE_INT32, 0), (2, "scalar_type_name", T.TYPE_STRING, 0),
        (9, "v_ndarray", "VNdArray", 0))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {m.name: message_factory.GetMessageClass(pool.FindMessageTypeByName("t." + m.name)) for m in file.message_type}


M = messages()


def bigint(v):
    return M["Bigint"](little_endian_value=int(v).to_bytes((int(v).bit_length() + 7) // 8, "little"))


def pb_key(n, hs):
    return M["PaillierPublicKey"](n=bigint(n), hs=bigint(hs)).SerializeToString()


def pb_ciphertext(c):
    return M["PaillierCiphertext"](c=bigint(c)).SerializeToString()


def pb_vector(cs):
    array = M["VNdArray"](shape=[len(cs)], items=[pb_ciphertext(c) for c in cs])
    return M["DataExchangeProtocol"](scalar_type=20, scalar_type_name="ciphertext", v_ndarray=array).SerializeToString()


def schema_number(kind):
    """HEU ends a serialised object with the number of its scheme, 8 bytes."""
    return heu.setup(kind, 2048).public_key().serialize()[-8:]


IC = schema_number(heu.SchemaType.IcPaillier)


def heu_part(n, hs):
    """What HEU makes: ciphertexts under our key, and a key of its own with a ciphertext that it opens."""
    public = heu.PublicKey.load_from(pb_key(n, hs) + IC)
    kit = heu.setup(public)
    values = [0, 1, -1, 123456789, -(2**100)]
    encoder = heu.BigintEncoder(heu.SchemaType.IcPaillier)
    array = hnp.setup(public).encryptor().encrypt(hnp.array([[1, 2, 3], [4, 5, 6]], encoder))
    own = heu.setup(heu.SchemaType.IcPaillier, 2048)
    theirs = M["PaillierPublicKey"].FromString(own.public_key().serialize()[:-8])
    tn, ths = (int.from_bytes(v.little_endian_value, "little") for v in (theirs.n, theirs.hs))
    r, m = rnd.getrandbits(1024), 987654321
    c = (1 + m * tn) * pow(ths, r, tn * tn) % (tn * tn)
    opened = own.decryptor().decrypt_raw(heu.Ciphertext.load_from(pb_ciphertext(c) + IC))
    assert int(str(opened)) == m
    return {
        "public_key": own.public_key().serialize().hex(), "n": H(tn), "hs": H(ths), "m": H(m), "r": H(r), "c": H(c),
        "ciphertexts": [{"value_decimal": str(v), "bytes": kit.encryptor().encrypt_raw(v).serialize().hex()} for v in values],
        "matrix": array.serialize(hnp.MatrixSerializeFormat.Interconnection).hex(), 
        "matrix_values": [1, 4, 2, 5, 3, 6],  # HEU writes columns one after the other
    }


out = {
    "description": "Paillier keys with short exponents, Damgard-Jurik at s = 1 and 2, and the interconnection encoding. Integers and bytes "
    "are lower-case hexadecimal. Made by paillier_schemes.py; the members 'heu' come from HEU (sf-heu 0.6.0b0), 'phe' from python-paillier.",
    "keys": [],
}
for bits, exponent in ((2048, 448), (3072, 512)):
    key = subgroup_key(bits, exponent)
    p, q, alpha, beta, h = key
    n = p * q
    hs = pow(h, n, n * n)
    public = phe.PaillierPublicKey(n)
    entry = {k: H(v) for k, v in dict(p=p, q=q, alpha=alpha, beta=beta, h=h, n=n, hs=hs).items()}
    entry["bits"] = bits
    entry["damgard_jurik"] = []
    for s in (1, 2):
        base, modulus, plain = pow(h, n**s, n ** (s + 1)), n ** (s + 1), n**s
        for m in (0, 1, plain - 1, rnd.randrange(plain)):
            r, unit = rnd.getrandbits(exponent), rnd.randrange(1, n)
            c = pow(1 + n, m, modulus) * pow(base, r, modulus) % modulus
            standard = pow(1 + n, m, modulus) * pow(unit, plain, modulus) % modulus
            assert open_dj(c, key, s) == m and open_dj(standard, key, s) == m
            if s == 1:
                short = 2 * alpha * beta
                assert (pow(c, short, n * n) - 1) // n * pow(short, -1, n) % n == m
                assert phe.PaillierPrivateKey(public, p, q).raw_decrypt(c) == m
            entry["damgard_jurik"].append(dict(s=s, m=H(m), r=H(r), c=H(c), unit=H(unit), standard=H(standard)))
    entry["phe"] = [{"m": H(m), "c": H(public.raw_encrypt(m))} for m in (0, 7, n - 1)]
    cs = [int(e["c"], 16) for e in entry["damgard_jurik"][:3]]
    entry["interconnection"] = dict(
        public_key=pb_key(n, hs).hex(), ciphertext=pb_ciphertext(cs[0]).hex(), vector=pb_vector(cs).hex(), schema_number=IC.hex())
    if bits == 2048:
        entry["heu"] = heu_part(n, hs)
    out["keys"].append(entry)
json.dump(out, open("paillier-schemes.json", "w"), indent=1)
