// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/export/made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void made_know_all(struct record *record)
{
    for (unsigned field = 0; field < record_types[record->type].table->count; field++) {
        record_know(record, field);
    }
}

static void know(struct record *record, unsigned first, unsigned last)
{
    for (unsigned field = first; field <= last; field++) {
        record_know(record, field);
    }
}

void made_tcp(struct record *record)
{
    memset(record, 0, sizeof(*record));
    record_init(record, RECORD_FLOW);
    record->flow = (struct record_flow){
        .start_us = 1700000000000001,
        .end_us = 1700000000250000,
        .end_reason = RECORD_END_FIN,
        .protocol = 6,
        .transport = "tcp",
        .application = "https",
        .rtt_us = 20500,
        .interarrival_mean_us = 12500.25,
        .interarrival_stddev_us = 0,
        .side = {[RECORD_SOURCE] = {.ip = {4, {128, 232, 110, 120}},
                                    .port = 34855,
                                    .packets = 11,
                                    .bytes = 1200,
                                    .wire_bytes = 1354,
                                    .mac = {2, 0, 0, 0, 0xab, 1},
                                    .ttl = 64,
                                    .tcp_flags = 27,
                                    .tcp_syn_bytes = 60,
                                    .tcp_options = 286},
                 [RECORD_DESTINATION] = {.ip = {4, {66, 35, 250, 204}},
                                         .port = 80,
                                         .packets = 9,
                                         .bytes = 10800,
                                         .wire_bytes = 10926,
                                         .mac = {2, 0, 0, 0, 0xab, 2},
                                         .ttl = 52,
                                         .tos = 8,
                                         .tcp_flags = 27,
                                         .tcp_syn_bytes = 60,
                                         .tcp_options = 286,
                                         .retransmits = 1}},
    };
    know(record, RECORD_FLOW_START_US, RECORD_FLOW_APPLICATION);
    for (int side = 0; side < RECORD_SIDES; side++) {
        know(record, record_side_field(side, RECORD_FLOW_SOURCE_PACKETS),
             record_side_field(side, RECORD_FLOW_SOURCE_RETRANSMITS));
    }
    know(record, RECORD_FLOW_RTT_US, RECORD_FLOW_INTERARRIVAL_STDDEV_US);
}

void made_window(struct record *record)
{
    static const struct record_protocol protocols[] = {{"https", 90, 120000}, {"dns", 10, 800}};
    memset(record, 0, sizeof(*record));
    record_init(record, RECORD_WINDOW);
    record->window = (struct record_window){
        .start_us = 1700000000000000,
        .end_us = 1700000001000000,
        .packets = 100,
        .bytes = 120800,
        .wire_bytes = 122200,
        .mean_packet_bytes = 1208,
        .mean_interarrival_us = 10000.5,
        .flows_started = 4,
        .flows_ended = 3,
        .flows_active = 7,
        .sources = 2,
        .destinations = 5,
        .source_entropy = 1,
        .destination_entropy = 2.321928,
        .protocols = {.row = malloc(sizeof(protocols)), .count = 2},
        .loss = {.late = 1, .evicted = 2, .shed = 3},
        .sampling = 16,
    };
    memcpy(record->window.protocols.row, protocols, sizeof(protocols));
    made_know_all(record);
}

static struct field_rows made_query_rows(unsigned count)
{
    enum { NAME_BYTES = 96 };
    struct record_query_row *rows = calloc(count, sizeof(*rows) + NAME_BYTES);
    char *names = (char *)(rows + count);
    for (unsigned i = 0; i < count; i++, names += NAME_BYTES) {
        snprintf(names, NAME_BYTES, "%095u", i);
        rows[i] = (struct record_query_row){names, UINT64_MAX - i, 100.0 / (i + 3), 1e6 / (i + 7)};
    }
    return (struct field_rows){.row = rows, .count = count};
}

void made_query(struct record *record, unsigned rows)
{
    memset(record, 0, sizeof(*record));
    record_init(record, RECORD_QUERY);
    record->query = (struct record_query){
        .query = strdup("heavy"),
        .filter = strdup("application = \"dns\""),
        .subject = "address",
        .window_us = 60000000,
        .start_us = 1700000000000000,
        .end_us = 1700000060000000,
        .percent = 5,
        .deviations = 3.5,
        .rows = made_query_rows(rows),
        .matching = 2000,
        .subjects = 5000,
        .total = UINT64_MAX,
        .mean = 120.25,
        .stddev = 30,
        .error = 77,
        .loss = {.late = 1, .shed = 3},
        .revision = 2,
        .k = 10,
        .sampling = 16,
        .kind = RECORD_KIND_TOP,
        .by = RECORD_BY_PACKETS,
        .traffic = RECORD_TRAFFIC_ALL,
        .baseline = RECORD_BASELINE_ZERO,
        .ipv4_bits = 24,
        .ipv6_bits = 48,
        .changed = true,
    };
    made_know_all(record);
}

void made_anomaly(struct record *record)
{
    static const struct record_contributor contributors[] = {{"203.0.113.9", 200},
                                                             {"10.0.0.1", 55}};
    memset(record, 0, sizeof(*record));
    record_init(record, RECORD_ANOMALY);
    record->anomaly = (struct record_anomaly){
        .anomaly = 4,
        .detector = "port_scan",
        .subject = strdup("203.0.113.9"),
        .score = 0.75,
        .observed = 255,
        .expected = 1.5,
        .unit = "ports",
        .start_us = 1700000000000000,
        .end_us = 1700000003000000,
        .explanation = strdup("203.0.113.9 tried 255 ports of 10.0.0.1: \"scan\""),
        .contributors = {.row = malloc(sizeof(contributors)), .count = 2},
        .loss = {.evicted = 2},
        .sampling = 16,
        .phase = RECORD_PHASE_UPDATE,
        .severity = RECORD_SEVERITY_WARNING,
    };
    memcpy(record->anomaly.contributors.row, contributors, sizeof(contributors));
    made_know_all(record);
}
