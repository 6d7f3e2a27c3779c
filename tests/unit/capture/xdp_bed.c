// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/xdp_bed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"

enum { QUIET_US = 300000 };

static int sender = -1;

bool bed_enter(void)
{
    if (geteuid() != 0) {
        printf("not root: AF_XDP is not tested\n");
        return false;
    }
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("sysfs", "/sys", "sysfs", 0, NULL) != 0 ||
        mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700") != 0) {
        printf("no namespace of its own (%s): AF_XDP is not tested\n", strerror(errno));
        return false;
    }
    bed_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    return true;
}

static int shell(const char *format, va_list arguments)
{
    char command[1024];
    vsnprintf(command, sizeof(command), format, arguments);
    return system(command);
}

void bed_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = shell(format, arguments);
    va_end(arguments);
    if (status != 0) {
        fail_msg("\"%s\" failed: %d", format, status);
    }
}

bool bed_succeeds(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = shell(format, arguments);
    va_end(arguments);
    return status == 0;
}

void bed_make(unsigned queues, unsigned mtu)
{
    bed_run("ip link add " BED_CAPTURED
            " mtu %u numrxqueues %u numtxqueues %u type veth peer name " BED_SENDER
            " mtu %u numrxqueues %u numtxqueues %u",
            mtu, queues, queues, mtu, queues, queues);
    for (unsigned i = 0; i < 2; i++) {
        const char *name = i == 0 ? BED_CAPTURED : BED_SENDER;
        bed_run("ethtool -K %s gro off tso off gso off tx off rxvlan off txvlan off >/dev/null "
                "2>&1; ip link set %s up",
                name, name);
    }
}

void bed_unmake(void)
{
    bed_run("ip link del " BED_CAPTURED " 2>/dev/null || true");
}

static uint8_t *u16_put(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *ip_put(uint8_t *at, const struct bed_udp *udp, size_t bytes)
{
    memset(at, 0, 20);
    at[0] = 0x45;
    u16_put(at + 2, (unsigned)bytes);
    u16_put(at + 6, udp->fragment);
    at[8] = 64;
    at[9] = udp->protocol != 0 ? udp->protocol : IPPROTO_UDP;
    inet_pton(AF_INET, udp->from, at + 12);
    inet_pton(AF_INET, udp->to, at + 16);
    return at + 20;
}

size_t bed_frame(uint8_t *frame, const struct bed_udp *udp, uint32_t mark)
{
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    size_t least = 14 + 4 * udp->vlans + 20 + 8 + sizeof(mark);
    size_t bytes = udp->bytes > least ? udp->bytes : least;
    uint8_t *at = frame + sizeof(macs);
    memcpy(frame, macs, sizeof(macs));
    for (unsigned i = 0; i < udp->vlans; i++) {
        at = u16_put(at, i + 1 < udp->vlans ? ETH_P_8021AD : ETH_P_8021Q);
        at = u16_put(at, 100 + i);
    }
    at = u16_put(at, ETH_P_IP);
    size_t ip_bytes = bytes - (size_t)(at - frame);
    at = ip_put(at, udp, ip_bytes);
    at = u16_put(at, udp->from_port);
    at = u16_put(at, udp->to_port);
    at = u16_put(at, (unsigned)ip_bytes - 20);
    at = u16_put(at, 0);
    for (size_t i = 0; at + i < frame + bytes; i++) {
        at[i] = (uint8_t)(i * 7 + mark);
    }
    memcpy(frame + bytes - sizeof(mark), &mark, sizeof(mark));
    return bytes;
}

// Closing such a socket takes the kernel some 10 ms: one for all frames.
static int sender_open(void)
{
    int bypass = 1; // the queue is the CPU's then
    sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass));
}

void bed_send(const uint8_t *frame, size_t bytes, unsigned queue)
{
    cpu_set_t before, one;
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_ifindex = (int)if_nametoindex(BED_SENDER)};
    assert_true(sender >= 0 || sender_open() == 0);
    sched_getaffinity(0, sizeof(before), &before);
    CPU_ZERO(&one);
    CPU_SET(queue, &one);
    sched_setaffinity(0, sizeof(one), &one);
    ssize_t sent = sendto(sender, frame, bytes, 0, (const struct sockaddr *)&to, sizeof(to));
    sched_setaffinity(0, sizeof(before), &before);
    assert_int_equal(sent, bytes);
}

static void burst_keep(struct bed_list *list, const struct packet *packets, int count,
                       unsigned queue)
{
    for (int i = 0; i < count && list->count < BED_SEEN_MAX; i++) {
        struct bed_seen *seen = &list->seen[list->count++];
        uint32_t bytes = packets[i].captured_bytes;
        seen->wire_bytes = packets[i].wire_bytes;
        seen->captured_bytes = bytes;
        seen->queue = queue;
        seen->time_us = packets[i].time_us;
        memcpy(seen->data, packets[i].data, bytes < BED_SEEN_BYTES ? bytes : BED_SEEN_BYTES);
    }
}

void bed_read(struct live *live, struct bed_list *list, unsigned count)
{
    int64_t last_us = clock_monotonic_us();
    while (list->count < count && clock_monotonic_us() - last_us < QUIET_US) {
        for (unsigned i = 0; i < live_queue_count(live); i++) {
            struct packet packets[CAPTURE_BURST_MAX];
            struct capture *queue = live_queue(live, i);
            int got = capture_rx_burst(queue, packets, CAPTURE_BURST_MAX);
            if (got > 0) {
                burst_keep(list, packets, got, i);
                last_us = clock_monotonic_us();
            }
            capture_release(queue);
        }
    }
}
