#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the integration tests, one line each, and writes how many passed, failed and were skipped.

usage: run.py [--counts FILE] [NAME...]     NAME: part of a test's name
"""
import json
import pathlib
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


def main(arguments):
    counts_path = None
    if arguments[:1] == ["--counts"]:
        counts_path, arguments = arguments[1], arguments[2:]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in arguments] or None
    result = Printer()
    loader.discover(str(FOLDER)).run(result)
    if counts_path:
        pathlib.Path(counts_path).write_text(json.dumps(result.counts()), encoding="utf-8")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main(sys.argv[1:])
