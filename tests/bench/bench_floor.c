// SPDX-License-Identifier: Apache-2.0
// The floor under any design: bench_floor FLOWS FILE
// Walks a classic pcap of 20-octet IPv4 headers in Ethernet through its memory map and does the
// least that can be called flow accounting: read the 5-tuple, hash it, update a 64-byte entry that
// was prefetched a burst ago. No other parsing, no timeouts, no windows, no records. FLOWS is how
// many the table must have room for. Prints one line of JSON.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "tests/bench/mix.h"

enum {
    BURST = 32,
    FILE_HEADER_BYTES = 24,
    RECORD_HEADER_BYTES = 16,
    LEAST_FRAME_BYTES = 14 + 20 + 4, // up to the ports
    READ_AHEAD_BYTES = 1024, // the processor's own prefetching stops at each 4 KiB page's end
};

struct tuple {
    uint64_t addresses; // the end with the lower address and port first
    uint64_t ports_protocol;
};

struct entry {
    struct tuple tuple;
    uint64_t packets, bytes;
    int64_t first_us, last_us;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct entry) == 64, "one cache line");

struct table {
    struct entry *entries;
    uint64_t mask;
    uint64_t flows;
};

struct sighting {
    struct tuple tuple;
    struct entry *entry; // where the search begins
    int64_t time_us;
    uint32_t bytes;
};

struct reader {
    const uint8_t *next, *end;
    uint64_t packets, skipped;
};

static inline uint32_t load32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline struct tuple tuple_read(const uint8_t *frame)
{
    const uint8_t *ip = frame + 14;
    const uint32_t ports = load32(ip + 20);
    const uint64_t source = (uint64_t)load32(ip + 12) << 16 | (ports & 0xffff);
    const uint64_t destination = (uint64_t)load32(ip + 16) << 16 | ports >> 16;
    const uint64_t low = source < destination ? source : destination;
    const uint64_t high = source < destination ? destination : source;
    return (struct tuple){(low >> 16) << 32 | high >> 16,
                          (low & 0xffff) << 32 | (high & 0xffff) << 16 | ip[9]};
}

// Reads up to BURST packets and asks the memory for their entries. Returns how many.
static inline unsigned burst_read(struct reader *reader, const struct table *table,
                                  struct sighting *burst)
{
    unsigned count = 0;
    while (count < BURST && reader->end - reader->next >= RECORD_HEADER_BYTES) {
        const uint8_t *record = reader->next;
        const uint8_t *frame = record + RECORD_HEADER_BYTES;
        const uint32_t captured = load32(record + 8);
        __builtin_prefetch(record + READ_AHEAD_BYTES);
        if ((size_t)(reader->end - frame) < captured) {
            reader->next = reader->end;
            break;
        }
        reader->next = frame + captured;
        if (captured < LEAST_FRAME_BYTES || load32(frame + 11) >> 8 != 0x450008) {
            reader->skipped++;
            continue;
        }
        struct sighting *seen = &burst[count++];
        seen->tuple = tuple_read(frame);
        seen->time_us = (int64_t)load32(record) * 1000000 + load32(record + 4);
        seen->bytes = load32(record + 12);
        uint64_t hash = mix64(seen->tuple.addresses ^ mix64(seen->tuple.ports_protocol));
        seen->entry = &table->entries[hash & table->mask];
        __builtin_prefetch(seen->entry, 1);
    }
    reader->packets += count;
    return count;
}

static inline void table_update(struct table *table, const struct sighting *seen)
{
    struct entry *entry = seen->entry;
    while (entry->packets != 0 && memcmp(&entry->tuple, &seen->tuple, sizeof(entry->tuple)) != 0) {
        entry = &table->entries[(uint64_t)(entry - table->entries + 1) & table->mask];
    }
    if (entry->packets == 0) {
        entry->tuple = seen->tuple;
        entry->first_us = seen->time_us;
        table->flows++;
    }
    entry->packets++;
    entry->bytes += seen->bytes;
    entry->last_us = seen->time_us;
}

static void capture_walk(struct reader *reader, struct table *table)
{
    struct sighting bursts[2][BURST];
    unsigned waiting = burst_read(reader, table, bursts[0]);
    for (unsigned turn = 0; waiting != 0; turn ^= 1) {
        unsigned next = burst_read(reader, table, bursts[turn ^ 1]);
        for (unsigned i = 0; i < waiting; i++) {
            table_update(table, &bursts[turn][i]);
        }
        waiting = next;
    }
}

static uint64_t ticks(void)
{
#ifdef __x86_64__
    return __rdtsc();
#else
    return 0; // no counter that an unprivileged program can rely on
#endif
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// The table is touched before the clock starts, as a sensor does with its own.
static int table_init(struct table *table, uint64_t flows)
{
    uint64_t entries = 1;
    while (entries < flows + flows / 2) {
        entries *= 2;
    }
    size_t bytes = entries * sizeof(struct entry);
    table->entries = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (table->entries == MAP_FAILED) {
        return -errno;
    }
    madvise(table->entries, bytes, MADV_HUGEPAGE);
    memset(table->entries, 0, bytes);
    table->mask = entries - 1;
    table->flows = 0;
    return 0;
}

static int capture_map(const char *path, struct reader *reader)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size < FILE_HEADER_BYTES) {
        int rc = errno != 0 ? -errno : -ENODATA;
        close(fd);
        return rc;
    }
    void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    int rc = map == MAP_FAILED ? -errno : 0;
    close(fd);
    if (rc == 0) {
        madvise(map, (size_t)status.st_size, MADV_SEQUENTIAL);
        reader->next = (const uint8_t *)map + FILE_HEADER_BYTES;
        reader->end = (const uint8_t *)map + status.st_size;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct reader reader = {0};
    struct table table;
    if (argc != 3) {
        fputs("usage: bench_floor FLOWS FILE\n", stderr);
        return 2;
    }
    int rc = capture_map(argv[2], &reader);
    if (rc == 0) {
        rc = table_init(&table, strtoull(argv[1], NULL, 10));
    }
    if (rc != 0) {
        fprintf(stderr, "bench_floor: %s: %s\n", argv[2], strerror(-rc));
        return 1;
    }
    double start = seconds_now();
    uint64_t start_ticks = ticks();
    capture_walk(&reader, &table);
    uint64_t spent_ticks = ticks() - start_ticks;
    double seconds = seconds_now() - start;
    printf("{\"packets\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"flows\":%" PRIu64
           ",\"seconds\":%.6f,\"packets_per_second\":%.0f,\"tsc_hz\":%.0f}\n",
           reader.packets, reader.skipped, table.flows, seconds, (double)reader.packets / seconds,
           (double)spent_ticks / seconds);
    return 0;
}
