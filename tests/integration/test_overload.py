# SPDX-License-Identifier: Apache-2.0
"""More than the sensor can take, and for long: what is lost is counted, memory stays, talkers are reported right.

For longer and faster runs: WEIR_FLOOD_SECONDS, WEIR_FLOOD_PPS (0: as fast as it goes), WEIR_SOAK_SECONDS,
WEIR_SOAK_PPS; WEIR_REPORT names a file for the curve.
"""
import collections
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import harness
import net
import test_live

SENDER = pathlib.Path(harness.WEIR).parent / "tests" / "bench" / "bench_sender"
FLOOD_SECONDS = int(os.environ.get("WEIR_FLOOD_SECONDS", "8"))
FLOOD_PPS = int(os.environ.get("WEIR_FLOOD_PPS", "150000"))
SOAK_SECONDS = int(os.environ.get("WEIR_SOAK_SECONDS", "10"))
SOAK_PPS = int(os.environ.get("WEIR_SOAK_PPS", "50000"))
XDP = ("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=take", "--set", "capture.ring=16384")
FLOODED = '"destination_ip":"10.255.0.'  # the flood's servers
FLOOD_TABLE = "512Ki" if FLOOD_PPS == 0 else "128Ki"
GROWTH_KIB = 16 << 10  # between the first seconds and the end


def resident_kib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def send(pair, kind, seconds, pps=0):
    """Starts to send; its result is for sent()."""
    return subprocess.Popen(pair.within(net.SENDER, "taskset", "-c", 0, SENDER, "--seconds", seconds, "--pps", pps,
                                        kind, net.SENDER), stdout=subprocess.PIPE, text=True)


def sent(sender):
    return json.loads(sender.communicate()[0])["sent"]


def report(rows):
    path = os.environ.get("WEIR_REPORT")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            for row in rows:
                print(*row, sep="\t", file=file)


class Overload(net.Case):
    def setUp(self):
        super().setUp()
        if not SENDER.exists():
            self.skipTest(f"no {SENDER}: this build has no benchmarks")

    def watch(self, process, senders, rows):
        """Resident memory, once a second while any of them sends."""
        began = time.monotonic()
        while any(sender.poll() is None for sender in senders):
            rows.append((round(time.monotonic() - began), resident_kib(process)))
            time.sleep(1)

    def check_memory(self, rows):
        early = max(kib for second, kib in rows if second <= max(3, rows[-1][0] // 10))
        self.assertLess(rows[-1][1], early + GROWTH_KIB, rows)

    def test_flood(self):
        """SYNs of made-up sources, with a table that holds a second of them: the sample's flows are in the records as
        in its replay, but for packets that were lost before the sensor, where the machine is too slow."""
        wanted = collections.Counter(test_live.flows(harness.replay(*test_live.STILL, harness.SAMPLE).lines))
        arguments = (*test_live.STILL, *XDP, "--set", f"flow.table.max_flows={FLOOD_TABLE}",
                     "--set", "capture.ring=65536", "--set", "shutdown.timeout=60s")
        with net.Net() as pair:
            fifo = self.path("fifo")
            os.mkfifo(fifo)
            os.chmod(fifo, 0o666)
            kept = self.path("kept")
            with open(kept, "wb") as file, \
                    subprocess.Popen(["grep", "-v", FLOODED, fifo], stdout=file) as grep, \
                    net.Sensor(pair, *arguments, "-o", f"ndjson:{fifo}") as sensor:
                flood, rows = send(pair, "flood", FLOOD_SECONDS, FLOOD_PPS), []
                time.sleep(1)
                packets = pair.send(harness.SAMPLE, "--pps=20000")
                self.watch(sensor.process, [flood], rows)
                packets += sent(flood)
                books = self.ends_in_order(sensor, packets)
                grep.wait(30)
            report([("flood", FLOOD_SECONDS, packets, json.dumps(books)), *rows])
            self.assertGreater(books["flows_evicted"], 0, books)
            found = collections.Counter(test_live.flows(harness.read_lines(kept)))
        self.check_memory(rows)
        # Who talks must not suffer; of flows of a packet or two without an answer, as floods are made of, some may.
        missing = [flow for flow in (wanted - found).elements() if is_talk(flow)]
        report([("talkers missing", len(missing))])
        drops = sum(books["capture_drops"].values())
        self.assertLessEqual(len(missing), drops, f"of {len(wanted)} flows: {missing[:3]}")

    def test_a_sensor_that_stands_still(self):
        """What the ring cannot hold meanwhile is counted once, and windows and flows of that time tell it."""
        with net.Net() as pair, net.Sensor(pair, *XDP, "--set", "capture.ring=1024") as sensor:
            sender = send(pair, "uniform", 4, 50000)
            time.sleep(1)
            sensor.process.send_signal(signal.SIGSTOP)
            time.sleep(1)
            sensor.process.send_signal(signal.SIGCONT)
            books = self.ends_in_order(sensor, sent(sender))
            drops = books["capture_drops"]
            self.assertEqual(set(drops), {"ring_full"}, books)
            records = list(map(json.loads, sensor.lines()))
        windows = [record for record in records if record["type"] == "window"]
        self.assertEqual(sum(window["loss"]["capture_drops"] for window in windows), drops["ring_full"])
        told = [record["capture_drops"] for record in records if "capture_drops" in record]
        self.assertGreater(len(told), 0)
        self.assertLessEqual(max(told), drops["ring_full"])

    def test_a_way_out_that_stands_still(self):
        """Capture goes on meanwhile: what is lost are records."""
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        os.chmod(fifo, 0o666)
        rests = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, rests)
        arguments = (*XDP, "--set", "capture.ring=4096", "--set", "export.queue=1024", "--set",
                     "flow.idle_timeout=500ms", "--set", "flow.tcp_linger=100ms", "-o", f"ndjson:{fifo}")
        with net.Net() as pair, net.Sensor(pair, *arguments) as sensor:
            packets = pair.send(harness.SAMPLE, "--pps=10000")
            time.sleep(4)
            packets += pair.send(harness.SAMPLE, "--pps=10000")
            with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as cat:
                told = []
                reader = threading.Thread(target=lambda: told.extend(map(json.loads, cat.stdout)))
                reader.start()
                time.sleep(2)
                books = self.ends_in_order(sensor, packets)
                reader.join()
        self.assertEqual(books["capture_drops"], {}, books)
        self.assertEqual(set(books["export_drops"]), {"shed"}, books)
        lost = sum(record["loss"]["shed"] for record in told if record["type"] == "window")
        self.assertEqual(lost, books["export_drops"]["shed"], books)

    def test_soak(self):
        """At a rate that it can take: nothing is lost, memory does not grow."""
        with net.Net() as pair, net.Sensor(pair, *XDP, "--set", "capture.ring=65536", "-o", "null:") as sensor:
            sender, rows = send(pair, "uniform", SOAK_SECONDS, SOAK_PPS), []
            self.watch(sensor.process, [sender], rows)
            books = self.ends_in_order(sensor, sent(sender))
        report([("soak", SOAK_SECONDS, SOAK_PPS, json.dumps(books)), *rows])
        self.assertEqual(books["capture_drops"], {}, books)
        self.assertEqual(sum(books["export_drops"].values()), 0, books)
        self.check_memory(rows)


def is_talk(text):
    flow = json.loads(text)
    return flow["destination_packets"] > 0 or flow["source_packets"] > 2
