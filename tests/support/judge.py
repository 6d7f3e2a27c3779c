#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The independent judge of flow records: what a capture holds, told by tshark, against what weir wrote.

usage: judge.py CAPTURE RECORDS.ndjson [BOOKS.json]

tshark names the layers of each frame; from them and from the header fields beside them this file
finds the innermost IP packet, its key, its bytes and its direction, and sums them for each key. The
records' sums for each key must be the same: timeouts may split a flow, so records are summed too.
Nothing here reads a packet's octets or shares code with weir.
"""
import collections
import ipaddress
import json
import os
import subprocess
import sys

IP_LAYERS = ("ip", "ipv6")
VLAN_LAYERS = {"vlan": "vlan.id", "ieee8021ad": "ieee8021ad.id"}
VNI_LAYERS = {"vxlan": "vxlan.vni", "geneve": "geneve.vni"}
PORT_LAYERS = {"tcp": "tcp", "udp": "udp", "udplite": "udp", "sctp": "sctp", "dccp": "dccp"}
NEXT_HEADER_LAYERS = {"ipv6.hopopts": "ipv6.hopopts.nxt", "ipv6.routing": "ipv6.routing.nxt",
                      "ipv6.dstopts": "ipv6.dstopts.nxt", "ipv6.fraghdr": "ipv6.fraghdr.nxt",
                      "ah": "ah.next_header"}
# What may stand between an IP header and the IP header that it carries. An address inside anything
# else (an ICMP error's quotation, a sampled header in sFlow) belongs to no packet of this frame.
UDP_TUNNELS = {"gtp", "vxlan", "geneve", "teredo", "l2tp", "capwap.data"}
BETWEEN = {"gre", "erspan", "eth", "ethertype", "ppp", "mpls", "pppoes", "wlan", "llc", "udp",
           "pwethheuristic", "pwethcw", "pwethnocw"}
BETWEEN |= UDP_TUNNELS | set(VLAN_LAYERS) | set(NEXT_HEADER_LAYERS)

# What tshark itself calls broken: lengths that deny each other. No flow can be told from such a packet.
BROKEN = ("ip.bogus_ip_length", "ip.bogus_header_length", "tcp.bogus_header_length", "tcp.short_segment")

FIELDS = ["frame.len", "frame.cap_len", "frame.time_epoch", "frame.protocols",
          "ip.src", "ip.dst", "ip.len", "ip.proto", "ip.id", "ip.flags.mf", "ip.frag_offset",
          "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.nxt",
          "ipv6.fraghdr.ident", "ipv6.fraghdr.offset", "ipv6.fraghdr.more",
          "tcp.hdr_len", "tcp.flags", *BROKEN, *NEXT_HEADER_LAYERS.values(), *VLAN_LAYERS.values(), *VNI_LAYERS.values(),
          *(f"{layer}.{end}" for layer in sorted(set(PORT_LAYERS.values()))
            for end in ("srcport", "dstport"))]
# Each frame stands alone: nothing is put together again or judged by what came before it. A length of
# zero is what a card that segments for the kernel leaves: the packet fills its frame.
OPTIONS = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
           "tcp.analyze_sequence_numbers:FALSE", "ip.tso_support:TRUE", "ipv6.tso_support:TRUE"]

COUNTERS = ("packets", "bytes", "wire_bytes")
Key = collections.namedtuple("Key", "vlans vni protocol low high")
Packet = collections.namedtuple("Packet", "vlans vni protocol source destination bytes fragment")
Fragment = collections.namedtuple("Fragment", "identification offset more")


def sums():
    """{key: [packets, bytes, wire bytes from the key's low end, the same from its high end]}"""
    return collections.defaultdict(lambda: [0] * 2 * len(COUNTERS))


def canonical(vlans, vni, protocol, source, destination):
    """The key that both directions share, and which direction this is: 0 from its low end."""
    ends = [(ipaddress.ip_address(address).packed, port) for address, port in (source, destination)]
    direction = int(ends[0] > ends[1])
    low, high = (destination, source) if direction else (source, destination)
    return Key(tuple(vlans), vni, protocol, low, high), direction


class Frame:
    """One line of tshark: the layers in order, and each field's occurrences in order."""

    def __init__(self, line):
        self.values = dict(zip(FIELDS, line.rstrip("\n").split("\t")))
        self.layers = self.values["frame.protocols"].split(":")
        self.wire_bytes = int(self.values["frame.len"])

    def field(self, name, occurrence):
        """The value, or None where tshark could not read that far."""
        found = self.values.get(name, "").split(",")
        return found[occurrence] if occurrence < len(found) and found[occurrence] else None

    def number(self, name, occurrence, default=0):
        found = self.field(name, occurrence)
        return default if found is None else int(found, 0)


def ip_header(frame, layer, seen):
    """What an IP header says: its ends, its octets, the protocol it names, its place in a datagram."""
    source, destination = frame.field(f"{layer}.src", seen), frame.field(f"{layer}.dst", seen)
    if source is None or destination is None:
        return None
    if layer == "ipv6":
        return source, destination, frame.number("ipv6.plen", seen) + 40, \
            frame.number("ipv6.nxt", seen), None
    fragment = Fragment(frame.number("ip.id", seen), frame.number("ip.frag_offset", seen),
                        frame.number("ip.flags.mf", seen))
    return source, destination, frame.number("ip.len", seen), frame.number("ip.proto", seen), \
        fragment if fragment.offset or fragment.more else None


def innermost(frame):
    """The innermost IP packet of a frame, or None where there is none."""
    if any(frame.values.get(name) for name in BROKEN):
        return None
    seen = collections.Counter()
    vlans, vni, packet = [], None, None
    for position, layer in enumerate(frame.layers):
        if packet is not None and layer not in BETWEEN and layer not in IP_LAYERS \
                and layer not in PORT_LAYERS:
            break
        occurrence = seen["udp" if layer == "udplite" else layer]
        seen["udp" if layer == "udplite" else layer] += 1
        if layer in VLAN_LAYERS:
            vlans.append(frame.number(VLAN_LAYERS[layer], occurrence))
        elif layer in VNI_LAYERS:
            vni = frame.number(VNI_LAYERS[layer], occurrence)
        elif layer in IP_LAYERS:
            header = ip_header(frame, layer, occurrence)
            if header is None:
                break
            source, destination, octets, protocol, fragment = header
            packet = Packet(tuple(vlans), vni, protocol, (source, 0), (destination, 0), octets, fragment)
        elif packet is not None and layer in NEXT_HEADER_LAYERS:
            packet = extended(frame, packet, layer, occurrence)
        elif packet is not None and layer in PORT_LAYERS:
            ports = transport_ports(frame, layer, occurrence)
            if ports is None:
                return None
            packet = packet._replace(source=(packet.source[0], ports[0]),
                                     destination=(packet.destination[0], ports[1]))
            if layer != "udp" or not set(frame.layers[position + 1:position + 2]) & UDP_TUNNELS:
                break
        # All fragments of a datagram meet in the flow of their own addresses, tunnel or not.
        if packet is not None and packet.fragment and (layer in PORT_LAYERS or packet.fragment.offset):
            break
    return packet


def transport_ports(frame, layer, occurrence):
    """Both ports, or None where the header ends before them, or is TCP's and ends before its length
    though the frame was not cut."""
    ports = [frame.field(f"{PORT_LAYERS[layer]}.{end}", occurrence) for end in ("srcport", "dstport")]
    cut = frame.number("frame.cap_len", 0) < frame.wire_bytes
    if None in ports or (layer == "tcp" and not cut and frame.field("tcp.hdr_len", occurrence) is None):
        return None
    return [int(port) for port in ports]


def extended(frame, packet, layer, occurrence):
    """The packet with what one IPv6 extension header (or AH) adds to it."""
    if layer == "ipv6.fraghdr":
        fragment = Fragment(frame.number("ipv6.fraghdr.ident", occurrence),
                            frame.number("ipv6.fraghdr.offset", occurrence),
                            frame.number("ipv6.fraghdr.more", occurrence))
        if fragment.offset or fragment.more:
            packet = packet._replace(fragment=fragment)
    return packet._replace(protocol=frame.number(NEXT_HEADER_LAYERS[layer], occurrence))


def add(tallies, key, direction, counts):
    # One end talking to itself has but one direction.
    base = 0 if key.low == key.high else direction * len(COUNTERS)
    for index, count in enumerate(counts):
        tallies[key][base + index] += count


def capture_frames(capture):
    """All frames of a capture, as tshark reads them."""
    command = ["tshark", "-n", "-r", capture, "-T", "fields"]
    command += [word for option in OPTIONS for word in ("-o", option)]
    command += [word for field in FIELDS for word in ("-e", field)]
    output = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
    return [Frame(line) for line in output.splitlines()]


def capture_sums(capture):
    """What tshark finds: the sums for each key, the number of frames, and of those without IP."""
    frames = capture_frames(capture)
    packets = [innermost(frame) for frame in frames]
    tallies = sums()
    for frame, packet in with_ports(zip(frames, packets)):
        key, direction = canonical(*packet[:5])
        add(tallies, key, direction, (1, packet.bytes, frame.wire_bytes))
    return tallies, len(frames), packets.count(None)


def with_ports(pairs):
    """The pairs of frame and packet, where there is one; a later fragment has the ports of its
    datagram's first: the one last seen, or else, overtaken, the next one to come."""
    first_seen, overtaken = {}, collections.defaultdict(list)
    for frame, packet in pairs:
        if packet is None:
            continue
        if packet.fragment is None:
            yield frame, packet
            continue
        datagram = (*packet[:3], packet.source[0], packet.destination[0], packet.fragment.identification)
        if packet.fragment.offset == 0:
            first_seen[datagram] = {"source": packet.source, "destination": packet.destination}
            yield frame, packet
            for early in overtaken.pop(datagram, ()):
                yield early[0], early[1]._replace(**first_seen[datagram])
        elif datagram in first_seen:
            yield frame, packet._replace(**first_seen[datagram])
        else:
            overtaken[datagram].append((frame, packet))
    for waiting in overtaken.values():
        yield from waiting


def record_sums(lines):
    """The sums for each key of the flow records among `lines` of NDJSON."""
    tallies = sums()
    for record in map(json.loads, lines):
        if record["type"] != "flow":
            continue
        source = (record["source_ip"], record.get("source_port", 0))
        destination = (record["destination_ip"], record.get("destination_port", 0))
        key, direction = canonical(record.get("vlan", ()), record.get("vni"), record["protocol"],
                                   source, destination)
        for end, sent in (("source", direction), ("destination", 1 - direction)):
            add(tallies, key, sent, [record.get(f"{end}_{counter}", 0) for counter in COUNTERS])
    return tallies


def written(key):
    text = f"{key.low[0]} port {key.low[1]} <-> {key.high[0]} port {key.high[1]} protocol {key.protocol}"
    text += f" vlan {list(key.vlans)}" if key.vlans else ""
    return text + (f" vni {key.vni}" if key.vni is not None else "")


def differences(capture, lines, books=None):
    """What weir's records (and books) say otherwise than tshark, one text each; empty: all is equal."""
    expected, frames, without_ip = capture_sums(capture)
    found = record_sums(lines)
    texts = []
    for key in sorted(set(expected) | set(found), key=str):
        wanted, got = expected.get(key), found.get(key)
        if wanted != got:
            texts.append(f"{written(key)}: tshark {wanted}, weir {got}")
    if books is not None:
        rejected = sum(books["parse_rejects"].values()) + sum(books["capture_drops"].values())
        if books["received"] != frames:
            texts.append(f"frames: tshark {frames}, weir {books['received']}")
        if rejected != without_ip:
            texts.append(f"frames without IP: tshark {without_ip}, weir {rejected}"
                         f" {books['parse_rejects']} {books['capture_drops']}")
    return texts


def exceptions():
    """{capture's file name: reason} of the captures that tshark cannot judge, each with its reason."""
    with open(os.path.join(os.path.dirname(__file__), "judge-exceptions.json"), encoding="utf-8") as file:
        return json.load(file)


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    with open(arguments[1], encoding="utf-8") as file:
        lines = file.readlines()
    books = json.load(open(arguments[2], encoding="utf-8")) if len(arguments) == 3 else None
    texts = differences(arguments[0], lines, books)
    print("\n".join(texts) or "equal")
    sys.exit(bool(texts))


if __name__ == "__main__":
    main(sys.argv[1:])
