# SPDX-License-Identifier: Apache-2.0
"""Packets a second of all programs on one kind of capture, as Markdown."""
import statistics

from programs import CASES, PROBES, Run, capture, progress, run


def rates(build, kind, names, rounds, quick):
    """A table for each length of the kind's capture, and one for what the longer has more.

    The end of a replay, where all flows that are left become records, weighs on a short capture as it
    does on no link; the difference between two lengths is free of it.
    """
    case = CASES[kind]
    before = None
    for packets in (case.quick_packets,) if quick else case.packets:
        print(f"### {kind}, {packets / 1e6:g} M packets\n")
        asked = [name for name in names if before is None or name not in PROBES]
        runs = measure(build, case, capture(build, kind, packets), asked, rounds)
        print_table(runs)
        if before:
            print(f"### {kind}, from the {before['packets'] / 1e6:g} M-th packet on\n")
            print_table({name: [after(a, b) for a, b in zip(runs[name], before["runs"][name])] for name in asked})
        before = {"packets": packets, "runs": runs}


def measure(build, case, path, names, rounds):
    """Rounds of all programs in turn, so that a neighbour's noise meets each of them."""
    runs = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            if name not in PROBES or turn < case.probe_rounds:
                runs[name].append(run(build, name, case, path))
                progress(f"{path.name}, round {turn + 1}: {name} {runs[name][-1].rate / 1e6:.2f} M/s")
    return runs


def after(whole, start):
    return Run(whole.packets - start.packets, whole.seconds - start.seconds, whole.cpu_seconds - start.cpu_seconds,
               whole.said)


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
