// SPDX-License-Identifier: Apache-2.0
// Frames leave by an AF_XDP socket that only sends: into a veth half as fast again as from a ring
// of AF_PACKET's, whose frames the kernel takes apart and copies twice. No XDP program is attached;
// the driver is not asked for zero copy, which would have it set up its queues anew.
#include <errno.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/generate/egress.h"
#include "agent/generate/frame.h"
#include "agent/generate/interface.h"

enum {
    SLOT = 2048,
    SLOTS = 2048, // of the rings, too
    BURST = 64,   // frames for a system call
    TRIES = 64,
    PATIENCE_MS = 1000,
    BUFFER = 16 << 20,        // octets that may wait in the socket
    MAX_TX_SKB_BUDGET = 9,    // XDP_MAX_TX_SKB_BUDGET, which older headers do not have
    FRAMES_FOR_A_CALL = 1024, // without that: 32
};

// One that we produce for and one that we consume from.
struct ring {
    uint32_t *producer;
    uint32_t *consumer;
    void *entries;
    void *map;
    size_t map_bytes;
};

struct xdp_interface {
    struct egress egress;
    char name[INTERFACE_NAME_BYTES];
    int fd;
    uint8_t *frames;
    struct ring sending;
    struct ring sent;
    uint32_t produced; // as in sending, but for what is put since the last flush
    uint32_t reaped;
    uint32_t free_count;
    uint32_t free[SLOTS]; // slots
};

// Takes back what has been sent.
static void reap(struct xdp_interface *interface)
{
    // Pairs with the kernel's release of the entries before it.
    uint32_t until = __atomic_load_n(interface->sent.producer, __ATOMIC_ACQUIRE);
    const uint64_t *addresses = interface->sent.entries;
    while (interface->reaped != until) {
        uint64_t address = addresses[interface->reaped++ % SLOTS];
        interface->free[interface->free_count++] = (uint32_t)(address / SLOT);
    }
    __atomic_store_n(interface->sent.consumer, until, __ATOMIC_RELEASE);
}

static bool is_taken(const struct xdp_interface *interface)
{
    return __atomic_load_n(interface->sending.consumer, __ATOMIC_ACQUIRE) == interface->produced;
}

static int flush(struct egress *egress, struct error *err)
{
    struct xdp_interface *interface = (struct xdp_interface *)egress;
    // The entries are there before the kernel may see that they are.
    __atomic_store_n(interface->sending.producer, interface->produced, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < TRIES && !is_taken(interface); i++) {
        if (sendto(interface->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0 || errno == EINTR ||
            errno == EBUSY) {
            continue;
        }
        if (errno != EAGAIN && errno != ENOBUFS) {
            int code = -errno;
            return error_set(err, code, "cannot send on %s: %s", interface->name, strerror(-code));
        }
        reap(interface); // it waits for room there; and what waits goes with the next
    }
    return 0;
}

static uint8_t *room(struct egress *egress, struct error *err)
{
    struct xdp_interface *interface = (struct xdp_interface *)egress;
    for (int waited_ms = 0; interface->free_count == 0; waited_ms++) {
        reap(interface);
        if (interface->free_count > 0) {
            break;
        }
        if (flush(egress, err) != 0) {
            return NULL;
        }
        if (waited_ms > PATIENCE_MS) {
            error_set(err, -EIO, "%s has taken no frame for a second", interface->name);
            return NULL;
        }
        if (waited_ms > 0) { // it is with the receiver that the frames are
            poll(NULL, 0, 1);
        }
    }
    return interface->frames + (size_t)interface->free[interface->free_count - 1] * SLOT;
}

static int put(struct egress *egress, unsigned length, int64_t time_us, struct error *err)
{
    struct xdp_interface *interface = (struct xdp_interface *)egress;
    struct xdp_desc *entries = interface->sending.entries;
    (void)time_us;
    uint32_t slot = interface->free[--interface->free_count];
    entries[interface->produced++ % SLOTS] =
        (struct xdp_desc){.addr = (uint64_t)slot * SLOT, .len = length};
    return interface->produced % BURST != 0 ? 0 : flush(egress, err);
}

static void unmap(const struct ring *ring)
{
    if (ring->map != NULL) {
        munmap(ring->map, ring->map_bytes);
    }
}

// Waits a moment for what the kernel has not sent yet.
static void xdp_interface_close(struct egress *egress)
{
    struct xdp_interface *interface = (struct xdp_interface *)egress;
    struct error ignored;
    for (int i = 0; i < 100 && interface->sending.map != NULL && !is_taken(interface); i++) {
        if (flush(egress, &ignored) != 0) {
            break;
        }
        poll(NULL, 0, 1);
    }
    unmap(&interface->sending);
    unmap(&interface->sent);
    if (interface->fd >= 0) {
        close(interface->fd);
    }
    if (interface->frames != NULL) {
        munmap(interface->frames, (size_t)SLOT * SLOTS);
    }
    free(interface);
}

static const struct egress_operations operations = {
    .room = room, .put = put, .flush = flush, .close = xdp_interface_close};

static bool ring_map(struct ring *ring, int fd, const struct xdp_ring_offset *offsets,
                     size_t entry_bytes, int64_t page)
{
    ring->map_bytes = offsets->desc + SLOTS * entry_bytes;
    void *map =
        mmap(NULL, ring->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
    if (map == MAP_FAILED) {
        return false;
    }
    ring->map = map;
    ring->producer = (uint32_t *)(void *)((uint8_t *)map + offsets->producer);
    ring->consumer = (uint32_t *)(void *)((uint8_t *)map + offsets->consumer);
    ring->entries = (uint8_t *)map + offsets->desc;
    return true;
}

static bool option_set(int fd, int option, int value)
{
    return setsockopt(fd, SOL_XDP, option, &value, sizeof(value)) == 0;
}

static bool frames_make(struct xdp_interface *interface)
{
    void *frames = mmap(NULL, (size_t)SLOT * SLOTS, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (frames == MAP_FAILED) {
        return false;
    }
    interface->frames = frames;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        interface->free[interface->free_count++] = slot;
    }
    struct xdp_umem_reg area = {
        .addr = (uint64_t)(uintptr_t)frames, .len = (uint64_t)SLOT * SLOTS, .chunk_size = SLOT};
    return setsockopt(interface->fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)) == 0;
}

static bool socket_make(struct xdp_interface *interface, unsigned index)
{
    struct xdp_mmap_offsets offsets;
    socklen_t bytes = sizeof(offsets);
    int fd = interface->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_xdp address = {
        .sxdp_family = AF_XDP, .sxdp_ifindex = index, .sxdp_flags = XDP_COPY};
    int buffer = BUFFER;
    if (fd < 0 || !frames_make(interface) || !option_set(fd, XDP_UMEM_FILL_RING, SLOTS) ||
        !option_set(fd, XDP_UMEM_COMPLETION_RING, SLOTS) || !option_set(fd, XDP_TX_RING, SLOTS) ||
        getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &bytes) != 0 ||
        !ring_map(&interface->sending, fd, &offsets.tx, sizeof(struct xdp_desc),
                  XDP_PGOFF_TX_RING) ||
        !ring_map(&interface->sent, fd, &offsets.cr, sizeof(uint64_t),
                  (int64_t)XDP_UMEM_PGOFF_COMPLETION_RING)) {
        return false;
    }
    // Without these it sends slower, no more.
    option_set(fd, MAX_TX_SKB_BUDGET, FRAMES_FOR_A_CALL);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) != 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    }
    return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

bool interface_xdp_open(struct egress **egress, const char *name, unsigned index)
{
    struct xdp_interface *interface = calloc(1, sizeof(*interface));
    if (interface == NULL) {
        return false;
    }
    interface->egress = (struct egress){.operations = &operations, .is_live = true};
    strcpy(interface->name, name);
    interface->fd = -1;
    if (!socket_make(interface, index)) {
        xdp_interface_close(&interface->egress);
        return false;
    }
    *egress = &interface->egress;
    return true;
}
