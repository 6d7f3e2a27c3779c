# SPDX-License-Identifier: Apache-2.0
"""A weir that replays at the capture's own pace and serves its control API, and a client of it."""
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess

import captures
import harness

ROOT = "/api/v1"


def more_files():
    """As many open files as this process may have: tests open a thousand connections."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Served:
    """A replay under way. `folder` is a test's own."""

    def __init__(self, folder, *options, binary=harness.CHECKED, listen="127.0.0.1:0", capture=None, speed="real",
                 **environment):
        self.log = f"{folder}/log"
        self.records = f"{folder}/records"
        self.books = f"{folder}/books"
        capture = capture or captures.write(f"{folder}/long.pcap",
                                            captures.udp_flows(flows=50, packets_each=40, step_us=100_000))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "replay", "--speed", speed, *harness.SMALL_TABLE, "--set", f"control.listen={listen}",
                 "-o", f"ndjson:{self.records}", "--summary", self.books, *options, capture],
                stdout=log, stderr=log, env={**os.environ, **environment})
        harness.wait_until(lambda: self.port() is not None or self.process.poll() is not None)

    def port(self):
        found = re.search(r"serving the control API port=(\d+)", harness.read_text(self.log))
        return int(found[1]) if found else None

    def resident_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", harness.read_text(f"/proc/{self.process.pid}/status"))[1])

    def end(self):
        """Stops it; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def lines(self, kind):
        """The records of one type that went to the file."""
        return [record for record in map(json.loads, harness.read_lines(self.records)) if record["type"] == kind]


@contextlib.contextmanager
def served(folder, *options, **more):
    weir = Served(folder, *options, **more)
    try:
        yield weir
    finally:
        weir.end()


class Client:
    """One connection, which stays."""

    def __init__(self, port, headers=None, tls=None):
        if tls is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        else:
            self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30,
                                                          context=ssl.create_default_context(cafile=tls))
        self.headers = headers or {}

    def ask(self, method, path, body=None, **headers):
        """(status, JSON or None)"""
        sent = {**self.headers, **headers}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def get(self, path):
        return self.ask("GET", ROOT + path)


def raw(port):
    """A connection on which a client that means no good can write what it wants."""
    return socket.create_connection(("127.0.0.1", port), timeout=60)
