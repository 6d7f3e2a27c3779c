# SPDX-License-Identifier: Apache-2.0
"""Standing queries, row by row what an independent script finds in tshark's output: all kinds, over
protocols and addresses and others, by bytes, packets and flows, for several thresholds and windows, with
one worker and two."""
import collections
import functools
import itertools
import json
import unittest

import captures
import harness
import query_judge

INTERNAL = ("10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "2001:db8:1::/48", "2001:db8:20::/44", "fe80::/10")

# Of each kind, parameters that tell few subjects and many.
KINDS = [{"kind": "share", "percent": 1}, {"kind": "share", "percent": 12.5}, {"kind": "share", "percent": 50},
         {"kind": "top", "k": 1}, {"kind": "top", "k": 7},
         {"kind": "deviation", "deviations": 0.5}, {"kind": "deviation", "deviations": 3, "baseline": "mean"},
         {"kind": "deviation", "deviations": 2.25, "baseline": "zero"}]
BY = "bytes", "packets", "flows"
WINDOWS = 1, 5, 60  # panes
OTHERS = [{"subject": "transport"}, {"subject": "port"}, {"subject": "conversation"}, {"subject": "vlan"},
          {"subject": "application"}, {"subject": "prefix", "ipv4_bits": 16, "ipv6_bits": 64}]
# As weir reads them, and what they mean.
FILTERS = {
    'protocol = "dns"': lambda flow: flow.protocol == "dns",
    "port in 53, 80 and not ip in 2001:db8::/32":
        lambda flow: {53, 80} & set(flow.ports) and not in_prefix(flow, "2001:db8::/32"),
    "ip in 10.0.1.0/24 or port in 1000..1999":
        lambda flow: in_prefix(flow, "10.0.1.0/24") or any(1000 <= port <= 1999 for port in flow.ports),
}

# Captures of the corpus: tunnels, VLANs, fragments, scans, both IP versions, what has no ports, and long
# ones of many hosts. Left out are those in which it is not the packets alone that decide a pane.
CORPUS = """
    community-id/rsvp.pcap community-id/sctp.pcap ipfixprobe/vlan.pcap ndpi/4in6tunnel.pcap ndpi/6in4tunnel.pcap
    ndpi/BGP_redist.pcap ndpi/custom_categories.pcapng ndpi/dns_fragmented.pcap ndpi/dropbox.pcap ndpi/esp.pcapng
    ndpi/gre.pcapng ndpi/http_ipv6.pcap ndpi/imap.pcap ndpi/ipv6_in_gtp.pcap ndpi/kafka.pcapng ndpi/skinny.pcap
    ndpi/tcp_scan.pcapng ndpi/teredo.pcap ndpi/tunnelbear.pcap ndpi/vxlan.pcap ndpi/wireguard.pcap
""".split()
LATE, OVERTAKEN = "a frame comes so late that its flow may be gone", "a fragment overtook its first"
LEFT_OUT = {"ipfixprobe/tls.pcap": LATE, "ndpi/fuzz-2006-06-26-2594.pcap": OVERTAKEN, "ndpi/monero.pcap": LATE,
            "ndpi/syncthing.pcap": LATE}


def corpus(name):
    if not harness.CORPUS.is_dir():
        raise unittest.SkipTest(f"no corpus at {harness.CORPUS} (WEIR_CORPUS names another place)")
    return str(harness.CORPUS / name)


def in_prefix(flow, prefix):
    return any(query_judge.is_inside(end, (prefix,)) for end in flow.ends)


def definitions(pane_us):
    """The six queries, in each of their kinds by everything; the windows take turns, so that each is
    taken with each way to count."""
    windows = (WINDOWS[(row + row // len(BY)) % len(WINDOWS)] for row in itertools.count())
    for subject, kind, by in itertools.product(("protocol", "address"), KINDS, BY):
        yield definition(pane_us, next(windows), subject=subject, by=by, **kind)
    for other, by in zip(OTHERS, itertools.cycle(BY)):
        yield definition(pane_us, next(windows), by=by, kind="top", k=20, **other)
    for text, subject in itertools.product(FILTERS, ("protocol", "address")):
        yield definition(pane_us, next(windows), subject=subject, by="bytes", kind="share", percent=10, filter=text)
    yield definition(pane_us, 5, subject="address", by="bytes", kind="top", k=5, traffic="all")


def definition(pane_us, panes, **members):
    members["window_us"] = panes * pane_us
    values = [str(members[name]) for name in ("subject", "kind", "by") if name in members]
    return members | {"name": "-".join(values) + f"-{next(NUMBERS)}"}


NUMBERS = itertools.count()


def written(query):
    """A definition as weir reads it."""
    return {name: value for name, value in query.items() if name != "window_us"} \
        | {"window": f"{query['window_us'] // 1000}ms"}


@functools.cache
def traffic(capture):
    return query_judge.Traffic(capture)


def answers(lines):
    """{query: its records, in their order}"""
    found = {}
    for line in lines:
        if '"type":"query"' in line:
            record = json.loads(line)
            found.setdefault(record["query"], []).append(record)
    return found


def differences(query, capture, pane_us, records, internal=()):
    judged = query_judge.Query(query, traffic(capture), pane_us, internal,
                               FILTERS.get(query.get("filter"), lambda flow: True))
    return query_judge.differences(judged, traffic(capture), pane_us, records)


def changed_answers(record):
    """The record with each figure in it another one, and with its rows others."""
    for name in "matching", "subjects", "total", "mean", "stddev", "start_us":
        yield record | {name: record[name] + 1}
    yield record | {"exact": False}
    rows = record["rows"]
    yield record | {"rows": rows + [{"name": "192.0.2.99", "value": 1, "percent": 0.0, "deviations": 0.0}]}
    if rows:
        yield record | {"rows": rows[:-1]}
        for name in "value", "percent", "deviations":
            yield record | {"rows": [rows[0] | {name: rows[0][name] + 1}, *rows[1:]]}
    if len(rows) > 1 and rows[0]["value"] != rows[1]["value"]:
        yield record | {"rows": [rows[1], rows[0], *rows[2:]]}


class Case(harness.Case):
    def replay(self, capture, queries, pane_us, *arguments, internal=()):
        """Replays with a file of queries."""
        path = self.path(f"queries-{next(NUMBERS)}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump([written(query) for query in queries], file)
        settings = [f"query.file={path}", f"window.pane={pane_us // 1000}ms", f"query.max={len(queries)}"]
        settings += ["network.internal=" + ",".join(internal)] * bool(internal)
        done = harness.replay(*(word for setting in settings for word in ("--set", setting)), *arguments, capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.books["balanced"])
        return done


class Queries(Case):
    def judged(self, capture, pane_us, internal=(), workers=(1, 2)):
        """What the answers over a capture say otherwise than tshark's output; and whether every number
        of workers says the same."""
        queries = list(definitions(pane_us))
        runs = [self.replay(capture, queries, pane_us, "--workers", count, internal=internal) for count in workers]
        same = [harness.without_ids(line for line in run.lines if '"type":"query"' in line) for run in runs]
        texts = [f"{count} workers say other than {workers[0]}"
                 for count, lines in zip(workers, same) if lines != same[0]]
        found = answers(runs[0].lines)
        texts += itertools.chain.from_iterable(
            differences(query, capture, pane_us, found.get(query["name"], []), internal) for query in queries)
        return "\n  ".join(texts[:10])

    def test_sample(self):
        for pane_us, internal in (1_000_000, INTERNAL), (250_000, ()), (7_000_000, INTERNAL):
            with self.subTest(pane_us=pane_us, internal=internal):
                self.assertEqual("", self.judged(harness.SAMPLE, pane_us, internal))

    def test_corpus(self):
        self.assert_none_wrong(harness.each(
            lambda name: traffic(corpus(name)).unfit or self.judged(corpus(name), 1_000_000, INTERNAL), CORPUS))

    def test_left_out_for_a_reason(self):
        for name, reason in LEFT_OUT.items():
            self.assertEqual(reason, traffic(corpus(name)).unfit, name)

    def test_judge_finds_what_is_changed(self):
        """Each figure of an answer, one more or less, is noticed."""
        pane_us = 1_000_000
        queries = list(definitions(pane_us))[::5]
        found = answers(self.replay(harness.SAMPLE, queries, pane_us, internal=INTERNAL).lines)
        for query in queries:
            records = found[query["name"]]
            self.assertEqual([], list(differences(query, harness.SAMPLE, pane_us, records, INTERNAL)))
            place, record = max(enumerate(records), key=lambda pair: len(pair[1]["rows"]))
            for changed in changed_answers(record):
                told = differences(query, harness.SAMPLE, pane_us,
                                   records[:place] + [changed] + records[place + 1:], INTERNAL)
                self.assertTrue(any(told), f"{query}: {changed}")
            missing = records[:place] + records[place + 1:]
            self.assertTrue(any(differences(query, harness.SAMPLE, pane_us, missing, INTERNAL)))

    def test_record_says_what_was_asked(self):
        pane_us = 1_000_000
        queries = list(definitions(pane_us))
        found = answers(self.replay(harness.SAMPLE, queries, pane_us).lines)
        for query in queries:
            records = found[query["name"]]
            self.assertEqual(["changed" in record for record in records], [True] + [False] * (len(records) - 1))
            for record in records:
                said = {name: record[name] for name in query if name != "name"}
                self.assertEqual(said, {name: value for name, value in query.items() if name != "name"})
                self.assertEqual(record["traffic"], query.get("traffic", "external"))
                self.assertEqual(record["revision"], 1)
                own = {"percent": "share", "k": "top", "deviations": "deviation", "baseline": "deviation"}
                for name, kind in own.items():
                    self.assertEqual(name in record, record["kind"] == kind, record)
                self.assertEqual("ipv4_bits" in record, record["subject"] == "prefix")
                self.assertEqual("filter" in record, "filter" in query)
                self.assertNotIn("sampling", record)


class Memory(Case):
    def test_bounds_hold_where_memory_is_short(self):
        """More sources than a query remembers: each answer says so, and by how much it may be wrong."""
        heavy = [f"10.9.0.{host}" for host in range(1, 6)]
        many = [f"10.{index // 250 // 250}.{index // 250 % 250}.{index % 250 + 1}" for index in range(30_000)]
        hosts = [host for index, light in enumerate(many) for host in (light, (heavy + [light] * 45)[index % 50])]
        capture = captures.write(self.path("capture.pcap"), (
            (captures.START_US + 50 * index, captures.udp_frame(source=host)) for index, host in enumerate(hosts)))
        query = definition(1_000_000, 2, subject="source", by="packets", kind="top", k=20)
        records = answers(self.replay(capture, [query], 1_000_000, "--set", "query.memory=1MiB",
                                      "--set", "flow.table.max_flows=256Ki").lines)[query["name"]]
        panes = [collections.Counter() for _ in records]
        first_us = captures.START_US // 1_000_000 * 1_000_000
        for index, host in enumerate(hosts):
            panes[(captures.START_US + 50 * index - first_us) // 1_000_000][host] += 1
        self.assertFalse(all(record["exact"] for record in records))
        for index, record in enumerate(records):
            had = panes[index] + (panes[index - 1] if index > 0 else collections.Counter())
            error = 0 if record["exact"] else record["error_packets"]
            self.assertEqual(record["total"], had.total())
            self.assertEqual("error_packets" in record, not record["exact"])
            self.assertLess(error, min(had[host] for host in heavy), "a bound that tells nothing")
            rows = {row["name"]: row["value"] for row in record["rows"]}
            self.assertLessEqual(set(heavy), set(rows))
            for host, packets in had.items():
                self.assertLessEqual(abs(packets - rows.get(host, 0)), error, host)


class File(Case):
    def test_wrong_definitions_start_nothing(self):
        good = {"name": "good", "kind": "top", "subject": "address"}
        for wrong, *said in (
                ({"name": "x", "kind": "most", "subject": "address"}, "query 2 (x)", "kind", "share, top, deviation"),
                ({"name": "x", "kind": "top", "subject": "adress"}, "query 2 (x)", "subject"),
                ({"name": "x", "kind": "top", "subject": "address", "window": "1500ms"}, "window", "whole panes"),
                ({"name": "x", "kind": "top", "subject": "address", "percent": 4}, "percent", "kind share"),
                ({"name": "x", "kind": "share", "subject": "address", "percent": 101}, "percent", "0 to 100"),
                ({"name": "x", "kind": "top", "subject": "address", "filter": "port = 53 and"}, "filter", "column"),
                ({"name": "good", "kind": "top", "subject": "port"}, "name")):
            path = self.path("queries.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump([good, wrong], file)
            done = harness.replay("--set", f"query.file={path}", harness.SAMPLE)
            self.assert_ends(done, 2, path, *said)
            self.assertEqual(done.lines, [], "something was replayed")

    def test_file_that_has_too_many(self):
        path = self.path("queries.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump([{"name": name, "kind": "top", "subject": "port"} for name in "ab"], file)
        done = harness.replay("--set", f"query.file={path}", "--set", "query.max=1", harness.SAMPLE)
        self.assert_ends(done, 2, f"{path} has 2 queries; expected at most 1 (query.max)")

    def test_file_that_is_not_json(self):
        path = self.path("queries.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write('[\n  {"name": "x",\n')
        self.assert_ends(harness.replay("--set", f"query.file={path}", harness.SAMPLE), 2, f"{path}:3")

    def test_no_file_is_no_query(self):
        done = harness.replay("--set", f"query.file={self.path('none.json')}", harness.SAMPLE)
        self.assertEqual((done.returncode, done.books["records"]["query"]), (0, 0), done.stderr)


if __name__ == "__main__":
    unittest.main()
