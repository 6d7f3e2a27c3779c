# SPDX-License-Identifier: Apache-2.0
"""Instructions and simulated cache misses a packet, which no neighbour moves, as Markdown."""
import pathlib
import tempfile

from programs import CASES, PROGRAMS, capture, output, progress

# What is counted: the difference between two lengths, so that start and end cancel out.
LENGTHS = (1_000_000, 2_000_000)

# The first and second level of the server processors at hand (Sapphire Rapids), not of any machine
# that this runs on, so that figures can be compared.
CACHES = ("--I1=32768,8,64", "--D1=49152,12,64", "--LL=2097152,16,64")


def counts(build, kinds, names):
    print("| capture | program | instructions | L1 misses: code | data | beyond 2 MiB |")
    print("|---|---|---:|---:|---:|---:|")
    for kind in kinds:
        for name in names:
            short, long = (count(build, kind, name, packets) for packets in LENGTHS)
            each = {event: (long[event] - short[event]) / (LENGTHS[1] - LENGTHS[0]) for event in long}
            print(f"| {kind} | {name} | {each['Ir']:.0f} | {each['I1mr']:.2f} | {each['D1mr'] + each['D1mw']:.2f} | "
                  f"{each['ILmr'] + each['DLmr'] + each['DLmw']:.2f} |", flush=True)
    print()


def count(build, kind, name, packets):
    """The events of a whole run under callgrind, all threads."""
    progress(f"callgrind: {name} on {packets} packets of {kind}")
    command, _ = PROGRAMS[name]
    path = capture(build, kind, packets)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        out = pathlib.Path(scratch) / "callgrind.out"
        output(["valgrind", "--tool=callgrind", "--trace-children=yes", "--cache-sim=yes", *CACHES, f"--callgrind-out-file={out}",
                *command(build, CASES[kind], path, scratch)])
        lines = dict(line.split(":", 1) for line in out.read_text().splitlines()
                     if line.startswith(("events:", "totals:")))
    return dict(zip(lines["events"].split(), map(int, lines["totals"].split())))
