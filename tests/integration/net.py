# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces with a veth pair between them: frames sent in one are captured in the other.

Nothing leaves them, and both are gone with the Net. Needs root; Net.needed() skips a test that has none.
"""
import contextlib
import itertools
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import captures
import harness

SENDER, SENSOR = "wa", "wb"  # the interfaces, each in its namespace
START_SECONDS = 30
STOP_SECONDS = 60
_numbers = itertools.count()


def command(*words, **options):
    """Runs a command that has to succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def needed():
    """Skips the test where namespaces cannot be made."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("network namespaces are for root")


class Net(contextlib.ExitStack):
    """A veth pair of so many queues each way; frames up to `mtu` octets behind their Ethernet header."""

    def __init__(self, queues=1, mtu=1500):
        super().__init__()
        name = f"weir-{os.getpid()}-{next(_numbers)}"
        self.names = {SENDER: name + "a", SENSOR: name + "b"}
        for namespace in self.names.values():
            command("ip", "netns", "add", namespace)
            self.callback(command, "ip", "netns", "del", namespace)
        command("ip", "-n", self.names[SENDER], "link", "add", SENDER, "numtxqueues", str(queues), "numrxqueues",
                str(queues), "type", "veth", "peer", "name", SENSOR, "netns", self.names[SENSOR], "numtxqueues",
                str(queues), "numrxqueues", str(queues))
        for interface in (SENDER, SENSOR):
            self.set_up(interface, mtu)
        for queue in range(queues if queues > 1 else 0):
            path = f"/sys/class/net/{SENDER}/queues/tx-{queue}/xps_cpus"
            command("ip", "netns", "exec", self.names[SENDER], "sh", "-c", f"echo {1 << queue:x} > {path}")

    def set_up(self, interface, mtu):
        """The kernel's own packets would get in the way, and so would bundles of what was sent."""
        self.run(interface, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        command("ip", "-n", self.names[interface], "link", "set", interface, "mtu", str(mtu), "arp", "off", "up")
        self.run(interface, "ethtool", "-K", interface, "gro", "off", "gso", "off", "tso", "off", "tx", "off")

    def within(self, interface, *words):
        """The command that runs `words` in the interface's namespace (not ip netns exec: that hides bpffs)."""
        return ["nsenter", f"--net=/run/netns/{self.names[interface]}", *map(str, words)]

    def run(self, interface, *words):
        return command(*self.within(interface, *words))

    def link(self, interface, *words):
        """ip link set INTERFACE WORDS..."""
        command("ip", "-n", self.names[interface], "link", "set", interface, *words)

    def send(self, capture, *options, cpu=0):
        """Replays a capture into the pair, at 20000 packets a second unless told otherwise; how many were sent.

        Where there are several queues, the CPU that sends is the queue that they come to.
        """
        options = options or ("--pps=20000",)
        printed = self.run(SENDER, "taskset", "-c", cpu, "tcpreplay", "-q", "-i", SENDER, *options, capture)
        return int(next(line for line in printed.splitlines() if "Successful packets:" in line).split()[-1])


class Sensor:
    """A weir run in the sensor's namespace. Its books, its log and, unless -o is given, its records lie in a folder."""

    def __init__(self, net, *arguments, binary=harness.WEIR, interface=SENSOR, wrapper=(), environment=None):
        self.folder = tempfile.TemporaryDirectory()
        os.chmod(self.folder.name, 0o755)
        path = pathlib.Path(self.folder.name)
        self.records, self.summary, self.log = path / "records", path / "books", path / "log"
        output = () if "-o" in arguments else ("-o", f"ndjson:{self.records}")
        words = [binary, "run", "--set", f"capture.interface={interface}", *harness.SMALL_TABLE, *output,
                 "--set", "history.file=none", "--summary", self.summary, *arguments]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(net.within(SENSOR, *wrapper, *words), stderr=log, stdout=log,
                                            env={**os.environ, **(environment or {})})

    def __enter__(self):
        self.wait_for("agent: capturing")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text, seconds=START_SECONDS):
        """Until it has said so; an error where it ends before, or takes too long."""
        until = time.monotonic() + seconds
        while text not in self.said():
            if self.process.poll() is not None and text not in self.said():
                raise AssertionError(f"weir ended with {self.process.returncode} before it said '{text}': {self.said()}")
            if time.monotonic() > until:
                raise AssertionError(f"weir did not say '{text}' in {seconds} s: {self.said()}")
            time.sleep(0.02)

    def stop(self, number=signal.SIGINT, settle=0.3):
        """Ends it in order, `settle` seconds after all was sent; returns its exit status."""
        time.sleep(settle)
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def books(self):
        return harness.read_json(self.summary)

    def lines(self):
        return harness.read_lines(self.records)


class Case(harness.Case):
    """A test that needs namespaces."""

    def setUp(self):
        super().setUp()
        needed()

    def capture(self, **shape):
        """A capture file of UDP flows."""
        return captures.write(self.path("sent.pcap"), captures.udp_flows(**shape))

    def ends_in_order(self, sensor, received):
        """Stops it; its books, which balance and have so many packets."""
        self.assertEqual(sensor.stop(), 0, sensor.said())
        books = sensor.books()
        self.assertEqual((books["received"], books["balanced"]), (received, True), books)
        return books
