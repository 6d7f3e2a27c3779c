# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost while a real Kafka is killed, cut off, starved and refilled, and nothing comes twice.

docs/RELIABILITY.md tells what these show. WEIR_KILLS, WEIR_AGENT_KILLS, WEIR_SECONDS and WEIR_RATE make them
longer; WEIR_REPORT names a file to which each adds what it saw, as a line of JSON.
"""
import ctypes
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

import broker
import harness
import load

KILLS = int(os.environ.get("WEIR_KILLS", "20"))
AGENT_KILLS = int(os.environ.get("WEIR_AGENT_KILLS", "10"))
SECONDS = int(os.environ.get("WEIR_SECONDS", "10"))  # how long a broker stays away
RATE = int(os.environ.get("WEIR_RATE", "10000"))     # records a second
TOPICS = "network-traffic", "processed-data"


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("WEIR_SEED", time.time_ns() % 1_000_000))
        self.random = random.Random(self.seed)

    def broker(self, partitions=4, replication=None, **options):
        """A broker with the two topics."""
        kafka = broker.Broker(self)
        kafka.start(**options)
        for topic in TOPICS:
            kafka.create_topic(topic, partitions=partitions, replication=replication)
        return kafka

    def stream(self, seconds, rate=RATE):
        load.capture(self.path("stream.pcap"), rate, seconds)
        return self.path("stream.pcap")

    def spool(self):
        return ("--set", f"export.spool.directory={self.path('spool')}", "--set", "export.spool.max_bytes=64GiB")

    def ends_well(self, run):
        """The run ended with status 0 and books that balance; gives them."""
        status, books = run.wait()
        self.assertEqual(status, 0, run.log()[-3000:])
        self.assertTrue(books["balanced"], books)
        self.assertEqual(books["export_drops"], {}, run.log()[-3000:])
        return books

    def all_there(self, kafka, run):
        """Nothing was lost and nothing is twice; gives the books."""
        books = self.ends_well(run)
        self.assertEqual((books["spooled"], books["in_flight"]), (0, 0), run.log()[-3000:])
        made = sum(books["records"].values())
        self.assertEqual(books["delivered"], made)
        load.Topics(kafka).check(self, made)
        self.report(run, books, twice=0, missing=0)
        return books

    def report(self, run, books, **more):
        if "WEIR_REPORT" in os.environ:
            kept = {name: books[name] for name in ("records", "delivered", "spooled", "export_drops", "export_troubles", "spool",
                                                   "seconds")}
            with open(os.environ["WEIR_REPORT"], "a", encoding="utf-8") as file:
                file.write(json.dumps({"test": self.id(), "seed": self.seed, **kept, **more,
                                       "log": run.log().splitlines()}) + "\n")

    def send(self, kafka):
        done = harness.run("spool", "send", *self.spool(), *load.PATIENT, "-o", f"kafka://{kafka.address}",
                           timeout=load.RUN_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.show()["records"], 0)

    def show(self):
        return json.loads(harness.run("spool", "show", *self.spool()).stdout)


class Killed(Case):
    def test_broker_killed_and_started_again_and_again(self):
        kafka = self.broker()
        capture = self.stream(KILLS * 5)
        run = load.Replay(self, capture, kafka.address, *self.spool())
        for _ in range(KILLS):
            time.sleep(self.random.uniform(0.1, 2))
            kafka.kill()
            time.sleep(self.random.uniform(0, 1))
            kafka.start_again()
        books = self.all_there(kafka, run)
        self.assertGreater(books["spool"]["appended"], 0, "the spool was never needed")

    def test_broker_killed_under_a_replay_that_waits(self):
        kafka = self.broker()
        run = load.Replay(self, self.stream(30, rate=50_000), kafka.address, speed="max")
        for _ in range(4):
            time.sleep(self.random.uniform(0.1, 1))
            kafka.kill()
            kafka.start_again()
        self.all_there(kafka, run)

    def test_one_and_then_two_of_three_brokers_killed(self):
        kafka = self.broker(nodes=3, replication=3)
        run = load.Replay(self, self.stream(2 * SECONDS + 25), kafka.address, *self.spool())
        time.sleep(3)
        first, second = self.random.sample((1, 2, 3), 2)
        kafka.kill(first)  # two of three in sync are enough; its partitions get other leaders
        time.sleep(SECONDS)
        kafka.kill(second)  # one is not
        time.sleep(SECONDS)
        self.assertIsNone(run.process.poll(), run.log())
        kafka.start_again()
        self.all_there(kafka, run)

    def test_leaders_moved(self):
        kafka = self.broker(nodes=3, replication=3)
        run = load.Replay(self, self.stream(30), kafka.address, *self.spool())
        for node in (1, 2, 3):
            time.sleep(2)
            pid = kafka.pids()[node]
            os.kill(pid, signal.SIGTERM)  # in order: hands its partitions over
            while node in kafka.pids():
                time.sleep(0.2)
            kafka.start_again()
        self.all_there(kafka, run)


class CutOff(Case):
    def test_broker_stopped(self):
        kafka = self.broker()
        rate = 4 * RATE
        run = load.Replay(self, self.stream(SECONDS + 15, rate), kafka.address, *self.spool())
        time.sleep(2)
        for pid in kafka.pids().values():
            os.kill(pid, signal.SIGSTOP)
        time.sleep(SECONDS)
        self.assertGreater(self.show()["records"], rate * (SECONDS - 3), "packets were held up")
        for pid in kafka.pids().values():
            os.kill(pid, signal.SIGCONT)
        self.all_there(kafka, run)

    def test_network_cut(self):
        """In a network namespace of its own, whose loopback then drops what goes to the broker and comes from it."""
        if os.geteuid() != 0:
            self.skipTest("making network namespaces takes root")
        name = f"weir-test-{os.getpid()}"
        enter = ["ip", "netns", "exec", name]
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", name], check=True)
        subprocess.run([*enter, "ip", "link", "set", "lo", "up"], check=True)
        self.within(enter)
        kafka = self.broker()
        run = load.Replay(self, self.stream(SECONDS + 15), kafka.address, *self.spool())
        time.sleep(2)
        port = kafka.address.rpartition(":")[2]
        rules = (f"table inet cut {{\nchain in {{\ntype filter hook input priority 0\n"
                 f"tcp dport {port} drop\ntcp sport {port} drop\n}}\n}}\n")
        subprocess.run([*enter, "nft", "-f", "-"], input=rules, text=True, check=True)
        time.sleep(SECONDS)
        subprocess.run([*enter, "nft", "delete", "table", "inet", "cut"], check=True)
        self.all_there(kafka, run)

    def within(self, enter):
        """Whatever this process starts from now on is in the namespace, until the test ends."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{enter[3]}", os.O_RDONLY)
        libc = ctypes.CDLL(None)
        self.assertEqual(libc.setns(there, 0), 0)
        self.addCleanup(os.close, home)
        self.addCleanup(libc.setns, home, 0)
        os.close(there)


class Starved(Case):
    def test_disk_of_the_broker_full(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system takes root")
        disk = self.path("disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        kafka = broker.Broker(self)
        self.addCleanup(kafka.end)  # before the file system goes
        kafka.start(settings={"log.dirs": f"{disk}/log", "log.segment.bytes": "16777216"})
        for topic in TOPICS:
            kafka.create_topic(topic, partitions=2)
        run = load.Replay(self, self.stream(25, rate=20_000), kafka.address, *self.spool())
        until = time.monotonic() + 60
        while kafka.pids() and time.monotonic() < until:  # Kafka ends when its last disk fails
            time.sleep(0.5)
        self.assertEqual(kafka.pids(), {}, "the disk was never full")
        subprocess.run(["mount", "-o", "remount,size=2g", disk], check=True)
        kafka.start_again()
        self.all_there(kafka, run)

    def test_topic_deleted(self):
        kafka = self.broker(settings={"auto.create.topics.enable": "false"})
        run = load.Replay(self, self.stream(20), kafka.address, *self.spool(), "--set", "export.topics.create=missing")
        time.sleep(5)
        kafka.tool("kafka-topics", "--delete", "--topic", TOPICS[0])
        books = self.ends_well(run)
        self.assertEqual(books["delivered"], sum(books["records"].values()))
        # What was delivered before the topic went, went with it; all that came after is in the new one.
        numbers = load.Topics(kafka).of_one_run()
        self.assertEqual(max(numbers.values()), 1)
        made = sum(books["records"].values())
        self.assertEqual([number for number in range(made - 5 * RATE, made) if number not in numbers], [])
        self.report(run, books, in_topics=len(numbers))

    def test_slow_broker(self):
        """A broker that takes a tenth of what is made: packets keep their pace, memory stays."""
        kafka = self.broker()
        self.throttle(kafka, f"--add-config=producer_byte_rate={RATE * 50}")
        seconds = SECONDS + 10
        run = load.Replay(self, self.stream(seconds), kafka.address, *self.spool())
        sizes = []
        for _ in range(seconds - 2):
            time.sleep(1)
            sizes.append(resident_kib(run.process.pid))
        run.process.send_signal(signal.SIGTERM)
        books = self.ends_well(run)
        self.assertGreaterEqual(books["received"], RATE * (seconds - 4), "packets were held up")
        self.assertGreater(books["spooled"], RATE * SECONDS // 2)
        settled = sizes[len(sizes) * 2 // 3:]  # once librdkafka's queue is full
        self.assertLess(max(settled) - settled[0], 32 * 1024, f"resident KiB each second: {sizes}")
        # What the spool kept, another run sends once the broker is itself again.
        self.throttle(kafka, "--delete-config=producer_byte_rate")
        self.send(kafka)
        numbers = load.Topics(kafka).of_one_run()
        self.assertEqual(len(numbers), sum(books["records"].values()))
        # What was on its way when it was told to stop, and not acknowledged in time, may be there twice; it says so.
        twice = sum(times > 1 for times in numbers.values())
        said = re.search(r"(\d+) records? .*may be there twice", run.log())
        self.assertLessEqual(twice, int(said[1]) if said else 0, run.log())
        self.report(run, books, twice=twice, resident_kib=sizes)

    def throttle(self, kafka, change):
        kafka.tool("kafka-configs", "--alter", *change.split("=", 1), "--entity-type", "clients", "--entity-name", "weir")


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class AgentKilled(Case):
    def test_agent_killed_while_spooling(self):
        """What had been spooled is sent later: in one piece, whole, and a second time only where it had been sent."""
        kafka = self.broker()
        kafka.kill()
        capture = self.stream(60)
        held = 0
        for _ in range(AGENT_KILLS):
            run = load.Replay(self, capture, kafka.address, *self.spool())
            time.sleep(self.random.uniform(1.5, 3))
            spooled = self.show()["records"]
            run.process.kill()
            run.process.wait()
            after = self.show()
            self.assertGreaterEqual(after["records"], spooled)
            self.assertGreaterEqual(after["records"], held)
            held = after["records"]
        self.assertGreater(held, AGENT_KILLS * RATE // 10)
        kafka.start_again()
        self.send(kafka)
        topics = load.Topics(kafka)
        self.assertEqual(topics.corrupt, [])
        self.assertEqual(sum(len(numbers) for numbers in topics.ids.values()), held)
        self.assertEqual({times for numbers in topics.ids.values() for times in numbers.values()}, {1})

    def test_agent_killed_while_it_sends_the_spool(self):
        kafka = self.broker()
        kafka.kill()
        run = load.Replay(self, self.stream(10), kafka.address, *self.spool(), "--set", "export.kafka.timeout=1s")
        books = self.ends_well(run)
        self.assertEqual(books["spooled"], sum(books["records"].values()))
        kafka.start_again()
        with subprocess.Popen([harness.WEIR, "spool", "send", *self.spool(), "-o", f"kafka://{kafka.address}"],
                              stderr=subprocess.DEVNULL) as sender:
            time.sleep(self.random.uniform(0.3, 1))
            sender.kill()
        self.send(kafka)
        self.assertEqual(len(load.Topics(kafka).of_one_run()), sum(books["records"].values()))


class Bounded(Case):
    def overfill(self, full, capture):
        kafka = self.broker()
        kafka.kill()
        run = load.Replay(self, capture, kafka.address, *self.spool(), "--set", f"export.spool.full={full}",
                          "--set", "export.spool.max_bytes=8MiB", "--set", "export.kafka.timeout=1s")
        status, books = run.wait()
        self.assertEqual(status, 1, run.log())
        self.assertTrue(books["balanced"], books)
        self.assertEqual(list(books["export_drops"]), ["spool_full"])
        self.assertEqual(books["spooled"], self.show()["records"])
        self.assertLessEqual(self.show()["bytes"], 8 << 20)
        self.assertIn("the spool is full", run.log())
        made = sum(books["records"].values())
        self.assertEqual(made, books["spooled"] + books["export_drops"]["spool_full"])
        kafka.start_again()
        self.send(kafka)
        topics = load.Topics(kafka)
        topics.check(self, made, dropped=books["export_drops"]["spool_full"])
        self.report(run, books)
        return made, topics.of_one_run()

    def test_oldest_dropped(self):
        made, numbers = self.overfill("drop_oldest", self.stream(10))
        self.assertEqual(max(numbers), made - 1)

    def test_newest_refused(self):
        made, numbers = self.overfill("refuse_newest", self.stream(10))
        self.assertEqual(min(numbers), 0)
        # At the edge a record may still fit where a larger one did not.
        self.assertLess(max(numbers) - len(numbers), len(numbers) // 50, "holes before what was refused")


if __name__ == "__main__":
    unittest.main()
