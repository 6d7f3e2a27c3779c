#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the packet counts of our readers against capinfos, over every capture of the shared corpus.

usage: corpus.py CAPTURE_COUNT DEFAULT_CORPUS
"""
import os
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77
SUFFIXES = {".pcap", ".pcapng", ".cap", ".gz"}


def counts(command):
    """What a command prints of each file, by its name."""
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if "Sanitizer" in run.stderr or run.returncode < 0:
        sys.exit(f"{command[0]} broke down ({run.returncode}):\n{run.stderr}")
    return dict(line.split("\t")[:2] for line in run.stdout.splitlines())


def main():
    count, corpus = sys.argv[1], pathlib.Path(os.environ.get("WEIR_CORPUS", sys.argv[2]))
    if not corpus.is_dir():
        print(f"skipped: no captures at {corpus}; WEIR_CORPUS may name another place")
        return SKIPPED
    if shutil.which("capinfos") is None:
        print("skipped: capinfos (Debian: wireshark-common) is not installed")
        return SKIPPED
    files = sorted(str(path) for path in corpus.rglob("*") if path.suffix in SUFFIXES)
    # A table without a header, numbers as they are, the count only.
    expected = counts(["capinfos", "-T", "-r", "-M", "-c", *files])
    ours = counts([count, *files])
    wrong = [name for name in files if ours.get(name) != expected.get(name)]
    for name in wrong:
        print(f"{name}: {ours.get(name)} packets; capinfos counts {expected.get(name)}")
    print(f"{len(files) - len(wrong)} of {len(files)} captures counted as capinfos does")
    return 1 if wrong or not files else 0


sys.exit(main())
