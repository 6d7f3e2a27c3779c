# SPDX-License-Identifier: Apache-2.0
"""What standing queries cost the core that handles packets, as Markdown.

DPDK feeds it from memory as fast as it takes packets, so that all its CPU time is theirs; panes close once a second.
The agent, which counts and answers, has the other core.
"""
import json
import statistics
import tempfile

from live import huge_pages, weir_from_memory
from programs import progress

MANY = 50
PACKETS = 262144
SUBJECTS = ("protocol", "address", "source", "destination", "port", "conversation", "source_prefix", "transport")
KINDS = ({"kind": "share", "percent": 5}, {"kind": "top", "k": 10}, {"kind": "deviation", "deviations": 3})
FILTERS = (None, "protocol = udp", "not source_ip in 10.0.0.0/8 and destination_port < 1024")


def definition(number):
    row = {"name": f"q{number}", "subject": SUBJECTS[number % len(SUBJECTS)], "window": f"{1 + number % 10}s",
           "by": ("bytes", "packets", "flows")[number % 3], **KINDS[number % len(KINDS)]}
    chosen = FILTERS[number // 3 % len(FILTERS)]
    return row if chosen is None else {**row, "filter": chosen}


def run(build, count, seconds, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([definition(number) for number in range(count)], file)
        file.flush()
        return weir_from_memory(build, PACKETS, seconds, "--set", f"query.file={file.name}", *options)


def queries(build, rounds, quick):
    seconds = 2 if quick else 6
    cases = {"no query, no anomalies": (0, "--set", "detect.anomalies=false"), "no query": (0,),
             f"{MANY} queries": (MANY,)}
    nanoseconds = {name: [] for name in cases}
    with huge_pages():
        for number in range(rounds):
            for name, (count, *options) in cases.items():
                progress(f"queries: {name}, round {number + 1}")
                books = run(build, count, seconds, *options)
                nanoseconds[name].append(1e9 * books["cpu_seconds"] / books["parsed"])
    print(f"### standing queries: what a packet costs its core, {PACKETS // 1024} Ki packets of 64 Ki flows, medians of "
          f"{rounds} rounds\n")
    print("| | CPU ns/packet | |")
    print("|---|---:|---:|")
    base = statistics.median(nanoseconds["no query"])
    for name, figures in nanoseconds.items():
        print(f"| {name} | {statistics.median(figures):.1f} | {100 * (statistics.median(figures) / base - 1):+.1f} % |")
    print(flush=True)
