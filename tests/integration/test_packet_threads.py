# SPDX-License-Identifier: Apache-2.0
"""Packet threads make no system call but those of their capture source, and allocate nothing."""
import collections
import pathlib
import re
import struct
import subprocess
import time

import harness
import net

BUILD = pathlib.Path(harness.WEIR).parent
PRELOAD = BUILD / "tests" / "libcount_allocations.so"
SENDER = BUILD / "tests" / "bench" / "bench_sender"
SECONDS = 4

# What a source asks the kernel about once a second, for its counters and the interface's (by netlink).
COUNTERS = {"getsockopt", "sendto", "recvfrom"}
SOURCES = {
    "af_packet": (("--set", "capture.source=af_packet"), COUNTERS),
    "af_xdp take": (("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=take"), COUNTERS),
    "af_xdp tap": (("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=tap"), COUNTERS),
    "dpdk": (("--set", "capture.source=dpdk", "--set", "capture.dpdk.mbufs=65536",
              "--set", f"capture.dpdk.device=net_pcap0,rx_pcap={harness.SAMPLE},infinite_rx=1"), set()),
}
A_SECOND = 20  # far below one a burst


def worker_of(process):
    """The id of the one worker thread."""
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        if (task / "comm").read_text() == "weir-worker\n":
            return int(task.name)
    raise AssertionError("weir has no worker")


def sender(pair, seconds):
    """Sends beside whatever is done next."""
    return subprocess.Popen(pair.within(net.SENDER, SENDER, "--seconds", seconds, "--pps", "100000", "uniform",
                                        net.SENDER), stdout=subprocess.DEVNULL)


class PacketThreads(net.Case):
    def setUp(self):
        super().setUp()
        if not SENDER.exists() or not PRELOAD.exists():
            self.skipTest(f"no {SENDER} or {PRELOAD}: this build has no benchmarks")

    def test_system_calls(self):
        for name, (arguments, allowed) in SOURCES.items():
            with net.Net() as pair, net.Sensor(pair, *arguments, "--set", "worker.idle=poll") as sensor:
                with sender(pair, SECONDS + 2):
                    time.sleep(1)
                    traced = subprocess.run(["timeout", "-s", "INT", str(SECONDS), "strace", "-p",
                                             str(worker_of(sensor.process))],
                                            capture_output=True, text=True, check=False).stderr
                self.assertEqual(sensor.stop(), 0, sensor.said())
                self.assertGreater(sensor.books()["parsed"], 50000, sensor.books())
            self.assertIn("attached", traced)
            calls = collections.Counter(re.findall(r"^(\w+)\(", traced, re.MULTILINE))
            self.assertEqual(set(calls) - allowed, set(), f"{name}: {calls}")
            self.assertLess(calls.total(), A_SECOND * SECONDS, f"{name}: {calls}")

    def test_allocations(self):
        for name, (arguments, _) in SOURCES.items():
            counted = self.folder / "counted"
            counted.write_bytes(bytes(8))
            environment = {"LD_PRELOAD": str(PRELOAD), "COUNT_ALLOCATIONS": str(counted)}
            with net.Net() as pair, net.Sensor(pair, *arguments, wrapper=self.preloaded(environment)) as sensor:
                with sender(pair, SECONDS):
                    time.sleep(1)
                    before = struct.unpack("=Q", counted.read_bytes())[0]
                    time.sleep(SECONDS - 2)
                    after = struct.unpack("=Q", counted.read_bytes())[0]
                self.assertEqual(sensor.stop(), 0, sensor.said())
                self.assertGreater(sensor.books()["parsed"], 50000, sensor.books())
            self.assertEqual(after - before, 0, f"{name}: {after - before} calls of malloc and its like")

    def preloaded(self, environment):
        """A command that sets the variables for weir alone, not for what enters the namespace."""
        return ["env", *(f"{name}={value}" for name, value in environment.items())]
