# SPDX-License-Identifier: Apache-2.0
"""The demo, as a new user runs it."""
import subprocess
import unittest

import harness


class Demo(harness.Case):
    def test_demo_tells_of_a_sample_that_came_back_out_of_kafka(self):
        if harness.WEIR != str(harness.ROOT / "build" / "weir"):
            self.skipTest("the demo builds into build/, and another binary is under test")
        done = subprocess.run([harness.ROOT / "scripts" / "demo"], capture_output=True, text=True,
                              timeout=harness.REPLAY_SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in "port scan: ", "SYN flood: ", "vxlan", "gtpu", "read back from Kafka":
            self.assertIn(text, done.stdout)
        self.assertEqual((done.stdout.count("✓"), done.stdout.count("✗")), (4, 0))


if __name__ == "__main__":
    unittest.main()
