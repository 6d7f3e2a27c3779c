#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark captures are what they claim to be: test_captures.py BENCH_CAPTURE BENCH_FLOOR"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

MAKER, FLOOR = sys.argv[1:3]
CHECKSUMS = [word for name in ("ip", "tcp", "udp") for word in ("-o", f"{name}.check_checksum:TRUE")]


class Captures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make(self, name, kind, *options):
        path = self.folder / name
        subprocess.run([MAKER, *options, kind, path], check=True)
        return path

    def floor(self, path):
        return json.loads(subprocess.check_output([FLOOR, "100000", path]))

    def test_same_seed_same_bytes(self):
        for kind in ("uniform", "zipf", "churn"):
            with self.subTest(kind):
                first, again, other = (self.make(name, kind, "--packets", "5000", "--seed", seed).read_bytes()
                                       for name, seed in (("first", "7"), ("again", "7"), ("other", "8")))
                self.assertEqual(first, again)
                if kind != "churn":  # where a seed only shuffles what flows send after 1.87 s
                    self.assertNotEqual(first, other)

    def test_frames_hold_for_tshark(self):
        if shutil.which("tshark") is None:
            self.skipTest("no tshark")
        for options in ((), ("--ipv6", "50")):
            with self.subTest(options):
                path = self.make("frames", "zipf", "--packets", "20000", *options)
                bad = subprocess.check_output(["tshark", "-r", path, *CHECKSUMS, "-Y", "_ws.malformed || "
                                               "ip.checksum.status == 0 || tcp.checksum.status == 0 || "
                                               "udp.checksum.status == 0"], stderr=subprocess.DEVNULL)
                self.assertEqual(bad, b"")

    def test_frames_are_60_octets(self):
        path = self.make("frames", "uniform", "--packets", "1000")
        self.assertEqual(path.stat().st_size, 24 + 1000 * (16 + 60))

    def test_floor_counts_the_flows(self):
        seen = self.floor(self.make("uniform", "uniform", "--packets", "2000000"))
        self.assertEqual((seen["packets"], seen["skipped"], seen["flows"]), (2000000, 0, 65536))
        seen = self.floor(self.make("churn", "churn", "--packets", "50000"))
        self.assertEqual(seen["flows"], 50000)

    def test_first_rank_of_zipf_sends_its_share(self):
        """1 / (1 + 1/2 + ... + 1/2^20) = 0.0692 of all, within four standard deviations"""
        frames = 200000
        data = self.make("zipf", "zipf", "--packets", str(frames)).read_bytes()
        ends = (data[at + 26:at + 38] for at in range(24 + 16, len(data), 16 + 60))
        client = bytes((10, 0, 0, 0)), (1024).to_bytes(2, "big")  # the first of both
        sent = sum((both[:4], both[8:10]) == client or (both[4:8], both[10:]) == client for both in ends)
        self.assertAlmostEqual(sent / frames, 0.0692, delta=0.0023)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
