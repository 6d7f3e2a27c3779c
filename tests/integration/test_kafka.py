# SPDX-License-Identifier: Apache-2.0
"""What an ordinary Kafka client reads from the embedded broker is what the NDJSON file holds."""
import json
import re
import signal
import subprocess
import sys
import unittest

import harness

sys.path.insert(0, str(harness.ROOT / "tests" / "unit" / "export"))
import judge_protobuf  # noqa: E402

TOPICS = "network-traffic", "processed-data"


class Kafka(harness.Case):
    def embedded(self, *options):
        """A replay of the sample whose broker stays; ends with the test. Gives it and the bootstrap address."""
        command = [harness.WEIR, "replay", "-o", "kafka://embedded", "-o", f"ndjson:{self.path('records')}",
                   "--summary", self.path("books"), "--set", "export.kafka.embedded_hold=60s", *options,
                   harness.SAMPLE]
        weir = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.addCleanup(weir.stderr.close)
        self.addCleanup(weir.wait)
        self.addCleanup(weir.kill)
        bootstrap = None
        for line in weir.stderr:
            found = re.search(r"embedded broker bootstrap=(\S+)", line)
            bootstrap = found.group(1) if found else bootstrap
            if "holding the embedded broker" in line:
                break
        self.assertIsNotNone(bootstrap, "no line with the broker's address")
        return weir, bootstrap

    def read(self, bootstrap, topic):
        """(key, value) of every message of a topic."""
        done = subprocess.run(["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", bootstrap, "-t", topic, "-f", "%k\t%s\n"],
                              capture_output=True, text=True, check=True, timeout=harness.REPLAY_SECONDS)
        return [line.split("\t", 1) for line in done.stdout.splitlines()]

    def test_topics_hold_the_records_and_their_keys(self):
        weir, bootstrap = self.embedded()
        topics = {topic: self.read(bootstrap, topic) for topic in TOPICS}
        weir.send_signal(signal.SIGINT)
        self.assertEqual(weir.wait(timeout=30), 0)
        written = harness.read_lines(self.path("records"))
        self.assertGreater(len(written), 100)
        self.assertEqual(sorted(value for pairs in topics.values() for _, value in pairs), sorted(written))
        for topic, flow in zip(TOPICS, (True, False)):
            for key, value in topics[topic]:
                record = json.loads(value)
                self.assertEqual(record["type"] == "flow", flow, topic)
                self.assertEqual(key, record.get("community_id", record["sensor"]))
        books = harness.read_json(self.path("books"))
        self.assertTrue(books["balanced"])
        # Each of the two sinks was given every record.
        self.assertEqual(sum(books["records"].values()), len(written))

    def test_protobuf_says_what_json_says(self):
        """Decoded by protobuf's own library, every message is the line of the same id."""
        weir, bootstrap = self.embedded("--set", "export.encoding=protobuf")
        record_type = judge_protobuf.compiled(harness.ROOT / "docs" / "weir.proto", self.folder).Record
        wanted = {record["id"]: record for record in map(json.loads, harness.read_lines(self.path("records")))}
        for topic in TOPICS:
            for data in self.read_octets(bootstrap, topic):
                record = record_type.FromString(data)
                wrong = list(judge_protobuf.record_differences(record, wanted.pop(record.id), set()))
                self.assertEqual(wrong, [])
        self.assertEqual(list(wanted)[:5], [])
        weir.send_signal(signal.SIGINT)
        self.assertEqual(weir.wait(timeout=30), 0)

    def read_octets(self, bootstrap, topic):
        done = subprocess.run(["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", bootstrap, "-t", topic, "-f", "%S\n%s"],
                              capture_output=True, check=True, timeout=harness.REPLAY_SECONDS)
        at = 0
        while at < len(done.stdout):
            end = done.stdout.index(b"\n", at)
            at = end + 1 + int(done.stdout[at:end])
            yield done.stdout[end + 1:at]

    def test_names_of_topics_are_configurable(self):
        names = "flows", "windows"
        _, bootstrap = self.embedded("--set", "export.topics.flow=flows", "--set", "export.topics.processed=windows")
        read = [value for name in names for _, value in self.read(bootstrap, name)]
        self.assertEqual(sorted(read), sorted(harness.read_lines(self.path("records"))))


if __name__ == "__main__":
    unittest.main()
