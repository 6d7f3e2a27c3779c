// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/af_packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    VLAN_ROOM_BYTES = 4, // before each frame: for the tag that the kernel took out
    FRAME_BYTES = 2048,  // the kernel wants a number; blocks hold frames of any size
};

// No packet until all sockets of the group have joined it: one that has not takes every packet.
static struct sock_filter none_code[] = {
    BPF_STMT(BPF_RET | BPF_K, 0),
};

// On a loopback device each packet is seen when it leaves and when it arrives.
static struct sock_filter arriving_code[] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0),
    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
};

static const struct sock_fprog none = {sizeof(none_code) / sizeof(none_code[0]), none_code};
static const struct sock_fprog arriving = {sizeof(arriving_code) / sizeof(arriving_code[0]),
                                           arriving_code};

static int refused(const struct af_packet_queue *queue, const char *what, struct error *err)
{
    int code = -errno;
    return error_set(err, code, "%s: cannot %s: %s", queue->port->interface.name, what,
                     strerror(-code));
}

static int packet_set(const struct af_packet_queue *queue, int option, int value)
{
    return setsockopt(queue->fd, SOL_PACKET, option, &value, sizeof(value));
}

static int socket_create(struct af_packet_queue *queue, struct error *err)
{
    // Protocol 0: nothing comes before bind says from where.
    queue->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (queue->fd >= 0) {
        return 0;
    }
    if (errno == EPERM || errno == EACCES) {
        return error_set(err, -EPERM,
                         "capturing from %s with af_packet needs the capability CAP_NET_RAW: start "
                         "weir as root, or give it to the program (setcap cap_net_raw+ep)",
                         queue->port->interface.name);
    }
    return refused(queue, "open a packet socket", err);
}

static int ring_map(struct af_packet_queue *queue, uint64_t ring_bytes, struct error *err)
{
    queue->block_count = (uint32_t)(ring_bytes / AF_PACKET_BLOCK_BYTES);
    size_t bytes = (size_t)queue->block_count * AF_PACKET_BLOCK_BYTES;
    struct tpacket_req3 request = {
        .tp_block_size = AF_PACKET_BLOCK_BYTES,
        .tp_block_nr = queue->block_count,
        .tp_frame_size = FRAME_BYTES,
        .tp_frame_nr = queue->block_count * (AF_PACKET_BLOCK_BYTES / FRAME_BYTES),
        .tp_retire_blk_tov = AF_PACKET_BLOCK_MS,
    };
    int code = setsockopt(queue->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request));
    if (code == 0) {
        void *ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, queue->fd, 0);
        if (ring != MAP_FAILED) {
            queue->ring = ring;
            return 0;
        }
    }
    if (errno == ENOMEM) {
        return error_set(err, -ENOMEM,
                         "no memory for a ring of %zu MiB on each queue of %s; lower "
                         "capture.af_packet.ring or workers",
                         bytes >> 20, queue->port->interface.name);
    }
    return refused(queue, "make a ring", err);
}

// Versions, room and clock before the ring, which they shape.
static int ring_create(struct af_packet_queue *queue, uint64_t ring_bytes, struct error *err)
{
    if (packet_set(queue, PACKET_VERSION, TPACKET_V3) != 0 ||
        packet_set(queue, PACKET_RESERVE, VLAN_ROOM_BYTES) != 0) {
        return refused(queue, "have a ring of version 3", err);
    }
    if (queue->port->stamps == INTERFACE_STAMPS_NIC &&
        packet_set(queue, PACKET_TIMESTAMP, SOF_TIMESTAMPING_RAW_HARDWARE) != 0) {
        return refused(queue, "have the NIC's times", err);
    }
    return ring_map(queue, ring_bytes, err);
}

static int socket_bind(struct af_packet_queue *queue, struct error *err)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)queue->port->interface.index,
    };
    if (setsockopt(queue->fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)) != 0) {
        return refused(queue, "attach a filter", err);
    }
    if (bind(queue->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        return refused(queue, "bind a packet socket", err);
    }
    return 0;
}

int af_packet_socket_open(struct af_packet_queue *queue, const struct live_options *options,
                          struct error *err)
{
    int code = socket_create(queue, err);
    if (code == 0) {
        code = ring_create(queue, options->af_packet.ring_bytes, err);
    }
    return code == 0 ? socket_bind(queue, err) : code;
}

// Among all groups of the namespace the kernel looks for a number that is free, so that two sensors
// do not take each other's packets.
int af_packet_group(struct af_packet_queue *const *queues, unsigned count, struct error *err)
{
    enum { TYPE_SHIFT = 16 };
    unsigned request = (PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_UNIQUEID) << TYPE_SHIFT;
    for (unsigned i = 0; i < count; i++) {
        const struct af_packet_queue *queue = queues[i];
        if (packet_set(queue, PACKET_FANOUT, (int)request) != 0) {
            if (errno == EINVAL && !queue->port->link.up) {
                return error_set(err, -ENETDOWN,
                                 "%s is down, and this kernel spreads only what is up over several "
                                 "queues; bring it up (ip link set %s up)",
                                 queue->port->interface.name, queue->port->interface.name);
            }
            return refused(queue, "spread its packets over several sockets", err);
        }
        if (i == 0) {
            socklen_t size = sizeof(request);
            if (getsockopt(queue->fd, SOL_PACKET, PACKET_FANOUT, &request, &size) != 0) {
                return refused(queue, "learn its group of sockets", err);
            }
        }
    }
    return 0;
}

int af_packet_socket_start(struct af_packet_queue *queue, struct error *err)
{
    int ignored = 0;
    int code =
        queue->port->link.hatype == ARPHRD_LOOPBACK
            ? setsockopt(queue->fd, SOL_SOCKET, SO_ATTACH_FILTER, &arriving, sizeof(arriving))
            : setsockopt(queue->fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
    return code == 0 ? 0 : refused(queue, "change the filter", err);
}

bool af_packet_socket_detached(const struct af_packet_queue *queue)
{
    struct sockaddr_ll address;
    socklen_t size = sizeof(address);
    return getsockname(queue->fd, (struct sockaddr *)&address, &size) == 0 &&
           address.sll_ifindex != (int)queue->port->interface.index;
}

void af_packet_socket_close(struct af_packet_queue *queue)
{
    if (queue->ring != NULL) {
        munmap(queue->ring, (size_t)queue->block_count * AF_PACKET_BLOCK_BYTES);
    }
    if (queue->fd >= 0) {
        close(queue->fd);
    }
}
