// SPDX-License-Identifier: Apache-2.0
// AF_PACKET on a pair of interfaces in a namespace of its own: what was sent comes out, once, and
// what does not come out is counted. Needs root.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <net/if.h>

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/live.h"
#include "tests/unit/capture/veth.h"

enum {
    SKIPPED = 77,
    ETHERNET_BYTES = 14,
    FRAME_FRAGMENT = ETHERNET_BYTES + 6,     // flags and offset of the IPv4 header
    FRAME_SOURCE_LAST = ETHERNET_BYTES + 15, // the source address' last octet
    NOBODY = 65534,
    PATIENCE_US = 5000000, // for what must come
    SILENCE_US = 100000,   // after which nothing more is expected
};

struct scene {
    struct live *live;
    int near;
    int far;
};

static struct live_options options_for(const char *const *names, size_t count, unsigned sockets)
{
    return (struct live_options){
        .kind = LIVE_AF_PACKET,
        .interfaces = {names, count},
        .sockets = sockets,
        .promiscuous = true,
        .ring = 4096,
        .sampling = 1,
        .af_packet = {.ring_bytes = 8 << 20},
    };
}

static struct live *opened(const struct live_options *options)
{
    struct live *live = NULL;
    struct error err = {""};
    if (live_open(&live, options, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(live_queue_count(live), options->interfaces.count * options->sockets);
    return live;
}

static struct scene scene_open(unsigned sockets, uint64_t ring_bytes)
{
    veth_create();
    static const char *const names[] = {VETH_NEAR};
    struct live_options options = options_for(names, 1, sockets);
    options.af_packet.ring_bytes = ring_bytes;
    return (struct scene){opened(&options), veth_sender(VETH_NEAR), veth_sender(VETH_FAR)};
}

static void scene_close(struct scene *scene)
{
    live_close(scene->live);
    close(scene->near);
    close(scene->far);
    veth_remove();
}

static struct capture_stats stats_of(struct capture *capture)
{
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    return stats;
}

static uint64_t drops_of(const struct capture_stats *stats)
{
    uint64_t drops = 0;
    for (unsigned i = 0; i < CAPTURE_DROP_COUNT; i++) {
        drops += stats->drops[i];
    }
    return drops;
}

// Reads a queue until `wanted` packets have come and, for a while, no more. Returns how many came;
// each goes to `see`.
static unsigned drain(struct capture *capture, unsigned wanted,
                      void (*see)(void *context, const struct packet *packet), void *context)
{
    struct packet packets[CAPTURE_BURST_MAX];
    unsigned seen = 0;
    int64_t last_us = clock_monotonic_us();
    while (clock_monotonic_us() - last_us < (seen < wanted ? PATIENCE_US : SILENCE_US)) {
        int count = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX);
        assert_in_range(count, 0, CAPTURE_BURST_MAX);
        for (int i = 0; i < count; i++) {
            assert_true(packets[i].wire_bytes >= packets[i].captured_bytes);
            if (see != NULL) {
                see(context, &packets[i]);
            }
        }
        seen += (unsigned)count;
        if (count > 0) {
            last_us = clock_monotonic_us();
            capture_release(capture);
        } else {
            clock_sleep_us(200);
        }
    }
    return seen;
}

struct expected {
    const struct frame *frames;
    size_t at;
    uint64_t wire_bytes;
    int64_t last_us;
};

static void same_as_sent(void *context, const struct packet *packet)
{
    struct expected *expected = context;
    const struct frame *frame = &expected->frames[expected->at++];
    assert_int_equal(packet->captured_bytes, frame->length);
    assert_int_equal(packet->wire_bytes, frame->length);
    assert_int_equal(packet->link_type, LINK_ETHERNET);
    assert_memory_equal(packet->data, frame->octets, frame->length);
    assert_true(packet->time_us >= expected->last_us);
    expected->last_us = packet->time_us;
    expected->wire_bytes += frame->length;
}

// Sends all, to be captured as they were.
static void exchange(struct scene *scene, int sender, const struct frame *frames, size_t count)
{
    struct capture *capture = live_queue(scene->live, 0);
    struct capture_stats before = stats_of(capture);
    struct expected expected = {.frames = frames, .last_us = clock_wall_us()};
    for (size_t i = 0; i < count; i++) {
        frame_send(sender, &frames[i]);
    }
    assert_int_equal(drain(capture, (unsigned)count, same_as_sent, &expected), count);
    assert_true(expected.last_us <= clock_wall_us());
    struct capture_stats after = stats_of(capture);
    assert_int_equal(after.received - before.received, count);
    assert_int_equal(after.wire_bytes - before.wire_bytes, expected.wire_bytes);
    assert_int_equal(after.unordered, 0);
    assert_int_equal(drops_of(&after), 0);
}

static void frames_come_as_sent(void **state)
{
    (void)state;
    static const size_t lengths[] = {60, 61, 64, 128, 590, 1500, 1514, 4096, 9014};
    enum { COUNT = sizeof(lengths) / sizeof(lengths[0]) };
    static struct frame frames[COUNT];
    struct scene scene = scene_open(1, 8 << 20);
    for (size_t i = 0; i < COUNT; i++) {
        frame_fill(&frames[i], lengths[i], 1000, 53, (uint32_t)i);
    }
    exchange(&scene, scene.far, frames, COUNT);
    exchange(&scene, scene.near, frames, COUNT); // what the host itself sends
    assert_true(scene.live->lag_us > 0);
    scene_close(&scene);
}

// Several times around the ring, a block or less at a time.
static void the_ring_goes_round(void **state)
{
    (void)state;
    enum { COUNT = 300, ROUNDS = 12 };
    static struct frame frames[COUNT];
    struct scene scene = scene_open(1, 1 << 20);
    for (unsigned i = 0; i < COUNT; i++) {
        frame_fill(&frames[i], 60 + i * 3, 1000, 53, i);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        exchange(&scene, scene.far, frames, COUNT);
    }
    scene_close(&scene);
}

static void tag_insert(struct frame *frame, uint16_t type, uint16_t tag)
{
    enum { ADDRESSES = 12, TAG = 4 };
    uint16_t words[] = {htons(type), htons(tag)};
    uint8_t *at = frame->octets + ADDRESSES;
    memmove(at + TAG, at, frame->length - ADDRESSES);
    memcpy(at, words, TAG);
    frame->length += TAG;
}

static void tags_are_put_back(void **state)
{
    (void)state;
    static struct frame frames[4];
    struct scene scene = scene_open(1, 8 << 20);
    frame_fill(&frames[0], 60, 1000, 53, 1);
    tag_insert(&frames[0], 0x8100, 0x6123); // priority 3, id 0x123
    frame_fill(&frames[1], 1514, 1000, 53, 2);
    tag_insert(&frames[1], 0x8100, 7);
    tag_insert(&frames[1], 0x88a8, 0xfff);
    frame_fill(&frames[2], 60, 1000, 53, 3); // none
    frame_fill(&frames[3], 200, 1000, 53, 4);
    tag_insert(&frames[3], 0x8100, 0); // priority only: id 0
    exchange(&scene, scene.far, frames, 4);
    exchange(&scene, scene.near, frames, 4);
    scene_close(&scene);
}

enum { FLOWS = 64, PACKETS_OF_FLOW = 6, SOCKETS = 4 };

struct spread {
    unsigned queue;
    unsigned seen[FLOWS * PACKETS_OF_FLOW];
    int queue_of[FLOWS]; // -1: not known yet
};

static void spread_see(void *context, const struct packet *packet)
{
    struct spread *spread = context;
    uint32_t number = frame_number(packet->data);
    assert_true(number < FLOWS * PACKETS_OF_FLOW);
    spread->seen[number]++;
    int *queue = &spread->queue_of[number / PACKETS_OF_FLOW];
    if (*queue >= 0) {
        assert_int_equal(*queue, spread->queue);
    }
    *queue = (int)spread->queue;
}

static void sockets_share_flows(void **state)
{
    (void)state;
    static struct spread spread;
    struct scene scene = scene_open(SOCKETS, 8 << 20);
    memset(spread.queue_of, -1, sizeof(spread.queue_of));
    for (unsigned i = 0; i < FLOWS * PACKETS_OF_FLOW; i++) {
        unsigned flow = i / PACKETS_OF_FLOW;
        uint16_t client = (uint16_t)(20000 + 37 * flow);
        struct frame frame;
        bool back = i % 2 != 0;
        frame_fill(&frame, 100, back ? 443 : client, back ? client : 443, i);
        frame_send(back ? scene.near : scene.far, &frame);
    }
    unsigned used = 0;
    for (; spread.queue < SOCKETS; spread.queue++) {
        struct capture *capture = live_queue(scene.live, spread.queue);
        unsigned seen = drain(capture, 1, spread_see, &spread);
        used += seen > 0;
        assert_int_equal(stats_of(capture).received, seen);
    }
    for (unsigned i = 0; i < FLOWS * PACKETS_OF_FLOW; i++) {
        assert_int_equal(spread.seen[i], 1);
    }
    assert_int_equal(used, SOCKETS); // of 64 flows, some come to each but once in 10^7 runs
    scene_close(&scene);
}

struct fragments {
    unsigned queue;
    int queue_of[FLOWS]; // of each datagram; -1: not known yet
    unsigned seen;
};

static void fragment_see(void *context, const struct packet *packet)
{
    struct fragments *fragments = context;
    int *queue = &fragments->queue_of[packet->data[FRAME_SOURCE_LAST]];
    if (*queue >= 0) {
        assert_int_equal(*queue, fragments->queue);
    }
    *queue = (int)fragments->queue;
    fragments->seen++;
}

// Only the first of them has ports; none is spread by them.
static void fragments_stay_together(void **state)
{
    (void)state;
    enum { FRAGMENTS = 3, UNITS_EACH = 11, MORE = 0x20 };
    struct scene scene = scene_open(SOCKETS, 8 << 20);
    struct fragments fragments = {0};
    memset(fragments.queue_of, -1, sizeof(fragments.queue_of));
    for (unsigned i = 0; i < FLOWS * FRAGMENTS; i++) {
        struct frame frame;
        unsigned part = i % FRAGMENTS;
        frame_fill(&frame, ETHERNET_BYTES + 20 + 8 * UNITS_EACH, (uint16_t)(20000 + i), 443, i);
        frame.octets[FRAME_SOURCE_LAST] = (uint8_t)(i / FRAGMENTS);
        frame.octets[FRAME_FRAGMENT] = part + 1 < FRAGMENTS ? MORE : 0;
        frame.octets[FRAME_FRAGMENT + 1] = (uint8_t)(part * UNITS_EACH);
        frame_send(scene.far, &frame);
    }
    for (; fragments.queue < SOCKETS; fragments.queue++) {
        drain(live_queue(scene.live, fragments.queue), 0, fragment_see, &fragments);
    }
    assert_int_equal(fragments.seen, FLOWS * FRAGMENTS);
    scene_close(&scene);
}

static void what_has_no_room_is_counted(void **state)
{
    (void)state;
    enum { SENT = 4000, BYTES = 1000, LATER = 3 };
    for (unsigned sockets = 1; sockets <= 2; sockets++) {
        struct scene scene = scene_open(sockets, 1 << 20);
        struct frame frame;
        for (unsigned i = 0; i < SENT; i++) {
            frame_fill(&frame, BYTES, 53, (uint16_t)(1024 + i), i);
            frame_send(scene.far, &frame);
        }
        uint64_t given = 0;
        uint64_t received = 0;
        uint64_t dropped = 0;
        for (unsigned i = 0; i < sockets; i++) {
            struct capture *capture = live_queue(scene.live, i);
            given += drain(capture, 1, NULL, NULL);
            struct capture_stats stats = stats_of(capture);
            stats = stats_of(capture); // asking twice counts nothing twice
            received += stats.received;
            dropped += stats.drops[CAPTURE_DROP_RING_FULL];
            assert_int_equal(drops_of(&stats), stats.drops[CAPTURE_DROP_RING_FULL]);
        }
        assert_true(dropped > 0);
        assert_int_equal(received, SENT);
        assert_int_equal(given + dropped, SENT);
        if (sockets == 1) { // there is room again
            for (unsigned i = 0; i < LATER; i++) {
                frame_send(scene.far, &frame);
            }
            assert_int_equal(drain(live_queue(scene.live, 0), LATER, NULL, NULL), LATER);
        }
        scene_close(&scene);
    }
}

static void number_see(void *context, const struct packet *packet)
{
    unsigned *seen = context;
    seen[frame_number(packet->data)]++;
}

// On the loopback device each packet leaves and arrives at the same place.
static void loopback_gives_each_once(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    static const char *const names[] = {"lo"};
    struct live_options options = options_for(names, 1, 2);
    struct live *live = opened(&options);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(bind(sender, (struct sockaddr *)&to, sizeof(to)), 0);
    socklen_t size = sizeof(to);
    assert_int_equal(getsockname(sender, (struct sockaddr *)&to, &size), 0);
    for (uint32_t i = 0; i < COUNT; i++) { // to itself, which is there: no ICMP
        uint32_t number = htonl(i);
        assert_int_equal(sendto(sender, &number, sizeof(number), 0, (struct sockaddr *)&to, size),
                         sizeof(number));
    }
    unsigned seen[COUNT] = {0};
    drain(live_queue(live, 0), 0, number_see, seen);
    drain(live_queue(live, 1), 0, number_see, seen);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(seen[i], 1);
    }
    close(sender);
    live_close(live);
}

static bool told(struct live *live, const char *part)
{
    struct notice notice;
    bool found = false;
    while (live_notice(live, &notice)) {
        found |= strstr(notice.message.text, part) != NULL;
    }
    return found;
}

// All are opened before anyone listens.
static void of_many_interfaces_each_is_told(void **state)
{
    (void)state;
    static char text[LIVE_INTERFACES_MAX][IF_NAMESIZE];
    const char *names[LIVE_INTERFACES_MAX];
    for (unsigned i = 0; i < LIVE_INTERFACES_MAX; i += 2) {
        char command[640];
        snprintf(text[i], IF_NAMESIZE, "weir-a%u", i);
        snprintf(text[i + 1], IF_NAMESIZE, "weir-b%u", i);
        names[i] = text[i];
        names[i + 1] = text[i + 1];
        snprintf(command, sizeof(command), "ip link add %s type veth peer name %s", text[i],
                 text[i + 1]);
        veth_run(command);
    }
    struct live_options options = options_for(names, LIVE_INTERFACES_MAX, 1);
    options.af_packet.ring_bytes = 1 << 20;
    struct live *live = opened(&options);
    struct notice notice;
    unsigned down = 0;
    while (live_notice(live, &notice)) {
        down += strstr(notice.message.text, " is down: ") != NULL;
    }
    assert_int_equal(down, LIVE_INTERFACES_MAX);
    live_close(live);
    for (unsigned i = 0; i < LIVE_INTERFACES_MAX; i += 2) {
        char command[640];
        snprintf(command, sizeof(command), "ip link del %s", text[i]);
        veth_run(command);
    }
}

static void down_and_up_goes_on(void **state)
{
    (void)state;
    for (unsigned sockets = 1; sockets <= 2; sockets++) {
        struct scene scene = scene_open(sockets, 8 << 20);
        struct frame frame;
        frame_fill(&frame, 80, 1000, 53, 1);
        live_watch(scene.live);
        assert_false(told(scene.live, VETH_NEAR));
        veth_run("ip link set " VETH_NEAR " down");
        live_watch(scene.live);
        assert_true(told(scene.live, "was set down"));
        veth_run("ip link set " VETH_NEAR " up");
        live_watch(scene.live);
        assert_true(told(scene.live, "is up again"));
        veth_run("ip link set " VETH_FAR " down");
        live_watch(scene.live);
        assert_true(told(scene.live, "lost its link"));
        veth_run("ip link set " VETH_FAR " up");
        veth_await_up();
        for (unsigned i = 0; i < 8; i++) {
            frame_fill(&frame, 80, (uint16_t)(1000 + i), 53, i);
            frame_send(scene.far, &frame);
        }
        unsigned seen[8] = {0};
        for (unsigned i = 0; i < sockets; i++) {
            drain(live_queue(scene.live, i), sockets == 1 ? 8 : 0, number_see, seen);
        }
        for (unsigned i = 0; i < 8; i++) {
            assert_int_equal(seen[i], 1);
        }
        scene_close(&scene);
    }
}

// Until the queue ends; how many packets came before.
static unsigned read_to_end(struct capture *capture)
{
    struct packet packets[CAPTURE_BURST_MAX];
    unsigned seen = 0;
    int64_t start_us = clock_monotonic_us();
    int count;
    while ((count = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        assert_true(clock_monotonic_us() - start_us < PATIENCE_US);
        seen += (unsigned)count;
        capture_release(capture);
    }
    return seen;
}

static void an_interface_that_is_gone_ends_its_queues(void **state)
{
    (void)state;
    static const char *const names[] = {VETH_NEAR, "lo"};
    veth_create();
    struct live_options options = options_for(names, 2, 2);
    struct live *live = opened(&options);
    int far = veth_sender(VETH_FAR);
    struct frame frame;
    frame_fill(&frame, 80, 1000, 53, 1);
    frame_send(far, &frame);
    close(far);
    veth_remove();
    veth_create(); // another of the same name is another one
    live_watch(live);
    assert_true(told(live, VETH_NEAR " was removed"));
    live_watch(live);
    assert_false(told(live, VETH_NEAR)); // it was said
    unsigned seen = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct capture *capture = live_queue(live, i);
        seen += read_to_end(capture);
        const struct capture_loss *losses;
        assert_int_equal(capture->ops->losses(capture, &losses), 1);
        assert_string_equal(losses[0].file, VETH_NEAR);
        assert_string_equal(losses[0].cause, "detached");
        assert_true(strlen(losses[0].detail) > 0);
        stats_of(capture);
    }
    assert_int_equal(seen, 1);                                      // what came before is not lost
    assert_int_equal(drain(live_queue(live, 2), 0, NULL, NULL), 0); // the other goes on
    live_close(live);
    veth_remove();
}

static int tun_create(unsigned hatype)
{
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    struct ifreq request = {.ifr_name = "weir-tun", .ifr_flags = IFF_TUN};
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0 ||
        ioctl(fd, TUNSETLINK, (unsigned long)hatype) != 0) {
        print_message("no tun device here\n");
        skip();
    }
    veth_run("ip link set weir-tun up");
    return fd;
}

static void link_type_see(void *context, const struct packet *packet)
{
    assert_int_equal(packet->link_type, *(unsigned *)context);
}

static const struct link_case {
    const char *name;
    unsigned hatype;
    unsigned link_type;
    uint8_t front[2]; // before the IP header
    size_t front_bytes;
} link_cases[] = {
    {"bare IP", ARPHRD_NONE, LINK_RAW_IP, {0}, 0},
    {"a tunnel", ARPHRD_TUNNEL, LINK_RAW_IP, {0}, 0},
    {"PPP without its header", ARPHRD_PPP, LINK_RAW_IP, {0}, 0},
    {"PPP", ARPHRD_PPP, LINK_PPP, {0x00, 0x21}, 2},
    {"an unknown link", ARPHRD_IEEE80211, LINK_UNSUPPORTED, {0}, 0},
};

static void links_are_told_apart(void **state)
{
    const struct link_case *link = *state;
    int tun = tun_create(link->hatype);
    static const char *const names[] = {"weir-tun"};
    struct live_options options = options_for(names, 1, 1);
    struct live *live = opened(&options);
    struct frame frame;
    frame_fill(&frame, 100, 1000, 53, 1);
    uint8_t written[sizeof(struct tun_pi) + 100];
    struct tun_pi info = {.proto = htons(ETH_P_IP)};
    size_t bytes = frame.length - ETHERNET_BYTES + link->front_bytes;
    memcpy(written, &info, sizeof(info));
    memcpy(written + sizeof(info), link->front, link->front_bytes);
    memcpy(written + sizeof(info) + link->front_bytes, frame.octets + ETHERNET_BYTES,
           frame.length - ETHERNET_BYTES);
    assert_int_equal(write(tun, written, sizeof(info) + bytes), sizeof(info) + bytes);
    bool known = link->link_type != LINK_UNSUPPORTED;
    unsigned wanted = link->link_type;
    unsigned seen = drain(live_queue(live, 0), known, link_type_see, &wanted);
    struct capture_stats stats = stats_of(live_queue(live, 0));
    assert_int_equal(seen, known);
    assert_int_equal(stats.received, 1);
    assert_int_equal(stats.drops[CAPTURE_DROP_LINK_TYPE], !known);
    assert_int_equal(stats.wire_bytes, bytes);
    assert_int_equal(told(live, "is of a kind"), !known);
    live_close(live);
    close(tun);
}

static void rights_are_needed_to_open_only(void **state)
{
    (void)state;
    static struct frame frame;
    struct scene scene = scene_open(1, 8 << 20);
    frame_fill(&frame, 100, 1000, 53, 1);
    static const char *const names[] = {VETH_NEAR};
    struct live_options options = options_for(names, 1, 1);
    struct live *other = NULL;
    struct error err;
    assert_int_equal(seteuid(NOBODY), 0); // the capabilities go with it, for as long
    int code = live_open(&other, &options, &err);
    live_watch(scene.live);
    exchange(&scene, scene.far, &frame, 1);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(code, -EPERM);
    assert_non_null(strstr(err.text, "CAP_NET_RAW"));
    assert_null(other);
    scene_close(&scene);
}

static const struct refusal {
    const char *name;
    const char *names[2];
    size_t count;
    unsigned sockets;
    uint64_t ring_bytes;
    int code;
    const char *says;
    size_t queues;
} refusals[] = {
    {"no such interface",
     {"nothing"},
     1,
     1,
     8 << 20,
     -ENODEV,
     "no interface is called nothing; there are: lo"},
    {"a typo", {"l0"}, 1, 1, 8 << 20, -ENODEV, "did you mean lo?"},
    {"no name", {"a-name-that-is-too-long"}, 1, 1, 8 << 20, -EINVAL, "is no name"},
    {"one twice", {"lo", "lo"}, 2, 1, 8 << 20, -EINVAL, "names lo twice"},
    {"too many queues", {"lo", "lo"}, 2, 33, 8 << 20, -EINVAL, "at most 64"},
    {"a ring beyond memory", {"lo"}, 1, 1, UINT64_C(1) << 42, -ENOMEM, "capture.af_packet.ring"},
    {"queues, which it cannot choose",
     {"lo"},
     1,
     1,
     8 << 20,
     -EINVAL,
     "capture.queues",
     .queues = 1},
};

static void refused_with_a_reason(void **state)
{
    const struct refusal *refusal = *state;
    struct live_options options = options_for(refusal->names, refusal->count, refusal->sockets);
    options.af_packet.ring_bytes = refusal->ring_bytes;
    options.queues = (struct live_numbers){&(unsigned){0}, refusal->queues};
    struct live *live = NULL;
    struct error err;
    assert_int_equal(live_open(&live, &options, &err), refusal->code);
    if (strstr(err.text, refusal->says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, refusal->says);
    }
    assert_null(live);
}

static void one_interface_by_two_names_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {VETH_NEAR, "weir-other"};
    veth_create();
    veth_run("ip link property add dev " VETH_NEAR " altname weir-other");
    struct live_options options = options_for(names, 2, 1);
    struct live *live = NULL;
    struct error err = {""};
    assert_int_equal(live_open(&live, &options, &err), -EINVAL);
    assert_null(live);
    assert_non_null(strstr(err.text, "names " VETH_NEAR " twice, also as weir-other"));
    veth_remove();
}

static void what_is_down_or_joins_packets_is_told(void **state)
{
    (void)state;
    veth_create();
    veth_run("ip link set " VETH_NEAR " down && ethtool -K " VETH_NEAR
             " gro on tx on tso on >/dev/null");
    static const char *const names[] = {VETH_NEAR};
    struct live_options options = options_for(names, 1, 1);
    struct live *live = opened(&options);
    struct notice down, joins;
    assert_true(live_notice(live, &down));
    assert_non_null(strstr(down.message.text, "ip link set " VETH_NEAR " up"));
    assert_true(live_notice(live, &joins));
    assert_non_null(strstr(joins.message.text, "ethtool -K " VETH_NEAR " gro off tso off"));
    assert_false(live_notice(live, &down));
    veth_run("ip link set " VETH_NEAR " up");
    veth_await_up();
    int far = veth_sender(VETH_FAR);
    struct frame frame;
    frame_fill(&frame, 80, 1000, 53, 1);
    frame_send(far, &frame);
    assert_int_equal(drain(live_queue(live, 0), 1, NULL, NULL), 1);
    close(far);
    live_close(live);
    veth_remove();
}

int main(void)
{
    if (!veth_namespace()) {
        print_message("needs root\n");
        return SKIPPED;
    }
    enum {
        LINKS = sizeof(link_cases) / sizeof(link_cases[0]),
        REFUSALS = sizeof(refusals) / sizeof(refusals[0]),
    };
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(frames_come_as_sent),
        cmocka_unit_test(the_ring_goes_round),
        cmocka_unit_test(tags_are_put_back),
        cmocka_unit_test(sockets_share_flows),
        cmocka_unit_test(fragments_stay_together),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(loopback_gives_each_once),
        cmocka_unit_test(of_many_interfaces_each_is_told),
        cmocka_unit_test(down_and_up_goes_on),
        cmocka_unit_test(an_interface_that_is_gone_ends_its_queues),
        cmocka_unit_test(rights_are_needed_to_open_only),
        cmocka_unit_test(one_interface_by_two_names_is_refused),
        cmocka_unit_test(what_is_down_or_joins_packets_is_told),
    };
    struct CMUnitTest cases[LINKS + REFUSALS];
    for (size_t i = 0; i < LINKS; i++) {
        cases[i] = (struct CMUnitTest){link_cases[i].name, links_are_told_apart, NULL, NULL,
                                       (void *)&link_cases[i]};
    }
    for (size_t i = 0; i < REFUSALS; i++) {
        cases[LINKS + i] = (struct CMUnitTest){refusals[i].name, refused_with_a_reason, NULL, NULL,
                                               (void *)&refusals[i]};
    }
    int failed = cmocka_run_group_tests(fixed, NULL, NULL);
    return failed + cmocka_run_group_tests(cases, NULL, NULL);
}
