"""The fields that every comparison prints with --json, so that `yinhe-bench report --peers` can read them: README.md, "JSON"."""

import statistics
import subprocess


def comparison(
        bench, op, system, version, n, unit, parameters, seconds, clock, correct, *, compared_bytes=None, peak=None, threads=None,
        beside=None):
    """`seconds`: of each run, for all n items, correlated randomness included; `clock`: elapsed or processor; `beside`: the system of
    Yinhe that it is compared with, if not the first one."""
    line = {
        "bench": bench, "op": op, "system": system, "version": version, "n": n, "unit": unit,
        "parameters": {name: str(value) for name, value in parameters.items()}, "clock": clock, "runs": len(seconds),
        "correct": bool(correct), "compared_s": statistics.median(seconds), "compared_min_s": min(seconds),
        "compared_max_s": max(seconds),
    }
    optional = {"compared_bytes": compared_bytes, "peak_rss_bytes": peak, "threads": threads, "beside": beside}
    return line | {name: value for name, value in optional.items() if value is not None}


def version_of(binary):
    """ "yinhe 0.1.0", from the program itself."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True)
    return "yinhe " + (done.stdout.split() or ["unknown"])[-1]
