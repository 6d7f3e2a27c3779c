# SPDX-License-Identifier: Apache-2.0
"""weir generate --listen: its own API, and the same through a sensor that has given up root's rights."""
import contextlib
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile
import threading

import api
import harness
import net
from test_control import Description

GENERATOR = api.ROOT + "/generator"
ANOMALIES = GENERATOR + "/anomalies"
TOKEN = "0123456789abcdef-of-the-test"


class Generator:
    """A weir generate --listen under way."""

    def __init__(self, folder, *arguments, listen, output="pcap:/dev/null", binary=harness.CHECKED, within=()):
        self.log = f"{folder}/generator.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*within, binary, "generate", "-o", output, "--listen", listen, *arguments],
                                            stderr=log, stdout=log)
        harness.wait_until(lambda: "serving the control API" in self.said() or self.process.poll() is not None)

    def said(self):
        return harness.read_text(self.log)

    def port(self):
        return int(re.search(r"serving the control API port=(\d+)", self.said())[1])

    def end(self):
        """Stops it; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def generator(folder, *arguments, listen="127.0.0.1:0", **more):
    made = Generator(folder, *arguments, listen=listen, **more)
    try:
        yield made
    finally:
        made.end()


class Alone(harness.Case):
    def test_it_answers_as_it_is_described(self):
        with generator(self.folder, "--stopped", "--duration", "2s", output=f"pcap:{self.path('made')}") as made:
            client = api.Client(made.port())
            document = client.get("/openapi.json")[1]
            described = Description(document)
            listed = {(route["method"], route["path"]) for route in client.get("")[1]["routes"]}
            self.assertEqual(listed, {(method.upper(), path) for path, item in document["paths"].items() for method in item})

            def ask(method, path, expected, body=None):
                status, answer = client.ask(method, path, body)
                self.assertEqual(status, expected, answer)
                described.check(method, path, status, answer)
                return answer

            for path in api.ROOT, f"{api.ROOT}/health", f"{api.ROOT}/openapi.json":
                ask("GET", path, 200)
            shown = ask("GET", GENERATOR, 200)
            self.assertEqual((shown["state"], shown["packets"], shown["packets_per_second"]), ("stopped", 0, 10000))
            changed = {"packets_per_second": "2k", "flows_per_second": 100, "addresses": 50, "ipv6_share": 0.5, "rhythm": 0.1,
                       "protocols": {"dns": 1, "https": 4.5}}
            shown = ask("PATCH", GENERATOR, 200, changed)
            self.assertEqual({name: shown[name] for name in changed}, {**changed, "packets_per_second": 2000})
            shown = ask("PATCH", GENERATOR, 200, {"protocols": "ntp=2,http=1", "flows_per_second": 0})
            self.assertEqual((shown["protocols"], shown["flows_per_second"]), ({"ntp": 2, "http": 1}, 0))
            ask("POST", ANOMALIES, 409, {"kind": "syn_flood", "length": "1s"})  # it is stopped
            self.assertEqual(client.get("/queries")[0], 404)
            shown = ask("PATCH", GENERATOR, 200, {"state": "running"})
            self.assertEqual(shown["state"], "running")
            self.assertEqual(made.process.wait(timeout=60), 0, made.said())  # its two seconds are over
            self.assertEqual(made.said().count("control: generator told by 127.0.0.1:"), 3, made.said())
        self.assertAlmostEqual(int(harness.capinfos(self.path("made"), "c")), 4000, delta=1000)

    def test_what_is_wrong_is_said_and_changes_nothing(self):
        with generator(self.folder, "--stopped") as made:
            client = api.Client(made.port())
            before = client.get("/generator")[1]
            for body, said in (
                    ({"packets_per_second": "5x"}, "packets_per_second: expected a number from 1 to 100000000; got 5x"),
                    ({"addresses": 50, "rhythm": 2}, "rhythm: expected a number from 0 to 1; got 2"),
                    ({"addresses": 50, "state": "off"}, "state: expected running or stopped"),
                    ({"address": 50}, "unknown member address, did you mean addresses?"),
                    ({"seed": 5}, "unknown member seed"),
                    ({"protocols": {"dsn": 1}}, "did you mean dns?"),
                    ({"protocols": {"dns": 0}}, "expected a share above 0"),
                    ({"protocols": ["dns"]}, "protocols: expected a string or a number"),
                    ({"flows_per_second": 1e6}, "flows_per_second: with these protocols"),
                    ({}, "expected at least one member"), ([], "expected a JSON object"), ("{", "line 1, column 1")):
                status, answer = client.ask("PATCH", GENERATOR, body)
                self.assertEqual(status, 400, answer)
                self.assertIn(said, answer["error"])
            for body, said in (
                    ({"length": "5s"}, "kind: is missing"), ({"kind": "spike"}, "length: is missing"),
                    ({"kind": "spyke", "length": "5s"}, "unknown kind of anomaly spyke, did you mean spike?"),
                    ({"kind": "spike", "length": 5}, "expected a length such as 20s; got 5"),
                    ({"kind": "drop", "length": "5s", "strength": 2}, "at most all traffic (1) can be missing; got 2"),
                    ({"kind": "syn_flood", "length": "5s", "subject": "me"}, "expected an address; got me"),
                    ({"kind": "spike", "length": "5s", "begin": "5s"}, "unknown member begin")):
                status, answer = client.ask("POST", ANOMALIES, body)
                self.assertEqual(status, 400, answer)
                self.assertIn(said, answer["error"])
            self.assertEqual(client.get("/generator")[1], before)
            self.assertEqual(made.end(), 0, made.said())

    def test_truth_is_beside_a_capture(self):
        """Also where nothing odd was ordered before the traffic began."""
        capture = self.path("made.pcap")
        with generator(self.folder, "--duration", "0", output=f"pcap:{capture}") as made:
            client = api.Client(made.port())
            status, ordered = client.ask("POST", ANOMALIES, {"kind": "udp_flood", "length": "1s", "subject": "10.0.0.9"})
            self.assertEqual(status, 201, ordered)
            harness.wait_until(lambda: client.get("/generator")[1]["anomalies"] == [])
            self.assertEqual(made.end(), 0, made.said())
        truth = [json.loads(line) for line in harness.read_lines(f"{capture}.truth.ndjson")]
        self.assertEqual([{name: one[name] for name in ordered} for one in truth], [ordered])

    def test_many_clients_at_once(self):
        """They change it, look and order, while packets are made as fast as it goes.

        503 is a right answer: no change is made that cannot be logged.
        """
        wrong = []

        def work(port, number):
            client = api.Client(port)
            for i in range(40):
                rate = 1000 * (number + 1) + i
                for expected, (status, answer) in (
                        ((200, 503), client.ask("PATCH", GENERATOR, {"packets_per_second": rate, "state": "running"})),
                        ((200,), client.get("/generator")),
                        ((201, 409, 503), client.ask("POST", ANOMALIES, {"kind": "udp_flood", "length": "1s"})),
                        ((400, 503), client.ask("PATCH", GENERATOR, {"protocols": "none=1"}))):
                    if status not in expected:
                        wrong.append(answer)

        with generator(self.folder, "--duration", "0") as made:
            clients = [threading.Thread(target=work, args=(made.port(), number)) for number in range(4)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            self.assertEqual(wrong, [])
            last = api.Client(made.port())
            harness.wait_until(lambda: last.ask("PATCH", GENERATOR, {"packets_per_second": 77})[0] == 200)
            self.assertEqual(last.get("/generator")[1]["packets_per_second"], 77)
            self.assertEqual(made.end(), 0, made.said())

    def test_far_needs_a_token(self):
        token = self.path("token")
        pathlib.Path(token).write_text(TOKEN + "\n", encoding="utf-8")
        with generator(self.folder, "--stopped", "--token-file", token, listen="0.0.0.0:0") as made:
            self.assertEqual(api.Client(made.port()).get("/generator")[0], 401)
            client = api.Client(made.port(), headers={"Authorization": f"Bearer {TOKEN}"})
            self.assertEqual(client.get("/generator")[0], 200)
            with api.served(self.folder, "--set", f"control.generator=127.0.0.1:{made.port()}", "--set",
                            f"control.generator_token=file:{token}") as weir:
                client = api.Client(weir.port())
                described = Description(client.get("/openapi.json")[1])
                status, answer = client.get("/generator")
                self.assertEqual((status, answer["state"]), (200, "stopped"))
                described.check("GET", GENERATOR, status, answer)
                self.assertEqual(made.end(), 0, made.said())
                status, answer = client.get("/generator")
                described.check("GET", GENERATOR, status, answer)
                self.assertEqual((status, "Connection refused" in answer["error"]), (502, True), answer)
                self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_wrong_use_is_told(self):
        short, plain = self.path("short"), self.path("plain")
        pathlib.Path(short).write_text("tooshort", encoding="utf-8")
        pathlib.Path(plain).touch()
        for words, status, said in (
                (("--listen", "0.0.0.0:0"), 2, "--listen: 0.0.0.0:0 is not loopback; expected --token-file with it"),
                (("--listen", "8472"), 2, "--listen: expected an address and a port"),
                (("--listen", "unix:here"), 2, "--listen: expected unix: and a path from the root"),
                (("--listen", "unix:/nowhere/at/all"), 1, "--listen: cannot listen on unix:/nowhere/at/all: No such file"),
                (("--listen", f"unix:{plain}"), 1, "it is there, and is no socket"),
                (("--listen", "127.0.0.1:0", "--token-file", short), 2, "--token-file: expected a token of 16"),
                (("--stopped",), 2, "--stopped: expected --listen with it"),
                (("--token-file", short), 2, "--token-file: expected --listen with it")):
            done = harness.run("generate", "-o", "pcap:/dev/null", "--duration", "1s", *words, binary=harness.CHECKED)
            self.assert_ends(done, status, said)

    def test_ctl_through_the_file_system(self):
        socket = self.path("socket")

        def ctl(*words):
            return harness.run("ctl", "--url", f"unix:{socket}", "generator", *words, binary=harness.CHECKED)

        with generator(self.folder, "--stopped", listen=f"unix:{socket}") as made:
            self.assertEqual(stat.S_IMODE(os.stat(socket).st_mode), 0o600)
            self.assertIn("state  stopped\n", ctl("show").stdout)
            done = ctl("set", "packets_per_second=5k", "protocols=dns=1,ntp=3")
            self.assert_ends(done, 0)
            self.assertIn("packets_per_second  5000\n", done.stdout)
            self.assertIn("protocols.ntp  3\n", done.stdout)
            self.assert_ends(ctl("set", "packets_per_second=some"), 2, "packets_per_second: expected a number")
            self.assert_ends(ctl("set", "packets_per_second"), 2, "expected NAME=VALUE; got packets_per_second")
            self.assert_ends(ctl("anomaly", "syn_flood"), 1, "the traffic is stopped")
            self.assert_ends(ctl("anomaly", "flood", "--length", "5s"), 2, "unknown kind of anomaly flood")
            self.assertEqual(json.loads(ctl("start", "--json").stdout)["state"], "running")
            done = ctl("anomaly", "udp_flood", "--length", "1h", "--subject", "10.0.0.9", "--strength", "2k")
            self.assert_ends(done, 0)
            self.assertIn("subject  10.0.0.9\nbegin_us", done.stdout)
            listed = json.loads(ctl("show", "--json").stdout)["anomalies"]
            self.assertEqual([(one["kind"], one["strength"], one["unit"]) for one in listed],
                             [("udp_flood", 2000, "packets/s")])
            self.assertIn("state  stopped\n", ctl("stop").stdout)
            harness.wait_until(lambda: f'of user {os.getuid()}: {{"state":"stopped"}}' in made.said())
            again = harness.run("generate", "-o", "pcap:/dev/null", "--listen", f"unix:{socket}", binary=harness.CHECKED)
            self.assert_ends(again, 1, "Address already in use")
            made.process.kill()  # which leaves the socket behind
            made.process.wait(timeout=60)
            self.assert_ends(ctl("show"), 1, f"nobody answers at unix:{socket}")
        with generator(self.folder, "--stopped", listen=f"unix:{socket}") as made:
            self.assert_ends(ctl("show"), 0)
            self.assertEqual(made.end(), 0, made.said())
        self.assertFalse(os.path.exists(socket))


class Through(net.Case):
    """A generator in one network namespace, and a sensor in another that captures what it sends."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o711)
        self.socket = f"{folder.name}/weir/generator"  # weir run makes the directory

    def test_the_agents_api_drives_it(self):
        with net.Net() as pair:
            net.command("ip", "-n", pair.names[net.SENSOR], "link", "set", "lo", "up")
            with net.Sensor(pair, "--set", "capture.source=af_packet", "--set", f"control.generator=unix:{self.socket}") as sensor:

                def ctl(*words):
                    return json.loads(pair.run(net.SENSOR, harness.WEIR, "ctl", "--json", *words))

                def packets():
                    """Of the last window; -1: there is none yet."""
                    windows = ctl("window", "list", "--last", "1")["windows"]
                    return windows[-1]["packets"] if windows else -1

                missing = subprocess.run(pair.within(net.SENSOR, harness.WEIR, "ctl", "generator", "show"),
                                         capture_output=True, text=True, check=False, timeout=60)
                self.assert_ends(missing, 1, "cannot be reached: No such file or directory")
                with generator(self.folder, "--packets-per-second", "300", "--duration", "0", listen=f"unix:{self.socket}",
                               output=f"interface:{net.SENDER}", within=pair.within(net.SENDER), binary=harness.WEIR) as made:
                    self.drive(ctl, packets)
                    self.assertEqual(made.end(), 0, made.said())
                self.assertIn("control: generator told by 127.0.0.1:", sensor.said())
                self.assertEqual(sensor.stop(), 0, sensor.said())
                self.assertTrue(sensor.books()["balanced"])

    def drive(self, ctl, packets):
        self.assertEqual(ctl("generator", "show")["output"], f"interface:{net.SENDER}")
        harness.wait_until(lambda: 100 < packets() < 600)
        self.assertEqual(ctl("generator", "set", "packets_per_second=3k")["packets_per_second"], 3000)
        harness.wait_until(lambda: 2000 < packets() < 4000)
        ctl("generator", "set", "protocols=ntp=1")
        harness.wait_until(lambda: [row["name"] for row in ctl("window", "list", "--last", "1")["windows"][-1]["protocols"]]
                           == ["ntp"])
        self.assertEqual(ctl("generator", "stop")["state"], "stopped")
        harness.wait_until(lambda: packets() == 0)
        self.assertEqual(ctl("generator", "start")["state"], "running")
        harness.wait_until(lambda: 2000 < packets() < 4000)
        ordered = ctl("generator", "anomaly", "syn_flood", "--length", "1h", "--subject", "10.0.0.7", "--strength", "4k")
        self.assertEqual((ordered["kind"], ordered["subject"]), ("syn_flood", "10.0.0.7"))
        harness.wait_until(lambda: any((told["detector"], told["subject"]) == ("syn_flood", "10.0.0.7")
                                       for told in ctl("anomaly", "list")["anomalies"]))
