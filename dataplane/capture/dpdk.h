// SPDX-License-Identifier: Apache-2.0
// What the files of the DPDK kind share; nobody else includes it. There is one EAL in a process and
// it starts once, so that what belongs to it (its log, whether it was started) is static.
#ifndef WEIR_CAPTURE_DPDK_H
#define WEIR_CAPTURE_DPDK_H

#include <stdatomic.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/capture/dpdk_clock.h"
#include "dataplane/capture/interface.h"
#include "dataplane/capture/live.h"

enum {
    DPDK_CACHE = 256, // buffers that each thread keeps to itself
    DPDK_NAME_BYTES = 64,
};

struct dpdk_device;

// What a worker touches at each burst.
struct dpdk_queue {
    struct capture base;
    struct dpdk_device *device;
    uint64_t given;
    uint64_t given_bytes;
    uint16_t port;
    uint16_t index;
    uint16_t held_count;
    bool plain; // each of them can go back to the device's pool as it is
    struct rte_mbuf *held[CAPTURE_BURST_MAX];
} __rte_cache_aligned;

// The kernel's interface beneath a virtual device.
struct dpdk_beneath {
    bool there;
    bool asked;  // for what its sockets drop
    int member;  // the socket that keeps it promiscuous; -1: none
    int link;    // of the driver's XDP program; -1: none
    bool shared; // another one's XDP program was there before
    struct interface interface;
    unsigned socket_count;
    int sockets[LIVE_QUEUES_MAX]; // the driver's
    uint64_t packet_drops;
};

struct dpdk_device {
    struct dpdk_queue *queues;
    struct rte_mempool *pool;
    bool stamps;             // the device writes its own time into each buffer:
    struct dpdk_clock clock; // what that is in wall time
    uint64_t stamp_flag;     // set in the buffers that have it
    int stamp_offset;        // where
    uint16_t queue_count;
    uint16_t port;
    bool opened;                  // has a port
    bool own_buffers;             // it receives into buffers of its own pool only
    bool drops_unbuffered;        // what the driver counts as rx_nombuf is lost
    struct rte_eth_stats at_open; // what was counted before

    // As told last; of the thread that reads the first queue.
    uint64_t drops[CAPTURE_DROP_COUNT];

    // Written by EAL's interrupt thread, read by the agent's.
    atomic_bool removed;

    // Written by the agent's thread, before `gone`; read by workers once that is set.
    struct capture_loss loss;
    atomic_bool gone;

    bool link_up; // as was last told
    struct dpdk_beneath beneath;
    const char *asked; // valid while it is being opened
    const char *driver;
    char name[DPDK_NAME_BYTES]; // as it was asked for, without its arguments
};

struct dpdk {
    struct live base;
    unsigned device_count;
    struct dpdk_device devices[LIVE_INTERFACES_MAX];
    struct capture *queues[LIVE_QUEUES_MAX];
};

// dpdk_eal.c

// Starts the EAL for the devices of `options`; the calling thread keeps its CPUs. Opening thread.
// -EALREADY when it was started before in this process, -EINVAL, -ENODEV, -ENOMEM.
int dpdk_eal_start(struct live *live, const struct live_options *options, struct error *err);

// Ends it, for good; no port may be open.
void dpdk_eal_stop(void);

// dpdk_log.c

// Takes DPDK's log, which would go to standard output: what it says is kept as words for an error
// message until dpdk_log_follow, from where on each line becomes a notice.
int dpdk_log_open(struct error *err);
void dpdk_log_follow(struct live *live);
void dpdk_log_close(void);

// Forgets the words so far.
void dpdk_log_clear(void);

// In one line; "no word from DPDK" where it said nothing. Valid until the next call.
const char *dpdk_log_words(void);

// dpdk_pages.c

// Whether to use huge pages. Returns 1 or 0, or -ENOMEM and a message that says how many of them
// are needed and how to get them. Puts a notice where there were too few for MEMORY_PAGES_AUTO.
int dpdk_pages_huge(struct live *live, const struct live_options *options, struct error *err);

// Memory for all devices and the EAL itself, an upper bound, where pages have that many octets.
size_t dpdk_memory_bytes(const struct live_options *options, size_t page_bytes);

// Octets of a packet buffer, headroom included, that the device `words` names needs.
unsigned dpdk_room_bytes(const char *words);

// Buffers of one device with that many descriptors in each queue.
unsigned dpdk_mbuf_count(const struct live_options *options, unsigned descriptors);

// dpdk_name.c

// Whether `name` is a PCI address, as 0000:03:00.0 or 03:00.0.
bool dpdk_name_is_pci(const char *name);

// Checks that there is such a PCI device and that its driver gives it to DPDK.
int dpdk_pci_check(const char *name, struct error *err);

// The value of `key` in a device's arguments (net_tap0,iface=x) into `value`; false if not there.
bool dpdk_argument(const char *name, const char *key, char *value, size_t bytes);

// dpdk_beneath.c

// The name of the kernel's interface that a virtual device stands on; false where there is none.
bool dpdk_beneath_name(const char *name, char *interface, size_t bytes);

// `beneath` zeroed; before the device's queues are set up.
int dpdk_beneath_open(struct dpdk_beneath *beneath, const char *name, bool promiscuously,
                      struct error *err);

// After that: finds the driver's sockets, and takes over its XDP program.
void dpdk_beneath_begin(struct dpdk_beneath *beneath, struct live *live);
void dpdk_beneath_close(struct dpdk_beneath *beneath);

// Packets that found no room in the driver's sockets, and that the driver does not count.
uint64_t dpdk_beneath_ring_full(struct dpdk_beneath *beneath);

// dpdk_xdp.c, for dpdk_beneath.c

// Whether there is a program before the driver's.
void dpdk_xdp_begin(struct dpdk_beneath *beneath);

// Has the driver's program go when the process ends. False where it stays attached for good.
bool dpdk_xdp_own(struct dpdk_beneath *beneath);
void dpdk_xdp_end(struct dpdk_beneath *beneath);

// dpdk_rights.c

// What the process lacks of the capabilities that the device named so needs, as words to end a
// message with; "" where it lacks none.
const char *dpdk_rights_lacking(const char *name);

// dpdk_device.c

// The port that the EAL has opened for `name`, into a zeroed `device`. 0, or -ENODEV.
int dpdk_port_find(struct dpdk_device *device, const char *name, struct error *err);

// `device` zeroed. On an error what was opened is left for dpdk_device_close.
int dpdk_device_open(struct dpdk_device *device, struct live *live, const char *name,
                     const struct live_options *options, struct error *err);
void dpdk_device_close(struct dpdk_device *device);

// dpdk_tell.c

// `symmetric`: the device keeps both directions of a flow in one queue.
void dpdk_device_tell(struct dpdk_device *device, struct live *live,
                      const struct rte_eth_dev_info *info, unsigned descriptors, bool symmetric);

// dpdk_watch.c
void dpdk_watch(struct live *live);

// Has the device tell when it is pulled.
void dpdk_watch_begin(struct dpdk_device *device);
void dpdk_watch_end(struct dpdk_device *device);

// *gone: the interface beneath the device is no more.
bool dpdk_link_up(const struct dpdk_device *device, bool *gone);

// dpdk_queue.c
void dpdk_queue_init(struct dpdk_queue *queue, struct dpdk_device *device, uint16_t index);

#endif
