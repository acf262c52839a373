"""The systems under comparison: each starts two processes on two input files and reports what they took."""

import json
import os
import subprocess
import threading
import time

from relay import Relay, free_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    """A system that could not do a run, with what it said."""


def pin(core):
    return (lambda: os.sched_setaffinity(0, {core})) if core is not None else None


def last_lines(path, count=6):
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-count:]).strip()


class SecretFlow:
    """RR22 of `spu.psi`. Its clock starts when both processes have loaded their libraries."""

    def __init__(self, python, low_communication, both):
        self.name = "secretflow-lowcomm" if low_communication else "secretflow-fast"
        self.python, self.low_communication, self.both = python, low_communication, both

    def run(self, inputs, folder, cores, count_bytes):
        ports = [free_port(), free_port()]
        relays = [Relay(port) for port in ports] if count_bytes else []
        outputs = [os.path.join(folder, f"out-{rank}.csv") for rank in (0, 1)]
        parties = []
        try:
            for rank in (0, 1):
                seen = [relays[i].port if count_bytes and i != rank else ports[i] for i in (0, 1)]
                job = {
                    "rank": rank, "hosts": [f"127.0.0.1:{port}" for port in seen], "input": inputs[rank],
                    "output": outputs[rank], "low_communication": self.low_communication, "both": self.both,
                }
                log = open(os.path.join(folder, f"log-{rank}.txt"), "wb")
                parties.append(
                    subprocess.Popen(
                        [self.python, os.path.join(HERE, "secretflow_party.py"), json.dumps(job)], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, stderr=log, cwd=folder, text=True, preexec_fn=pin(cores[rank])))
                log.close()
            for party in parties:
                self._until(party, folder, parties, lambda line: line == "ready")
            for party in parties:
                party.stdin.write("go\n")
                party.stdin.flush()
            reports = [json.loads(self._until(party, folder, parties, lambda line: line.startswith("{"))) for party in parties]
            for party in parties:
                party.wait()
        finally:
            for party in parties:
                if party.poll() is None:
                    party.kill()
                    party.wait()
            for relay in relays:
                relay.close()
        return {
            "wall_s": max(r["wall_s"] for r in reports), "cpu_s": sum(r["cpu_s"] for r in reports),
            "peak_rss_bytes": max(r["peak_rss_bytes"] for r in reports),
            "bytes": sum(relay.bytes for relay in relays) if count_bytes else None,
            "outputs": outputs if self.both else outputs[:1],
        }

    def _until(self, party, folder, parties, wanted):
        while line := party.stdout.readline():
            if wanted(line.strip()):
                return line.strip()
        rank = parties.index(party)
        raise Failed(f"party {rank} ended: {last_lines(os.path.join(folder, f'log-{rank}.txt'))}")


class Yinhe:
    """`yinhe psi`. Its clock starts with the processes, and stops when the later one has ended."""

    def __init__(self, binary, protocol, both, threads, extra):
        self.name = f"yinhe-{protocol}" if protocol else "yinhe"
        self.arguments = [binary, "psi", "--key", "id", "--insecure-plaintext", "--json"]
        self.arguments += ["--reveal", "both" if both else "receiver"]
        self.arguments += ["--threads", str(threads)] if threads else []
        self.arguments += ["--protocol", protocol] if protocol else []
        self.arguments += extra
        self.both = both

    def run(self, inputs, folder, cores, count_bytes):
        port = free_port()
        relay = Relay(port) if count_bytes else None
        outputs = [os.path.join(folder, f"out-{rank}.csv") for rank in (0, 1)]
        places = [
            ["--listen", f"127.0.0.1:{port}", "--role", "receiver"],
            ["--connect", f"127.0.0.1:{relay.port if relay else port}", "--role", "sender"],
        ]
        ends = [None, None]

        def watch(rank, party):
            _, status, usage = os.wait4(party.pid, 0)
            party.returncode = os.waitstatus_to_exitcode(status)
            ends[rank] = (time.monotonic(), party.returncode, usage)

        parties, watches = [], []
        start = time.monotonic()
        for rank in (0, 1):
            command = self.arguments + ["--in", inputs[rank]] + places[rank]
            command += ["--out", outputs[rank]] if rank == 0 or self.both else []
            with open(os.path.join(folder, f"log-{rank}.txt"), "wb") as log:
                party = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=folder,
                    preexec_fn=pin(cores[rank]))
            parties.append(party)
            watches.append(threading.Thread(target=watch, args=(rank, party)))
            watches[-1].start()
        for thread in watches:
            thread.join()
        if relay:
            relay.close()
        for rank, (_, code, _) in enumerate(ends):
            if code != 0:
                raise Failed(f"party {rank} ended with status {code}: {last_lines(os.path.join(folder, f'log-{rank}.txt'))}")
        return {
            "wall_s": max(end for end, _, _ in ends) - start,
            "cpu_s": sum(usage.ru_utime + usage.ru_stime for _, _, usage in ends),
            "peak_rss_bytes": max(usage.ru_maxrss for _, _, usage in ends) * 1024,
            "bytes": relay.bytes if relay else None, "outputs": outputs if self.both else outputs[:1],
        }
