// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/veth.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { ETHERNET_BYTES = 14, IPV4_BYTES = 20, IPPROTO_OFFSET = 9 };

void veth_run(const char *command)
{
    if (system(command) != 0) {
        fail_msg("failed: %s", command);
    }
}

bool veth_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0) {
        return false;
    }
    // Each CPU has its own queue of packets that arrive: a sender that moves would overtake itself.
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET((size_t)sched_getcpu(), &here);
    if (sched_setaffinity(0, sizeof(here), &here) != 0) {
        return false;
    }
    // Else the kernel sends packets of its own.
    return system("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"
                  " && ip link set lo up") == 0;
}

void veth_create(void)
{
    char command[512];
    snprintf(command, sizeof(command),
             "ip link add %s mtu %d type veth peer name %s mtu %d && ip link set %s up && "
             "ip link set %s up && for end in %s %s; do "
             "ethtool -K $end gro off gso off tso off tx off >/dev/null || exit 1; done",
             VETH_NEAR, VETH_MTU, VETH_FAR, VETH_MTU, VETH_NEAR, VETH_FAR, VETH_NEAR, VETH_FAR);
    veth_run(command);
    veth_await_up();
}

void veth_await_up(void)
{
    veth_run("for end in " VETH_NEAR " " VETH_FAR "; do "
             "until ip -br link show $end | grep -q ' UP '; do sleep 0.01; done; done");
}

void veth_remove(void)
{
    veth_run("ip link del " VETH_FAR);
}

int veth_sender(const char *name)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_ifindex = (int)if_nametoindex(name),
    };
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void frame_fill(struct frame *frame, size_t length, uint16_t source, uint16_t destination,
                uint32_t number)
{
    static const uint8_t front[ETHERNET_BYTES + IPV4_BYTES] = {
        2,    0, 0, 0, 0, 2, 2,    0, 0,  0,  0, 1, 0x08, 0x00,                   // Ethernet
        0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10,   9,    0, 0, 10, 9, 0, 0 // IPv4
    };
    uint8_t *ip = frame->octets + ETHERNET_BYTES;
    uint8_t *udp = ip + IPV4_BYTES;
    uint32_t value = htonl(number);
    uint16_t ip_bytes = htons((uint16_t)(length - ETHERNET_BYTES));
    uint16_t udp_bytes = htons((uint16_t)(length - ETHERNET_BYTES - IPV4_BYTES));
    uint16_t ports[] = {htons(source), htons(destination)};
    for (size_t i = 0; i < length; i++) {
        frame->octets[i] = (uint8_t)(i * 7 + number);
    }
    memcpy(frame->octets, front, sizeof(front));
    memcpy(ip + 2, &ip_bytes, sizeof(ip_bytes));
    ip[15] = source < destination ? 1 : 2; // each end has an address of its own
    ip[19] = source < destination ? 2 : 1;
    memcpy(udp, ports, sizeof(ports));
    memcpy(udp + 4, &udp_bytes, sizeof(udp_bytes));
    memset(udp + 6, 0, 2);
    memcpy(frame->octets + FRAME_HEADERS_BYTES, &value, sizeof(value));
    frame->length = length;
}

uint32_t frame_number(const uint8_t *octets)
{
    uint32_t value;
    memcpy(&value, octets + FRAME_HEADERS_BYTES, sizeof(value));
    return ntohl(value);
}

void frame_send(int sender, const struct frame *frame)
{
    assert_int_equal(send(sender, frame->octets, frame->length, 0), frame->length);
}
