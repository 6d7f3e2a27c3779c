# SPDX-License-Identifier: Apache-2.0
"""The page in a real Chromium: it shows what the API says, changes queries, and heals when the connection is lost."""
import gzip
import http.client
import pathlib
import unittest

import api
import browser
import harness

TOKEN = "0123456789abcdef-of-the-page"

# Figures that are wider than their tile, were they of the length that is usual on a link with traffic.
CUT = """return [...document.querySelectorAll('.tiles dd:first-of-type')].filter((one) => {
  const was = one.textContent;
  one.textContent = "37.6\\u2009k\\u2009packets/s";
  const cut = one.scrollWidth > one.clientWidth;
  one.textContent = was;
  return cut;
}).map((one) => one.id)"""

# What a screen reader needs of every element that can be used or that says something by its look alone.
UNNAMED = """
const named = (one) => one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.innerText?.trim() ||
    (one.id && document.querySelector(`label[for="${one.id}"]`)?.innerText.trim());
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
return [...document.querySelectorAll("button, input, select, a, [role=img], dialog[open], table")]
    .filter((one) => !named(one) && !one.querySelector?.("caption")).map((one) => one.outerHTML.slice(0, 120))
    .concat(ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `id ${id} twice`))
    .concat([...document.querySelectorAll("[aria-describedby], [aria-labelledby]")].flatMap((one) =>
        [one.getAttribute("aria-describedby"), one.getAttribute("aria-labelledby")].filter((id) => id && !ids.includes(id))))
    .concat(document.documentElement.lang ? [] : ["no language"]);
"""

# Contrast of the text with what is behind it, by WCAG 2: below 4.5 it is hard to read.
FAINT = """
const channel = (v) => (v /= 255, v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const numbers = (text) => text.match(/[0-9.]+/g).map(Number);
const behind = (one) => { for (; one; one = one.parentElement) {
    const c = numbers(getComputedStyle(one).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
return [...document.querySelectorAll("body *")].filter((one) => one.offsetParent && [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((one) => !one.closest(".hidden, .skip, .uplot")).map((one) => {
        const [a, b] = [light(numbers(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
        return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 100)]; }).filter(([ratio]) => ratio < 4.5);
"""


def odd_traffic(folder):
    """A capture with a flood in it."""
    path = f"{folder}/odd.pcap"
    done = harness.run("generate", "-o", f"pcap:{path}", "--duration", "400s", "--packets-per-second", "400", "--addresses", "200",
                       "--anomaly", "syn_flood@70s+20s")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return path


class Page(harness.Case):
    def setUp(self):
        super().setUp()
        with api.served(self.folder) as weir:
            if self.ask(weir.port(), "/")[0] == 404:
                self.skipTest("this weir was built without its page")

    @staticmethod
    def ask(port, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer, answer.read()

    def test_files_are_strict_and_packed(self):
        with api.served(self.folder) as weir:
            for path in "/", "/page.js", "/page.css":
                status, answer, plain = self.ask(weir.port(), path)
                self.assertEqual(status, 200)
                policy = answer.getheader("Content-Security-Policy")
                self.assertIn("default-src 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertEqual((answer.getheader("X-Content-Type-Options"), answer.getheader("Referrer-Policy")), ("nosniff", "no-referrer"))
                self.assertIsNone(answer.getheader("Content-Encoding"))
                _, packed, octets = self.ask(weir.port(), path, Accept_Encoding="gzip, br")
                self.assertEqual(packed.getheader("Content-Encoding"), "gzip")
                self.assertEqual(gzip.decompress(octets), plain)
                self.assertEqual(self.ask(weir.port(), path, If_None_Match=answer.getheader("ETag"))[0], 304)
                self.assertEqual(self.ask(weir.port(), path, Host="evil.example")[0], 403)
            self.assertEqual(self.ask(weir.port(), "/", "POST")[0], 404)
            self.assertEqual(weir.end(), 0)

    def test_values_are_those_of_the_api(self):
        capture = odd_traffic(self.folder)
        with browser.browser() as page, api.served(self.folder, binary=harness.WEIR, capture=capture, speed="3") as weir:
            client = api.Client(weir.port())
            harness.wait_until(lambda: len(client.get("/windows")[1]["windows"]) > 5)
            page.open(f"http://127.0.0.1:{weir.port()}/#last=3600")
            page.shows("#connection", lambda text: text == "Live")
            page.shows("#ready", lambda text: text == "Taking packets")
            page.shows("#now-active", lambda text: text != "–")
            first = page.run("return performance.getEntriesByName('drawn')[0].startTime")
            self.assertGreater(first, 0)
            # Now a pane that is over: its values, found by its time in what the charts draw.
            label = page.run("return document.querySelector('#clock').innerText")
            self.assertIn("pane of ", label)
            shown = page.run("""
                const text = (id) => document.getElementById(id).innerText;
                return {clock: text("clock").slice(-8), active: text("now-active"), sources: text("now-sources"),
                        destinations: text("now-destinations"), bandwidth: text("now-bandwidth")};""")
            times = page.run("return arguments[0].map((us) => new Date(us / 1000).toTimeString().slice(0, 8))",
                             [one["start_us"] for one in client.get("/windows?limit=3600")[1]["windows"]])
            window = dict(zip(times, client.get("/windows?limit=3600")[1]["windows"]))[shown["clock"]]
            plain = {name: int(text.replace("\u202f", "")) for name, text in shown.items() if name in ("active", "sources", "destinations")}
            self.assertEqual(plain, {"active": window["flows_active"], "sources": window["sources"], "destinations": window["destinations"]})
            number, unit = shown["bandwidth"].split("\u2009")
            factor = {"bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6}[unit]
            self.assertAlmostEqual(float(number) * factor, window["bytes"] * 8, delta=window["bytes"] * 8 * 0.006)
            self.assertTrue(page.run("return document.querySelector('.plot canvas').width > 100"))
            # The flood is told, in words.
            page.shows("#announce", lambda text: "anomaly" in text, 60)
            client = api.Client(weir.port())
            known = {str(one["anomaly"]): one for one in client.get("/anomalies")[1]["anomalies"]}
            harness.wait_until(lambda: page.run("return document.querySelectorAll('[data-anomaly]').length") > 0)
            for one in page.run("""return [...document.querySelectorAll("[data-anomaly]")].map((one) =>
                                       [one.dataset.anomaly, one.innerText])"""):
                if one[0] in known:
                    self.assertIn(known[one[0]]["detector"], one[1])
                    self.assertIn(one[1].split(" ")[0].lower(), ("notice", "warning", "critical"))
            self.assertEqual(page.console(), [])
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    def test_more_panes_than_pixels_are_put_together(self):
        capture = odd_traffic(self.folder)
        with browser.browser() as page, api.served(self.folder, binary=harness.WEIR, capture=capture, speed="20") as weir:
            metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
            page.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})
            page.open(f"http://127.0.0.1:{weir.port()}/#last=3600")
            page.shows("#connection", lambda text: text == "Live")
            windows = api.Client(weir.port()).get("/windows?limit=3600")[1]["windows"][:2]
            page.shows(".when", lambda text: text == "mean of 2\u2009s", 60)
            page.run("document.querySelector('.plot').focus()")
            page.press(browser.HOME)
            page.shows(".when", lambda text: text.endswith(":00, mean of 2\u2009s"))
            number, unit = page.text(".legend li b").split("\u2009")
            wanted = sum(window["bytes"] for window in windows) * 8 / 2
            self.assertAlmostEqual(float(number) * {"kbit/s": 1e3, "Mbit/s": 1e6}[unit], wanted, delta=wanted * 0.006)

    def test_queries_are_added_changed_and_removed(self):
        with browser.browser() as page, api.served(self.folder) as weir:
            client = api.Client(weir.port())
            page.open(f"http://127.0.0.1:{weir.port()}/")
            page.shows("#connection", lambda text: text == "Live")
            page.click("#add-query")
            page.shows("#query-dialog-title", lambda text: text == "Add a query")
            self.assertEqual(page.run(UNNAMED), [])
            page.type("#query-name", "from-the-page")
            page.type("#query-k", "4")
            page.type("#query-filter", "destinatoin_port = 53")
            page.click("#query-dialog [type=submit]")
            self.assertIn("column 1", page.shows("#query-filter-error", lambda text: text != ""))
            self.assertEqual(client.get("/queries")[1]["queries"], [])
            page.type("#query-filter", "destination_port = 53")
            page.click("#query-dialog [type=submit]")
            page.shows("[data-query=from-the-page] tbody", lambda text: "10." in text)
            query = client.get("/queries/from-the-page")[1]
            self.assertEqual((query["kind"], query["k"], query["filter"]), ("top", 4, "destination_port = 53"))
            row = page.text("[data-query=from-the-page] tbody tr th")
            self.assertIn(row, [one["name"] for one in client.get("/queries/from-the-page/answer")[1]["rows"]])
            page.click("[data-query=from-the-page] [aria-label^=Change]")
            page.shows("#query-dialog-title", lambda text: text == "Change from-the-page")
            page.type("#query-k", "1")
            page.click("#query-dialog [type=submit]")
            harness.wait_until(lambda: client.get("/queries/from-the-page")[1]["k"] == 1)
            page.shows("[data-query=from-the-page]", lambda text: "top 1" in text)
            page.click("#add-usual")
            for name in "talkers", "conversations", "ports":
                page.shows(f"[data-query={name}] tbody", lambda text: text != "")
            # What another client does is seen, too.
            self.assertEqual(client.ask("DELETE", f"{api.ROOT}/queries/ports")[0], 204)
            harness.wait_until(lambda: page.text("[data-query=ports]") is None)
            page.click("[data-query=talkers] [aria-label^=Remove]")
            page.click("[data-query=talkers] [aria-label^=Remove]")
            harness.wait_until(lambda: client.get("/queries/talkers")[0] == 404)
            harness.wait_until(lambda: page.text("[data-query=talkers]") is None)
            self.assertEqual(page.console("400"), [])
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))
            self.assertIn("from-the-page", {record["query"] for record in weir.lines("query")})

    def test_a_lost_connection_is_shown_and_heals(self):
        with browser.browser() as page:
            with api.served(self.folder) as weir:
                port = weir.port()
                page.open(f"http://127.0.0.1:{port}/")
                page.shows("#connection", lambda text: text == "Live")
                page.shows("#now-active", lambda text: text != "–")
            page.shows("#connection", lambda text: text == "Reconnecting…")
            with api.served(self.folder, listen=f"127.0.0.1:{port}") as weir:
                page.shows("#connection", lambda text: text == "Live")
                client = api.Client(weir.port())
                client.ask("POST", f"{api.ROOT}/queries", {"name": "anew", "kind": "top", "subject": "source"})
                page.shows("[data-query=anew] tbody", lambda text: text != "")

    def test_token_is_asked_for_once(self):
        token = pathlib.Path(self.path("token"))
        token.write_text(TOKEN + "\n", encoding="utf-8")
        with browser.browser() as page, api.served(self.folder, "--set", f"control.token=file:{token}") as weir:
            page.open(f"http://127.0.0.1:{weir.port()}/")
            page.shows("#token-title", lambda text: text == "Token")
            page.type("#token", TOKEN[:-1] + "x")
            page.click("#token-form [type=submit]")
            page.shows("#token-error", lambda text: "not the one" in text)
            page.type("#token", TOKEN)
            page.click("#token-form [type=submit]")
            page.shows("#connection", lambda text: text == "Live")
            page.open(f"http://127.0.0.1:{weir.port()}/?again")
            page.shows("#connection", lambda text: text == "Live")
            self.assertEqual(weir.end(), 0)
            self.assertNotIn(TOKEN, harness.read_text(weir.log))

    def test_names_contrast_and_width(self):
        """Every control has a name, every text can be read in both themes, nothing is wider than a phone."""
        with browser.browser() as page, api.served(self.folder) as weir:
            page.open(f"http://127.0.0.1:{weir.port()}/")
            page.shows("#connection", lambda text: text == "Live")
            page.click("#add-usual")
            page.shows("[data-query=ports] tbody", lambda text: text != "")
            self.assertEqual(page.run(UNNAMED), [])
            for theme in "dark", "light":
                page.click("#theme")
                self.assertEqual(page.text("#theme"), f"Theme: {theme}")
                self.assertEqual(page.run(FAINT), [], theme)
            page.click("#look-back")
            for width, height in (390, 844), (768, 1024), (1440, 900), (3840, 2160):
                metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
                page.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})
                # The charts take their new width at the next frame.
                harness.wait_until(lambda most=width: page.run("return document.documentElement.scrollWidth") <= most)
                self.assertEqual(page.run(CUT), [], width)
            page.run("document.querySelector('.plot').focus()")
            page.press(browser.HOME)
            page.shows(".when", lambda text: text != "")
            self.assertEqual(page.console(), [])
            self.assertEqual(weir.end(), 0)


if __name__ == "__main__":
    unittest.main()
