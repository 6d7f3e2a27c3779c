// SPDX-License-Identifier: Apache-2.0
// A queue whose packets go on to the host: the XDP program copies the beginning of each into a BPF
// ring buffer, from where a burst is copied into slots. The ring's own place is free at once then,
// and what was given out stays until release.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/af_xdp.h"

enum {
    RECORD_BYTES = sizeof(struct steer_copy) + BPF_RINGBUF_HDR_SZ,

    // The two clocks are read one after the other; what they differ by changes when someone sets
    // the wall clock.
    CLOCK_APART_US = 200,
};

struct tap {
    struct af_xdp_queue queue;
    struct ring_buffer *ring;
    struct packet *packets; // of the burst that is being read
    unsigned wanted;
    unsigned count;
    int64_t wall_minus_monotonic_us;
    int ring_fd;
    uint8_t slots[CAPTURE_BURST_MAX][STEER_COPY_BYTES];
};

// For ring_buffer__consume: a negative answer ends it, after this record.
static int copy_read(void *context, void *data, size_t bytes)
{
    struct tap *tap = context;
    const struct steer_copy *copy = data;
    (void)bytes; // all records are of one size
    uint8_t *slot = tap->slots[tap->count];
    memcpy(slot, copy->data, copy->captured_bytes);
    tap->packets[tap->count++] = (struct packet){
        .data = slot,
        .time_us = (int64_t)(copy->time_ns / 1000) + tap->wall_minus_monotonic_us,
        .captured_bytes = copy->captured_bytes,
        .wire_bytes = copy->wire_bytes,
        .link_type = LINK_ETHERNET,
    };
    tap->queue.given_bytes += copy->wire_bytes;
    return tap->count < tap->wanted ? 0 : -ENOBUFS;
}

static void clocks_compare(struct tap *tap)
{
    int64_t apart_us = clock_wall_us() - clock_monotonic_us();
    if (llabs(apart_us - tap->wall_minus_monotonic_us) > CLOCK_APART_US) {
        tap->wall_minus_monotonic_us = apart_us;
    }
}

static int rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct tap *tap = (struct tap *)capture;
    tap->packets = packets;
    tap->wanted = count;
    tap->count = 0;
    clocks_compare(tap);
    ring_buffer__consume(tap->ring); // reads memory only
    tap->queue.given += tap->count;
    return tap->count > 0 ? (int)tap->count : af_xdp_queue_idle(&tap->queue);
}

static void release(struct capture *capture)
{
    (void)capture; // the slots are the next burst's
}

static void stats(const struct capture *capture, struct capture_stats *stats)
{
    af_xdp_queue_stats((struct af_xdp_queue *)capture, stats);
}

static void tap_close(struct tap *tap)
{
    ring_buffer__free(tap->ring);
    if (tap->ring_fd >= 0) {
        close(tap->ring_fd);
    }
    af_xdp_queue_fini(&tap->queue);
    free(tap);
}

static void close_capture(struct capture *capture)
{
    tap_close((struct tap *)capture);
}

static const struct capture_ops tap_ops = {
    .name = "af_xdp tap",
    .rx_burst = rx_burst,
    .release = release,
    .stats = stats,
    .losses = af_xdp_queue_losses,
    .close = close_capture,
};

// A power of two, as the kernel wants it, that holds at least `ring` packets.
static uint32_t ring_bytes(uint32_t ring)
{
    uint32_t bytes = (uint32_t)sysconf(_SC_PAGESIZE);
    while (bytes < (uint64_t)ring * RECORD_BYTES) {
        bytes *= 2;
    }
    return bytes;
}

static int ring_open(struct tap *tap, uint32_t ring)
{
    tap->ring_fd =
        bpf_map_create(BPF_MAP_TYPE_RINGBUF, "weir_copies", 0, 0, ring_bytes(ring), NULL);
    if (tap->ring_fd < 0) {
        return tap->ring_fd;
    }
    tap->ring = ring_buffer__new(tap->ring_fd, copy_read, tap, NULL);
    if (tap->ring == NULL) {
        return -errno;
    }
    uint32_t number = tap->queue.number;
    return bpf_map_update_elem(xdp_steer_copies_fd(tap->queue.steer), &number, &tap->ring_fd,
                               BPF_ANY);
}

int af_xdp_tap_open(struct af_xdp_queue **queue, const struct xdp_steer *steer,
                    const struct interface *interface, unsigned number, bool first,
                    const struct live_options *options, struct error *err)
{
    struct tap *tap = calloc(1, sizeof(*tap));
    if (tap == NULL) {
        return error_set(err, -ENOMEM, "no memory for a receive queue");
    }
    tap->ring_fd = -1;
    int code = af_xdp_queue_init(&tap->queue, &tap_ops, steer, interface, number, first, err);
    if (code == 0) {
        code = ring_open(tap, options->ring);
        if (code != 0) {
            error_set(err, code, "%s: no ring buffer of %u KiB for queue %u: %s", interface->name,
                      ring_bytes(options->ring) >> 10, number, strerror(-code));
        }
    }
    if (code != 0) {
        tap_close(tap);
        return code;
    }
    *queue = &tap->queue;
    return 0;
}
