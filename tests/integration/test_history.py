# SPDX-License-Identifier: Apache-2.0
"""What the history keeps equals the records that were exported, in a replay and on a link."""
import collections
import datetime
import json
import os
import pathlib
import sqlite3

import api
import captures
import harness
import net

QUERIES = [{"name": "sources", "kind": "top", "subject": "source", "by": "bytes", "k": 5, "window": "5s"}]
KINDS = ("window", "query", "anomaly")


def exported(lines):
    """The records that a history keeps, as it keeps them, by type."""
    kept = collections.defaultdict(list)
    for record in map(json.loads, lines):
        record.pop("id")
        kept[record["type"]].append(record)
    return [kept[kind] for kind in KINDS]


def stored(path):
    """The same as the database has them, in the order they were written."""
    kept = [[], [], []]
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for kind, record in connection.execute("SELECT kind, record FROM records ORDER BY id"):
        kept[kind].append(json.loads(record))
    connection.close()
    return kept


class Replay(harness.Case):
    def setUp(self):
        super().setUp()
        self.history = self.path("history.db")
        self.queries = self.path("queries.json")
        pathlib.Path(self.queries).write_text(json.dumps(QUERIES), encoding="utf-8")
        self.capture = captures.write(self.path("sent.pcap"), captures.udp_flows(flows=50, packets_each=20))

    def replay(self, *arguments):
        return harness.replay("--set", f"query.file={self.queries}", "--set", f"history.file={self.history}",
                              *arguments)

    def test_all_that_was_exported_is_there(self):
        wanted = exported(self.replay(harness.SAMPLE).lines)
        self.assertTrue(wanted[0] and wanted[1])
        self.assertEqual(stored(self.history), wanted)

    def test_runs_follow_one_another(self):
        wanted = exported(self.replay(self.capture).lines)
        again = exported(self.replay(harness.SAMPLE).lines)
        self.assertEqual(stored(self.history), [first + second for first, second in zip(wanted, again)])

    def test_none_in_a_replay_unless_asked_for(self):
        environment = dict(os.environ, STATE_DIRECTORY=self.path("state"))
        done = harness.run("replay", harness.SAMPLE, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.exists(self.path("state")))

    def test_damaged_file_is_set_aside(self):
        pathlib.Path(self.history).write_bytes(b"no database at all" * 1000)
        done = self.replay(harness.SAMPLE)
        self.assertIn("was damaged", done.stderr)
        self.assertEqual(stored(self.history), exported(done.lines))
        aside = list(pathlib.Path(self.history).parent.glob("history.db.corrupt-*"))
        self.assertEqual([path.read_bytes()[:18] for path in aside], [b"no database at all"])

    def test_file_that_cannot_be_had_was_asked_for(self):
        self.history = self.path("nowhere/history.db")
        self.assert_ends(self.replay(harness.SAMPLE), 1, self.history)


def pages(client, path):
    """All records of a span, page by page."""
    records, more = [], ""
    while more is not None:
        status, page = client.get(path + more)
        assert status == 200, page
        records += page["records"]
        following = page["next"]
        more = following and f"&last_us={following['last_us']}&last_id={following['last_id']}"
    return records


class Api(harness.Case):
    """A run that ended is looked back at through the API of the next one."""

    def setUp(self):
        super().setUp()
        self.queries = self.path("queries.json")
        pathlib.Path(self.queries).write_text(json.dumps(QUERIES), encoding="utf-8")
        self.options = ("--set", f"query.file={self.queries}", "--set", f"history.file={self.path('history.db')}")
        self.wanted = exported(harness.replay(*self.options, harness.SAMPLE).lines)

    def served(self, *options):
        later = captures.write(self.path("later.pcap"), captures.udp_flows(flows=2, packets_each=300, step_us=100_000))
        return api.served(self.folder, *options, capture=later)

    def test_pages_and_spans(self):
        with self.served(*self.options) as weir:
            client = api.Client(weir.port())
            starts = [window["start_us"] for window in self.wanted[0]]
            span = f"from_us={starts[0]}&to_us={starts[-1] + 1}"
            for order, step in ("oldest", 1), ("newest", -1):
                found = pages(client, f"/history/windows?{span}&limit=7&order={order}")
                self.assertEqual(found, self.wanted[0][::step])
            found = client.get(f"/history/windows?from_us={starts[3]}&to_us={starts[5]}&order=oldest")[1]
            self.assertEqual((found["records"], found["next"]), (self.wanted[0][3:5], None))
            ends = [answer["end_us"] for answer in self.wanted[1]]
            found = pages(client, f"/history/answers?from_us={ends[0]}&to_us={ends[-1] + 1}&limit=10&order=oldest")
            self.assertEqual(found, self.wanted[1])

    def test_names_and_stretches(self):
        with self.served(*self.options) as weir:
            client = api.Client(weir.port())
            ends = [answer["end_us"] for answer in self.wanted[1]]
            span = f"from_us={ends[0]}&to_us={ends[-1] + 1}"
            last = {}
            for answer in self.wanted[1]:
                last[answer["end_us"] // 10_000_000] = answer
            for order, step in ("oldest", 1), ("newest", -1):
                asked = f"/history/answers?{span}&name=sources&every_us=10000000&order={order}&limit=3"
                self.assertEqual(pages(client, asked), list(last.values())[::step])
            self.assertEqual(client.get(f"/history/answers?{span}&name=nobody")[1]["records"], [])
            scans = client.get("/history/anomalies?name=vertical_scan")[1]["records"]
            self.assertEqual(scans[::-1], [one for one in self.wanted[2] if one["detector"] == "vertical_scan"])
            for path, message in (("answers?every_us=5", "every_us: expected name with it"), ("windows?name=x", "name: unknown"),
                                  ("anomalies?name=x&every_us=1", "every_us: unknown"),
                                  ("answers?name=", "name: expected a text"), (f"answers?name={'n' * 65}", "at most 64")):
                status, answer = client.get(f"/history/{path}")
                self.assertEqual(status, 400)
                self.assertIn(message, answer["error"])

    def test_span_is_erased(self):
        with self.served(*self.options) as weir:
            client = api.Client(weir.port())
            starts = [window["start_us"] for window in self.wanted[0]]
            span = f"from_us={starts[0]}&to_us={starts[-1] + 1}"
            asked = f"{api.ROOT}/history?from_us={starts[2]}&to_us={starts[-2]}"
            self.assertEqual(client.ask("DELETE", asked), (204, None))
            left = pages(client, f"/history/windows?{span}&limit=1000&order=oldest")
            self.assertEqual(left, self.wanted[0][:2] + self.wanted[0][-2:])
            self.assertEqual(weir.end(), 0)
            self.assertIn(f"history from {starts[2]} to {starts[-2]} erased by 127.0.0.1", harness.read_text(weir.log))
        between = [window for window in stored(self.path("history.db"))[0]
                   if starts[2] <= window["start_us"] < starts[-2]]
        self.assertEqual(between, [])

    def test_ctl_shows_and_erases(self):
        with self.served(*self.options) as weir:
            ctl = lambda *words: harness.run("ctl", "history", *words, "--url", f"http://127.0.0.1:{weir.port()}")
            starts = [window["start_us"] for window in self.wanted[0]]
            from_us, to_us = str(starts[3]), str(starts[5])
            shown = json.loads(ctl("windows", "--json", "--from", from_us, "--to", to_us).stdout)["records"]
            self.assertEqual(shown, self.wanted[0][4:2:-1])
            utc = datetime.datetime.fromtimestamp(starts[3] / 1e6, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            done = ctl("windows", "--from", utc, "--to", to_us)
            self.assert_ends(done, 0)
            self.assertEqual([line.split()[0] for line in done.stdout.splitlines()],
                             ["START", utc[:-4] + "Z", done.stdout.splitlines()[2].split()[0]])
            done = ctl("answers", "--name", "sources", "--last", "2", "--to", str(starts[-1]))
            self.assertEqual(done.stdout.count("sources: source by bytes"), 2)
            self.assertIn("There are more before these", done.stderr)
            self.assertEqual(ctl("answers", "--name", "none & nothing").stdout, "")
            self.assertIn(" vertical_scan, ", ctl("anomalies", "--name", "vertical_scan").stdout)
            self.assertNotIn("syn_flood", ctl("anomalies", "--name", "vertical_scan").stdout)
            self.assert_ends(ctl("erase", "--to", to_us), 2, "expected --from and --to")
            self.assert_ends(ctl("erase", "--from", from_us, "--to", "tomorrow"), 2, "--to: expected a time")
            self.assert_ends(ctl("erase", "--from", to_us, "--to", from_us), 2, "from_us: expected less than to_us")
            self.assert_ends(ctl("erase", "--from", from_us, "--to", to_us), 0)
            self.assertEqual(json.loads(ctl("windows", "--json", "--from", from_us, "--to", to_us).stdout)["records"], [])

    def test_what_was_said_of_an_anomaly_is_there_after_a_restart(self):
        options = (*self.options, "--set", f"history.file={self.path('said.db')}")
        with api.served(self.folder, *options, capture=harness.SAMPLE, speed="10") as weir:
            client = api.Client(weir.port())
            harness.wait_until(lambda: client.get("/anomalies")[1]["anomalies"])
            number = client.get("/anomalies")[1]["anomalies"][-1]["anomaly"]
            status, anomaly = client.ask("PATCH", f"{api.ROOT}/anomalies/{number}", {"acknowledged": True, "note": "ours"})
            self.assertEqual(status, 200, anomaly)
            said = anomaly["acknowledged"]
            self.assertEqual(said["note"], "ours")
            ended = lambda: [one for one in client.get("/anomalies")[1]["anomalies"]
                             if one["anomaly"] == number and one["phase"] == "end"]
            harness.wait_until(ended)
            self.assertEqual(ended()[0]["acknowledged"], said)
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))
            self.assertNotIn("acknowledged", "".join(harness.read_lines(weir.records)))
        with self.served(*options) as weir:
            kept = pages(api.Client(weir.port()), "/history/anomalies?limit=1000")
            self.assertEqual({one["anomaly"] == number for one in kept}, {True, False})
            for one in kept:
                self.assertEqual(one.get("acknowledged"), said if one["anomaly"] == number else None)

    def test_none_is_kept(self):
        with self.served() as weir:
            client = api.Client(weir.port())
            for method, path in ("GET", "/history/windows"), ("DELETE", "/history?to_us=1"):
                status, answer = client.ask(method, api.ROOT + path)
                self.assertEqual(status, 404, answer)


class Live(net.Case):
    """As an unprivileged user, with its system calls filtered."""

    def test_link(self):
        with net.Net() as pair:
            folder = self.path("state")
            os.chmod(os.path.dirname(folder), 0o755)
            path = f"{folder}/history/history.db"
            settings = ("--set", "capture.source=af_packet", "--set", f"history.file={path}", "--set", "window.pane=100ms")
            with net.Sensor(pair, *settings) as sensor:
                sent = pair.send(self.capture(flows=50, packets_each=20))
                self.ends_in_order(sensor, sent)
                self.assertNotIn("history:", sensor.said())
                wanted = exported(sensor.lines())
        self.assertTrue(len(wanted[0]) > 1)
        self.assertEqual(stored(path), wanted)
        owner = os.stat(path)
        self.assertNotEqual(owner.st_uid, 0)
        self.assertEqual(owner.st_mode & 0o007, 0)
