// SPDX-License-Identifier: Apache-2.0
#include "agent/wiring.h"

#include "agent/intake.h"

enum {
    MESSAGES = 4096,       // in the ring of each worker: more only delays what back-pressure says
    LIVE_MESSAGES = 16384, // where nobody waits: what ends within some ten milliseconds
    ACTIVITIES = 16384,    // the same of what flows did
    LIVE_ACTIVITIES = 1 << 16,
    LIVE_ACTIVITIES_MAX = 1 << 22,
    ACTIVITIES_SHARE = 8, // flows for each that can wait when a pane closes
    HOSTS_SHARE = 4,      // flows for each address that a pane can tell apart
    RARE_SHARE = 4,       // flows for each that can have labels and tunnels
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

static size_t activities(const struct config *config, bool live)
{
    if (config->window.activities != 0) {
        return (size_t)config->window.activities;
    }
    size_t wanted =
        share(config->flow.table.max_flows, ACTIVITIES_SHARE * (unsigned)config->workers);
    size_t slots = live ? LIVE_ACTIVITIES : ACTIVITIES;
    while (live && slots < wanted && slots < LIVE_ACTIVITIES_MAX) {
        slots *= 2;
    }
    return slots;
}

static struct tally_options tally_options(const struct config *config, bool live)
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
        .messages = live ? LIVE_MESSAGES : MESSAGES,
        .activities = activities(config, live),
        .pressure = live ? TALLY_SHEDS : TALLY_WAITS,
    };
}

struct workers_options wiring_workers(const struct config *config, const struct intake *intake)
{
    bool live = intake->live != NULL;
    bool polls = config->worker.idle == CONFIG_IDLE_POLLS;
    return (struct workers_options){
        .count = (unsigned)config->workers,
        .captures = intake->streams,
        .capture_count = intake->stream_count,
        .reader = {.clock = live ? READER_WALL_CLOCK : READER_PACKET_TIME,
                   .lag_us = live ? intake->live->lag_us : 0,
                   .idle = polls ? READER_POLLS : READER_SLEEPS,
                   .parse = {.vlan_in_key = config->flow.key.vlan,
                             .decap_tunnels = config->parse.tunnels},
                   .max_fragments = (uint32_t)config->flow.fragments.max,
                   .fragment_timeout_us = config->flow.fragments.timeout_us,
                   .pane_us = config->window.pane_us,
                   // Long enough for every flow to time out in a pane of its own time.
                   .quiet_us = config->flow.idle_timeout_us + config->window.pane_us,
                   .pages = config->memory.huge_pages},
        .tally = tally_options(config, live),
        .cores = config->worker.cores.items,
        .core_count = (unsigned)config->worker.cores.count,
    };
}

static struct live_list list_of(const struct config_strings *strings)
{
    return (struct live_list){.items = (const char *const *)strings->items,
                              .count = strings->count};
}

static struct live_numbers numbers_of(const struct config_numbers *numbers)
{
    return (struct live_numbers){.items = numbers->items, .count = numbers->count};
}

const struct config_strings *wiring_interfaces(const struct config *config)
{
    bool dpdk = config->capture.source == CONFIG_DPDK;
    return dpdk ? &config->capture.dpdk.device : &config->capture.interface;
}

struct live_options wiring_live(const struct config *config)
{
    static const enum live_kind kinds[] = {
        [CONFIG_AF_XDP] = LIVE_AF_XDP,
        [CONFIG_DPDK] = LIVE_DPDK,
        [CONFIG_AF_PACKET] = LIVE_AF_PACKET,
    };
    static const enum live_xdp_attach attaches[] = {
        [CONFIG_XDP_ATTACH_AUTO] = LIVE_XDP_ATTACH_AUTO,
        [CONFIG_XDP_NATIVE] = LIVE_XDP_NATIVE,
        [CONFIG_XDP_GENERIC] = LIVE_XDP_GENERIC,
    };
    static const enum live_xdp_copy copies[] = {
        [CONFIG_XDP_COPY_AUTO] = LIVE_XDP_COPY_AUTO,
        [CONFIG_XDP_COPY] = LIVE_XDP_COPY,
        [CONFIG_XDP_ZERO_COPY] = LIVE_XDP_ZERO_COPY,
    };
    bool flows = config->capture.spread == CONFIG_SPREAD_FLOWS;
    bool take = config->capture.af_xdp.mode == CONFIG_XDP_TAKE;
    return (struct live_options){
        .kind = kinds[config->capture.source],
        .interfaces = list_of(wiring_interfaces(config)),
        .sockets = flows ? 1 : (unsigned)config->workers,
        .queues = numbers_of(&config->capture.queues),
        .promiscuous = config->capture.promiscuous,
        .ring = (uint32_t)config->capture.ring,
        .pages = config->memory.huge_pages,
        .xdp = {.mode = take ? LIVE_XDP_TAKE : LIVE_XDP_TAP,
                .attach = attaches[config->capture.af_xdp.attach],
                .copy = copies[config->capture.af_xdp.copy]},
        .filter = {.prefixes = list_of(&config->capture.filter.prefixes),
                   .ports = numbers_of(&config->capture.filter.ports),
                   .protocols = list_of(&config->capture.filter.protocols)},
        .sampling = (uint32_t)config->capture.sampling,
        .af_packet = {.ring_bytes = (uint64_t)config->capture.af_packet.ring_bytes},
        .dpdk = {.mbufs = (uint32_t)config->capture.dpdk.mbufs,
                 .arguments = config->capture.dpdk.arguments},
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
        .ring_bytes = (uint64_t)config->export.queue_bytes,
    };
}
