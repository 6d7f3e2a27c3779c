# SPDX-License-Identifier: Apache-2.0
"""JSON records a second into Kafka, beside a bare librdkafka producer of the same bytes, as Markdown."""
import statistics
import tempfile

from programs import CASES, books, capture, output, progress, weir

RECORDS, QUICK_RECORDS = 2_000_000, 200_000
SAMPLE = 200_000  # records whose bytes the producer sends, over and over
REPLAYED = 2_000_000  # packets of churn: nearly as many flows


def exports(build, rounds, quick):
    records = str(QUICK_RECORDS if quick else RECORDS)
    replay = weir(build, CASES["churn"], capture(build, "churn", REPLAYED), None, sink="kafka://embedded")
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".ndjson") as lines:
        output([build / "tests/bench/bench_export", str(SAMPLE), f"ndjson:{lines.name}"])
        print(f"{lines.seek(0, 2) / SAMPLE:.0f} octets a record, into librdkafka's mock cluster in the same process.\n")
        programs = {
            "bare librdkafka producer": [build / "tests/bench/bench_producer", lines.name, records],
            "export thread": [build / "tests/bench/bench_export", records, "kafka://embedded"],
            "weir replay, all of it": replay,
            "export thread, to null: (encoding alone)": [build / "tests/bench/bench_export", records, "null:"],
        }
        runs = {name: [] for name in programs}
        for turn in range(rounds):
            for name, command in programs.items():
                runs[name].append(rate(output(command)))
                progress(f"round {turn + 1}: {name} {runs[name][-1] / 1e3:.0f} k records/s")
    print("| | records/s, best | median | × bare producer |")
    print("|---|---:|---:|---:|")
    for name, mine in runs.items():
        ratio = statistics.median(a / b for a, b in zip(mine, runs["bare librdkafka producer"]))
        print(f"| {name} | {max(mine) / 1e3:.0f} k | {statistics.median(mine) / 1e3:.0f} k | {ratio:.2f} |")
    print(flush=True)


def rate(text):
    """Of records that a broker has acknowledged."""
    said = books(text)
    return said["delivered"] / said["seconds"]
