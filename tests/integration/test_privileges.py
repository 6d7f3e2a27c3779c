# SPDX-License-Identifier: Apache-2.0
"""weir run gives up every right and most system calls, in every thread, and still does its work."""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile

import harness
import net

AF_PACKET = ("--set", "capture.source=af_packet")
NOTHING = "0" * 16
NOBODY = pwd.getpwnam("nobody")
EMBEDDED = ("-o", "kafka://embedded")
CHECKED_BY_ASAN = subprocess.run(["nm", "-D", harness.WEIR], capture_output=True, text=True,
                                 check=False).stdout.find("__asan_init") >= 0


def threads(pid):
    """The status files of all threads, as dictionaries."""
    for path in pathlib.Path(f"/proc/{pid}/task").iterdir():
        yield {name: value.strip() for name, _, value in
               (line.partition(":") for line in (path / "status").read_text().splitlines())}


class Privileges(harness.Case):
    def setUp(self):
        super().setUp()
        net.needed()

    def refused(self, *arguments, wrapper=()):
        """What weir says on standard error when it does not start, with its exit status."""
        with net.Net() as pair:
            done = subprocess.run(pair.within(net.SENSOR, *wrapper, harness.WEIR, "run", *harness.SMALL_TABLE, "-o", "null:",
                                              "--set", f"capture.interface={net.SENSOR}", *arguments),
                                  capture_output=True, text=True, check=False, timeout=net.START_SECONDS)
        return done.returncode, done.stderr

    def assert_no_rights(self, sensor, owner=NOBODY, least=3):
        found = list(threads(sensor.process.pid))
        self.assertGreaterEqual(len(found), least, found)
        self.assertTrue({"weir", "weir-export", "weir-worker"} <= {thread["Name"] for thread in found})
        for thread in found:
            for name in "CapInh", "CapPrm", "CapEff", "CapAmb":
                self.assertEqual(thread[name], NOTHING, thread)
            self.assertEqual(set(thread["Uid"].split()), {str(owner.pw_uid)}, thread)
            self.assertEqual(set(thread["Gid"].split()), {str(owner.pw_gid)}, thread)
            self.assertEqual(thread["NoNewPrivs"], "1", thread)
        return found

    def work(self, *arguments, **options):
        """A run in which a capture is sent; what was asserted of it last."""
        with net.Net() as pair:
            net.command("ip", "-n", pair.names[net.SENSOR], "link", "set", "lo", "up")
            with net.Sensor(pair, *arguments, **options) as sensor:
                sent = pair.send(harness.SAMPLE)
                yield sensor
                self.assertEqual(sensor.stop(), 0, sensor.said())
                self.assertEqual((sensor.books()["received"], sensor.books()["balanced"]), (sent, True))
                self.assertEqual(sum(sensor.books()["export_drops"].values()), 0, sensor.books())

    def test_every_thread_is_without_rights(self):
        for sensor in self.work(*AF_PACKET, *EMBEDDED, "--set", "capture.spread=flows", "--set", "workers=1"):
            found = self.assert_no_rights(sensor, least=6)
            self.assertEqual({thread["Groups"] for thread in found}, {""})
            self.assertEqual({thread["CapBnd"] for thread in found}, {NOTHING})
            for thread in found if not CHECKED_BY_ASAN else ():
                self.assertEqual(thread["Seccomp"], "2", thread)
                own = thread["Name"].startswith(("weir-worker", "weir-reader"))
                self.assertEqual(thread["Seccomp_filters"], "2" if own else "1", thread)

    def check_source(self, *arguments):
        for sensor in self.work(*arguments):
            self.assert_no_rights(sensor)

    def test_af_xdp_take(self):
        self.check_source("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=take")

    def test_af_xdp_tap(self):
        self.check_source("--set", "capture.source=af_xdp", "--set", "capture.af_xdp.mode=tap")

    def test_dpdk(self):
        self.check_source("--set", "capture.source=dpdk", "--set", f"capture.dpdk.device=net_af_xdp0,iface={net.SENSOR}")

    def test_keys_must_be_the_users(self):
        key = self.path("ca.pem")
        os.close(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600))
        status, said = self.refused(*AF_PACKET, "-o", "kafka://127.0.0.1:1", "--set", "export.spool.directory=none",
                                    "--set", "export.kafka.properties.security.protocol=ssl",
                                    "--set", f"export.kafka.properties.ssl.ca.location={key}")
        self.assertNotEqual(status, 0, said)
        self.assertIn(f"export.kafka.properties.ssl.ca.location: '{key}' cannot be read without rights", said)

    def test_filter_can_be_switched_off(self):
        for sensor in self.work(*AF_PACKET, "--set", "privileges.seccomp=false"):
            self.assertEqual({thread["Seccomp"] for thread in self.assert_no_rights(sensor)}, {"0"})

    def test_other_user(self):
        for sensor in self.work(*AF_PACKET, "--set", "privileges.user=daemon"):
            self.assert_no_rights(sensor, pwd.getpwnam("daemon"))

    def test_root_without_capabilities(self):
        for sensor in self.work(*AF_PACKET, "--set", "privileges.user=root"):
            self.assert_no_rights(sensor, pwd.getpwnam("root"))

    def test_ordinary_user_with_a_capability(self):
        daemon = pwd.getpwnam("daemon")
        wrapper = ("setpriv", "--reuid", "daemon", "--regid", "daemon", "--clear-groups", "--inh-caps", "+net_raw",
                   "--ambient-caps", "+net_raw", "--bounding-set", "-all,+net_raw")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        os.chown(folder, daemon.pw_uid, daemon.pw_gid)
        # The folder of the sensor is root's.
        with net.Net() as pair:
            words = [harness.WEIR, "run", *AF_PACKET, *harness.SMALL_TABLE, "-o", f"ndjson:{folder}/records", "--summary",
                     f"{folder}/books", "--set", f"log.file={folder}/log", "--set", f"capture.interface={net.SENSOR}"]
            with subprocess.Popen(pair.within(net.SENSOR, *wrapper, *words)) as weir:
                self.addCleanup(weir.kill)
                harness.wait_until(lambda: "capturing" in harness.read_text(f"{folder}/log"))
                for thread in threads(weir.pid):
                    self.assertEqual((thread["CapPrm"], thread["CapEff"], thread["CapAmb"]), (NOTHING,) * 3, thread)
                    self.assertEqual(set(thread["Uid"].split()), {str(daemon.pw_uid)}, thread)
                sent = pair.send(harness.SAMPLE)
                weir.terminate()
                self.assertEqual(weir.wait(net.STOP_SECONDS), 0, harness.read_text(f"{folder}/log"))
            self.assertEqual(harness.read_json(f"{folder}/books")["received"], sent)

    def test_spool_belongs_to_the_user(self):
        spool = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, spool)
        os.chmod(spool, 0o755)
        words = (*AF_PACKET, "-o", "kafka://127.0.0.1:1", "--set", f"export.spool.directory={spool}/new/spool",
                 "--set", "shutdown.timeout=1s")
        with net.Net() as pair:
            for _ in range(2):  # the second run finds what the first has left
                with net.Sensor(pair, *words) as sensor:
                    self.assert_no_rights(sensor, least=5)
                    pair.send(harness.SAMPLE)
                    sensor.stop()
                    self.assertGreater(sensor.books()["spooled"], 7000, sensor.said())
                    self.assertTrue(sensor.books()["balanced"])
        for path in pathlib.Path(f"{spool}/new/spool").iterdir():
            self.assertEqual(path.stat().st_uid, NOBODY.pw_uid, path)

    def test_missing_capability_is_named(self):
        setpriv = ("setpriv", "--reuid", "daemon", "--regid", "daemon", "--clear-groups")
        for source, missing in (("af_packet", "CAP_NET_RAW"), ("af_xdp", "CAP_NET_RAW CAP_NET_ADMIN CAP_BPF")):
            status, said = self.refused("--set", f"capture.source={source}", wrapper=setpriv)
            self.assertEqual(status, 1, said)
            self.assertIn(f"weir run captures with {source}, which needs {missing}; missing: {missing}.", said)
            self.assertIn("AmbientCapabilities=", said)

    def test_wrong_user_is_told(self):
        status, said = self.refused(*AF_PACKET, "--set", "privileges.user=weir-unknown")
        self.assertEqual(status, 2, said)
        self.assertIn("privileges.user: there is no user 'weir-unknown' to become", said)

    def test_cores(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("needs two CPUs")
        worker = str(min(os.sched_getaffinity(0)))
        for sensor in self.work(*AF_PACKET, "--set", f"worker.cores={worker}"):
            for thread in threads(sensor.process.pid):
                cpus = re.split("[,-]", thread["Cpus_allowed_list"])
                (self.assertEqual if thread["Name"] == "weir-worker" else self.assertNotEqual)(cpus, [worker], thread)
                self.assertTrue(thread["Name"] == "weir-worker" or worker not in cpus, thread)
            self.assertIn("workers' CPUs are not isolated", sensor.said())
        status, said = self.refused(*AF_PACKET, "--set", "worker.cores=1023")
        self.assertEqual(status, 2, said)
        self.assertIn("CPU 1023 is not one that this process may run on", said)
