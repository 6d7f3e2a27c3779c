// SPDX-License-Identifier: Apache-2.0
// AF_PACKET: the kernel copies each packet of an interface, in both directions, into a ring that is
// mapped here. Each interface has a group of sockets, and the kernel chooses among them by a hash
// of addresses, ports and protocol that is the same for both directions of a flow.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include "dataplane/capture/af_packet_socket.h"
#include "dataplane/capture/live.h"

enum {
    // A block that is not full comes when the kernel's timer has found it twice; its ticks may be
    // 10 ms long.
    LAG_US = 20000,
    CACHE_LINE_BYTES = 64,
};

struct af_packet {
    struct live live;
    struct af_packet_port ports[LIVE_INTERFACES_MAX];
    unsigned port_count;
    unsigned sockets;                          // of each
    struct capture *captures[LIVE_QUEUES_MAX]; // those of one port stand together
};

static struct af_packet_queue *queue_of(const struct af_packet *all, unsigned index)
{
    return (struct af_packet_queue *)all->captures[index];
}

static void offloads_tell(struct live *live, const struct af_packet_port *port)
{
    static const struct {
        enum interface_offload offload;
        const char *name;
    } joining[] = {
        {INTERFACE_GRO, "gro"},
        {INTERFACE_LRO, "lro"},
        {INTERFACE_TSO, "tso"},
        {INTERFACE_GSO, "gso"},
    };
    unsigned set = interface_offloads(&port->interface);
    char off[64] = "";
    for (size_t i = 0; i < sizeof(joining) / sizeof(joining[0]); i++) {
        if ((set & joining[i].offload) != 0) {
            size_t used = strlen(off);
            snprintf(off + used, sizeof(off) - used, " %s off", joining[i].name);
        }
    }
    if (off[0] != '\0') {
        const char *name = port->interface.name;
        live_tell(live, LIVE_WARNING,
                  "%s joins TCP segments, received or sent, into larger packets before they are "
                  "captured; to see those on the wire: ethtool -K %s%s",
                  name, name, off);
    }
}

static void stamps_tell(struct live *live, const struct af_packet_port *port)
{
    const char *name = port->interface.name;
    switch (port->stamps) {
    case INTERFACE_STAMPS_KERNEL:
        break;
    case INTERFACE_STAMPS_NIC:
        live_tell(live, LIVE_INFO, "%s stamps what it receives: its times are used", name);
        break;
    case INTERFACE_STAMPS_NIC_APART:
        live_tell(live, LIVE_WARNING,
                  "%s stamps what it receives, but its clock is not the system's (see phc2sys): "
                  "the kernel's times are used",
                  name);
        break;
    case INTERFACE_STAMPS_NIC_UNKNOWN:
        live_tell(live, LIVE_INFO,
                  "%s stamps what it receives, but its clock (/dev/ptp*) cannot be read: the "
                  "kernel's times are used",
                  name);
        break;
    }
}

static void port_tell(struct live *live, const struct af_packet_port *port)
{
    const char *name = port->interface.name;
    if (!port->link.up) {
        live_tell(live, LIVE_WARNING,
                  "%s is down: nothing comes until it is up (ip link set %s up)", name, name);
    } else if (!port->link.carrier) {
        live_tell(live, LIVE_WARNING, "%s has no link: nothing comes until it has", name);
    }
    if (port->link_type == LINK_UNSUPPORTED) {
        live_tell(live, LIVE_WARNING,
                  "%s is of a kind (ARPHRD %u) whose frames are not known: each is counted as "
                  "dropped, link_type; expected Ethernet, IP without a frame, PPP, Cisco HDLC",
                  name, port->link.hatype);
    }
    stamps_tell(live, port);
    offloads_tell(live, port);
}

static int port_open(struct af_packet *all, const char *name, struct error *err)
{
    struct af_packet_port *port = &all->ports[all->port_count];
    int code = interface_open(&port->interface, name, err);
    if (code != 0) {
        return code;
    }
    all->port_count++; // from here on it is closed with the others
    for (unsigned i = 0; code == 0 && i + 1 < all->port_count; i++) {
        code = interface_differs(&port->interface, &all->ports[i].interface, err);
    }
    if (code != 0) {
        return code;
    }
    code = interface_link_read(&port->interface, &port->link);
    if (code != 0) {
        return error_set(err, code, "cannot ask the kernel about %s: %s", name, strerror(-code));
    }
    port->link_type = (uint8_t)interface_link_type(&port->link);
    port->stamps = interface_stamps(&port->interface);
    port_tell(&all->live, port);
    return 0;
}

// Of its interface's sockets, the first counts what the NIC missed.
static int first_open(struct af_packet_queue *queue, const struct live_options *options,
                      struct error *err)
{
    const struct af_packet_port *port = queue->port;
    int code = interface_open(&queue->nic, port->interface.name, err);
    if (code != 0) {
        return code;
    }
    queue->counts_missed = true;
    queue->missed_before = port->link.rx_missed;
    struct packet_mreq promiscuous = {
        .mr_ifindex = (int)port->interface.index,
        .mr_type = PACKET_MR_PROMISC,
    };
    if (options->promiscuous && setsockopt(queue->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                                           &promiscuous, sizeof(promiscuous)) != 0) {
        code = -errno;
        return error_set(err, code, "%s: cannot receive what is addressed to others: %s",
                         port->interface.name, strerror(-code));
    }
    return 0;
}

static int queue_open(struct af_packet *all, struct af_packet_port *port,
                      const struct live_options *options, struct error *err)
{
    size_t bytes = (sizeof(struct af_packet_queue) + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES *
                   CACHE_LINE_BYTES; // no line of two threads
    struct af_packet_queue *queue = aligned_alloc(CACHE_LINE_BYTES, bytes);
    if (queue == NULL) {
        return error_set(err, -ENOMEM, "no memory to capture from %s", port->interface.name);
    }
    *queue = (struct af_packet_queue){
        .base = {&af_packet_queue_ops},
        .port = port,
        .link_type = port->link_type,
        .last_us = INT64_MIN,
        .fd = -1,
    };
    unsigned index = all->live.queue_count++;
    all->captures[index] = &queue->base;
    all->live.queue_interface[index] = (uint8_t)(port - all->ports);
    int code = af_packet_socket_open(queue, options, err);
    return code == 0 && index % all->sockets == 0 ? first_open(queue, options, err) : code;
}

static int port_capture(struct af_packet *all, struct af_packet_port *port,
                        const struct live_options *options, struct error *err)
{
    unsigned first = all->live.queue_count;
    struct af_packet_queue *queues[LIVE_QUEUES_MAX];
    int code = 0;
    for (unsigned i = 0; code == 0 && i < all->sockets; i++) {
        code = queue_open(all, port, options, err);
        queues[i] = queue_of(all, first + i);
    }
    if (code == 0 && all->sockets > 1) {
        code = af_packet_group(queues, all->sockets, err);
    }
    for (unsigned i = 0; code == 0 && i < all->sockets; i++) {
        code = af_packet_socket_start(queues[i], err);
    }
    return code;
}

static void link_tell(struct live *live, const char *name, const struct interface_link *link)
{
    if (!link->up) {
        live_tell(live, LIVE_WARNING, "%s was set down: capture goes on when it is up again", name);
    } else if (!link->carrier) {
        live_tell(live, LIVE_WARNING, "%s lost its link: capture goes on when it is back", name);
    } else {
        live_tell(live, LIVE_INFO, "%s is up again", name);
    }
}

// The queues end when they have given out what has come so far.
static void port_end(struct live *live, struct af_packet_port *port)
{
    if (!atomic_exchange_explicit(&port->gone, true, memory_order_relaxed)) {
        live_tell(live, LIVE_ERROR,
                  "%s was removed, or moved to another network namespace; nothing more is captured "
                  "from it",
                  port->interface.name);
    }
}

static void af_packet_watch(struct live *live)
{
    struct af_packet *all = (struct af_packet *)live;
    for (unsigned i = 0; i < all->port_count; i++) {
        struct af_packet_port *port = &all->ports[i];
        struct interface_link link;
        if (af_packet_socket_detached(queue_of(all, i * all->sockets))) {
            port_end(live, port);
        } else if (interface_link_read(&port->interface, &link) == 0) {
            if (link.up != port->link.up || link.carrier != port->link.carrier) {
                link_tell(live, port->interface.name, &link);
            }
            port->link = link;
        }
    }
}

static void af_packet_close(struct live *live)
{
    struct af_packet *all = (struct af_packet *)live;
    for (unsigned i = 0; i < live->queue_count; i++) {
        struct af_packet_queue *queue = queue_of(all, i);
        af_packet_socket_close(queue);
        if (queue->counts_missed) {
            interface_close(&queue->nic);
        }
        free(queue);
    }
    for (unsigned i = 0; i < all->port_count; i++) {
        interface_close(&all->ports[i].interface);
    }
    notices_fini(&live->notices);
    free(all);
}

static const struct live_ops af_packet_ops = {"af_packet", af_packet_watch, af_packet_close};

int af_packet_open(struct live **live, const struct live_options *options, struct error *err)
{
    if (options->interfaces.count * options->sockets > LIVE_QUEUES_MAX) {
        return error_set(err, -EINVAL, "%zu interfaces with %u queues each; expected at most %d",
                         options->interfaces.count, options->sockets, LIVE_QUEUES_MAX);
    }
    struct af_packet *all = calloc(1, sizeof(*all));
    if (all == NULL) {
        return error_set(err, -ENOMEM, "no memory to capture");
    }
    all->sockets = options->sockets;
    all->live.ops = &af_packet_ops;
    all->live.queues = all->captures;
    all->live.lag_us = LAG_US;
    notices_init(&all->live.notices);
    int code = 0;
    for (size_t i = 0; code == 0 && i < options->interfaces.count; i++) {
        code = port_open(all, options->interfaces.items[i], err);
    }
    for (unsigned i = 0; code == 0 && i < all->port_count; i++) {
        code = port_capture(all, &all->ports[i], options, err);
    }
    if (code != 0) {
        af_packet_close(&all->live);
        return code;
    }
    *live = &all->live;
    return 0;
}
