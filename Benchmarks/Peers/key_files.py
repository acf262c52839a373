"""Input files for the comparison, and the check of an output against a plain intersection.

Runs as a process of its own (`key_files.py make ...`, `key_files.py expect ...`, `key_files.py check ...`), so that the memory it
needs never counts as a party's: the peak resident set of a process survives into the programs it starts.
"""

import csv
import hashlib
import json
import math
import random
import sys

HEADER = ["id", "amount", "note"]


def make(path, first, count, seed, party):
    """Writes `count` rows whose keys stand for the numbers first ..< first + count, in a seeded order.

    A key is 16 hexadecimal digits: number * odd constant modulo 2^64, so different numbers have different keys.
    """
    draw = random.Random(f"{seed} {party} {first} {count}")
    stride = draw.randrange(count // 3, count) if count > 3 else 1
    while math.gcd(stride, count) != 1:
        stride += 1
    place = draw.randrange(count)
    with open(path, "w", encoding="ascii", newline="") as file:
        file.write(",".join(HEADER) + "\n")
        for _ in range(count):
            key = (first + place) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
            file.write(f"{key:016x},{draw.getrandbits(30)},{party}{place % 9973:04d}\n")
            place = (place + stride) % count


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        columns = [header.index(name) for name in HEADER]
        for row in reader:
            yield tuple(row[column] for column in columns)


class Fingerprint:
    """Number of rows and the sum of their hashes: equal for equal multisets of rows, in any order."""

    def __init__(self):
        self.count = 0
        self.total = 0

    def add(self, row):
        self.count += 1
        digest = hashlib.blake2b("\x1f".join(row).encode(), digest_size=16).digest()
        self.total = (self.total + int.from_bytes(digest, "little")) % (1 << 128)

    def result(self):
        return {"rows": self.count, "sum": f"{self.total:032x}"}


def expect(paths):
    """For each of the two files the rows whose key is in the other one."""
    keys = [{int(row[0], 16) for row in rows(path)} for path in paths]
    common = keys[0] & keys[1]
    found = []
    for path in paths:
        fingerprint = Fingerprint()
        for row in rows(path):
            if int(row[0], 16) in common:
                fingerprint.add(row)
        found.append(fingerprint.result())
    return found


def check(paths):
    found = []
    for path in paths:
        fingerprint = Fingerprint()
        for row in rows(path):
            fingerprint.add(row)
        found.append(fingerprint.result())
    return found


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "make":
        path, first, count, seed, party = arguments
        make(path, int(first), int(count), seed, party)
    else:
        json.dump({"expect": expect, "check": check}[command](arguments), sys.stdout)
