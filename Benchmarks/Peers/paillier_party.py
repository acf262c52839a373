"""Measures Paillier operations of HEU or python-paillier, one JSON object a line; paillier-heu-phe starts it in their environment."""

import json
import random
import sys
import time


def timed(work):
    # Processor time: on one core it is the elapsed time, less what other programs take.
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


class HEU:
    """SecretFlow's HEU: arrays, which it works on in C++; single objects where it has no array operation."""

    def __init__(self, schema, bits):
        from heu import numpy as hnp
        from heu import phe

        self.hnp, self.phe = hnp, phe
        self.kit = phe.setup(getattr(phe.SchemaType, schema), bits)
        self.arrays = hnp.HeKit(self.kit)
        self.encoder = phe.BigintEncoder(getattr(phe.SchemaType, schema))

    def encode(self, values):
        return self.hnp.array(values, self.encoder)

    def encrypt_array(self, values):
        return self.arrays.encryptor().encrypt(self.encode(values))

    def opened(self, array):
        return [int(str(v)) for v in self.arrays.decryptor().decrypt(array).to_numpy(self.encoder).flatten()]

    def encrypt(self, values):
        plain = self.encode(values)
        seconds, array = timed(lambda: self.arrays.encryptor().encrypt(plain))
        return seconds, self.opened(array) == values

    def encrypt_packed(self, values):
        encoder = self.kit.batch_integer_encoder()
        encryptor, decryptor = self.kit.encryptor(), self.kit.decryptor()
        pairs = list(zip(values[::2], values[1::2]))
        seconds, out = timed(lambda: [encryptor.encrypt(encoder.encode(a, b)) for a, b in pairs])
        return seconds, all(tuple(encoder.decode(decryptor.decrypt(c))) == pair for c, pair in zip(out, pairs))

    def decrypt(self, values):
        array = self.encrypt_array(values)
        seconds, plain = timed(lambda: self.arrays.decryptor().decrypt(array))
        return seconds, [int(str(v)) for v in plain.to_numpy(self.encoder).flatten()] == values

    def add(self, values):
        array = self.encrypt_array(values[:500])
        rounds = max(1, len(values) // 500)

        def work():
            total = array
            for _ in range(rounds):
                total = self.arrays.evaluator().add(total, array)
            return total

        seconds, total = timed(work)
        return seconds * len(values) / (rounds * len(values[:500])), self.opened(total) == [v * (rounds + 1) for v in values[:500]]

    def negate(self, values):
        evaluator = self.kit.evaluator()
        inputs = [self.kit.encryptor().encrypt_raw(v) for v in values]
        seconds, out = timed(lambda: [evaluator.negate(c) for c in inputs])
        return seconds, [int(str(self.kit.decryptor().decrypt_raw(c))) for c in out] == [-v for v in values]

    def scale(self, values):
        array = self.encrypt_array(values)
        factors = values[::-1]
        plain = self.encode(factors)
        seconds, out = timed(lambda: self.arrays.evaluator().mul(array, plain))
        return seconds, self.opened(out) == [a * b for a, b in zip(values, factors)]

    def dot(self, values):
        array = self.encrypt_array([values])
        factors = values[::-1]
        plain = self.encode([[v] for v in factors])
        seconds, out = timed(lambda: self.arrays.evaluator().matmul(array, plain))
        return seconds, self.opened(out) == [sum(a * b for a, b in zip(values, factors))]

    def load_key(self, values):
        data = self.kit.public_key().serialize()
        seconds, key = timed(lambda: [self.phe.PublicKey.load_from(data) for _ in values][-1])
        c = self.phe.setup(key).encryptor().encrypt_raw(5)
        return seconds, int(str(self.kit.decryptor().decrypt_raw(c))) == 5


class PHE:
    """python-paillier, with gmpy2."""

    def __init__(self, bits):
        from phe import paillier, util

        assert util.HAVE_GMP
        self.multiply = util.mulmod
        self.public, self.private = paillier.generate_paillier_keypair(n_length=bits)

    def encrypt(self, values):
        seconds, out = timed(lambda: [self.public.encrypt(v) for v in values])
        return seconds, [self.private.decrypt(c) for c in out] == values

    def _inputs(self, values):
        distinct = [self.public.encrypt(v) for v in values[:50]]
        return [distinct[i % len(distinct)] for i in range(len(values))], [values[i % len(distinct)] for i in range(len(values))]

    def decrypt(self, values):
        inputs, plain = self._inputs(values)
        seconds, out = timed(lambda: [self.private.decrypt(c) for c in inputs])
        return seconds, out == plain

    def _checked(self, seconds, out, expected):
        step = max(1, len(out) // 100)
        return seconds, [self.private.decrypt(c) for c in out[::step]] == expected[::step]

    def add(self, values):
        inputs, plain = self._inputs(values)
        # The sum without fresh randomness, as the other systems make it.
        raw, modulus = [c.ciphertext(be_secure=False) for c in inputs], self.public.nsquare
        seconds, _ = timed(lambda: [self.multiply(a, b, modulus) for a, b in zip(raw, raw[1:] + raw[:1])])
        out = [a + b for a, b in zip(inputs, inputs[1:] + inputs[:1])]
        return self._checked(seconds, out, [a + b for a, b in zip(plain, plain[1:] + plain[:1])])

    def negate(self, values):
        inputs, plain = self._inputs(values)
        seconds, out = timed(lambda: [c * -1 for c in inputs])
        return self._checked(seconds, out, [-v for v in plain])

    def scale(self, values):
        inputs, plain = self._inputs(values)
        factors = values[::-1]
        seconds, out = timed(lambda: [c * k for c, k in zip(inputs, factors)])
        return self._checked(seconds, out, [a * b for a, b in zip(plain, factors)])

    def dot(self, values):
        inputs, plain = self._inputs(values)
        factors = values[::-1]
        seconds, out = timed(lambda: sum((c * k for c, k in zip(inputs, factors)), self.public.encrypt(0)))
        return seconds, self.private.decrypt(out) == sum(a * b for a, b in zip(plain, factors))


def main():
    job = json.loads(sys.argv[1])
    rnd = random.Random(job["seed"])
    start = time.perf_counter()
    system = PHE(job["bits"]) if job["system"] == "phe" else HEU(job["system"], job["bits"])
    print(json.dumps({"ready": True, "setup_s": time.perf_counter() - start}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        operation = getattr(system, command["op"].replace("-", "_"), None)
        if operation is None:
            print(json.dumps({"op": command["op"], "error": "not offered"}), flush=True)
            continue
        values = [rnd.getrandbits(32) for _ in range(command["n"])]
        try:
            seconds, correct = operation(values)
            print(json.dumps({"op": command["op"], "n": command["n"], "cpu_s": seconds, "correct": correct}), flush=True)
        except Exception as error:  # a peer's failure is a line of the table
            print(json.dumps({"op": command["op"], "error": f"{type(error).__name__}: {error}"[:200]}), flush=True)


main()
