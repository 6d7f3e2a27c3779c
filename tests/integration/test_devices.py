# SPDX-License-Identifier: Apache-2.0
"""What weir devices lists, and that the words it gives are right."""
import re
import shlex
import unittest

import harness
import net


def rows(text, title):
    """{first cell: the other cells} of the table under a title."""
    lines = text[text.index(title):].split("\n\n")[1].splitlines()
    starts = [found.start() for found in re.finditer(r"(?<=  )\S", lines[0])]
    cells = [[line[begin:end].strip() for begin, end in zip(starts, [*starts[1:], None])] for line in lines]
    return {row[0]: dict(zip(cells[0], row)) for row in cells[1:]}


class Devices(harness.Case):
    def setUp(self):
        super().setUp()
        net.needed()

    def list(self, pair, *wrapper):
        return pair.run(net.SENSOR, *wrapper, harness.CHECKED, "devices")

    def test_interfaces(self):
        with net.Net(queues=2, mtu=4000) as pair:
            printed = self.list(pair)
            found = rows(printed, "Interfaces")
            self.assertEqual(set(found), {"lo", net.SENSOR})
            self.assertEqual(found[net.SENSOR], {
                "NAME": net.SENSOR, "DRIVER": "veth", "LINK": "up", "SPEED": "10 Gbit/s", "MTU": "4000", "QUEUES": "2",
                "NODE": "-", "CAPTURE WITH": "af_packet, af_xdp (native)"})
            self.assertEqual(found["lo"]["LINK"], "down")
            pair.link(net.SENDER, "down")
            self.assertEqual(rows(self.list(pair), "Interfaces")[net.SENSOR]["LINK"], "no link")

    def test_words_are_options(self):
        with net.Net() as pair:
            printed = self.list(pair)
        words = [shlex.split(line)[2:] for line in printed.splitlines() if line.startswith("  weir run ")]
        self.assertIn(["--set", "capture.source=af_packet", "--set", f"capture.interface={net.SENSOR}"], words)
        self.assertIn(["--set", "capture.source=af_xdp", "--set", f"capture.interface={net.SENSOR}"], words)
        for line in words:
            self.assert_ends(harness.run("config", *line), 0)

    def test_rights(self):
        """Nobody may list; what that user lacks is named."""
        with net.Net() as pair:
            mine = self.list(pair)
            theirs = self.list(pair, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        self.assertIn("af_packet: this user may capture", mine)
        self.assertNotIn("this user may capture", theirs)
        self.assertRegex(theirs, r"with af_packet, which needs CAP_NET_RAW")
        self.assertEqual(rows(mine, "Interfaces"), rows(theirs, "Interfaces"))

    def test_for_a_terminal(self):
        with net.Net() as pair:
            lines = self.list(pair, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups").splitlines()
        self.assertEqual([line for line in lines if len(line) > 100 or line != line.rstrip()], [])

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.assert_ends(harness.run("devices", capture_output=False, stdout=full, stderr=-1), 1,
                             "cannot write to standard output")


if __name__ == "__main__":
    unittest.main()
