// SPDX-License-Identifier: Apache-2.0
// How much memory DPDK needs, and whether there are huge pages for it.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/capture/dpdk.h"

enum {
    MIB = 1 << 20,
    EAL_BYTES = 32 * MIB,      // the EAL's own, drivers' queues, lcores' buffer caches
    MBUF_OVERHEAD_BYTES = 320, // struct rte_mbuf, the pool's header, its ring, alignment
    ROOM_BYTES = RTE_MBUF_DEFAULT_BUF_SIZE,
    // With its headers it fills a page of 4 KiB but for a cache line, which is all that an AF_XDP
    // socket may receive into.
    AF_XDP_ROOM_BYTES = 3840,
    NODES_MAX = 64,
};

unsigned dpdk_room_bytes(const char *words)
{
    // Drivers that do not chain buffers and say in their arguments how long a packet may be.
    static const char *const keys[] = {"framesz", "size"};
    bool af_xdp = strncmp(words, "net_af_xdp", strlen("net_af_xdp")) == 0;
    unsigned room = af_xdp ? AF_XDP_ROOM_BYTES : ROOM_BYTES;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char value[16];
        if (dpdk_argument(words, keys[i], value, sizeof(value))) {
            unsigned long bytes = strtoul(value, NULL, 0) + RTE_PKTMBUF_HEADROOM;
            room = bytes > room && bytes <= UINT16_MAX ? (unsigned)bytes : room;
        }
    }
    return room;
}

// All descriptors filled, as many again on their way (net_af_xdp fills a ring twice as long), a
// burst in each reader's hands, and what readers keep in their caches.
unsigned dpdk_mbuf_count(const struct live_options *options, unsigned descriptors)
{
    if (options->dpdk.mbufs != 0) {
        return options->dpdk.mbufs;
    }
    return options->sockets * (3 * descriptors + CAPTURE_BURST_MAX + 2 * DPDK_CACHE);
}

// A buffer never lies across two pages: on small ones it has one, or several, to itself.
static size_t mbuf_bytes(const char *name, size_t page_bytes)
{
    size_t bytes = dpdk_room_bytes(name) + MBUF_OVERHEAD_BYTES;
    size_t on_page = page_bytes / bytes;
    return on_page > 0 ? page_bytes / on_page : RTE_ALIGN_CEIL(bytes, page_bytes);
}

size_t dpdk_memory_bytes(const struct live_options *options, size_t page_bytes)
{
    size_t bytes = EAL_BYTES;
    for (size_t i = 0; i < options->interfaces.count; i++) {
        size_t each = mbuf_bytes(options->interfaces.items[i], page_bytes);
        bytes += each * dpdk_mbuf_count(options, options->ring) + 2 * MIB;
    }
    return bytes;
}

static unsigned long number_read(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned long number = 0;
    if (file != NULL) {
        if (fscanf(file, "%lu", &number) != 1) {
            number = 0;
        }
        fclose(file);
    }
    return number;
}

// Of all sizes of huge pages together.
static size_t huge_bytes_free(void)
{
    size_t bytes = 0;
    DIR *sizes = opendir("/sys/kernel/mm/hugepages");
    for (struct dirent *size; sizes != NULL && (size = readdir(sizes)) != NULL;) {
        unsigned long kib;
        if (sscanf(size->d_name, "hugepages-%lukB", &kib) == 1) {
            char path[sizeof(size->d_name) + 64];
            snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/free_hugepages",
                     size->d_name);
            bytes += number_read(path) * kib * 1024;
        }
    }
    if (sizes != NULL) {
        closedir(sizes);
    }
    return bytes;
}

// Where there are several NUMA nodes: how many free pages of 2 MiB each has, as ", node0: 3, ...".
static void nodes_tell(char *text, size_t bytes)
{
    text[0] = '\0';
    if (access("/sys/devices/system/node/node1", F_OK) != 0) {
        return;
    }
    size_t length = 0;
    for (unsigned node = 0; node < NODES_MAX && length < bytes; node++) {
        char path[128];
        snprintf(path, sizeof(path),
                 "/sys/devices/system/node/node%u/hugepages/hugepages-2048kB/free_hugepages", node);
        if (access(path, F_OK) == 0) {
            length += (size_t)snprintf(text + length, bytes - length, ", node%u: %lu", node,
                                       number_read(path));
        }
    }
}

int dpdk_pages_huge(struct live *live, const struct live_options *options, struct error *err)
{
    if (options->pages == MEMORY_PAGES_NEVER) {
        return 0;
    }
    size_t needed = dpdk_memory_bytes(options, 2 * MIB);
    size_t found = huge_bytes_free();
    if (found >= needed) {
        return 1;
    }
    // Of the size that sysctl sets.
    unsigned long lacking = (needed - found + 2 * MIB - 1) / (2 * MIB);
    unsigned long all = number_read("/proc/sys/vm/nr_hugepages") + lacking;
    char nodes[128];
    nodes_tell(nodes, sizeof(nodes));
    if (options->pages == MEMORY_PAGES_REQUIRE) {
        return error_set(err, -ENOMEM,
                         "DPDK needs %zu MiB of huge pages and %zu MiB are free%s; do: sysctl "
                         "vm.nr_hugepages=%lu%s",
                         needed / MIB, found / MIB, nodes, all,
                         nodes[0] == '\0' ? ""
                                          : " (or, on the device's node: /sys/devices/system/node/"
                                            "nodeN/hugepages/hugepages-2048kB/nr_hugepages)");
    }
    live_tell(live, LIVE_WARNING,
              "DPDK runs without huge pages, slower: it needs %zu MiB of them and %zu MiB are "
              "free%s; sysctl vm.nr_hugepages=%lu before the next start",
              needed / MIB, found / MIB, nodes, all);
    return 0;
}
