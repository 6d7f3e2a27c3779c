# SPDX-License-Identifier: Apache-2.0
"""The packets of attacks: IPv4 frames with right lengths and checksums, each as what follows the time in a record
of a classic pcap file. Addresses are numbers; payloads that nobody looks into are zeros and cut off by the snap length.
"""
import functools
import ipaddress
import struct

SNAP = 96
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000
ICMP, TCP, UDP = 1, 6, 17

LENGTHS = struct.Struct("<II")  # captured and on the wire
ETHERNET = struct.Struct("!6s6sH")
IPV4 = struct.Struct("!BBHHHBBHII")
TCP_HEADER = struct.Struct("!HHIIBBHHH")
UDP_HEADER = struct.Struct("!HHHH")
ICMP_HEADER = struct.Struct("!BBHHH")
ETHERNET_MIN = 60

GATEWAY = bytes.fromhex("00005e005301")
INSIDE = bytes.fromhex("00005e005313")


def address(text):
    return int(ipaddress.ip_address(text))


def folded(total):
    """The checksum of RFC 1071 for a sum of 16-bit words."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


@functools.lru_cache(maxsize=256)
def words(data):
    return sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))


def halves(number):
    return (number >> 16) + (number & 0xFFFF)


def inside(host):
    return host >> 24 == 10


def frame(source, destination, protocol, segment, segment_bytes, fragment=DONT_FRAGMENT, ident=0, version_length=0x45,
          ttl=57):
    """A whole frame around what `segment` begins with; version_length other than 0x45 makes it malformed."""
    length = IPV4.size + segment_bytes
    check = folded((version_length << 8) + length + ident + fragment + (ttl << 8 | protocol) + halves(source)
                   + halves(destination))
    data = ETHERNET.pack(GATEWAY if inside(source) else INSIDE, INSIDE if inside(source) else GATEWAY, 0x0800) + \
        IPV4.pack(version_length, 0, length, ident, fragment, ttl, protocol, check, source, destination) + segment
    wire_bytes = max(ETHERNET_MIN, ETHERNET.size + length)
    data = data.ljust(min(SNAP, wire_bytes), b"\0")[:SNAP]
    return LENGTHS.pack(len(data), wire_bytes) + data


def tcp(source, source_port, destination, destination_port, flags, sequence, acknowledged=0, data_bytes=0, data=b""):
    """A segment with `data`, or with data_bytes zeros."""
    data_bytes = len(data) or data_bytes
    check = folded(halves(source) + halves(destination) + TCP + TCP_HEADER.size + data_bytes + source_port
                   + destination_port + halves(sequence) + halves(acknowledged) + (0x5000 | flags) + 64240
                   + (words(data) if data else 0))
    header = TCP_HEADER.pack(source_port, destination_port, sequence, acknowledged, 0x50, flags, 64240, check, 0)
    return frame(source, destination, TCP, header + data, TCP_HEADER.size + data_bytes)


def udp(source, source_port, destination, destination_port, data_bytes=0, data=b""):
    length = UDP_HEADER.size + (len(data) or data_bytes)
    check = folded(halves(source) + halves(destination) + UDP + 2 * length + source_port + destination_port
                   + (words(data) if data else 0))
    header = UDP_HEADER.pack(source_port, destination_port, length, check or 0xFFFF)
    return frame(source, destination, UDP, header + data, length)


def echo_request(source, destination, ident, sequence, data_bytes):
    header = ICMP_HEADER.pack(8, 0, folded(0x0800 + ident + sequence), ident, sequence)
    return frame(source, destination, ICMP, header, ICMP_HEADER.size + data_bytes)


def fragments(source, destination, ident, count, each_bytes=1480):
    """A UDP datagram of zeros, between ports 40000 and 9, in `count` fragments."""
    length = count * each_bytes
    check = folded(halves(source) + halves(destination) + UDP + 2 * length + 40000 + 9)
    header = UDP_HEADER.pack(40000, 9, length, check or 0xFFFF)
    return [frame(source, destination, UDP, b"" if index else header, each_bytes,
                  index * each_bytes // 8 | (MORE_FRAGMENTS if index < count - 1 else 0), ident)
            for index in range(count)]


def malformed(source, destination, way):
    """Breaks the rules in one of three ways: an IPv4 header too short, one of no such version, a TCP header that
    does not fit in its packet."""
    if way == 2:
        header = TCP_HEADER.pack(40000, 80, 1, 0, 0xF0, SYN, 64240, 0, 0)
        return frame(source, destination, TCP, header, len(header))
    return frame(source, destination, UDP, UDP_HEADER.pack(40000, 9, UDP_HEADER.size, 0), UDP_HEADER.size,
                 version_length=(0x43, 0x75)[way])


def connection(client, client_port, server, server_port, start_us, sizes, first_data=(b"", b""), rtt_us=20000):
    """A TCP connection from SYN to FIN as (time_us, packet): `sizes` are the octets that client and server send in
    turn, first_data what each of them says first."""
    ends = ((client, client_port), (server, server_port))
    sequence = [start_us & 0xFFFFFFF, start_us >> 7 & 0xFFFFFFF]
    now = start_us

    def said(who, flags, data_bytes=0, data=b""):
        nonlocal now
        packet = tcp(*ends[who], *ends[1 - who], flags, sequence[who], sequence[1 - who] if flags & ACK else 0,
                     data_bytes, data)
        sequence[who] += (len(data) or data_bytes) + (1 if flags & (SYN | FIN) else 0)
        told = now, packet
        now += rtt_us // 2
        return told

    yield said(0, SYN)
    yield said(1, SYN | ACK)
    yield said(0, ACK)
    for turn, size in enumerate(sizes):
        yield said(turn % 2, PSH | ACK, size, first_data[turn] if turn < 2 else b"")
    for who, flags in ((0, FIN | ACK), (1, FIN | ACK), (0, ACK)):
        yield said(who, flags)
