"""One party of a two-party computation on SPU. Runs inside the virtual environment that has `spu`.

Argument: a JSON object. Says "ready" after imports, compilation, connection and one small warm-up run, which is timed apart: it holds
the base transfers and keys of CHEETAH. Each line on standard input starts one run; each run prints one JSON object. SPU prints its own
counts of bytes and messages ("Link details") before it.
"""

import json
import os
import pickle
import resource
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import spu
import spu.libspu as libspu
import spu.utils.frontend as frontend

jax.config.update("jax_enable_x64", True)
job = json.loads(sys.argv[1])
rank, op, groups = job["rank"], job["op"], job["groups"]


def group_sums(keys, values):
    """Sort by the key, mark the last row of each group, keep the running sum there. Integers only: `spu.ops.groupby` passes through
    fixed point, which costs more and is not exact."""
    keys, values = jax.lax.sort([keys, values], num_keys=1)
    last = jnp.concatenate([keys[:-1] != keys[1:], jnp.ones(1, bool)]).astype(int)
    return keys * last, jax.lax.associative_scan(jnp.add, values) * last, last


PROGRAMS = {
    "mul": lambda a, b: a * b,
    "less": lambda a, b: a < b,
    "equal": lambda a, b: a == b,
    "dot": jnp.dot,
    "sort": jnp.sort,
    "group-by": group_sums,
}


def inputs(count, seed):
    random = np.random.default_rng(seed)
    top = 1 << job["bits"]
    if op == "group-by":
        return [random.integers(0, groups, count), random.integers(0, top, count)]
    if op == "sort":
        return [random.integers(0, top, count)]
    a, b = random.integers(0, top, count), random.integers(0, top, count)
    if op == "equal":
        b = np.where(random.integers(0, 2, count) == 1, a, b)
    return [a, b]


def largest_error(arguments, outputs):
    if op == "group-by":
        keys, running, marks = outputs
        last = np.flatnonzero(marks)
        found = np.zeros(groups, dtype=int)
        found[keys[last]] = np.diff(running[last], prepend=0)
        return float(np.abs(found - np.bincount(arguments[0], arguments[1], groups)).max())
    expected = {
        "mul": lambda a, b: a * b, "less": lambda a, b: a < b, "equal": lambda a, b: a == b,
        "dot": lambda a, b: np.dot(a, b), "sort": np.sort,
    }[op](*arguments)
    return float(np.abs(outputs[0].astype(object) - expected.astype(object)).max())


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_bytes():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def packed(shares):
    return pickle.dumps([(bytes(share.meta), [bytes(chunk) for chunk in share.share_chunks]) for share in shares])


def unpacked(data):
    shares = []
    for meta, chunks in pickle.loads(data):
        share = libspu.Share()
        share.meta, share.share_chunks = meta, chunks
        shares.append(share)
    return shares


class Computation:
    """One program on inputs of one size. Party 0 makes the shares of both, before the clock starts."""

    def __init__(self, count):
        self.arguments = inputs(count, job["seed"])
        self.names = [f"in{i}" for i in range(len(self.arguments))]
        self.executable, _ = frontend.compile(
            frontend.Kind.JAX, PROGRAMS[op], self.arguments, {}, self.names,
            [spu.Visibility.VIS_SECRET] * len(self.names), lambda flat: [f"out{i}" for i in range(len(flat))])
        if rank == 0:
            both = [io.make_shares(value, spu.Visibility.VIS_SECRET) for value in self.arguments]
            context.send(1, packed([shares[1] for shares in both]))
            self.shares = [shares[0] for shares in both]
        else:
            self.shares = unpacked(context.recv(0))

    def run(self):
        for name, share in zip(self.names, self.shares):
            runtime.set_var(name, share)
        context.barrier()
        wall, cpu = time.monotonic(), cpu_seconds()
        runtime.run(self.executable)
        taken = {"wall_s": time.monotonic() - wall, "cpu_s": cpu_seconds() - cpu, "peak_rss_bytes": peak_bytes()}
        outputs = [runtime.get_var(name) for name in self.executable.output_names]
        if rank == 1:
            context.send(0, packed(outputs))
            return taken
        opened = [io.reconstruct(list(pair)) for pair in zip(outputs, unpacked(context.recv(1)))]
        return taken | {"error": largest_error(self.arguments, opened)}


config = spu.RuntimeConfig(
    protocol=spu.parse_protocol_kind(job["protocol"]), field=spu.parse_field_type(f"FM{job['ring']}"))
config.enable_pphlo_profile = True
description = spu.link.Desc()
description.recv_timeout_ms = 1_200_000
description.http_timeout_ms = 1_200_000
for index, port in enumerate(job["ports"]):
    description.add_party(f"party{index}", f"127.0.0.1:{port}")
context = spu.link.create_brpc(description, rank)
io = spu.Io(2, config)
runtime = spu.Runtime(context, config)
computation = Computation(job["n"])
start = time.monotonic()
Computation(min(job["n"], 64)).run()
setup = time.monotonic() - start
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(computation.run() | {"setup_s": setup}), flush=True)
context.stop_link()
sys.stdout.flush()
os._exit(0)
