#!/usr/bin/env python3
"""Known values of joint noise (joint-noise.md), from the definitions, with 60 decimal digits and the standard library alone.

    python3 joint_noise.py > joint-noise.json

Laws are summed or convolved directly; nothing here shares a formula with the Swift code except the definitions of the specification.
"""
import json
import math
import sys
from decimal import Decimal as D, getcontext
from fractions import Fraction

getcontext().prec = 60


def text(x, digits=20):
    return format(x, f".{digits}g")


def decimal(f):
    f = Fraction(f)
    return D(f.numerator) / D(f.denominator)


# Biased bits -------------------------------------------------------------------------------------------------------------


def rounded(x, places):
    return int((x * 2**places + D("0.5")).to_integral_value(rounding="ROUND_FLOOR"))


def laplace_bits(scale, distance_bits):
    a = 1 / decimal(scale)
    powers = []
    while True:
        p = (-a * 2 ** len(powers)).exp()
        if p <= D(2) ** -(distance_bits + 2):
            break
        powers.append(p)
    places = distance_bits + (len(powers) + 1).bit_length()
    q = (-a).exp()
    nonzero = min(rounded(2 * q / (1 + q), places), 2**places - 1)
    digits = [rounded(p / (1 + p), places) for p in powers]
    entry = {
        "scale": scale, "distance_bits": distance_bits, "places": places, "nonzero": f"{nonzero:x}",
        "digits": [f"{d:x}" for d in digits],
    }
    if len(digits) <= 12:
        unit = D(2) ** -places
        law = [D(1)]
        for d in digits:
            one = d * unit
            law = [w * (1 - one) for w in law] + [w * one for w in law]
        nz = nonzero * unit
        zero = (1 - q) / (1 + q)
        distance = abs(1 - nz - zero)
        ideal = zero * q
        for weight in law:
            distance += 2 * abs(nz / 2 * weight - ideal)
            ideal *= q
        distance += 2 * ideal / (1 - q)
        entry["distance"] = text(distance / 2)
    return entry


# Laws --------------------------------------------------------------------------------------------------------------------


def negative_binomial(shape, q, count):
    r = decimal(shape)
    p = (r * (1 - q).ln()).exp()
    out = []
    for k in range(count):
        out.append(p)
        p = p * (r + k) * q / (k + 1)
    return out


def shares(shape, scale, count, tail=None):
    """P[0 ... count - 1] of the difference of two negative binomial variables."""
    q = (-1 / decimal(scale)).exp()
    tail = tail or int(50 * max(1, float(Fraction(scale)))) + 60
    p = negative_binomial(shape, q, count + tail)
    return [sum(p[k] * p[k + x] for k in range(tail)) for x in range(count)]


def gaussian(sigma_squared, count):
    s = decimal(sigma_squared)
    w = [(-D(x * x) / (2 * s)).exp() for x in range(count)]
    total = w[0] + 2 * sum(w[1:])
    return [x / total for x in w]


def at(law, x):
    return law[abs(x)] if abs(x) < len(law) else D(0)


def convolve(a, b, count):
    n = len(a) - 1
    return [sum(at(a, x) * at(b, z - x) for x in range(-n, n + 1)) for z in range(count)]


def stretch(law, factor, count):
    out = [D(0)] * count
    for x, p in enumerate(law):
        if x * factor < count:
            out[x * factor] = p
    return out


def delta(law, epsilon, shift):
    growth = D(epsilon).exp()
    n = len(law) - 1 - shift
    return sum(max(D(0), at(law, x) - growth * at(law, x + shift)) for x in range(-n, n + 1))


def loss(law, shift, reach):
    return max((at(law, x) / at(law, x + shift)).ln() for x in range(-shift, reach))


def residual(parties, known, scale, shift):
    shape = Fraction(parties - known, parties)
    law = shares(shape, scale, shift + 1)
    return {
        "parties": parties, "known": known, "scale": scale, "shift": shift,
        "epsilon": text((law[0] / law[shift]).ln()),
    }


def profile(shape, scale, shift, epsilon):
    count = int(30 * max(1, float(Fraction(scale)))) + shift + 20
    law = shares(shape, scale, count)
    return {"shape": shape, "scale": scale, "shift": shift, "epsilon": epsilon, "delta": text(delta(law, epsilon, shift), 12)}


def multi_scale(epsilon, sensitivity, step):
    e = decimal(epsilon)
    m = sensitivity // step
    inner = e if step == 1 else e - 1
    count = int(20 / float(inner)) * m * step + 30 * step + 10
    unit = shares("1", str(1 / Fraction(str(inner))), int(36 / float(inner)) + 4)
    law = [D(1)] if step == 1 else shares("1", str(step), count)
    for i in range(1, m + 1):
        law = convolve(law, stretch(unit, i * step, count), count)
    variance = 2 * sum(D(x * x) * p for x, p in enumerate(law))
    worst = max(loss(law, shift, count // 3) for shift in range(1, sensitivity + 1))
    return {
        "epsilon": epsilon, "sensitivity": sensitivity, "step": step, "variance": text(variance, 12),
        "at_zero": text(law[0], 12), "largest_loss": text(worst, 12),
    }


def distributed_gaussian(sigma_squared, parties, shift, epsilon):
    s = decimal(sigma_squared)
    pi = D("3.14159265358979323846264338327950288419716939937510582097494459")
    tau = 10 * sum((-2 * pi * pi * s * k / (k + 1)).exp() for k in range(1, parties))
    ratio = shift / (parties * s).sqrt()
    rho = min(ratio * ratio / 2 + tau, (ratio + tau) ** 2 / 2)
    count = int(14 * math.sqrt(float(s))) + 4
    one = gaussian(sigma_squared, count)
    law = one
    for _ in range(1, parties):
        law = convolve(law, one, len(law) + count - 1)
    return {
        "sigma_squared": sigma_squared, "parties": parties, "shift": shift, "epsilon": epsilon, "tau": text(tau), "rho": text(rho),
        "delta": text(delta(law, epsilon, shift), 12),
    }


document = {
    "laplace_bits": [
        laplace_bits(s, d) for s, d in [("1/2", 40), ("1", 40), ("3", 40), ("10", 64), ("100", 40), ("1000/7", 100), ("10000", 64), ("281474976710656", 40)]
    ],
    "residual": [
        residual(n, k, b, s)
        for n, k, b, s in [(2, 1, "1", 1), (2, 1, "10", 10), (3, 1, "5", 3), (3, 2, "5", 3), (5, 4, "1/2", 4), (2, 1, "40", 100), (8, 7, "20", 10)]
    ],
    "profile": [
        profile(r, b, s, e)
        for r, b, s, e in [
            ("1", "5", 3, "0.3"), ("2", "5", 3, "0.3"), ("2", "5", 5, "0.5"), ("3", "4", 2, "0.2"), ("1/2", "5", 5, "1"), ("1/2", "5", 5, "0.25"),
            ("3/2", "3", 6, "1"), ("2", "20", 10, "0.4"),
        ]
    ],
    "multi_scale": [
        multi_scale(e, d, s) for e, d, s in [("2", 1, 1), ("3", 3, 1), ("5", 6, 1), ("4", 6, 2), ("5", 7, 3), ("6", 4, 4), ("1", 4, 1)]
    ],
    "distributed_gaussian": [
        distributed_gaussian(s, n, d, e)
        for s, n, d, e in [("1/4", 2, 1, "1"), ("1", 3, 1, "0.5"), ("4", 2, 3, "1"), ("9/4", 5, 2, "0.25"), ("1/2", 8, 1, "0.5")]
    ],
}
json.dump(document, sys.stdout, indent=1)
print()
