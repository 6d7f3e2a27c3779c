# SPDX-License-Identifier: Apache-2.0
"""What an attack puts into a background, or takes from it. Which kinds there are is in injection_kinds.py."""
import ipaddress
import math
import random

import injection_frames as frames
from injection_frames import ACK, RST, SYN, address

VICTIM, CLIENT, ALICE = address("10.0.1.13"), address("10.0.1.11"), address("10.0.1.10")
WEB, RESOLVER = address("198.51.100.80"), address("192.0.2.53")
OUTSIDE = address("198.18.0.0"), 1 << 17  # the prefix for benchmarks: nobody in the background is in it
INSIDE = address("10.0.0.0"), 1 << 16
SECOND_US = 1_000_000


class Attack:
    """One attack: when it is, what it adds, and whom a record about it names."""

    def __init__(self, kind, strength, background, seed):
        self.kind, self.strength = kind, strength
        self.draw = random.Random(f"{kind.name} {strength} {seed}")
        self.background, self.mean = background, background.per_second()
        self.packets = []  # (time_us, what follows the time in the record), in any order
        self.about = set()  # addresses of those who take part
        self.subjects = set()  # what the subject must name one of; empty: nothing in particular
        self.keeps = None  # of the time and conversation of a packet of the background: whether it stays

    def inject(self, begin_us):
        """Sets begin_us, end_us and, in their order, packets."""
        seconds = self.kind.seconds
        length = self.draw.uniform(*seconds) if isinstance(seconds, tuple) else seconds(self.strength)
        self.begin_us, self.end_us = begin_us, begin_us + round(SECOND_US * length)
        self.background.forget_crowds()
        self.kind.make(self, self.strength)
        self.packets = [packet for packet in self.packets if packet[0] < self.end_us]
        self.packets.sort(key=lambda packet: packet[0])
        self.about |= self.subjects
        return self

    def add(self, time_us, body):
        self.packets.append((time_us, body))

    def times(self, rate):
        """Times of events that come by chance, `rate` a second in the mean."""
        now = self.begin_us
        while True:
            now += round(-math.log(1 - self.draw.random()) * SECOND_US / rate)
            if now >= self.end_us:
                return
            yield now

    def outside(self):
        return OUTSIDE[0] + self.draw.randrange(OUTSIDE[1])

    def inside(self):
        return INSIDE[0] + self.draw.randrange(INSIDE[1])

    def port(self):
        return self.draw.randrange(1024, 65536)

    def who(self, *hosts):
        """Those whom the subject must name one of."""
        self.subjects |= {str(ipaddress.ip_address(host)) for host in hosts}


def part_of(number):
    """A number in [0, 1) that looks drawn by chance."""
    return (number * 0x9E3779B97F4A7C15 >> 32 & 0xFFFFFFFF) / (1 << 32)


def crowd(attack, strength):
    """More of what there is."""
    attack.packets += attack.background.crowd(attack.draw, attack.begin_us, attack.end_us, strength)


def drop(attack, strength):
    salt = attack.draw.getrandbits(32)
    attack.keeps = lambda _, number: part_of(number ^ salt) >= strength


def silence(attack, _strength):
    attack.keeps = lambda _time, _number: False


def gusts(attack, strength):
    """Seconds with more and seconds with less take turns."""
    salt, begin_us = attack.draw.getrandbits(32), attack.begin_us
    for start_us in range(begin_us, attack.end_us, 2 * SECOND_US):
        attack.packets += attack.background.crowd(attack.draw, start_us, start_us + SECOND_US, strength)
    attack.keeps = lambda time_us, number: (time_us - begin_us) // SECOND_US % 2 == 0 or \
        part_of(number ^ salt) >= min(strength, 1)


def horizontal_scan(attack, strength):
    """SYNs to port 445 of one host after the other; one in five is there and refuses."""
    source, first = attack.outside(), attack.inside() & ~0xFFF
    attack.who(source)
    for index, time_us in enumerate(attack.times(strength)):
        port, host = attack.port(), first + index
        attack.add(time_us, frames.tcp(source, port, host, 445, SYN, 1))
        if index % 5 == 0:
            attack.add(time_us + 500, frames.tcp(host, 445, source, port, RST | ACK, 0, 2))


def vertical_scan(attack, strength):
    source, port = attack.outside(), attack.port()
    attack.who(source, VICTIM)
    for index, time_us in enumerate(attack.times(strength)):
        scanned = 1 + index % 65000
        attack.add(time_us, frames.tcp(source, port, VICTIM, scanned, SYN, 1))
        attack.add(time_us + 500, frames.tcp(VICTIM, scanned, source, port, RST | ACK, 0, 2))


def syn_flood(attack, strength, sources=None):
    attack.who(VICTIM, *(sources or ()))
    for index, time_us in enumerate(attack.times(strength * attack.mean["flows"])):
        source, port = attack.draw.choice(sources) if sources else attack.outside(), attack.port()
        attack.add(time_us, frames.tcp(source, port, VICTIM, 80, SYN, attack.draw.getrandbits(32)))
        if index % 2 == 0:  # its backlog is full every other time
            attack.add(time_us + 200, frames.tcp(VICTIM, 80, source, port, SYN | ACK, 7, 2))


def syn_flood_of_few(attack, strength):
    syn_flood(attack, strength, [attack.outside() for _ in range(8)])


def udp_flood(attack, strength):
    sources = [attack.outside() for _ in range(32)]
    attack.who(VICTIM)
    for time_us in attack.times(strength * attack.mean["packets"]):
        attack.add(time_us, frames.udp(attack.draw.choice(sources), 40000, VICTIM, attack.port(), 200))


def icmp_flood(attack, strength):
    sources = [attack.outside() for _ in range(16)]
    attack.who(VICTIM)
    for index, time_us in enumerate(attack.times(strength * attack.mean["packets"])):
        attack.add(time_us, frames.echo_request(attack.draw.choice(sources), VICTIM, 7, index & 0xFFFF, 56))


def amplification(attack, strength, port, size):
    """Answers to questions that the victim never asked."""
    servers, victims_port = [attack.outside() for _ in range(100)], attack.port()
    attack.who(VICTIM)
    for time_us in attack.times(strength * attack.mean["bytes"] / (size + 42)):
        attack.add(time_us, frames.udp(attack.draw.choice(servers), port, VICTIM, victims_port, size))


def dns_amplification(attack, strength):
    amplification(attack, strength, 53, 1400)


def ntp_amplification(attack, strength):
    amplification(attack, strength, 123, 440)


def one_to_many(attack, strength):
    """One inside asks hosts all over the world, and all answer."""
    attack.who(CLIENT)
    for time_us in attack.times(strength):
        host, port = attack.outside(), attack.port()
        attack.add(time_us, frames.udp(CLIENT, 6881, host, port, 100))
        attack.add(time_us + 30000, frames.udp(host, port, CLIENT, 6881, 300))


def many_to_one(attack, strength):
    """Connections from all over the world, that are served."""
    attack.who(VICTIM)
    for time_us in attack.times(strength):
        attack.packets.extend(frames.connection(attack.outside(), attack.port(), VICTIM, 443, time_us, (300, 1200, 60)))


def heavy_source(attack, strength):
    """A host never seen sends a lot over one connection."""
    source, port = attack.outside(), attack.port()
    attack.who(source)
    seconds = (attack.end_us - attack.begin_us) / SECOND_US
    segments = int(strength * attack.mean["bytes"] * seconds / 1500)
    attack.packets.extend(frames.connection(source, port, ALICE, 443, attack.begin_us, [1446, 0] * segments,
                                            rtt_us=round((attack.end_us - attack.begin_us) / (segments + 3))))


def new_talkers(attack, strength):
    """Hosts never seen, each of which asks for a name, once."""
    for time_us in attack.times(strength):
        host, port = attack.inside() | 0x8000, attack.port()
        attack.add(time_us, frames.udp(host, port, RESOLVER, 53, 40))
        attack.add(time_us + 5000, frames.udp(RESOLVER, 53, host, port, 120))


def beacon(attack, strength):
    """Short connections to one host; the weaker, the less regular."""
    server, period_us = attack.outside(), round(attack.draw.uniform(5, 30) * SECOND_US)
    attack.who(CLIENT, server)
    for number in range((attack.end_us - attack.begin_us) // period_us):
        jitter = attack.draw.uniform(-1, 1) * (1 / strength) * period_us / 2
        time_us = max(attack.begin_us, attack.begin_us + number * period_us + round(jitter))
        attack.packets.extend(frames.connection(CLIENT, attack.port(), server, 443, time_us, (200, 100)))


def tunnel(attack, strength):
    """Long packets in both directions on the port of DNS, over UDP."""
    server, port = attack.outside(), attack.port()
    attack.who(CLIENT, server)
    for time_us in attack.times(strength):
        attack.add(time_us, frames.udp(CLIENT, port, server, 53, attack.draw.randrange(400, 1200)))
        attack.add(time_us + 20000, frames.udp(server, 53, CLIENT, port, attack.draw.randrange(400, 1200)))


def wrong_port(attack, strength):
    """SSH on the port of HTTPS."""
    server = attack.outside()
    attack.who(CLIENT, server)
    hello = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
    for time_us in attack.times(strength):
        attack.packets.extend(frames.connection(CLIENT, attack.port(), server, 443, time_us, (32, 32, 400, 400),
                                         (hello, hello)))


def broken_handshakes(attack, strength):
    """A server that many use answers no more; clients ask three times."""
    clients = [INSIDE[0] + 256 + host for host in range(10, 13)]
    attack.about |= {str(ipaddress.ip_address(WEB))}
    for time_us in attack.times(strength * attack.mean["flows"]):
        client, port = attack.draw.choice(clients), attack.port()
        for again_us in (0, 1_000_000, 3_000_000):
            attack.add(time_us + again_us, frames.tcp(client, port, WEB, 443, SYN, 1))


def malformed(attack, strength):
    source = attack.outside()
    for index, time_us in enumerate(attack.times(strength * attack.mean["packets"])):
        attack.add(time_us, frames.malformed(source, VICTIM, index % 3))


def fragments(attack, strength):
    source = attack.outside()
    attack.about |= {str(ipaddress.ip_address(host)) for host in (source, VICTIM)}
    for index, time_us in enumerate(attack.times(strength * attack.mean["packets"] / 3)):
        for number, body in enumerate(frames.fragments(source, VICTIM, index & 0xFFFF, 3)):
            attack.add(time_us + 100 * number, body)
