// SPDX-License-Identifier: Apache-2.0
// Theory of operation. The thread that runs owns generator, egress and what paces them. What others
// ask for lies behind the lock and is told of by `asked`, a flag that the packets look at each time
// the clock is read; only then is the lock taken. The other way, what there is to see is copied
// behind the lock every 10 ms, unless somebody holds it just then.
//
// Pacing: a frame is made only when the wall clock has come to its time, so that nothing is made in
// advance which a change would come too late for. While frames are due none reads the clock.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/generate/drive_parts.h"
#include "dataplane/base/clock.h"

enum {
    AHEAD_US = 1000,     // sought for at once
    SLEEP_MIN_US = 20,   // less is waited for awake
    SLEEP_MAX_US = 5000, // so long does a request wait
    BEHIND_US = 100000,  // more is not caught up on
    SHOW_US = 10000,
    BATCH = 256, // frames until the clock is read in any case
    REACHED = 1,
    FINISHED = 2,
};

static int64_t due_us(const struct drive *drive, int64_t time_us)
{
    return drive->begun_us + time_us - drive->start_us;
}

// What is added to the traffic's times to tell them.
static int64_t told_later_us(const struct drive *drive)
{
    return drive->egress->is_live ? drive->begun_us - drive->created_us : 0;
}

// Lets the traffic's clock go on from where it is.
static void clock_shift(struct drive *drive, int64_t now_us)
{
    int64_t traffic_us = generator_now_us(drive->generator);
    int64_t by_us = now_us - due_us(drive, traffic_us);
    if (!drive->egress->is_live || by_us <= 0) {
        return;
    }
    pthread_mutex_lock(&drive->lock);
    drive_records_shift(&drive->records, traffic_us + told_later_us(drive), by_us);
    pthread_mutex_unlock(&drive->lock);
    drive->begun_us += by_us;
}

// Behind the lock.
static void show(struct drive *drive, int64_t now_us)
{
    drive->shown_us = now_us;
    int64_t traffic_us = generator_now_us(drive->generator);
    traffic_us = traffic_us < drive->end_us ? traffic_us : drive->end_us;
    drive->seen_us = traffic_us + told_later_us(drive);
    generator_books(drive->generator, &drive->books);
    meter_read(&drive->meter, now_us, drive->books.packets, &drive->reading);
    drive_records_count(&drive->records, drive->books.of_orders);
}

// Behind the lock.
static void order_take(struct drive *drive)
{
    struct ordering *ordering = drive->ordering;
    int number = generator_order(drive->generator, ordering->order);
    if (number >= 0) {
        unsigned at = (unsigned)number;
        const struct order *order = generator_order_at(drive->generator, at);
        drive_records_add(&drive->records, order, at, drive->start_us + told_later_us(drive),
                          &ordering->anomaly);
    }
    ordering->code = number < 0 ? number : 0;
    ordering->done = true;
    drive->ordering = NULL;
    pthread_cond_broadcast(&drive->taken);
}

// Does what was asked for. False: to end.
static bool asked_do(struct drive *drive, int64_t now_us)
{
    pthread_mutex_lock(&drive->lock);
    atomic_store_explicit(&drive->asked, false, memory_order_relaxed);
    struct change *change = drive->change;
    bool ended = drive->ended;
    drive->change = NULL;
    drive->holds = drive->held;
    show(drive, now_us); // before an order takes the place of one that is over
    if (drive->ordering != NULL && !ended) {
        order_take(drive);
    }
    pthread_mutex_unlock(&drive->lock);
    if (change != NULL) {
        generator_change(drive->generator, &change->profile, change->rates);
        clock_shift(drive, now_us); // what is late was due by the old rate
        free(change);
    }
    return !ended;
}

// Whenever the clock was read. False: to end.
static bool attend(struct drive *drive, int64_t now_us)
{
    if (atomic_load_explicit(&drive->asked, memory_order_relaxed) && !asked_do(drive, now_us)) {
        return false;
    }
    if (now_us - drive->shown_us >= SHOW_US && pthread_mutex_trylock(&drive->lock) == 0) {
        show(drive, now_us);
        pthread_mutex_unlock(&drive->lock);
    }
    // Not with the above: where requests come all the time, it is they that have it shown.
    if (drive->ends != NULL && now_us - drive->looked_us >= SHOW_US) {
        drive->looked_us = now_us;
        return !drive->ends(drive->context);
    }
    return true;
}

static void nap(int64_t left_us)
{
    if (left_us > SLEEP_MIN_US) {
        clock_sleep_us(left_us < SLEEP_MAX_US ? left_us : SLEEP_MAX_US);
    }
}

// How far the traffic may come by now.
static int64_t horizon(struct drive *drive, int64_t now_us)
{
    if (!drive->egress->is_live) {
        return INT64_MAX;
    }
    int64_t late_us = now_us - due_us(drive, generator_now_us(drive->generator));
    meter_late(&drive->meter, late_us);
    if (late_us > BEHIND_US) {
        clock_shift(drive, now_us);
        drive->meter.behind_us += late_us;
    }
    return drive->start_us + now_us - drive->begun_us + 1;
}

// Frames until the traffic has come to `until_us`: REACHED; or FINISHED; or 0, when the clock is to
// be read again; or a negative errno.
static int frames_put(struct drive *drive, int64_t until_us, struct error *err)
{
    const struct egress_operations *to = drive->egress->operations;
    for (unsigned i = 0; i < BATCH; i++) {
        int64_t time_us = generator_seek(drive->generator, until_us);
        if (time_us < 0) {
            return time_us == GENERATOR_OVER ? FINISHED : REACHED;
        }
        uint8_t *room = to->room(drive->egress, err);
        if (room == NULL) {
            return -EIO;
        }
        int code = to->put(drive->egress, generator_make(drive->generator, room), time_us, err);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

// Until the next frame is due, or a moment.
static void wait(struct drive *drive, int64_t now_us)
{
    if (drive->holds) {
        nap(SLEEP_MAX_US);
        clock_shift(drive, clock_monotonic_us());
    } else {
        int64_t traffic_us = generator_now_us(drive->generator);
        int64_t next_us = generator_seek(drive->generator, traffic_us + AHEAD_US);
        nap(due_us(drive, next_us >= 0 ? next_us : traffic_us + AHEAD_US) - now_us);
    }
}

static int traffic_make(struct drive *drive, struct error *err)
{
    int code = 0;
    while (code >= 0 && code != FINISHED) {
        int64_t now_us = clock_monotonic_us();
        if (!attend(drive, now_us)) {
            break;
        }
        code = drive->holds ? REACHED : frames_put(drive, horizon(drive, now_us), err);
        if (code == REACHED) {
            int flushed = drive->egress->operations->flush(drive->egress, err);
            code = flushed < 0 ? flushed : code;
            wait(drive, now_us);
        }
    }
    return code < 0 ? code : drive->egress->operations->flush(drive->egress, err);
}

int drive_run(struct drive *drive, struct error *err)
{
    clock_shift(drive, clock_monotonic_us());
    int code = traffic_make(drive, err);
    pthread_mutex_lock(&drive->lock);
    show(drive, clock_monotonic_us());
    drive->over = true;
    pthread_cond_broadcast(&drive->taken);
    pthread_mutex_unlock(&drive->lock);
    return code;
}
