// SPDX-License-Identifier: Apache-2.0
// Live capture: interfaces opened all at once, each of their receive queues a source of its own
// (struct capture) for the thread that is to read it.
#ifndef WEIR_CAPTURE_LIVE_H
#define WEIR_CAPTURE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/memory.h"
#include "dataplane/base/notices.h"
#include "dataplane/capture/capture.h"

enum live_kind { LIVE_AF_XDP, LIVE_DPDK, LIVE_AF_PACKET };

enum { LIVE_QUEUES_MAX = 64, LIVE_INTERFACES_MAX = PACKET_INTERFACES };

// Kinds of notices.
enum { LIVE_INFO, LIVE_WARNING, LIVE_ERROR };

struct live_list {
    const char *const *items;
    size_t count;
};

struct live_numbers {
    const unsigned *items;
    size_t count;
};

enum live_xdp_mode { LIVE_XDP_TAP, LIVE_XDP_TAKE };
enum live_xdp_attach { LIVE_XDP_ATTACH_AUTO, LIVE_XDP_NATIVE, LIVE_XDP_GENERIC };
enum live_xdp_copy { LIVE_XDP_COPY_AUTO, LIVE_XDP_COPY, LIVE_XDP_ZERO_COPY };

// All that is pointed to need only live until live_open returns.
struct live_options {
    enum live_kind kind;
    struct live_list interfaces; // names; for LIVE_DPDK PCI addresses and virtual devices
    unsigned sockets;            // LIVE_DPDK, LIVE_AF_PACKET: queues to spread each interface over
    struct live_numbers queues;  // LIVE_AF_XDP: those of each interface; none: all
    bool promiscuous;
    uint32_t ring; // packets that a queue holds for its reader, a power of two; not LIVE_AF_PACKET
    enum memory_pages pages;
    struct {
        enum live_xdp_mode mode;
        enum live_xdp_attach attach;
        enum live_xdp_copy copy;
    } xdp;
    struct { // LIVE_AF_XDP only; a list without items lets all pass
        struct live_list prefixes;
        struct live_numbers ports;
        struct live_list protocols;
    } filter;
    uint32_t sampling; // LIVE_AF_XDP only: one flow in this many; 1: all
    struct {
        uint64_t ring_bytes; // of each queue
    } af_packet;
    struct {
        uint32_t mbufs;        // of each device; 0: derived from ring
        const char *arguments; // more of them for the EAL, parted by blanks
    } dpdk;
};

struct live;

// What a kind of live capture does beside its queues' struct capture_ops.
struct live_ops {
    const char *name;

    // From the agent's thread, about once a second; never blocks. Looks after interfaces: puts
    // notices, and has the sources of an interface that is gone for good end (CAPTURE_END, with a
    // capture_loss that says why).
    void (*watch)(struct live *live);

    // Closes the queues, leaves the interfaces as they were found and frees everything.
    void (*close)(struct live *live);
};

// Every kind begins with this. Outside this room: only the functions below.
struct live {
    const struct live_ops *ops;
    struct notices notices;  // kinds LIVE_INFO ...
    struct capture **queues; // their `close` is never called: they go with live_close
    uint8_t queue_interface[LIVE_QUEUES_MAX]; // of each queue: which of the options' interfaces
    unsigned queue_count;
    int64_t lag_us; // a packet's time may be this much older than the moment rx_burst gives it out
};

// Opens everything, with the rights of the calling process; rx_burst and watch need none of them
// any more. Before any thread is started (it may fork). Returns 0 and sets *live, or a negative
// errno with a message that says what was wrong, where, and what to do about it: -EINVAL (an option
// that cannot be, a queue that does not exist), -ENODEV (no such interface), -EPERM (names the
// capability), -EBUSY (another one captures there), -ENOMEM and whatever the kernel says.
int live_open(struct live **live, const struct live_options *options, struct error *err);

static inline unsigned live_queue_count(const struct live *live)
{
    return live->queue_count;
}

// Stays the live capture's.
static inline struct capture *live_queue(const struct live *live, unsigned index)
{
    return live->queues[index];
}

// Any thread: what there is to tell the operator; false where there is nothing more.
static inline bool live_notice(struct live *live, struct notice *notice)
{
    return notices_take(&live->notices, notice);
}

static inline void live_watch(struct live *live)
{
    live->ops->watch(live);
}

// After the threads that read the queues have ended. `live` may be NULL.
static inline void live_close(struct live *live)
{
    if (live != NULL) {
        live->ops->close(live);
    }
}

// The kinds, for live_open.
int af_packet_open(struct live **live, const struct live_options *options, struct error *err);
int af_xdp_open(struct live **live, const struct live_options *options, struct error *err);
int dpdk_open(struct live **live, const struct live_options *options, struct error *err);

// For the kinds: puts a formatted notice.
void live_tell(struct live *live, unsigned kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
