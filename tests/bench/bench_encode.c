// SPDX-License-Identifier: Apache-2.0
// One encoder alone: bench_encode json|protobuf RECORDS
// Encodes TCP flow records whose numbers differ, again and again into one buffer. Prints one line
// of JSON. Two runs of different lengths under callgrind tell the instructions of a record.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/clock.h"
#include "export/encode/json.h"
#include "export/encode/protobuf.h"
#include "tests/unit/export/made.h"

enum { MADE = 1024, BUFFER = 16384 };

static void give_up(const char *what)
{
    fprintf(stderr, "bench_encode: %s\n", what);
    exit(EXIT_FAILURE);
}

static void record_make(struct record *record)
{
    made_tcp(record);
    struct record_flow *flow = &record->flow;
    flow->start_us += rand();
    flow->end_us = flow->start_us + rand() % 1000000;
    flow->rtt_us = rand() % 100000;
    flow->interarrival_mean_us = rand() % 1000000 / 7.0;
    flow->interarrival_stddev_us = rand() % 1000000 / 7.0;
    for (int end = 0; end < RECORD_SIDES; end++) {
        struct record_side *side = &flow->side[end];
        side->packets = 1 + (uint64_t)(rand() % 1000);
        side->bytes = side->packets * (uint64_t)(60 + rand() % 1400);
        side->wire_bytes = side->bytes + 14 * side->packets;
        for (size_t i = 0; i < 4; i++) {
            side->ip.octets[i] = (uint8_t)rand();
        }
    }
    record_identify(record);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        give_up("expected json|protobuf RECORDS");
    }
    bool json = strcmp(argv[1], "json") == 0;
    struct encoder *encoder =
        json ? json_encoder_create("bench", 1, NULL) : protobuf_encoder_create("bench", 1, NULL);
    unsigned long records = strtoul(argv[2], NULL, 10);
    static struct record made[MADE];
    static char buffer[BUFFER];
    for (size_t i = 0; i < MADE; i++) {
        record_make(&made[i]);
    }
    uint64_t octets = 0;
    int64_t start_us = clock_monotonic_us();
    for (unsigned long i = 0; i < records; i++) {
        struct record *record = &made[i % MADE];
        record->sequence = i;
        ssize_t bytes = encoder_encode(encoder, record, buffer, sizeof(buffer));
        if (bytes < 0) {
            give_up("a record did not fit");
        }
        octets += (uint64_t)bytes;
    }
    double seconds = (double)(clock_monotonic_us() - start_us) / 1e6;
    printf("{\"encoding\":\"%s\",\"records_per_second\":%.0f,\"octets_per_record\":%.1f}\n",
           encoder->operations->name, (double)records / seconds, (double)octets / (double)records);
    encoder_free(encoder);
    return EXIT_SUCCESS;
}
