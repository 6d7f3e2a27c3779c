# SPDX-License-Identifier: Apache-2.0
"""Small captures made for one test: classic pcap files and the frames in them, octet by octet."""
import ipaddress
import struct

LINK_ETHERNET = 1
LINK_IEEE802_11 = 105
START_US = 1_700_000_000_000_000  # the time of the first packet, unless a test says otherwise
FILE_HEADER_BYTES, RECORD_HEADER_BYTES = 24, 16


def file_header(link_type=LINK_ETHERNET):
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)


def record(time_us, frame, captured_bytes=None, wire_bytes=None):
    """One packet's record; captured_bytes other than the frame's length makes it lie."""
    captured_bytes = len(frame) if captured_bytes is None else captured_bytes
    wire_bytes = max(captured_bytes, len(frame)) if wire_bytes is None else wire_bytes
    return struct.pack("<IIII", time_us // 1_000_000, time_us % 1_000_000, captured_bytes, wire_bytes) + frame


def write(path, packets, link_type=LINK_ETHERNET):
    """Writes (time_us, frame) pairs as a classic pcap file and returns its path."""
    with open(path, "wb") as file:
        file.write(file_header(link_type))
        for time_us, frame in packets:
            file.write(record(time_us, frame))
    return str(path)


def udp_frame(source="10.0.0.1", source_port=40000, destination="10.0.0.2", destination_port=53, payload=b"weir"):
    """An Ethernet frame with an IPv4 UDP datagram (no UDP checksum, which IPv4 allows)."""
    datagram = struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0) + addresses
    return bytes.fromhex("020000000002 020000000001 0800") + checksummed(header) + datagram


def checksummed(header):
    """An IPv4 header with its checksum filled in."""
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack(">H", total ^ 0xFFFF) + header[12:]


def udp_flows(flows, packets_each=1, step_us=1000):
    """Packets of `flows` flows in turn, one every step_us."""
    for index in range(flows * packets_each):
        source_port = 1024 + index % flows % 60000
        source = f"10.1.{index % flows // 60000}.1"
        yield START_US + index * step_us, udp_frame(source=source, source_port=source_port)
