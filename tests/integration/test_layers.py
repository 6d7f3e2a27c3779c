# SPDX-License-Identifier: Apache-2.0
"""scripts/check-layers finds what it is there to find."""
import shutil
import subprocess
import unittest

import harness


class Layers(harness.Case):
    def check(self, include, where="dataplane/flow/probe.c"):
        """Runs the check on a tree of one header in each room and one file with that include."""
        shutil.copytree(harness.ROOT / "docs", self.folder / "docs", dirs_exist_ok=True)
        for header in "dataplane/base/a.h", "dataplane/packet/a.h", "export/sink/a.h", "agent/a.h":
            path = self.folder / header
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")
        path = self.folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#include {include}\n", encoding="utf-8")
        return subprocess.run([harness.ROOT / "scripts" / "check-layers", self.folder], capture_output=True, text=True, check=False)

    def test_project_keeps_to_its_rooms(self):
        done = subprocess.run([harness.ROOT / "scripts" / "check-layers"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_is_allowed_passes(self):
        for include in '"dataplane/base/a.h"', '"dataplane/packet/a.h"', "<stdio.h>":
            self.assertEqual(self.check(include).returncode, 0, include)
        self.assertEqual(self.check("<librdkafka/rdkafka.h>", "export/sink/probe.c").returncode, 0)

    def test_what_is_forbidden_is_named(self):
        for include, where in (('"agent/a.h"', "dataplane/flow/probe.c"),
                               ('"export/sink/a.h"', "dataplane/flow/probe.c"),
                               ('"dataplane/packet/a.h"', "export/probe.c"),
                               ('"dataplane/packet/a.h"', "dataplane/base/probe.h"),
                               ('"a.h"', "dataplane/flow/probe.c"),
                               ("<librdkafka/rdkafka.h>", "export/probe.c"),
                               ("<jansson.h>", "dataplane/flow/probe.c")):
            done = self.check(include, where)
            self.assertEqual(done.returncode, 1, include)
            self.assertIn(f"{where}: ", done.stdout)
            (self.folder / where).unlink()

    def test_folder_that_is_no_room_is_named(self):
        done = self.check("<stdio.h>", "dataplane/attic/probe.c")
        self.assertEqual(done.returncode, 1)
        self.assertIn("dataplane/attic/probe.c: stands in no room", done.stdout)


if __name__ == "__main__":
    unittest.main()
