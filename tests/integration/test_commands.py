# SPDX-License-Identifier: Apache-2.0
"""The commands as their help and the documents say; the books wherever they are asked for; a replay
that is interrupted."""
import json
import pathlib
import signal
import subprocess
import time
import unittest

import captures
import harness


class Commands(harness.Case):
    def test_help_and_version(self):
        self.assertIn("replay", harness.run("--help").stdout)
        for command in "replay", "config":
            done = harness.run(command, "--help")
            self.assert_ends(done, 0)
            self.assertIn(f"weir {command}", done.stdout)
        self.assertRegex(harness.run("--version").stdout, r"^weir \d+\.\d+\.\d+\n$")

    def test_configuration_document_is_the_generated_one(self):
        written = (harness.ROOT / "docs" / "CONFIGURATION.md").read_text(encoding="utf-8")
        self.assertEqual(harness.run("config", "--docs").stdout, written)

    def test_defaults_are_a_configuration_that_holds(self):
        defaults = harness.run("config", "--defaults").stdout
        self.assertEqual(json.loads(defaults)["flow"]["idle_timeout"], "30s")
        path = pathlib.Path(self.path("weir.json"))
        path.write_text(defaults, encoding="utf-8")
        self.assert_ends(harness.run("config", "--check", path), 0)

    def test_option_on_the_command_line_wins_over_the_file(self):
        path = pathlib.Path(self.path("weir.json"))
        path.write_text('{"sensor": "from-file"}', encoding="utf-8")
        for options, sensor in ([], "from-file"), (["--set", "sensor=from-line"], "from-line"):
            lines = harness.replay("-c", path, *options, harness.SAMPLE).lines
            self.assertEqual({json.loads(line)["sensor"] for line in lines}, {sensor})

    def test_books_on_standard_output(self):
        done = harness.run("replay", "-o", "null:", "--summary", "-", harness.SAMPLE)
        self.assert_ends(done, 0)
        books = json.loads(done.stdout)
        self.assertEqual(books["received"], int(harness.capinfos(harness.SAMPLE, "c")))
        self.assertTrue(books["balanced"])

    def test_interrupt_ends_in_order(self):
        capture = captures.write(self.path("long.pcap"), captures.udp_flows(flows=50, packets_each=100, step_us=100_000))
        for number in signal.SIGINT, signal.SIGTERM:
            with subprocess.Popen([harness.CHECKED, "replay", "--speed", "real", "-o", f"ndjson:{self.path('records')}",
                                   "--summary", self.path("books"), capture], stderr=subprocess.PIPE) as weir:
                time.sleep(1.5)
                weir.send_signal(number)
                _, said = weir.communicate(timeout=30)
            books, lines = harness.read_json(self.path("books")), harness.read_lines(self.path("records"))
            self.assertEqual(weir.returncode, 0, said)
            self.assertTrue(books["balanced"])
            self.assertTrue(0 < books["received"] < 100)
            self.assertEqual(books["flow_packets"], books["received"])
            self.assertEqual(len(lines), books["delivered"])
            self.assertIn('"end_reason":"shutdown"', "".join(lines))


if __name__ == "__main__":
    unittest.main()
