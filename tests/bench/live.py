# SPDX-License-Identifier: Apache-2.0
"""The highest rate that each way of capturing takes without loss, and what a packet costs, as Markdown.

Sender and sensor have a core each, on the ends of a veth pair; the kernel's half of receiving (the veth
device's poll) runs on the sender's. The pure DPDK path is fed from memory, by DPDK's own capture driver.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from programs import LAST_CORE, capture, output, progress

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import net  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
FIRST_CORE = "0"
KIND = "uniform"
HUGE_PAGES = 1200
STEPS = 5  # of the search between none and the fastest
TESTPMD = ["dpdk-testpmd", "--lcores", f"0@{FIRST_CORE},1@{LAST_CORE}", "--no-pci", "--no-telemetry", "--in-memory"]
POLLING = ["--forward-mode=rxonly", "--no-lsc-interrupt", "--auto-start", "--nb-cores=1", "-i"]


class Program:
    """Something that captures on the interface until it is told to stop, and then tells how many packets it got."""

    def __init__(self, command, read, ready, feed=None, ask=None):
        self.command, self.read, self.ready, self.feed, self.ask = command, read, ready, feed, ask

    def start(self, pair, scratch):
        """On the last core; returns once it captures."""
        self.scratch = scratch
        self.log = open(f"{scratch}/log", "w+b")  # pylint: disable=consider-using-with
        words = pair.within(net.SENSOR, "taskset", "-c", LAST_CORE, *(str(word).format(scratch=scratch)
                                                                     for word in self.command))
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log,  # pylint: disable=consider-using-with
                                        stdin=subprocess.PIPE)
        until = time.monotonic() + 30
        while self.ready not in self.said():
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f"bench: {' '.join(words)}\ndid not start:\n{self.said()[-2000:]}")
            time.sleep(0.05)
        time.sleep(1)

    def said(self):
        return pathlib.Path(self.log.name).read_text(encoding="utf-8", errors="replace")

    def cpu_seconds(self):
        """Of all its threads, children's left out."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        """How many packets it got."""
        asked = output([word.format(scratch=self.scratch) for word in self.ask]) if self.ask else ""
        if self.feed is not None:
            self.process.stdin.write(self.feed)
            self.process.stdin.close()
        else:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        text = self.said() + asked
        self.log.close()
        return self.read(text)


def books(text):
    return json.loads(text[text.index("{"):text.rindex("}") + 1])["parsed"]


def found(pattern):
    return lambda text: int(re.findall(pattern, text)[-1])


def weir(build, *options):
    return Program([build / "weir", "run", "-o", "null:", "--summary", "-", "--set", f"capture.interface={net.SENSOR}",
                    "--set", "capture.ring=16384", *options], books, "agent: capturing")


def programs(build):
    xdp = ("--set", "capture.source=af_xdp", "--set")
    rxonly = [*TESTPMD, "--file-prefix", "bench", f"--vdev=net_af_xdp0,iface={net.SENSOR}", "--", *POLLING]
    return {
        "weir, AF_XDP, take": weir(build, *xdp, "capture.af_xdp.mode=take"),
        "weir, AF_XDP, tap": weir(build, *xdp, "capture.af_xdp.mode=tap"),
        "weir, AF_PACKET": weir(build, "--set", "capture.source=af_packet"),
        "weir, DPDK net_af_xdp": weir(build, "--set", "capture.source=dpdk",
                                      "--set", f"capture.dpdk.device=net_af_xdp0,iface={net.SENSOR}"),
        "testpmd rxonly, net_af_xdp": Program(rxonly, found(r"RX-packets: (\d+)"), "testpmd>", b"stop\nquit\n"),
        "softflowd": Program(["softflowd", "-i", net.SENSOR, "-d", "-m", 1 << 20, "-c", "{scratch}/control", "-p",
                              "{scratch}/pid"], found(r"Packets processed: (\d+)"), "starting data collection",
                             ask=["softflowctl", "-c", "{scratch}/control", "statistics"]),
        "nfpcapd": Program(["nfpcapd", "-i", net.SENSOR, "-w", "{scratch}"], found(r"Total: Processed: (\d+)"),
                           "Startup"),
    }


def attempt(build, program, seconds, pps):
    """One run; (sent, seconds of it, got, CPU seconds)."""
    with net.Net() as pair, tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        os.chmod(scratch, 0o777)
        program.start(pair, scratch)
        before = program.cpu_seconds()
        said = output(pair.within(net.SENDER, "taskset", "-c", FIRST_CORE, build / "tests/bench/bench_sender",
                                  "--seconds", seconds, "--pps", int(pps), KIND, net.SENDER))
        sent = json.loads(said)
        time.sleep(1.5)  # libpcap's probes take their last buffer after a second
        cpu = program.cpu_seconds() - before
        return sent["sent"], sent["seconds"], program.stop(), cpu


def highest(build, name, program, seconds):
    """The run with the highest rate of which nothing was lost, and the fastest of all."""
    fastest = best = attempt(build, program, seconds, 0)
    low, high = 0, fastest[0] / fastest[1]
    progress(f"{name}: {fastest[2]} of {fastest[0]} at {high / 1e3:.0f} k/s")
    if fastest[2] >= fastest[0]:
        return fastest, fastest
    best = None
    for _ in range(STEPS):
        run = attempt(build, program, seconds, (low + high) / 2)
        progress(f"{name}: {run[2]} of {run[0]} at {(low + high) / 2e3:.0f} k/s")
        if run[2] >= run[0]:
            low, best = (low + high) / 2, run
        else:
            high = (low + high) / 2
    return best, fastest


def veth(build, seconds):
    print("### live on a veth pair, 60-byte frames, 64 Ki flows\n")
    print("| program | packets/s without loss | CPU ns/packet then | of the fastest the kernel sent | of that, got |")
    print("|---|---:|---:|---:|---:|")
    for name, program in programs(build).items():
        best, fastest = highest(build, name, program, seconds)
        rate, cost = ("none", "") if best is None else (f"{best[0] / best[1] / 1e3:.0f} k",
                                                        f"{best[3] / best[2] * 1e9:.0f}")
        print(f"| {name} | {rate} | {cost} | {fastest[0] / fastest[1] / 1e3:.0f} k/s |"
              f" {100 * fastest[2] / fastest[0]:.1f} % |", flush=True)
    print()


def memory_device(build, packets):
    """DPDK's capture driver, which gives the packets of a file out of memory, over and over, as fast as they are
    taken."""
    return f"net_pcap0,rx_pcap={capture(build, KIND, packets)},infinite_rx=1"


def worker_cpu_seconds(pid):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text(encoding="ascii").startswith("weir-worker"):
            return int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return sys.exit("bench: weir has no worker")


def weir_from_memory(build, packets, seconds, *options):
    """Its books after so long a time of capturing, and "cpu_seconds" of the thread that handles packets."""
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(
            [*map(str, (build / "weir", "run", "-o", "null:", "--summary", "-", "--set", "capture.source=dpdk", "--set",
                        f"capture.dpdk.device={memory_device(build, packets)}", "--set",
                        f"capture.dpdk.mbufs={3 * packets // 2}", "--set", "worker.idle=poll", "--set",
                        f"worker.cores={LAST_CORE}", *options))], stdout=log, stderr=log) as process:
        while "agent: capturing" not in pathlib.Path(f"/proc/self/fd/{log.fileno()}").read_text(encoding="utf-8"):
            if process.poll() is not None:
                sys.exit("bench: weir did not start")
            time.sleep(0.05)
        time.sleep(seconds)
        cpu_seconds = worker_cpu_seconds(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.seek(0)
        text = log.read()
    return {**json.loads(text[text.index("{\"received"):]), "cpu_seconds": cpu_seconds}


def from_memory(build, seconds, quick):
    packets = 32768 if quick else 262144
    device, mbufs = memory_device(build, packets), 3 * packets // 2
    print(f"### DPDK from memory (net_pcap, infinite_rx), 60-byte frames, {packets // 1024} Ki packets of 64 Ki flows\n")
    print("| program | packets/s |")
    print("|---|---:|")
    print(f"| weir | {weir_from_memory(build, packets, seconds)['packets_per_second'] / 1e6:.2f} M |", flush=True)
    command = [*TESTPMD, "--file-prefix", "bench", f"--vdev={device}", "--", *POLLING, f"--total-num-mbufs={mbufs}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while b"testpmd>" not in process.stdout.read1():
            pass
        began = time.monotonic()
        time.sleep(seconds)
        process.stdin.write(b"stop\nquit\n")
        process.stdin.flush()
        took = time.monotonic() - began
        text = process.stdout.read().decode()
    packets = found(r"RX-packets: (\d+)")(text)
    print(f"| testpmd rxonly | {packets / took / 1e6:.2f} M |\n", flush=True)


@contextlib.contextmanager
def huge_pages():
    """For testpmd, and so that DPDK's buffers lie on them in both programs."""
    path = pathlib.Path("/proc/sys/vm/nr_hugepages")
    before = int(path.read_text(encoding="ascii"))
    path.write_text(str(max(before, HUGE_PAGES)), encoding="ascii")
    try:
        yield
    finally:
        path.write_text(str(before), encoding="ascii")


def live(build, quick):
    seconds = 2 if quick else 6
    with huge_pages():
        veth(build, seconds)
        from_memory(build, seconds, quick)
