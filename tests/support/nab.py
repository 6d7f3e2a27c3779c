#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores weir detect on series with labelled windows, by the standard profile of the Numenta Anomaly
Benchmark: nab.py WINDOWS.json FOLDER [NAME...]

WINDOWS.json holds {"folder/series.csv": [[first, last], ...]}, FOLDER the series under those names; those that
are not there are left out and named. Prints what each series gives at weir's own flag, the sum on the
benchmark's scale, and the sum at the score threshold that suits these series best.

The profile, as Lavin and Ahmad describe it ("Evaluating Real-time Anomaly Detection Algorithms - the Numenta
Anomaly Benchmark", ICMLA 2015): the first detection in a window counts by a sigmoid of how early it is, at most 1;
a window without any -1; a detection outside 0.11 times a sigmoid of its distance from the window before it, down
to -0.11. The first 15 % of a series (750 rows at most) count for nothing. Normalized so that a detector that is
always silent has 0 and a perfect one 100.
"""
import argparse
import csv
import datetime
import json
import math
import os
import pathlib
import subprocess
import sys

FALSE_POSITIVE = 0.11
PROBATION_SHARE, PROBATION_ROWS = 0.15, 5000  # the share counts for so many rows at most
FAR = 3.0  # windows behind a window, from where on a detection counts as wrong altogether
OWN_THRESHOLD = 0.5


def sigmoid(position):
    """From 1 at a window's beginning (-1) over 0 at its end (0) to -1 behind it."""
    return -1.0 if position > FAR else 2 / (1 + math.exp(5 * position)) - 1


def time_of(text):
    return datetime.datetime.fromisoformat(text)


def windows_in_rows(times, windows):
    """[(index of the first row, of the last row)] of windows given by their times."""
    found = []
    for first, last in windows:
        rows = [i for i, time in enumerate(times) if time_of(first) <= time <= time_of(last)]
        if rows:
            found.append((rows[0], rows[-1]))
    return found


def raw_score(scores, windows, threshold):
    """(raw score, windows found, detections outside of windows) of one series."""
    probation = math.floor(PROBATION_SHARE * min(len(scores), PROBATION_ROWS))
    detected = [i for i, score in enumerate(scores) if score >= threshold and i >= probation]
    total, found, wrong = 0.0, 0, 0
    for first, last in windows:
        inside = [i for i in detected if first <= i <= last]
        found += bool(inside)
        total += sigmoid((inside[0] - last - 1) / (last - first + 1)) / sigmoid(-1.0) if inside else -1.0
    for i in detected:
        if any(first <= i <= last for first, last in windows):
            continue
        wrong += 1
        before = [(first, last) for first, last in windows if last < i]
        distance = (i - before[-1][1]) / max(before[-1][1] - before[-1][0], 1) if before else FAR + 1
        total += FALSE_POSITIVE * sigmoid(distance)
    return total, found, wrong


def normalized(raw, windows):
    """On the benchmark's scale; `windows`: how many there are."""
    return 100 * (raw + windows) / (2 * windows) if windows else float("nan")


def detect(weir, path):
    """([time of each row], [its score]) as weir detect tells them."""
    done = subprocess.run([weir, "detect", "--series", str(path)], capture_output=True, text=True, check=True)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    return [time_of(row["timestamp"]) for row in rows], [float(row["score"]) for row in rows]


def corpus(weir, labels, folder, names):
    """{name: (scores, windows in rows)} of the series that are there, and the names of those that are not."""
    read, missing = {}, []
    for name, windows in sorted(labels.items()):
        if names and not any(part in name for part in names):
            continue
        path = folder / name
        if not path.is_file():
            missing.append(name)
            continue
        times, scores = detect(weir, path)
        read[name] = scores, windows_in_rows(times, windows)
    return read, missing


def summed(read, threshold):
    """(normalized score, windows found, windows, detections outside) of all series at one threshold."""
    results = [raw_score(scores, windows, threshold) for scores, windows in read.values()]
    count = sum(len(windows) for _, windows in read.values())
    return (normalized(sum(result[0] for result in results), count), sum(result[1] for result in results),
            count, sum(result[2] for result in results))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=pathlib.Path, metavar="WINDOWS.json")
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a series' name")
    args = parser.parse_args()
    weir = os.environ.get("WEIR_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "weir"))
    read, missing = corpus(weir, json.loads(args.labels.read_text(encoding="utf-8")), args.folder, args.names)
    if not read:
        sys.exit(f"nab.py: none of the series is in {args.folder}")
    for name, (scores, windows) in read.items():
        raw, found, wrong = raw_score(scores, windows, OWN_THRESHOLD)
        print(f"{normalized(raw, len(windows)):7.1f}  {found}/{len(windows)} windows, {wrong} outside, "
              f"{len(scores)} rows  {name}")
    for label, threshold in ("at the flag", OWN_THRESHOLD), ("at best", best_threshold(read)):
        score, found, count, wrong = summed(read, threshold)
        print(f"{score:7.1f}  {found}/{count} windows, {wrong} outside, {len(read)} series  {label} ({threshold:.2f})")
    if missing:
        print(f"not there: {', '.join(missing)}")


def best_threshold(read):
    return max((step / 100 for step in range(5, 101)), key=lambda threshold: summed(read, threshold)[0])


if __name__ == "__main__":
    main()
