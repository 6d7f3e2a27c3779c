// SPDX-License-Identifier: Apache-2.0
// Several sources read by one thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dataplane/capture/gather.h"

enum { SOURCES = 3 };

// Gives so many bursts of one packet, whose length is its own number.
struct spring {
    struct capture capture;
    unsigned number;
    unsigned left;
    unsigned lent;
    unsigned attached;
    struct capture_loss loss;
};

static int spring_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct spring *spring = (struct spring *)capture;
    assert_true(count > 0);
    assert_int_equal(spring->lent, 0);
    if (spring->left == 0) {
        return CAPTURE_END;
    }
    if (spring->left-- % 2 == 0) {
        return 0;
    }
    spring->lent = 1;
    packets[0] = (struct packet){.wire_bytes = spring->number, .interface = 77};
    return 1;
}

static void spring_release(struct capture *capture)
{
    struct spring *spring = (struct spring *)capture;
    assert_int_equal(spring->lent, 1);
    spring->lent = 0;
}

static void spring_stats(const struct capture *capture, struct capture_stats *stats)
{
    const struct spring *spring = (const struct spring *)capture;
    *stats = (struct capture_stats){.received = spring->number, .wire_bytes = 10, .unordered = 1};
    stats->drops[CAPTURE_DROP_RING_FULL] = spring->number;
}

static size_t spring_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct spring *spring = (const struct spring *)capture;
    *losses = &spring->loss;
    return spring->number % 2;
}

static void spring_attach(struct capture *capture)
{
    ((struct spring *)capture)->attached++;
}

static const struct capture_ops spring_ops = {
    .name = "spring",
    .rx_burst = spring_rx_burst,
    .release = spring_release,
    .stats = spring_stats,
    .losses = spring_losses,
    .attach = spring_attach,
};

static void all_sources_are_read_to_their_end(void **state)
{
    (void)state;
    struct spring springs[SOURCES];
    struct capture *sources[SOURCES];
    static const uint8_t interfaces[SOURCES] = {2, 0, 1};
    static const unsigned bursts[SOURCES] = {3, 20, 0};
    for (unsigned i = 0; i < SOURCES; i++) {
        springs[i] = (struct spring){
            .capture = {&spring_ops}, .number = i + 1, .left = bursts[i], .loss = {.offset = i}};
        sources[i] = &springs[i].capture;
    }
    struct capture *gather = NULL;
    struct error err;
    assert_int_equal(gather_open(&gather, sources, interfaces, SOURCES, &err), 0);
    gather->ops->attach(gather);
    unsigned got[SOURCES + 1] = {0};
    struct packet packet;
    for (int count; (count = capture_rx_burst(gather, &packet, 1)) != CAPTURE_END;) {
        if (count > 0) {
            got[packet.wire_bytes]++;
            assert_int_equal(packet.interface, interfaces[packet.wire_bytes - 1]);
            capture_release(gather);
        }
    }
    assert_int_equal(capture_rx_burst(gather, &packet, 1), CAPTURE_END);
    assert_int_equal(got[1], 2);
    assert_int_equal(got[2], 10);
    assert_int_equal(got[3], 0);
    struct capture_stats stats;
    gather->ops->stats(gather, &stats);
    assert_int_equal(stats.received, 6);
    assert_int_equal(stats.wire_bytes, 30);
    assert_int_equal(stats.unordered, 3);
    assert_int_equal(stats.drops[CAPTURE_DROP_RING_FULL], 6);
    const struct capture_loss *losses;
    assert_int_equal(gather->ops->losses(gather, &losses), 2);
    assert_int_equal(losses[0].offset + losses[1].offset, 2);
    for (unsigned i = 0; i < SOURCES; i++) {
        assert_int_equal(springs[i].attached, 1);
    }
    const struct capture_ops *ops = gather->ops;
    ops->close(gather);
    ops->close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_sources_are_read_to_their_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
