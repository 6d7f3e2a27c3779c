// SPDX-License-Identifier: Apache-2.0
#include "agent/wiring.h"

enum {
    MESSAGES = 4096, // in the ring of each worker: more only delays what back-pressure says
    HOSTS_SHARE = 4, // flows for each address that a pane can tell apart
    RARE_SHARE = 4,  // flows for each that can have labels and tunnels
    EMBEDDED_PARTITIONS = 4,
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

struct exporter_config wiring_exporter(const struct config *config,
                                       struct sink_property *properties)
{
    for (size_t i = 0; i < config->export.kafka.properties.count; i++) {
        const struct config_property *from = &config->export.kafka.properties.items[i];
        properties[i] = (struct sink_property){.name = from->name, .value = from->value};
    }
    return (struct exporter_config){
        .sensor = config->sensor,
        .sinks = (const char *const *)config->export.outputs.items,
        .sink_count = config->export.outputs.count,
        .sink_options = {.topics = {[RECORD_TOPIC_TRAFFIC] = config->export.topics.flow,
                                    [RECORD_TOPIC_PROCESSED] = config->export.topics.processed},
                         .properties = properties,
                         .property_count = config->export.kafka.properties.count,
                         .kafka_timeout_us = config->export.kafka.timeout_us,
                         .topic.partitions = EMBEDDED_PARTITIONS},
        .ring_slots = (size_t)config->export.queue,
    };
}
