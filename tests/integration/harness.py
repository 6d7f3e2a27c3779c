# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: the binary, the captures at hand, a replay and what came of it."""
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

# The release build, and the one that checks itself (ASan and UBSan) where it was built.
WEIR = os.environ.get("WEIR_BINARY", str(ROOT / "build" / "weir"))
CHECKED = os.environ.get("WEIR_CHECKED_BINARY", WEIR)
SAMPLE = str(ROOT / "tests" / "data" / "sample.pcap")
CORPUS = pathlib.Path(os.environ.get("WEIR_CORPUS", ROOT.parent / "shared" / "corpus"))

# A finding of the sanitizers ends the run with a status that weir does not know.
os.environ.update(ASAN_OPTIONS="exitcode=99:allocator_may_return_null=1",
                  UBSAN_OPTIONS="exitcode=99:halt_on_error=1:print_stacktrace=1")

CAPTURE_MAGIC = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d",
                 b"\x0a\x0d\x0d\x0a")
# Enough flows for every capture at hand; a table of the default size takes longer to set aside than
# most of them take to replay.
SMALL_TABLE = ("--set", "flow.table.max_flows=64Ki")
REPLAY_SECONDS = 120  # far more than any replay of a test takes; a hang ends here


def corpus():
    """The corpus' captures; skips the test where there is no corpus."""
    if not CORPUS.is_dir():
        raise unittest.SkipTest(f"no corpus at {CORPUS} (WEIR_CORPUS names another place)")
    paths = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    return [str(path) for path in paths if path.open("rb").read(4) in CAPTURE_MAGIC]


def captures():
    """Every capture at hand: the sample, and the corpus where there is one."""
    try:
        return [SAMPLE, *corpus()]
    except unittest.SkipTest:
        return [SAMPLE]


def some_captures():
    """The sample, and one capture of so many (WEIR_CORPUS_PART, 3) of the corpus, always the same; 1 takes all."""
    part = int(os.environ.get("WEIR_CORPUS_PART", "3"))
    return [path for path in captures() if path == SAMPLE or zlib.crc32(os.path.basename(path).encode()) % part == 0]


def run(*arguments, binary=WEIR, **options):
    """Runs weir to its end."""
    options = {"capture_output": True, "text": True, "errors": "replace", "timeout": REPLAY_SECONDS, **options}
    return subprocess.run([binary, *map(str, arguments)], check=False, **options)


def replay(*arguments, binary=WEIR, **options):
    """Replays with the records going to a file; adds .books and .lines to what run gives."""
    with tempfile.TemporaryDirectory() as folder:
        records, books = f"{folder}/records", f"{folder}/books"
        done = run("replay", *SMALL_TABLE, "-o", f"ndjson:{records}", "--summary", books, *arguments,
                   binary=binary, **options)
        done.books, done.lines = read_json(books), read_lines(records)
    return done


@functools.cache
def plain_replay(capture):
    """A replay as it comes, one worker as fast as it goes, that tests share."""
    return replay(capture)


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def read_lines(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def read_text(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def wait_until(holds, seconds=30):
    """Until holds() is true; an error where that takes too long."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"not so after {seconds} s")
        time.sleep(0.02)


def without_ids(lines):
    """The records as a set that two runs must share: sorted, and without the id that each run draws."""
    return sorted(re.sub(r'"id":"[^"]*",?', "", line) for line in lines)


def capinfos(capture, flag):
    """One figure of capinfos, without its label (c: packets, u: seconds)."""
    printed = subprocess.run(["capinfos", "-TrMm" + flag, capture], capture_output=True, text=True, check=False).stdout
    return printed.strip().split(",")[-1]


def each(function, items):
    """Runs function on each item, as many at once as there are processors; yields (item, result)."""
    items = list(items)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(items, pool.map(function, items))


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name):
        return str(self.folder / name)

    def assert_none_wrong(self, results):
        """Fails with every wrong text of (item, text) pairs; there must be at least one pair."""
        results = list(results)
        self.assertTrue(results, "nothing was tested")
        wrong = [f"{os.path.basename(item)}: {text}" for item, text in results if text]
        if wrong:
            self.fail(f"{len(wrong)} of {len(results)} captures:\n" + "\n".join(wrong))

    def assert_ends(self, done, status, *texts):
        """The exit status is `status` and each of `texts` is among what was said on standard error."""
        self.assertEqual(done.returncode, status, done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)
