// SPDX-License-Identifier: Apache-2.0
// A queue whose packets come to weir and to nobody else, through an AF_XDP socket.
//
// Memory (the UMEM) is cut into frames of 4096 octets. A frame is either in the fill ring (the
// kernel's, to receive into), in the receive ring, or in the burst that was given out last: release
// puts it back into the fill ring. There are twice as many frames as the receive ring has places,
// so that with a slow reader the receive ring is full before the kernel is out of frames, and
// drivers that hold a ring of frames of their own leave enough.
//
// A packet larger than a frame comes as several descriptors, all but the last with XDP_PKT_CONTD.
// It is given out as its first piece: headers are there, and its wire length is the sum.
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <xdp/xsk.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/af_xdp.h"

// Debian 12's kernel headers are older than these (Linux 6.6).
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#endif
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD (1 << 0)
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

enum {
    FRAME_BYTES = XSK_UMEM__DEFAULT_FRAME_SIZE,
    FRAMES_A_PLACE = 2,

    // Places in the fill ring for each frame. The kernel says what it took out of that ring only
    // when it looks for more: until then frames that have long come back to weir still seem to be
    // in it.
    FILL_A_FRAME = 2,
};

struct take {
    struct af_xdp_queue queue;
    struct xsk_ring_cons rx;
    struct xsk_ring_prod fill;
    uint8_t *frames;

    // Frames to give back at release; one more than a burst, for the first piece of a packet whose
    // last has not come yet.
    uint64_t spent[CAPTURE_BURST_MAX + 1];
    unsigned spent_count;

    bool open_packet;
    uint64_t open_frame;
    struct packet open; // its wire_bytes grow

    // Not for the path of packets.
    struct xsk_ring_cons completion; // never used: nothing is sent
    struct xsk_socket *socket;
    struct xsk_umem *umem;
    size_t frames_bytes;
};

static void wake(struct take *take)
{
    if (xsk_ring_prod__needs_wakeup(&take->fill)) {
        recvfrom(xsk_socket__fd(take->socket), NULL, 0, MSG_DONTWAIT, NULL, NULL);
    }
}

// Adds a piece to the packet that is being put together.
static void piece_add(struct take *take, const struct xdp_desc *piece)
{
    uint64_t frame = piece->addr & ~(uint64_t)(FRAME_BYTES - 1);
    if (take->open_packet) {
        take->open.wire_bytes += piece->len;
        take->spent[take->spent_count++] = frame;
        return;
    }
    take->open_packet = true;
    take->open_frame = frame;
    take->open.data = take->frames + piece->addr;
    take->open.captured_bytes = piece->len;
    take->open.wire_bytes = piece->len;
}

// There is always room: see FILL_A_FRAME.
static void release(struct capture *capture)
{
    struct take *take = (struct take *)capture;
    uint32_t first;
    if (take->spent_count == 0 ||
        xsk_ring_prod__reserve(&take->fill, take->spent_count, &first) == 0) {
        return;
    }
    for (unsigned i = 0; i < take->spent_count; i++) {
        *xsk_ring_prod__fill_addr(&take->fill, first + i) = take->spent[i];
    }
    xsk_ring_prod__submit(&take->fill, take->spent_count);
    take->spent_count = 0;
    wake(take);
}

static int rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct take *take = (struct take *)capture;
    uint32_t first;
    uint32_t pieces = xsk_ring_cons__peek(&take->rx, count, &first);
    if (pieces == 0) {
        wake(take);
        return af_xdp_queue_idle(&take->queue);
    }
    take->open.time_us = clock_wall_us();
    unsigned given = 0;
    for (uint32_t i = 0; i < pieces; i++) {
        const struct xdp_desc *piece = xsk_ring_cons__rx_desc(&take->rx, first + i);
        piece_add(take, piece);
        if ((piece->options & XDP_PKT_CONTD) == 0) {
            take->open_packet = false;
            take->spent[take->spent_count++] = take->open_frame;
            take->queue.given_bytes += take->open.wire_bytes;
            packets[given++] = take->open;
        }
    }
    xsk_ring_cons__release(&take->rx, pieces);
    take->queue.given += given;
    if (given == 0) {
        release(capture); // pieces of a packet whose last has not come; nobody else would
    }
    return (int)given;
}

static void stats(const struct capture *capture, struct capture_stats *stats)
{
    struct take *take = (struct take *)capture;
    af_xdp_queue_stats(&take->queue, stats);
    struct xdp_statistics kernel = {0};
    socklen_t bytes = sizeof(kernel);
    if (getsockopt(xsk_socket__fd(take->socket), SOL_XDP, XDP_STATISTICS, &kernel, &bytes) != 0) {
        return;
    }
    stats->drops[CAPTURE_DROP_RING_FULL] += kernel.rx_ring_full;
    stats->drops[CAPTURE_DROP_NO_BUFFER] += kernel.rx_dropped;
    stats->received += kernel.rx_ring_full + kernel.rx_dropped;
}

static void take_close(struct take *take)
{
    xsk_socket__delete(take->socket);
    if (take->umem != NULL) {
        xsk_umem__delete(take->umem);
    }
    memory_unmap(take->frames, take->frames_bytes);
    af_xdp_queue_fini(&take->queue);
    free(take);
}

static void close_capture(struct capture *capture)
{
    take_close((struct take *)capture);
}

static const struct capture_ops take_ops = {
    .name = "af_xdp take",
    .rx_burst = rx_burst,
    .release = release,
    .stats = stats,
    .losses = af_xdp_queue_losses,
    .close = close_capture,
};

static int umem_open(struct take *take, uint32_t ring, const char *interface, struct error *err)
{
    struct xsk_umem_config config = {
        .fill_size = FILL_A_FRAME * FRAMES_A_PLACE * ring,
        .comp_size = 64,
        .frame_size = FRAME_BYTES,
    };
    int code = xsk_umem__create(&take->umem, take->frames, take->frames_bytes, &take->fill,
                                &take->completion, &config);
    if (code == -ENOBUFS) {
        return error_set(err, code,
                         "%s: %zu MiB for each queue are more memory than this user may lock; "
                         "expected a higher limit (ulimit -l, LimitMEMLOCK=), CAP_IPC_LOCK, or a "
                         "smaller capture.ring",
                         interface, take->frames_bytes >> 20);
    }
    if (code == -EPERM || code == -EACCES) {
        return error_set(err, -EPERM, "%s: no right to open an AF_XDP socket; expected CAP_NET_RAW",
                         interface);
    }
    return code == 0 ? 0
                     : error_set(err, code, "%s: cannot register memory with AF_XDP: %s", interface,
                                 strerror(-code));
}

// A socket that could not be bound leaves the memory registered, for the next attempt.
static int socket_try(struct take *take, uint32_t ring, uint16_t bind_flags, const char *interface)
{
    struct xsk_socket_config config = {
        .rx_size = ring,
        .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
        .bind_flags = bind_flags | XDP_USE_NEED_WAKEUP,
    };
    int code = xsk_socket__create(&take->socket, interface, take->queue.number, take->umem,
                                  &take->rx, NULL, &config);
    if (code != 0) {
        take->socket = NULL;
    }
    return code;
}

static int bind_failed(const struct take *take, const char *interface,
                       const struct live_options *options, int code, struct error *err)
{
    unsigned queue = take->queue.number;
    switch (code) {
    case -EBUSY:
        return error_set(err, code,
                         "%s: another program has an AF_XDP socket on queue %u; choose other "
                         "queues with capture.queues",
                         interface, queue);
    case -ENETDOWN:
        return error_set(err, code,
                         "%s is down; expected an interface that is up: ip link set %s up",
                         interface, interface);
    case -EPERM:
        return error_set(err, code, "%s: no right to bind an AF_XDP socket; expected CAP_NET_RAW",
                         interface);
    default:
        break;
    }
    if (options->xdp.copy == LIVE_XDP_ZERO_COPY) {
        return error_set(err, code,
                         "%s: the driver cannot receive right into weir's memory on queue %u (%s); "
                         "expected capture.af_xdp.copy=auto",
                         interface, queue, strerror(-code));
    }
    return error_set(err, code, "%s: cannot bind an AF_XDP socket to queue %u: %s", interface,
                     queue, strerror(-code));
}

// From the best to what every kernel can. Without pieces (XDP_USE_SG) a zero-copy socket will do
// only where each frame fits into a buffer; a copying one drops and counts what does not.
static int socket_open(struct take *take, const char *interface, unsigned mtu,
                       const struct live_options *options, struct af_xdp_take_result *result,
                       struct error *err)
{
    static const uint16_t attempts[] = {
        XDP_ZEROCOPY | XDP_USE_SG,
        XDP_ZEROCOPY,
        XDP_COPY | XDP_USE_SG,
        XDP_COPY,
    };
    bool fits = mtu <= AF_XDP_TAKE_MTU;
    int bind_code = -EOPNOTSUPP;
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        bool zero_copy = (attempts[i] & XDP_ZEROCOPY) != 0;
        bool pieces = (attempts[i] & XDP_USE_SG) != 0;
        if (options->xdp.copy == (zero_copy ? LIVE_XDP_COPY : LIVE_XDP_ZERO_COPY) ||
            (zero_copy && !pieces && !fits)) {
            continue;
        }
        bind_code = socket_try(take, options->ring, attempts[i], interface);
        if (bind_code == 0) {
            *result = (struct af_xdp_take_result){.zero_copy = zero_copy, .pieces = pieces};
            return 0;
        }
        if (bind_code == -EBUSY || bind_code == -ENETDOWN || bind_code == -EPERM) {
            break;
        }
    }
    return bind_failed(take, interface, options, bind_code, err);
}

static void fill_all(struct take *take, uint32_t frames)
{
    uint32_t first = 0;
    xsk_ring_prod__reserve(&take->fill, frames, &first);
    for (uint32_t i = 0; i < frames; i++) {
        *xsk_ring_prod__fill_addr(&take->fill, first + i) = (uint64_t)i * FRAME_BYTES;
    }
    xsk_ring_prod__submit(&take->fill, frames);
    wake(take);
}

static int take_start(struct take *take, const struct interface *interface, unsigned mtu,
                      const struct live_options *options, struct af_xdp_take_result *result,
                      struct error *err)
{
    uint32_t frames = FRAMES_A_PLACE * options->ring;
    take->frames_bytes = (size_t)frames * FRAME_BYTES;
    take->frames = memory_map(take->frames_bytes, options->pages, err);
    if (take->frames == NULL) {
        return -ENOMEM;
    }
    int code = umem_open(take, options->ring, interface->name, err);
    if (code != 0) {
        return code;
    }
    code = socket_open(take, interface->name, mtu, options, result, err);
    if (code != 0) {
        return code;
    }
    fill_all(take, frames);
    code = xsk_socket__update_xskmap(take->socket, xdp_steer_sockets_fd(take->queue.steer));
    return code == 0 ? 0
                     : error_set(err, code, "%s: cannot join queue %u with the XDP program: %s",
                                 interface->name, take->queue.number, strerror(-code));
}

int af_xdp_take_open(struct af_xdp_queue **queue, const struct xdp_steer *steer,
                     const struct interface *interface, unsigned number, bool first, unsigned mtu,
                     const struct live_options *options, struct af_xdp_take_result *result,
                     struct error *err)
{
    struct take *take = calloc(1, sizeof(*take));
    if (take == NULL) {
        return error_set(err, -ENOMEM, "no memory for a receive queue");
    }
    take->open.link_type = LINK_ETHERNET;
    int code = af_xdp_queue_init(&take->queue, &take_ops, steer, interface, number, first, err);
    if (code == 0) {
        code = take_start(take, interface, mtu, options, result, err);
    }
    if (code != 0) {
        take_close(take);
        return code;
    }
    *queue = &take->queue;
    return 0;
}
