# SPDX-License-Identifier: Apache-2.0
"""The control API of a weir that runs: its description, who may use it, clients that mean no good, and weir ctl."""
import fcntl
import json
import os
import pathlib
import pty
import select
import socket
import struct
import subprocess
import termios
import threading
import time
import unittest

import jsonschema

import api
import harness

HEAVY = {"name": "heavy", "kind": "share", "subject": "protocol", "window": "2s", "percent": 5,
         "filter": "destination_port > 0"}
TOKEN = "0123456789abcdef-of-the-test"


def plain_schema(schema):
    """A schema of OpenAPI 3.0 in the words of JSON Schema."""
    if isinstance(schema, list):
        return [plain_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: plain_schema(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


class Description:
    """What /openapi.json says, held against what the API answers."""

    def __init__(self, document):
        self.document = document
        self.plain = plain_schema(document)

    def check(self, method, path, status, answer):
        operation = self.document["paths"][path][method.lower()]
        responses = operation["responses"]
        assert str(status) in responses, f"{method} {path}: status {status} is not described"
        content = responses[str(status)].get("content")
        if content is None:
            assert answer is None, f"{method} {path}: a body that is not described"
            return
        schema = plain_schema(content["application/json"]["schema"])
        resolver = jsonschema.RefResolver("", self.plain)
        jsonschema.Draft4Validator(schema, resolver=resolver).validate(answer)


class Control(harness.Case):
    def test_api_answers_as_it_is_described(self):
        with api.served(self.folder, "--set", f"history.file={self.path('history.db')}") as weir:
            client = api.Client(weir.port())
            status, document = client.get("/openapi.json")
            self.assertEqual(status, 200)
            described = Description(document)
            self.assertEqual(document["openapi"], "3.0.3")
            listed = {(route["method"], route["path"]) for route in client.get("")[1]["routes"]}
            self.assertEqual(listed, {(method.upper(), path) for path, item in document["paths"].items() for method in item})

            def ask(method, path, expected, body=None, name="", parameters="", number=""):
                real = path.replace("{name}", name).replace("{number}", str(number))
                status, answer = client.ask(method, real + parameters, body)
                self.assertEqual(status, expected, f"{method} {real}: {answer}")
                described.check(method, path, status, answer)
                asked.add((method, path))
                return answer

            asked = set()
            queries = f"{api.ROOT}/queries"
            one = queries + "/{name}"
            ask("POST", queries, 201, HEAVY)
            ask("POST", queries, 201, {"name": "top", "kind": "top", "subject": "source", "k": 3, "window": "5s"})
            ask("POST", queries, 201, {"name": "odd", "kind": "deviation", "subject": "prefix", "ipv4_bits": 16})
            ask("POST", queries, 409, HEAVY)
            ask("POST", queries, 400, {**HEAVY, "name": "x", "percent": 101})
            ask("PATCH", one, 200, {"percent": 7, "filter": None}, "heavy")
            ask("PATCH", one, 404, {"percent": 7}, "nobody")
            self.assertEqual(ask("GET", one, 200, name="heavy")["revision"], 2)
            self.assertEqual(len(ask("GET", queries, 200)["queries"]), 3)
            harness.wait_until(lambda: client.get("/queries/odd/answer")[0] == 200)
            for name in "heavy", "top", "odd":
                answer = ask("GET", one + "/answer", 200, name=name)
                self.assertEqual(answer["query"], name)
                self.assertNotIn("id", answer)
            ask("GET", one + "/answer", 404, name="nobody")
            self.assertEqual(len(ask("GET", f"{api.ROOT}/answers", 200)["answers"]), 3)
            ask("DELETE", one, 204, name="odd")
            self.assertEqual(len(ask("GET", f"{api.ROOT}/answers", 200)["answers"]), 2)
            harness.wait_until(lambda: len(client.get("/windows")[1]["windows"]) > 2)
            latest = ask("GET", f"{api.ROOT}/windows/latest", 200)
            windows = ask("GET", f"{api.ROOT}/windows", 200, parameters="?limit=1000")["windows"]
            self.assertTrue(windows[-1]["start_us"] >= latest["start_us"])
            some = ask("GET", f"{api.ROOT}/windows", 200, parameters=f"?to_us={windows[1]['start_us']}")["windows"]
            self.assertEqual(some, windows[:1])
            ask("GET", f"{api.ROOT}/windows", 400, parameters="?limit=0")
            ask("GET", f"{api.ROOT}/anomalies", 200, parameters="?state=open")
            anomaly = f"{api.ROOT}/anomalies/{{number}}"
            ask("PATCH", anomaly, 404, {"acknowledged": True}, number=1)
            ask("PATCH", anomaly, 400, {"acknowledged": "yes"}, number=1)
            history = f"{api.ROOT}/history"
            harness.wait_until(lambda: len(client.get("/history/windows")[1]["records"]) > 1)
            for kind in "windows", "answers", "anomalies":
                ask("GET", f"{history}/{kind}", 200, parameters="?limit=1")
                ask("GET", f"{history}/{kind}", 400, parameters="?limit=1&to_us=0")
            ask("DELETE", history, 400)
            ask("DELETE", history, 204, parameters="?to_us=1")
            ask("GET", f"{api.ROOT}/config", 200)
            ask("PATCH", f"{api.ROOT}/config", 200, {"log.level": "debug"})
            ask("PATCH", f"{api.ROOT}/config", 409, {"workers": 2})
            ask("PATCH", f"{api.ROOT}/config", 400, {"log.level": "loud"})
            self.assertEqual(ask("GET", f"{api.ROOT}/config", 200)["log.level"], "debug")
            harness.wait_until(lambda: client.get("/books")[0] == 200)
            self.assertGreater(ask("GET", f"{api.ROOT}/books", 200)["received"], 0)
            ask("GET", f"{api.ROOT}/health", 200)
            ask("GET", f"{api.ROOT}/ready", 200)
            ask("GET", f"{api.ROOT}", 200)
            ask("GET", f"{api.ROOT}/openapi.json", 200)
            self.assertEqual(asked, listed - {("GET", f"{api.ROOT}/stream")}, "routes that were not asked")
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_a_window_is_shown_as_it_is_exported(self):
        with api.served(self.folder) as weir:
            client = api.Client(weir.port())
            harness.wait_until(lambda: len(client.get("/windows")[1]["windows"]) > 2)
            shown = client.get("/windows?limit=1000")[1]["windows"]
            self.assertEqual(weir.end(), 0)
            exported = {record["start_us"]: record for record in weir.lines("window")}
            for window in shown:
                record = exported[window["start_us"]]
                del record["id"]
                self.assertEqual(window, record)

    def test_far_needs_a_token_and_tls_protects_it(self):
        key, certificate, token = self.path("key.pem"), self.path("certificate.pem"), self.path("token")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        pathlib.Path(token).write_text(TOKEN + "\n", encoding="utf-8")
        done = harness.run("replay", "--set", "control.listen=0.0.0.0:0", "-o", "null:", harness.SAMPLE)
        self.assert_ends(done, 2, "control.listen: other hosts can reach 0.0.0.0:0; expected control.token")
        options = ["--set", f"control.token=file:{token}", "--set", f"control.certificate={certificate}", "--set",
                   f"control.key={key}"]
        with api.served(self.folder, *options, listen="0.0.0.0:0") as weir:
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            client = api.Client(weir.port(), bearer, tls=certificate)
            self.assertEqual(client.ask("POST", f"{api.ROOT}/queries", HEAVY)[0], 201)
            self.assertEqual(client.get("/config")[1]["control.token"], f"file:{token}")
            for wrong in {}, {"Authorization": "Bearer " + TOKEN[:-1] + "x"}, {"Authorization": f"Basic {TOKEN}"}:
                self.assertEqual(api.Client(weir.port(), wrong, tls=certificate).get("/health")[0], 401)
            url = f"https://127.0.0.1:{weir.port()}"
            done = harness.run("ctl", "--url", url, "--cacert", certificate, "--token-file", token, "query", "list")
            self.assert_ends(done, 0)
            self.assertIn("heavy", done.stdout)
            done = harness.run("ctl", "--url", url, "--cacert", certificate, "query", "list")
            self.assert_ends(done, 1, "Authorization: expected Bearer")
            done = harness.run("ctl", "--url", url, "--token-file", token, "query", "list")
            self.assert_ends(done, 1, "--cacert names a certificate to trust")
            self.assertNotIn(TOKEN, harness.read_text(weir.log))
            self.assertIn("with the token", harness.read_text(weir.log))

    def test_a_key_that_is_none_is_refused(self):
        nothing = self.path("nothing")
        pathlib.Path(nothing).write_text("nothing\n", encoding="utf-8")
        done = harness.run("replay", "--set", "control.listen=127.0.0.1:0", "--set", f"control.key={nothing}", "--set",
                           f"control.certificate={nothing}", "-o", "null:", harness.SAMPLE)
        self.assert_ends(done, 2, "control.certificate, control.key: the HTTP server does not start")

    def test_an_address_that_is_taken_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = harness.run("replay", "--set", f"control.listen=127.0.0.1:{port}", "-o", "null:", harness.SAMPLE)
        self.assert_ends(done, 1, f"control.listen: cannot listen on 127.0.0.1:{port}: Address already in use")


class Crowds(harness.Case):
    def setUp(self):
        super().setUp()
        api.more_files()

    def test_a_thousand_clients_at_once(self):
        with api.served(self.folder, binary=harness.WEIR) as weir:
            harness.wait_until(lambda: api.Client(weir.port()).get("/windows/latest")[0] == 200)
            clients = [api.raw(weir.port()) for _ in range(1000)]
            request = f"GET {api.ROOT}/windows HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            for client in clients:
                client.sendall(request)
            for client in clients:
                answer = b""
                while piece := client.recv(65536):
                    answer += piece
                client.close()
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:200])
                self.assertIn("packets", json.loads(answer.split(b"\r\n\r\n", 1)[1])["windows"][0])
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def serves_beside(self, weir, seconds):
        """Whether a client that asks anew again and again is answered each time; the slowest answer's seconds."""
        slowest, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            self.assertEqual(api.Client(weir.port()).get("/health")[0], 200)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        return slowest

    def test_clients_that_stand_around_do_not_keep_others_out(self):
        """Some say nothing, some half a request, some an octet now and then, some read no answer."""
        with api.served(self.folder, binary=harness.WEIR) as weir:
            harness.wait_until(lambda: api.Client(weir.port()).get("/windows/latest")[0] == 200)
            before = weir.resident_kib()
            half = f"GET {api.ROOT}/windows HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".encode()
            slow = f"POST {api.ROOT}/queries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
            begins = [b"", half, slow + b"Content-Length: 60000\r\n\r\n{", slow + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"]
            crowd, dripping = [], True
            for i in range(1500):
                client = api.raw(weir.port())
                client.setblocking(False)
                client.send(begins[i % len(begins)])
                crowd.append(client)

            def drip():
                while dripping:
                    for client in crowd:
                        try:
                            client.send(b"a")
                        except OSError:
                            pass  # ended, which is what is wanted
                    time.sleep(2)

            thread = threading.Thread(target=drip)
            thread.start()
            try:
                self.serves_beside(weir, 34)
                ended = sum(self.is_ended(client) for client in crowd)
            finally:
                dripping = False
                thread.join()
                for client in crowd:
                    client.close()
            self.assertEqual(ended, len(crowd), "clients that are still there after 30 s")
            self.assertLess(weir.resident_kib() - before, 64 * 1024)
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    @staticmethod
    def is_ended(client):
        """Whether the server has closed the connection (whatever it said before)."""
        try:
            while select.select([client], [], [], 0)[0]:
                if not client.recv(65536):
                    return True
            return False
        except (ConnectionError, ValueError):
            return True

    def test_huge_requests_take_no_memory(self):
        with api.served(self.folder, binary=harness.WEIR) as weir:
            before = weir.resident_kib()
            head = f"POST {api.ROOT}/queries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
            endless = [head + b"Transfer-Encoding: chunked\r\n\r\n", head + b"Content-Length: 9999999999999\r\n\r\n",
                       b"GET /" + b"a" * 1000000, head + b"X: " + b"a" * 1000000]
            pieces = {0: b"10000\r\n" + b" " * 65536 + b"\r\n"}
            for i in range(200):
                with api.raw(weir.port()) as client:
                    try:
                        client.sendall(endless[i % 4])
                        for _ in range(40):
                            client.sendall(pieces.get(i % 4, b"a" * 65536))
                    except ConnectionError:
                        pass  # the server has had enough
            self.assertEqual(api.Client(weir.port()).get("/health")[0], 200)
            self.assertLess(weir.resident_kib() - before, 32 * 1024)
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_answers_that_nobody_reads_take_bounded_memory(self):
        with api.served(self.folder, binary=harness.WEIR) as weir:
            harness.wait_until(lambda: api.Client(weir.port()).get("/windows/latest")[0] == 200)
            before = weir.resident_kib()
            request = f"GET {api.ROOT}/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            crowd = [api.raw(weir.port()) for _ in range(1000)]
            for client in crowd:
                client.setblocking(False)
                client.send(request * 100)
            self.serves_beside(weir, 3)
            self.assertLess(weir.resident_kib() - before, 128 * 1024)
            for client in crowd:
                client.close()
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_a_thousand_changes_under_load(self):
        """Every change is logged and takes effect; each answer is by the definition of its revision; no pane is lost."""
        with api.served(self.folder, "--set", "window.pane=100ms") as weir:
            client = api.Client(weir.port())
            definition = {"name": "top", "kind": "top", "subject": "source_port", "k": 1, "window": "1s"}
            self.assertEqual(client.ask("POST", f"{api.ROOT}/queries", definition)[0], 201)
            noise = [threading.Thread(target=lambda: [api.Client(weir.port()).get("/windows?limit=1000") for _ in range(50)])
                     for _ in range(4)]
            for thread in noise:
                thread.start()
            for number in range(1000):
                change = {"k": number % 50 + 2, "window": f"{number % 9 + 1}s"}
                status, answer = client.ask("PATCH", f"{api.ROOT}/queries/top", change)
                self.assertEqual((status, answer["revision"]), (200, number + 2), answer)
                time.sleep(0.003)
            for thread in noise:
                thread.join()
            last = client.get("/windows/latest")[1]["end_us"]
            harness.wait_until(lambda: client.get("/queries/top/answer")[1]["end_us"] > last + 200_000)
            self.assertEqual(client.get("/queries/top/answer")[1]["revision"], 1001)
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))
            self.assertEqual(harness.read_text(weir.log).count("query top changed by 127.0.0.1:"), 1000)
            self.assertTrue(harness.read_json(weir.books)["balanced"])
            starts = [window["start_us"] for window in weir.lines("window")]
            self.assertEqual(starts, list(range(starts[0], starts[0] + 100_000 * len(starts), 100_000)))
            answers = weir.lines("query")
            self.assertGreater(len({answer["revision"] for answer in answers}), 10)
            for answer in answers:
                number = answer["revision"] - 2
                expected = (number % 50 + 2, (number % 9 + 1) * 1_000_000) if number >= 0 else (1, 1_000_000)
                self.assertEqual((answer["k"], answer["window_us"]), expected)
                self.assertLessEqual(len(answer["rows"]), answer["k"])


class Ctl(harness.Case):
    def ctl(self, *arguments, **options):
        return harness.run("ctl", *arguments, binary=harness.CHECKED, **options)

    def test_ctl_does_what_the_api_does(self):
        with api.served(self.folder) as weir:
            at = ["--url", f"http://localhost:{weir.port()}"]
            done = self.ctl(*at, "query", "add", "--name", "heavy", "--kind", "share", "--subject", "protocol", "--window",
                            "2s", "--percent", "5", "--filter", "port = 53")
            self.assert_ends(done, 0)
            self.assertIn("filter  port = 53\n", done.stdout)
            done = self.ctl(*at, "query", "add", "-", input='{"name": "top", "kind": "top", "subject": "source"}')
            self.assert_ends(done, 0)
            self.assert_ends(self.ctl(*at, "query", "change", "heavy", "--percent", "7.5", "--filter", ""), 0)
            shown = json.loads(self.ctl("query", "show", "heavy", "--json", *at).stdout)
            self.assertEqual((shown["percent"], shown.get("filter"), shown["revision"]), (7.5, None, 2))
            listed = self.ctl(*at, "query", "list").stdout.splitlines()
            self.assertEqual([line.split()[:2] for line in listed[1:]], [["heavy", "protocol"], ["top", "source"]])
            self.assert_ends(self.ctl(*at, "query", "add", "--name", "n" * 64, "--kind", "top", "--subject", "port",
                                      "--filter", "port = 1 or " * 80 + "port = 2"), 0)
            row = self.ctl(*at, "query", "list").stdout.splitlines()[-1]
            self.assertEqual(row.split()[0], "n" * 64)
            self.assertTrue(row.endswith("..."), row)  # what is shown of the filter is not all of it
            harness.wait_until(lambda: self.ctl(*at, "query", "answer", "heavy").returncode == 0)
            self.assertIn("heavy: protocol by bytes, > 7.5 %", self.ctl(*at, "query", "answer", "heavy").stdout)
            self.assertIn("FLOWS_ACTIVE", self.ctl(*at, "window", "list", "--last", "2").stdout)
            self.assert_ends(self.ctl(*at, "anomaly", "list", "--all"), 0)
            self.assertIn("log.level  debug\n", self.ctl(*at, "config", "set", "log.level=debug").stdout)
            self.assertIn("log.level  debug\n", self.ctl(*at, "config", "show").stdout)
            harness.wait_until(lambda: self.ctl(*at, "books").returncode == 0)
            self.assertIn("records.flow  ", self.ctl(*at, "books").stdout)
            self.assertIn("ready  true\n", self.ctl(*at, "health").stdout)
            self.assert_ends(self.ctl(*at, "query", "remove", "top"), 0)
            self.assert_ends(self.ctl(*at, "query", "show", "top"), 1, "no query has the name 'top'")
            self.assert_ends(self.ctl(*at, "query", "change", "heavy", "--percent", "200"), 2, "percent: expected")
            self.assert_ends(self.ctl(*at, "config", "set", "workers=2"), 1, "workers: cannot change while weir runs")
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_tables_fit_the_terminal(self):
        with api.served(self.folder) as weir:
            client = api.Client(weir.port())
            client.ask("POST", f"{api.ROOT}/queries", {"name": "nets", "kind": "top", "subject": "prefix", "ipv4_bits": 20,
                                                       "ipv6_bits": 44, "filter": "port = 1 or port = 2 or port = 3"})
            words = [harness.WEIR, "ctl", "--url", f"http://127.0.0.1:{weir.port()}", "query", "list"]
            for columns, given in (80, {}), (40, {}), (120, {"COLUMNS": "50"}), (200, {}):
                terminal, side = pty.openpty()
                fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | given
                subprocess.run(words, stdout=side, env=environment, check=True, timeout=60)
                os.close(side)
                lines = os.read(terminal, 65536).decode().splitlines()
                os.close(terminal)
                most = int(given.get("COLUMNS", columns))
                self.assertLessEqual(max(map(len, lines)), most)
                self.assertEqual(lines[1].endswith("..."), most < 100, lines)
            piped = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "COLUMNS": "20"}, check=True)
            self.assertIn(" prefix /20, /44 ", piped.stdout)
            self.assertTrue(piped.stdout.endswith("port = 3\n"), piped.stdout)

    def test_anomaly_is_acknowledged(self):
        with api.served(self.folder, capture=harness.SAMPLE, speed="10") as weir:
            client = api.Client(weir.port())
            description = Description(client.get("/openapi.json")[1])
            harness.wait_until(lambda: client.get("/anomalies")[1]["anomalies"])
            number = str(client.get("/anomalies")[1]["anomalies"][-1]["anomaly"])
            at = ["--url", f"http://localhost:{weir.port()}", "anomaly"]
            done = self.ctl(*at, "acknowledge", number, "--note", "a backup")
            self.assert_ends(done, 0)
            self.assertRegex(done.stdout, r"\n  acknowledged \S+Z by 127\.0\.0\.1:\d+: a backup\n$")
            shown = client.get("/anomalies")[1]
            description.check("GET", f"{api.ROOT}/anomalies", 200, shown)
            self.assertEqual([one["acknowledged"]["note"] for one in shown["anomalies"] if "acknowledged" in one], ["a backup"])
            self.assertEqual(self.ctl(*at, "list", "--all").stdout.count("acknowledged"), 1)
            done = self.ctl(*at, "acknowledge", number, "--note", "a\n1 critical forged\x1b[31m\x9b31m\x7f\r")
            self.assertTrue(" ".join(done.stdout.split()).endswith(": a 1 critical forged [31m 31m"), done.stdout)
            self.assertFalse(set(done.stdout) & set("\x1b\x9b\x7f\r"), done.stdout)
            self.assert_ends(self.ctl(*at, "acknowledge", number, "--undo"), 0)
            self.assertNotIn("acknowledged", self.ctl(*at, "list", "--all").stdout)
            self.assert_ends(self.ctl(*at, "acknowledge", "99"), 1, "no anomaly of this run has the number '99'")
            log = harness.read_text(weir.log)
            self.assertIn(f"anomaly {number} acknowledged by 127.0.0.1:", log)
            self.assertIn(f"acknowledgement of anomaly {number} taken back by 127.0.0.1:", log)
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_wrong_use_is_said(self):
        cases = [(["query", "ad"], "did you mean query add?"), ([], "expected a command"),
                 (["query", "list", "--percnt", "3"], "did you mean --percent?"),
                 (["window", "list", "--percent", "3"], "--percent: not an option of weir ctl window list"),
                 (["query", "show"], "expected NAME"), (["books", "x"], "expected no x"),
                 (["query", "add", "{"], "JSON: line 1"), (["query", "list", "--url"], "--url: expected URL"),
                 (["anomaly", "acknowledge", "7", "--undo", "--note", "x"], "--note: expected none with --undo"),
                 (["anomaly", "acknowledge"], "expected NUMBER"), (["query", "change", "x"], "expected what is to change"), (["config", "set", "x"], "expected NAME=VALUE"),
                 (["window", "list", "--last", "x"], "--last: expected a number"),
                 (["books", "--url", "ftp://x"], "--url: expected such as http://127.0.0.1:8471")]
        for arguments, message in cases:
            self.assert_ends(self.ctl(*arguments), 2, message)

    def test_nobody_there_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.assert_ends(self.ctl("books", "--url", f"http://127.0.0.1:{port}"), 1, "is weir running there?")

    def test_help_for_all_of_it_and_for_parts(self):
        self.assertIn("query add [JSON]", self.ctl("--help").stdout)
        part = self.ctl("query", "--help").stdout
        self.assertIn("query change", part)
        self.assertNotIn("window list", part)
        one = self.ctl("window", "list", "--help").stdout
        self.assertIn("--last N", one)
        self.assertNotIn("--percent", one)


class Completion(harness.Case):
    def complete(self, *words):
        script = ('source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weir; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, harness.WEIR, *words], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    def test_words_that_can_follow_are_offered(self):
        self.assertTrue({"replay", "run", "ctl", "spool", "--help"} <= self.complete("weir", ""))
        self.assertEqual(self.complete("weir", "spo"), {"spool"})
        self.assertEqual(self.complete("weir", "spool", ""), {"show", "send"})
        self.assertEqual(self.complete("weir", "replay", "--sp"), {"--speed"})
        self.assertTrue({"query", "books", "--url"} <= self.complete("weir", "ctl", ""))
        self.assertEqual(self.complete("weir", "ctl", "--url", "http://x", "query", "re"), {"remove"})
        self.assertTrue({"--percent", "--token-file"} <= self.complete("weir", "ctl", "query", "add", "--"))
        self.assertNotIn("--percent", self.complete("weir", "ctl", "window", "list", "--"))

    def test_words_that_can_follow_a_flag_are_offered(self):
        self.assertEqual(self.complete("weir", "ctl", "query", "add", "--kind", ""), {"share", "top", "deviation"})
        self.assertEqual(self.complete("weir", "ctl", "query", "add", "--baseline", ""), {"mean", "zero"})
        self.assertTrue({"protocol", "source", "prefix"} <= self.complete("weir", "ctl", "query", "add", "--subject", ""))
        self.assertEqual(self.complete("weir", "ctl", "query", "add", "--subject", "proto"), {"protocol"})
        self.assertEqual(self.complete("weir", "run", "--log-format", "j"), {"json"})
        self.assertEqual(self.complete("weir", "ctl", "--cacert", ""), set())


if __name__ == "__main__":
    unittest.main()
