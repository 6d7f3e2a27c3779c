// SPDX-License-Identifier: Apache-2.0
// DPDK through the virtual devices that need no NIC: what goes in comes out once and is counted
// once. DPDK starts only once in a process, so that each case runs in a child of its own. Those on
// the kernel's interfaces need root.
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/dpdk_clock.h"
#include "dataplane/capture/live.h"
#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"
#include "tests/unit/capture/veth.h"

enum {
    SKIPPED = 77,
    NOBODY = 65534,
    PATIENCE_US = 10000000, // for what must come
    SILENCE_US = 200000,    // after which nothing more is expected
    ROOM_BYTES = 2048,      // of the first buffer of a packet
};

static struct live_options options_for(const char *const *names, size_t count)
{
    return (struct live_options){
        .kind = LIVE_DPDK,
        .interfaces = {names, count},
        .sockets = 1,
        .promiscuous = true,
        .ring = 512,
        .pages = MEMORY_PAGES_NEVER,
        .sampling = 1,
    };
}

static struct live *opened(const struct live_options *options)
{
    struct live *live = NULL;
    struct error err = {""};
    if (live_open(&live, options, &err) != 0) {
        fail_msg("%s", err.text);
    }
    for (unsigned i = 0; i < live_queue_count(live); i++) {
        live_queue(live, i)->ops->attach(live_queue(live, i));
    }
    return live;
}

static struct live *opened_one(const char *name)
{
    const char *const names[] = {name};
    struct live_options options = options_for(names, 1);
    return opened(&options);
}

typedef void (*packet_look)(const struct packet *packet, void *context);

// Reads until `wanted` packets came, or none for a while; returns how many did.
static uint64_t drain(struct live *live, uint64_t wanted, packet_look look, void *context)
{
    struct packet packets[CAPTURE_BURST_MAX];
    uint64_t seen = 0;
    int64_t last_us = clock_monotonic_us();
    int64_t patience_us = wanted == 0 ? SILENCE_US : PATIENCE_US;
    for (unsigned turn = 0; wanted == 0 || seen < wanted; turn++) {
        struct capture *queue = live_queue(live, turn % live_queue_count(live));
        int received = capture_rx_burst(queue, packets, CAPTURE_BURST_MAX);
        for (int i = 0; i < received && look != NULL; i++) {
            look(&packets[i], context);
        }
        capture_release(queue);
        if (received > 0) {
            seen += (uint64_t)received;
            last_us = clock_monotonic_us();
        } else if (clock_monotonic_us() - last_us > patience_us) {
            break;
        }
    }
    return seen;
}

// What all queues counted; received must be what they gave out and dropped.
static struct capture_stats books(struct live *live, uint64_t given)
{
    struct capture_stats all = {0};
    uint64_t drops = 0;
    for (unsigned i = 0; i < live_queue_count(live); i++) {
        struct capture_stats stats;
        live_queue(live, i)->ops->stats(live_queue(live, i), &stats);
        all.received += stats.received;
        all.wire_bytes += stats.wire_bytes;
        for (size_t drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
            all.drops[drop] += stats.drops[drop];
            drops += stats.drops[drop];
        }
    }
    assert_int_equal(all.received, given + drops);
    return all;
}

static bool told(struct live *live, const char *words)
{
    struct notice notice;
    bool found = false;
    while (live_notice(live, &notice)) {
        found = found || strstr(notice.message.text, words) != NULL;
    }
    return found;
}

// net_null

static void is_1500_octets(const struct packet *packet, void *context)
{
    int64_t *now_us = context;
    assert_int_equal(packet->captured_bytes, 1500);
    assert_int_equal(packet->wire_bytes, 1500);
    assert_int_equal(packet->link_type, LINK_ETHERNET);
    assert_true(packet->time_us >= *now_us);
}

static void null_gives_packets_without_end(void)
{
    cpu_set_t before;
    cpu_set_t after;
    sched_getaffinity(0, sizeof(before), &before);
    const char *const names[] = {"net_null0,size=1500", "net_null1,size=1500"};
    struct live_options options = options_for(names, 2);
    options.sockets = 2;
    int64_t now_us = clock_wall_us();
    struct live *live = opened(&options);
    sched_getaffinity(0, sizeof(after), &after);
    assert_true(CPU_EQUAL(&before, &after));
    assert_int_equal(live_queue_count(live), 4);
    assert_true(told(live, "net_null0: driver net_null, 2 queues of 512 descriptors"));
    uint64_t seen = drain(live, 100000, is_1500_octets, &now_us);
    struct capture_stats all = books(live, seen);
    assert_int_equal(all.received, seen); // no drops
    assert_int_equal(all.wire_bytes, 1500 * seen);
    live_watch(live);
    assert_false(told(live, ""));
    live_close(live);
}

static void null_of_jumbo_size(void)
{
    struct live *live = opened_one("net_null0,size=9000");
    struct packet packet;
    assert_int_equal(capture_rx_burst(live_queue(live, 0), &packet, 1), 1);
    assert_int_equal(packet.captured_bytes, 9000);
    capture_release(live_queue(live, 0));
    live_close(live);
}

// net_pcap

enum { SAMPLES = 200, JUMBO_BYTES = 9000 };

static void samples_make(struct sample samples[SAMPLES])
{
    for (size_t i = 0; i < SAMPLES; i++) {
        uint32_t bytes = i % 50 == 49 ? JUMBO_BYTES : 60 + (uint32_t)i * 7;
        samples[i] = (struct sample){INT64_C(1700000000000000) + (int64_t)i, bytes, bytes};
    }
}

// The capture as a file that lives with the process.
static void samples_write(const struct sample *samples, size_t count, char path[PATH_BYTES])
{
    struct written written = {0};
    encodings[0].write(&encodings[0], 1, samples, count, &written);
    file_of(&written.bytes, path);
    bytes_free(&written.bytes);
}

struct reading {
    const struct sample *samples;
    size_t count;
    size_t next;
};

static void is_next_sample(const struct packet *packet, void *context)
{
    struct reading *reading = context;
    size_t number = reading->next++ % reading->count;
    uint32_t bytes = reading->samples[number].wire_bytes;
    assert_int_equal(packet->wire_bytes, bytes);
    // Longer ones lie in several buffers, of which the first is to be seen.
    assert_int_equal(packet->captured_bytes, bytes < ROOM_BYTES ? bytes : ROOM_BYTES);
    uint8_t octets[JUMBO_BYTES];
    sample_fill(octets, bytes, number);
    assert_memory_equal(packet->data, octets, packet->captured_bytes);
}

static void a_capture_comes_whole(void)
{
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, SAMPLES, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s", path);
    struct live *live = opened_one(name);
    struct reading reading = {samples, SAMPLES, 0};
    uint64_t seen = drain(live, 0, is_next_sample, &reading);
    assert_int_equal(seen, SAMPLES);
    assert_int_equal(books(live, seen).received, SAMPLES);
    live_close(live);
}

// The driver reads the next packet of the file before it looks for a buffer.
static void what_finds_no_buffer_is_counted(void)
{
    struct sample samples[SAMPLES];
    samples_make(samples);
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i].captured_bytes = samples[i].wire_bytes = 100;
    }
    char path[PATH_BYTES];
    samples_write(samples, SAMPLES, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s", path);
    const char *const names[] = {name};
    struct live_options options = options_for(names, 1);
    options.dpdk.mbufs = CAPTURE_BURST_MAX / 2;
    struct live *live = opened(&options);
    uint64_t seen = drain(live, 0, NULL, NULL);
    struct capture_stats all = books(live, seen);
    assert_int_equal(all.received, SAMPLES);
    assert_true(all.drops[CAPTURE_DROP_NO_BUFFER] > 0);
    // One that is gone cannot be asked; what it had counted stays.
    (void)rte_eth_dev_stop(0);
    assert_int_equal(rte_eth_dev_close(0), 0);
    assert_int_equal(books(live, seen).received, SAMPLES);
    live_close(live);
}

static void queues_that_nobody_reads_are_told(void)
{
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, 10, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s,rx_pcap=%s", path, path);
    const char *const names[] = {name};
    struct live_options options = options_for(names, 1);
    struct live *live = opened(&options);
    assert_true(told(live, "has 2 queues and 1 are read"));
    live_close(live);
}

static void several_queues_are_read(void)
{
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, 10, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s,rx_pcap=%s", path, path);
    const char *const names[] = {name};
    struct live_options options = options_for(names, 1);
    options.sockets = 2;
    struct live *live = opened(&options);
    assert_true(told(live, "spreads packets over its queues as it likes"));
    uint64_t seen = drain(live, 0, NULL, NULL);
    assert_int_equal(seen, 20);
    books(live, seen);
    live_close(live);
}

static void a_capture_comes_again_and_again(void)
{
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, 40, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s,infinite_rx=1", path);
    struct live *live = opened_one(name);
    struct reading reading = {samples, 40, 0};
    uint64_t seen = drain(live, 100000, is_next_sample, &reading);
    assert_true(seen >= 100000);
    assert_int_equal(books(live, seen).received, seen);
    live_close(live);
}

// net_ring: the test puts buffers where the sensor's port takes them.

enum { RING_BUFFERS = 1023 };

struct ring {
    struct live *live;
    struct rte_mempool *pool;
    struct rte_ring *wire;
};

static struct ring ring_open(void)
{
    struct ring ring = {.live = opened_one("net_ring0")};
    ring.pool = rte_pktmbuf_pool_create("test", RING_BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
    ring.wire = rte_ring_lookup("ETH_RXTX0_net_ring0");
    assert_non_null(ring.pool);
    assert_non_null(ring.wire);
    return ring;
}

static struct rte_mbuf *ring_buffer(const struct ring *ring, const char *text)
{
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(ring->pool);
    assert_non_null(mbuf);
    size_t length = strlen(text);
    memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), text, length);
    return mbuf;
}

static void ring_close(struct ring *ring)
{
    // All came back, those of a chain, too.
    assert_int_equal(rte_mempool_avail_count(ring->pool), RING_BUFFERS);
    rte_mempool_free(ring->pool);
    live_close(ring->live);
}

static void a_tag_that_was_cut_out_is_put_back(void)
{
    struct ring ring = ring_open();
    struct rte_mbuf *mbufs[] = {ring_buffer(&ring, "ddddddssssssIPpayload"),
                                ring_buffer(&ring, "ddddddssssssIPpayload")};
    mbufs[1]->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
    mbufs[1]->vlan_tci = 0x3132;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rte_ring_enqueue(ring.wire, mbufs[i]), 0);
    }
    struct packet packets[4];
    struct capture *queue = live_queue(ring.live, 0);
    assert_int_equal(capture_rx_burst(queue, packets, 4), 2);
    assert_int_equal(packets[0].captured_bytes, 21);
    assert_memory_equal(packets[0].data, "ddddddssssssIPpayload", 21);
    assert_int_equal(packets[1].captured_bytes, 25);
    assert_int_equal(packets[1].wire_bytes, 25);
    assert_memory_equal(packets[1].data, "ddddddssssss\x81\0\x31\x32IPpayload", 25);
    capture_release(queue);
    assert_int_equal(books(ring.live, 2).wire_bytes, 21 + 25);
    ring_close(&ring);
}

static void chains_are_freed_whole(void)
{
    struct ring ring = ring_open();
    for (unsigned i = 0; i < 5000; i++) {
        struct rte_mbuf *mbuf = ring_buffer(&ring, "begins");
        assert_int_equal(rte_pktmbuf_chain(mbuf, ring_buffer(&ring, " and ends")), 0);
        assert_int_equal(rte_ring_enqueue(ring.wire, mbuf), 0);
        struct packet packet;
        assert_int_equal(capture_rx_burst(live_queue(ring.live, 0), &packet, 1), 1);
        assert_int_equal(packet.captured_bytes, 6);
        assert_int_equal(packet.wire_bytes, 15);
        capture_release(live_queue(ring.live, 0));
    }
    assert_int_equal(books(ring.live, 5000).wire_bytes, 5000 * 15);
    ring_close(&ring);
}

// net_memif: another process sends.

enum { MEMIF_FRAMES = 20000, MEMIF_BYTES = 100 };

static int memif_send(const char *device)
{
    char line[320];
    char *arguments[16];
    int count = 0;
    snprintf(line, sizeof(line),
             "sender --no-huge --no-shconf -m 64 --no-pci --no-telemetry --log-level=error "
             "--iova-mode=va --vdev=%s",
             device);
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    struct rte_eth_conf conf = {0};
    if (rte_eal_init(count, arguments) < 0) {
        return 1;
    }
    struct rte_mempool *pool = rte_pktmbuf_pool_create("s", 4095, 0, 0, 2176, SOCKET_ID_ANY);
    if (pool == NULL || rte_eth_dev_configure(0, 1, 1, &conf) != 0 ||
        rte_eth_rx_queue_setup(0, 0, 512, 0, NULL, pool) != 0 ||
        rte_eth_tx_queue_setup(0, 0, 512, 0, NULL) != 0 || rte_eth_dev_start(0) != 0) {
        return 2;
    }
    for (uint32_t number = 0; number < MEMIF_FRAMES;) {
        struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
        if (mbuf == NULL) {
            return 3;
        }
        memset(rte_pktmbuf_append(mbuf, MEMIF_BYTES), 'm', MEMIF_BYTES);
        memcpy(rte_pktmbuf_mtod(mbuf, void *), &number, sizeof(number));
        if (rte_eth_tx_burst(0, 0, &mbuf, 1) == 1) {
            number++;
        } else {
            rte_pktmbuf_free(mbuf); // not connected yet, or the ring is full
            clock_sleep_us(100);
        }
    }
    pause(); // what is in the shared ring goes with us
    return 0;
}

static void is_next_number(const struct packet *packet, void *context)
{
    uint32_t *next = context;
    uint32_t number;
    memcpy(&number, packet->data, sizeof(number));
    assert_int_equal(packet->captured_bytes, MEMIF_BYTES);
    assert_int_equal(number, *next);
    ++*next;
}

static void memif_takes_from_another_process(void)
{
    char directory[] = "/tmp/weir-memif-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char server[128];
    char client[128];
    snprintf(server, sizeof(server), "net_memif0,role=server,socket-abstract=no,socket=%s/s",
             directory);
    snprintf(client, sizeof(client), "net_memif0,role=client,socket-abstract=no,socket=%s/s",
             directory);
    pid_t sender = fork();
    if (sender == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        clock_sleep_us(500000);
        _exit(memif_send(client));
    }
    struct live *live = opened_one(server);
    uint32_t next = 0;
    uint64_t seen = drain(live, MEMIF_FRAMES, is_next_number, &next);
    live_watch(live);
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    assert_int_equal(seen, MEMIF_FRAMES);
    assert_int_equal(books(live, seen).received, MEMIF_FRAMES);
    assert_true(told(live, "net_memif0: link is up"));
    live_close(live);
    assert_int_equal(rmdir(directory), 0);
}

// On the kernel's interfaces.

enum { FRAMES = 5000 };

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
    struct live *live = opened_one(device);
    struct numbers numbers = {length, 0};
    frames_send(length, 100);
    assert_int_equal(drain(live, 100, is_later_frame, &numbers), 100);
    numbers.least = 0;
    frames_send(length, FRAMES);
    uint64_t seen = drain(live, 0, is_later_frame, &numbers) + 100;
    struct capture_stats all = books(live, seen);
    assert_int_equal(all.received, FRAMES + 100);
    assert_true(seen < all.received);
    live_watch(live);
    live_close(live);
    veth_remove();
}

static void af_packet_keeps_books(void)
{
    interface_keeps_books("net_af_packet0,iface=" VETH_NEAR, 200);
}

static void af_packet_with_jumbo_frames(void)
{
    interface_keeps_books("net_af_packet0,iface=" VETH_NEAR ",framesz=16384,blocksz=16384", 8000);
}

static void af_xdp_keeps_books(void)
{
    interface_keeps_books("net_af_xdp0,iface=" VETH_NEAR, 200);
}

static void af_xdp_with_a_long_frame(void)
{
    interface_keeps_books("net_af_xdp0,iface=" VETH_NEAR, 3000);
}

static void interface_goes_down_and_away(const char *device)
{
    struct numbers numbers = {80, 0};
    struct packet packet;
    const struct capture_loss *loss;
    short_veth_create();
    struct live *live = opened_one(device);
    while (told(live, "")) {
    }
    veth_run("ip link set " VETH_FAR " down");
    live_watch(live);
    assert_true(told(live, "link is down"));
    live_watch(live);
    assert_false(told(live, ""));
    veth_run("ip link set " VETH_FAR " up");
    live_watch(live);
    assert_true(told(live, "link is up"));
    frames_send(80, 10);
    assert_int_equal(drain(live, 10, is_later_frame, &numbers), 10);
    assert_int_equal(live_queue(live, 0)->ops->losses(live_queue(live, 0), &loss), 0);
    numbers.least = 0;
    frames_send(80, 20);
    veth_remove();
    live_watch(live);
    // What had come before is still given out.
    assert_int_equal(drain(live, 20, is_later_frame, &numbers), 20);
    assert_int_equal(capture_rx_burst(live_queue(live, 0), &packet, 1), CAPTURE_END);
    assert_int_equal(live_queue(live, 0)->ops->losses(live_queue(live, 0), &loss), 1);
    assert_string_equal(loss->cause, "detached");
    assert_true(told(live, "is gone"));
    live_watch(live);
    assert_false(told(live, ""));
    assert_int_equal(books(live, 30).received, 30);
    live_close(live);
}

static void af_packet_goes_down_and_away(void)
{
    interface_goes_down_and_away("net_af_packet0,iface=" VETH_NEAR);
}

static void af_xdp_goes_down_and_away(void)
{
    interface_goes_down_and_away("net_af_xdp0,iface=" VETH_NEAR);
}

static void promiscuous_ends_with_the_capture(void)
{
    veth_create();
    struct live *live = opened_one("net_af_packet0,iface=" VETH_NEAR);
    veth_run("ip -d link show " VETH_NEAR " | grep -q 'promiscuity 1'");
    live_close(live);
    veth_run("ip -d link show " VETH_NEAR " | grep -q 'promiscuity 0'");
    veth_remove();
}

static void af_xdp_leaves_no_program(void)
{
    short_veth_create();
    pid_t child = fork();
    if (child == 0) {
        const char *const names[] = {"net_af_xdp0,iface=" VETH_NEAR};
        struct live_options options = options_for(names, 1);
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

// What is refused.

static const struct refusal {
    const char *name;
    const char *device;
    const char *arguments;
    enum memory_pages pages;
    unsigned sockets;
    uint32_t ring;
    int code;
    const char *words[3]; // of the message
} refusals[] = {
    {"an unknown driver", "net_nope0", "", 1, 1, 512, -ENODEV, {"net_nope0"}},
    {"a file that is not there",
     "net_pcap0,rx_pcap=/nope",
     "",
     1,
     1,
     512,
     -ENODEV,
     {"net_pcap0,rx_pcap=/nope", "No such file"}},
    {"an interface that is not there",
     "net_af_packet0,iface=weir-nope",
     "",
     1,
     1,
     512,
     -ENODEV,
     {"weir-nope", "lo"}},
    {"no interface named", "net_af_packet0", "", 1, 1, 512, -ENODEV, {"net_af_packet0"}},
    {"too few queues",
     "net_pcap0,iface=lo",
     "",
     1,
     3,
     512,
     -EINVAL,
     {"1 receive queues", "expected 3", "capture.spread=flows"}},
    {"huge pages that are not there",
     "net_null0",
     "",
     MEMORY_PAGES_REQUIRE,
     8,
     65536,
     -ENOMEM,
     {"huge pages", "sysctl vm.nr_hugepages="}},
    {"too little memory", "net_null0", "-m 16", 1, 8, 32768, -ENOMEM, {"net_null0", "buffers"}},
    {"arguments that are none", "net_null0", "--nope", 1, 1, 512, -EINVAL, {"--nope"}},
    {"no such PCI device", "0000:ff:1f.7", "", 1, 1, 512, -ENODEV, {"0000:ff:1f.7"}},
    {"half a PCI address", "0000:03", "", 1, 1, 512, -EINVAL, {"0000:03", "0000:03:00.0"}},
    {"a PCI address with a tail", "0000:03:00.0x", "", 1, 1, 512, -EINVAL, {"0000:03:00.0x"}},
};

static const struct refusal *refusal;

static void refused_with_a_reason(void)
{
    struct live *live = NULL;
    struct error err = {""};
    struct live_options options = options_for(&refusal->device, 1);
    options.pages = refusal->pages;
    options.sockets = refusal->sockets;
    options.ring = refusal->ring;
    options.dpdk.arguments = refusal->arguments;
    int code = live_open(&live, &options, &err);
    print_message("%s\n", err.text);
    assert_int_equal(code, refusal->code);
    assert_null(live);
    for (size_t i = 0; i < 3 && refusal->words[i] != NULL; i++) {
        assert_non_null(strstr(err.text, refusal->words[i]));
    }
}

static void assert_wrong(const char *const *names, size_t count, const char *words)
{
    struct live *live = NULL;
    struct error err = {""};
    struct live_options options = options_for(names, count);
    assert_int_equal(live_open(&live, &options, &err), -EINVAL);
    assert_null(live);
    assert_non_null(strstr(err.text, words));
}

static void a_name_without_end_is_refused(void)
{
    static char name[10000] = "net_pcap0,rx_pcap=";
    const char *const names[] = {name};
    size_t length = strlen(name);
    memset(name + length, 'a', sizeof(name) - 1 - length);
    assert_wrong(names, 1, "too many arguments for DPDK, or too long");
}

static void a_device_twice_is_refused(void)
{
    static const char *const names[] = {"net_null0,size=64", "net_null1", "net_null0,size=1500"};
    assert_wrong(names, 3, "capture.dpdk.device names net_null0 twice");
}

static void starts_only_once(void)
{
    struct error err = {""};
    const char *const names[] = {"net_null0"};
    struct live_options options = options_for(names, 1);
    live_close(opened(&options));
    struct live *live = NULL;
    assert_int_equal(live_open(&live, &options, &err), -EALREADY);
    assert_non_null(strstr(err.text, "only once"));
}

static void rights_that_lack_are_named(void)
{
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
            struct live_options options = options_for(&cases[i].device, 1);
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
static void needs_no_rights_to_read(void)
{
    veth_create();
    struct live *live = opened_one("net_af_packet0,iface=" VETH_NEAR);
    frames_send(80, 10);
    assert_int_equal(setgid(NOBODY), 0);
    assert_int_equal(setuid(NOBODY), 0);
    struct numbers numbers = {80, 0};
    assert_int_equal(drain(live, 10, is_later_frame, &numbers), 10);
    while (told(live, "")) {
    }
    live_watch(live);
    assert_false(told(live, ""));
    books(live, 10);
    live_close(live);
}

// The NIC's clock.

static void ticks_become_wall_time(void **state)
{
    (void)state;
    static struct dpdk_clock clock;
    const uint64_t first = UINT64_MAX - 500; // it wraps
    dpdk_clock_begin(&clock, first, 1000);
    // 8 ticks a microsecond, by the monotonic clock; the wall clock was set meanwhile.
    dpdk_clock_set(&clock, first + 8000000, 1001000, 5000000);
    struct dpdk_moment moment = dpdk_clock_now(&clock);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 8000000), 5000000);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 8000800), 5000100);
    assert_int_equal(dpdk_moment_wall_us(&moment, first), 4000000);
    dpdk_clock_set(&clock, first + 16000000, 2001000, 7000000);
    moment = dpdk_clock_now(&clock);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 16000008), 7000001);
    dpdk_clock_set(&clock, first, 3000000, 9000000); // stands still: nothing to learn
    moment = dpdk_clock_now(&clock);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 16000008), 7000001);
}

static const struct scenario {
    const char *name;
    void (*run)(void);
    const struct refusal *refusal;
    bool interfaces; // needs a namespace of its own, and so root
} scenarios[] = {
    {"null gives packets without end", null_gives_packets_without_end},
    {"null of jumbo size", null_of_jumbo_size},
    {"a capture comes whole", a_capture_comes_whole},
    {"what finds no buffer is counted", what_finds_no_buffer_is_counted},
    {"several queues are read", several_queues_are_read},
    {"queues that nobody reads are told", queues_that_nobody_reads_are_told},
    {"a capture comes again and again", a_capture_comes_again_and_again},
    {"a tag that was cut out is put back", a_tag_that_was_cut_out_is_put_back},
    {"chains are freed whole", chains_are_freed_whole},
    {"memif takes from another process", memif_takes_from_another_process},
    {"a name without end is refused", a_name_without_end_is_refused},
    {"a device twice is refused", a_device_twice_is_refused},
    {"starts only once", starts_only_once},
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

static void (*scenario_run)(void);

static void run_alone(void **state)
{
    (void)state;
    scenario_run();
}

// cmocka runs inside the child once more, so that what fails there is told as anywhere.
static int child_run(const struct scenario *scenario)
{
    const struct CMUnitTest alone[] = {{scenario->name, run_alone, NULL, NULL, NULL}};
    if (scenario->interfaces && !veth_namespace()) {
        print_message("%s: needs root\n", scenario->name);
        return SKIPPED;
    }
    scenario_run = scenario->run;
    refusal = scenario->refusal;
    return cmocka_run_group_tests_name(scenario->name, alone, NULL, NULL);
}

static void in_a_child(void **state)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(child_run(*state));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    enum {
        SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]),
        REFUSALS = sizeof(refusals) / sizeof(refusals[0]),
    };
    static struct scenario refused[REFUSALS];
    struct CMUnitTest tests[SCENARIOS + REFUSALS + 1];
    for (size_t i = 0; i < SCENARIOS; i++) {
        tests[i] =
            (struct CMUnitTest){scenarios[i].name, in_a_child, NULL, NULL, (void *)&scenarios[i]};
    }
    for (size_t i = 0; i < REFUSALS; i++) {
        refused[i] =
            (struct scenario){refusals[i].name, refused_with_a_reason, &refusals[i], false};
        tests[SCENARIOS + i] =
            (struct CMUnitTest){refusals[i].name, in_a_child, NULL, NULL, &refused[i]};
    }
    tests[SCENARIOS + REFUSALS] = (struct CMUnitTest)cmocka_unit_test(ticks_become_wall_time);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
