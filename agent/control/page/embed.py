#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bundles the page and writes it as C: embed.py ESBUILD SOURCE FOLDER OUTPUT

FOLDER is where fetch.py has been. Without FOLDER (-) there is no page, and OUTPUT says so.
"""
import gzip
import hashlib
import os
import pathlib
import subprocess
import sys

FILES = (("/", "index.html", "text/html; charset=utf-8"), ("/page.js", "main.js", "text/javascript; charset=utf-8"),
         ("/page.css", "page.css", "text/css; charset=utf-8"))


def bundled(esbuild, source, folder, name):
    """The file with all that it imports, and the notices that must go with it."""
    if name.endswith(".html"):
        return (source / name).read_bytes()
    made = subprocess.run([esbuild, str(source / name), "--bundle", "--minify", "--target=es2021", "--charset=utf8"],
                          env={**os.environ, "NODE_PATH": str(folder / "node_modules")}, check=True, stdout=subprocess.PIPE).stdout
    notice = (folder / "node_modules" / "uplot" / "LICENSE").read_text(encoding="utf-8").strip()
    return f"/* With uPlot:\n{notice}\n*/\n".encode() + made


def array(name, octets):
    numbers = ",".join(map(str, octets))
    return f"static const unsigned char {name}[] = {{{numbers}}};\n"


def main():
    esbuild, source, folder, output = sys.argv[1:]
    arrays, rows = "", ""
    for number, (path, name, kind) in enumerate(FILES if folder != "-" else ()):
        octets = bundled(esbuild, pathlib.Path(source), pathlib.Path(folder), name)
        packed = gzip.compress(octets, 9, mtime=0)
        arrays += array(f"plain_{number}", octets) + array(f"gzip_{number}", packed)
        tag = hashlib.sha256(octets).hexdigest()[:20]
        rows += (f'    {{"{path}", "{kind}", "\\"{tag}\\"", plain_{number}, sizeof(plain_{number}), '
                 f"gzip_{number}, sizeof(gzip_{number})}},\n")
    count = rows.count("\n")
    pathlib.Path(output).write_text(
        f'#include "agent/control/asset.h"\n{arrays}const struct asset assets[] = {{\n{rows or "    {0},"}\n}};\n'
        f"const unsigned asset_count = {count};\n", encoding="utf-8")


main()
