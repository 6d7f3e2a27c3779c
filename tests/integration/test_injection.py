# SPDX-License-Identifier: Apache-2.0
"""Attacks put into real background are told, and by whom they should be: the injection bench in small, and its judge
by cases worked out by hand."""
import pathlib
import struct
import sys
import unittest

import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import injection  # noqa: E402
import injection_background  # noqa: E402
import injection_frames  # noqa: E402
import injection_kinds  # noqa: E402
import injection_match  # noqa: E402
from injection_match import AGAIN, EARLY, FALSE, FOUND, SIDE  # noqa: E402

SURE = ("horizontal scan", "vertical scan", "SYN flood, spoofed", "DNS amplification", "NTP amplification")


def anomaly(second, detector="syn_flood", subject="10.0.1.13", **more):
    return {"detector": detector, "subject": subject, "start_us": second * 1_000_000,
            "end_us": (second + 1) * 1_000_000, **more}


class Injection(harness.Case):
    def delay_of(self, kind):
        return injection.attack_once(harness.WEIR, injection.Scene(kind, 1), kind, kind.strengths[-2], 1).delay_s

    def test_strong_attacks_are_told(self):
        for kind in injection_kinds.KINDS:
            if kind.name in SURE:
                with self.subTest(kind.name):
                    self.assertIsNotNone(self.delay_of(kind))

    def test_background_alone_tells_nothing(self):
        told = injection.clean(harness.WEIR, 2, 900).told
        self.assertEqual([row for row in told if row[2] == FALSE], [])


class Traffic(unittest.TestCase):
    """What is injected, and into what."""

    def test_packets_have_right_checksums(self):
        for body in (injection_frames.tcp(0x0A00010B, 40001, 0xC6336450, 443, 2, 0x12345678, 0x9ABCDEF0),
                     injection_frames.tcp(0x0A00010B, 40001, 0xC6336450, 443, 24, 7, 9, data=b"odd"),
                     injection_frames.udp(0xC6120001, 53, 0x0A00010D, 5555, data=b"even")):
            ip = body[8 + 14:]
            self.assertEqual(injection_frames.folded(injection_frames.words(ip[:20])), 0)
            segment = ip[20:int.from_bytes(ip[2:4], "big")]
            pseudo = ip[12:20] + struct.pack("!HH", ip[9], len(segment))
            self.assertEqual(injection_frames.folded(injection_frames.words(pseudo + segment)), 0)

    def test_background_keeps_its_order_rate_and_addresses(self):
        background = injection_background.Background(injection.SAMPLE, 1)
        noon_us = injection_background.START_US + injection_background.DAY_US // 4
        packets = [packet for loop in background.loops(noon_us, 600) for packet in loop]
        self.assertEqual([time_us for time_us, _, _ in packets], sorted(time_us for time_us, _, _ in packets))
        self.assertTrue(noon_us <= packets[0][0] < packets[-1][0] < noon_us + 600_000_000)
        self.assertAlmostEqual(len(packets) / 600 / background.per_second()["packets"], 1, delta=0.4)
        hostile = {int.from_bytes(body[at:at + 4], "big") for _, _, body in packets if body[20:22] == b"\x08\0"
                   for at in (8 + 26, 8 + 30)} & injection_background.HOSTILE
        self.assertEqual(hostile, set())

    def test_the_same_seed_is_the_same_traffic(self):
        first, second = (list(injection_background.Background(injection.SAMPLE, 3).loops(injection.START_US, 100))
                         for _ in range(2))
        self.assertEqual(first, second)

    def test_each_kind_adds_or_takes_away(self):
        background = injection_background.Background(injection.SAMPLE, 1)
        for kind in injection_kinds.KINDS:
            attack = injection.Attack(kind, kind.strengths[3], background, 1).inject(injection.START_US)
            self.assertTrue(attack.packets or attack.keeps, kind.name)
            times = [time_us for time_us, _ in attack.packets]
            self.assertEqual(times, sorted(times), kind.name)
            self.assertTrue(all(attack.begin_us <= time_us < attack.end_us for time_us in times), kind.name)


class Judge(unittest.TestCase):
    TRUTH = injection_match.Truth("SYN flood", 10, True, ("syn_flood",), 100_500_000, 130_000_000,
                                  frozenset({"10.0.1.13"}), frozenset({"10.0.1.13", "198.18.0.1"}))

    def verdicts(self, *anomalies):
        return [verdict for _, verdict in injection_match.judge(anomalies, self.TRUTH, 0)]

    def test_the_right_detector_and_subject_in_time_have_found_it(self):
        self.assertEqual(self.verdicts(anomaly(100), anomaly(110), anomaly(134)), [FOUND, AGAIN, AGAIN])
        judged = injection_match.judge([anomaly(100)], self.TRUTH, 0)
        self.assertEqual(injection_match.delay_seconds(judged, self.TRUTH), 0.5)
        self.assertIsNone(injection_match.delay_seconds([], self.TRUTH))

    def test_what_is_about_it_otherwise_is_a_side_effect(self):
        self.assertEqual(self.verdicts(anomaly(101, "volume", "all traffic"), anomaly(101, "one_to_many", "198.18.0.1"),
                                       anomaly(140, "volume", "10.9.9.9"), anomaly(136)), [SIDE] * 4)
        named = anomaly(101, "new_talkers", "somewhere", contributors=[{"name": "198.18.0.1", "value": 3}])
        self.assertEqual(self.verdicts(named, anomaly(101, "unusual_source", "198.18.0.0/24")), [SIDE, SIDE])

    def test_the_rest_is_false(self):
        self.assertEqual(self.verdicts(anomaly(99), anomaly(101, subject="10.0.1.99"), anomaly(221), anomaly(30)),
                         [FALSE, FALSE, FALSE, EARLY])
        self.assertEqual(injection_match.judge([anomaly(99)], None, 0)[0][1], FALSE)

    def test_scores(self):
        self.assertEqual(injection_match.scores(3, 1, 1), (0.75, 0.75, 0.75))
        self.assertEqual(injection_match.scores(0, 2, 0), (None, 0, 0))
        self.assertEqual(injection_match.scores(0, 0, 0), (None, None, None))


if __name__ == "__main__":
    unittest.main()
