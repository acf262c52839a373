"""The systems under comparison for computation on shares: SPU as two processes, and `yinhe-bench share`."""

import json
import os
import re
import subprocess
import tempfile

from relay import free_port
from systems import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
LINK = re.compile(r"Link details: total send bytes (\d+), recv bytes (\d+), send actions (\d+)")


class SPU:
    """Two processes that stay for all runs of one operation and size; SPU has no phase before the inputs are known."""

    def __init__(self, python, protocol, ring):
        self.name = f"spu-{protocol.lower()}"
        self.python, self.protocol, self.ring = python, protocol, ring
        self.parties = []

    def open(self, op, n, bits, groups, seed):
        ports = [free_port(), free_port()]
        self.folder = tempfile.TemporaryDirectory(prefix="yinhe-peers-")
        self.last = ["", ""]
        for rank in (0, 1):
            job = {
                "rank": rank, "ports": ports, "protocol": self.protocol, "ring": self.ring, "op": op, "n": n, "bits": bits,
                "groups": groups, "seed": seed,
            }
            self.parties.append(
                subprocess.Popen(
                    [self.python, os.path.join(HERE, "share_party.py"), json.dumps(job)], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder.name, text=True))
        for rank in (0, 1):
            self._until(rank, lambda line: line == "ready")

    def run(self):
        for party in self.parties:
            party.stdin.write("go\n")
            party.stdin.flush()
        found = [self._until(rank, lambda line: line.startswith("{")) for rank in (0, 1)]
        reports = [json.loads(line) for line, _ in found]
        links = [link for _, link in found]
        if None in links:
            raise Failed("SPU did not print its count of bytes")
        return {
            "wall_s": max(r["wall_s"] for r in reports), "cpu_s": sum(r["cpu_s"] for r in reports),
            "setup_s": max(r["setup_s"] for r in reports), "peak_rss_bytes": max(r["peak_rss_bytes"] for r in reports),
            "bytes": sum(sent for sent, _ in links), "messages": max(messages for _, messages in links),
            "max_error": reports[0]["error"], "correct": reports[0]["error"] == 0,
        }

    def close(self):
        for party in self.parties:
            party.stdin.close()
        for party in self.parties:
            try:
                party.wait(timeout=10)
            except subprocess.TimeoutExpired:
                party.kill()
                party.wait()
            party.stdout.close()
        if self.parties:
            self.folder.cleanup()
        self.parties = []

    def _until(self, rank, wanted):
        """The first wanted line, and bytes sent and messages sent as printed before it."""
        link, recent = None, []
        while line := self.parties[rank].stdout.readline():
            line = line.strip()
            if wanted(line):
                return line, link
            if match := LINK.search(line):
                link = (int(match[1]), int(match[3]))
            recent = recent[-5:] + [line]
        raise Failed(f"party {rank} ended: " + "\n".join(recent))


class YinheShare:
    """`yinhe-bench share`: wall_s is the phase that knows the inputs; offline_s what came before it."""

    def __init__(self, binary, source, threads, ring, extra):
        self.name = f"yinhe-{source}"
        self.command = [binary, "share", "--source", source, "--ring", str(ring), "--json"]
        self.command += ["--threads", str(threads)] if threads else []
        self.extra = extra

    def open(self, op, n, bits, groups, seed):
        self.arguments = ["--op", op, "--n", str(n), "--bits", str(bits)]
        self.arguments += ["--groups", str(groups)] if op == "group-by" else []

    def run(self):
        done = subprocess.run(self.command + self.arguments + self.extra, capture_output=True, text=True)
        if done.returncode not in (0, 2) or not done.stdout.strip():
            raise Failed(f"status {done.returncode}: {done.stderr.strip()[-400:]}")
        report = json.loads(done.stdout.splitlines()[-1])
        fields = ("wall_s", "cpu_s", "peak_rss_bytes", "bytes", "rounds", "correct")
        optional = ("offline_s", "offline_cpu_s", "offline_bytes")
        run = {field: report[field] for field in fields} | {field: report[field] for field in optional if field in report}
        # What stands beside a system that makes its correlations as it goes.
        run["total_s"] = run["wall_s"] + run.get("offline_s", 0)
        run["total_cpu_s"] = run["cpu_s"] + run.get("offline_cpu_s", 0)
        run["total_bytes"] = run["bytes"] + run.get("offline_bytes", 0)
        return run

    def close(self):
        pass
