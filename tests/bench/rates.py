# SPDX-License-Identifier: Apache-2.0
"""Packets a second of all programs on one capture, as Markdown."""
import statistics

from programs import CASES, PROBES, Run, capture, progress, run


def rates(build, kind, names, rounds, quick):
    """The table of a kind; for churn a second one of the part in which the table is full."""
    case = CASES[kind]
    packets = case.quick_packets if quick else case.packets
    print(f"### {kind}, {packets / 1e6:g} M packets\n")
    runs = measure(build, case, capture(build, kind, packets), names, rounds)
    print_table(runs)
    if case.warm_up_packets < packets and case.warm_up_packets:
        own = [name for name in names if name not in PROBES]
        starts = measure(build, case, capture(build, kind, case.warm_up_packets), own, rounds)
        print(f"The last {(packets - case.warm_up_packets) / 1e6:g} M packets of them, which find the table full: "
              "the difference to a replay of those before.\n")
        print_table({name: [after(a, b) for a, b in zip(runs[name], starts[name])] for name in own})


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
    """The run of what `whole` has more than `start`."""
    return Run(whole.packets - start.packets, whole.seconds - start.seconds, whole.said)


def print_table(runs):
    hertz = [run.said["tsc_hz"] for run in runs.get("floor", ())]
    others = [name for name in ("floor", *PROBES) if name in runs]
    print("| program | packets/s, best | median | cycles/packet (TSC), best |", *(f"× {name} |" for name in others))
    print("|---|---:|---:|---:|" + "---:|" * len(others))
    for name, mine in runs.items():
        best = max(run.rate for run in mine)
        cells = [name, f"{best / 1e6:.2f} M", f"{statistics.median(run.rate for run in mine) / 1e6:.2f} M",
                 f"{statistics.median(hertz) / best:.0f}" if hertz else ""]
        cells += [f"{times(mine, runs[other]):.2f}" for other in others]
        print("|", " | ".join(cells), "|")
    print(flush=True)


def times(mine, other):
    """How many times as fast in the same round: the median over the rounds that both were in."""
    return statistics.median(a.rate / b.rate for a, b in zip(mine, other))
