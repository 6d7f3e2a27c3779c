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
        .kind = &option_cores,
        FIELD(worker.cores),
        .standard = "",
        .help = "CPUs that the workers are pinned to, in their order, then the reading thread. "
                "Empty: not pinned.",
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
        .help = "Where records wait on disk while Kafka takes none; made where it is missing. "
                "Empty: nowhere, weir waits for the broker (`export.kafka.timeout`) instead.",
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
        .name = "shutdown.timeout",
        .kind = &option_duration,
        FIELD(shutdown.timeout_us),
        .standard = "10s",
        .least = "0s",
        .most = "1h",
        .help = "How long records may take to leave once weir was told to stop.",
    },
    {
        .name = "log.format",
        .kind = &option_choice,
        FIELD(log.format),
        .standard = "text",
        .choices = format_choices,
        .help = "How lines of the log are written to standard error.",
    },
    {
        .name = "log.level",
        .kind = &option_choice,
        FIELD(log.level),
        .standard = "info",
        .choices = level_choices,
        .help = "The least important lines that are written.",
    },
};
const size_t option_count = sizeof(option_rows) / sizeof(option_rows[0]);

static_assert(sizeof(enum memory_pages) == sizeof(int) && sizeof(enum log_level) == sizeof(int) &&
                  sizeof(enum log_format) == sizeof(int) && sizeof(enum config_full) == sizeof(int),
              "option_choice stores an int");
