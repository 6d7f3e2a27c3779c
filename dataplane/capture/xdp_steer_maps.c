// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_steer_maps.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <steer.skel.h>

#include "dataplane/capture/xdp_filter.h"

int xdp_steer_settings(struct steer_settings *settings, const struct live_options *options,
                       const unsigned *queues, unsigned count, unsigned total, uint32_t seed,
                       struct error *err)
{
    settings->tap = options->xdp.mode == LIVE_XDP_TAP;
    settings->sampling = options->sampling;
    settings->seed = seed;
    settings->all_queues = count == total;
    for (unsigned i = 0; i < count; i++) {
        settings->queues[queues[i] / 64] |= UINT64_C(1) << queues[i] % 64;
    }
    return xdp_filter_settings(settings, options, err);
}

int xdp_steer_prefixes_put(const struct xdp_steer *steer, const struct live_options *options,
                           struct error *err)
{
    int fd = bpf_map__fd(steer->skeleton->maps.prefixes);
    for (size_t i = 0; i < options->filter.prefixes.count; i++) {
        struct steer_prefix prefix;
        int code = xdp_filter_prefix(&prefix, options->filter.prefixes.items[i], err);
        if (code != 0) {
            return code;
        }
        uint8_t bits = (uint8_t)prefix.bits;
        code = bpf_map_update_elem(fd, &prefix, &bits, BPF_ANY);
        if (code != 0) {
            return error_set(err, code, "capture.filter.prefixes: %s: %s",
                             options->filter.prefixes.items[i], strerror(-code));
        }
    }
    return 0;
}

int xdp_steer_counts_map(struct xdp_steer *steer, unsigned total)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (size_t)total * steer->cpus * sizeof(struct steer_counts);
    bytes = (bytes + page - 1) / page * page;
    void *counts =
        mmap(NULL, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(steer->skeleton->maps.counts), 0);
    if (counts == MAP_FAILED) {
        return -errno;
    }
    steer->counts = counts;
    steer->counts_bytes = bytes;
    return 0;
}

int xdp_steer_sockets_fd(const struct xdp_steer *steer)
{
    return bpf_map__fd(steer->skeleton->maps.sockets);
}

int xdp_steer_copies_fd(const struct xdp_steer *steer)
{
    return bpf_map__fd(steer->skeleton->maps.copies);
}

static const struct steer_counts *counts_of(const struct xdp_steer *steer, unsigned queue,
                                            unsigned cpu)
{
    return &steer->counts[queue * steer->cpus + cpu];
}

uint64_t xdp_steer_packets(const struct xdp_steer *steer, unsigned queue, enum steer_cause cause)
{
    uint64_t sum = 0;
    for (unsigned cpu = 0; cpu < steer->cpus; cpu++) {
        sum += __atomic_load_n(&counts_of(steer, queue, cpu)->packets[cause], __ATOMIC_RELAXED);
    }
    return sum;
}

uint64_t xdp_steer_bytes(const struct xdp_steer *steer, unsigned queue, enum steer_cause cause)
{
    uint64_t sum = 0;
    for (unsigned cpu = 0; cpu < steer->cpus; cpu++) {
        sum += __atomic_load_n(&counts_of(steer, queue, cpu)->bytes[cause], __ATOMIC_RELAXED);
    }
    return sum;
}
