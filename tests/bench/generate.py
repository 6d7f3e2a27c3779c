# SPDX-License-Identifier: Apache-2.0
"""How fast synthetic traffic is made, into memory and into a veth pair, as Markdown.

Packets a second of the process's own CPU time (user and system, without its start), the best of so many runs: what other
processes take of the machine shows in it less than in a clock on the wall.
"""
import pathlib
import re
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import net  # noqa: E402

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


def run(weir, output, duration, rate, words):
    """Packets, octets, and seconds of CPU."""
    before = cpu_seconds()
    done = subprocess.run([*weir, "generate", "-o", output, "--duration", duration, "--packets-per-second", rate, *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: {done.stderr}")
    packets, octets = re.search(r"packets=(\d+) octets=(\d+)", done.stderr).groups()
    return int(packets), int(octets), cpu_seconds() - before


def rate_of(weir, output, rate, words, rounds):
    """Packets a second, the best of some rounds, and octets of a frame."""
    best = 0.0
    for _ in range(rounds):
        idle, busy = (run(weir, output, duration, rate, words) for duration in ("1ms", "500ms"))
        best = max(best, (busy[0] - idle[0]) / (busy[2] - idle[2]))
    return best, (busy[1] - idle[1]) / (busy[0] - idle[0])


def generate(build, rounds):
    print("### synthetic traffic, one thread, packets a second of CPU time\n")
    print("| traffic | octets | `null:` | into a veth pair |\n|---|---:|---:|---:|")
    with net.Net() as pair:
        within = pair.within(net.SENDER, build / "weir")
        for name, (rate, words) in CASES.items():
            memory, octets = rate_of([build / "weir"], "null:", rate, words, rounds)
            veth, _ = rate_of(within, f"interface:{net.SENDER}", rate, words, rounds)
            print(f"| {name} | {octets:.0f} | {memory / 1e6:.2f} M/s | {veth / 1e6:.2f} M/s |", flush=True)
    print()
