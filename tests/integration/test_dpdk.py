# SPDX-License-Identifier: Apache-2.0
"""weir run with DPDK's virtual devices, as an ordinary user without rights once they are open."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

import harness
import net

XDP_DEVICE = f"net_af_xdp0,iface={net.SENSOR}"
PACKET_DEVICE = f"net_af_packet0,iface={net.SENSOR}"


def device(name):
    return ["--set", "capture.source=dpdk", "--set", f"capture.dpdk.device={name}"]


@contextlib.contextmanager
def memif_sender(socket):
    """Sends as fast as it can into the memif at that path, from a process of DPDK's own."""
    eal = ["--no-huge", "--no-shconf", "-m", "256", "--lcores=0@0,1@0", "--no-pci", "--no-telemetry", "--iova-mode=va",
           f"--vdev=net_memif0,role=client,socket-abstract=no,socket={socket}"]
    words = ["--forward-mode=txonly", "--total-num-mbufs=8000", "--tx-first", "--no-mlockall", "--stats-period=1"]
    sender = subprocess.Popen(["dpdk-testpmd", *eal, "--", *words], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        sender.kill()
        sender.wait()


class Dpdk(harness.Case):
    def setUp(self):
        super().setUp()
        net.needed()

    def shown(self, pair):
        return pair.run(net.SENSOR, "ip", "-d", "link", "show", net.SENSOR)

    def test_leaves_the_interface_as_it_was(self):
        """Weir has no right any more to take anything back, and none at all where it is killed."""
        for name in (XDP_DEVICE, PACKET_DEVICE):
            for number in (signal.SIGTERM, signal.SIGKILL):
                with self.subTest(device=name, signal=number), net.Net() as pair:
                    with net.Sensor(pair, *device(name)) as sensor:
                        during = self.shown(pair)
                        sensor.stop(number)
                    self.assertIn("promiscuity 1", during)
                    self.assertIn("promiscuity 0", self.shown(pair))
                    self.assertNotIn("xdp", self.shown(pair))
                    if name == XDP_DEVICE:
                        self.assertIn("xdp", during)

    def test_link_down_and_interface_gone(self):
        with net.Net() as pair, net.Sensor(pair, *device(XDP_DEVICE)) as sensor:
            pair.link(net.SENDER, "down")
            sensor.wait_for("link is down")
            pair.link(net.SENDER, "up")
            sensor.wait_for("link is up")
            sent = pair.send(harness.SAMPLE)
            time.sleep(0.5)
            net.command("ip", "-n", pair.names[net.SENDER], "link", "del", net.SENDER)
            sensor.wait_for("the interface beneath the device is gone")
            # There is nothing left to capture from.
            self.assertNotEqual(sensor.process.wait(net.STOP_SECONDS), 0, sensor.said())
            books = sensor.books()
            self.assertEqual((books["received"], books["balanced"]), (sent, True), books)
            self.assertEqual([loss["cause"] for loss in books["capture_losses"]], ["detached"], books)

    def test_memif_connects_after_rights_were_given_up(self):
        if shutil.which("dpdk-testpmd") is None:
            raise unittest.SkipTest("dpdk-testpmd is not installed")
        folder = pathlib.Path(self.folder)
        os.chmod(folder, 0o755)
        name = f"net_memif0,role=server,socket-abstract=no,socket={folder}/socket"
        with net.Net() as pair, net.Sensor(pair, *device(name)) as sensor:
            with memif_sender(folder / "socket"):
                sensor.wait_for("link is up")
                time.sleep(1)
            sensor.wait_for("link is down")
            self.assertEqual(sensor.stop(), 0, sensor.said())
            books = sensor.books()
            self.assertGreater(books["received"], 1000, books)
            self.assertTrue(books["balanced"], books)

    def test_two_sensors_do_not_meet(self):
        with net.Net() as pair, net.Sensor(pair, *device("net_null0")) as one, \
                net.Sensor(pair, *device("net_null0")) as other:
            for sensor in (one, other):
                self.assertEqual(sensor.stop(), 0, sensor.said())
                self.assertGreater(sensor.books()["received"], 0)

    def test_what_cannot_be_says_why(self):
        cases = [
            ("net_nope0", (), "net_nope0"),
            ("net_af_xdp0,iface=weir-nope", (), "weir-nope"),
            ("net_pcap0,iface=lo", ("--workers", "3"), "capture.spread=flows"),
            ("0000:ff:1f.7", (), "no PCI device"),
        ]
        for name, more, text in cases:
            with self.subTest(device=name):
                done = harness.run("run", *harness.SMALL_TABLE, *device(name), *more, "-o", "null:")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(text, done.stderr)
