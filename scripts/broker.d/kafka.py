# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka itself: its jars, got once by Maven into build/kafka, and how to run a class of them."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
POM = HERE / "pom.xml"
KEPT = HERE.parents[1] / "build" / "kafka"
DOWNLOAD_SECONDS = 900

# The classes behind Kafka's own scripts of these names, as of the version in pom.xml.
TOOLS = {
    "kafka-acls": "kafka.admin.AclCommand",
    "kafka-broker-api-versions": "kafka.admin.BrokerApiVersionsCommand",
    "kafka-configs": "kafka.admin.ConfigCommand",
    "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-console-producer": "kafka.tools.ConsoleProducer",
    "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "kafka-dump-log": "kafka.tools.DumpLogSegments",
    "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
    "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
    "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
    "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
    "kafka-reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "kafka-storage": "kafka.tools.StorageTool",
    "kafka-topics": "org.apache.kafka.tools.TopicCommand",
}


class Failure(Exception):
    """What a person is told, in one line or with the end of a log."""


def program(name, package):
    """Where a program is; tells which Debian package has it where it is not."""
    path = shutil.which(name)
    if path is None:
        raise Failure(f"there is no '{name}' here; 'scripts/setup broker' installs it (Debian's {package})")
    return path


def jars():
    """The folder with Kafka's jars, got first where they are not there yet."""
    version = re.search(r"<artifactId>kafka_.*?<version>(.*?)<", POM.read_text(encoding="utf-8"), re.DOTALL).group(1)
    folder = KEPT / version
    if folder.is_dir():
        return folder
    program("java", "openjdk-17-jre-headless")
    maven = program("mvn", "maven")
    KEPT.mkdir(parents=True, exist_ok=True)
    # Renamed only when whole, so that a download that was cut off, or that runs twice, leaves no half a folder.
    with tempfile.TemporaryDirectory(dir=KEPT) as part:
        # -U: asks again for what was not to be had the last time.
        command = [maven, "-B", "-q", "-U", "-Dstyle.color=never", "-f", POM, "dependency:copy-dependencies",
                   "-DincludeScope=runtime", f"-DoutputDirectory={part}/jars"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, errors="replace", timeout=DOWNLOAD_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"Maven did not get Apache Kafka {version} in {DOWNLOAD_SECONDS} s") from None
        if done.returncode != 0:
            said = re.sub(r"\x1b\[\d*m", "", done.stdout).strip().splitlines()
            raise Failure("\n".join([f"Maven could not get Apache Kafka {version}:", *said[:1]]))
        try:
            os.rename(f"{part}/jars", folder)
        except OSError:
            if not folder.is_dir():  # else another start was faster
                raise
    return folder


def java(main_class, *arguments, level="ERROR", heap=("-Xmx256m", "-XX:TieredStopAtLevel=1"), temporary=None):
    """The command that runs a class of Kafka's. `heap`: options of the JVM. The default suits a tool: it
    ends before the optimizing compiler would have paid."""
    # Native libraries are unpacked to `temporary`, and stay there when the process is killed.
    return [program("java", "openjdk-17-jre-headless"), *heap, "-XX:-UsePerfData", "-Djava.awt.headless=true",
            *([f"-Djava.io.tmpdir={temporary}"] if temporary else []),
            f"-Dlog4j.configuration=file:{HERE}/log4j.properties", f"-Dweir.log.level={level}",
            "-cp", f"{jars()}/*", main_class, *map(str, arguments)]


def tool(name):
    """The class behind a tool's name."""
    if name not in TOOLS:
        raise Failure(f"no tool is called '{name}'; there are: {', '.join(TOOLS)}")
    return TOOLS[name]
