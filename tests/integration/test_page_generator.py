# SPDX-License-Identifier: Apache-2.0
"""The page drives a real weir generate through the sensor: what it shows and does is so in the generator's own API."""
import json
import unittest

import api
import browser
import harness
import net
import test_page
from test_generator_api import generator

ASKED = "return performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/v1/generator')).length"


class Own:
    """The generator's own API, at its socket."""

    def __init__(self, at):
        self.at = at

    def show(self):
        done = harness.run("ctl", "--url", self.at, "--json", "generator", "show")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)


class Generator(net.Case):
    """The generator sends on a link of its own; a socket reaches it there."""

    def setUp(self):
        super().setUp()
        with api.served(self.folder) as weir:
            if test_page.Page.ask(weir.port(), "/")[0] == 404:
                self.skipTest("this weir was built without its page")

    def test_it_is_hidden_where_there_is_none(self):
        with browser.browser() as page, api.served(self.folder) as weir:
            page.open(f"http://127.0.0.1:{weir.port()}/")
            page.shows("#connection", lambda text: text == "Live")
            harness.wait_until(lambda: page.run(ASKED) > 0)
            page.shows("#now-active", lambda text: text != "–")
            self.assertTrue(page.run("return document.getElementById('generator-section').hidden"))
            self.assertEqual(weir.end(), 0)

    def started_and_changed(self, page, own):
        page.click("#generator-toggle")
        page.shows("#generator-state", lambda text: text == "Running")
        self.assertEqual(own.show()["state"], "running")
        before = own.show()
        page.type("#generator-packets_per_second", "many")
        page.click("#generator-apply")
        page.shows("#generator-packets_per_second-error", lambda text: "got many" in text)
        self.assertEqual(own.show()["packets_per_second"], before["packets_per_second"])
        page.type("#generator-packets_per_second", "1k")
        page.type("#generator-addresses", "100")
        page.type("#generator-share-dns", "90")
        page.click("#generator-apply")
        harness.wait_until(lambda: own.show()["packets_per_second"] == 1000)
        shown = own.show()
        self.assertEqual((shown["addresses"], shown["protocols"]), (100, {**before["protocols"], "dns": 90}))
        self.assertEqual(page.text("#generator-packets_per_second-error"), "")
        page.shows("#generator-facts", lambda text: "of 1.00\u2009k\u2009packets/s" in text and not text.startswith("now 0"))

    def what_is_typed_stays(self, page):
        page.type("#generator-addresses", "77")
        facts = page.text("#generator-facts")
        page.shows("#generator-facts", lambda text: text != facts)
        value = "return document.getElementById('generator-addresses').value"
        self.assertEqual(page.run(value), "77")
        page.click("#generator-undo")
        self.assertEqual(page.run(value), "100")

    def ordered(self, page, own):
        page.type("#order-length", "soon")
        page.type("#order-subject", "10.0.0.9")
        page.click("#order-send")
        page.shows("#order-length-error", lambda text: "got soon" in text)
        page.type("#order-length", "300s")
        page.click("#order-send")
        page.shows("#orders", lambda text: "10.0.0.9" in text and "under way" in text)
        one, = own.show()["anomalies"]
        self.assertEqual((one["kind"], one["subject"], one["end_us"] - one["begin_us"]), ("syn_flood", "10.0.0.9", 300_000_000))

    def test_it_is_driven(self):
        listen = f"unix:{self.path('generator')}"
        with net.Net() as pair, browser.browser() as page, \
                generator(self.folder, "--stopped", "--duration", "0", "--packets-per-second", "500", listen=listen, binary=harness.WEIR,
                          output=f"interface:{net.SENDER}", within=pair.within(net.SENDER)) as made, \
                api.served(self.folder, "--set", f"control.generator={listen}") as weir:
            own = Own(listen)
            page.open(f"http://127.0.0.1:{weir.port()}/")
            page.shows("#generator-state", lambda text: text == "Stopped")
            self.started_and_changed(page, own)
            self.what_is_typed_stays(page)
            self.ordered(page, own)
            self.assertEqual(page.run(test_page.UNNAMED), [])
            for _ in "dark", "light":
                page.click("#theme")
                self.assertEqual(page.run(test_page.FAINT), [])
            # Out of sight it is not asked for.
            page.size(1000, 400)
            page.run("document.getElementById('generator-section').style.marginTop = '3000px'; scrollTo(0, 0)")
            shown = page.text("#clock")
            page.shows("#clock", lambda text: text != shown)
            asked, shown = page.run(ASKED), page.text("#clock")
            for _ in range(3):
                shown = page.shows("#clock", lambda text, last=shown: text != last)
            self.assertLessEqual(page.run(ASKED), asked + 1)
            page.run("document.getElementById('generator-section').style.marginTop = ''")
            page.text("#generator-toggle")
            page.click("#generator-toggle")
            page.shows("#generator-state", lambda text: text == "Stopped")
            self.assertEqual(own.show()["state"], "stopped")
            self.assertEqual(page.console("400"), [])
            self.assertEqual(made.end(), 0, made.said())
            page.shows("#generator-state", lambda text: text == "Cannot be reached")
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))


if __name__ == "__main__":
    unittest.main()
