# SPDX-License-Identifier: Apache-2.0
"""The background that attacks are injected into: the conversations of the sample capture, without the port scan and
the flood that are in it, again and again.

A loop is as long as the sample. In each, a conversation comes back as often as `scale`, the time of day and some
noise say, at times of its own and from other client ports, with its packets as far apart as they were recorded.
Addresses stay. Conversations inside tunnels, and fragmented ones, come at most once a loop and keep their ports.
"""
import bisect
import collections
import ipaddress
import math
import random
import struct

from injection_frames import LENGTHS, SNAP, folded

DAY_US = 86_400_000_000
START_US = 1_700_006_400_000_000  # a midnight, UTC
RHYTHM = 0.4  # how much more the busiest hour has than the mean
NOISE, NOISE_KEPT = 0.05, 0.9  # of each loop's level, and how much of it goes on in the next
SHIFT_US = 2_000_000  # standard deviation of what comes once a loop
SNAP_TUNNELS = 224
PORTS = 64  # client ports of a conversation: these many copies do not meet
CROWD_PORTS = 48  # of them, for additions
CROWD_US = 2_000_000  # additions are of conversations that are as short
HOSTILE = {int(ipaddress.ip_address(f"203.0.113.{host}")) for host in (66, *range(100, 140))}
UNREACHABLE = (int(ipaddress.ip_address("10.0.1.1")), int(ipaddress.ip_address("10.0.1.13")), 1)  # told of the flood
TUNNEL_PORTS = {1701, 2152, 3544, 4789, 6081}

TIME = struct.Struct("<II")
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
IPV4_AT, IPV4_PORTS_AT, IPV6_AT, IPV6_PORTS_AT = 14, 34, 14, 54
CHECKSUM_AT = {6: 16, 17: 6}  # behind the ports


def record(time_us, body):
    return TIME.pack(*divmod(time_us, 1_000_000)) + body


class Conversation:
    def __init__(self, client, ports_at):
        self.client = client  # what its packets have at `ports_at`: address and port; None: may not change
        self.ports_at = ports_at
        self.packets = []  # (time_us, frame, wire bytes)
        self.copies = [None] * PORTS
        self.used = [0, 0]  # of the background's ports, of the crowd's

    def finish(self, loop_start_us):
        self.start_us = self.packets[0][0] - loop_start_us
        self.offsets = [time_us - self.packets[0][0] for time_us, _, _ in self.packets]

    def next_copy(self, crowd):
        """The packets' bodies, with the next client port."""
        if self.client is None:
            index = 0
        elif crowd:
            index = PORTS - CROWD_PORTS + self.used[1] % CROWD_PORTS
        else:
            index = self.used[0] % (PORTS - CROWD_PORTS)
        self.used[crowd] += 1
        if self.copies[index] is None:
            port = 32768 + (self.client[1] * 31 + index * 397) % 28232 if self.client else 0
            snap = SNAP if self.client else SNAP_TUNNELS
            self.copies[index] = [LENGTHS.pack(min(snap, len(frame)), wire) + self.with_port(frame, port)[:snap]
                                  for _, frame, wire in self.packets]
        return self.copies[index]

    def with_port(self, frame, port):
        """The frame with another client port, and the checksum that goes with it (RFC 1624)."""
        if self.client is None:
            return frame
        at, protocol = self.ports_at
        bytes_of_address = 4 if at == IPV4_PORTS_AT else 16
        source = frame[at - 2 * bytes_of_address:at - bytes_of_address], int.from_bytes(frame[at:at + 2], "big")
        changed = bytearray(frame)
        struct.pack_into("!H", changed, at if source == self.client else at + 2, port)
        check_at = at + CHECKSUM_AT[protocol]
        check = int.from_bytes(frame[check_at:check_at + 2], "big")
        if check or protocol == 6:
            check = folded((check ^ 0xFFFF) + (self.client[1] ^ 0xFFFF) + port)
            struct.pack_into("!H", changed, check_at, check or (0xFFFF if protocol == 17 else 0))
        return bytes(changed)


def read_capture(path):
    """(time_us, frame, wire bytes) of each packet of a little-endian classic pcap file."""
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at < len(data):
        seconds, micros, captured, wire = struct.unpack_from("<IIII", data, at)
        yield seconds * 1_000_000 + micros, data[at + 16:at + 16 + captured], wire
        at += 16 + captured


def ends_of(frame):
    """(key, client, ports_at) of a frame: the client is what sent it where ports may be changed; key None: hostile."""
    kind = int.from_bytes(frame[12:14], "big")
    if kind == 0x0800:
        source, destination = struct.unpack_from("!II", frame, IPV4_AT + 12)
        protocol, fragment = frame[IPV4_AT + 9], int.from_bytes(frame[IPV4_AT + 6:IPV4_AT + 8], "big") & 0x3FFF
        if {source, destination} & HOSTILE or \
                ((source, destination, protocol) == UNREACHABLE and frame[IPV4_PORTS_AT] == 3):
            return None, None, None
        plain, at, size = frame[IPV4_AT] == 0x45 and not fragment, IPV4_PORTS_AT, 4
    elif kind == 0x86DD:
        source, destination = frame[IPV6_AT + 8:IPV6_AT + 24], frame[IPV6_AT + 24:IPV6_AT + 40]
        protocol, fragment, plain, at, size = frame[IPV6_AT + 6], 0, True, IPV6_PORTS_AT, 16
    else:
        return (kind, *sorted((frame[:6], frame[6:12]))), None, None
    if plain and protocol in CHECKSUM_AT:
        ports = struct.unpack_from("!HH", frame, at)
        if not set(ports) & TUNNEL_PORTS:
            client = frame[at - 2 * size:at - size], ports[0]
            return (kind, protocol, *sorted(((source, ports[0]), (destination, ports[1])))), client, (at, protocol)
    return (kind, protocol, fragment > 0, *sorted((source, destination))), None, None


class Background:
    def __init__(self, sample, seed, scale=4):
        self.draw = random.Random(f"background {seed}")
        self.scale = scale
        conversations = {}
        packets = list(read_capture(sample))
        for time_us, frame, wire in packets:
            key, client, ports_at = ends_of(frame)
            if key is not None:
                conversation = conversations.setdefault(key, None) or Conversation(client, ports_at)
                conversations[key] = conversation
                conversation.packets.append((time_us, frame, wire))
        self.conversations = list(conversations.values())
        self.loop_us = packets[-1][0] - packets[0][0]
        for conversation in self.conversations:
            conversation.finish(packets[0][0])
        self.instances = 0

    def per_second(self):
        """What the background has in the mean over a day: packets, wire bytes and conversations."""
        sums = collections.Counter()
        for conversation in self.conversations:
            times = self.scale if conversation.client else 1
            sums["packets"] += times * len(conversation.packets)
            sums["bytes"] += times * sum(wire for _, _, wire in conversation.packets)
            sums["flows"] += times
        return {name: 1e6 * count / self.loop_us for name, count in sums.items()}

    def place(self, into, conversation, start_us):
        self.instances += 1
        instance = self.instances
        into.extend((start_us + offset, instance, body)
                    for offset, body in zip(conversation.offsets, conversation.next_copy(crowd=False)))

    def loops(self, start_us, seconds):
        """Lists of (time_us, number of the conversation, what follows the time in the record), in order of time."""
        end_us, loop_us = start_us + round(seconds * 1e6), start_us - self.loop_us
        pending, noise = [], 0.0
        while loop_us < end_us:  # the first loop is what began before the capture
            noise = NOISE_KEPT * noise + self.draw.gauss(0, NOISE)
            level = max(0.1, 1 + noise - RHYTHM * math.cos(2 * math.pi * (loop_us % DAY_US) / DAY_US))
            for conversation in self.conversations:
                if conversation.client is None:
                    if self.draw.random() < level:
                        shift = self.draw.gauss(0, SHIFT_US)
                        self.place(pending, conversation, loop_us + conversation.start_us + round(shift))
                    continue
                times = self.scale * level
                for _ in range(int(times) + (self.draw.random() < times % 1)):
                    self.place(pending, conversation, loop_us + self.draw.randrange(self.loop_us))
            pending.sort(key=lambda packet: packet[0])
            loop_us += self.loop_us
            # What begins in the next loop may be shifted to before it.
            until = bisect.bisect_left(pending, loop_us - 5 * SHIFT_US, key=lambda packet: packet[0])
            done = bisect.bisect_left(pending, start_us, hi=until, key=lambda packet: packet[0])
            ready, pending = pending[done:until], pending[until:]
            if loop_us >= end_us:
                ready = [packet for packet in ready + pending if packet[0] < end_us]
            yield ready

    def crowd(self, draw, begin_us, end_us, times):
        """Additions between two times: `times` as many packets as the background has in the mean, as (time_us, what
        follows the time in the record), in no order."""
        into, wanted = [], times * self.per_second()["packets"] * (end_us - begin_us) / 1e6
        short = [c for c in self.conversations if c.client and c.offsets[-1] <= min(CROWD_US, end_us - begin_us)]
        while len(into) < wanted:
            conversation = draw.choice(short)
            start_us = draw.randrange(begin_us, end_us - conversation.offsets[-1] + 1)
            into.extend((start_us + offset, body)
                        for offset, body in zip(conversation.offsets, conversation.next_copy(crowd=True)))
        return into

    def forget_crowds(self):
        """The next addition takes the same client ports as the first one did."""
        for conversation in self.conversations:
            conversation.used[1] = 0
