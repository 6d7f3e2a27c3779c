// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/af_xdp_port.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/capture/xdp_attached.h"
#include "dataplane/capture/xdp_claim.h"

// The kernel undoes it when the socket is closed, however the process ends. Protocol 0: it receives
// nothing.
static int promiscuous_open(const struct interface *interface, struct error *err)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct packet_mreq request = {.mr_ifindex = (int)interface->index,
                                  .mr_type = PACKET_MR_PROMISC};
    if (fd >= 0 &&
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) == 0) {
        return fd;
    }
    int code = -errno;
    if (fd >= 0) {
        close(fd);
    }
    if (code == -EPERM) {
        return error_set(err, code,
                         "%s: no right to receive all frames; expected root or CAP_NET_RAW, or "
                         "capture.promiscuous=false",
                         interface->name);
    }
    return error_set(err, code, "%s cannot be made promiscuous: %s", interface->name,
                     strerror(-code));
}

static int queues_choose(struct af_xdp_port *port, const struct live_options *options,
                         struct error *err)
{
    bool all = options->queues.count == 0;
    size_t count = all ? port->queue_total : options->queues.count;
    if (port->queue_total > STEER_QUEUES_MAX || count > LIVE_QUEUES_MAX) {
        return error_set(err, -EINVAL,
                         "%s has %u receive queues; expected capture.queues to choose at most %d "
                         "of them",
                         port->interface.name, port->queue_total, LIVE_QUEUES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        unsigned queue = all ? (unsigned)i : options->queues.items[i];
        if (queue >= port->queue_total) {
            return error_set(err, -EINVAL, "%s has no queue %u: it has %u, from 0 to %u",
                             port->interface.name, queue, port->queue_total, port->queue_total - 1);
        }
        port->queues[port->queue_count++] = queue;
    }
    return 0;
}

static int port_look(struct af_xdp_port *port, const struct live_options *options,
                     struct error *err)
{
    int code = interface_link_read(&port->interface, &port->link);
    if (code != 0) {
        return error_set(err, code, "cannot ask the kernel about %s: %s", port->interface.name,
                         strerror(-code));
    }
    if (port->link.hatype != ARPHRD_ETHER) {
        return error_set(err, -EINVAL,
                         "%s is no Ethernet interface (ARPHRD %u); expected capture.source="
                         "af_packet for it",
                         port->interface.name, port->link.hatype);
    }
    port->queue_total = interface_rx_queues(&port->interface);
    return queues_choose(port, options, err);
}

int af_xdp_port_open(struct af_xdp_port *port, const char *name, const struct live_options *options,
                     struct error *err)
{
    *port = (struct af_xdp_port){.promiscuous = -1, .program_claim = -1};
    memset(port->queue_claims, -1, sizeof(port->queue_claims));
    int code = interface_open(&port->interface, name, err);
    if (code != 0) {
        return code;
    }
    code = port_look(port, options, err);
    if (code == 0 && options->promiscuous) {
        port->promiscuous = promiscuous_open(&port->interface, err);
        code = port->promiscuous < 0 ? port->promiscuous : 0;
    }
    if (code != 0) {
        interface_close(&port->interface);
    }
    return code;
}

static void descriptor_close(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

void af_xdp_port_close(struct af_xdp_port *port)
{
    xdp_steer_close(&port->steer);
    for (unsigned i = 0; i < port->queue_count; i++) {
        descriptor_close(port->queue_claims[i]);
    }
    descriptor_close(port->program_claim);
    descriptor_close(port->promiscuous);
    interface_close(&port->interface);
}

static int queues_claim(struct af_xdp_port *port, struct error *err)
{
    const char *name = port->interface.name;
    for (unsigned i = 0; i < port->queue_count; i++) {
        int fd = xdp_claim_queue(port->interface.index, port->queues[i]);
        if (fd == -EADDRINUSE) {
            return error_set(err, -EBUSY,
                             "another weir captures from queue %u of %s; end that one, or choose "
                             "other queues with capture.queues",
                             port->queues[i], name);
        }
        if (fd < 0) {
            return error_set(err, fd, "cannot claim queue %u of %s: %s", port->queues[i], name,
                             strerror(-fd));
        }
        port->queue_claims[i] = fd;
    }
    return 0;
}

static int program_attach(struct af_xdp_port *port, const struct live_options *options,
                          uint32_t seed, struct live *live, struct error *err)
{
    int cleaned = xdp_attached_clean(port->interface.index);
    if (cleaned > 0) {
        live_tell(live, LIVE_WARNING, "%s: took off %d XDP program%s of a weir that was killed",
                  port->interface.name, cleaned, cleaned > 1 ? "s" : "");
    }
    int code = xdp_steer_open(&port->steer, &port->interface, options, port->queues,
                              port->queue_count, port->queue_total, seed, err);
    if (code == -EBUSY && cleaned == -EPERM) {
        return error_set(err, code,
                         "%s: an XDP program is there, perhaps that of a weir that was killed; "
                         "expected CAP_SYS_ADMIN to find out and take that off, or: ip link set %s "
                         "xdp off",
                         port->interface.name, port->interface.name);
    }
    if (code != 0) {
        return code;
    }
    port->main_id = port->steer.main_id;
    port->program_claim = xdp_claim_program(port->steer.id);
    return port->program_claim >= 0
               ? 0
               : error_set(err, port->program_claim, "cannot claim XDP program %u: %s",
                           port->steer.id, strerror(-port->program_claim));
}

int af_xdp_port_attach(struct af_xdp_port *port, const struct live_options *options, uint32_t seed,
                       struct live *live, struct error *err)
{
    int code = queues_claim(port, err);
    if (code != 0) {
        return code;
    }
    int opening = xdp_claim_opening(port->interface.index);
    if (opening < 0) {
        return error_set(err, opening == -EADDRINUSE ? -EBUSY : opening,
                         "%s: another weir has been opening it for ten seconds",
                         port->interface.name);
    }
    code = program_attach(port, options, seed, live, err);
    close(opening);
    return code;
}

static void offloads_tell(const struct af_xdp_port *port, struct live *live)
{
    const char *name = port->interface.name;
    unsigned offloads = interface_offloads(&port->interface);
    if ((offloads & INTERFACE_RX_VLAN) != 0) {
        live_tell(live, LIVE_WARNING,
                  "%s takes VLAN tags out of frames, and XDP does not see them: ethtool -K %s "
                  "rxvlan off",
                  name, name);
    }
    if ((offloads & INTERFACE_LRO) != 0) {
        live_tell(live, LIVE_WARNING,
                  "%s joins received TCP segments into larger ones: ethtool -K %s lro off", name,
                  name);
    }
    if (port->steer.generic && (offloads & INTERFACE_GRO) != 0) {
        live_tell(live, LIVE_WARNING,
                  "%s joins received segments into larger ones before the generic XDP program "
                  "sees them: ethtool -K %s gro off",
                  name, name);
    }
}

void af_xdp_port_tell(const struct af_xdp_port *port, struct live *live)
{
    const struct xdp_steer *steer = &port->steer;
    live_tell(live, LIVE_INFO, "%s: XDP program %u runs %s, %s", port->interface.name, steer->id,
              steer->generic ? "behind the driver (generic)" : "in the driver (native)",
              steer->alone ? "alone" : "in libxdp's dispatcher");
    if (steer->native_error != 0) {
        live_tell(
            live, LIVE_WARNING,
            "%s: the driver cannot run the XDP program (%s), so that it runs behind it, slower",
            port->interface.name, strerror(-steer->native_error));
    }
    if (steer->alone) {
        live_tell(live, LIVE_INFO, "%s: other XDP programs find no place beside weir's, since %s",
                  port->interface.name,
                  xdp_steer_bpffs() ? "this kernel refuses libxdp's dispatcher"
                                    : "libxdp has no BPF file system (mount -t bpf bpf "
                                      "/sys/fs/bpf)");
    }
    if (!port->link.up) {
        live_tell(live, LIVE_WARNING,
                  "%s is down: nothing comes until it is up (ip link set %s up)",
                  port->interface.name, port->interface.name);
    } else if (!port->link.carrier) {
        live_tell(live, LIVE_WARNING, "%s has no link: nothing comes until it has",
                  port->interface.name);
    }
    offloads_tell(port, live);
}
