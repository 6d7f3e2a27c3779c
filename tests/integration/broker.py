# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka for a test (scripts/broker), in a folder of its own and gone when the test ends."""
import atexit
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

SCRIPT = str(harness.ROOT / "scripts" / "broker")
START_SECONDS = 300  # a start takes some five, a first one gets the jars too; a hang ends here
FETCH_SECONDS = 1200
TOOL_SECONDS = 120
QUIET_MS = 20000  # the console consumer gives up when nothing came for so long

# What a tool calls the option that names the properties it needs to reach the broker.
CONFIG_OPTION = {"kafka-console-consumer": "--consumer.config", "kafka-console-producer": "--producer.config",
                 "kafka-leader-election": "--admin.config"}

running = set()


@atexit.register
def end_all():
    """An interrupted run skips the tests' clean-ups."""
    for broker in list(running):
        broker.end()


@functools.cache
def missing():
    """Why no broker can be had, None where one can; gets Kafka's jars where they are not there yet."""
    if shutil.which("kcat") is None:
        return "there is no kcat"
    done = subprocess.run([SCRIPT, "fetch"], capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
    return done.stderr.strip() if done.returncode else None


def available():
    """Skips the test where no broker can be had."""
    if missing():
        raise unittest.SkipTest(missing())


class Broker:
    """Starts with start(); ends with the test case (or, given the class, with its last test) at the latest."""

    def __init__(self, case):
        available()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-broker-"))
        self.address, self.tls, self.sasl = None, False, False
        running.add(self)
        (case.addClassCleanup if isinstance(case, type) else case.addCleanup)(self.end)

    def script(self, *arguments, seconds=TOOL_SECONDS):
        """Runs scripts/broker on this broker; gives the finished process, whatever its status."""
        return subprocess.run([SCRIPT, *map(str, arguments)], env={**os.environ, "WEIR_BROKER_DIR": str(self.folder)},
                              capture_output=True, text=True, errors="replace", check=False, timeout=seconds)

    def must(self, *arguments, seconds=TOOL_SECONDS):
        """As script, but a failure fails the test; gives standard output."""
        done = self.script(*arguments, seconds=seconds)
        if done.returncode != 0:
            raise AssertionError(f"broker {' '.join(map(str, arguments))}: status {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, nodes=1, tls=False, sasl=False, settings=None):
        """A new broker; gives its bootstrap address, which is .address from then on. settings: of the broker."""
        self.tls, self.sasl = tls, sasl
        options = [f"--nodes={nodes}", *(["--tls"] if tls else []), *(["--sasl"] if sasl else [])]
        for name, value in (settings or {}).items():
            options += ["--set", f"{name}={value}"]
        self.address = self.must("start", *options, seconds=START_SECONDS).splitlines()[-1]
        return self.address

    def start_again(self):
        """Starts the nodes that were killed; gives the bootstrap address as the script says it now."""
        return self.must("start", seconds=START_SECONDS).splitlines()[-1]

    def kill(self, node=None):
        """Sends SIGKILL to all nodes or to one, from 1."""
        self.must("kill", *([] if node is None else [node]))

    def stop(self):
        """Ends it in order; all it kept is gone."""
        self.must("stop")

    def end(self):
        """Stops what there is to stop. Never fails twice: the folder is kept while a node may run in it."""
        running.discard(self)
        if (self.folder / "broker.json").exists():
            self.script("kill")  # nothing of it is needed any more, and an orderly end takes seconds
            self.must("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def pids(self):
        """{node: process id} of the nodes that run."""
        found = re.findall(r"^node (\d+): runs as process (\d+)$", self.script("status").stdout, re.MULTILINE)
        return {int(node): int(pid) for node, pid in found}

    def tool(self, name, *arguments):
        """What a command line tool of Kafka's own prints; it is given the address and, as admin, what it needs to
        get in. Fails where the tool does."""
        config = CONFIG_OPTION.get(name, "--command-config")
        return self.must("tool", name, "--bootstrap-server", self.address, config, self.folder / "admin.properties",
                         *arguments)

    def create_topic(self, name, partitions=1, replication=None, config=None):
        """replication: None leaves it to the broker. config: of the topic."""
        options = [] if replication is None else ["--replication-factor", replication]
        for setting, value in (config or {}).items():
            options += ["--config", f"{setting}={value}"]
        self.tool("kafka-topics", "--create", "--topic", name, "--partitions", partitions, *options)

    def properties(self, mechanism="SCRAM-SHA-512", user="weir", password=None):
        """librdkafka's properties to get in. password: None takes the right one."""
        found = {"security.protocol": ("sasl_" if self.sasl else "") + ("ssl" if self.tls else "plaintext")}
        if not self.sasl and not self.tls:
            return {}
        if self.tls:
            found["ssl.ca.location"] = str(self.folder / "ca.pem")
        if self.sasl:
            file = self.folder / ("admin-password" if user == "admin" else "password")
            found |= {"sasl.mechanism": mechanism, "sasl.username": user,
                      "sasl.password": file.read_text(encoding="ascii").strip() if password is None else password}
        return found

    def kcat(self, *arguments, properties=None, stdin=b""):
        """Runs kcat on this broker; gives the finished process (bytes). properties: instead of .properties()."""
        properties = self.properties() if properties is None else properties
        options = [part for name, value in properties.items() for part in ("-X", f"{name}={value}")]
        return subprocess.run(["kcat", "-b", self.address, *options, *map(str, arguments)], input=stdin,
                              capture_output=True, check=False, timeout=TOOL_SECONDS)

    def produce(self, topic, lines, properties=None):
        """Sends each line (bytes, KEY TAB VALUE) and waits until all nodes in sync have it."""
        done = self.kcat("-P", "-t", topic, "-K", "\t", "-X", "acks=all", properties=properties,
                         stdin=b"".join(line + b"\n" for line in lines))
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode(errors="replace"))

    def read_bytes(self, topic, properties=None):
        """(key, value) of every message of a topic, as bytes whatever is in them; None for one that is not there."""
        # Lengths first, so that no byte of a message is taken for the end of one.
        done = self.kcat("-C", "-q", "-e", "-o", "beginning", "-t", topic, "-f", "%K %S\n%k%s", properties=properties)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode(errors="replace"))
        pairs, rest = [], memoryview(done.stdout)
        while rest:
            head = bytes(rest[:40]).partition(b"\n")[0]
            rest = rest[len(head) + 1:]
            pair = []
            for length in map(int, head.split()):
                pair.append(None if length < 0 else bytes(rest[:length]))
                rest = rest[max(length, 0):]
            pairs.append(tuple(pair))
        return pairs

    def read(self, topic, properties=None):
        """(key, value) of every message of a topic, as text."""
        return [tuple(part if part is None else part.decode() for part in pair)
                for pair in self.read_bytes(topic, properties)]

    def count(self, topic):
        """How many messages a topic holds, by its offsets (a transaction's markers and what was deleted count too)."""
        lines = self.tool("kafka-get-offsets", "--topic", topic).splitlines()
        return sum(int(line.rsplit(":", 1)[1]) for line in lines)

    def console(self, topic):
        """The values of a topic's messages, a line each, by Kafka's own console consumer."""
        printed = self.tool("kafka-console-consumer", "--topic", topic, "--from-beginning", "--max-messages",
                            self.count(topic), "--timeout-ms", QUIET_MS)
        return printed.split("\n")[:-1]
