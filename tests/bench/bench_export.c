// SPDX-License-Identifier: Apache-2.0
// The export thread alone: bench_export RECORDS SINK [spool=DIRECTORY] [NAME=VALUE...]
// Puts made-up TCP flow records, each of which differs, into an exporter's ring as fast as it takes
// them. NAME=VALUE are properties of librdkafka. Prints one line of JSON. With an ndjson sink it
// makes the file for bench_producer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/base/clock.h"
#include "export/exporter.h"

enum {
    RING_SLOTS = 16384,
    BURST = 64,
    MADE = 4096, // records made beforehand
    FULL_WAIT_US = 100,
    PARTITIONS = 4,
    PROPERTIES_MAX = 16,
    TIMEOUT_US = 30 * 1000000,
};
#define SPOOL_BYTES (UINT64_C(1) << 30)

static void give_up(const char *what)
{
    fprintf(stderr, "bench_export: %s\n", what);
    exit(EXIT_FAILURE);
}

static void side_make(struct record *record, enum record_side_index index)
{
    struct record_side *side = &record->flow.side[index];
    side->ip.version = 4;
    for (int i = 0; i < 4; i++) {
        side->ip.octets[i] = (uint8_t)rand();
    }
    for (int i = 0; i < 6; i++) {
        side->mac[i] = (uint8_t)rand();
    }
    side->port = index == RECORD_DESTINATION ? 443 : (uint16_t)(1024 + rand() % 60000);
    side->packets = 1 + (uint64_t)(rand() % 1000);
    side->bytes = side->packets * (uint64_t)(60 + rand() % 1400);
    side->wire_bytes = side->bytes + 14 * side->packets;
    side->ttl = 64;
    side->tcp_flags = 27;
    side->tcp_syn_bytes = 60;
    side->tcp_options = 286;
    for (int field = RECORD_FLOW_SOURCE_PACKETS; field <= RECORD_FLOW_SOURCE_RETRANSMITS; field++) {
        record_know(record, record_side_field(index, field));
    }
}

static void record_make(struct record *record)
{
    struct record_flow *flow = &record->flow;
    memset(record, 0, sizeof(*record));
    record_init(record, RECORD_FLOW);
    flow->start_us = 1700000000000000 + rand();
    flow->end_us = flow->start_us + rand() % 1000000;
    flow->end_reason = RECORD_END_FIN;
    flow->protocol = 6;
    flow->transport = "tcp";
    flow->application = "https";
    flow->rtt_us = rand() % 100000;
    flow->interarrival_mean_us = rand() % 1000000 / 7.0;
    flow->interarrival_stddev_us = rand() % 1000000 / 7.0;
    for (int field = RECORD_FLOW_START_US; field <= RECORD_FLOW_APPLICATION; field++) {
        record_know(record, field);
    }
    for (int field = RECORD_FLOW_RTT_US; field <= RECORD_FLOW_INTERARRIVAL_STDDEV_US; field++) {
        record_know(record, field);
    }
    side_make(record, RECORD_SOURCE);
    side_make(record, RECORD_DESTINATION);
}

static struct exporter *exporter_open(char **arguments)
{
    struct sink_spool_options spool = {
        .spool = {.max_bytes = SPOOL_BYTES, .sync_us = 1000000},
        .pressure = SINK_PRESSURE_WAITS,
        .send_rate = UINT32_MAX,
        .patience_us = TIMEOUT_US,
    };
    struct sink_property properties[PROPERTIES_MAX];
    size_t count = 0;
    for (char **argument = arguments + 1; *argument != NULL && count < PROPERTIES_MAX; argument++) {
        char *value = strchr(*argument, '=');
        if (value == NULL) {
            give_up("expected NAME=VALUE");
        }
        *value = '\0';
        if (strcmp(*argument, "spool") == 0) {
            spool.spool.directory = value + 1;
            continue;
        }
        properties[count++] = (struct sink_property){*argument, value + 1};
    }
    const char *sinks[] = {arguments[0]};
    struct exporter_config config = {
        .sensor = "bench",
        .sinks = sinks,
        .sink_count = 1,
        .ring_slots = RING_SLOTS,
        .sink_options = {.properties = properties,
                         .property_count = count,
                         .kafka_timeout_us = TIMEOUT_US,
                         .spool = spool.spool.directory != NULL ? &spool : NULL,
                         .topic.partitions = PARTITIONS},
    };
    struct exporter *exporter;
    struct error err;
    if (exporter_create(&config, &exporter, &err) != 0 || exporter_start(exporter, &err) != 0) {
        give_up(err.text);
    }
    return exporter;
}

static void submit(struct ring *ring, const struct record *made, unsigned long records)
{
    for (unsigned long sent = 0; sent < records;) {
        size_t burst = 0;
        struct record *slot;
        while (burst < BURST && sent < records && (slot = ring_reserve(ring, burst)) != NULL) {
            *slot = made[sent % MADE];
            burst++;
            sent++;
        }
        ring_submit(ring, burst);
        if (burst == 0) {
            clock_sleep_us(FULL_WAIT_US);
        }
    }
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        give_up("expected RECORDS SINK [NAME=VALUE...]");
    }
    unsigned long records = strtoul(argv[1], NULL, 10);
    static struct record made[MADE];
    for (size_t i = 0; i < MADE; i++) {
        record_make(&made[i]);
    }
    struct exporter *exporter = exporter_open(argv + 2);

    double cpu = cpu_seconds();
    int64_t start_us = clock_monotonic_us();
    submit(exporter_ring(exporter), made, records);
    exporter_finish(exporter);
    double seconds = (double)(clock_monotonic_us() - start_us) / 1e6;
    cpu = cpu_seconds() - cpu;

    struct exporter_books books;
    exporter_books(exporter, &books);
    printf("{\"delivered\":%llu,\"seconds\":%.3f,\"records_per_second\":%.0f,"
           "\"cpu_us_per_record\":%.3f}\n",
           (unsigned long long)books.delivered, seconds, (double)books.delivered / seconds,
           cpu * 1e6 / (double)records);
    struct notice complaint;
    while (exporter_complaint(exporter, &complaint)) {
        fprintf(stderr, "bench_export: %s\n", complaint.message.text);
    }
    exporter_free(exporter);
    return books.delivered == records ? EXIT_SUCCESS : EXIT_FAILURE;
}
