# SPDX-License-Identifier: Apache-2.0
"""The kinds of attacks, each in six strengths of which the last three are called strong, and the detectors whose
records count as having found one. Strengths are not to be chosen by what is found.
"""
import dataclasses
import typing

import injection_attacks as attacks

FLOWS, PACKETS, BYTES = ("times the background's new flows", "times the background's packets",
                         "times the background's bytes")
LONG = (900, 1200)  # a shift is from what was for long


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    make: typing.Callable
    strengths: tuple
    unit: str
    detectors: tuple
    seconds: object = (10, 60)  # how long one is: least and most, or a function of the strength
    after: tuple = (60, 600)  # how much background weir has seen before: seconds, least and most

    def strong(self, strength):
        return strength in self.strengths[len(self.strengths) // 2:]


KINDS = (
    Kind("spike", attacks.crowd, (.5, 1, 2, 4, 8, 16), f"{PACKETS}, added", ("spike",), (10, 20)),
    Kind("drop", attacks.drop, (.2, .4, .6, .8, .9, .95), "of the conversations are missing", ("drop", "silence")),
    Kind("silence", attacks.silence, (1, 2, 4, 8, 16, 32), "seconds without a packet", ("silence", "drop"), float),
    Kind("level shift", attacks.crowd, (.25, .5, .75, 1, 2, 4), f"{PACKETS}, added", ("change",), (240, 300),
         LONG),
    Kind("variance shift", attacks.gusts, (.2, .4, .6, 1, 2, 4), f"{PACKETS} more every other second, less in between",
         ("variance", "change"), (120, 180), LONG),
    Kind("horizontal scan", attacks.horizontal_scan, (1, 2, 5, 10, 30, 100), "hosts a second", ("horizontal_scan",)),
    Kind("vertical scan", attacks.vertical_scan, (1, 2, 5, 10, 50, 200), "ports a second", ("vertical_scan",)),
    Kind("SYN flood, spoofed", attacks.syn_flood, (1, 2, 5, 10, 50, 200), FLOWS, ("syn_flood",)),
    Kind("SYN flood, 8 sources", attacks.syn_flood_of_few, (1, 2, 5, 10, 50, 200), FLOWS, ("syn_flood",)),
    Kind("UDP flood", attacks.udp_flood, (.25, .5, 1, 2, 5, 10), PACKETS, ("udp_flood",)),
    Kind("ICMP flood", attacks.icmp_flood, (.25, .5, 1, 2, 5, 10), PACKETS, ("icmp_flood",)),
    Kind("DNS amplification", attacks.dns_amplification, (.25, .5, 1, 2, 5, 10), BYTES, ("amplification",)),
    Kind("NTP amplification", attacks.ntp_amplification, (.25, .5, 1, 2, 5, 10), BYTES, ("amplification",)),
    Kind("one to many", attacks.one_to_many, (1, 2, 5, 10, 30, 100), "hosts a second", ("one_to_many",)),
    Kind("many to one", attacks.many_to_one, (1, 2, 5, 10, 30, 100), "hosts a second", ("many_to_one",)),
    Kind("new heavy source", attacks.heavy_source, (.1, .25, .5, 1, 2, 5), BYTES, ("unusual_source", "unusual_prefix")),
    Kind("new talkers", attacks.new_talkers, (1, 2, 5, 10, 30, 100), "hosts a second", ("new_talkers",)),
    Kind("beacon", attacks.beacon, (1, 2, 4, 10, 20, 100), "periods per period of jitter", ("beacon",), (600, 900)),
    Kind("tunnel on port 53", attacks.tunnel, (1, 2, 5, 10, 30, 100), "packets a second each way", ("wrong_port",)),
    Kind("SSH on port 443", attacks.wrong_port, (.1, .2, .5, 1, 2, 5), "connections a second", ("wrong_port",)),
    Kind("broken handshakes", attacks.broken_handshakes, (.1, .25, .5, 1, 2, 4), FLOWS, ("handshakes",)),
    Kind("malformed packets", attacks.malformed, (.01, .02, .05, .1, .25, .5), PACKETS, ("malformed",)),
    Kind("fragments", attacks.fragments, (.05, .1, .25, .5, 1, 2), PACKETS, ("fragments", "malformed")),
)
