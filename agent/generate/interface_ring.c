// SPDX-License-Identifier: Apache-2.0
// Frames are written where the kernel takes them from, a ring of slots that both have mapped, and
// leave past the queueing discipline: one system call for many, and no copy of ours. For where
// there is no AF_XDP.
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/generate/egress.h"
#include "agent/generate/interface.h"

enum {
    SLOT = 2048,
    SLOTS = 1024,
    BLOCK = 1 << 16,
    BURST = 64, // frames for a system call
    PATIENCE_MS = 1000,
    OFFSET = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll),
};

struct interface {
    struct egress egress;
    char name[INTERFACE_NAME_BYTES];
    int fd;
    uint8_t *slots;
    unsigned next;
    unsigned pending; // put, not sent
};

static struct tpacket2_hdr *slot_of(const struct interface *interface)
{
    return (struct tpacket2_hdr *)(void *)(interface->slots + (size_t)interface->next * SLOT);
}

static uint32_t status_of(const struct interface *interface)
{
    // Pairs with the kernel's release when it is done with the slot.
    return __atomic_load_n(&slot_of(interface)->tp_status, __ATOMIC_ACQUIRE);
}

static int flush(struct egress *egress, struct error *err)
{
    struct interface *interface = (struct interface *)egress;
    if (interface->pending == 0) {
        return 0;
    }
    interface->pending = 0;
    while (send(interface->fd, NULL, 0, MSG_DONTWAIT) < 0) {
        if (errno == EAGAIN || errno == ENOBUFS) {
            return 0; // what waits goes with the next
        }
        if (errno != EINTR) {
            int code = -errno;
            return error_set(err, code, "cannot send on %s: %s", interface->name, strerror(-code));
        }
    }
    return 0;
}

static uint8_t *room(struct egress *egress, struct error *err)
{
    struct interface *interface = (struct interface *)egress;
    uint32_t status;
    while ((status = status_of(interface)) != TP_STATUS_AVAILABLE) {
        if ((status & TP_STATUS_WRONG_FORMAT) != 0) {
            error_set(err, -EMSGSIZE, "%s refused a frame", interface->name);
            return NULL;
        }
        struct pollfd wait = {.fd = interface->fd, .events = POLLOUT};
        interface->pending = 1;
        if (flush(egress, err) != 0) {
            return NULL;
        }
        if (poll(&wait, 1, PATIENCE_MS) == 0 && status_of(interface) != TP_STATUS_AVAILABLE) {
            error_set(err, -EIO, "%s has taken no frame for a second", interface->name);
            return NULL;
        }
    }
    return (uint8_t *)slot_of(interface) + OFFSET;
}

static int put(struct egress *egress, unsigned length, int64_t time_us, struct error *err)
{
    struct interface *interface = (struct interface *)egress;
    struct tpacket2_hdr *slot = slot_of(interface);
    (void)time_us;
    slot->tp_len = length;
    // The frame and its length are there before the kernel may see that they are.
    __atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
    interface->next = (interface->next + 1) % SLOTS;
    interface->pending++;
    return interface->pending < BURST ? 0 : flush(egress, err);
}

// Waits a moment for what the kernel has not sent yet.
static void interface_close(struct egress *egress)
{
    struct interface *interface = (struct interface *)egress;
    struct error ignored;
    interface->next = (interface->next + SLOTS - 1) % SLOTS; // the last one
    for (int i = 0; i < 100 && status_of(interface) == TP_STATUS_SEND_REQUEST; i++) {
        struct pollfd wait = {.fd = interface->fd, .events = POLLOUT};
        interface->pending = 1;
        if (flush(egress, &ignored) != 0) {
            break;
        }
        poll(&wait, 1, 10);
    }
    munmap(interface->slots, (size_t)SLOT * SLOTS);
    close(interface->fd);
    free(interface);
}

static const struct egress_operations operations = {
    .room = room, .put = put, .flush = flush, .close = interface_close};

static int ring_map(struct interface *interface, unsigned index, struct error *err)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)index};
    struct tpacket_req ring = {.tp_block_size = BLOCK,
                               .tp_block_nr = SLOT * SLOTS / BLOCK,
                               .tp_frame_size = SLOT,
                               .tp_frame_nr = SLOTS};
    int version = TPACKET_V2;
    int yes = 1;
    int fd = interface->fd;
    bool done = setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) == 0 &&
                setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) == 0 &&
                setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)) == 0 &&
                bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    void *slots = done ? mmap(NULL, (size_t)SLOT * SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                       : MAP_FAILED;
    if (slots == MAP_FAILED) {
        int code = -errno;
        return error_set(err, code, "cannot send on %s: %s", interface->name, strerror(-code));
    }
    interface->slots = slots;
    return 0;
}

int interface_ring_open(struct egress **egress, const char *name, unsigned index, struct error *err)
{
    struct interface *interface = calloc(1, sizeof(*interface));
    if (interface == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    interface->egress = (struct egress){.operations = &operations, .is_live = true};
    strcpy(interface->name, name);
    interface->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); // receives nothing
    int code;
    if (interface->fd < 0) {
        code = -errno;
        error_set(err, code, "cannot send on %s: %s%s", name, strerror(-code),
                  code == -EPERM ? " (takes root or CAP_NET_RAW)" : "");
    } else {
        code = ring_map(interface, index, err);
    }
    if (code != 0) {
        if (interface->fd >= 0) {
            close(interface->fd);
        }
        free(interface);
        return code;
    }
    *egress = &interface->egress;
    return 0;
}
