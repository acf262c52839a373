"""One party of SecretFlow's RR22 set intersection, CSV file to CSV file. Runs inside the virtual environment that has `spu`.

Argument: a JSON object. Says "ready" after its imports, starts at a line on standard input, and prints one JSON object. The clock
and the processor time therefore leave out the interpreter's start and the loading of the libraries.
"""

import json
import os
import resource
import sys
import time

import spu.psi as psi
import spu.libspu.link as link

job = json.loads(sys.argv[1])


def peak_bytes():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


config = psi.PsiExecuteConfig(
    protocol_conf=psi.PsiProtocolConfig(
        protocol=psi.PsiProtocol.PROTOCOL_RR22, receiver_rank=0, broadcast_result=job["both"],
        rr22_params=psi.Rr22Rarams(low_comm_mode=job["low_communication"])),
    input_params=psi.InputParams(path=job["input"], selected_keys=["id"], keys_unique=True),
    output_params=psi.OutputParams(path=job["output"]),
    join_conf=psi.ResultJoinConfig(type=psi.ResultJoinType.JOIN_TYPE_INNER_JOIN, left_side_rank=0))

description = link.Desc()
description.recv_timeout_ms = 600_000
description.http_timeout_ms = 600_000
for index, host in enumerate(job["hosts"]):
    description.add_party(f"party{index}", host)

print("ready", flush=True)
sys.stdin.readline()
wall, cpu = time.monotonic(), cpu_seconds()
context = link.create_brpc(description, job["rank"])
report = psi.psi_execute(config, context)
result = {
    "wall_s": time.monotonic() - wall, "cpu_s": cpu_seconds() - cpu, "peak_rss_bytes": peak_bytes(),
    "rows": report.intersection_count,
}
print(json.dumps(result), flush=True)
context.stop_link()
sys.stdout.flush()
os._exit(0)
