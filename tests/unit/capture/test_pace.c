// SPDX-License-Identifier: Apache-2.0
// Packets come out when they are due: in order and never early. How late they are is for a
// benchmark to say, not for a test on a machine that others use.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

enum { PACKETS_MAX = 8 };

#define START_US INT64_C(1700000000000000)

static const struct pace_case {
    const char *name;
    double speed;
    size_t count;
    int64_t times_us[PACKETS_MAX]; // from the first packet's
    int64_t due_us[PACKETS_MAX];   // from when that was given out
    bool waits;                    // more than the 100 ms after which rx_burst comes back
} pace_cases[] = {
    {"as captured", 1, 4, {0, 20000, 20000, 50000}, {0, 20000, 20000, 50000}, false},
    {"faster", 10, 3, {0, 200000, 500000}, {0, 20000, 50000}, false},
    {"slower", 0.5, 2, {0, 20000}, {0, 40000}, false},
    {"over a long pause", 1, 2, {0, 250000}, {0, 250000}, true},
    // What is older than the first packet, or than the one before it, waits for nothing.
    {"backwards", 1, 5, {0, -3600000000, 20000, 10000, 30000}, {0, 0, 20000, 20000, 30000}, false},
    {"absurdly fast", 1e300, 3, {0, 3600000000, 7200000000}, {0, 0, 0}, false},
};

static struct capture *paced_open(const struct pace_case *pace)
{
    struct sample samples[PACKETS_MAX];
    for (size_t i = 0; i < pace->count; i++) {
        samples[i] = (struct sample){START_US + pace->times_us[i], 60, 60};
    }
    struct written written = {0};
    encodings[0].write(&encodings[0], 1, samples, pace->count, &written);
    char path[PATH_BYTES];
    int fd = file_of(&written.bytes, path);
    bytes_free(&written.bytes);
    const char *paths[] = {path};
    struct capture *capture;
    struct error err;
    assert_int_equal(capture_open_files(&capture, paths, 1, pace->speed, &err), 0);
    close(fd);
    return capture;
}

static void packets_come_out_when_due(void **state)
{
    const struct pace_case *pace = *state;
    struct capture *capture = paced_open(pace);
    int64_t start_us = clock_monotonic_us();
    struct packet packets[CAPTURE_BURST_MAX];
    size_t seen = 0;
    unsigned empty_bursts = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        int64_t passed_us = clock_monotonic_us() - start_us;
        empty_bursts += received == 0;
        for (int i = 0; i < received; i++, seen++) {
            assert_true(seen < pace->count);
            assert_int_equal(packets[i].time_us, START_US + pace->times_us[seen]);
            assert_true(passed_us >= pace->due_us[seen]);
        }
        capture_release(capture);
        struct capture_stats stats;
        capture->ops->stats(capture, &stats);
        assert_int_equal(stats.received, seen);
        assert_int_equal(stats.wire_bytes, 60 * seen);
    }
    assert_int_equal(seen, pace->count);
    if (pace->waits) {
        assert_true(empty_bursts > 0);
    }
    capture->ops->close(capture);
}

int main(void)
{
    enum { PACE_CASES = sizeof(pace_cases) / sizeof(pace_cases[0]) };
    struct CMUnitTest tests[PACE_CASES];
    for (size_t i = 0; i < PACE_CASES; i++) {
        tests[i] = (struct CMUnitTest){pace_cases[i].name, packets_come_out_when_due, NULL, NULL,
                                       (void *)&pace_cases[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
