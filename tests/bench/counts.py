# SPDX-License-Identifier: Apache-2.0
"""Instructions and simulated cache misses a packet, which no neighbour moves, as Markdown."""
import pathlib
import tempfile

from programs import CASES, PROGRAMS, capture, output, progress

# What is counted is the difference between two lengths, so that start and end cancel out.
LENGTHS = (1_000_000, 2_000_000)

# The first and the second level of a server processor of 2023, whatever this one has, so that figures
# of different machines can be compared.
CACHES = ("--I1=32768,8,64", "--D1=49152,12,64", "--LL=2097152,16,64")

# A function that tells which thread of weir ran it; what has none of them is the agent's.
THREADS = {"parse_packet": "worker", "json_encode": "export"}


def counts(build, names):
    print("| capture | thread | instructions | L1 misses: code | data | beyond 2 MiB |")
    print("|---|---|---:|---:|---:|---:|")
    for kind in CASES:
        for name in names:
            short, long = (count(build, kind, name, packets) for packets in LENGTHS)
            for thread in long:
                each = {event: (long[thread][event] - short[thread][event]) / (LENGTHS[1] - LENGTHS[0])
                        for event in long[thread]}
                print(f"| {kind} | {name}{thread} | {each['Ir']:.0f} | {each['I1mr']:.2f} | "
                      f"{each['D1mr'] + each['D1mw']:.2f} | {each['ILmr'] + each['DLmr'] + each['DLmw']:.2f} |",
                      flush=True)
    print()


def count(build, kind, name, packets):
    """The events of a whole run under callgrind, for each thread."""
    progress(f"callgrind: {name} on {packets} packets of {kind}")
    command, _ = PROGRAMS[name]
    path = capture(build, kind, packets)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        output(["valgrind", "--tool=callgrind", "--trace-children=yes", "--fair-sched=yes", "--separate-threads=yes",
                "--cache-sim=yes", *CACHES, f"--callgrind-out-file={scratch}/out",
                *command(build, CASES[kind], path, scratch)])
        texts = [out.read_text(encoding="utf-8") for out in pathlib.Path(scratch).glob("out-*")]
    return {thread_name(text, len(texts)): totals(text) for text in texts}


def thread_name(text, threads):
    if threads == 1:
        return ""
    return next((f", {name}" for function, name in THREADS.items() if f") {function}\n" in text), ", agent")


def totals(text):
    lines = dict(line.split(":", 1) for line in text.splitlines() if line.startswith(("events:", "totals:")))
    return dict(zip(lines["events"].split(), map(int, lines["totals"].split())))
