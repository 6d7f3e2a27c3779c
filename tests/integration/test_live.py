# SPDX-License-Identifier: Apache-2.0
"""The same packets through every live source give the same flows as their replay, but for times."""
import collections
import concurrent.futures
import json
import pathlib
import zlib

import harness
import net

# When a flow ends must not hang on how fast it was sent.
STILL = ("--set", "flow.idle_timeout=1h", "--set", "flow.active_timeout=1h", "--set", "flow.tcp_linger=1h",
         "--set", "flow.fragments.timeout=1h", "--set", "capture.ring=16384")
XDP = ("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=take")
SOURCES = {
    "af_packet": ("--set", "capture.source=af_packet"),
    "af_xdp take": XDP,
    "af_xdp take, generic": (*XDP, "--set", "capture.af_xdp.attach=generic"),
    "af_xdp tap": ("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=tap"),
    "dpdk net_af_xdp": ("--set", "capture.source=dpdk", "--set", f"capture.dpdk.device=net_af_xdp0,iface={net.SENSOR}"),
}
OF_ITS_TIME = ("start_us", "end_us", "rtt_us", "interarrival_mean_us", "interarrival_stddev_us", "id")


def flows(lines):
    """The flow records without what depends on when packets came."""
    kept = []
    for record in map(json.loads, lines):
        if record["type"] == "flow":
            for name in OF_ITS_TIME:
                record.pop(name, None)
            kept.append(json.dumps(record, sort_keys=True))
    return sorted(kept)


class Live(net.Case):
    def setUp(self):
        super().setUp()
        self.wanted = flows(harness.replay(*STILL, harness.SAMPLE).lines)

    def check(self, arguments):
        with net.Net() as pair, net.Sensor(pair, *STILL, *arguments) as sensor:
            self.check_all(sensor, pair.send(harness.SAMPLE))

    def check_all(self, sensor, sent):
        self.assertEqual(sensor.stop(), 0, sensor.said())
        books = sensor.books()
        self.assertEqual((books["received"], books["balanced"]), (sent, True), books)
        self.assertEqual(sum(books["capture_drops"].values()), 0, books)
        wanted, found = collections.Counter(self.wanted), collections.Counter(flows(sensor.lines()))
        missing, more = list((wanted - found).elements()), list((found - wanted).elements())
        self.assertEqual((len(missing), len(more)), (0, 0), f"missing {missing[:3]}, more {more[:3]}")

    def test_af_packet(self):
        self.check(SOURCES["af_packet"])

    def test_af_xdp_take(self):
        self.check(SOURCES["af_xdp take"])

    def test_af_xdp_take_generic(self):
        self.check(SOURCES["af_xdp take, generic"])

    def test_af_xdp_tap(self):
        self.check(SOURCES["af_xdp tap"])

    def test_dpdk_net_af_xdp(self):
        self.check(SOURCES["dpdk net_af_xdp"])

    def test_dpdk_net_pcap(self):
        device = f"capture.dpdk.device=net_pcap0,rx_pcap={harness.SAMPLE}"
        with net.Net() as pair, net.Sensor(pair, *STILL, "--set", "capture.source=dpdk", "--set", device) as sensor:
            self.assertEqual(sensor.stop(settle=2), 0, sensor.said())
            self.assertEqual(flows(sensor.lines()), self.wanted)

    def test_several_queues(self):
        """As a NIC with symmetric RSS spreads them: whatever reads the queues, the flows are the same.

        The kernel spreads the fragments of a datagram over AF_PACKET sockets, which one thread must then read.
        """
        halves = split(harness.SAMPLE, self.folder)
        for name, spread in (("af_packet", "flows"), ("af_xdp take", "queues"), ("af_xdp take", "flows")):
            arguments = (*STILL, *SOURCES[name], "--workers", "2", "--set", f"capture.spread={spread}")
            with net.Net(2) as pair, net.Sensor(pair, *arguments) as sensor:
                with concurrent.futures.ThreadPoolExecutor(2) as pool:
                    sent = sum(pool.map(lambda half, pair=pair: pair.send(half[1], cpu=half[0]), enumerate(halves)))
                self.check_all(sensor, sent)


def outer_addresses(frame):
    """The outermost IP addresses behind VLAN tags and MPLS labels, in order; empty where there are none."""
    at, kind = 14, int.from_bytes(frame[12:14], "big")
    while kind in (0x8100, 0x88A8, 0x9100):
        at, kind = at + 4, int.from_bytes(frame[at + 2:at + 4], "big")
    if kind == 0x8847:
        while not frame[at + 2] & 1:
            at += 4
        at, kind = at + 4, {4: 0x0800, 6: 0x86DD}.get(frame[at + 4] >> 4)
    if kind == 0x8864:
        at, kind = at + 8, {0x21: 0x0800, 0x57: 0x86DD}.get(int.from_bytes(frame[at + 6:at + 8], "big"))
    if kind == 0x0800:
        return sorted((frame[at + 12:at + 16], frame[at + 16:at + 20]))
    if kind == 0x86DD:
        return sorted((frame[at + 8:at + 24], frame[at + 24:at + 40]))
    return []


def split(capture, folder):
    """Two captures in its place, with both directions between two addresses in the same one."""
    octets = pathlib.Path(capture).read_bytes()
    halves, at = [octets[:24], octets[:24]], 24
    while at < len(octets):
        end = at + 16 + int.from_bytes(octets[at + 8:at + 12], "little")
        addresses = outer_addresses(octets[at + 16:end])
        halves[zlib.crc32(b"".join(addresses)) & 1] += octets[at:end]
        at = end
    paths = [folder / "even", folder / "odd"]
    for path, half in zip(paths, halves):
        path.write_bytes(half)
    return paths
