# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/stream: what holds, what happens then, what a client missed, and clients that mean no good."""
import json
import socket
import time
import unittest

import api
import harness

TOP = {"name": "top", "kind": "top", "subject": "source", "k": 3, "window": "2s"}


class Follower:
    """A client of the stream. `last_id` is what a browser sends when it comes back."""

    def __init__(self, port, last_id=None, headers=None):
        self.client = api.Client(port, headers)
        sent = {**self.client.headers, **({"Last-Event-ID": last_id} if last_id else {})}
        self.client.connection.request("GET", f"{api.ROOT}/stream", headers=sent)
        self.answer = self.client.connection.getresponse()
        self.id = None

    def event(self):
        """(name, data) of the next event; None at the end."""
        name = None
        while line := self.answer.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "id":
                self.id = value
            elif field == "data":
                return name, json.loads(value)
        return None

    def until(self, name, holds=lambda data: True):
        """The data of the next event of that name for which holds(data)."""
        while event := self.event():
            if event[0] == name and holds(event[1]):
                return event[1]
        raise AssertionError(f"the stream ended before {name}")

    def close(self):
        self.client.connection.close()


class Stream(harness.Case):
    def test_begins_with_what_holds_and_goes_on_with_what_happens(self):
        with api.served(self.folder) as weir:
            client = api.Client(weir.port())
            self.assertEqual(client.ask("POST", f"{api.ROOT}/queries", TOP)[0], 201)
            harness.wait_until(lambda: client.get("/queries/top/answer")[0] == 200 and client.get("/books")[0] == 200)
            follower = Follower(weir.port())
            self.assertEqual(follower.answer.getheader("Content-Type"), "text/event-stream")
            first = [follower.event() for _ in range(6)]
            self.assertEqual([name for name, _ in first], ["hello", "ready", "books", "window", "answers", "anomalies"])
            self.assertEqual((first[0][1], first[1][1]), ({"resumed": False}, {"ready": True}))
            self.assertEqual([answer["query"] for answer in first[4][1]["answers"]], ["top"])
            before = first[3][1]["start_us"]
            window = follower.until("window", lambda data: data["start_us"] > before)
            self.assertEqual(client.get(f"/windows?from_us={window['start_us']}&limit=1000")[1]["windows"][0], window)
            answer = follower.until("answer", lambda data: data["end_us"] > window["end_us"])
            self.assertEqual((answer["query"], answer["k"]), ("top", 3))
            follower.until("books", lambda data: data["received"] > first[2][1]["received"])
            self.assertEqual(client.ask("DELETE", f"{api.ROOT}/queries/top")[0], 204)
            self.assertEqual(follower.until("query"), {"query": "top", "done": "removed"})
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))
            while follower.event():
                pass  # it ends as a reply should

    def test_who_comes_back_misses_nothing_and_gets_nothing_twice(self):
        with api.served(self.folder, "--set", "window.pane=100ms") as weir:
            follower = Follower(weir.port())
            starts = [follower.until("window")["start_us"] for _ in range(5)]
            for _ in range(5):
                last = follower.id
                follower.close()
                follower = Follower(weir.port(), last)
                self.assertEqual(follower.until("hello"), {"resumed": True})
                starts += [follower.until("window")["start_us"] for _ in range(3)]
            self.assertEqual(weir.end(), 0)
            exported = [record["start_us"] for record in weir.lines("window")]
            at = exported.index(starts[0]) if starts[0] in exported else 0
            self.assertEqual(starts, exported[at:at + len(starts)])

    def test_an_id_of_another_run_begins_anew(self):
        with api.served(self.folder) as weir:
            for last in "1-1", "nothing", "-", "ffffffffffffffff-18446744073709551615":
                follower = Follower(weir.port(), last)
                self.assertEqual(follower.event(), ("hello", {"resumed": False}))
                follower.close()
            self.assertEqual(weir.end(), 0)

    def test_followers_are_bounded_and_may_go(self):
        with api.served(self.folder) as weir:
            followers = [Follower(weir.port()) for _ in range(64)]
            self.assertEqual({follower.answer.status for follower in followers}, {200})
            self.assertEqual(api.Client(weir.port()).get("/stream")[0], 503)
            for follower in followers:
                follower.close()
            harness.wait_until(lambda: Follower(weir.port()).answer.status == 200)
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))

    @staticmethod
    def ends(client):
        """Whether there is an end to what the client has still to read."""
        until = time.monotonic() + 10
        try:
            while time.monotonic() < until:
                if not client.recv(1 << 20):
                    return True
        except ConnectionError:
            return True
        return False

    def test_who_does_not_read_is_let_go(self):
        """Others are served meanwhile, and it costs the memory of the events that are kept, once."""
        with api.served(self.folder, "--set", "window.pane=100ms", binary=harness.WEIR) as weir:
            client = api.Client(weir.port())
            for number in range(20):
                query = {"name": f"q{number}", "kind": "top", "subject": "address", "k": 1000, "window": "60s"}
                self.assertEqual(client.ask("POST", f"{api.ROOT}/queries", query)[0], 201)
            before = weir.resident_kib()
            lazy = [socket.socket() for _ in range(40)]
            for one in lazy:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # else the kernel takes megabytes for it
                one.connect(("127.0.0.1", weir.port()))
                one.sendall(f"GET {api.ROOT}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            reader = Follower(weir.port())
            starts = [reader.until("window")["start_us"] for _ in range(200)]
            self.assertEqual(sorted(set(starts)), starts)
            self.assertLess(weir.resident_kib() - before, 48 * 1024)
            for one in lazy:
                self.assertTrue(self.ends(one), "a client that had not read for 10 s is still served")
                one.close()
            reader.until("window")
            self.assertEqual(weir.end(), 0, harness.read_text(weir.log))


if __name__ == "__main__":
    unittest.main()
