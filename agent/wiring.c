// SPDX-License-Identifier: Apache-2.0
#include "agent/wiring.h"

enum {
    MESSAGES = 4096, // in the ring of each worker: more only delays what back-pressure says
    HOSTS_SHARE = 4, // flows for each address that a pane can tell apart
    RARE_SHARE = 4,  // flows for each that can have labels and tunnels
};

static uint32_t share(int64_t whole, unsigned parts)
{
    return (uint32_t)((whole + parts - 1) / parts);
}

static uint32_t given_or(int64_t given, int64_t otherwise)
{
    return (uint32_t)(given != 0 ? given : otherwise);
}

uint32_t wiring_max_hosts(const struct config *config)
{
    uint32_t hosts = given_or(config->window.max_hosts, config->flow.table.max_flows / HOSTS_SHARE);
    return hosts < HOST_TABLE_MAX ? hosts : HOST_TABLE_MAX;
}

static struct tally_options tally_options(const struct config *config)
{
    unsigned workers = (unsigned)config->workers;
    int64_t max_flows = config->flow.table.max_flows;
    enum memory_pages pages = config->memory.huge_pages;
    return (struct tally_options){
        .flow = {.max_flows = share(max_flows, workers),
                 .max_rare =
                     share(given_or(config->flow.table.max_rare, max_flows / RARE_SHARE), workers),
                 .idle_timeout_us = config->flow.idle_timeout_us,
                 .active_timeout_us = config->flow.active_timeout_us,
                 .tcp_linger_us = config->flow.tcp_linger_us,
                 .pages = pages},
        // An address can be in every worker: each has room for all.
        .window = {.max_hosts = wiring_max_hosts(config), .pages = pages},
        .messages = MESSAGES,
    };
}

struct workers_options wiring_workers(const struct config *config, struct capture *capture)
{
    return (struct workers_options){
        .count = (unsigned)config->workers,
        .reader = {.capture = capture,
                   .parse = {.vlan_in_key = config->flow.key.vlan,
                             .decap_tunnels = config->parse.tunnels},
                   .max_fragments = (uint32_t)config->flow.fragments.max,
                   .fragment_timeout_us = config->flow.fragments.timeout_us,
                   .pane_us = config->window.pane_us,
                   // Long enough for every flow to time out in a pane of its own time.
                   .quiet_us = config->flow.idle_timeout_us + config->window.pane_us,
                   .pages = config->memory.huge_pages},
        .tally = tally_options(config),
        .cores = config->worker.cores.items,
        .core_count = (unsigned)config->worker.cores.count,
    };
}

static struct sink_topic_options topic_options(const struct config *config)
{
    static const char *const compressions[] = {
        [CONFIG_COMPRESSION_BROKERS] = NULL,        [CONFIG_COMPRESSION_PRODUCERS] = "producer",
        [CONFIG_COMPRESSION_NONE] = "uncompressed", [CONFIG_COMPRESSION_GZIP] = "gzip",
        [CONFIG_COMPRESSION_SNAPPY] = "snappy",     [CONFIG_COMPRESSION_LZ4] = "lz4",
        [CONFIG_COMPRESSION_ZSTD] = "zstd",
    };
    bool create = config->export.topics.missing == CONFIG_MISSING_CREATED;
    return (struct sink_topic_options){
        .missing = create ? SINK_TOPICS_CREATE : SINK_TOPICS_EXPECT,
        .partitions = (unsigned)config->export.topics.partitions,
        .replication = (unsigned)config->export.topics.replication,
        .retention_us = config->export.topics.retention_us,
        .compression = compressions[config->export.topics.compression],
    };
}

static struct sink_spool_options spool_options(const struct config *config,
                                               enum sink_pressure pressure)
{
    bool refuse = config->export.spool.full == CONFIG_FULL_REFUSES_NEWEST;
    return (struct sink_spool_options){
        .spool = {.directory = config->export.spool.directory,
                  .max_bytes = (uint64_t)config->export.spool.max_bytes,
                  .full = refuse ? SPOOL_REFUSE_NEWEST : SPOOL_DROP_OLDEST,
                  .sync_us = config->export.spool.sync_us},
        .pressure = pressure,
        .send_rate = (uint64_t)config->export.spool.send_rate,
        .patience_us = config->export.kafka.timeout_us,
    };
}

struct exporter_config wiring_exporter(const struct config *config, enum sink_pressure pressure,
                                       struct sink_property *properties,
                                       struct sink_spool_options *spool)
{
    for (size_t i = 0; i < config->export.kafka.properties.count; i++) {
        const struct config_property *from = &config->export.kafka.properties.items[i];
        properties[i] = (struct sink_property){.name = from->name, .value = from->value};
    }
    *spool = spool_options(config, pressure);
    return (struct exporter_config){
        .sensor = config->sensor,
        .sinks = (const char *const *)config->export.outputs.items,
        .sink_count = config->export.outputs.count,
        .sink_options = {.topics = {[RECORD_TOPIC_TRAFFIC] = config->export.topics.flow,
                                    [RECORD_TOPIC_PROCESSED] = config->export.topics.processed},
                         .topic = topic_options(config),
                         .properties = properties,
                         .property_count = config->export.kafka.properties.count,
                         .kafka_timeout_us = config->export.kafka.timeout_us,
                         .spool = config->export.spool.directory[0] != '\0' ? spool : NULL},
        .encoding = config->export.encoding == CONFIG_PROTOBUF ? ENCODING_PROTOBUF : ENCODING_JSON,
        .ring_slots = (size_t)config->export.queue,
    };
}
