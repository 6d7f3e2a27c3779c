# SPDX-License-Identifier: Apache-2.0
"""A steady stream of flows to export, and what a topic holds of it."""
import collections
import json
import pathlib
import re
import struct
import subprocess

import harness

# A short timeout makes each packet of the stream a flow of its own, and a record soon after.
OPTIONS = ("--set", "flow.idle_timeout=100ms", "--set", "window.pane=100ms", *harness.SMALL_TABLE)
# A broker on a busy machine may take its time; what tests the timeout itself sets it again.
PATIENT = ("--set", "export.kafka.timeout=2m")
RUN_SECONDS = 900  # far more than any run here takes

BEGIN_US = 1_700_000_000_000_000
CONVERSATIONS = 20_000
RECORD = re.compile(rb'"id":"([0-9a-f]{16})-(\d+)","start_us":(\d+)')


def capture(path, rate, seconds):
    """Writes a capture of `rate` packets a second, each of one of CONVERSATIONS in turn (or of a tenth of a second's,
    where that is more), so that a conversation comes back long after its flow has ended."""
    conversations = max(CONVERSATIONS, rate // 2)
    packet = bytes.fromhex("02000000000202000000000108004500002e00000000401100000a0000000a0100010000003500 1a0000") + bytes(18)
    frame = bytearray(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for first in range(0, rate * seconds, rate):
            second = bytearray()
            for index in range(first, first + rate):
                conversation = index % conversations
                micros = BEGIN_US + index * 1_000_000 // rate
                struct.pack_into("<II", frame, 0, micros // 1_000_000, micros % 1_000_000)
                struct.pack_into(">H", frame, 16 + 28, conversation >> 14)
                struct.pack_into(">H", frame, 16 + 34, 1024 + (conversation & 0x3FFF))
                second += frame
            file.write(second)


class Replay:
    """weir replaying a capture into Kafka, with its summary; ends with the test case at the latest."""

    def __init__(self, case, capture_path, broker_address, *options, properties=None, speed="real", binary=harness.WEIR):
        self.case, self.books_path = case, pathlib.Path(case.path("books"))
        self.log_path = pathlib.Path(case.path("log"))
        self.books_path.unlink(missing_ok=True)
        for name, value in (properties or {}).items():
            options += ("--set", f"export.kafka.properties.{name}={value}")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binary, "replay", *OPTIONS, *PATIENT, "--speed", speed, "-o", f"kafka://{broker_address}", "--summary",
                 str(self.books_path), *map(str, options), str(capture_path)], stderr=log)
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.kill)

    def wait(self):
        """Waits for the end; gives (exit status, books)."""
        status = self.process.wait(timeout=RUN_SECONDS)
        return status, harness.read_json(self.books_path)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")


class Topics:
    """The records that both topics hold: how often each id is there, by run, and whether keys are in order."""

    def __init__(self, broker, topics=("network-traffic", "processed-data")):
        self.ids = collections.defaultdict(collections.Counter)
        self.corrupt, self.disordered = [], []
        for topic in topics:
            self.read(broker, topic)

    def read(self, broker, topic):
        options = [part for name, value in broker.properties().items() for part in ("-X", f"{name}={value}")]
        command = ["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", broker.address, *options, "-t", topic, "-f", "%k\t%s\n"]
        last = {}
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
            for line in reader.stdout:
                key, _, value = line.rstrip(b"\n").partition(b"\t")
                found = RECORD.search(value)
                if found is None or not value.endswith(b"}"):
                    self.corrupt.append(line)
                    continue
                run, number, start = found[1].decode(), int(found[2]), int(found[3])
                self.ids[run][number] += 1
                if self.ids[run][number] > 1:
                    continue  # a second one tells nothing of the order
                if last.get((run, key), -1) > start:
                    self.disordered.append(value)
                last[run, key] = start
        if reader.returncode != 0:
            raise AssertionError(f"kcat ended with {reader.returncode}")
        if self.corrupt:
            return
        json.loads(value if last else "{}")

    def of_one_run(self):
        if len(self.ids) != 1:
            raise AssertionError(f"{len(self.ids)} runs in the topics, expected one")
        return next(iter(self.ids.values()))

    def check(self, case, made, dropped=0):
        """Every record that was made, but for `dropped`, is there exactly once; none is corrupt, keys are in order."""
        numbers = self.of_one_run()
        case.assertEqual(self.corrupt, [])
        twice = [number for number, times in numbers.items() if times > 1]
        missing = made - len(numbers)
        case.assertEqual((len(twice), missing), (0, dropped), f"twice {twice[:5]}")
        case.assertLess(max(numbers), made)
        case.assertEqual(self.disordered[:3], [])
