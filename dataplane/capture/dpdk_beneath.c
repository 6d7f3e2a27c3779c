// SPDX-License-Identifier: Apache-2.0
// The kernel's interface beneath a virtual device: its link, its promiscuous mode, and what the
// kernel drops there without a word from DPDK's driver. The drivers' sockets are found among the
// process's descriptors by their kind and interface, since the drivers do not give them out.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>

#include <arpa/inet.h>

#include "dataplane/capture/dpdk.h"

enum { DESCRIPTORS_SEARCHED = 1024 };

// Those whose iface= is an interface that is there before them.
static const char *const drivers[] = {"net_af_packet", "net_af_xdp", "net_pcap"};

bool dpdk_beneath_name(const char *name, char *interface, size_t bytes)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (strncmp(name, drivers[i], strlen(drivers[i])) == 0) {
            return dpdk_argument(name, "iface", interface, bytes);
        }
    }
    return false;
}

// A member of a packet socket, and not the interface's own flag, which would stay set when we end.
static int promiscuous(struct dpdk_beneath *beneath)
{
    struct packet_mreq membership = {.mr_ifindex = (int)beneath->interface.index,
                                     .mr_type = PACKET_MR_PROMISC};
    beneath->member = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (beneath->member < 0 || setsockopt(beneath->member, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                                          &membership, sizeof(membership)) != 0) {
        return -errno;
    }
    return 0;
}

// Whether `fd` is a packet socket that the driver receives from.
static bool packet_socket(int fd, const struct dpdk_beneath *beneath)
{
    union {
        struct sockaddr any;
        struct sockaddr_ll packet;
    } address = {0};
    socklen_t length = sizeof(address);
    return getsockname(fd, &address.any, &length) == 0 && address.any.sa_family == AF_PACKET &&
           address.packet.sll_protocol != 0 &&
           address.packet.sll_ifindex == (int)beneath->interface.index;
}

static bool xdp_socket(int fd)
{
    int domain = 0;
    socklen_t length = sizeof(domain);
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_XDP;
}

// AF_XDP sockets do not tell their interface; but a device's are opened before the next device's.
static void sockets_find(struct dpdk_beneath *beneath)
{
    static bool claimed[DESCRIPTORS_SEARCHED];
    for (int fd = 0; fd < DESCRIPTORS_SEARCHED && beneath->socket_count < LIVE_QUEUES_MAX; fd++) {
        if (!claimed[fd] && (packet_socket(fd, beneath) || xdp_socket(fd))) {
            claimed[fd] = true;
            beneath->sockets[beneath->socket_count++] = fd;
        }
    }
}

int dpdk_beneath_open(struct dpdk_beneath *beneath, const char *name, bool promiscuously,
                      struct error *err)
{
    char interface[IF_NAMESIZE];
    if (!dpdk_beneath_name(name, interface, sizeof(interface))) {
        return 0;
    }
    int code = interface_open(&beneath->interface, interface, err);
    if (code != 0) {
        return code;
    }
    beneath->there = true;
    beneath->member = -1;
    // libpcap's sockets are not ours to ask: that resets what the driver reads of them.
    beneath->asked = strncmp(name, "net_pcap", strlen("net_pcap")) != 0;
    dpdk_xdp_begin(beneath);
    code = promiscuously ? promiscuous(beneath) : 0;
    if (code != 0) {
        return error_set(err, code, "%s: promiscuous mode: %s%s", interface, strerror(-code),
                         dpdk_rights_lacking(name));
    }
    return 0;
}

void dpdk_beneath_begin(struct dpdk_beneath *beneath, struct live *live)
{
    if (!beneath->there || !beneath->asked) {
        return;
    }
    sockets_find(beneath);
    if (!dpdk_xdp_own(beneath)) {
        live_tell(live, LIVE_WARNING,
                  "the XDP program that DPDK has put on %s stays there when weir ends; take it "
                  "away: ip link set %s xdp off",
                  beneath->interface.name, beneath->interface.name);
    }
}

void dpdk_beneath_close(struct dpdk_beneath *beneath)
{
    if (beneath->there) {
        dpdk_xdp_end(beneath);
        interface_close(&beneath->interface);
        if (beneath->member >= 0) {
            close(beneath->member);
        }
    }
}

uint64_t dpdk_beneath_ring_full(struct dpdk_beneath *beneath)
{
    uint64_t ring_full = 0;
    for (unsigned i = 0; i < beneath->socket_count; i++) {
        int fd = beneath->sockets[i];
        struct tpacket_stats packet; // since they were last asked for
        struct xdp_statistics xdp;   // since the socket was opened
        socklen_t length = sizeof(packet);
        if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &packet, &length) == 0) {
            beneath->packet_drops += packet.tp_drops;
            continue;
        }
        length = sizeof(xdp);
        if (getsockopt(fd, SOL_XDP, XDP_STATISTICS, &xdp, &length) == 0) {
            // The driver tells the others of its drops (rx_dropped).
            ring_full += xdp.rx_ring_full;
        }
    }
    return ring_full + beneath->packet_drops;
}
