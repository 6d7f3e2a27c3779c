#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the integration tests, one line each, and writes how many passed, failed and were skipped."""
import argparse
import json
import pathlib
import signal
import sys
import time
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent


class Printer(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.started, self.passed = 0.0, 0

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def say(self, test, word, text=""):
        name = test.id().replace("test_", "").replace(".", ": ", 1).replace("_", " ")
        print(f"  {word:4} {name} ({time.monotonic() - self.started:.1f} s){text}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.say(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, "skip", f": {reason}")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say(test, "FAIL", "\n" + self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.say(test, "FAIL", "\n" + self.errors[-1][1])

    def counts(self):
        return {"passed": self.passed, "failed": len(self.failures) + len(self.errors), "skipped": len(self.skipped)}


def tests_of(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def waits(test):
    """A real Kafka and a browser take their time: tests of files that import one of them."""
    module = sys.modules[type(test).__module__]
    return hasattr(module, "broker") or hasattr(module, "browser")


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=pathlib.Path, metavar="FILE", help="write the numbers there, as JSON")
    parser.add_argument("--waiting", action=argparse.BooleanOptionalAction,
                        help="only tests with the real Kafka or with a browser, or only the others")
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a test's name")
    args = parser.parse_args()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in args.names] or None
    found = tests_of(loader.discover(str(FOLDER)))
    result = Printer()
    unittest.TestSuite(test for test in found if args.waiting in (None, waits(test))).run(result)
    if args.counts:
        args.counts.write_text(json.dumps(result.counts()), encoding="utf-8")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
