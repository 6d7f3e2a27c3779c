# SPDX-License-Identifier: Apache-2.0
"""The demo, as a new user runs it."""
import subprocess
import unittest

import harness
import net


def demo(*arguments):
    return subprocess.run([harness.ROOT / "scripts" / "demo", *arguments], capture_output=True, text=True,
                          timeout=harness.REPLAY_SECONDS, check=False)


class Demo(harness.Case):
    def setUp(self):
        super().setUp()
        if harness.WEIR != str(harness.ROOT / "build" / "weir"):
            self.skipTest("the demo builds into build/, and another binary is under test")

    def shows(self, done, ticks):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((done.stdout.count("✓"), done.stdout.count("✗")), (ticks, 0), done.stdout)

    def test_live_an_attack_comes_out_of_kafka(self):
        net.needed()
        done = demo("--after", "15")
        self.shows(done, 3)
        for text in "http://127.0.0.1:", "over: syn_flood 10.0.0.7", "Who talks most":
            self.assertIn(text, done.stdout)
        # How much of the attack its first pane holds is chance, and so is how severe it is at first.
        self.assertRegex(done.stdout, r"(notice|warning|critical): syn_flood 10\.0\.0\.7\n")

    def test_replay_a_sample_comes_back_out_of_kafka(self):
        done = demo("--replay")
        self.shows(done, 4)
        for text in "port scan: ", "SYN flood: ", "vxlan", "gtpu", "read back from Kafka":
            self.assertIn(text, done.stdout)

    def test_wrong_use(self):
        for arguments, said in ((["--live"], "unknown option --live"), (["--after", "soon"], "expected seconds, got 'soon'"),
                                (["--replay", "nowhere.pcap"], "no such capture: 'nowhere.pcap'")):
            done = demo(*arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
