#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the page in Chromium and prints what docs/PAGE.md has: how soon it shows an hour of panes and 50 queries, how smooth
it is with them, and how long a day of the history takes: measure_page.py [--day]"""
import argparse
import json
import os
import pathlib
import struct
import tempfile
import threading
import time

import api
import browser
import harness

HOUR, SECONDS = 3600, 30
SUBJECTS = ("address", "source", "destination", "conversation", "protocol", "destination_port", "source_prefix", "destination_prefix",
            "source_port", "port")

FRAMES = """
window.frames_ = []; window.tasks_ = [];
new PerformanceObserver((list) => window.tasks_.push(...list.getEntries().map((one) => one.duration))).observe({type: "longtask"});
const frame = (now) => { window.frames_.push(now); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


def records(path):
    """(seconds, octets) of a capture file's packets, after its head."""
    with open(path, "rb") as file:
        yield 0, file.read(24)
        while head := file.read(16):
            seconds, _, captured, _ = struct.unpack("<IIII", head)
            yield seconds, head + file.read(captured)


def feed(capture, fifo, lead):
    """The first `lead` seconds at once, then a second each second."""
    first, began = None, None
    with open(fifo, "wb", buffering=0) as out:
        for seconds, octets in records(capture):
            first = seconds if first is None or first == 0 else first
            if seconds - first > lead:
                began = began or time.monotonic()
                time.sleep(max(0, began + seconds - first - lead - time.monotonic()))
            try:
                out.write(octets)
            except BrokenPipeError:
                return


def generated(folder, seconds, rate):
    path = f"{folder}/{seconds}.pcap"
    done = harness.run("generate", "-o", f"pcap:{path}", "--duration", f"{seconds}s", "--packets-per-second", rate, "--addresses", "500",
                       timeout=600)
    assert done.returncode == 0, done.stderr
    return path


def task_seconds(page):
    found = page.ask("POST", "/goog/cdp/execute", {"cmd": "Performance.getMetrics", "params": {}})["metrics"]
    return {one["name"]: one["value"] for one in found}


def hour(folder):
    """An hour of panes, then one each second, and 50 queries."""
    capture, fifo = generated(folder, HOUR + 300, 100), f"{folder}/fifo"
    os.mkfifo(fifo)
    queries = [{"name": f"{subject}-{number}", "kind": "top", "subject": subject, "k": 10, "window": "60s", "traffic": "all"}
               for number in range(10) for subject in SUBJECTS][:50]
    pathlib.Path(f"{folder}/queries.json").write_text(json.dumps(queries), encoding="utf-8")
    threading.Thread(target=feed, args=(capture, fifo, HOUR), daemon=True).start()
    with browser.browser() as page, api.served(folder, "--set", f"query.file={folder}/queries.json", binary=harness.WEIR,
                                               capture=fifo, speed="max") as weir:
        client = api.Client(weir.port())
        harness.wait_until(lambda: len(client.get("/windows?limit=4000")[1]["windows"]) >= HOUR, 300)
        page.size(1440, 1000)
        page.ask("POST", "/goog/cdp/execute", {"cmd": "Performance.enable", "params": {}})
        opened = []
        for number in range(5):
            page.open(f"http://127.0.0.1:{weir.port()}/?{number}#last=3600")
            harness.wait_until(lambda: page.run("return performance.getEntriesByName('drawn').length") > 0)
            opened.append(page.run("return performance.getEntriesByName('drawn')[0].startTime"))
        harness.wait_until(lambda: page.run("return document.querySelectorAll('[data-query] tbody tr').length") >= 50)
        print(f"an hour of panes and {len(queries)} queries: first picture after {', '.join(f'{one:.0f}' for one in opened)} ms")
        page.run(FRAMES)
        before = task_seconds(page)
        time.sleep(SECONDS)
        after = task_seconds(page)
        frames, tasks = page.run("return [window.frames_, window.tasks_]")
        gaps = sorted(b - a for a, b in zip(frames, frames[1:]))
        print(f"in {SECONDS} s: {len(frames)} frames, the longest {gaps[-1]:.0f} ms, one in a hundred {gaps[-len(gaps) // 100]:.0f} ms; "
              f"{len(tasks)} tasks of over 50 ms, the longest {max(tasks, default=0):.0f} ms; main thread busy "
              f"{100 * (after['TaskDuration'] - before['TaskDuration']) / SECONDS:.1f} %; "
              f"heap {after['JSHeapUsedSize'] / 2**20:.0f} MiB")
        weir.end()


def day(folder):
    """A day of panes in the history, which a replay has left there."""
    capture, history = generated(folder, 86400, 10), f"{folder}/history.db"
    query = [{"name": "hosts", "kind": "top", "subject": "address", "k": 10, "window": "60s", "traffic": "all"}]
    pathlib.Path(f"{folder}/queries.json").write_text(json.dumps(query), encoding="utf-8")
    options = ("--set", f"history.file={history}", "--set", f"query.file={folder}/queries.json")
    done = harness.run("replay", "--speed", "1500", *harness.SMALL_TABLE, *options, "-o", "null:", capture, timeout=600)
    assert done.returncode == 0, done.stderr
    with browser.browser() as page, api.served(folder, *options, binary=harness.WEIR) as weir:
        page.size(1440, 1000)
        newest = api.Client(weir.port()).get("/history/windows?limit=1&to_us=1800000000000000")[1]["records"][0]["end_us"]
        page.ask("POST", "/goog/cdp/execute", {"cmd": "Performance.enable", "params": {}})
        for last in 1, 6, 24:
            began = time.monotonic()
            page.open(f"http://127.0.0.1:{weir.port()}/?{last}#from={newest - last * 3_600_000_000}&to={newest}")
            page.run(FRAMES)
            page.shows("[data-talkers=hosts] tbody", lambda text: text != "", 120)
            took = time.monotonic() - began
            tasks = page.run("return window.tasks_")
            first = page.run("return performance.getEntriesByName('drawn')[0].startTime")
            print(f"{last} h of the history, {page.text('#past-state')}: first picture after {first:.0f} ms, all with talkers after "
                  f"{took * 1000:.0f} ms; longest task {max(tasks, default=0):.0f} ms")
        print(page.text("[data-talkers=hosts] .caption"))
        weir.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", action="store_true", help="look back over a day, too; its history takes minutes to make")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        args = parser.parse_args()
        hour(folder)
        if args.day:
            day(folder)


if __name__ == "__main__":
    main()
