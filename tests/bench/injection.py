# SPDX-License-Identifier: Apache-2.0
"""The injection bench: attacks of graded strength put into real background, and what weir tells of them.

Each attack has a capture of its own, and a weir that starts anew: one to ten minutes of background (more where the kind
says so), the attack, and a while of background behind it. Captures go through a pipe; nothing large is on a disk.
"""
import bisect
import collections
import concurrent.futures
import dataclasses
import heapq
import json
import os
import pathlib
import random
import subprocess
import tempfile

from injection_attacks import Attack
from injection_background import DAY_US, FILE_HEADER, START_US, Background, record
from injection_kinds import KINDS
from injection_match import AFTER_US, SECOND_US, WARM_UP_US, Truth, delay_seconds, judge

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "data" / "sample.pcap"
SECONDS = 1700  # of the background that attacks of a seed share: the latest and longest end in it
SETTINGS = ("flow.table.max_flows=256Ki", "network.internal=10.0.0.0/8,2001:db8:1::/48,2001:db8:20::/48",
            "log.level=warning")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one attack, or of background without any."""
    kind: str  # empty: without any
    strength: float
    strong: bool
    seed: int
    background_us: int  # before the attack, without the warming up
    delay_s: float  # None: not found
    told: tuple  # (detector, subject, verdict, start_us - capture's start) of each beginning


class Replay:
    """weir replay of what is written to `pipe`; then the beginnings of anomalies that it told."""

    def __init__(self, weir):
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm")  # pylint: disable=consider-using-with
        self.books, self.told = f"{self.folder.name}/books", f"{self.folder.name}/told"
        settings = [word for setting in SETTINGS for word in ("--set", setting)]
        with open(self.told, "wb") as told:
            self.weir = subprocess.Popen(  # pylint: disable=consider-using-with
                [weir, "replay", *settings, "-o", "ndjson:-", "--summary", self.books, "-"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE)
            self.grep = subprocess.Popen(  # pylint: disable=consider-using-with
                ["grep", "-F", '"type":"anomaly"'], stdin=self.weir.stdout, stdout=told)
        self.weir.stdout.close()
        self.pipe = self.weir.stdin
        self.pipe.write(FILE_HEADER)

    def end(self):
        self.pipe.close()
        self.grep.wait()
        if self.weir.wait() != 0 or not json.loads(pathlib.Path(self.books).read_text(encoding="utf-8"))["balanced"]:
            raise RuntimeError(f"weir replay ended with {self.weir.returncode}")
        with open(self.told, encoding="utf-8") as told:
            anomalies = [json.loads(line) for line in told]
        self.folder.cleanup()
        return [anomaly for anomaly in anomalies if anomaly["phase"] == "begin"]


class Scene:
    """The background that the attacks of a kind share, at some time of day, as lists of times, conversations and whole
    records."""

    def __init__(self, kind, seed):
        name = f"{kind.name} {seed}"
        self.background = Background(SAMPLE, name)
        self.start_us = START_US + random.Random(name).randrange(DAY_US // SECOND_US) * SECOND_US
        packets = [packet for loop in self.background.loops(self.start_us, SECONDS) for packet in loop]
        self.times = [time_us for time_us, _, _ in packets]
        self.numbers = [number for _, number, _ in packets]
        self.records = [record(time_us, body) for time_us, _, body in packets]

    def between(self, begin_us, end_us):
        return range(bisect.bisect_left(self.times, begin_us), bisect.bisect_left(self.times, end_us))

    def write(self, pipe, attack):
        inside = self.between(attack.begin_us, attack.end_us)
        end = bisect.bisect_left(self.times, attack.end_us + AFTER_US)
        pipe.write(b"".join(self.records[:inside.start]))
        stays = ((self.times[i], self.records[i]) for i in inside
                 if attack.keeps is None or attack.keeps(self.times[i], self.numbers[i]))
        added = ((time_us, record(time_us, body)) for time_us, body in attack.packets)
        pipe.write(b"".join(whole for _, whole in heapq.merge(stays, added, key=lambda packet: packet[0])))
        pipe.write(b"".join(self.records[inside.stop:end]))


def told_of(judged, start_us):
    return tuple((anomaly["detector"], anomaly["subject"], verdict, anomaly["start_us"] - start_us)
                 for anomaly, verdict in judged)


def attack_once(weir, shared, kind, strength, seed):
    attack = Attack(kind, strength, shared.background, seed)
    attack.inject(shared.start_us + round(attack.draw.uniform(*kind.after) * SECOND_US))
    truth = Truth(kind.name, strength, kind.strong(strength), kind.detectors, attack.begin_us, attack.end_us,
                  frozenset(attack.subjects), frozenset(attack.about))
    replay = Replay(weir)
    shared.write(replay.pipe, attack)
    judged = judge(replay.end(), truth, shared.start_us)
    return Outcome(kind.name, strength, truth.strong, seed, attack.begin_us - shared.start_us - WARM_UP_US,
                   delay_seconds(judged, truth), told_of(judged, shared.start_us))


def attacks(weir, kind, seed):
    """One of each strength."""
    shared = Scene(kind, seed)
    return [attack_once(weir, shared, kind, strength, seed) for strength in kind.strengths]


def clean(weir, seed, seconds):
    """Background alone."""
    background = Background(SAMPLE, f"clean {seed}")
    replay = Replay(weir)
    for loop in background.loops(START_US, seconds):
        replay.pipe.write(b"".join([record(time_us, body) for time_us, _, body in loop]))
    judged = judge(replay.end(), None, START_US)
    return Outcome("", 0, False, seed, round(seconds * SECOND_US) - WARM_UP_US, None, told_of(judged, START_US))


def run(weir, seeds, clean_seconds):
    """All outcomes: of the background alone first."""
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        alone = pool.submit(clean, weir, 1, clean_seconds)
        tasks = [pool.submit(attacks, weir, kind, seed) for seed in seeds for kind in KINDS]
        return [alone.result()] + [outcome for task in tasks for outcome in task.result()]


def count_once(outcomes, wanted):
    """{detector: beginnings of that verdict}; what is in the background that several attacks share counts once."""
    alarms = {(outcome.kind, outcome.seed, detector, subject, time_us) for outcome in outcomes
              for detector, subject, verdict, time_us in outcome.told if verdict == wanted}
    return collections.Counter(detector for _, _, detector, _, _ in alarms)


def background_us(outcomes):
    """How much background was looked at before attacks; what several share counts once."""
    longest = {}
    for outcome in outcomes:
        key = outcome.kind, outcome.seed
        longest[key] = max(longest.get(key, 0), outcome.background_us)
    return sum(longest.values())
