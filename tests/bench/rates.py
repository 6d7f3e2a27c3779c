# SPDX-License-Identifier: Apache-2.0
"""Packets a second of all programs on one kind of capture, as Markdown."""
import statistics

from programs import CASES, PROBES, capture, progress, run


def rates(build, kind, names, rounds, quick):
    """A table for each length of the kind's capture, and one for what the longer has more.

    The end of a replay, where all flows that are left become records, weighs on a short capture as it
    does on no link; the difference between two lengths is free of it.
    """
    case = CASES[kind]
    done = {}
    for packets in (case.quick_packets,) if quick else case.packets:
        print(f"### {kind}, {packets / 1e6:g} M packets\n")
        asked = [name for name in names if not done or name not in PROBES]
        done[packets] = measure(build, case, capture(build, kind, packets), asked, rounds)
        print_table(done[packets])
    if len(done) == 2:
        print(f"### {kind}, from the {min(done) / 1e6:g} M-th packet on\n")
        print_difference(*done.values())


def measure(build, case, path, names, rounds):
    """Rounds of all programs in turn, so that a neighbour's noise meets each of them."""
    runs = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            if name not in PROBES or turn < case.probe_rounds:
                runs[name].append(run(build, name, case, path))
                progress(f"{path.name}, round {turn + 1}: {name} {runs[name][-1].rate / 1e6:.2f} M/s")
    return runs


def print_table(runs):
    hertz = [run.said["tsc_hz"] for run in runs.get("floor", ())]
    others = [name for name in ("floor", *PROBES) if name in runs]
    print("| program | packets/s, best | median | cycles/packet (TSC), best | CPU ns/packet, all threads |",
          *(f"× {name} |" for name in others))
    print("|---|---:|---:|---:|---:|" + "---:|" * len(others))
    for name, mine in runs.items():
        best = max(run.rate for run in mine)
        cells = [name, f"{best / 1e6:.2f} M", f"{statistics.median(run.rate for run in mine) / 1e6:.2f} M",
                 f"{statistics.median(hertz) / best:.0f}" if hertz else "",
                 f"{min(run.cpu_seconds / run.packets for run in mine) * 1e9:.0f}"]
        cells += [f"{times(mine, runs[other]):.2f}" for other in others]
        print("|", " | ".join(cells), "|")
    print(flush=True)


def times(mine, other):
    """How many times as fast in the same round: the median over the rounds that both were in."""
    return statistics.median(a.rate / b.rate for a, b in zip(mine, other))


def print_difference(shorter, longer):
    """What the longer capture has more: between the best runs of both, and between the median ones."""
    print("| program | packets/s, best | median |")
    print("|---|---:|---:|")
    for name, mine in longer.items():
        packets = mine[0].packets - shorter[name][0].packets
        cells = (packets / (pick(run.seconds for run in mine) - pick(run.seconds for run in shorter[name]))
                 for pick in (min, statistics.median))
        print(f"| {name} |", " | ".join(f"{rate / 1e6:.2f} M" for rate in cells), "|")
    print(flush=True)
