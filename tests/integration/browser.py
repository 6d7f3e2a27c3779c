# SPDX-License-Identifier: Apache-2.0
"""A Chromium without a screen, driven over WebDriver by ChromeDriver."""
import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import harness

HOME, END, ENTER = "\ue011", "\ue010", "\ue007"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that WebDriver gives elements


class Browser:
    def __init__(self, folder, *arguments):
        self.log = f"{folder}/chromedriver.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=log)
        harness.wait_until(lambda: re.search(r"successfully on port (\d+)", harness.read_text(self.log)))
        port = re.search(r"successfully on port (\d+)", harness.read_text(self.log))[1]
        self.root, self.session = f"http://127.0.0.1:{port}", ""
        flags = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile", *arguments]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # it does not run as root with it
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": flags}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = f"/session/{self.ask('POST', '/session', {'capabilities': {'alwaysMatch': wanted}})['sessionId']}"

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + self.session + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from error

    def end(self):
        if self.session:
            with contextlib.suppress(OSError):
                self.ask("DELETE", "")
        self.process.terminate()
        self.process.wait(timeout=30)

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def size(self, width, height):
        self.ask("POST", "/window/rect", {"width": width, "height": height})

    def run(self, script, *arguments):
        """What the script returns; it sees `arguments`."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        """In the place of what is there."""
        element = self.find(selector)
        self.ask("POST", f"/element/{element}/clear", {})
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def text(self, selector):
        """The text as it is shown, once it is in sight; None: there is no such element."""
        return self.run("const one = document.querySelector(arguments[0]); if (one) one.scrollIntoView({block: 'nearest'}); "
                        "return one && one.innerText", selector)

    def shows(self, selector, holds, seconds=15):
        """Until the element's text is such; its text then."""
        try:
            harness.wait_until(lambda: holds(self.text(selector) or ""), seconds)
        except AssertionError as error:
            raise AssertionError(f"{selector}: {self.text(selector)!r}") from error
        return self.text(selector)

    def press(self, *keys):
        """As on the keyboard, for whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def drag(self, selector, start, end):
        """From one part of the element's width to another, half way down."""
        origin, width = {ELEMENT: self.find(selector)}, self.run("return document.querySelector(arguments[0]).clientWidth", selector)
        moves = [{"type": "pointerMove", "origin": origin, "x": int(width * (part - 0.5)), "y": 0} for part in (start, end)]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, moves[1], {"type": "pointerUp", "button": 0}]
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def console(self, *expected):
        """What was said on the console since the last time, warnings and worse, but for lines with one of these words. That
        this weir drives no generator it is always told, by the status 404."""
        lines = [line for line in self.ask("POST", "/se/log", {"type": "browser"}) if line["level"] in ("WARNING", "SEVERE")]
        return [line for line in lines if not any(word in line["message"] for word in ("/api/v1/generator ", *expected))]

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))


@contextlib.contextmanager
def browser(*arguments):
    """Skips the test where there is no Chromium."""
    if not (shutil.which("chromedriver") and shutil.which("chromium")):
        raise unittest.SkipTest("no chromium and chromium-driver")
    with tempfile.TemporaryDirectory() as folder:
        one = Browser(folder, *arguments)
        try:
            yield one
        finally:
            one.end()
