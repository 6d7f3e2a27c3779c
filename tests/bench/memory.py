# SPDX-License-Identifier: Apache-2.0
"""What a flow costs in memory, as Markdown."""
import dataclasses
import pathlib
import subprocess
import tempfile
import time

from programs import CASES, capture, progress, weir

FEW, MANY = 64 << 10, 10 << 20
FIELDS = ("VmData", "RssAnon")


def memory(build):
    """Bytes for each possible flow: what a replay sets aside for MANY more than it does for FEW."""
    path = capture(build, "uniform", 1_000_000)
    few, many = (peak(build, dataclasses.replace(CASES["uniform"], max_flows=flows), path) for flows in (FEW, MANY))
    print(f"| of {MANY >> 20} Mi possible flows, each | bytes |")
    print("|---|---:|")
    print(f"| set aside at start (private memory mapped) | {(many['VmData'] - few['VmData']) / (MANY - FEW):.0f} |",
          flush=True)
    churn = dataclasses.replace(CASES["churn"], max_flows=MANY)
    full = peak(build, churn, capture(build, "churn", churn.packets[0]))
    print(f"| touched at the end of churn (private memory resident) | {(full['RssAnon'] - few['RssAnon']) / MANY:.0f} |\n",
          flush=True)


def peak(build, case, path):
    """The highest of the process's memory figures while it runs, in bytes; looked at each 10 ms."""
    progress(f"memory of weir with {case.max_flows} flows on {path.name}")
    most = dict.fromkeys(FIELDS, 0)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        process = subprocess.Popen(weir(build, case, path, scratch), stdout=subprocess.DEVNULL)
        while process.poll() is None:
            for field, value in figures(process.pid):
                most[field] = max(most[field], value)
            time.sleep(0.01)
    if process.returncode != 0:
        raise SystemExit(f"bench: weir ended with {process.returncode}")
    return most


def figures(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except ProcessLookupError:
        return  # it has just ended
    for line in status.splitlines():
        field, _, value = line.partition(":")
        if field in FIELDS:
            yield field, int(value.split()[0]) << 10
