# SPDX-License-Identifier: Apache-2.0
"""Bad input: each time a message that names the thing and what to do, the right exit status, and
nothing lost that had been accepted."""
import os
import pathlib
import select
import shutil
import socket
import subprocess
import time
import unittest

import captures
import harness

FLOWS = 30


class BadCapture(harness.Case):
    def replay(self, *arguments, **options):
        return harness.replay(*arguments, binary=harness.CHECKED, **options)

    def capture(self, **options):
        return captures.write(self.path("capture.pcap"), captures.udp_flows(FLOWS), **options)

    def assert_refused(self, done, *texts):
        self.assert_ends(done, 1, *texts)
        self.assertEqual(done.lines, [])

    def test_missing_file(self):
        path = self.path("absent.pcap")
        self.assert_refused(self.replay(path), path, "No such file")

    def test_directory(self):
        self.assert_refused(self.replay(self.folder), str(self.folder), "directory")

    def test_empty_file(self):
        path = self.path("empty.pcap")
        open(path, "wb").close()
        self.assert_refused(self.replay(path), path, "empty")

    def test_text_file(self):
        path = self.path("notes.txt")
        pathlib.Path(path).write_text("these are notes and no packets\n" * 10, encoding="utf-8")
        self.assert_refused(self.replay(path), path, "pcap")

    def test_other_link_type(self):
        path = self.capture(link_type=captures.LINK_IEEE802_11)
        done = self.replay(path)
        self.assert_ends(done, 1, path, "IEEE802_11")
        self.assertEqual(done.books["received"], FLOWS)
        self.assertEqual(sum(done.books["capture_drops"].values()), FLOWS)
        self.assertTrue(done.books["balanced"])

    def test_cut_in_the_middle(self):
        path = self.capture()
        record_bytes = captures.RECORD_HEADER_BYTES + len(captures.udp_frame())
        offset = captures.FILE_HEADER_BYTES + (FLOWS - 1) * record_bytes
        os.truncate(path, offset + captures.RECORD_HEADER_BYTES + 5)
        done = self.replay(path)
        self.assert_ends(done, 1, path, str(offset), "truncated")
        self.assertEqual(done.books["received"], FLOWS - 1)
        self.assertEqual(sum('"type":"flow"' in line for line in done.lines), FLOWS - 1)
        self.assertTrue(done.books["balanced"])

    def test_packet_longer_than_its_record(self):
        path = self.path("long.pcap")
        frame = captures.udp_frame()
        with open(path, "wb") as file:
            file.write(captures.file_header() + captures.record(captures.START_US, frame))
            offset = file.tell()
            file.write(captures.record(captures.START_US, frame, captured_bytes=0x7FFFFFFF))
        done = self.replay(path)
        self.assert_ends(done, 1, path, str(offset))
        self.assertEqual(done.books["received"], 1)
        self.assertTrue(done.books["balanced"])

    def test_cut_while_it_is_replayed_at_a_pace(self):
        packets = list(captures.udp_flows(FLOWS, packets_each=3000, step_us=100))  # more than is read ahead
        path = captures.write(self.path("shrinks.pcap"), packets)
        with subprocess.Popen([harness.CHECKED, "replay", "--speed", "1", "-o", "null:", "--summary",
                               self.path("books"), path], stderr=subprocess.PIPE, text=True) as weir:
            time.sleep(1)
            os.truncate(path, captures.FILE_HEADER_BYTES)
            _, said = weir.communicate(timeout=60)
        books = harness.read_json(self.path("books"))
        self.assertEqual(weir.returncode, 1, said)
        self.assertIn(path, said)
        self.assertTrue(books["balanced"])
        self.assertTrue(0 < books["received"] < len(packets))

    def test_time_running_backwards(self):
        packets = list(captures.udp_flows(FLOWS, packets_each=10, step_us=100_000))
        packets = packets[200:] + packets[:200]
        done = self.replay(captures.write(self.path("back.pcap"), packets))
        self.assert_ends(done, 0, "time")
        self.assertIn("warning", done.stderr)
        self.assertEqual(done.books["late"], 200)
        self.assertEqual(done.books["flow_packets"], len(packets))
        self.assertTrue(done.books["balanced"])

    def test_one_bad_file_among_good_ones(self):
        path = self.capture()
        absent = self.path("absent.pcap")
        self.assert_ends(self.replay(path, absent), 1, absent)


class BadUse(harness.Case):
    def assert_wrong_use(self, arguments, *texts):
        self.assert_ends(harness.run(*arguments, binary=harness.CHECKED), 2, *texts)

    def test_misspelt_option_names_the_nearest(self):
        self.assert_wrong_use(["replay", "--set", "flow.idle_timout=5s", harness.SAMPLE],
                              "flow.idle_timout", "flow.idle_timeout")

    def test_value_out_of_range(self):
        self.assert_wrong_use(["replay", "--set", "window.pane=0s", harness.SAMPLE], "window.pane", "0s")

    def test_value_of_the_wrong_type(self):
        self.assert_wrong_use(["replay", "--set", "workers=many", harness.SAMPLE], "workers", "many")

    def test_value_without_its_unit(self):
        self.assert_wrong_use(["replay", "--set", "flow.idle_timeout=5", harness.SAMPLE], "flow.idle_timeout", "30s")

    def test_error_in_a_file_names_file_and_line(self):
        path = self.path("weir.json")
        pathlib.Path(path).write_text('{\n  "sensor": "edge-1",\n  "flow": {\n    "idle_timout": "5s"\n  }\n}\n',
                                      encoding="utf-8")
        for arguments in ["replay", "-c", path, harness.SAMPLE], ["config", "--check", path]:
            self.assert_wrong_use(arguments, f"{path}:4:", "idle_timout", "flow.idle_timeout")

    def test_file_that_is_no_json(self):
        path = self.path("weir.json")
        pathlib.Path(path).write_text('{\n  "sensor": edge\n}\n', encoding="utf-8")
        self.assert_wrong_use(["config", "--check", path], f"{path}:2:")

    def test_unknown_command(self):
        self.assert_wrong_use(["repaly", harness.SAMPLE], "repaly", "replay")

    def test_unknown_option(self):
        self.assert_wrong_use(["replay", "--sumary", "-", harness.SAMPLE], "--sumary")

    def test_no_capture_named(self):
        self.assert_wrong_use(["replay"], "FILE")

    def test_sink_of_no_kind(self):
        self.assert_wrong_use(["replay", "-o", "csv:flows.csv", harness.SAMPLE], "csv:flows.csv", "ndjson:")

    def test_writing_over_a_capture(self):
        path, link = self.path("capture.pcap"), self.path("link.pcap")
        shutil.copy(harness.SAMPLE, path)
        os.symlink(path, link)
        for arguments in ["-o", f"ndjson:{link}"], ["-o", "null:", "--summary", path], ["--set", f"log.file={link}"]:
            self.assert_wrong_use(["replay", *arguments, harness.SAMPLE, path], "is a capture to be read")
        self.assertEqual(os.path.getsize(path), os.path.getsize(harness.SAMPLE))

    def test_summary_over_the_records(self):
        path = self.path("records")
        self.assert_wrong_use(["replay", "-o", f"ndjson:{path}", "--summary", path, harness.SAMPLE], path, "--summary")
        self.assertFalse(os.path.exists(path))

    def test_log_in_the_records(self):
        path = self.path("records")
        self.assert_wrong_use(["replay", "-o", f"ndjson:{path}", "--set", f"log.file={path}", harness.SAMPLE], path, "log.file")
        self.assertFalse(os.path.exists(path))

    def test_speed_that_is_none(self):
        self.assert_wrong_use(["replay", "--speed", "fast", harness.SAMPLE], "--speed", "fast", "real")


class BadSink(harness.Case):
    TIMEOUT_SECONDS = 3

    def assert_broker_named(self, address):
        start = time.monotonic()
        done = harness.run("replay", "-o", f"kafka://{address}", "--set", f"export.kafka.timeout={self.TIMEOUT_SECONDS}s",
                           "--summary", self.path("books"), harness.SAMPLE, binary=harness.CHECKED)
        self.assertLess(time.monotonic() - start, self.TIMEOUT_SECONDS + 20)
        self.assert_ends(done, 1, address)
        books = harness.read_json(self.path("books"))
        if books is not None:
            self.assertTrue(books["balanced"])
            self.assertEqual(sum(books["records"].values()), sum(books["export_drops"].values()))

    def test_broker_that_refuses(self):
        with socket.socket() as taken:  # bound but not listening: nobody else can come to listen here
            taken.bind(("127.0.0.1", 0))
            self.assert_broker_named(f"127.0.0.1:{taken.getsockname()[1]}")

    def test_broker_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.assert_broker_named(f"127.0.0.1:{silent.getsockname()[1]}")

    def test_path_that_cannot_be_written(self):
        path = self.path("absent/records.ndjson")
        done = harness.run("replay", "-o", f"ndjson:{path}", harness.SAMPLE, binary=harness.CHECKED)
        self.assert_ends(done, 1, path, "No such file")

    def test_summary_that_cannot_be_written(self):
        path = self.path("absent/books.json")
        done = harness.run("replay", "-o", "null:", "--summary", path, harness.SAMPLE, binary=harness.CHECKED)
        self.assert_ends(done, 1, path, "No such file")

    def test_closed_standard_descriptors(self):
        # What is meant for one must not get into a file that is opened in its place.
        def replay(closed, *arguments):
            return subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", harness.CHECKED, "replay", "--summary",
                                   self.path("books"), *arguments, harness.SAMPLE],
                                  capture_output=True, text=True, timeout=harness.REPLAY_SECONDS, check=False)

        self.assert_ends(replay(">&-"), 1, "ndjson:-", "Bad file descriptor")
        books = harness.read_json(self.path("books"))
        self.assertEqual(books["delivered"], 0)
        self.assertTrue(books["balanced"])
        path = self.path("records")
        self.assertEqual(replay("<&- >&- 2>&-", "-o", f"ndjson:{path}").returncode, 0)
        self.assertEqual(len(harness.read_lines(path)), harness.read_json(self.path("books"))["delivered"])

    def test_told_to_stop_while_the_reader_rests(self):
        # With all records already in the queue, and with more to come than it holds.
        for queue in "64Ki", "64":
            ends = os.pipe()
            with subprocess.Popen([harness.CHECKED, "replay", "-o", "ndjson:-", "--set", f"export.queue={queue}",
                                   "--set", "shutdown.timeout=100ms", "--summary", self.path("books"), harness.SAMPLE],
                                  stdout=ends[1], stderr=subprocess.PIPE, text=True) as weir:
                select.select([ends[0]], [], [])  # records have come, so it heeds signals
                weir.terminate()
                said = weir.communicate(timeout=harness.REPLAY_SECONDS)[1]
            os.close(ends[0])
            os.close(ends[1])
            books = harness.read_json(self.path("books"))
            self.assertEqual(weir.returncode, 1, said)
            self.assertIn("the time to shut down is over", said)
            self.assertTrue(books["balanced"])
            self.assertGreater(books["export_drops"]["shutdown_timeout"], 0)

    def assert_accounted(self, done, books, delivered):
        self.assert_ends(done, 1, "No space left")
        self.assertTrue(books["balanced"])
        self.assertEqual(books["delivered"], delivered)
        self.assertGreater(sum(books["export_drops"].values()), 0)
        self.assertEqual(sum(books["records"].values()), delivered + sum(books["export_drops"].values()))

    def test_disk_full_from_the_start(self):
        done = harness.run("replay", "-o", "ndjson:/dev/full", "--summary", self.path("books"), harness.SAMPLE,
                           binary=harness.CHECKED)
        self.assertIn("/dev/full", done.stderr)
        self.assert_accounted(done, harness.read_json(self.path("books")), delivered=0)

    def test_disk_full_while_writing(self):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            self.skipTest("needs root and unshare for a small file system of its own")
        script = ('mount -t tmpfs -o size=64k tmpfs "$1" && "$2" replay -o "ndjson:$1/records" --summary "$3" "$4"; '
                  'status=$?; grep -c "}$" "$1/records" > "$3.lines"; exit $status')
        mount = self.folder / "small"
        mount.mkdir()
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(mount), harness.CHECKED, self.path("books"),
                               harness.SAMPLE], capture_output=True, text=True, timeout=harness.REPLAY_SECONDS, check=False)
        whole = int(harness.read_lines(self.path("books.lines"))[0])
        self.assertGreater(whole, 0)
        self.assert_accounted(done, harness.read_json(self.path("books")), delivered=whole)


if __name__ == "__main__":
    unittest.main()
