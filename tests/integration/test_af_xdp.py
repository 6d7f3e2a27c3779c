# SPDX-License-Identifier: Apache-2.0
"""weir run with AF_XDP: it leaves the interface as it was found, whatever ends it; what it captures is in test_live.py."""
import json
import os
import signal
import subprocess
import time
import unittest

import captures
import harness
import net

TAKE = ("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=take")
TAP = ("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=tap")
GONE_SECONDS = 5


def programs(pair):
    """Ids of the XDP programs on the sensor's interface."""
    shown = json.loads(net.command("ip", "-n", pair.names[net.SENSOR], "-j", "link", "show", net.SENSOR))[0]
    return [shown["xdp"]["prog"]["id"]] if "xdp" in shown else []


def promiscuous(pair):
    shown = net.command("ip", "-n", pair.names[net.SENSOR], "-j", "-d", "link", "show", net.SENSOR)
    return json.loads(shown)[0]["promiscuity"] > 0


def keepers(sensor):
    """Process ids of the sensor's keepers: children by that name."""
    with open(f"/proc/{sensor.process.pid}/task/{sensor.process.pid}/children", encoding="ascii") as children:
        return [int(pid) for pid in children.read().split() if name_of(pid) == "weir-keeper"]


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as name:
        return name.read().strip()


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def becomes(true):
    """Waits until it is so; whether it is."""
    until = time.monotonic() + GONE_SECONDS
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def capabilities(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        fields = dict(line.split(":\t", 1) for line in status)
    return {name: int(fields[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")}


class AfXdp(net.Case):
    def assert_clean(self, pair):
        becomes(lambda: not programs(pair) and not promiscuous(pair))
        self.assertEqual((programs(pair), promiscuous(pair)), ([], False))

    def test_signals_leave_nothing(self):
        """The program, the promiscuous mode and the keeper are gone with the sensor, however that ends."""
        for mode in TAKE, TAP:
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
                with net.Net() as pair, net.Sensor(pair, *mode) as sensor:
                    self.assertEqual((len(programs(pair)), promiscuous(pair)), (1, True), sensor.said())
                    keeper, = keepers(sensor)
                    sensor.process.send_signal(number)
                    status = sensor.process.wait(net.STOP_SECONDS)
                    self.assertEqual(status, -number if number == signal.SIGKILL else 0, sensor.said())
                    self.assert_clean(pair)
                    self.assertTrue(becomes(lambda keeper=keeper: not lives(keeper)))

    def test_signals_to_the_group_do_not_end_the_keeper_first(self):
        """As a terminal's Ctrl-C or a service manager's stop do it."""
        with net.Net() as pair, net.Sensor(pair, *TAP) as sensor:
            keeper, = keepers(sensor)
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT:
                os.kill(keeper, number)
            time.sleep(0.1)
            self.assertEqual(keepers(sensor), [keeper])
            self.ends_in_order(sensor, 0)
            self.assert_clean(pair)

    def test_keeper_has_few_rights(self):
        with net.Net() as pair, net.Sensor(pair, *TAP) as sensor:
            keeper, = keepers(sensor)
            network_admin, sys_admin, perfmon, bpf = 1 << 12, 1 << 21, 1 << 38, 1 << 39
            kept = capabilities(keeper)
            self.assertEqual(kept["CapPrm"] & ~(network_admin | sys_admin | perfmon | bpf), 0)
            self.assertEqual((kept["CapInh"], kept["CapAmb"]), (0, 0))
            self.assertTrue(kept["CapEff"] & network_admin)
            links = [os.readlink(f"/proc/{keeper}/fd/{number}") for number in os.listdir(f"/proc/{keeper}/fd")]
            self.assertEqual(sorted(link.split(":")[0] for link in links),
                             ["/dev/null"] * 3 + ["anon_inode", "socket"], links)
            self.assertEqual(capabilities(sensor.process.pid)["CapPrm"], 0)

    def test_keeper_killed_first(self):
        """Then the program stays behind a killed sensor, and the next one takes it off."""
        with net.Net() as pair:
            with net.Sensor(pair, *TAP) as sensor:
                os.kill(keepers(sensor)[0], signal.SIGKILL)
                sensor.wait_for("is gone: the XDP programs stay when weir ends")
                sensor.process.kill()
                sensor.process.wait()
            left = programs(pair)
            self.assertEqual(len(left), 1)
            with net.Sensor(pair, *TAKE) as sensor:
                self.assertIn("took off 1 XDP program of a weir that was killed", sensor.said())
                self.assertNotEqual(programs(pair), left)
                self.ends_in_order(sensor, 0)
            self.assert_clean(pair)

    def check_ended(self, sensor, received, detail):
        self.assertEqual(sensor.process.wait(net.STOP_SECONDS), 1, sensor.said())
        books = sensor.books()
        self.assertEqual((books["received"], books["balanced"]), (received, True), books)
        self.assertEqual([(loss["file"], loss["cause"]) for loss in books["capture_losses"]], [(net.SENSOR, "detached")])
        self.assertIn(detail, sensor.said())

    def test_interface_goes_away(self):
        capture = self.capture(flows=20, packets_each=2)
        for mode in TAKE, TAP:
            with net.Net() as pair, net.Sensor(pair, *mode, binary=harness.CHECKED) as sensor:
                sent = pair.send(capture)
                time.sleep(0.2)  # what has not arrived is lost with the interface
                net.command("ip", "-n", pair.names[net.SENSOR], "link", "del", net.SENSOR)
                self.check_ended(sensor, sent, "the interface is no longer there")

    def test_program_taken_off(self):
        capture = self.capture(flows=20, packets_each=2)
        for mode in TAKE, TAP:
            with net.Net() as pair, net.Sensor(pair, *mode, binary=harness.CHECKED) as sensor:
                sent = pair.send(capture)
                time.sleep(0.2)
                pair.link(net.SENSOR, "xdp", "off")
                self.check_ended(sensor, sent, "took XDP program")

    def test_interface_goes_down_and_up(self):
        capture = self.capture(flows=20, packets_each=2)
        for mode in TAKE, TAP:
            with net.Net() as pair, net.Sensor(pair, *mode, binary=harness.CHECKED) as sensor:
                sent = pair.send(capture)
                pair.link(net.SENSOR, "down")
                sensor.wait_for("was set down")
                pair.link(net.SENSOR, "up")
                sensor.wait_for("is up again")
                time.sleep(0.1)  # the other end's carrier follows
                sent += pair.send(capture)
                self.ends_in_order(sensor, sent)

    def test_ring_overflows(self):
        """What finds no room while weir stands still is a drop with a name, and nothing else is lost."""
        capture = self.capture(flows=20, packets_each=1000)
        for mode in TAKE, TAP:
            ring = ("--set", "capture.ring=1024")
            with net.Net() as pair, net.Sensor(pair, *mode, *ring, binary=harness.CHECKED) as sensor:
                sensor.process.send_signal(signal.SIGSTOP)
                sent = pair.send(capture, "--topspeed")
                sensor.process.send_signal(signal.SIGCONT)
                books = self.ends_in_order(sensor, sent)
                drops = books["capture_drops"]
                self.assertGreater(drops["ring_full"], 0)
                self.assertEqual(books["parsed"], sent - sum(drops.values()))

    def test_filter_and_sampling(self):
        """What is left out by wish is in the books by name, and what it weighed in `wire_bytes`."""
        capture = self.capture(flows=200, packets_each=3)
        ports = ("--set", "capture.filter.ports=2000-2049")
        for mode in TAKE, TAP:
            with net.Net() as pair, net.Sensor(pair, *mode) as sensor:
                sent = pair.send(capture)
                everything = self.ends_in_order(sensor, sent)
            for options, left_out in ((("--set", "capture.filter.protocols=tcp"), "filtered"),
                                      (("--set", "capture.sampling=4"), "sampled_out"), (ports, "filtered")):
                with net.Net() as pair, net.Sensor(pair, *mode, *options) as sensor:
                    books = self.ends_in_order(sensor, pair.send(capture))
                    drops = books["capture_drops"]
                    self.assertEqual(books["parsed"], sent - drops[left_out])
                    self.assertEqual(books["parsed"], 3 * books["flows_ended"])
                    self.assertEqual(books["wire_bytes"], everything["wire_bytes"])
                    self.assertGreater(drops[left_out], 0)

    def test_refusals(self):
        cases = (("capture.queues=1", 2, "has no queue 1: it has 1"),
                 ("capture.af_xdp.copy=zero_copy", 1, "expected capture.af_xdp.copy=auto"),
                 ("capture.filter.prefixes=10.0.0.1/8", 2, "expected these to be 0"),
                 ("capture.interface=wbb", 1, "did you mean wb?"))
        with net.Net() as pair:
            words = pair.within(net.SENSOR, harness.CHECKED, "run", *TAKE, "--set", f"capture.interface={net.SENSOR}")
            for option, status, says in cases:
                self.assert_ends(harness.run(*words[1:], "--set", option, "-o", "null:", binary=words[0]), status,
                                 says)
                self.assert_clean(pair)
            with net.Sensor(pair, *TAP):
                self.assert_ends(harness.run(*words[1:], "-o", "null:", binary=words[0]), 1,
                                 f"another weir captures from queue 0 of {net.SENSOR}")
                self.assertEqual(len(programs(pair)), 1)

    def test_ordinary_user(self):
        """The capabilities that docs/CAPTURE.md names are enough, also to clean up."""
        rights = "+net_raw,+net_admin,+bpf,+perfmon"
        wrapper = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", f"--inh-caps=-all,{rights}",
                   f"--ambient-caps=-all,{rights}", f"--bounding-set=-all,{rights}")
        with net.Net() as pair:
            for number in signal.SIGINT, signal.SIGKILL:
                with subprocess.Popen(pair.within(net.SENSOR, *wrapper, harness.WEIR, "run", *TAP, "--set",
                                                  f"capture.interface={net.SENSOR}", *harness.SMALL_TABLE, "-o",
                                                  "null:"), stderr=subprocess.PIPE, text=True) as process:
                    while "agent: capturing" not in (line := process.stderr.readline()):
                        self.assertTrue(line, "weir ended")
                    self.assertEqual(len(programs(pair)), 1)
                    process.send_signal(number)
                    process.wait(net.STOP_SECONDS)
                self.assert_clean(pair)


if __name__ == "__main__":
    unittest.main()
