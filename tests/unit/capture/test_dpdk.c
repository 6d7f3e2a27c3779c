// SPDX-License-Identifier: Apache-2.0
// DPDK through the virtual devices that need no NIC: what goes in comes out once and is counted
// once.
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/clock.h"
#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/dpdk_child.h"
#include "tests/unit/capture/encoding.h"

enum { ROOM_BYTES = 2048 }; // of the first buffer of a packet

// net_null

static void is_1500_octets(const struct packet *packet, void *context)
{
    int64_t *now_us = context;
    assert_int_equal(packet->captured_bytes, 1500);
    assert_int_equal(packet->wire_bytes, 1500);
    assert_int_equal(packet->link_type, LINK_ETHERNET);
    assert_true(packet->time_us >= *now_us);
}

static void null_gives_packets_without_end(const void *argument)
{
    (void)argument;
    cpu_set_t before;
    cpu_set_t after;
    sched_getaffinity(0, sizeof(before), &before);
    const char *const names[] = {"net_null0,size=1500", "net_null1,size=1500"};
    struct live_options options = dpdk_bed_options(names, 2);
    options.sockets = 2;
    int64_t now_us = clock_wall_us();
    struct live *live = bed_open(&options);
    sched_getaffinity(0, sizeof(after), &after);
    assert_true(CPU_EQUAL(&before, &after));
    assert_int_equal(live_queue_count(live), 4);
    assert_true(bed_told(live, "net_null0: driver net_null, 2 queues of 512 descriptors"));
    uint64_t seen = bed_drain(live, 100000, is_1500_octets, &now_us);
    struct capture_stats all = bed_books(live, seen);
    assert_int_equal(all.received, seen); // no drops
    assert_int_equal(all.wire_bytes, 1500 * seen);
    live_watch(live);
    assert_false(bed_told(live, ""));
    live_close(live);
}

static void null_of_jumbo_size(const void *argument)
{
    (void)argument;
    struct live *live = dpdk_bed_open("net_null0,size=9000");
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

static void a_capture_comes_whole(const void *argument)
{
    (void)argument;
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, SAMPLES, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s", path);
    struct live *live = dpdk_bed_open(name);
    struct reading reading = {samples, SAMPLES, 0};
    uint64_t seen = bed_drain(live, 0, is_next_sample, &reading);
    assert_int_equal(seen, SAMPLES);
    assert_int_equal(bed_books(live, seen).received, SAMPLES);
    live_close(live);
}

// The driver reads the next packet of the file before it looks for a buffer.
static void what_finds_no_buffer_is_counted(const void *argument)
{
    (void)argument;
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
    struct live_options options = dpdk_bed_options(names, 1);
    options.dpdk.mbufs = CAPTURE_BURST_MAX / 2;
    struct live *live = bed_open(&options);
    uint64_t seen = bed_drain(live, 0, NULL, NULL);
    struct capture_stats all = bed_books(live, seen);
    assert_int_equal(all.received, SAMPLES);
    assert_true(all.drops[CAPTURE_DROP_NO_BUFFER] > 0);
    // One that is gone cannot be asked; what it had counted stays.
    (void)rte_eth_dev_stop(0);
    assert_int_equal(rte_eth_dev_close(0), 0);
    assert_int_equal(bed_books(live, seen).received, SAMPLES);
    live_close(live);
}

static void queues_that_nobody_reads_are_told(const void *argument)
{
    (void)argument;
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, 10, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s,rx_pcap=%s", path, path);
    const char *const names[] = {name};
    struct live_options options = dpdk_bed_options(names, 1);
    struct live *live = bed_open(&options);
    assert_true(bed_told(live, "has 2 queues and 1 are read"));
    live_close(live);
}

static void several_queues_are_read(const void *argument)
{
    (void)argument;
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, 10, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s,rx_pcap=%s", path, path);
    const char *const names[] = {name};
    struct live_options options = dpdk_bed_options(names, 1);
    options.sockets = 2;
    struct live *live = bed_open(&options);
    assert_true(bed_told(live, "spreads packets over its queues as it likes"));
    uint64_t seen = bed_drain(live, 0, NULL, NULL);
    assert_int_equal(seen, 20);
    bed_books(live, seen);
    live_close(live);
}

static void a_capture_comes_again_and_again(const void *argument)
{
    (void)argument;
    struct sample samples[SAMPLES];
    samples_make(samples);
    char path[PATH_BYTES];
    samples_write(samples, 40, path);
    char name[128];
    snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s,infinite_rx=1", path);
    struct live *live = dpdk_bed_open(name);
    struct reading reading = {samples, 40, 0};
    uint64_t seen = bed_drain(live, 100000, is_next_sample, &reading);
    assert_true(seen >= 100000);
    assert_int_equal(bed_books(live, seen).received, seen);
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
    struct ring ring = {.live = dpdk_bed_open("net_ring0")};
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

static void a_tag_that_was_cut_out_is_put_back(const void *argument)
{
    (void)argument;
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
    assert_int_equal(bed_books(ring.live, 2).wire_bytes, 21 + 25);
    ring_close(&ring);
}

static void chains_are_freed_whole(const void *argument)
{
    (void)argument;
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
    assert_int_equal(bed_books(ring.live, 5000).wire_bytes, 5000 * 15);
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

static void memif_takes_from_another_process(const void *argument)
{
    (void)argument;
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
    struct live *live = dpdk_bed_open(server);
    uint32_t next = 0;
    uint64_t seen = bed_drain(live, MEMIF_FRAMES, is_next_number, &next);
    live_watch(live);
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    assert_int_equal(seen, MEMIF_FRAMES);
    assert_int_equal(bed_books(live, seen).received, MEMIF_FRAMES);
    assert_true(bed_told(live, "net_memif0: link is up"));
    live_close(live);
    assert_int_equal(rmdir(directory), 0);
}
static const struct dpdk_scenario scenarios[] = {
    {"null gives packets without end", null_gives_packets_without_end, NULL, false},
    {"null of jumbo size", null_of_jumbo_size, NULL, false},
    {"a capture comes whole", a_capture_comes_whole, NULL, false},
    {"what finds no buffer is counted", what_finds_no_buffer_is_counted, NULL, false},
    {"several queues are read", several_queues_are_read, NULL, false},
    {"queues that nobody reads are told", queues_that_nobody_reads_are_told, NULL, false},
    {"a capture comes again and again", a_capture_comes_again_and_again, NULL, false},
    {"a tag that was cut out is put back", a_tag_that_was_cut_out_is_put_back, NULL, false},
    {"chains are freed whole", chains_are_freed_whole, NULL, false},
    {"memif takes from another process", memif_takes_from_another_process, NULL, false},
};

int main(void)
{
    return dpdk_run(scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
