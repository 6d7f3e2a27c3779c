# SPDX-License-Identifier: Apache-2.0
"""weir run keeps on disk what Kafka does not take, without being told to."""
import json
import os
import subprocess

import harness
import net


class LiveSpool(net.Case):
    def test_state_directory(self):
        os.chmod(self.folder, 0o755)
        environment = {"STATE_DIRECTORY": f"{self.folder}:/var/lib/other"}  # the first counts
        arguments = ("-o", "kafka://127.0.0.1:1", "--set", "shutdown.timeout=1s")
        with net.Net() as pair, net.Sensor(pair, *arguments, environment=environment) as sensor:
            sent = pair.send(harness.SAMPLE)
            self.assertEqual(sensor.stop(), 0, sensor.said())
            books = sensor.books()
        self.assertEqual((books["received"], books["balanced"]), (sent, True), books)
        self.assertEqual(books["spooled"], sum(books["records"].values()), books)
        shown = harness.run("spool", "show", env={**os.environ, **environment})
        self.assertEqual(json.loads(shown.stdout)["records"], books["spooled"], shown.stdout)

    def test_one_that_another_has_open(self):
        os.chmod(self.folder, 0o755)
        environment = {"STATE_DIRECTORY": str(self.folder)}
        with net.Net() as pair, net.Sensor(pair, "-o", "kafka://127.0.0.1:1", environment=environment) as sensor:
            owner = os.stat(self.path("spool")).st_uid
            done = subprocess.run(
                pair.within(net.SENSOR, harness.WEIR, "run", *harness.SMALL_TABLE, "--set", f"capture.interface={net.SENSOR}",
                            "-o", "kafka://127.0.0.1:1", "--set", "privileges.user=daemon"),
                env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=net.START_SECONDS)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"spool '{self.path('spool')}': another process has it open", done.stderr)
            self.assertEqual({os.stat(self.path("spool")).st_uid, os.stat(self.path("spool/lock")).st_uid}, {owner})
            sensor.stop()

    def test_none(self):
        arguments = ("-o", "kafka://127.0.0.1:1", "--set", "shutdown.timeout=1s", "--set", "export.spool.directory=none")
        with net.Net() as pair, net.Sensor(pair, *arguments) as sensor:
            pair.send(harness.SAMPLE)
            self.assertEqual(sensor.stop(), 1, sensor.said())
            books = sensor.books()
        self.assertEqual(books["export_drops"]["shutdown_timeout"], sum(books["records"].values()), books)
