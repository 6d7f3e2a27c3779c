# SPDX-License-Identifier: Apache-2.0
"""Captures at hand through the binary that checks itself: no crash, books that balance, and
flows equal to what tshark finds."""
import json
import os
import unittest

import captures
import harness
import judge


class Captures(harness.Case):
    def test_books_balance_and_every_packet_is_received(self):
        def books(capture):
            done = harness.replay(capture, binary=harness.CHECKED)
            if done.returncode not in (0, 1) or done.books is None:
                return f"exit status {done.returncode}: {done.stderr[-2000:]}"
            wanted = int(harness.capinfos(capture, "c"))
            if not done.books["balanced"] or done.books["received"] != wanted:
                return f"capinfos counts {wanted} packets, the books: {done.books}"
            return unbalanced(done.books)

        self.assert_none_wrong(harness.each(books, harness.some_captures()))

    def test_flows_are_what_tshark_finds(self):
        exceptions = judge.exceptions()

        def judged(capture):
            done = harness.plain_replay(capture)
            return "\n  ".join(judge.differences(capture, done.lines, done.books))

        names = {os.path.basename(capture) for capture in harness.captures()}
        if harness.CORPUS.is_dir():
            self.assertLessEqual(set(exceptions), names, "an exception for a capture that is not there")
        self.assert_none_wrong(harness.each(
            judged, [capture for capture in harness.some_captures() if os.path.basename(capture) not in exceptions]))

    def test_judge_finds_what_is_changed(self):
        capture = captures.write(self.path("capture.pcap"), captures.udp_flows(flows=2))
        lines = harness.replay(capture).lines
        self.assertEqual(judge.differences(capture, lines), [])
        index = next(index for index, line in enumerate(lines) if '"type":"flow"' in line)
        before, record, after = lines[:index], json.loads(lines[index]), lines[index + 1:]
        self.assertTrue(judge.differences(capture, before + after))
        for name, value in ("source_bytes", record["source_bytes"] + 1), ("source_ip", "192.0.2.99"), ("vni", 7):
            self.assertTrue(judge.differences(capture, before + [json.dumps({**record, name: value})] + after), name)

    def test_community_ids_are_the_given_ones(self):
        folder = harness.CORPUS / "community-id"
        baseline = harness.read_json(folder / "baseline_deflt.json")
        if baseline is None:
            self.skipTest(f"no baseline in {folder}")
        # ICMP's type stands in for the port. A flow of ICMP holds all types between two hosts and is
        # named by its first packet, so some rows of the baseline are in the flow of another.
        wanted = {(row["saddr"], row["daddr"], row["proto"], row.get("sport") or 0): row["communityid"]
                  for row in baseline}
        hosts = set()
        for capture in sorted(folder.glob("*.pcap")):
            for record in map(json.loads, harness.replay(capture).lines):
                if record["type"] == "flow":
                    port = record.get("source_port", record.get("source_icmp_type", 0))
                    ends = record["source_ip"], record["destination_ip"]
                    self.assertEqual(record["community_id"], wanted[*ends, record["protocol"], port], record)
                    hosts.add((frozenset(ends), record["protocol"]))
        self.assertEqual(hosts, {(frozenset(row[:2]), row[2]) for row in wanted})


def unbalanced(books):
    """What the books' figures do not add up to, told without trusting their own word for it."""
    lost = sum(books["capture_drops"].values()) + sum(books["parse_rejects"].values())
    if books["received"] != books["parsed"] + lost:
        return f"received is not parsed and lost: {books}"
    if books["parsed"] != books["flow_packets"] or books["flows_started"] != books["flows_ended"]:
        return f"parsed packets are not those of the ended flows: {books}"
    records = sum(books["records"].values())
    if records != books["delivered"] + books["spooled"] + sum(books["export_drops"].values()):
        return f"records are not the delivered, spooled and dropped ones: {books}"
    return ""


if __name__ == "__main__":
    unittest.main()
