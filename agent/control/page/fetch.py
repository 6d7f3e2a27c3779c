#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fetches what the page is bundled with: fetch.py SOURCE FOLDER

Installs what SOURCE/package-lock.json names into FOLDER/node_modules, unless it is there already.
"""
import pathlib
import shutil
import subprocess
import sys

WANTED = "package.json", "package-lock.json", ".npmrc"


def main():
    source, folder = map(pathlib.Path, sys.argv[1:])
    done = folder / "fetched"
    lock = (source / "package-lock.json").read_bytes()
    if done.is_file() and done.read_bytes() == lock:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in WANTED:
        shutil.copy(source / name, folder / name)
    try:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1",
                        "--fetch-timeout=20000"], cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"{error}\n{getattr(error, 'stderr', None) or ''}")
    done.write_bytes(lock)


main()
