# SPDX-License-Identifier: Apache-2.0
"""JSON records a second into Kafka, beside a bare librdkafka producer of the same bytes, as Markdown."""
import os
import pathlib
import statistics
import tempfile

from programs import CASES, books, capture, output, progress, weir

RECORDS, BROKER_RECORDS, QUICK_RECORDS = 2_000_000, 1_000_000, 200_000
SAMPLE = 200_000  # records whose bytes the producer sends, over and over
REPLAYED = 2_000_000  # packets of churn: nearly as many flows


def exports(build, rounds, quick):
    """Into librdkafka's mock cluster, a thread of each program's own."""
    records = str(QUICK_RECORDS if quick else RECORDS)
    with sampled(build) as lines:
        print(f"{size_of(lines):.0f} octets a record, into librdkafka's mock cluster in the same process.\n")
        compare(rounds, {
            "bare librdkafka producer": [build / "tests/bench/bench_producer", lines.name, records],
            "export thread": [build / "tests/bench/bench_export", records, "kafka://embedded"],
            "export thread, with a spool": [build / "tests/bench/bench_export", records, "kafka://embedded", "spool={}"],
            "weir replay, all of it": weir(build, CASES["churn"], capture(build, "churn", REPLAYED), None,
                                           sink="kafka://embedded"),
            "export thread, to null: (encoding alone)": [build / "tests/bench/bench_export", records, "null:"],
        })


def broker(build, rounds, quick):
    """Into a real Apache Kafka on this machine, whose threads share its processors."""
    records = str(QUICK_RECORDS if quick else BROKER_RECORDS)
    script = pathlib.Path(__file__).resolve().parents[2] / "scripts/broker"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, sampled(build) as lines:
        os.environ["WEIR_BROKER_DIR"] = folder
        # What is measured is sent often: old segments go soon.
        settings = ["num.partitions=4", "log.retention.bytes=67108864", "log.segment.bytes=33554432",
                    "log.retention.check.interval.ms=5000"]
        address = output([script, "start", *(part for setting in settings for part in ("--set", setting))]).split()[-1]
        try:
            print(f"{size_of(lines):.0f} octets a record, into Apache Kafka beside it on the same processors.\n")
            kafka = f"kafka://{address}"
            compare(rounds, {
                "bare librdkafka producer": [build / "tests/bench/bench_producer", lines.name, records,
                                             "test.mock.num.brokers=0", f"bootstrap.servers={address}"],
                "export thread": [build / "tests/bench/bench_export", records, kafka],
                "export thread, with a spool": [build / "tests/bench/bench_export", records, kafka, "spool={}"],
                "weir replay, all of it": weir(build, CASES["churn"], capture(build, "churn", REPLAYED), None, sink=kafka),
            })
        finally:
            output([script, "stop"])


def sampled(build):
    """The file of lines that the bare producer sends."""
    lines = tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".ndjson")
    output([build / "tests/bench/bench_export", str(SAMPLE), f"ndjson:{lines.name}"])
    return lines


def size_of(lines):
    return lines.seek(0, 2) / SAMPLE


def compare(rounds, programs):
    """Runs each in turn, `rounds` times; {} in an argument is a new folder."""
    runs = {name: [] for name in programs}
    for turn in range(rounds):
        for name, command in programs.items():
            with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
                runs[name].append(rate(output([str(part).replace("{}", folder) for part in command])))
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
