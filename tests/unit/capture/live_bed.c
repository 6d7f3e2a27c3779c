// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/live_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"

enum {
    PATIENCE_US = 10000000, // for what must come
    SILENCE_US = 200000,    // after which nothing more is expected
};

struct live *bed_open(const struct live_options *options)
{
    struct live *live = NULL;
    struct error err = {""};
    if (live_open(&live, options, &err) != 0) {
        fail_msg("%s", err.text);
    }
    for (unsigned i = 0; i < live_queue_count(live); i++) {
        struct capture *queue = live_queue(live, i);
        if (queue->ops->attach != NULL) {
            queue->ops->attach(queue);
        }
    }
    return live;
}

uint64_t bed_drain(struct live *live, uint64_t wanted, packet_look *look, void *context)
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

struct capture_stats bed_stats(struct live *live)
{
    struct capture_stats sum = {0};
    for (unsigned i = 0; i < live_queue_count(live); i++) {
        struct capture_stats one;
        live_queue(live, i)->ops->stats(live_queue(live, i), &one);
        sum.received += one.received;
        sum.wire_bytes += one.wire_bytes;
        for (unsigned drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
            sum.drops[drop] += one.drops[drop];
        }
    }
    return sum;
}

struct capture_stats bed_books(struct live *live, uint64_t given)
{
    struct capture_stats stats = bed_stats(live);
    uint64_t drops = 0;
    for (unsigned drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
        drops += stats.drops[drop];
    }
    assert_int_equal(stats.received, given + drops);
    return stats;
}

bool bed_told(struct live *live, const char *words)
{
    struct notice notice;
    bool found = false;
    while (live_notice(live, &notice)) {
        found = found || strstr(notice.message.text, words) != NULL;
    }
    return found;
}
