# SPDX-License-Identifier: Apache-2.0
"""How soon an attack on a live link is in a real Kafka: from the end of the pane that shows it to a consumer's hands."""
import ipaddress
import json
import queue
import statistics
import struct
import subprocess
import sys
import threading
import time

import broker
import captures
import harness
import net

TOPIC = "processed-data"
SCANNERS, EACH_S, HOSTS_A_SECOND = 20, 1.3, 200
ARRIVE_SECONDS = 60  # until all are there; a hang ends here
MOST_SECONDS = 5  # of a delay: beyond it something waits for what never comes, however busy the machine is


def syn(source, host):
    """A frame with a TCP SYN to port 445 of a host."""
    ends = ipaddress.ip_address(source).packed + struct.pack(">I", int(ipaddress.ip_address("10.0.0.0")) + host)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends
    segment = struct.pack(">HHIIBBHHH", 40000, 445, host, 0, 0x50, 0x02, 64240, 0, 0)
    return bytes.fromhex("020000000002 020000000001 0800") + captures.checksummed(header) + segment


def scans():
    """One after the other asks host after host."""
    count = round(EACH_S * HOSTS_A_SECOND)
    for number in range(SCANNERS * count):
        yield captures.START_US + number * 1_000_000 // HOSTS_A_SECOND, syn(f"203.0.113.{1 + number // count}", number)


class Inside(broker.Broker):
    """A broker in the sensor's namespace, where the sensor can reach it."""

    def __init__(self, case, pair):
        self.pair = pair
        super().__init__(case)

    def script(self, *arguments, seconds=broker.TOOL_SECONDS):
        words = self.pair.within(net.SENSOR, "env", f"WEIR_BROKER_DIR={self.folder}", broker.SCRIPT, *arguments)
        return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=seconds)


class Consumer:
    """What comes into the topic, each record with the time at which it came."""

    def __init__(self, pair, address):
        words = ["kcat", "-C", "-q", "-u", "-o", "beginning", "-b", address, "-t", TOPIC]
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            pair.within(net.SENSOR, *words), stdout=subprocess.PIPE)
        self.got = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()

    def follow(self):
        for line in self.process.stdout:
            self.got.put((time.time(), line))

    def next(self, until_s):
        received_s, line = self.got.get(timeout=max(until_s - time.monotonic(), 0))
        return received_s, json.loads(line)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


class Delay(net.Case):
    def delays(self, consumer):
        """From the end of the pane that showed each scanner to the record's receipt, in seconds."""
        found, until_s = {}, time.monotonic() + ARRIVE_SECONDS
        while len(found) < SCANNERS:
            received_s, record = consumer.next(until_s)
            if record["type"] == "anomaly" and record["detector"] == "horizontal_scan" and record["phase"] == "begin":
                found[record["subject"]] = received_s - record["end_us"] / 1e6
        return sorted(found.values())

    def test_an_anomaly_is_in_kafka_when_its_pane_is_over(self):
        capture = captures.write(self.path("scans.pcap"), scans())
        pair = self.enterContext(net.Net())
        pair.run(net.SENSOR, "ip", "link", "set", "lo", "up")
        kafka = Inside(self, pair)
        address = kafka.start()
        for topic in ("network-traffic", TOPIC):
            kafka.create_topic(topic)
        consumer = Consumer(pair, address)
        self.addCleanup(consumer.end)
        with net.Sensor(pair, "-o", f"kafka://{address}", "--set", "export.spool.directory=none") as sensor:
            pair.send(capture, f"--pps={HOSTS_A_SECOND}")
            delays = self.delays(consumer)
            self.assertEqual(sensor.stop(), 0, sensor.said())
        text = [f"{1000 * delay:.1f}" for delay in (statistics.median(delays), delays[-1])]
        print(f"       {SCANNERS} scans: in Kafka {text[0]} ms after their panes' end in the median, {text[1]} ms at most",
              file=sys.stderr, flush=True)
        self.assertGreaterEqual(delays[0], 0)  # nothing is told of a pane before it is over
        self.assertLess(delays[-1], MOST_SECONDS)
