# SPDX-License-Identifier: Apache-2.0
"""Holds what weir told against what was injected.

An attack is found by the first record of an anomaly's beginning that comes from a detector of the attack's kind, names
the right subject where the kind has one, and begins while the attack lasts or in the seconds after it (GRACE). Any
other beginning from the attack's begin until AFTER behind its end is a side effect if it is about no host (all traffic, a
protocol) or about one that takes part, or comes after the end, as the return to what is usual does. All else are false alarms;
those of a capture's first minute (WARM_UP), in which nothing is injected, are counted by themselves.
"""
import dataclasses
import ipaddress
import re

SECOND_US = 1_000_000
WARM_UP_US, GRACE_US, AFTER_US = 60 * SECOND_US, 5 * SECOND_US, 90 * SECOND_US
FOUND, AGAIN, SIDE, FALSE, EARLY = "found", "again", "side effect", "false alarm", "while warming up"


@dataclasses.dataclass(frozen=True)
class Truth:
    kind: str
    strength: float
    strong: bool
    detectors: tuple
    begin_us: int
    end_us: int
    subjects: frozenset
    about: frozenset


def networks(text):
    """The addresses and prefixes in a text."""
    found = []
    for word in re.split(r"[\s,]+", text):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            pass
    return found


def is_about(text, hosts):
    """Whether one of the hosts is in the text, by itself or in a prefix."""
    return any(ipaddress.ip_address(host) in network for network in networks(text) for host in hosts)


def of_attack(anomaly, truth):
    """Whether the record tells of the attack as it should."""
    return anomaly["detector"] in truth.detectors and \
        truth.begin_us - SECOND_US < anomaly["start_us"] <= truth.end_us + GRACE_US and \
        (not truth.subjects or is_about(anomaly["subject"], truth.subjects))


def aside(anomaly, truth):
    if not truth.begin_us - SECOND_US < anomaly["start_us"] <= truth.end_us + AFTER_US:
        return False
    if anomaly["start_us"] > truth.end_us or not networks(anomaly["subject"]):
        return True
    named = [anomaly["subject"], *(contributor["name"] for contributor in anomaly.get("contributors", ()))]
    return not truth.about or any(is_about(text, truth.about) for text in named)


def judge(anomalies, truth, start_us):
    """Each beginning of an anomaly with what it is: [(anomaly, FOUND...)]; truth is None where nothing was injected."""
    judged, found = [], False
    for anomaly in anomalies:
        if truth is not None and of_attack(anomaly, truth):
            verdict, found = AGAIN if found else FOUND, True
        elif truth is not None and aside(anomaly, truth):
            verdict = SIDE
        else:
            verdict = EARLY if anomaly["start_us"] < start_us + WARM_UP_US else FALSE
        judged.append((anomaly, verdict))
    return judged


def delay_seconds(judged, truth):
    """From the attack's begin to the end of the pane that told of it; None: it was not found."""
    for anomaly, verdict in judged:
        if verdict == FOUND:
            return (anomaly["end_us"] - truth.begin_us) / SECOND_US
    return None


def scores(found, missed, false):
    """Precision, recall and F1; None where nothing was told, or nothing to be found."""
    precision = found / (found + false) if found + false else None
    recall = found / (found + missed) if found + missed else None
    f1 = 2 * found / (2 * found + false + missed) if found + false + missed else None
    return precision, recall, f1
