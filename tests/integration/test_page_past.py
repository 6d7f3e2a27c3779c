# SPDX-License-Identifier: Apache-2.0
"""The page looks back: a span of the history as the API has it, its talkers, its anomalies, the link; and acknowledging."""
import collections
import json
import pathlib
import re
import unittest

import api
import browser
import captures
import harness
import test_history
import test_page

WINDOW = 10_000_000
QUERIES = [{"name": "hosts", "kind": "top", "subject": "address", "by": "bytes", "k": 3, "window": "10s", "traffic": "all"},
           {"name": "protocols", "kind": "top", "subject": "protocol", "by": "packets", "k": 50, "window": "10s", "traffic": "all"}]
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}


def number(text):
    """What a figure of the page says: "1.21 Mbit/s", "433 packets/s", "5 034"."""
    text = text.replace("\u202f", "")
    value, scale = re.match(r"([0-9.]+)\u2009?([kMG]?)", text).groups()
    return float(value) * UNITS[scale]


def summed(answers, start, end):
    """[(name, value)], the heaviest first, of the last answer in each stretch of ten seconds, if it lies in the span."""
    sums, last = collections.Counter(), {}
    for answer in answers:
        last[answer["end_us"] // WINDOW] = answer
    for answer in last.values():
        if answer["start_us"] >= start and answer["end_us"] <= end:
            start = answer["end_us"]
            for row in answer["rows"]:
                sums[row["name"]] += row["value"]
    return sums.most_common()


class Past(harness.Case):
    """An earlier run with a flood, which lost flows: its windows are in the history alone."""

    def setUp(self):
        super().setUp()
        with api.served(self.folder) as weir:
            if test_page.Page.ask(weir.port(), "/")[0] == 404:
                self.skipTest("this weir was built without its page")
        queries = self.path("queries.json")
        pathlib.Path(queries).write_text(json.dumps(QUERIES), encoding="utf-8")
        self.options = ["--set", f"query.file={queries}", "--set", f"history.file={self.path('history.db')}"]
        self.capture = test_page.odd_traffic(self.folder)
        self.later = captures.write(self.path("later.pcap"), captures.udp_flows(flows=5, packets_each=600, step_us=100_000))

    def earlier(self):
        done = harness.run("replay", *self.options, "--set", "flow.table.max_flows=1024", "-o", "null:", self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)

    def of_history(self, client, kind, start, end, more=""):
        return test_history.pages(client, f"/history/{kind}?from_us={start}&to_us={end}&order=oldest&limit=1000{more}")

    def close(self, shown, value):
        self.assertAlmostEqual(number(shown), value, delta=max(0.5, value * 0.006), msg=shown)

    def assert_tiles(self, page, windows):
        """The figures of the span, and the last pane's."""
        self.close(page.text("#now-bandwidth"), windows[-1]["bytes"] * 8)
        self.close(page.text("#now-active"), windows[-1]["flows_active"])
        for tile, of in ("bandwidth", lambda one: one["bytes"] * 8), ("packets", lambda one: one["packets"]), \
                ("active", lambda one: one["flows_active"]), ("sources", lambda one: one["sources"]):
            mean, most = page.text(f"#span-{tile}").removeprefix("mean ").split(" · most ")
            self.close(mean, sum(map(of, windows)) / len(windows))
            self.close(most, max(map(of, windows)))
        for cause in windows[0]["loss"]:
            count = sum(window["loss"][cause] for window in windows)
            self.assertEqual(number(page.run(f"return document.querySelector('#loss-{cause} b').textContent")), count, cause)

    def assert_talkers(self, page, client, start, end):
        for query in "hosts", "protocols":
            page.shows(f"[data-talkers={query}] tbody", lambda text: text != "")
            wanted = summed(self.of_history(client, "answers", start, end + 1, f"&name={query}"), start, end)
            shown = page.run(f"return [...document.querySelectorAll('[data-talkers={query}] tbody tr')].map((row) => "
                             "[...row.children].map((cell) => cell.textContent))")
            self.assertEqual(len(shown), min(15, len(wanted)))
            for (name, value, _, _), (_, sum_) in zip(shown, wanted):
                self.assertIn((name, sum_), wanted)
                self.close(value, sum_)
        self.assertIn("Every answer told all names", page.text("[data-talkers=protocols] .caption"))
        self.assertIn("no answer tells had", page.text("[data-talkers=hosts] .caption"))

    def test_a_span_is_as_the_history_has_it(self):
        self.earlier()
        with browser.browser() as page, api.served(self.folder, *self.options, capture=self.later) as weir:
            client = api.Client(weir.port())
            every = self.of_history(client, "windows", 0, 2**62)[:400]
            start, end = every[50]["start_us"], every[150]["start_us"]
            windows = every[50:150]
            link = f"http://127.0.0.1:{weir.port()}/#from={start}&to={end}"
            page.open(link)
            page.shows("#past-state", lambda text: text == "from the history; each point is a pane")
            self.assertTrue(any(one["loss"]["evicted"] for one in windows))
            self.assert_tiles(page, windows)
            self.assert_talkers(page, client, start, end)
            wanted = {str(one["anomaly"]) for one in self.of_history(client, "anomalies", start, end + 600_000_000)
                      if one["start_us"] < end and one["end_us"] > start}
            self.assertTrue(wanted)
            shown = page.run("return [...document.querySelectorAll('#anomalies [data-anomaly]')].map((one) => one.dataset.anomaly)")
            self.assertEqual(sorted(shown), sorted(wanted))
            self.assertEqual(page.text("#anomalies button"), None)  # they are of a run that is over
            # The chart, from its first point on.
            page.run("document.querySelector('.plot').focus()")
            page.press(browser.HOME)
            self.close(page.shows(".legend li b", lambda text: text != ""), windows[0]["bytes"] * 8)
            self.assertEqual(page.run(test_page.UNNAMED), [])
            for theme in "dark", "light":
                page.click("#theme")
                self.assertEqual(page.run(test_page.FAINT), [], theme)
            # Older, and back to live; and whoever gets the link sees what was seen.
            page.click("#past-older")
            page.shows("#past-state", lambda text: text.startswith("from the history"))
            self.assertEqual(page.run("return location.hash"), f"#from={2 * start - end}&to={start}")
            self.assert_tiles(page, every[:50])
            page.click("#past-live")
            page.shows("#spans [aria-pressed=true]", lambda text: text == "15 min")
            self.assertFalse(page.run("return document.getElementById('queries-section').hidden"))
            self.assertEqual(page.console(), [])
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_a_long_span_is_put_together(self):
        self.earlier()
        with browser.browser() as page, api.served(self.folder, *self.options, capture=self.later) as weir:
            windows = self.of_history(api.Client(weir.port()), "windows", 0, 2**62)[:400]
            end = windows[-1]["end_us"]
            page.open(f"http://127.0.0.1:{weir.port()}/#from={end - 86_400_000_000}&to={end}")
            page.shows("#past-state", lambda text: text == "from the history; each point is the mean of 60\u2009s")
            self.assert_tiles(page, windows)
            page.run("document.querySelector('.plot').focus()")
            page.press(browser.HOME)
            minute = windows[0]["start_us"] // 60_000_000
            first = [one for one in windows if one["start_us"] // 60_000_000 == minute]
            shown = page.shows(".legend li b", lambda text: text != "")
            self.close(shown, sum(one["bytes"] * 8 for one in first) / len(first))
            self.assertEqual(page.console(), [])
            self.assertEqual(weir.end(), 0)

    def test_a_span_is_chosen_by_its_times_or_a_drag(self):
        self.earlier()
        with browser.browser() as page, api.served(self.folder, *self.options, capture=self.later) as weir:
            windows = self.of_history(api.Client(weir.port()), "windows", 0, 2**62)[:400]
            page.open(f"http://127.0.0.1:{weir.port()}/")
            page.shows("#connection", lambda text: text == "Live")
            page.click("#look-back")
            page.shows("#past-state", lambda text: text.startswith("Live"))
            self.assertEqual(page.run(test_page.UNNAMED), [])
            write = ("const [id, us] = arguments; const one = document.getElementById(id); "
                     "one.value = new Date(us / 1000).toISOString().slice(0, 19)")
            page.run("const zone = document.getElementById('zone'); zone.value = 'utc'; zone.dispatchEvent(new Event('change'))")
            start, end = windows[10]["start_us"], windows[20]["start_us"]
            page.run(write, "past-from", end)
            page.run(write, "past-to", start)
            page.click("#past-form [type=submit]")
            page.shows("#past-error", lambda text: "later than From" in text)
            page.run(write, "past-from", start)
            page.run(write, "past-to", end)
            page.click("#past-form [type=submit]")
            page.shows("#past-state", lambda text: text.startswith("from the history"))
            self.assertEqual(page.run("return location.hash"), f"#from={start}&to={end}")
            self.assert_tiles(page, windows[10:20])
            # Closer, by a drag over the chart: the middle half of the ten seconds.
            page.drag(".plot .u-over", 0.25, 0.75)
            page.shows("#past-span", lambda text: "00:00:12" in text or "00:00:13" in text)
            chosen = [int(part) for part in re.findall(r"\d+", page.run("return location.hash"))]
            for us, wanted in zip(chosen, (start + 2_500_000, start + 7_500_000)):
                self.assertAlmostEqual(us, wanted, delta=100_000)
            self.assertEqual(page.console(), [])
            self.assertEqual(weir.end(), 0)

    def test_without_a_history_there_is_the_memory(self):
        with browser.browser() as page, api.served(self.folder) as weir:
            client = api.Client(weir.port())
            harness.wait_until(lambda: len(client.get("/windows")[1]["windows"]) > 4)
            windows = client.get("/windows")[1]["windows"][1:3]
            page.open(f"http://127.0.0.1:{weir.port()}/#from={windows[0]['start_us']}&to={windows[-1]['end_us']}")
            page.shows("#past-state", lambda text: text.startswith("no history is kept") and "the memory holds" in text)
            self.assert_tiles(page, windows)
            self.assertIn("no history is kept", page.text("#talkers-state"))
            self.assertEqual(page.console("/history/"), [])
            self.assertEqual(weir.end(), 0)

    def test_an_anomaly_is_acknowledged(self):
        """From the keyboard, with a note; and undone."""
        with browser.browser() as page, api.served(self.folder, binary=harness.WEIR, capture=self.capture, speed="8") as weir:
            client = api.Client(weir.port())
            page.open(f"http://127.0.0.1:{weir.port()}/")
            harness.wait_until(lambda: len(client.get("/anomalies")[1]["anomalies"]) > 1, 60)
            one = client.get("/anomalies")[1]["anomalies"][0]["anomaly"]
            button = f"[aria-label='Acknowledge anomaly {one}']"
            harness.wait_until(lambda: page.text(button) is not None)
            page.run(f"document.querySelector(\"{button}\").focus()")
            page.press(browser.ENTER)
            page.shows("#acknowledge-title", lambda text: text.endswith(f"#{one}"))
            self.assertEqual(page.run(test_page.UNNAMED), [])
            page.press(*"a <b>drill</b>", browser.ENTER)
            shown = page.shows(f"[data-anomaly='{one}'] .acknowledgement", lambda text: "acknowledged by" in text)
            known = {each["anomaly"]: each.get("acknowledged") for each in client.get("/anomalies")[1]["anomalies"]}
            self.assertEqual(known[one]["note"], "a <b>drill</b>")
            self.assertIn(known[one]["by"], shown)
            self.assertIn("a <b>drill</b>", shown)
            self.assertTrue(any(note is None for note in known.values()))
            # When it is over, too, it is apart from those that nobody has seen.
            harness.wait_until(lambda: page.run(f"return document.querySelectorAll('#anomalies-ended [data-anomaly=\"{one}\"]').length"), 60)
            self.assertEqual(page.text("#anomalies .seen"), None)
            page.click("#ended summary")
            page.click(f"[data-anomaly='{one}'] .acknowledgement button")
            harness.wait_until(lambda: page.text(button) is not None)
            self.assertNotIn("acknowledged", {each["anomaly"]: each for each in client.get("/anomalies")[1]["anomalies"]}[one])
            self.assertEqual(page.console(), [])
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))


if __name__ == "__main__":
    unittest.main()
