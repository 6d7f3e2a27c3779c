#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The live demo: weir generate sends into a veth pair, weir run captures from its other end with AF_XDP.

usage: demo-live.py SECONDS-UNTIL-THE-ATTACK

Exit status 77: what it takes cannot be had here, and has been said.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

WEIR = pathlib.Path(__file__).resolve().parent.parent / "build" / "weir"
PORT = 8471
CANNOT, BAD_GATEWAY = 77, 502
START_SECONDS = 10
PACKETS_PER_SECOND = 10_000
ATTACK = {"kind": "syn_flood", "subject": "10.0.0.7", "length": "15s", "strength": 5000}
ATTACK_SECONDS, ARRIVES_SECONDS, ENDS_SECONDS = 15, 20, 60
QUERIES = [
    {"name": name, "kind": "top", "subject": subject, "k": 10, "window": "60s", "traffic": "all"}
    for name, subject in (("talkers", "address"), ("conversations", "conversation"), ("ports", "destination_port"))
]


class Cannot(Exception):
    """Rights or a part of the system are lacking."""


def step(name, text):
    print(f"  {name:9} {text}", flush=True)


def heading(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def command(*words):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Cannot(f"{words[0]} is not installed") from error
    if done.returncode != 0:
        raise Cannot(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")


def quiet(interface, prefix=()):
    """The kernel says nothing of its own on the interface."""
    command(*prefix, "sh", "-c", f"! [ -d /proc/sys/net/ipv6/conf/{interface} ] || "
                                 f"echo 1 >/proc/sys/net/ipv6/conf/{interface}/disable_ipv6")
    command(*prefix, "ip", "link", "set", interface, "arp", "off", "up")


class Pair(contextlib.ExitStack):
    """A veth pair: `far` in a namespace of its own, `near` here, without addresses. Gone with it."""

    def __init__(self):
        super().__init__()
        self.namespace, self.far, self.near = (f"weir{os.getpid()}{end}" for end in ("n", "a", "b"))
        command("ip", "netns", "add", self.namespace)
        self.callback(command, "ip", "netns", "del", self.namespace)
        # Not ip netns exec: that hides bpffs.
        self.inside = ["nsenter", f"--net=/run/netns/{self.namespace}"]
        try:
            command(*self.inside, "ip", "link", "add", self.far, "type", "veth", "peer", "name", self.near,
                    "netns", str(os.getpid()))
            quiet(self.far, self.inside)
            quiet(self.near)
        except Cannot:
            self.close()
            raise


class Program:
    """A program whose log is kept; ended with SIGINT."""

    def __init__(self, log, *words, environment=None):
        self.log = log
        with open(log, "wb") as file:
            self.process = subprocess.Popen([str(word) for word in words], stderr=file,
                                            env={**os.environ, **(environment or {})}, start_new_session=True)

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text):
        while text not in self.said():
            if self.process.poll() is not None:
                raise Cannot(self.said().strip() or f"it ended with exit status {self.process.returncode}")
            time.sleep(0.05)

    def told(self, name):
        """The value that stands under this name in the log."""
        return self.said().split(f" {name}=")[1].split()[0]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Api:
    def __init__(self, root):
        self.root = root

    def ask(self, path, body=None, method=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.root}/api/v1{path}", data, {"Content-Type": "application/json"},
                                         method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


class Arrivals(threading.Thread):
    """Reads anomaly records as they come out of Kafka, and tells of them."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        # pylint: disable-next=consider-using-with
        self.kcat = subprocess.Popen(["kcat", "-C", "-q", "-u", "-b", broker, "-t", "processed-data", "-o", "end"],
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.since = None  # the attack was ordered
        self.begun, self.ended = threading.Event(), threading.Event()
        self.start()

    def run(self):
        for line in self.kcat.stdout:
            record = json.loads(line)
            if record["type"] == "anomaly" and record["phase"] != "update":
                self.tell(record)

    def tell(self, record):
        after = time.time() - self.since if self.since else 0
        if record["phase"] == "begin":
            print(f"  +{after:.1f} s  {record['severity']}: {record['detector']} {record['subject']}\n"
                  f"          {record['explanation']}", flush=True)
        else:
            print(f"  +{after:.1f} s  over: {record['detector']} {record['subject']}", flush=True)
        if record["detector"] == ATTACK["kind"]:
            (self.begun if record["phase"] == "begin" else self.ended).set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kcat.terminate()
        self.kcat.wait()


def watch(api, seconds):
    """A line a few times: what the last window says."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 10))
        window = api.ask("/windows/latest")
        duration = (window["end_us"] - window["start_us"]) / 1e6
        lost = sum(window["loss"].values())
        print(f"  {window['packets'] / duration:9,.0f} packets/s  {window['bytes'] * 8 / duration / 1e6:7.1f} Mbit/s  "
              f"{window['flows_started'] / duration:6,.0f} new flows/s  {lost} lost", flush=True)


def show_talkers(api):
    heading("Who talks most (weir ctl query answer talkers)")
    for row in api.ask("/queries/talkers/answer")["rows"][:5]:
        print(f"  {row['name']:24} {row['value'] * 8 / 60 / 1e6:7.2f} Mbit/s  {row['percent']:5.1f} %")


def show_books(sent, books):
    heading("Books")
    records, drops = sum(books["records"].values()), sum(books["export_drops"].values())
    rows = [
        (f"sent {sent:,} = received {books['received']:,}", sent == books["received"]),
        (f"received {books['received']:,} = parsed {books['parsed']:,} + dropped {sum(books['capture_drops'].values()):,}"
         f" + rejected {sum(books['parse_rejects'].values()):,}", books["balanced"]),
        (f"records {records:,} = delivered {books['delivered']:,} + dropped {drops:,}",
         records == books["delivered"] + books["spooled"] + drops),
    ]
    for text, holds in rows:
        print(f"  {'✓' if holds else '✗'} {text}")
    return all(holds for _, holds in rows)


def listen_address():
    """8471 of loopback, or any port where that is taken."""
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.bind(("127.0.0.1", PORT))
        return f"127.0.0.1:{PORT}"
    return "127.0.0.1:0"


def sensor_words(pair, folder):
    return [WEIR, "run", "--set", "capture.source=af_xdp", "--set", f"capture.interface={pair.near}",
            "--set", "network.internal=10.0.0.0/8,2001:db8:0:1::/96", "--set", "flow.table.max_flows=262144",
            "--set", f"control.listen={listen_address()}", "--set", f"control.generator=unix:{folder}/run/generator",
            "-o", "kafka://embedded", "--summary", folder / "books"]


def attack(api, arrivals):
    heading(f"An attack: {ATTACK['strength']:,} SYNs a second on {ATTACK['subject']} for {ATTACK_SECONDS} s; "
            "what comes out of Kafka (processed-data):")
    arrivals.since = time.time()
    api.ask("/generator/anomalies", ATTACK)
    if not arrivals.begun.wait(ARRIVES_SECONDS):
        print("  nothing came")
        return False
    if not arrivals.ended.wait(ATTACK_SECONDS + ENDS_SECONDS):
        print("  it was not told to be over")
        return False
    return True


def stay(page):
    if sys.stdout.isatty():
        heading(f"All goes on: watch it on {page}, drive the generator from there; Ctrl-C ends the demo.")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
        print()


def generator_tell(api, state):
    """Starts or stops the generator, as soon as it listens."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            api.ask("/generator", {"state": state}, "PATCH")
            return
        except urllib.error.HTTPError as error:
            if error.code != BAD_GATEWAY or time.monotonic() > until:
                raise Cannot(f"the generator's API: {error.read().decode()}") from error
            time.sleep(0.1)


def generate_words(pair, folder):
    return [*pair.inside, WEIR, "generate", "-o", f"interface:{pair.far}", "--stopped", "--duration", "0",
            "--packets-per-second", PACKETS_PER_SECOND, "--listen", f"unix:{folder}/run/generator"]


def show(pair, folder, after):
    with Program(folder / "weir.log", *sensor_words(pair, folder), environment={"STATE_DIRECTORY": str(folder)}) as weir:
        weir.wait_for("agent: capturing")
        broker = weir.told("bootstrap")
        page = f"http://127.0.0.1:{weir.told('port')}"
        step("sensor", f"weir run, AF_XDP on {pair.near} -> kafka://embedded ({broker})")
        step("traffic", f"weir generate -> {pair.far}, in a network namespace, | {pair.near}")
        step("page", f"{page}/  <- open this in a browser")
        api = Api(page)
        for query in QUERIES:
            api.ask("/queries", query)
        with Program(folder / "generate.log", *generate_words(pair, folder)), Arrivals(broker) as arrivals:
            heading("What the windows say")
            generator_tell(api, "running")
            watch(api, after)
            arrived = attack(api, arrivals)
            show_talkers(api)
            stay(page)
            generator_tell(api, "stopped")
            time.sleep(1)  # for what is on its way
            sent = api.ask("/generator")["packets"]
        status = weir.stop()
    balanced = show_books(sent, json.loads((folder / "books").read_text(encoding="utf-8")))
    return arrived and balanced and status == 0


def main(arguments):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if os.geteuid() != 0:
            raise Cannot("it takes root")
        with tempfile.TemporaryDirectory() as name, Pair() as pair:
            os.chmod(name, 0o755)  # the sensor gives its rights away
            return 0 if show(pair, pathlib.Path(name), int(arguments[1])) else 1
    except Cannot as error:
        step("live", f"cannot be shown here, a capture is replayed instead: {error}")
        return CANNOT
    except OSError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv))
