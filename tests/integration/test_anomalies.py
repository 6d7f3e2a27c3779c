# SPDX-License-Identifier: Apache-2.0
"""What is told of the sample: its port scan and its flood, each once, and nothing else."""
import json

import harness

SCAN = ("vertical_scan", "203.0.113.66")
FLOOD = ("syn_flood", "10.0.1.13")


class Anomalies(harness.Case):
    def told(self, *options):
        lines = harness.replay(*options, harness.SAMPLE).lines
        return [record for record in map(json.loads, lines) if record["type"] == "anomaly"]

    def test_sample(self):
        for options in ((), ("--workers", "2"), ("--set", "network.internal=10.0.0.0/8,2001:db8:1::/64")):
            told = self.told(*options)
            begun = [(record["detector"], record["subject"].split()[0]) for record in told if record["phase"] == "begin"]
            self.assertEqual(begun, [SCAN, FLOOD], options)
            ended = [record for record in told if record["phase"] == "end"]
            self.assertEqual(len(ended), 2, options)
            for record in ended:
                self.assertEqual(record["severity"], "critical", record)
                self.assertLess(record["expected"], record["observed"], record)
                self.assertGreater(record["end_us"], record["start_us"], record)
                self.assertIn(record["subject"].split()[0], record["explanation"])
                self.assertGreater(len(record["contributors"]), 0, record)

    def test_turned_off(self):
        self.assertEqual(self.told("--set", "detect.anomalies=false"), [])
