// SPDX-License-Identifier: Apache-2.0
// Sends packets into an interface as fast as the kernel takes them, or at a pace: bench_sender
// [OPTIONS] INTERFACE For interfaces of a test's own network namespace. Prints what was sent as
// JSON.
//
// Frames go through a PACKET_TX_RING past the queueing discipline: the cheapest way that needs no
// driver. A ring's worth is handed over with one call.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/frame.h"
#include "tests/bench/mix.h"

enum { SLOT_BYTES = 256, SLOTS = 1024, BATCH = 64, SYN_BYTES = 60 };

struct request {
    const char *interface;
    const struct traffic_kind *kind; // NULL: SYNs of sources made up at random
    double seconds;
    uint64_t pps; // 0: as fast as it goes
    uint64_t seed;
};

struct sender {
    int fd;
    uint8_t *ring;
    unsigned next;    // slot
    unsigned written; // not yet handed over
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int sender_open(struct sender *sender, const char *interface)
{
    struct tpacket_req ring = {.tp_block_size = SLOT_BYTES * SLOTS,
                               .tp_block_nr = 1,
                               .tp_frame_size = SLOT_BYTES,
                               .tp_frame_nr = SLOTS};
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_ifindex = (int)if_nametoindex(interface)};
    int version = TPACKET_V2;
    int yes = 1;
    sender->fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (sender->fd < 0 || address.sll_ifindex == 0 ||
        setsockopt(sender->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
        setsockopt(sender->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0 ||
        setsockopt(sender->fd, SOL_PACKET, PACKET_LOSS, &yes, sizeof(yes)) < 0 ||
        setsockopt(sender->fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)) < 0 ||
        bind(sender->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        return -errno;
    }
    sender->ring =
        mmap(NULL, SLOT_BYTES * SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, sender->fd, 0);
    return sender->ring == MAP_FAILED ? -errno : 0;
}

static void sender_flush(struct sender *sender)
{
    while (sender->written > 0 && send(sender->fd, NULL, 0, 0) < 0 && errno == ENOBUFS) {
    }
    sender->written = 0;
}

// Room for the next frame.
static uint8_t *sender_reserve(struct sender *sender)
{
    struct tpacket2_hdr *slot = (void *)(sender->ring + sender->next * SLOT_BYTES);
    while (__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE) {
        sender_flush(sender);
    }
    return (uint8_t *)slot + TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
}

static void sender_submit(struct sender *sender, size_t bytes)
{
    struct tpacket2_hdr *slot = (void *)(sender->ring + sender->next * SLOT_BYTES);
    slot->tp_len = (uint32_t)bytes;
    __atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
    sender->next = (sender->next + 1) % SLOTS;
    if (++sender->written == BATCH) {
        sender_flush(sender);
    }
}

static uint16_t checksum(const uint8_t *octets, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i += 2) {
        sum += (uint32_t)octets[i] << 8 | octets[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

// A SYN to one of a few servers, from anywhere in 10.0.0.0/8. TCP's own checksum is left out:
// nobody receives these.
static size_t syn_build(uint8_t *frame, uint64_t number)
{
    static const uint8_t model[54] = {
        2,  0, 0, 0,    0, 2, 2, 0, 0,  0, 0, 1, 0x08, 0x00,                      // Ethernet
        69, 0, 0, 40,   0, 0, 0, 0, 64, 6, 0, 0, 10,   0,    0, 0, 10, 255, 0, 1, // IPv4
        0,  0, 0, 0x50, 0, 0, 0, 0, 0,  0, 0, 0, 0x50, 0x02, 4, 0, 0,  0,   0, 0, // TCP, SYN
    };
    memcpy(frame, model, sizeof(model));
    memset(frame + sizeof(model), 0, SYN_BYTES - sizeof(model));
    memcpy(frame + 27, &number, 3); // the last three octets of the source address
    memcpy(frame + 34, (uint8_t *)&number + 3, 2);
    frame[33] = (uint8_t)(number >> 40 & 3);
    uint16_t sum = checksum(frame + 14, 20);
    frame[24] = (uint8_t)(sum >> 8);
    frame[25] = (uint8_t)sum;
    return SYN_BYTES;
}

static uint64_t send_all(struct sender *sender, const struct request *request,
                         struct traffic *traffic)
{
    struct frame_hosts hosts = {.flows = request->kind != NULL ? request->kind->flows : 0};
    double began = now();
    double end = began + request->seconds;
    uint64_t sent = 0;
    for (double time = began; time < end; time = now()) {
        while (request->pps != 0 && (double)sent > (now() - began) * (double)request->pps) {
        }
        for (unsigned i = 0; i < BATCH; i++, sent++) {
            struct turn turn;
            uint8_t *frame = sender_reserve(sender);
            if (traffic == NULL) {
                sender_submit(sender, syn_build(frame, mix64(request->seed + sent)));
            } else {
                traffic_next(traffic, &turn);
                sender_submit(sender, frame_build(frame, &hosts, &turn));
            }
        }
    }
    sender_flush(sender);
    printf("{\"sent\":%" PRIu64 ",\"seconds\":%.3f,\"pps\":%.0f}\n", sent, now() - began,
           (double)sent / (now() - began));
    return sent;
}

static int usage(void)
{
    fputs("usage: bench_sender [--seconds N] [--pps N] [--seed N] KIND INTERFACE\n"
          "  flood    SYNs of sources made up at random\n",
          stderr);
    for (const struct traffic_kind *kind = traffic_kinds; kind->name != NULL; kind++) {
        fprintf(stderr, "  %-8s %s\n", kind->name, kind->help);
    }
    return 2;
}

static bool kind_read(struct request *request, const char *name)
{
    const struct traffic_kind *kind = traffic_kinds;
    while (kind->name != NULL && strcmp(kind->name, name) != 0) {
        kind++;
    }
    request->kind = kind->name != NULL ? kind : NULL;
    return kind->name != NULL || strcmp(name, "flood") == 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seconds", required_argument, NULL, 't'},
                                            {"pps", required_argument, NULL, 'p'},
                                            {"seed", required_argument, NULL, 's'},
                                            {0}};
    struct request request = {.seconds = 10, .seed = 1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 't':
            request.seconds = strtod(optarg, NULL);
            break;
        case 'p':
            request.pps = strtoull(optarg, NULL, 10);
            break;
        case 's':
            request.seed = strtoull(optarg, NULL, 10) << 40;
            break;
        default:
            return usage();
        }
    }
    if (argc - optind != 2 || !kind_read(&request, argv[optind])) {
        return usage();
    }
    struct sender sender = {0};
    int code = sender_open(&sender, argv[optind + 1]);
    if (code != 0) {
        fprintf(stderr, "bench_sender: %s: %s\n", argv[optind + 1], strerror(-code));
        return 1;
    }
    struct traffic *traffic =
        request.kind != NULL ? traffic_create(request.kind, request.seed) : NULL;
    send_all(&sender, &request, traffic);
    traffic_free(traffic);
    return 0;
}
