# SPDX-License-Identifier: Apache-2.0
"""One node's process: started, asked whether it answers, ended. Known by its id and when it began, so that
a process that was given the same id later is never taken for it."""
import os
import pathlib
import select
import signal
import subprocess

import client
from kafka import Failure, java

STARTED = b"Kafka Server started"  # what the node logs once it is registered and serves
LOG_LINES = 12


def began(pid):
    """When the process began, in ticks since boot; None if it does not run."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


class Node:
    def __init__(self, folder, number, port):
        self.number, self.port = number, port
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "server.log"
        self.pid_file = self.folder / "pid"
        self.log_start = 0

    def pid(self):
        """The process' id while it runs, else None."""
        try:
            pid, when = map(int, self.pid_file.read_text(encoding="ascii").split())
        except (FileNotFoundError, ValueError):
            return None
        return pid if began(pid) == when else None

    def launch(self, heap):
        """Starts the process and does not wait for it."""
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        command = java("kafka.Kafka", self.folder / "server.properties", level="INFO", heap=heap, temporary=temporary)
        with open(self.log, "ab") as log:
            self.log_start = log.tell()
            process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        self.pid_file.write_text(f"{process.pid} {began(process.pid)}\n", encoding="ascii")

    def logged(self):
        """What this run has logged."""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return log.read()

    def knows(self, count, certificates, login):
        """Whether the node has registered, serves, and knows that `count` brokers do. The others: see client."""
        return STARTED in self.logged() and client.brokers_known(self.port, certificates, login) == count

    def log_end(self):
        """The last lines logged by this run, the errors among them if there are some."""
        lines = self.logged().decode(errors="replace").splitlines()
        errors = [line for line in lines if " ERROR " in line or " FATAL " in line or "Exception" in line]
        return "\n".join((errors or lines)[-LOG_LINES:])

    def end(self, how, seconds):
        """Sends the signal and waits; whether the process is gone."""
        pid = self.pid()
        if pid is None:
            return True
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            if self.pid() == pid:  # asked again: the handle may be of a process that came after
                signal.pidfd_send_signal(handle, how)
            return bool(select.select([handle], [], [], seconds)[0])
        except ProcessLookupError:
            return True
        except PermissionError:
            raise Failure(f"node {self.number} (process {pid}) is another user's") from None
        finally:
            os.close(handle)
