# SPDX-License-Identifier: Apache-2.0
"""scripts/broker is a broker that tests can lean on, and a real Kafka holds each record that weir sends."""
import json
import os
import unittest

import broker
import harness

TOPICS = "network-traffic", "processed-data"
LINES = [b"a\tone", b"b\ttwo", b"a\tthree with \xc3\xa4"]
TEXTS = [("a", "one"), ("b", "two"), ("a", "three with ä")]
WRONG_USE = [
    (["begin"], 2, "invalid choice"),
    (["start", "--nodes", "0"], 2, "not a number of nodes"),
    (["start", "--set", "num.partitions"], 2, "not NAME=VALUE"),
    (["start", "--ssl"], 2, "usage: broker"),
    (["tool", "kafka-topic"], 1, "there are: kafka-acls"),
    (["kill"], 1, "there is no broker in"),
    (["status"], 1, "there is no broker in"),
    (["stop"], 1, "there is no broker in"),
]


def runs(pid):
    """Whether the process is there, and not only because nobody has asked yet how it ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Script(harness.Case):
    def assert_says(self, done, status, text):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(text, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_wrong_use_is_told(self):
        kafka = broker.Broker(self)
        for arguments, status, text in WRONG_USE:
            with self.subTest(arguments):
                self.assert_says(kafka.script(*arguments), status, text)
        self.assertEqual(os.listdir(kafka.folder), [])
        (kafka.folder / "letter").write_text("mine", encoding="ascii")
        self.assert_says(kafka.script("start"), 1, "holds something, but no broker")
        self.assertEqual(os.listdir(kafka.folder), ["letter"])

    def test_one_node_keeps_what_it_has_over_a_kill(self):
        kafka = broker.Broker(self)
        address = kafka.start(settings={"auto.create.topics.enable": "false"})
        self.assertRegex(address, r"^127\.0\.0\.1:\d+$")
        kafka.create_topic("kept", partitions=1, config={"retention.ms": 3600000})
        kafka.produce("kept", LINES)
        self.assertEqual(kafka.read("kept"), TEXTS)
        self.assertEqual(kafka.console("kept"), [value for _, value in TEXTS])
        binary = bytes(range(256))
        (self.folder / "binary").write_bytes(binary)
        self.assertEqual(kafka.kcat("-P", "-t", "kept", self.path("binary")).returncode, 0)

        self.assert_says(kafka.script("start", "--nodes", "3"), 1, "has 1 node(s)")
        self.assert_says(kafka.script("kill", "2"), 1, "no node '2'")
        first = kafka.pids()
        kafka.kill()
        self.assertEqual(kafka.pids(), {})
        self.assertFalse(runs(first[1]))
        self.assert_says(kafka.script("kill", "1"), 1, "node 1 does not run")

        self.assertEqual(kafka.start_again(), address)
        self.assertEqual(kafka.read_bytes("kept"), [tuple(line.split(b"\t")) for line in LINES] + [(None, binary)])
        self.assertNotEqual(kafka.kcat("-C", "-e", "-t", "never-made").returncode, 0)
        self.assertNotIn("never-made", kafka.tool("kafka-topics", "--list"))
        second = kafka.pids()
        self.assertNotEqual(first, second)
        kafka.stop()
        self.assertFalse(kafka.folder.exists())
        self.assertFalse(runs(second[1]))

    def test_three_nodes_serve_without_one_of_them(self):
        kafka = broker.Broker(self)
        address = kafka.start(nodes=3)
        self.assertEqual(len(set(address.split(","))), 3)
        before = kafka.pids()
        self.assertEqual(sorted(before), [1, 2, 3])
        kafka.produce("spread", LINES)
        self.assertIn("ReplicationFactor: 3", kafka.tool("kafka-topics", "--describe", "--topic", "spread"))
        kafka.kill(1)
        self.assertEqual(kafka.pids(), {node: pid for node, pid in before.items() if node != 1})
        kafka.produce("spread", LINES)
        self.assertEqual(kafka.read("spread"), TEXTS * 2)
        self.assertEqual(kafka.start_again(), address)
        self.assertEqual(sorted(kafka.pids()), [1, 2, 3])
        self.assertEqual(kafka.read("spread"), TEXTS * 2)

    def test_tls_and_sasl_let_in_whom_they_should(self):
        kafka = broker.Broker(self)
        kafka.start(tls=True, sasl=True)
        self.assertEqual((kafka.folder / "password").stat().st_mode & 0o777, 0o600)
        for mechanism in "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
            with self.subTest(mechanism):
                kafka.produce(mechanism, LINES, kafka.properties(mechanism))
                self.assertEqual(kafka.read(mechanism, kafka.properties(mechanism)), TEXTS)
        for mechanism in "PLAIN", "SCRAM-SHA-512":
            with self.subTest(mechanism, password="wrong"):
                done = kafka.kcat("-L", "-m", "2", properties=kafka.properties(mechanism, password="wrong"))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(b"uthentication", done.stderr)
        strange = {name: value for name, value in kafka.properties().items() if name != "ssl.ca.location"}
        done = kafka.kcat("-L", "-m", "2", properties=strange)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"certificate", done.stderr)

        kafka.tool("kafka-acls", "--add", "--deny-principal", "User:weir", "--operation", "Read", "--topic", "PLAIN")
        self.assertIn(b"authorization failed", kafka.kcat("-C", "-e", "-t", "PLAIN").stderr)
        self.assertEqual(kafka.read("PLAIN", kafka.properties("PLAIN", user="admin")), TEXTS)


class Replay(harness.Case):
    def test_every_record_of_a_replay_is_there(self):
        kafka = broker.Broker(self)
        address = kafka.start()
        done = harness.replay("-o", f"kafka://{address}", harness.SAMPLE)
        self.assert_ends(done, 0)
        self.assertTrue(done.books["balanced"])
        self.assertGreater(len(done.lines), 100)
        topics = {topic: kafka.read(topic) for topic in TOPICS}
        self.assertEqual(sorted(value for pairs in topics.values() for _, value in pairs), sorted(done.lines))
        for topic, pairs in topics.items():
            self.assertTrue(pairs, topic)
            for key, value in pairs:
                record = json.loads(value)
                self.assertEqual(record["type"] == "flow", topic == TOPICS[0])
                self.assertEqual(key, record.get("community_id", record["sensor"]))
        for topic, lines in harness.each(kafka.console, TOPICS):
            self.assertEqual(sorted(lines), sorted(value for _, value in topics[topic]))


if __name__ == "__main__":
    unittest.main()
