// SPDX-License-Identifier: Apache-2.0
// Makes the captures that the benchmarks replay: bench_capture [OPTIONS] KIND FILE
// The same options give the same file, byte for byte.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/frame.h"
#include "tests/bench/traffic.h"

// Classic pcap, as the machine orders its bytes.
struct pcap_file_header {
    uint32_t magic; // with times in microseconds
    uint16_t version_major, version_minor;
    uint32_t zone, accuracy;
    uint32_t snap_length;
    uint32_t link_type;
};

struct pcap_record_header {
    uint32_t seconds, microseconds;
    uint32_t captured_bytes, wire_bytes;
};

static const struct pcap_file_header file_header = {0xa1b2c3d4, 2, 4, 0, 0, 262144, 1};

enum { US_PER_SECOND = 1000000, START_SECONDS = 1700000000 };

struct request {
    const struct traffic_kind *kind;
    const char *path;
    uint64_t packets;
    uint64_t seed;
    unsigned ipv6_percent;
};

static int capture_write(FILE *file, const struct request *request, struct traffic *traffic)
{
    const struct frame_hosts hosts = {request->kind->flows, request->ipv6_percent};
    fwrite(&file_header, sizeof(file_header), 1, file);
    for (uint64_t i = 0; i < request->packets; i++) {
        struct turn turn;
        uint8_t frame[FRAME_MAX];
        traffic_next(traffic, &turn);
        const uint32_t bytes = (uint32_t)frame_build(frame, &hosts, &turn);
        const struct pcap_record_header record = {
            (uint32_t)(START_SECONDS + turn.time_us / US_PER_SECOND),
            (uint32_t)(turn.time_us % US_PER_SECOND), bytes, bytes};
        fwrite(&record, sizeof(record), 1, file);
        fwrite(frame, bytes, 1, file);
    }
    return fflush(file) != 0 || ferror(file) ? -EIO : 0;
}

static int capture_make(const struct request *request)
{
    struct traffic *traffic = traffic_create(request->kind, request->seed);
    if (traffic == NULL) {
        return -ENOMEM;
    }
    FILE *file = fopen(request->path, "wb");
    int rc = file == NULL ? -errno : capture_write(file, request, traffic);
    if (file != NULL && fclose(file) != 0 && rc == 0) {
        rc = -errno;
    }
    traffic_free(traffic);
    return rc;
}

static int usage(void)
{
    fputs("usage: bench_capture [--packets N] [--seed N] [--ipv6 PERCENT] KIND FILE\n", stderr);
    for (const struct traffic_kind *kind = traffic_kinds; kind->name != NULL; kind++) {
        fprintf(stderr, "  %-8s %s; %" PRIu64 " packets\n", kind->name, kind->help, kind->packets);
    }
    return 2;
}

static const struct traffic_kind *kind_find(const char *name)
{
    const struct traffic_kind *kind = traffic_kinds;
    while (kind->name != NULL && strcmp(kind->name, name) != 0) {
        kind++;
    }
    return kind->name == NULL ? NULL : kind;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"packets", required_argument, NULL, 'p'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"ipv6", required_argument, NULL, '6'},
                                            {0}};
    struct request request = {.seed = 1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p':
            request.packets = strtoull(optarg, NULL, 10);
            break;
        case 's':
            request.seed = strtoull(optarg, NULL, 10);
            break;
        case '6':
            request.ipv6_percent = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            return usage();
        }
    }
    if (argc - optind != 2 || (request.kind = kind_find(argv[optind])) == NULL) {
        return usage();
    }
    request.path = argv[optind + 1];
    if (request.packets == 0) {
        request.packets = request.kind->packets;
    }
    int rc = capture_make(&request);
    if (rc != 0) {
        fprintf(stderr, "bench_capture: %s: %s\n", request.path, strerror(-rc));
    }
    return rc == 0 ? 0 : 1;
}
