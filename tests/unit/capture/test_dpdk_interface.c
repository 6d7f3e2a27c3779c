// SPDX-License-Identifier: Apache-2.0
// DPDK on the kernel's interfaces, through net_af_packet and net_af_xdp: what was sent comes out or
// is counted, and the interface is left as it was found. Needs root.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture/dpdk_child.h"
#include "tests/unit/capture/veth.h"

enum { NOBODY = 65534, FRAMES = 5000 };

static void frames_send(size_t length, unsigned count)
{
    int far = veth_sender(VETH_FAR);
    struct frame frame;
    for (unsigned i = 0; i < count; i++) {
        frame_fill(&frame, length, 1000, 53, i);
        frame_send(far, &frame);
    }
    close(far);
}

struct numbers {
    size_t length;
    uint32_t least; // that may come next
};

// As they were sent; some may be missing.
static void is_later_frame(const struct packet *packet, void *context)
{
    struct numbers *numbers = context;
    struct frame frame;
    uint32_t number = frame_number(packet->data);
    assert_true(number >= numbers->least);
    numbers->least = number + 1;
    frame_fill(&frame, numbers->length, 1000, 53, number);
    assert_int_equal(packet->wire_bytes, numbers->length);
    assert_int_equal(packet->captured_bytes, numbers->length);
    assert_memory_equal(packet->data, frame.octets, numbers->length);
}

// No longer than XDP takes.
static void short_veth_create(void)
{
    veth_create();
    veth_run("ip link set " VETH_NEAR " mtu 3000 && ip link set " VETH_FAR " mtu 3000");
}

// Sends all before anything is read: what has no room must be counted, and nothing else.
static void interface_keeps_books(const char *device, size_t length)
{
    length > 3000 ? veth_create() : short_veth_create();
    struct live *live = dpdk_bed_open(device);
    struct numbers numbers = {length, 0};
    frames_send(length, 100);
    assert_int_equal(bed_drain(live, 100, is_later_frame, &numbers), 100);
    numbers.least = 0;
    frames_send(length, FRAMES);
    uint64_t seen = bed_drain(live, 0, is_later_frame, &numbers) + 100;
    struct capture_stats all = bed_books(live, seen);
    assert_int_equal(all.received, FRAMES + 100);
    assert_true(seen < all.received);
    live_watch(live);
    live_close(live);
    veth_remove();
}

static void af_packet_keeps_books(const void *argument)
{
    (void)argument;
    interface_keeps_books("net_af_packet0,iface=" VETH_NEAR, 200);
}

static void af_packet_with_jumbo_frames(const void *argument)
{
    (void)argument;
    interface_keeps_books("net_af_packet0,iface=" VETH_NEAR ",framesz=16384,blocksz=16384", 8000);
}

static void af_xdp_keeps_books(const void *argument)
{
    (void)argument;
    interface_keeps_books("net_af_xdp0,iface=" VETH_NEAR, 200);
}

static void af_xdp_with_a_long_frame(const void *argument)
{
    (void)argument;
    interface_keeps_books("net_af_xdp0,iface=" VETH_NEAR, 3000);
}

static void interface_goes_down_and_away(const char *device)
{
    struct numbers numbers = {80, 0};
    struct packet packet;
    const struct capture_loss *loss;
    short_veth_create();
    struct live *live = dpdk_bed_open(device);
    while (bed_told(live, "")) {
    }
    veth_run("ip link set " VETH_FAR " down");
    live_watch(live);
    assert_true(bed_told(live, "link is down"));
    live_watch(live);
    assert_false(bed_told(live, ""));
    veth_run("ip link set " VETH_FAR " up");
    live_watch(live);
    assert_true(bed_told(live, "link is up"));
    frames_send(80, 10);
    assert_int_equal(bed_drain(live, 10, is_later_frame, &numbers), 10);
    assert_int_equal(live_queue(live, 0)->ops->losses(live_queue(live, 0), &loss), 0);
    numbers.least = 0;
    frames_send(80, 20);
    veth_remove();
    live_watch(live);
    // What had come before is still given out.
    assert_int_equal(bed_drain(live, 20, is_later_frame, &numbers), 20);
    assert_int_equal(capture_rx_burst(live_queue(live, 0), &packet, 1), CAPTURE_END);
    assert_int_equal(live_queue(live, 0)->ops->losses(live_queue(live, 0), &loss), 1);
    assert_string_equal(loss->cause, "detached");
    assert_true(bed_told(live, "is gone"));
    live_watch(live);
    assert_false(bed_told(live, ""));
    assert_int_equal(bed_books(live, 30).received, 30);
    live_close(live);
}

static void af_packet_goes_down_and_away(const void *argument)
{
    (void)argument;
    interface_goes_down_and_away("net_af_packet0,iface=" VETH_NEAR);
}

static void af_xdp_goes_down_and_away(const void *argument)
{
    (void)argument;
    interface_goes_down_and_away("net_af_xdp0,iface=" VETH_NEAR);
}

static void promiscuous_ends_with_the_capture(const void *argument)
{
    (void)argument;
    veth_create();
    struct live *live = dpdk_bed_open("net_af_packet0,iface=" VETH_NEAR);
    veth_run("ip -d link show " VETH_NEAR " | grep -q 'promiscuity 1'");
    live_close(live);
    veth_run("ip -d link show " VETH_NEAR " | grep -q 'promiscuity 0'");
    veth_remove();
}

static void af_xdp_leaves_no_program(const void *argument)
{
    (void)argument;
    short_veth_create();
    pid_t child = fork();
    if (child == 0) {
        const char *const names[] = {"net_af_xdp0,iface=" VETH_NEAR};
        struct live_options options = dpdk_bed_options(names, 1);
        struct live *live = NULL;
        bool there = live_open(&live, &options, NULL) == 0 &&
                     system("ip link show " VETH_NEAR " | grep -q xdp") == 0;
        _exit(!there); // without live_close
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    veth_run("! ip link show " VETH_NEAR " | grep -q xdp");
    veth_remove();
}
static void rights_that_lack_are_named(const void *argument)
{
    (void)argument;
    static const struct {
        const char *device;
        const char *right;
    } cases[] = {
        {"net_af_packet0,iface=lo", "CAP_NET_RAW"},
        {"net_af_xdp0,iface=lo", "CAP_SYS_ADMIN"},
        {"net_pcap0,iface=lo", "CAP_NET_RAW"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pid_t child = fork();
        if (child == 0) {
            struct live *live = NULL;
            struct error err = {""};
            struct live_options options = dpdk_bed_options(&cases[i].device, 1);
            bool named = setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
                         live_open(&live, &options, &err) != 0 &&
                         strstr(err.text, cases[i].right) != NULL;
            print_message("%s\n", err.text);
            _exit(!named);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

// Any user may capture where no interface is touched; reading needs no right at all.
static void needs_no_rights_to_read(const void *argument)
{
    (void)argument;
    veth_create();
    struct live *live = dpdk_bed_open("net_af_packet0,iface=" VETH_NEAR);
    frames_send(80, 10);
    assert_int_equal(setgid(NOBODY), 0);
    assert_int_equal(setuid(NOBODY), 0);
    struct numbers numbers = {80, 0};
    assert_int_equal(bed_drain(live, 10, is_later_frame, &numbers), 10);
    while (bed_told(live, "")) {
    }
    live_watch(live);
    assert_false(bed_told(live, ""));
    bed_books(live, 10);
    live_close(live);
}
static const struct dpdk_scenario scenarios[] = {
    {"AF_PACKET keeps books", af_packet_keeps_books, NULL, true},
    {"AF_PACKET with jumbo frames", af_packet_with_jumbo_frames, NULL, true},
    {"AF_PACKET goes down and away", af_packet_goes_down_and_away, NULL, true},
    {"AF_XDP keeps books", af_xdp_keeps_books, NULL, true},
    {"AF_XDP with a long frame", af_xdp_with_a_long_frame, NULL, true},
    {"AF_XDP leaves no program", af_xdp_leaves_no_program, NULL, true},
    {"AF_XDP goes down and away", af_xdp_goes_down_and_away, NULL, true},
    {"promiscuous ends with the capture", promiscuous_ends_with_the_capture, NULL, true},
    {"rights that lack are named", rights_that_lack_are_named, NULL, true},
    {"needs no rights to read", needs_no_rights_to_read, NULL, true},
};

int main(void)
{
    return dpdk_run(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
