#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a replayed capture holds, told from the records read back out of Kafka and from the books.

usage: demo-summary.py CAPTURE BOOKS RECORDS
"""
import collections
import json
import math
import os
import sys

WIDTH, COLUMNS = 30, 80
SPARKS = "▁▂▃▄▅▆▇█"
ROWS = 6
TCP, SYN, RST = 6, 0x02, 0x04
FEW_PACKETS = 4  # of a handshake that led to nothing
SCAN_PORTS, FLOOD_FLOWS = 100, 500  # from how many on it is worth a line


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


def tick(holds):
    return paint(32, "✓") if holds else paint(31, "✗")


def heading(text):
    print("\n" + paint(1, text))


def octets(count):
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000


def seconds(duration):
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.1f} s"


def both(flow, counter):
    return flow.get(f"source_{counter}", 0) + flow.get(f"destination_{counter}", 0)


def bars(totals):
    """One bar for each of the largest totals: {name: octets}."""
    whole = sum(totals.values()) or 1
    top = sorted(totals.items(), key=lambda row: -row[1])[:ROWS]
    name_width = max((len(name) for name, _ in top), default=0)
    for name, count in top:
        bar = "█" * max(1, round(WIDTH * count / top[0][1])) if top[0][1] else ""
        print(f"  {name:{name_width}}  {octets(count):>9}  {100 * count / whole:4.0f} %  {paint(36, bar)}")


def sparkline(values):
    """The logarithms of the values as one line; neighbours share a column where there are too many."""
    share = -(-len(values) // COLUMNS)
    heights = [math.log1p(max(values[start:start + share])) for start in range(0, len(values), share or 1)]
    top = max(heights, default=0) or 1
    return "".join(SPARKS[round(height / top * (len(SPARKS) - 1))] for height in heights)


def print_replay(capture, books, windows):
    heading("Replayed")
    duration = (windows[-1]["end_us"] - windows[0]["start_us"]) / 1e6 if windows else 0
    print(f"  {os.path.basename(capture)}: {books['received']:,} packets, {octets(books['wire_bytes'])} on the wire, "
          f"{duration:.0f} s of traffic")
    print(f"  in {seconds(books['seconds'])}, Kafka's acknowledgements included: "
          f"{books['packets_per_second']:,.0f} packets/s")


def print_flows(flows):
    heading(f"Flows: {len(flows):,} records")
    by_protocol = collections.Counter()
    talkers = collections.Counter()
    for flow in flows:
        by_protocol[flow.get("application") or flow.get("transport") or str(flow["protocol"])] += both(flow, "bytes")
        for end in "source", "destination":
            talkers[flow[f"{end}_ip"]] += flow.get(f"{end}_bytes", 0)
    print(paint(2, "  protocols, by IP bytes"))
    bars(by_protocol)
    print(paint(2, "  talkers, by IP bytes sent"))
    bars(talkers)
    tunnels = collections.Counter(flow["tunnel"] for flow in flows if "tunnel" in flow)
    tunnels["vlan"] = sum("vlan" in flow for flow in flows)
    tunnels["mpls"] = sum("source_mpls" in flow or "destination_mpls" in flow for flow in flows)
    seen = [f"{name} {count:,}" for name, count in tunnels.most_common() if count]
    if seen:
        print(f"  seen through: {', '.join(seen)}")


def print_attacks(flows):
    """Who tried many ports of a host, and who was sent SYNs that no one completed."""
    ports, floods = collections.defaultdict(set), collections.defaultdict(list)
    for flow in flows:
        if flow["protocol"] == TCP and both(flow, "packets") <= FEW_PACKETS:
            source, destination = flow["source_ip"], flow["destination_ip"]
            ports[source, destination].add(flow["destination_port"])
            if flow["source_tcp_flags"] & ~RST == SYN:
                floods[destination, flow["destination_port"]].append(source)
    scans = [(len(tried), pair) for pair, tried in ports.items() if len(tried) >= SCAN_PORTS]
    floods = [(len(sources), target, len(set(sources))) for target, sources in floods.items()
              if len(sources) >= FLOOD_FLOWS]
    if scans or floods:
        heading("Worth a look")
    for count, (source, destination) in sorted(scans, reverse=True)[:ROWS]:
        print(f"  port scan: {source} tried {count:,} ports of {destination}")
    for count, (destination, port), sources in sorted(floods, reverse=True)[:ROWS]:
        print(f"  SYN flood: {count:,} handshakes that {sources:,} addresses began at {destination} port {port}, none completed")


def print_windows(windows):
    heading(f"Windows: {len(windows):,} of one second")
    for name, counter in ("packets", "packets"), ("new flows", "flows_started"):
        values = [window[counter] for window in windows]
        print(paint(2, f"  {name} a second, up to {max(values, default=0):,} (logarithmic)"))
        print(f"  {paint(36, sparkline(values))}")


def print_books(books, messages):
    """The books' three sums, each with what stands on both sides; returns whether all hold."""
    heading("Books")
    lost = {**books["capture_drops"], **books["parse_rejects"]}
    named = ", ".join(f"{cause} {count:,}" for cause, count in lost.items() if count) or "none"
    records, drops = sum(books["records"].values()), sum(books["export_drops"].values())
    rows = [
        (f"received {books['received']:,} = parsed {books['parsed']:,} + rejected {sum(lost.values()):,} ({named})",
         books["received"] == books["parsed"] + sum(lost.values())),
        (f"parsed {books['parsed']:,} = packets in flows {books['flow_packets']:,}",
         books["parsed"] == books["flow_packets"]),
        (f"records {records:,} = delivered {books['delivered']:,} + spooled {books['spooled']:,} + dropped {drops:,}",
         records == books["delivered"] + books["spooled"] + drops),
        (f"delivered {books['delivered']:,} = read back from Kafka {messages:,}", books["delivered"] == messages),
    ]
    for text, holds in rows:
        print(f"  {tick(holds)} {text}")
    return books["balanced"] and all(holds for _, holds in rows)


def print_next():
    heading("Try next")
    print("""  build/weir replay tests/data/sample.pcap -o ndjson:- | head      one record a line
  build/weir replay YOUR.pcap -o kafka://HOST:9092 --speed real    into your Kafka, at the capture's pace
  build/weir replay YOUR.pcap -o null: --summary - --workers 2     the books alone, on two cores
  build/weir replay --help; docs/RECORDS.md; docs/CONFIGURATION.md
""")


def main(arguments):
    if len(arguments) != 3:
        sys.exit(__doc__)
    capture, books_path, records_path = arguments
    with open(books_path, encoding="utf-8") as file:
        books = json.load(file)
    with open(records_path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    flows = [record for record in records if record["type"] == "flow"]
    windows = sorted((record for record in records if record["type"] == "window"), key=lambda window: window["start_us"])
    print_replay(capture, books, windows)
    print_flows(flows)
    print_attacks(flows)
    print_windows(windows)
    balanced = print_books(books, len(records))
    print_next()
    sys.exit(not balanced)


if __name__ == "__main__":
    main(sys.argv[1:])
