# SPDX-License-Identifier: Apache-2.0
"""weir detect: what it reads and prints, as soon as it can, and what it says of what it cannot read."""
import csv
import json
import random
import subprocess
import unittest

import harness
import nab


def series(rows=600, spike=400):
    """Rows of noise around 100, with a spike."""
    draw = random.Random(1)
    return [(1_400_000_000 + 300 * i, 300 if i == spike else round(draw.gauss(100, 5), 3)) for i in range(rows)]


def lines_of(rows):
    return "".join(f"{time},{value}\n" for time, value in rows)


class Detect(harness.Case):
    def detect(self, text, *arguments, binary=harness.CHECKED):
        return harness.run("detect", "--series", "-", *arguments, input=text, binary=binary)

    def rows(self, text):
        done = self.detect(text)
        self.assert_ends(done, 0)
        return list(csv.DictReader(done.stdout.splitlines()))

    def test_rows_come_back_as_they_were_with_score_and_flag(self):
        given = series()
        rows = self.rows("timestamp,value\n" + lines_of(given))
        self.assertEqual([(row["timestamp"], row["value"]) for row in rows],
                         [(str(time), str(value)) for time, value in given])
        self.assertEqual([i for i, row in enumerate(rows) if row["flag"] == "1"], [400])
        for row in rows:
            self.assertRegex(row["score"], r"^[01]\.\d{4}$")
            self.assertEqual(row["flag"] == "1", float(row["score"]) >= 0.5)

    def test_file_and_standard_input_give_the_same(self):
        path = self.folder / "series.csv"
        path.write_text(lines_of(series()), encoding="utf-8")
        done = harness.run("detect", "--series", path, binary=harness.CHECKED)
        self.assert_ends(done, 0)
        self.assertEqual(done.stdout, self.detect(lines_of(series())).stdout)

    def test_formats_of_time_do_not_matter(self):
        given = [(1_400_000_000 + 300 * i, value) for i, (_, value) in enumerate(series())]
        scores = [row["score"] for row in self.rows(lines_of(given))]
        for shape in "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.000000":
            text = "".join(f"{nab.datetime.datetime.fromtimestamp(time, nab.datetime.timezone.utc):{shape}},{value}\r\n"
                           for time, value in given)
            self.assertEqual([row["score"] for row in self.rows(text)], scores, shape)

    def test_an_empty_series_is_a_header(self):
        for text in "", "timestamp,value\n", "\n\n":
            done = self.detect(text)
            self.assert_ends(done, 0)
            self.assertEqual(done.stdout, "timestamp,value,score,flag\n")

    def test_gaps_are_borne(self):
        given = series()
        given[100], given[200], given[300] = (given[100][0], ""), ("", given[200][1]), ("NaN", "null")
        given[500:] = [(time + 90_000, value) for time, value in given[500:]]
        rows = self.rows(lines_of(given))
        self.assertEqual(len(rows), len(given))
        self.assertEqual([i for i, row in enumerate(rows) if row["flag"] == "1"], [400])
        self.assertEqual((rows[300]["timestamp"], rows[300]["value"], rows[300]["score"]), ("NaN", "null", "0.0000"))

    def test_each_row_leaves_before_the_next_comes(self):
        with subprocess.Popen([harness.CHECKED, "detect", "--series", "-"], text=True, bufsize=1,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as weir:
            self.assertEqual(weir.stdout.readline(), "timestamp,value,score,flag\n")
            for time, value in series(rows=50):
                weir.stdin.write(f"{time},{value}\n")
                weir.stdin.flush()
                self.assertTrue(weir.stdout.readline().startswith(f"{time},{value},"))
            weir.stdin.close()
            self.assertEqual(weir.stdout.read(), "")
        self.assertEqual(weir.returncode, 0)

    def test_a_prefix_of_the_series_gives_the_prefix(self):
        text = lines_of(series())
        whole = self.detect(text).stdout
        for cut in 1, 37, 450:
            part = self.detect("".join(text.splitlines(keepends=True)[:cut])).stdout
            self.assertTrue(whole.startswith(part))
            self.assertEqual(len(part.splitlines()), cut + 1)

    def test_what_cannot_be_read_is_named_after_the_rows_before_it(self):
        path = self.folder / "series.csv"
        for line, place, expected in (("x,1", "21:1", "expected a timestamp"), ("7,x", "21:3", "expected a number"),
                                      ("7", "21:1", "expected a timestamp, a comma and a value")):
            path.write_text(lines_of(series(rows=20)) + line + "\n8,1\n", encoding="utf-8")
            done = harness.run("detect", "--series", path, binary=harness.CHECKED)
            self.assert_ends(done, 1, f"{path}:{place}: found", expected)
            self.assertEqual(len(done.stdout.splitlines()), 21)
        self.assert_ends(self.detect("5,1\nx,1\n"), 1, "standard input:2:1: found")

    def test_what_cannot_be_opened_or_read_is_named(self):
        self.assert_ends(harness.run("detect", "--series", self.path("none")), 1, "none: No such file")
        self.assert_ends(harness.run("detect", "--series", self.folder), 1, "Is a directory")

    def test_what_cannot_be_written_is_told(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = harness.run("detect", "--series", "-", input=lines_of(series()), capture_output=False, stdout=full,
                               stderr=subprocess.PIPE)
        self.assert_ends(done, 1, "cannot write to standard output")

    def test_wrong_use(self):
        for arguments, text in (([], "expected --series FILE"), (["--series"], "--series: expected FILE"),
                                (["--series", "a", "b"], "expected no FILE; got b"),
                                (["--series", "a", "--series", "b"], "one series is read"),
                                (["--serie", "a", "--workers", "2"], "unknown option --workers")):
            done = harness.run("detect", *arguments)
            self.assert_ends(done, 2, text)
            self.assertEqual(done.stdout, "")
        self.assertIn("--series FILE", harness.run("detect", "--help").stdout)

    def test_errors_as_json(self):
        done = self.detect("x,1\n", "--log-format", "json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1:1: found", json.loads(done.stderr)["message"])


class Scorer(unittest.TestCase):
    """tests/support/nab.py by cases worked out by hand."""

    def score(self, detected, windows, rows=1000):
        scores = [1.0 if i in detected else 0.0 for i in range(rows)]
        raw, found, wrong = nab.raw_score(scores, windows, 0.5)
        return nab.normalized(raw, len(windows)), found, wrong

    def test_silence_is_nought_and_perfect_a_hundred(self):
        windows = [(300, 399), (600, 699)]
        self.assertEqual(self.score([], windows), (0, 0, 0))
        self.assertEqual(self.score([300, 600], windows), (100, 2, 0))

    def test_only_the_first_detection_in_a_window_counts(self):
        self.assertEqual(self.score([300, 350, 399], [(300, 399)]), (100, 1, 0))

    def test_later_is_worth_less(self):
        middle, last = self.score([350], [(300, 399)])[0], self.score([399], [(300, 399)])[0]
        self.assertAlmostEqual(middle, 50 * (1 + nab.sigmoid(-0.5) / nab.sigmoid(-1)))
        self.assertTrue(50 < last < middle < 100)

    def test_false_ones_cost(self):
        self.assertAlmostEqual(self.score([300, 200], [(300, 399)])[0], 100 - 50 * 0.11)
        self.assertAlmostEqual(self.score([300, 999], [(300, 399)])[0], 100 - 50 * 0.11, places=4)
        near = self.score([300, 405], [(300, 399)])
        self.assertEqual(near[1:], (1, 1))
        self.assertTrue(100 - 50 * 0.11 < near[0] < 100)

    def test_the_beginning_counts_for_nothing(self):
        self.assertEqual(self.score([149], [(300, 399)])[2], 0)
        self.assertEqual(self.score([150], [(300, 399)])[2], 1)
        self.assertEqual(self.score([749], [(9000, 9099)], rows=10000)[2], 0)
        self.assertEqual(self.score([750], [(9000, 9099)], rows=10000)[2], 1)


if __name__ == "__main__":
    unittest.main()
