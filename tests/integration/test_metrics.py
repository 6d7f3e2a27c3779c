# SPDX-License-Identifier: Apache-2.0
"""/metrics as Prometheus' own programs read it.

They come from Debian's package, unpacked and not installed: installed it would start a server of its own.
"""
import json
import pathlib
import re
import socket
import subprocess
import urllib.request

import api
import harness

UNPACKED = harness.ROOT / "build" / "prometheus"
OFTEN = ("--set", "export.kafka.properties.statistics.interval.ms=200")
RULES = harness.ROOT / "scripts" / "prometheus" / "weir.rules.yml"


def program(name):
    path = UNPACKED / "usr" / "bin" / name
    if not path.exists():
        UNPACKED.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", "prometheus"], cwd=UNPACKED, check=True, capture_output=True)
        subprocess.run(["dpkg-deb", "-x", *UNPACKED.glob("prometheus_*.deb"), UNPACKED], check=True)
    return path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Metrics(harness.Case):
    def setUp(self):
        super().setUp()
        try:
            self.prometheus, self.promtool = program("prometheus"), program("promtool")
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no Prometheus: {error}")

    def scraped(self, port, expression):
        url = f"http://127.0.0.1:{port}/api/v1/query?query={expression}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]["result"]

    def asked(self, port, expression):
        try:
            return self.scraped(port, expression)
        except OSError:
            return []

    def test_a_prometheus_scrapes_it(self):
        with api.served(self.folder, "-o", "kafka://embedded", *OFTEN) as weir:
            port = free_port()
            config = pathlib.Path(self.path("prometheus.yml"))
            config.write_text(json.dumps({
                "global": {"scrape_interval": "1s"},
                "rule_files": [str(RULES)],
                "scrape_configs": [{"job_name": "weir", "static_configs": [{"targets": [f"127.0.0.1:{weir.port()}"]}]}],
            }), encoding="ascii")
            command = [self.prometheus, f"--config.file={config}", f"--storage.tsdb.path={self.path('tsdb')}",
                       f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as prometheus:
                try:
                    harness.wait_until(lambda: self.asked(port, "weir_parsed_packets_total>0"), seconds=60)
                    self.assertEqual(self.scraped(port, "up")[0]["value"][1], "1")
                    build = self.scraped(port, "weir_build_info")[0]["metric"]
                    self.assertIn("version", build)
                    drops = self.scraped(port, "weir_capture_drops_packets_total")
                    self.assertIn("ring_full", {row["metric"]["cause"] for row in drops})
                    threads = {row["metric"]["thread"] for row in self.scraped(port, "weir_thread_cpu_seconds_total")}
                    self.assertIn("weir-worker", threads)
                    harness.wait_until(lambda: self.asked(port, "weir_kafka_round_trips_total>0"), seconds=60)
                    harness.wait_until(lambda: self.asked(port, "weir_kafka_round_trip_p99_seconds>0"), seconds=60)
                    self.assertEqual(self.scraped(port, "weir_kafka_brokers_up")[0]["value"][1], "1")
                    most = self.scraped(port, "weir_kafka_queue_max_records")[0]["value"][1]
                    self.assertEqual(most, "100000")
                finally:
                    prometheus.terminate()

    def told(self, weir, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{weir.port()}/metrics", timeout=5) as answer:
            found = re.search(rf"^{name}{{[^}}]*}} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[1])

    def test_a_broker_is_away(self):
        nowhere = f"kafka://127.0.0.1:{free_port()}"
        with api.served(self.folder, "-o", nowhere, *OFTEN, "--set", f"export.spool.directory={self.path('spool')}",
                        "--set", "shutdown.timeout=1s") as weir:
            harness.wait_until(lambda: self.told(weir, "weir_spool_held_records") > 0)
            held = self.told(weir, "weir_spool_age_seconds")
            self.assertGreater(self.told(weir, "weir_spool_bytes"), 0)
            harness.wait_until(lambda: self.told(weir, "weir_spool_age_seconds") > held)
            self.assertEqual(self.told(weir, "weir_kafka_brokers_up"), 0)
            self.assertEqual(self.told(weir, "weir_kafka_round_trips_total"), 0)

    def test_alerts(self):
        # What is told over two hours, one value a minute, and which alert comes of it.
        cases = {
            "WeirSpoolIsOld": [("weir_spool_age_seconds", "0+60x120")],
            "WeirKafkaQueueIsFull": [("weir_kafka_queue_bytes", "95x120"), ("weir_kafka_queue_max_bytes", "100x120"),
                                     ("weir_kafka_queue_records", "95x120"), ("weir_kafka_queue_max_records", "0x120")],
            "WeirKafkaIsSlow": [("weir_kafka_round_trip_p99_seconds", "2x120"),
                                ("weir_kafka_round_trips_total", "0+10x120")],
            "WeirKafkaHoldsRecords": [("weir_kafka_held_records", "7x120")],
        }
        said = pathlib.Path(self.path("said"))
        for alert, series in cases.items():
            # That an alert is expected not to come fails, and tells how it came.
            test = {"rule_files": [str(RULES)], "tests": [{
                "interval": "1m",
                "input_series": [{"series": f'{name}{{sensor="edge"}}', "values": values} for name, values in series],
                "alert_rule_test": [{"eval_time": "110m", "alertname": each, "exp_alerts": []} for each in cases]}]}
            said.write_text(json.dumps(test), encoding="ascii")
            done = subprocess.run([self.promtool, "test", "rules", said], capture_output=True, text=True, check=False)
            came = re.findall(r"alertname: (\w+)", done.stdout + done.stderr)
            self.assertEqual(came, [alert], done.stdout + done.stderr)
            self.assertIn("edge", done.stdout + done.stderr)

    def test_rules(self):
        done = subprocess.run([self.promtool, "check", "rules", RULES], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_name_metrics_that_there_are(self):
        documented = (harness.ROOT / "docs" / "METRICS.md").read_text(encoding="utf-8")
        for path in (RULES, RULES.with_name("weir.grafana.json")):
            for name in set(re.findall(r"\bweir_\w+", path.read_text(encoding="utf-8"))):
                self.assertIn(f"`{name}`", documented, path)
