#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How fast synthetic traffic is made, as Markdown: generate.py BUILD [OUTPUT...]

OUTPUT is as for weir generate -o; null: unless any is said. Packets a second of the process's own CPU time (user and
system, without its start), the best of so many runs: what other processes take of the machine shows in it less than in
a clock on the wall.
"""
import re
import resource
import subprocess
import sys

RUNS = 3
CASES = {
    "all protocols, 1 M/s": ("1M", ()),
    "all protocols, 10 M/s": ("10M", ()),
    "`https` alone": ("1M", ("--protocols", "https=1")),
    "`dns` alone, a new flow for every third packet": ("1M", ("--protocols", "dns=1")),
    "`ntp` alone": ("1M", ("--protocols", "ntp=1")),
    "a SYN flood": ("1k", ("--anomaly", "syn_flood@0s+1h=5M")),
}


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(build, output, duration, rate, words):
    """Packets, octets, and seconds of CPU."""
    before = cpu_seconds()
    done = subprocess.run([f"{build}/weir", "generate", "-o", output, "--duration", duration, "--packets-per-second", rate,
                           *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: {done.stderr}")
    packets, octets = re.search(r"packets=(\d+) octets=(\d+)", done.stderr).groups()
    return int(packets), int(octets), cpu_seconds() - before


def main(build, outputs):
    print("| traffic | octets | " + " | ".join(f"`{output}`" for output in outputs) + " |")
    print("|---|---:|" + "---:|" * len(outputs))
    for name, (rate, words) in CASES.items():
        cells = []
        for output in outputs:
            best = 0.0
            for _ in range(RUNS):
                idle = run(build, output, "1ms", rate, words)
                busy = run(build, output, "500ms", rate, words)
                best = max(best, (busy[0] - idle[0]) / (busy[2] - idle[2]))
                size = (busy[1] - idle[1]) / (busy[0] - idle[0])
            cells.append(f"{best / 1e6:.2f} M/s")
        print(f"| {name} | {size:.0f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["null:"])
