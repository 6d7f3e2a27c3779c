# SPDX-License-Identifier: Apache-2.0
"""weir generate: what tshark and weir itself make of its traffic, the truth beside it, and an interface."""
import collections
import filecmp
import json
import os
import pathlib
import signal
import subprocess
import time

import harness
import net

CHECKSUMS = tuple(word for name in ("ip", "tcp", "udp") for word in ("-o", f"{name}.check_checksum:TRUE"))
BAD = " || ".join(f"{name}.checksum.status == 0" for name in ("ip", "tcp", "udp", "icmp", "icmpv6"))
START_US = 1767225600000000  # of a capture, unless the profile says otherwise
SHARES = {"dns": 10, "http": 15, "https": 40, "ssh": 10, "smtp": 5, "snmp": 5, "ntp": 5, "rtp": 10}


def tshark(capture, *words):
    """The lines that it prints."""
    done = subprocess.run(["tshark", "-r", capture, *words], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.splitlines()


class Generate(harness.Case):
    def generate(self, *words, name="made.pcap", binary=harness.WEIR):
        capture = self.path(name)
        done = harness.run("generate", "-o", f"pcap:{capture}", *words, binary=binary)
        self.assertEqual(done.returncode, 0, done.stderr)
        return capture

    def truth(self, capture):
        return [json.loads(line) for line in harness.read_lines(f"{capture}.truth.ndjson")]

    def test_tshark_knows_every_protocol_and_finds_nothing_malformed(self):
        capture = self.generate("--duration", "20s", "--packets-per-second", "2000", "--seed", "4")
        self.assertEqual(tshark(capture, *CHECKSUMS, "-Y", f"_ws.malformed || {BAD}"), [])
        counts = collections.Counter()
        for line in tshark(capture, "-T", "fields", "-e", "frame.protocols"):
            counts.update(set(line.split(":")))
        for name in ("dns", "http", "tls", "quic", "ssh", "ftp", "smtp", "ldap", "xml", "sip", "sdp", "rtp", "dhcp",
                     "ntp", "snmp", "ssdp", "icmp", "icmpv6", "gtp"):
            self.assertGreater(counts[name], 9, f"{name}: {counts}")
        hellos = tshark(capture, "-Y", "quic && tls.handshake.type == 1", "-T", "fields",
                        "-e", "tls.handshake.extensions_server_name")
        self.assertTrue(hellos and all("example" in name for name in hellos), hellos[:5])

    def test_hellos_repeat_only_where_too_many_begin(self):
        for rate, distinct in (("20k", None), ("400k", 256)):
            capture = self.generate("--duration", "100ms", "--packets-per-second", rate, "--protocols", "quic=1")
            hellos = tshark(capture, "-Y", "quic.long.packet_type == 0 && udp.dstport == 443", "-T", "fields",
                            "-e", "quic.dcid", "-e", "tls.handshake.extensions_server_name")
            ids = {line.split("\t")[0] for line in hellos}
            self.assertEqual(len(ids), distinct or len(hellos))
            self.assertGreaterEqual(sum("example" in line for line in hellos), len(ids))

    def test_tshark_finds_no_malformed_attack(self):
        anomalies = [f"{kind}@1s+2s" for kind in ("syn_flood", "udp_flood", "icmp_flood", "amplification",
                                                  "horizontal_scan", "vertical_scan", "new_talkers")]
        anomalies += ["icmp_flood@3s+1s:2001:db8::7", "amplification@3s+1s:2001:db8::7", "syn_flood@3s+1s:2001:db8::7"]
        capture = self.generate("--duration", "5s", "--packets-per-second", "300",
                                *(word for text in anomalies for word in ("--anomaly", text)))
        self.assertEqual(tshark(capture, *CHECKSUMS, "-Y", f"_ws.malformed || {BAD}"), [])

    def test_connections_are_complete(self):
        capture = self.generate("--duration", "10s", "--packets-per-second", "2000")
        # SYN, SYN/ACK, ACK, data and FIN: tshark's sum of what it saw is 31.
        states = collections.Counter(line.split("\t")[1] for line in tshark(
            capture, "-2", "-Y", "tcp.flags.fin == 1 && !gtp", "-T", "fields", "-e", "tcp.stream", "-e", "tcp.completeness"))
        self.assertEqual(set(states), {"31"})
        self.assertEqual(tshark(capture, "-Y", "tcp.analysis.flags && !gtp"), [])  # lost, repeated, out of order

    def test_replay_balances_and_sees_the_shares(self):
        capture = self.generate("--duration", "30s", "--packets-per-second", "3000", "--protocols",
                                ",".join(f"{name}={share}" for name, share in SHARES.items()))
        done = harness.replay(capture)
        self.assertEqual((done.returncode, done.books["balanced"]), (0, True), done.stderr)
        self.assertEqual(done.books["received"], int(harness.capinfos(capture, "c")))
        self.assertEqual(done.books["parse_rejects"], {})
        seen = collections.Counter()
        for record in map(json.loads, done.lines):
            if record["type"] == "window":
                seen.update({row["name"]: row["packets"] for row in record["protocols"]})
        calls = seen.pop("sip")  # come along with speech
        self.assertLess(calls, 0.02 * seen["rtp"] + 100)
        self.assertEqual(set(seen), set(SHARES))
        for name, share in SHARES.items():
            self.assertAlmostEqual(100 * seen[name] / sum(seen.values()), share, delta=1.0, msg=str(seen))

    def test_same_seed_same_file(self):
        words = ("--duration", "5s", "--packets-per-second", "5000", "--anomaly", "udp_flood@1s+1s")
        first = self.generate(*words, "--seed", "12", name="first.pcap")
        again = self.generate(*words, "--seed", "12", name="again.pcap", binary=harness.CHECKED)
        other = self.generate(*words, "--seed", "13", name="other.pcap")
        self.assertTrue(filecmp.cmp(first, again, shallow=False))
        self.assertFalse(filecmp.cmp(first, other, shallow=False))

    def test_truth_is_what_the_capture_has(self):
        capture = self.generate("--duration", "10s", "--packets-per-second", "500", "--anomaly",
                                "syn_flood@4s+2s:198.51.100.7=3k", "--anomaly", "silence@8s+500ms")
        flood, silence = self.truth(capture)
        self.assertEqual(flood, {"begin_us": START_US + 4000000, "end_us": START_US + 6000000, "kind": "syn_flood",
                                 "subject": "198.51.100.7", "strength": 3000, "unit": "packets/s", "packets": 6000})
        times = [float(line) * 1e6 for line in tshark(capture, "-Y", "ip.dst == 198.51.100.7", "-T", "fields",
                                                      "-e", "frame.time_epoch")]
        self.assertEqual(len(times), 6000)
        self.assertGreaterEqual(min(times), flood["begin_us"])
        self.assertLess(max(times), flood["end_us"])
        begin, end = silence["begin_us"] / 1e6, silence["end_us"] / 1e6
        self.assertEqual(tshark(capture, "-Y", f"frame.time_epoch >= {begin} && frame.time_epoch < {end}"), [])

    def test_profile_file(self):
        profile = self.path("profile.json")
        pathlib.Path(profile).write_text(json.dumps({"duration": "4s", "packets_per_second": 100, "seed": 3,
                                                     "protocols": {"ntp": 1}, "start": "2026-02-03T04:05:06Z",
                                                     "anomalies": ["spike@1s+1s=5"]}), encoding="utf-8")
        capture = self.generate("--profile", profile, "--duration", "3s")  # flags win
        times = [float(line) for line in tshark(capture, "-Y", "ntp", "-T", "fields", "-e", "frame.time_epoch")]
        self.assertEqual(int(times[0]), 1770091506)
        self.assertAlmostEqual(len(times), 100 + 500 + 100, delta=40)
        self.assertEqual(self.truth(capture)[0]["kind"], "spike")

    def test_dpdk_device_sends(self):
        capture, truth = self.path("sent.pcap"), self.path("truth")
        done = harness.run("generate", "-o", f"dpdk:net_pcap0,tx_pcap={capture}", "--duration", "1s",
                           "--packets-per-second", "2000", "--anomaly", "syn_flood@200ms+500ms:203.0.113.5=1k",
                           "--truth", truth)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(int(done.stderr.split("packets=")[1].split()[0]), int(harness.capinfos(capture, "c")))
        self.assertEqual(tshark(capture, *CHECKSUMS, "-Y", f"_ws.malformed || {BAD}"), [])
        flood = json.loads(pathlib.Path(truth).read_text(encoding="utf-8"))
        self.assertEqual(flood["packets"], 500)
        self.assertEqual(len(tshark(capture, "-Y", "ip.dst == 203.0.113.5")), 500)

    def test_wrong_use_is_told(self):
        for words, said in (((), "expected pcap:FILE, interface:NAME, dpdk:DEVICE or null:"),
                            (("-o", "file:x"), "dpdk:DEVICE or null:; got file:x"),
                            (("-o", "null:x"), "expected nothing behind null:"),
                            (("-o", "pcap:/dev/null", "--duration", "60"), "duration: expected a duration"),
                            (("-o", "pcap:/dev/null", "--protocols", "dsn=1"), "did you mean dns?"),
                            (("-o", "pcap:/dev/null", "--anomaly", "flood@1s+1s"), "unknown kind of anomaly flood"),
                            (("-o", "pcap:/dev/null", "--packets-per-second", "100", "--flows-per-second", "1k"),
                             "flows_per_second: with these protocols"),
                            (("-o", "null:", "-o", "pcap:x"), "-o: traffic goes one way; got null: and pcap:x"),
                            (("-o", "pcap:"), "-o: expected the name of a file behind pcap:"),
                            (("-o", "interface:"), "-o: expected the name of an interface behind interface:"),
                            (("-o", "dpdk:"), "-o: expected the name of a device behind dpdk:"),
                            (("-o", "null:", "--addresses", "1"), "expected a number from 4 to 8388604; got 1"),
                            (("-o", "pcap:/dev/null", "more.pcap"), "expected no FILE")):
            done = harness.run("generate", *words, binary=harness.CHECKED)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
        for output in ("pcap:/nowhere/x.pcap", "interface:nowhere0", "pcap:/dev/full", "dpdk:net_nowhere0"):
            done = harness.run("generate", "-o", output, "--duration", "1s", binary=harness.CHECKED)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(output.split(":")[1], done.stderr)

    def test_truth_that_cannot_be_written_is_told_at_once(self):
        done = harness.run("generate", "-o", "null:", "--truth", "/nowhere/truth", binary=harness.CHECKED)
        self.assertEqual((done.returncode, done.stderr), (1, "error generate: cannot create /nowhere/truth: "
                                                             "No such file or directory\n"))


class Live(net.Case):
    def generate(self, pair, *words):
        return pair.within(net.SENDER, harness.WEIR, "generate", "-o", f"interface:{net.SENDER}", *words)

    def test_interface_is_captured(self):
        truth = self.path("truth")
        with net.Net() as pair, net.Sensor(pair, "--set", "capture.source=af_packet") as sensor:
            begun = time.time()
            done = subprocess.run(self.generate(pair, "--duration", "3s", "--packets-per-second", "4000", "--anomaly",
                                                "icmp_flood@1s+1s=1k", "--truth", truth),
                                  capture_output=True, text=True, check=False, timeout=60)
            took = time.time() - begun
            self.assertEqual(done.returncode, 0, done.stderr)
            packets = int(done.stderr.split("packets=")[1].split()[0])
            self.ends_in_order(sensor, packets)
            flood = json.loads(pathlib.Path(truth).read_text(encoding="utf-8"))
            self.assertEqual((flood["kind"], flood["packets"]), ("icmp_flood", 1000))
            self.assertTrue(begun * 1e6 < flood["begin_us"] < (begun + took) * 1e6, flood)
            self.assertGreaterEqual(took, 3)
            self.assertGreater(packets, 3 * 4000)

    def test_two_send_on_one_interface(self):
        words = ("--duration", "3s", "--packets-per-second", "1000")
        with net.Net() as pair, net.Sensor(pair, "--set", "capture.source=af_packet") as sensor:
            # The second one finds AF_XDP's queue taken, and has the ring of AF_PACKET.
            with subprocess.Popen(self.generate(pair, *words), stderr=subprocess.PIPE, text=True) as first:
                time.sleep(0.5)
                done = subprocess.run(self.generate(pair, *words, "--seed", "2"), capture_output=True, text=True,
                                      check=False, timeout=60)
                said = first.stderr.read()
            self.assertEqual((first.returncode, done.returncode), (0, 0), said + done.stderr)
            self.ends_in_order(sensor, sum(int(text.split("packets=")[1].split()[0]) for text in (said, done.stderr)))

    def test_signal_ends_it(self):
        truth = self.path("truth")
        with net.Net() as pair:
            with subprocess.Popen(self.generate(pair, "--duration", "1h", "--packets-per-second", "1000", "--anomaly",
                                                "spike@0s+30m", "--anomaly", "silence@50m+1s", "--truth", truth),
                                  stderr=subprocess.PIPE, text=True) as process:
                time.sleep(1.5)
                os.kill(process.pid, signal.SIGINT)
                said = process.stderr.read()
            self.assertEqual(process.returncode, 0, said)
            told = [json.loads(line) for line in harness.read_lines(truth)]
            self.assertEqual([line["kind"] for line in told], ["spike"])  # the other never came
            self.assertLess(told[0]["end_us"] - told[0]["begin_us"], 10e6)

    def test_small_mtu_is_refused(self):
        with net.Net(mtu=1400) as pair:
            done = subprocess.run(self.generate(pair, "--duration", "1s"), capture_output=True, text=True, check=False,
                                  timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn("MTU of 1400; 1500 is needed", done.stderr)
