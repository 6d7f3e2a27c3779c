# SPDX-License-Identifier: Apache-2.0
"""What is measured: the captures (CASES) and the programs that read them (PROGRAMS)."""
import dataclasses
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

CACHE = pathlib.Path(os.environ.get("WEIR_BENCH_DIR", "/var/tmp/weir-bench"))
LAST_CORE = str(os.cpu_count() - 1)  # the first one serves most of the interrupts
PROBES = ("nfpcapd", "softflowd")


@dataclasses.dataclass(frozen=True)
class Case:
    """A kind of capture, and what the programs must be told to hold its flows."""
    packets: tuple  # its lengths, the shortest first; the probes see that one
    quick_packets: int
    flows: int  # of the longest; the floor never lets one go
    max_flows: int = 1 << 20  # alive at once, with room
    idle_seconds: int = 30
    probe_rounds: int = 5  # at most


CASES = {
    "uniform": Case((10_000_000,), 1_000_000, 64 << 10),
    "zipf": Case((10_000_000, 30_000_000), 1_000_000, 1 << 20),
    # The figures behind it are in traffic.c. From the 33.8 M-th packet on, as many flows end as start.
    "churn": Case((33_800_000, 71_300_000), 5_000_000, 18_000_000, max_flows=12 << 20, idle_seconds=3,
                  probe_rounds=1),
}


@dataclasses.dataclass(frozen=True)
class Run:
    packets: int
    seconds: float  # by the program's own clock, which starts when its tables stand; else from start to end
    cpu_seconds: float  # of all its threads, from start to end
    said: dict  # what it told about itself

    @property
    def rate(self):
        return self.packets / self.seconds


def capture(build, kind, packets):
    """The file with the first packets of a kind; made if it is not there, and in the page cache then."""
    path = CACHE / f"{kind}-{packets}.pcap"
    if not path.exists():
        progress(f"making {path}")
        CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        subprocess.run([build / "tests/bench/bench_capture", "--packets", str(packets), kind, part], check=True)
        part.rename(path)
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass
    return path


def floor(build, case, path, _scratch):
    return ["taskset", "-c", LAST_CORE, build / "tests/bench/bench_floor", str(case.flows), path]


def weir(build, case, path, _scratch, *options, workers=1, sink="null:"):
    """weir replay with the books on standard output and all else at its default."""
    return [build / "weir", "replay", "--workers", str(workers), "-o", sink, "--summary", "-",
            "--set", f"flow.table.max_flows={case.max_flows}", "--set", f"flow.idle_timeout={case.idle_seconds}s",
            "--set", f"flow.tcp_linger={min(5, case.idle_seconds)}s", *options, path]


def weir_of_two(*where):
    return weir(*where, workers=2)


def nfpcapd(_build, case, path, scratch):
    return ["nfpcapd", "-r", path, "-w", scratch, "-e", f"300,{case.idle_seconds}"]


def softflowd(_build, case, path, scratch):
    """It tracks and expires, and counts what it would export."""
    return ["taskset", "-c", LAST_CORE, "softflowd", "-r", path, "-m", str(case.max_flows), "-d",
            "-p", f"{scratch}/pid", "-c", "none"]


def books(text):
    return json.loads(text[text.index("{"):text.rindex("}") + 1])


def own_count(text):
    said = books(text)
    return said.get("received", said.get("packets")), said["seconds"], said


def total(pattern):
    """Of a program that tells its packets in a line of its own and no time."""
    return lambda text: (int(re.search(pattern, text).group(1)), None, {})


# Its command, and how to read packets, seconds and the rest from what it prints.
PROGRAMS = {
    "floor": (floor, own_count),
    "weir": (weir, own_count),
    "weir (2 workers)": (weir_of_two, own_count),
    "nfpcapd": (nfpcapd, total(r"Total: Processed: (\d+)")),
    "softflowd": (softflowd, total(r"Packets processed: (\d+)")),
}


def run(build, name, case, path):
    """Runs a program once; what it writes goes into memory, and away."""
    command, read = PROGRAMS[name]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        start = time.monotonic(), cpu_of_children()
        text = output(command(build, case, path, scratch))
        wall, cpu = time.monotonic() - start[0], cpu_of_children() - start[1]
    packets, seconds, said = read(text)
    return Run(packets, seconds or wall, cpu, said)


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def output(command, **options):
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)
