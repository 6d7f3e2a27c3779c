# SPDX-License-Identifier: Apache-2.0
"""What signals do to a replay and to a live capture: drain, end at once, open files anew, read options again."""
import json
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

import captures
import harness
import net

AF_PACKET = ("--set", "capture.source=af_packet")
APART = 0.1  # seconds between two signals that are meant to be two
NOBODY = pwd.getpwnam("nobody")


def lost(said):
    """The figures of the last words: packets, records."""
    return tuple(map(int, re.search(r"by a second signal packets_lost=(\d+) records_lost=(\d+)\n", said).groups()))


class Ends(harness.Case):
    def replay(self, *arguments):
        """A replay of 50 flows that lasts 500 seconds, a packet every 0.1 s; on its way when this returns."""
        capture = captures.write(self.path("long.pcap"), captures.udp_flows(flows=50, packets_each=100, step_us=100_000))
        pathlib.Path(self.path("records")).unlink(missing_ok=True)  # of one before
        weir = subprocess.Popen([harness.CHECKED, "replay", *harness.SMALL_TABLE, "--speed", "real", "-o",
                                 f"ndjson:{self.path('records')}", *arguments, capture], stderr=subprocess.PIPE, text=True)
        self.addCleanup(weir.stderr.close)
        self.addCleanup(weir.wait)
        self.addCleanup(weir.kill)
        harness.wait_until(lambda: len(harness.read_lines(self.path("records"))) > 0)  # a window
        return weir

    def end(self, weir, *numbers):
        for number in numbers:
            weir.send_signal(number)
            time.sleep(APART)
        status = weir.wait(net.STOP_SECONDS)
        return status, weir.stderr.read()

    def test_second_signal_ends_at_once(self):
        # The far end never answers, so that the first signal takes ten seconds.
        for numbers in (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM):
            weir = self.replay("-o", "kafka://127.0.0.1:1", "--summary", self.path("books"))
            before = time.monotonic()
            status, said = self.end(weir, *numbers)
            self.assertLess(time.monotonic() - before, 5)
            self.assertEqual(status, 1, said)
            self.assertGreater(lost(said)[1], 0, said)
            self.assertEqual(os.path.getsize(self.path("books")), 0)  # no word at exit

    def test_last_words_count_live_packets(self):
        weir = self.replay("--set", "shutdown.timeout=1h", "--set", "log.format=json")
        os.kill(weir.pid, signal.SIGSTOP)  # both are there before it can do anything
        os.kill(weir.pid, signal.SIGTERM)
        os.kill(weir.pid, signal.SIGINT)
        os.kill(weir.pid, signal.SIGCONT)
        status, said = self.end(weir)
        self.assertEqual(status, 1, said)
        words = json.loads(said.splitlines()[-1])
        self.assertEqual((words["level"], words["room"]), ("error", "agent"))
        self.assertTrue(0 < words["packets_lost"] < 100, words)

    def test_one_signal_that_comes_twice_drains(self):
        for _ in range(5):
            weir = self.replay()
            weir.send_signal(signal.SIGTERM)
            weir.send_signal(signal.SIGTERM)
            status, said = self.end(weir)
            self.assertEqual(status, 0, said)


class Hangup(harness.Case):
    def setUp(self):
        super().setUp()
        net.needed()
        os.chmod(self.folder, 0o755)
        os.mkdir(self.path("own"))  # where weir may make files without its rights
        os.chown(self.path("own"), NOBODY.pw_uid, NOBODY.pw_gid)

    def outputs(self, records):
        """The one that is looked at, and one that has all."""
        return "-o", f"ndjson:{records}", "-o", f"ndjson:{self.path('all')}"

    def hang_up(self, sensor, text, times=1):
        """Sends SIGHUP and waits until the log has said that many times what it does about it."""
        sensor.process.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: (sensor.said() + harness.read_text(self.path("own/log"))).count(text) >= times)

    def test_rotation_loses_and_cuts_no_record(self):
        records = self.path("own/records")
        with net.Net() as pair, net.Sensor(pair, *AF_PACKET, *self.outputs(records),
                                           "--set", "flow.idle_timeout=1s", "--set", "window.pane=100ms") as sensor:
            sender = subprocess.Popen(pair.within(net.SENDER, "tcpreplay", "-q", "-i", net.SENDER, "--pps=6000",
                                                  harness.SAMPLE), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            moved = 0
            while sender.poll() is None:
                os.rename(records, f"{records}.{moved}")
                sensor.process.send_signal(signal.SIGHUP)
                harness.wait_until(lambda: os.path.exists(records))
                moved += 1
                time.sleep(0.2)
            self.assertEqual(sensor.stop(), 0, sensor.said())
            self.assertGreater(moved, 5)
            pieces = [f"{records}.{i}" for i in range(moved)] + [records]
            lines = []
            for piece in pieces:
                text = harness.read_text(piece)
                self.assertTrue(text == "" or text.endswith("\n"), piece)
                lines += text.splitlines()
            self.assertGreater(sum(os.path.getsize(piece) > 0 for piece in pieces), 2)
            ids = [json.loads(line)["id"] for line in lines]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual(len(ids), sensor.books()["delivered"])
            self.assertEqual(sorted(lines), sorted(harness.read_lines(self.path("all"))))  # what the other output has

    def test_reopening_adds_to_what_is_there(self):
        records = self.path("own/records")
        with net.Net() as pair, net.Sensor(pair, *AF_PACKET, *self.outputs(records),
                                           "--set", "window.pane=100ms") as sensor:
            harness.wait_until(lambda: len(harness.read_lines(records)) > 2)
            self.hang_up(sensor, "opening files anew")  # in its place: written on
            os.rename(records, records + ".1")
            with open(records, "w", encoding="utf-8") as file:
                file.write("made by logrotate\n")
            os.chown(records, NOBODY.pw_uid, NOBODY.pw_gid)
            self.hang_up(sensor, "opening files anew", 2)
            harness.wait_until(lambda: len(harness.read_lines(records)) > 2)
            self.assertEqual(sensor.stop(), 0, sensor.said())
            self.assertEqual(harness.read_lines(records)[0], "made by logrotate")
            self.assertEqual(harness.read_lines(records + ".1") + harness.read_lines(records)[1:], harness.read_lines(self.path("all")))

    def test_what_cannot_be_opened_is_written_on(self):
        # The folder is root's, whose rights are gone.
        records = self.path("records")
        with net.Net() as pair, net.Sensor(pair, *AF_PACKET, *self.outputs(records), "--set", "window.pane=100ms") as sensor:
            os.rename(records, records + ".1")
            self.hang_up(sensor, "cannot be opened anew: Permission denied; the file that was open is written on")
            count = len(harness.read_lines(records + ".1"))
            harness.wait_until(lambda: len(harness.read_lines(records + ".1")) > count)
            os.mkfifo(records)
            os.chown(records, NOBODY.pw_uid, NOBODY.pw_gid)
            self.hang_up(sensor, "cannot be opened anew: No such device or address")
            os.remove(records)
            os.mkdir(records)
            self.hang_up(sensor, "cannot be opened anew: Is a directory")
            self.assertEqual(sensor.stop(), 0, sensor.said())
            self.assertEqual(harness.read_lines(records + ".1"), harness.read_lines(self.path("all")))

    def test_log_file(self):
        log = self.path("own/log")
        with open(log, "w", encoding="utf-8") as file:
            file.write("before\n")
        with net.Net() as pair:
            words = pair.within(net.SENSOR, harness.WEIR, "run", *AF_PACKET, *harness.SMALL_TABLE, "--set",
                                f"capture.interface={net.SENSOR}", "-o", "null:", "--set", f"log.file={log}")
            with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as weir:
                self.addCleanup(weir.kill)
                harness.wait_until(lambda: "capturing" in harness.read_text(log))
                os.chown(log, NOBODY.pw_uid, NOBODY.pw_gid)
                os.rename(log, log + ".1")
                weir.send_signal(signal.SIGHUP)
                harness.wait_until(lambda: "opening files anew" in harness.read_text(log))
                weir.terminate()
                self.assertEqual(weir.wait(net.STOP_SECONDS), 0)
                self.assertEqual(weir.stderr.read(), "")
        self.assertEqual(harness.read_lines(log + ".1")[0], "before")
        self.assertNotIn("opening", harness.read_text(log + ".1"))
        self.assertIn("info agent: done", harness.read_text(log))

    def test_options_are_read_again(self):
        options = self.path("weir.json")

        def write(text):
            with open(options, "w", encoding="utf-8") as file:
                file.write(text)
        write('{"log.level": "info"}')
        with net.Net() as pair, net.Sensor(pair, "-c", options, *AF_PACKET) as sensor:
            net.command("ip", "-n", pair.names[net.SENSOR], "link", "set", "lo", "up")  # for its API
            write('{"log.level": "warning", "flow.idle_timeout": "7s", "workers": 2, "flow.table.max_flows": 1024}')
            self.hang_up(sensor, "needs a restart", 2)
            said = sensor.said()
            for name in "workers", "flow.idle_timeout":
                self.assertIn(f"warning config: the option was changed; it needs a restart option={name}\n", said)
            self.assertNotIn("option=flow.table.max_flows", said)  # the command line wins, as ever
            self.assertNotIn("read again", said)  # for the level is a higher one by now
            shown = json.loads(pair.run(net.SENSOR, harness.WEIR, "ctl", "config", "show", "--json"))
            self.assertEqual((shown["log.level"], shown["workers"]), ("warning", 1))
            write('{"log.level": "info", "flow.idle_timeout": 7, "nonsense": 1}')
            self.hang_up(sensor, "nothing was changed")
            self.assertIn('unknown option "nonsense"', sensor.said())
            self.assertIn("flow.idle_timeout: expected a duration", sensor.said())
            write('{"log.level": "info"}')
            self.hang_up(sensor, "info config: read again")
            os.remove(options)
            self.hang_up(sensor, "nothing was changed", 2)
            self.assertEqual(sensor.stop(), 0, sensor.said())
            self.assertIn("info agent: done", sensor.said())
            self.assertEqual(sensor.said().count("read again"), 1)
