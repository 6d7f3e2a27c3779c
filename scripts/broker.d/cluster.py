# SPDX-License-Identifier: Apache-2.0
"""The nodes that make one broker, and the state directory that holds all they keep.

broker.json there says what the broker is (ports, TLS, SASL, settings), so that a later start needs no options;
node-N/ has a node's storage, log, configuration and process id.
"""
import base64
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid

import security
from kafka import TOOLS, Failure, java
from node import Node

START_SECONDS = 180  # a start takes some five; the rest is for a machine that has much else to do
TERM_SECONDS = 10  # the last of several nodes waits in vain for a quorum; and what it would save is removed anyway
KILL_SECONDS = 30


def free_ports(count):
    """Ports that nobody listens on, below those that the kernel gives to clients: a client that keeps trying to
    reach a killed node would else in time be given the node's own port, and be connected to itself."""
    ephemeral = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    candidates = range(10000, ephemeral) if ephemeral > 11000 else range(10000, 65536)
    ports = []
    for port in random.sample(candidates, len(candidates)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise Failure("no free ports")


def new_id():
    """A cluster's id as Kafka writes it. Begins with a letter: kafka-storage takes a '-' for an option."""
    random_bytes = bytearray(uuid.uuid4().bytes)
    random_bytes[0] &= 0x7F
    return base64.urlsafe_b64encode(random_bytes).decode().rstrip("=")


class Cluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).absolute()
        self.file = self.folder / "broker.json"
        try:
            self.state = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.state = None

    def create(self, count, tls, sasl):
        """A new broker of `count` nodes; nothing runs yet."""
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise Failure(f"{self.folder} holds something, but no broker; name another folder in WEIR_BROKER_DIR")
        self.folder.mkdir(parents=True, exist_ok=True)
        ports = free_ports(2 * count)
        self.state = {"id": new_id(), "tls": tls, "sasl": sasl, "ports": ports[:count],
                      "controller_ports": ports[count:], "settings": {}}
        self.save()
        try:
            if tls:
                security.make_certificates(self.folder)
            if sasl:
                security.make_passwords(self.folder)
            admin = security.admin_properties(self.folder, tls, sasl)
            security.write_properties(self.folder / "admin.properties", admin)
        except BaseException:
            self.remove()
            raise

    def save(self):
        self.file.write_text(json.dumps(self.state, indent=1) + "\n", encoding="utf-8")

    def nodes(self):
        """The nodes, or a failure where no broker was made."""
        if self.state is None:
            raise Failure(f"there is no broker in {self.folder}")
        return [Node(self.folder / f"node-{number}", number, port)
                for number, port in enumerate(self.state["ports"], 1)]

    def address(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.state["ports"])

    def data_folder(self, node):
        """Where a node keeps its messages: a folder of its own, also where log.dirs was set."""
        folder = self.state["settings"].get("log.dirs")
        return pathlib.Path(folder) / f"weir-{self.state['id']}-{node.number}" if folder else node.folder / "data"

    def properties(self, node):
        """A node's server.properties."""
        state, count = self.state, len(self.state["ports"])
        copies = min(3, count)
        voters = (f"{number}@127.0.0.1:{port}" for number, port in enumerate(state["controller_ports"], 1))
        return {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"CLIENT://127.0.0.1:{node.port},"
                         f"CONTROLLER://127.0.0.1:{state['controller_ports'][node.number - 1]}",
            "listener.security.protocol.map":
                f"CLIENT:{security.protocol(state['tls'], state['sasl'])},CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "default.replication.factor": copies,
            "min.insync.replicas": max(1, copies - 1),
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "transaction.state.log.num.partitions": 4,
            "group.initial.rebalance.delay.ms": 0,
            # A killed node comes back only after its old session has ended; Kafka's nine seconds are long for a test.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "metadata.log.dir": node.folder / "metadata",
            **security.node_properties(self.folder, state["tls"], state["sasl"]),
            **state["settings"],
            "log.dirs": self.data_folder(node),
        }

    def format(self, node):
        """Writes a node's configuration, and formats its storage where that is new."""
        node.folder.mkdir(exist_ok=True)
        config = node.folder / "server.properties"
        security.write_properties(config, self.properties(node))
        if (node.folder / "metadata" / "meta.properties").exists():
            return
        options = ["format", "--config", str(config), "--cluster-id", self.state["id"], "--ignore-formatted"]
        if self.state["sasl"]:
            options += security.scram_options(self.folder)
        # By a file, one argument a line: anyone may read the arguments of a process.
        arguments = node.folder / "format"
        security.write_secret(arguments, "\n".join(options) + "\n")
        done = subprocess.run(java(TOOLS["kafka-storage"], f"@{arguments}"), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        arguments.unlink()
        if done.returncode != 0:
            why = [line for line in (done.stderr or done.stdout).splitlines() if not line.startswith("\tat ")]
            raise Failure("\n".join([f"node {node.number}: formatting failed:", *why]))

    def start(self):
        """Starts the nodes that do not run and waits until they answer; ends them again if one does not."""
        nodes = self.nodes()
        down = [node for node in nodes if node.pid() is None]
        heap = ("-Xms256m", "-Xmx512m") if len(self.state["ports"]) == 1 else ("-Xms160m", "-Xmx320m")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(self.format, down))
        try:
            for node in down:
                node.launch(heap)
            self.wait(nodes)
        except BaseException:
            for node in down:
                node.end(signal.SIGKILL, KILL_SECONDS)
            raise

    def wait(self, nodes):
        certificates = (self.folder / "ca.pem", self.folder / "server.pem") if self.state["tls"] else None
        login = ("admin", security.password(self.folder, "admin")) if self.state["sasl"] else None
        deadline = time.monotonic() + START_SECONDS
        waiting = list(nodes)
        while waiting:
            time.sleep(0.1)
            for node in waiting:
                if node.pid() is None:
                    raise Failure(f"node {node.number} ended while it started; its log, {node.log}:\n{node.log_end()}")
            waiting = [node for node in waiting if not node.knows(len(nodes), certificates, login)]
            if waiting and time.monotonic() > deadline:
                node = waiting[0]
                raise Failure(f"node {node.number} did not answer within {START_SECONDS} s; its log, {node.log}:\n"
                              f"{node.log_end()}")

    def stop(self):
        """Ends all nodes in order and removes all they kept."""
        nodes = self.nodes()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ended = list(pool.map(lambda node: node.end(signal.SIGTERM, TERM_SECONDS) or
                                  node.end(signal.SIGKILL, KILL_SECONDS), nodes))
        for node, gone in zip(nodes, ended):
            if not gone:
                raise Failure(f"node {node.number} (process {node.pid()}) does not end")
        self.remove()

    def remove(self):
        """Removes all that is kept; nothing may run."""
        for node in self.nodes():
            shutil.rmtree(self.data_folder(node), ignore_errors=True)
        # Last of all the file that says that a broker is here: what was cut off can be stopped again.
        for entry in sorted(os.scandir(self.folder), key=lambda entry: entry.name == self.file.name):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        self.folder.rmdir()
