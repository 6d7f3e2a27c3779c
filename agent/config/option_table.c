// SPDX-License-Identifier: Apache-2.0
// The options, in the order in which they are shown and documented.
#include <assert.h>
#include <stddef.h>

#include "agent/config/option.h"

#define FIELD(member)                                                                              \
    .offset = offsetof(struct config, member), .size = sizeof(((struct config *)0)->member)

static const char *const page_choices[] = {
    [MEMORY_PAGES_AUTO] = "auto",
    [MEMORY_PAGES_NEVER] = "never",
    [MEMORY_PAGES_REQUIRE] = "require",
    NULL,
};

static const char *const format_choices[] = {
    [LOG_FORMAT_TEXT] = "text",
    [LOG_FORMAT_JSON] = "json",
    NULL,
};

static const char *const level_choices[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
    NULL,
};

static const char *const idle_choices[] = {
    [CONFIG_IDLE_SLEEPS] = "sleep",
    [CONFIG_IDLE_POLLS] = "poll",
    NULL,
};

static const char *const source_choices[] = {
    [CONFIG_AF_XDP] = "af_xdp",
    [CONFIG_DPDK] = "dpdk",
    [CONFIG_AF_PACKET] = "af_packet",
    NULL,
};

static const char *const spread_choices[] = {
    [CONFIG_SPREAD_QUEUES] = "queues",
    [CONFIG_SPREAD_FLOWS] = "flows",
    NULL,
};

static const char *const xdp_mode_choices[] = {
    [CONFIG_XDP_TAP] = "tap",
    [CONFIG_XDP_TAKE] = "take",
    NULL,
};

static const char *const xdp_attach_choices[] = {
    [CONFIG_XDP_ATTACH_AUTO] = "auto",
    [CONFIG_XDP_NATIVE] = "native",
    [CONFIG_XDP_GENERIC] = "generic",
    NULL,
};

static const char *const xdp_copy_choices[] = {
    [CONFIG_XDP_COPY_AUTO] = "auto",
    [CONFIG_XDP_COPY] = "copy",
    [CONFIG_XDP_ZERO_COPY] = "zero_copy",
    NULL,
};

static const char *const encoding_choices[] = {
    [CONFIG_JSON] = "json",
    [CONFIG_PROTOBUF] = "protobuf",
    NULL,
};

static const char *const missing_choices[] = {
    [CONFIG_MISSING_EXPECTED] = "never",
    [CONFIG_MISSING_CREATED] = "missing",
    NULL,
};

static const char *const compression_choices[] = {
    [CONFIG_COMPRESSION_BROKERS] = "default",   [CONFIG_COMPRESSION_PRODUCERS] = "producer",
    [CONFIG_COMPRESSION_NONE] = "uncompressed", [CONFIG_COMPRESSION_GZIP] = "gzip",
    [CONFIG_COMPRESSION_SNAPPY] = "snappy",     [CONFIG_COMPRESSION_LZ4] = "lz4",
    [CONFIG_COMPRESSION_ZSTD] = "zstd",         NULL,
};

static const char *const full_choices[] = {
    [CONFIG_FULL_DROPS_OLDEST] = "drop_oldest",
    [CONFIG_FULL_REFUSES_NEWEST] = "refuse_newest",
    NULL,
};

const struct option_row option_rows[] = {
    {
        .name = "sensor",
        .kind = &option_string,
        FIELD(sensor),
        .standard = "",
        .least = "0",
        .most = "255",
        .help = "Name of this sensor in every record. Empty: the host's name.",
    },
    {
        .name = "workers",
        .kind = &option_integer,
        FIELD(workers),
        .standard = "1",
        .least = "1",
        .most = "64",
        .help = "Worker threads that parse packets and keep flows, each on a core of its own.",
    },
    {
        .name = "worker.cores",
        .kind = &option_numbers,
        FIELD(worker.cores),
        .standard = "",
        .most = "1023",
        .help = "CPUs that the workers are pinned to, in their order, then the reading thread. "
                "Empty: not pinned.",
    },
    {
        .name = "worker.idle",
        .kind = &option_choice,
        FIELD(worker.idle),
        .standard = "sleep",
        .choices = idle_choices,
        .help = "What a live capture's thread does while no packet comes: `sleep` frees its core "
                "and sees a packet up to 0.1 ms later; `poll` never gives the core away.",
    },
    {
        .name = "capture.source",
        .kind = &option_choice,
        FIELD(capture.source),
        .standard = "af_packet",
        .choices = source_choices,
        .help =
            "How `weir run` captures: `af_xdp` past the kernel's stack, `dpdk` past the kernel, "
            "`af_packet` where neither is to be had.",
    },
    {
        .name = "capture.interface",
        .kind = &option_names,
        FIELD(capture.interface),
        .standard = "",
        .help = "Interfaces that `af_xdp` and `af_packet` capture from.",
    },
    {
        .name = "capture.spread",
        .kind = &option_choice,
        FIELD(capture.spread),
        .standard = "queues",
        .choices = spread_choices,
        .help = "How packets come to several workers. `queues`: each takes receive queues of its "
                "own, over which the NIC or the kernel spreads by the outer addresses and ports. "
                "`flows`: one more thread reads all queues and spreads by the flow key, inside "
                "tunnels and for fragments, too.",
    },
    {
        .name = "capture.queues",
        .kind = &option_numbers,
        FIELD(capture.queues),
        .standard = "",
        .most = "1023",
        .help = "Receive queues of each interface that `af_xdp` captures from. Empty: all.",
    },
    {
        .name = "capture.promiscuous",
        .kind = &option_boolean,
        FIELD(capture.promiscuous),
        .standard = "true",
        .help = "Receive frames that are addressed to others, too.",
    },
    {
        .name = "capture.ring",
        .kind = &option_integer,
        FIELD(capture.ring),
        .standard = "4096",
        .least = "64",
        .most = "65536",
        .power_of_two = true,
        .help = "Packets that a queue of `af_xdp` or `dpdk` holds while its worker is busy.",
    },
    {
        .name = "capture.sampling",
        .kind = &option_integer,
        FIELD(capture.sampling),
        .standard = "1",
        .least = "1",
        .most = "1Mi",
        .help = "Keep one flow in this many, chosen in the XDP program by a hash of addresses, "
                "ports and protocol (`af_xdp` only). Each record says it.",
    },
    {
        .name = "capture.filter.prefixes",
        .kind = &option_names,
        FIELD(capture.filter.prefixes),
        .standard = "",
        .help = "Keep only packets with a source or destination in one of these prefixes, such as "
                "10.0.0.0/8 or 2001:db8::/32 (`af_xdp` only; outer addresses). Empty: all.",
    },
    {
        .name = "capture.filter.ports",
        .kind = &option_numbers,
        FIELD(capture.filter.ports),
        .standard = "",
        .most = "65535",
        .help = "Keep only packets from or to one of these TCP or UDP ports (`af_xdp` only). "
                "Empty: all.",
    },
    {
        .name = "capture.filter.protocols",
        .kind = &option_names,
        FIELD(capture.filter.protocols),
        .standard = "",
        .help = "Keep only packets of these protocols: tcp, udp, icmp, icmpv6, sctp, gre or a "
                "number (`af_xdp` only). Empty: all.",
    },
    {
        .name = "capture.af_xdp.mode",
        .kind = &option_choice,
        FIELD(capture.af_xdp.mode),
        .standard = "tap",
        .choices = xdp_mode_choices,
        .help =
            "`tap`: the host still gets its packets, weir a copy of their first octets. `take`: "
            "weir gets the packets and the host none; faster, for ports that only mirror.",
    },
    {
        .name = "capture.af_xdp.attach",
        .kind = &option_choice,
        FIELD(capture.af_xdp.attach),
        .standard = "auto",
        .choices = xdp_attach_choices,
        .help =
            "Where the XDP program runs: in the driver (`native`), behind it (`generic`, slow), "
            "or in the driver where that can.",
    },
    {
        .name = "capture.af_xdp.copy",
        .kind = &option_choice,
        FIELD(capture.af_xdp.copy),
        .standard = "auto",
        .choices = xdp_copy_choices,
        .help = "Whether the driver receives right into weir's memory (`zero_copy`), or the kernel "
                "copies there; `auto` takes what the driver can.",
    },
    {
        .name = "capture.af_packet.ring",
        .kind = &option_size,
        FIELD(capture.af_packet.ring_bytes),
        .standard = "64MiB",
        .least = "1MiB",
        .most = "4GiB",
        .help = "Memory in which each queue of `af_packet` holds packets while its worker is busy.",
    },
    {
        .name = "capture.dpdk.device",
        .kind = &option_devices,
        FIELD(capture.dpdk.device),
        .standard = "",
        .help = "What `dpdk` captures from: a PCI address (0000:03:00.0) or a virtual device's EAL "
                "string (`net_af_xdp0,iface=eth0`); several as a list in the file.",
    },
    {
        .name = "capture.dpdk.mbufs",
        .kind = &option_integer,
        FIELD(capture.dpdk.mbufs),
        .standard = "0",
        .least = "0",
        .most = "16Mi",
        .help = "Packet buffers of each device. 0: derived from its queues and `capture.ring`.",
    },
    {
        .name = "capture.dpdk.arguments",
        .kind = &option_string,
        FIELD(capture.dpdk.arguments),
        .standard = "",
        .least = "0",
        .most = "1000",
        .help = "More arguments for DPDK's environment layer, such as `--iova-mode=va`.",
    },
    {
        .name = "parse.tunnels",
        .kind = &option_boolean,
        FIELD(parse.tunnels),
        .standard = "true",
        .help = "Follow tunnels (VXLAN, GENEVE, GTP-U, GRE, IP in IP and others) to the innermost "
                "packet; otherwise the outer packet is what counts.",
    },
    {
        .name = "flow.key.vlan",
        .kind = &option_boolean,
        FIELD(flow.key.vlan),
        .standard = "true",
        .help = "Tell flows apart that differ in nothing but their VLAN ids. Otherwise the ids are "
                "left "
                "out of the records, too.",
    },
    {
        .name = "flow.table.max_flows",
        .kind = &option_integer,
        FIELD(flow.table.max_flows),
        .standard = "1Mi",
        .least = "1Ki",
        .most = "64Mi",
        .help = "Concurrent flows for which memory is set aside at start, all workers together. A "
                "full table evicts, and counts it.",
    },
    {
        .name = "flow.table.max_rare",
        .kind = &option_integer,
        FIELD(flow.table.max_rare),
        .standard = "0",
        .least = "0",
        .most = "64Mi",
        .help = "Flows among them for which tunnels, MPLS labels and other rare facts can be "
                "kept. 0: a fourth of `flow.table.max_flows`.",
    },
    {
        .name = "flow.idle_timeout",
        .kind = &option_duration,
        FIELD(flow.idle_timeout_us),
        .standard = "30s",
        .least = "100ms",
        .most = "1h",
        .help = "A flow ends when this long passes without a packet of it.",
    },
    {
        .name = "flow.active_timeout",
        .kind = &option_duration,
        FIELD(flow.active_timeout_us),
        .standard = "300s",
        .least = "100ms",
        .most = "1h",
        .help = "A flow that goes on for longer than this is recorded in parts.",
    },
    {
        .name = "flow.tcp_linger",
        .kind = &option_duration,
        FIELD(flow.tcp_linger_us),
        .standard = "5s",
        .least = "0s",
        .most = "1h",
        .help = "How long a TCP flow that was closed or reset waits for packets that are late.",
    },
    {
        .name = "flow.fragments.max",
        .kind = &option_integer,
        FIELD(flow.fragments.max),
        .standard = "16384",
        .least = "16",
        .most = "16Mi",
        .help = "Fragmented datagrams followed at once, so that their later fragments count to "
                "the flow of the first.",
    },
    {
        .name = "flow.fragments.timeout",
        .kind = &option_duration,
        FIELD(flow.fragments.timeout_us),
        .standard = "30s",
        .least = "100ms",
        .most = "1h",
        .help = "How long the later fragments of a datagram are waited for.",
    },
    {
        .name = "window.pane",
        .kind = &option_duration,
        FIELD(window.pane_us),
        .standard = "1s",
        .least = "10ms",
        .most = "1h",
        .help = "Packet time that one window record covers, aligned to the epoch.",
    },
    {
        .name = "window.max_hosts",
        .kind = &option_integer,
        FIELD(window.max_hosts),
        .standard = "0",
        .least = "0",
        .most = "16777215",
        .help = "Hosts told apart within one pane. 0: derived from `flow.table.max_flows`.",
    },
    {
        .name = "window.activities",
        .kind = &option_integer,
        FIELD(window.activities),
        .standard = "0",
        .least = "0",
        .most = "4Mi",
        .power_of_two = true,
        .help = "Flows of each worker whose doings in a pane can wait for queries and detectors. "
                "What finds no room is left out of their answers, and counted, by `weir run`; a "
                "replay waits. 0: derived from `flow.table.max_flows`.",
    },
    {
        .name = "network.internal",
        .kind = &option_prefixes,
        FIELD(network.internal),
        .standard = "",
        .help = "Prefixes of the network that is watched. External traffic has one end inside and "
                "one outside of them. Empty: all traffic counts as external.",
    },
    {
        .name = "query.file",
        .kind = &option_string,
        FIELD(query.file),
        .standard = "",
        .least = "0",
        .most = "4000",
        .help =
            "File with the standing queries (docs/QUERIES.md), which weir replaces when they are "
            "changed while it runs. One that is not there has none. `none`: nowhere, changes do "
            "not survive the run. Empty: as `none` in a replay; "
            "/var/lib/weir/queries/queries.json, or "
            "queries/queries.json where systemd set state aside, in `weir run`.",
    },
    {
        .name = "query.max",
        .kind = &option_integer,
        FIELD(query.max),
        .standard = "64",
        .least = "1",
        .most = "1024",
        .help = "Most standing queries at a time.",
    },
    {
        .name = "query.memory",
        .kind = &option_size,
        FIELD(query.memory_bytes),
        .standard = "16MiB",
        .least = "1MiB",
        .most = "4GiB",
        .help =
            "Most that one query remembers of its window, taken as it is needed. Beyond it, "
            "answers are no longer exact and say by how much. Beside it each pane of the window "
            "takes 88 octets: 0.3 MiB for an hour of panes of a second, 30 MiB for one of panes "
            "of 10 ms.",
    },
    {
        .name = "detect.anomalies",
        .kind = &option_boolean,
        FIELD(detect.anomalies),
        .standard = "true",
        .help = "Look for anomalies (docs/DETECTION.md).",
    },
    {
        .name = "history.file",
        .kind = &option_string,
        FIELD(history.file),
        .standard = "",
        .least = "0",
        .most = "3000",
        .help = "SQLite database that keeps windows, answers and anomalies across runs "
                "(docs/HISTORY.md). `none`: nothing is kept. Empty: as `none` in a replay; "
                "/var/lib/weir/history/history.db, or history/history.db where systemd set state "
                "aside, in `weir run`.",
    },
    {
        .name = "history.max_age",
        .kind = &option_duration,
        FIELD(history.max_age_us),
        .standard = "168h",
        .least = "1m",
        .most = "87600h",
        .help = "Records that were written longer ago are erased.",
    },
    {
        .name = "history.max_bytes",
        .kind = &option_size,
        FIELD(history.max_bytes),
        .standard = "1GiB",
        .least = "16MiB",
        .most = "1TiB",
        .help = "Most that the database takes on disk, its log with it. The records that were "
                "written first are erased for new ones.",
    },
    {
        .name = "memory.huge_pages",
        .kind = &option_choice,
        FIELD(memory.huge_pages),
        .standard = "auto",
        .choices = page_choices,
        .help = "Whether tables lie on huge pages: where there are some, never, or else weir does "
                "not start.",
    },
    {
        .name = "export.outputs",
        .kind = &option_outputs,
        FIELD(export.outputs),
        .standard = "ndjson:-",
        .help = "Where the records go; every output gets all of them. The same as `-o`, which "
                "replaces it.",
    },
    {
        .name = "export.encoding",
        .kind = &option_choice,
        FIELD(export.encoding),
        .standard = "json",
        .choices = encoding_choices,
        .help = "How records are written into Kafka: `protobuf` is described by docs/weir.proto. "
                "Files are always JSON.",
    },
    {
        .name = "export.topics.flow",
        .kind = &option_topic,
        FIELD(export.topics.flow),
        .standard = "network-traffic",
        .least = "1",
        .most = "249",
        .help = "Kafka topic of flow records.",
    },
    {
        .name = "export.topics.processed",
        .kind = &option_topic,
        FIELD(export.topics.processed),
        .standard = "processed-data",
        .least = "1",
        .most = "249",
        .help = "Kafka topic of all other records.",
    },
    {
        .name = "export.topics.create",
        .kind = &option_choice,
        FIELD(export.topics.missing),
        .standard = "never",
        .choices = missing_choices,
        .help = "Whether topics that are missing are made, as the next options say. Topics that "
                "are there are never changed.",
    },
    {
        .name = "export.topics.partitions",
        .kind = &option_integer,
        FIELD(export.topics.partitions),
        .standard = "4",
        .least = "1",
        .most = "10000",
        .help = "Partitions of a topic that is made, also in `kafka://embedded`.",
    },
    {
        .name = "export.topics.replication",
        .kind = &option_integer,
        FIELD(export.topics.replication),
        .standard = "0",
        .least = "0",
        .most = "100",
        .help = "Brokers that hold a copy of a topic that is made. 0: as the broker sees fit.",
    },
    {
        .name = "export.topics.retention",
        .kind = &option_duration,
        FIELD(export.topics.retention_us),
        .standard = "0s",
        .least = "0s",
        .most = "100000h",
        .help = "How long a topic that is made keeps records. 0s: as the broker sees fit.",
    },
    {
        .name = "export.topics.compression",
        .kind = &option_choice,
        FIELD(export.topics.compression),
        .standard = "default",
        .choices = compression_choices,
        .help = "`compression.type` of a topic that is made: what the broker stores.",
    },
    {
        .name = "export.spool.directory",
        .kind = &option_string,
        FIELD(export.spool.directory),
        .standard = "",
        .least = "0",
        .most = "4000",
        .help =
            "Where records wait on disk while Kafka takes none; made where it is missing. "
            "`none`: nowhere, weir waits for the broker (`export.kafka.timeout`) instead. Empty: "
            "as `none` in a replay; /var/lib/weir/spool, or what systemd set aside, in `weir run` "
            "with one Kafka output and for `weir spool`.",
    },
    {
        .name = "export.spool.max_bytes",
        .kind = &option_size,
        FIELD(export.spool.max_bytes),
        .standard = "1GiB",
        .least = "1MiB",
        .most = "1024TiB",
        .help = "Most that the spool takes on disk.",
    },
    {
        .name = "export.spool.full",
        .kind = &option_choice,
        FIELD(export.spool.full),
        .standard = "drop_oldest",
        .choices = full_choices,
        .help = "Which records are given up, and counted, when the spool is full: the oldest "
                "segment, or the newest record. A replay first waits for room, for as long as "
                "`export.kafka.timeout` after the broker last took a record.",
    },
    {
        .name = "export.spool.sync",
        .kind = &option_duration,
        FIELD(export.spool.sync_us),
        .standard = "1s",
        .least = "0s",
        .most = "1h",
        .help = "After this long what is in the spool survives a power cut, too. 0s: each batch "
                "waits for the disk.",
    },
    {
        .name = "export.spool.send_rate",
        .kind = &option_integer,
        FIELD(export.spool.send_rate),
        .standard = "50000",
        .least = "1",
        .most = "1G",
        .help = "Records a second that are sent from the spool beside the live ones; without live "
                "ones it is sent as fast as it goes.",
    },
    {
        .name = "export.queue",
        .kind = &option_integer,
        FIELD(export.queue),
        .standard = "65536",
        .least = "64",
        .most = "16Mi",
        .power_of_two = true,
        .help = "Records that can wait for the export thread.",
    },
    {
        .name = "export.queue_bytes",
        .kind = &option_size,
        FIELD(export.queue_bytes),
        .standard = "256MiB",
        .least = "1MiB",
        .most = "1TiB",
        .help = "Most that the rows and texts of these records take in memory: of answers, which "
                "leave a quarter of it free, windows and anomalies. What finds no room is waited "
                "with in a replay, and lost (`shed`) in `weir run`.",
    },
    {
        .name = "export.kafka.timeout",
        .kind = &option_duration,
        FIELD(export.kafka.timeout_us),
        .standard = "30s",
        .least = "100ms",
        .most = "1h",
        .help = "How long brokers may stay away or leave a record unacknowledged before the export "
                "has failed.",
    },
    {
        .name = "export.kafka.embedded_hold",
        .kind = &option_duration,
        FIELD(export.kafka.embedded_hold_us),
        .standard = "0s",
        .least = "0s",
        .most = "24h",
        .help = "How long the broker of `kafka://embedded` stays after all records are in it, so "
                "that they can be read; a signal ends it sooner.",
    },
    {
        .name = "export.kafka.properties.NAME",
        .kind = &option_properties,
        FIELD(export.kafka.properties),
        .standard = "",
        .help = "Any property of librdkafka. A secret one (a password or a key) is read from where "
                "its value says, `env:VARIABLE` or `file:PATH`.",
    },
    {
        .name = "control.listen",
        .kind = &option_endpoint,
        FIELD(control.listen),
        .standard = "",
        .help =
            "Where the control API (docs/CONTROL.md) listens. An address that other hosts can "
            "reach needs `control.token`. `none`: nowhere. Empty: 127.0.0.1:8471 in `weir run`, "
            "unless that is taken; nowhere in a replay.",
    },
    {
        .name = "control.token",
        .kind = &option_token,
        FIELD(control.token),
        .standard = "",
        .help = "Where the token is that clients of the control API have to show, at least 16 "
                "characters. Empty: they need none.",
    },
    {
        .name = "control.certificate",
        .kind = &option_string,
        FIELD(control.certificate),
        .standard = "",
        .least = "0",
        .most = "4000",
        .help = "File with the control API's certificate (PEM), and those that it is signed with. "
                "Empty: no TLS.",
    },
    {
        .name = "control.key",
        .kind = &option_string,
        FIELD(control.key),
        .standard = "",
        .least = "0",
        .most = "4000",
        .help = "File with the certificate's key (PEM, without a password).",
    },
    {
        .name = "control.windows",
        .kind = &option_integer,
        FIELD(control.windows),
        .standard = "3600",
        .least = "1",
        .most = "1M",
        .help = "Windows that the control API can show, and as many anomalies that ended.",
    },
    {
        .name = "control.generator",
        .kind = &option_reach,
        FIELD(control.generator),
        .standard = "",
        .help = "Where a `weir generate --listen` is (docs/GENERATOR.md), which the control API "
                "then shows and changes: ADDRESS:PORT or unix:/PATH. `weir run` makes the "
                "directory of PATH for its user where it is missing. Empty: nowhere.",
    },
    {
        .name = "control.generator_token",
        .kind = &option_token,
        FIELD(control.generator_token),
        .standard = "",
        .help = "Where the token is that the generator wants to be shown. Empty: it needs none.",
    },
    {
        .name = "shutdown.timeout",
        .kind = &option_duration,
        FIELD(shutdown.timeout_us),
        .standard = "10s",
        .least = "0s",
        .most = "1h",
        .help = "How long records may take to leave once weir was told to stop.",
    },
    {
        .name = "privileges.user",
        .kind = &option_string,
        FIELD(privileges.user),
        .standard = "",
        .least = "0",
        .most = "32",
        .help = "User that `weir run` becomes once everything is open. Empty: nobody where root "
                "started it, else whoever did.",
    },
    {
        .name = "privileges.seccomp",
        .kind = &option_boolean,
        FIELD(privileges.seccomp),
        .standard = "true",
        .help = "Give up all system calls that `weir run` does not need once everything is open.",
    },
    {
        .name = "log.file",
        .kind = &option_string,
        FIELD(log.file),
        .standard = "",
        .least = "0",
        .most = "4000",
        .help = "Where lines of the log go, behind what is there; opened anew on SIGHUP. Empty: "
                "standard error.",
    },
    {
        .name = "log.format",
        .kind = &option_choice,
        FIELD(log.format),
        .standard = "text",
        .choices = format_choices,
        .help = "How lines of the log are written.",
    },
    {
        .name = "log.level",
        .kind = &option_choice,
        FIELD(log.level),
        .standard = "info",
        .choices = level_choices,
        .live = true,
        .help = "The least important lines that are written.",
    },
};
const size_t option_count = sizeof(option_rows) / sizeof(option_rows[0]);

static_assert(sizeof(enum memory_pages) == sizeof(int) && sizeof(enum log_level) == sizeof(int) &&
                  sizeof(enum log_format) == sizeof(int) && sizeof(enum config_full) == sizeof(int),
              "option_choice stores an int");
