#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints `PASSED FAILED SKIPPED` of a log: meson's testlog.json, or the counts of tests/integration/run.py.

A cmocka program counts with each of its tests; a program that prints none counts as one.
"""
import json
import re
import sys

CMOCKA = {"passed": re.compile(r"^\[ +OK +\]", re.MULTILINE),
          "failed": re.compile(r"^\[  FAILED  \]", re.MULTILINE),
          "skipped": re.compile(r"^\[  SKIPPED \]", re.MULTILINE)}
MESON = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def program_counts(program):
    """The counts of one line of meson's log: one test program."""
    said = program.get("stdout", "")  # cmocka repeats the failed and the skipped ones on stderr
    counts = {word: len(pattern.findall(said)) for word, pattern in CMOCKA.items()}
    verdict = MESON.get(program["result"], "failed")
    if verdict == "failed" or not any(counts.values()):
        counts[verdict] = max(1, counts[verdict])  # also a program that crashed between its tests
    return counts


def main(path):
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    if path.endswith("testlog.json"):
        rows = [program_counts(row) for row in rows]
    print(*(sum(row[word] for row in rows) for word in CMOCKA))


if __name__ == "__main__":
    main(sys.argv[1])
