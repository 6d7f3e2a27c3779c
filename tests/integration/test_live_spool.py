# SPDX-License-Identifier: Apache-2.0
"""weir run keeps on disk what Kafka does not take, without being told to."""
import json
import os

import harness
import net


class LiveSpool(harness.Case):
    def test_state_directory(self):
        net.needed()
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

    def test_none(self):
        net.needed()
        arguments = ("-o", "kafka://127.0.0.1:1", "--set", "shutdown.timeout=1s", "--set", "export.spool.directory=none")
        with net.Net() as pair, net.Sensor(pair, *arguments) as sensor:
            pair.send(harness.SAMPLE)
            self.assertEqual(sensor.stop(), 1, sensor.said())
            books = sensor.books()
        self.assertEqual(books["export_drops"]["shutdown_timeout"], sum(books["records"].values()), books)
