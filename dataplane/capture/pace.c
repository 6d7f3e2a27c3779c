// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/pace.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/held.h"

// rx_burst promises to be back by then.
enum { WAIT_US = 100000 };

struct pace {
    struct capture base;
    struct held held;
    double speed;
    bool started;
    int64_t origin_us; // packet time of the first packet
    int64_t start_us;  // monotonic time at which it was given out
};

static void sleep_until_us(int64_t us)
{
    struct timespec until = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL); // too short is put right later
}

// How long before the next packet is due; 0 or less: it is. Counted in double, which holds the
// microseconds of a century and does not overflow where the times are absurd.
static double next_wait_us(const struct pace *pace, int64_t now_us)
{
    int64_t time_us = pace->held.packets[pace->held.next].time_us;
    double due_us = ((double)time_us - (double)pace->origin_us) / pace->speed;
    return due_us - (double)(now_us - pace->start_us);
}

static int pace_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct pace *pace = (struct pace *)capture;
    int64_t entered_us = clock_monotonic_us();
    struct held *held = &pace->held;
    int status = held_fill(held);
    if (status <= 0) {
        return status;
    }
    if (!pace->started) {
        pace->started = true;
        pace->origin_us = held->packets[0].time_us;
        pace->start_us = clock_monotonic_us();
    }
    int64_t now_us = clock_monotonic_us();
    double wait_us = next_wait_us(pace, now_us);
    int64_t most_us = entered_us + WAIT_US - now_us;
    if (wait_us > 0 && most_us > 0) {
        // One more: the fraction of a microsecond must be over too.
        sleep_until_us(now_us + (wait_us < (double)most_us ? (int64_t)wait_us + 1 : most_us));
        now_us = clock_monotonic_us();
    }
    unsigned n = 0;
    while (n < count && held->next < held->count && next_wait_us(pace, now_us) <= 0) {
        packets[n++] = held->packets[held->next++];
    }
    return (int)n;
}

static void pace_release(struct capture *capture)
{
    (void)capture; // the source's burst is released when its next one is asked for
}

static void pace_stats(const struct capture *capture, struct capture_stats *stats)
{
    *stats = (struct capture_stats){0};
    held_add_stats(&((const struct pace *)capture)->held, stats);
}

static size_t pace_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct capture *source = ((const struct pace *)capture)->held.source;
    return source->ops->losses(source, losses);
}

static void pace_close(struct capture *capture)
{
    struct pace *pace = (struct pace *)capture;
    if (pace == NULL) {
        return;
    }
    pace->held.source->ops->close(pace->held.source);
    free(pace);
}

static const struct capture_ops pace_ops = {
    "pace", pace_rx_burst, pace_release, pace_stats, pace_losses, pace_close,
};

int pace_open(struct capture **capture, struct capture *source, double speed, struct error *err)
{
    struct pace *pace = calloc(1, sizeof(*pace));
    if (pace == NULL) {
        return error_set(err, -ENOMEM, "no memory to pace the capture");
    }
    pace->base.ops = &pace_ops;
    pace->held.source = source;
    pace->speed = speed;
    *capture = &pace->base;
    return 0;
}
