# SPDX-License-Identifier: Apache-2.0
"""What an operator reads when a real Kafka will not take records, and that none is lost where it can be helped."""
import collections
import json
import subprocess
import threading
import unittest

import broker
import harness

PROPERTY = "export.kafka.properties."
TOPICS = "network-traffic", "processed-data"
SOON, LATE = "1s", "60s"  # to give up after; LATE: longer than any trouble of a test
WAIT_SECONDS = 60
WRONG = "not-the-right-one-7f3a"
FEW = 60  # records that are too large for a topic, at the most

Run = collections.namedtuple("Run", "status said books")


SECRETS = "sasl.password", "sasl.oauthbearer.config"


class Troubles(harness.Case):
    """Replays the sample into a broker."""

    def options(self, address, timeout, properties=None, settings=None):
        options = [*harness.SMALL_TABLE, "-o", f"kafka://{address}", "--summary", self.path("books"),
                   "--set", f"export.kafka.timeout={timeout}"]
        for number, (name, value) in enumerate((properties or {}).items()):
            if name in SECRETS:
                (self.folder / f"secret-{number}").write_text(value, encoding="ascii")
                value = f"file:{self.folder}/secret-{number}"
            options += ["--set", f"{PROPERTY}{name}={value}"]
        for name, value in (settings or {}).items():
            options += ["--set", f"{name}={value}"]
        return [harness.WEIR, "replay", *options, harness.SAMPLE]

    def replay(self, address, timeout=SOON, properties=None, settings=None):
        done = subprocess.run(self.options(address, timeout, properties, settings), capture_output=True, text=True,
                              check=False, timeout=harness.REPLAY_SECONDS)
        return self.judged(done.returncode, done.stdout + done.stderr, properties)

    def replay_until(self, word, then, address, properties=None, settings=None):
        """A replay in which `then` is done once `word` has been said."""
        command = self.options(address, LATE, properties, settings)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as weir:
            end = threading.Timer(WAIT_SECONDS, weir.kill)
            end.start()
            said = []
            for line in weir.stderr:
                said.append(line)
                if then is not None and word in line:
                    then()
                    then = None
            end.cancel()
        self.assertIsNone(then, "".join(said))
        return self.judged(weir.returncode, "".join(said), properties)

    def judged(self, status, said, properties):
        """No secret is told, and the books balance."""
        for name in SECRETS:
            if name in (properties or {}):
                self.assertNotIn(properties[name], said)
        books = harness.read_json(self.path("books"))
        self.assertTrue(books["balanced"], said)
        return Run(status, said, books)

    def assert_refused(self, run, cause, *texts):
        """Nothing was delivered, everything was dropped for the cause, and each of the texts was told."""
        self.assertEqual(run.status, 1, run.said)
        self.assertEqual(run.books["delivered"], 0, run.said)
        self.assertEqual(run.books["export_drops"], {cause: sum(run.books["records"].values())}, run.said)
        for text in texts:
            self.assertIn(text, run.said)

    def assert_delivered(self, run, kafka, topics=TOPICS):
        """Everything arrived, each record once."""
        self.assertEqual(run.status, 0, run.said)
        self.assertEqual(run.books["delivered"], sum(run.books["records"].values()))
        ids = [json.loads(value)["id"] for topic in topics for _, value in kafka.read(topic)]
        self.assertEqual(len(ids), run.books["delivered"])
        self.assertEqual(len(set(ids)), len(ids))


class Nobody(Troubles):
    def test_host_that_is_not_known(self):
        run = self.replay("no-such-host.invalid:9092")
        self.assert_refused(run, "broker_unreachable", "broker no-such-host.invalid:9092: the host is not known here",
                            "check the output's address", "no broker answered within 1s")

    def test_nothing_listens(self):
        run = self.replay("127.0.0.1:1")
        self.assert_refused(run, "broker_unreachable", "broker 127.0.0.1:1: no connection", "Connection refused",
                            "check the output's address and that the broker runs")
        # Once for the trouble and once for the loss, not for each attempt or record.
        self.assertEqual(run.said.count("Connection refused"), 2, run.said)


class Plain(Troubles):
    @classmethod
    def setUpClass(cls):
        cls.kafka = broker.Broker(cls)
        cls.kafka.start(settings={"auto.create.topics.enable": "false"})

    def names(self, name):
        """Topics of the test's own, and the options that name them."""
        return (f"{name}-flows", f"{name}-rest"), {"export.topics.flow": f"{name}-flows",
                                                   "export.topics.processed": f"{name}-rest"}

    def test_tls_where_there_is_none(self):
        for protocol in "ssl", "sasl_ssl":
            properties = {"security.protocol": protocol}
            if protocol == "sasl_ssl":
                properties |= {"sasl.mechanism": "PLAIN", "sasl.username": "weir", "sasl.password": WRONG}
            run = self.replay(self.kafka.address, properties=properties)
            self.assert_refused(run, "broker_unreachable", f"broker {self.kafka.address}: it hangs up on a TLS handshake",
                                f"{PROPERTY}security.protocol")

    def test_user_where_nobody_asks(self):
        run = self.replay(self.kafka.address, properties={
            "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "weir",
            "sasl.password": WRONG})
        self.assert_refused(run, "broker_refused", f"broker {self.kafka.address}: it asks for no user",
                            f"{PROPERTY}security.protocol")

    def test_topic_that_is_missing(self):
        topics, settings = self.names("missing")
        run = self.replay(self.kafka.address, timeout="4s", settings=settings)
        self.assert_refused(run, "broker_refused", f"-rest does not exist on {self.kafka.address}",
                            "make it, or set export.topics.create to missing")

        def make():
            for topic in topics:
                self.kafka.create_topic(topic)

        run = self.replay_until("does not exist", make, self.kafka.address, settings=settings)
        self.assertIn("takes records again after", run.said)
        self.assert_delivered(run, self.kafka, topics)

    def test_topics_are_made_as_told(self):
        topics, settings = self.names("made")
        self.kafka.create_topic(topics[1], partitions=2)
        run = self.replay(self.kafka.address, timeout=LATE, settings=settings | {
            "export.topics.create": "missing", "export.topics.partitions": 3, "export.topics.replication": 1,
            "export.topics.retention": "1h", "export.topics.compression": "lz4"})
        self.assert_delivered(run, self.kafka, topics)
        described = {topic: self.kafka.tool("kafka-topics", "--describe", "--topic", topic) for topic in topics}
        self.assertRegex(described[topics[0]], r"PartitionCount: 3\b")
        self.assertIn("retention.ms=3600000", described[topics[0]])
        self.assertIn("compression.type=lz4", described[topics[0]])
        # What was there is as it was.
        self.assertRegex(described[topics[1]], r"PartitionCount: 2\b")
        self.assertNotIn("retention.ms=3600000", described[topics[1]])

    def test_topics_that_cannot_be_made(self):
        _, settings = self.names("impossible")
        run = self.replay(self.kafka.address, settings=settings | {
            "export.topics.create": "missing", "export.topics.replication": 3})
        self.assert_refused(run, "broker_refused", "does not exist and may not be made",
                            "check export.topics.replication and how many brokers run")

    def test_topic_that_is_deleted_is_made_again(self):
        topics, settings = self.names("again")
        settings |= {"export.topics.create": "missing"}
        first = self.replay(self.kafka.address, timeout=LATE, settings=settings)
        self.assert_delivered(first, self.kafka, topics)
        for topic in topics:
            self.kafka.tool("kafka-topics", "--delete", "--topic", topic)
        second = self.replay(self.kafka.address, timeout=LATE, settings=settings)
        self.assert_delivered(second, self.kafka, topics)

    def test_batches_larger_than_a_topic_takes(self):
        topics, settings = self.names("batches")
        for topic in topics:
            self.kafka.create_topic(topic, config={"max.message.bytes": 20000})
        run = self.replay(self.kafka.address, timeout=LATE, settings=settings)
        self.assert_delivered(run, self.kafka, topics)

    def test_records_larger_than_a_topic_takes(self):
        topics, settings = self.names("records")
        sizes = sorted(len(line) for line in harness.plain_replay(harness.SAMPLE).lines if '"type":"flow"' in line)
        limit = sizes[-FEW // 2]  # and what a batch adds makes it some more
        self.kafka.create_topic(topics[0], config={"max.message.bytes": limit + 100})
        self.kafka.create_topic(topics[1])
        run = self.replay(self.kafka.address, timeout=LATE, settings=settings)
        self.assertEqual(run.status, 1, run.said)  # for what was lost
        self.assertEqual(list(run.books["export_drops"]), ["record_too_large"])
        dropped = run.books["export_drops"]["record_too_large"]
        self.assertTrue(0 < dropped < FEW, dropped)
        self.assertEqual(run.books["delivered"] + dropped, sum(run.books["records"].values()))
        self.assertEqual(sum(self.kafka.count(topic) for topic in topics), run.books["delivered"])
        self.assertRegex(run.said, rf"topic {topics[0]}: a record of \d+ octets is too large and is dropped")
        for setting in "max.message.bytes", f"{PROPERTY}message.max.bytes":
            self.assertIn(setting, run.said)


class Secured(Troubles):
    @classmethod
    def setUpClass(cls):
        cls.kafka = broker.Broker(cls)
        cls.kafka.start(tls=True, sasl=True)
        for topic in TOPICS:
            cls.kafka.create_topic(topic, partitions=3)

    def acl(self, *arguments):
        self.kafka.tool("kafka-acls", *arguments)

    def test_all_right(self):
        delivered = 0
        for mechanism in "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN":
            run = self.replay(self.kafka.address, timeout=LATE, properties=self.kafka.properties(mechanism))
            self.assertEqual(run.status, 0, run.said)
            self.assertEqual(run.books["delivered"], sum(run.books["records"].values()))
            delivered += run.books["delivered"]
        self.assertEqual(sum(self.kafka.count(topic) for topic in TOPICS), delivered)

    def test_no_tls_where_there_is_some(self):
        for protocol in "plaintext", "sasl_plaintext":
            properties = self.kafka.properties() | {"security.protocol": protocol}
            run = self.replay(self.kafka.address, properties=properties)
            self.assert_refused(run, "broker_unreachable",
                                f"broker {self.kafka.address}: it closes a connection without TLS",
                                f"{PROPERTY}security.protocol")

    def test_no_user_where_there_must_be_one(self):
        run = self.replay(self.kafka.address, properties=self.kafka.properties() | {"security.protocol": "ssl"})
        self.assert_refused(run, "broker_refused", f"broker {self.kafka.address}: it closes a connection without a user",
                            "sasl.username")

    def test_certificate_of_an_unknown_ca(self):
        properties = self.kafka.properties()
        del properties["ssl.ca.location"]
        run = self.replay(self.kafka.address, properties=properties)
        self.assert_refused(run, "broker_unreachable", f"broker {self.kafka.address}: its certificate is not trusted",
                            f"{PROPERTY}ssl.ca.location")

    def test_wrong_password(self):
        for mechanism in "PLAIN", "SCRAM-SHA-512":
            run = self.replay(self.kafka.address, properties=self.kafka.properties(mechanism, password=WRONG))
            self.assert_refused(run, "broker_refused", f"broker {self.kafka.address}: it does not accept the user",
                                f"{PROPERTY}sasl.username and sasl.password")

    def test_mechanism_that_is_not_offered(self):
        # A token of nobody's, which the broker does not get to see.
        properties = self.kafka.properties() | {"sasl.mechanism": "OAUTHBEARER",
                                                "enable.sasl.oauthbearer.unsecure.jwt": "true",
                                                "sasl.oauthbearer.config": "principal=weir"}
        run = self.replay(self.kafka.address, properties=properties)
        self.assert_refused(run, "broker_refused", f"broker {self.kafka.address}: it does not offer this mechanism",
                            f"{PROPERTY}sasl.mechanism")

    def test_writing_is_not_allowed(self):
        for topic in "closed-flows", "closed-rest":
            self.kafka.create_topic(topic)
            self.acl("--add", "--deny-principal", "User:weir", "--operation", "Write", "--topic", topic)
        settings = {"export.topics.flow": "closed-flows", "export.topics.processed": "closed-rest"}
        run = self.replay(self.kafka.address, properties=self.kafka.properties(), settings=settings)
        self.assert_refused(run, "broker_refused", "the user may not write to it", "allow Write")

        def allow():
            for topic in "closed-flows", "closed-rest":
                self.acl("--remove", "--force", "--topic", topic)

        run = self.replay_until("may not write", allow, self.kafka.address, properties=self.kafka.properties(),
                                settings=settings)
        self.assertIn("takes records again after", run.said)
        self.assert_delivered(run, self.kafka, ("closed-flows", "closed-rest"))

    def test_making_topics_is_not_allowed(self):
        self.addCleanup(self.acl, "--remove", "--force", "--cluster")
        self.acl("--add", "--deny-principal", "User:weir", "--operation", "Create", "--cluster")
        for topic in "forbidden-flows", "forbidden-rest":
            self.acl("--add", "--allow-principal", "User:weir", "--operation", "Write", "--operation", "Read",
                     "--topic", topic)
        settings = {"export.topics.flow": "forbidden-flows", "export.topics.processed": "forbidden-rest",
                    "export.topics.create": "missing"}
        # What one may not make, but write to, is no trouble where it is there.
        run = self.replay(self.kafka.address, timeout="4s", properties=self.kafka.properties(), settings=settings)
        self.assert_refused(run, "broker_refused", "does not exist and may not be made", "allow Create on the topic",
                            "or make it by hand")
        for topic in "forbidden-flows", "forbidden-rest":
            self.kafka.create_topic(topic)
        run = self.replay(self.kafka.address, timeout=LATE, properties=self.kafka.properties(), settings=settings)
        self.assertNotIn("may not", run.said)
        self.assert_delivered(run, self.kafka, ("forbidden-flows", "forbidden-rest"))


if __name__ == "__main__":
    unittest.main()
