# SPDX-License-Identifier: Apache-2.0
"""The same capture gives the same set of records, bit for bit but for `id`: with any number of
workers, at any speed, from one file or several, packed or not, from a file or a pipe.

Anomalies are left out: what they say rests on estimates that hang on a secret drawn at each start."""
import gzip
import os
import subprocess
import time
import unittest
import zlib

import captures
import harness

LONG_SECONDS = 0.1  # what a capture may take at a speed that is not the fastest


def exact(lines):
    return [line for line in harness.without_ids(lines) if '"type":"anomaly"' not in line]


def records(*arguments, **options):
    return exact(harness.replay(*arguments, **options).lines)


def plain_records(capture):
    return exact(harness.plain_replay(capture).lines)


def difference(wanted, found):
    """The first records that only one side has; empty where both are the same."""
    only_wanted, only_found = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if wanted == found:
        return ""
    return f"{len(wanted)} and {len(found)} records; first of one only:\n  " \
        + "\n  ".join(only_wanted[:1] + only_found[:1])


class SameRecords(harness.Case):
    def test_any_number_of_workers(self):
        def judged(capture):
            one = plain_records(capture)
            # Each capture with one of them, the sample with all.
            some = 2 + zlib.crc32(os.path.basename(capture).encode()) // 3 % 3
            for workers in (2, 3, 4) if capture == harness.SAMPLE else (some,):
                told = difference(one, records("--workers", workers, capture))
                if told:
                    return f"{workers} workers: {told}"
            return ""

        self.assert_none_wrong(harness.each(judged, harness.some_captures()))

    def test_any_speed(self):
        def judged(capture):
            seconds = float(harness.capinfos(capture, "u") or 0)
            speed = max(1, round(seconds / LONG_SECONDS))
            return difference(plain_records(capture), records("--speed", speed, "--workers", 2, capture))

        self.assert_none_wrong(harness.each(judged, harness.some_captures()))

    def test_any_length_of_a_pane(self):
        def flows(*arguments):
            return [line for line in records(*arguments, harness.SAMPLE) if '"type":"flow"' in line]

        plain = flows()
        for pane in "50ms", "1h":
            self.assertEqual("", difference(plain, flows("--set", f"window.pane={pane}")), pane)

    def test_own_pace_takes_the_time_of_the_capture(self):
        capture = captures.write(self.path("capture.pcap"), captures.udp_flows(flows=20, packets_each=10, step_us=10_000))
        start = time.monotonic()
        paced = records("--speed", "real", capture)
        seconds = time.monotonic() - start
        self.assertEqual(paced, records(capture))
        self.assertGreater(seconds, 1.98)  # 200 packets, 10 ms apart
        self.assertLess(seconds, 4)

    def test_gzip_zstd_and_standard_input(self):
        plain = plain_records(harness.SAMPLE)
        self.assertGreater(len(plain), 100)
        with open(harness.SAMPLE, "rb") as file:
            octets = file.read()
        packed = self.path("sample.pcap.gz")
        with gzip.open(packed, "wb", compresslevel=1) as file:
            file.write(octets)
        self.assertEqual(plain, records(packed))
        packed = self.path("sample.pcap.zst")
        subprocess.run(["zstd", "-q", harness.SAMPLE, "-o", packed], check=True)
        self.assertEqual(plain, records(packed))
        with open(harness.SAMPLE, "rb") as file:
            self.assertEqual(plain, records("-", stdin=file))
        piped = subprocess.run([harness.WEIR, "replay", "-", "-o", "ndjson:-"], input=octets, capture_output=True, check=True)
        self.assertEqual(plain, exact(piped.stdout.decode().splitlines()))

    def test_pcapng_and_nanoseconds(self):
        plain = plain_records(harness.SAMPLE)
        for form in "pcapng", "nsecpcap":
            other = self.path(form)
            subprocess.run(["editcap", "-F", form, harness.SAMPLE, other], check=True)
            self.assertEqual("", difference(plain, records(other)), form)

    def test_several_files_are_one_stream(self):
        plain = plain_records(harness.SAMPLE)
        halves = self.path("odd.pcap"), self.path("even.pcap")
        # Every other packet in each file, so that only a merge by time gives the stream back.
        with open(harness.SAMPLE, "rb") as file:
            header, packets = file.read(24), split(file.read())
        for index, path in enumerate(halves):
            with open(path, "wb") as file:
                file.write(header + b"".join(packets[index::2]))
        self.assertEqual("", difference(plain, records(*halves)))
        merged = self.path("merged.pcap")
        subprocess.run(["mergecap", "-F", "pcap", "-w", merged, *halves], check=True)
        self.assertEqual("", difference(plain, records(merged)))


def split(octets):
    """The records of a classic little-endian capture, without its file header."""
    found, start = [], 0
    while start < len(octets):
        size = 16 + int.from_bytes(octets[start + 8:start + 12], "little")
        found.append(octets[start:start + size])
        start += size
    return found


if __name__ == "__main__":
    unittest.main()
