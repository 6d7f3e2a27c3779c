// SPDX-License-Identifier: Apache-2.0
// A drive's making, and what other threads ask of it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/generate/drive_parts.h"
#include "dataplane/base/clock.h"

enum { TAKE_S = 1 };

// Told of as soon as the lock is given back.
static void ask(struct drive *drive)
{
    atomic_store_explicit(&drive->asked, true, memory_order_relaxed);
}

static int parts_create(struct drive *drive, struct error *err)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&drive->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&drive->taken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (drive_records_init(&drive->records) != 0) {
        return error_set(err, -ENOMEM, "no memory for %d anomalies", DRIVE_ANOMALIES_MAX);
    }
    return generator_create(&drive->generator, &drive->profile, err);
}

int drive_create(struct drive **drive, const struct drive_options *options, struct error *err)
{
    struct drive *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    made->profile = options->profile;
    made->egress = options->egress;
    made->ends = options->ends;
    made->context = options->context;
    made->held = options->begins_stopped;
    made->holds = options->begins_stopped;
    made->created_us = clock_monotonic_us();
    made->begun_us = made->created_us;
    if (made->egress->is_live) {
        made->profile.start_us = clock_wall_us();
    }
    made->start_us = made->profile.start_us;
    made->end_us = made->profile.duration_us < INT64_MAX - made->start_us
                       ? made->start_us + made->profile.duration_us
                       : INT64_MAX;
    made->seen_us = made->start_us;
    int code = parts_create(made, err);
    if (code != 0) {
        drive_free(made);
        return code;
    }
    for (unsigned i = 0; i < made->profile.order_count; i++) {
        drive_records_add(&made->records, generator_order_at(made->generator, i), i, made->start_us,
                          NULL);
    }
    *drive = made;
    return 0;
}

void drive_free(struct drive *drive)
{
    if (drive != NULL) {
        generator_free(drive->generator);
        drive_records_fini(&drive->records);
        free(drive->change);
        pthread_cond_destroy(&drive->taken);
        pthread_mutex_destroy(&drive->lock);
        free(drive);
    }
}

void drive_end(struct drive *drive)
{
    pthread_mutex_lock(&drive->lock);
    drive->ended = true;
    ask(drive);
    pthread_mutex_unlock(&drive->lock);
}

void drive_look(struct drive *drive, struct drive_look *look)
{
    pthread_mutex_lock(&drive->lock);
    look->state = drive->over ? DRIVE_OVER : drive->held ? DRIVE_STOPPED : DRIVE_RUNNING;
    look->profile = drive->profile;
    look->packets = drive->books.packets;
    look->octets = drive->books.octets;
    look->flows = drive->books.flows;
    look->packets_per_second = drive->reading.packets_per_second;
    look->late_us = drive->egress->is_live ? drive->reading.late_us : 0;
    look->behind_us = drive->reading.behind_us;
    look->anomaly_count = drive_records_open(&drive->records, drive->seen_us, look->anomalies);
    pthread_mutex_unlock(&drive->lock);
}

static void held_set(struct drive *drive, bool held)
{
    pthread_mutex_lock(&drive->lock);
    drive->held = held;
    ask(drive);
    pthread_mutex_unlock(&drive->lock);
}

void drive_hold(struct drive *drive)
{
    held_set(drive, true);
}

void drive_resume(struct drive *drive)
{
    held_set(drive, false);
}

int drive_change(struct drive *drive, const struct profile *profile, struct error *err)
{
    struct change *change = malloc(sizeof(*change));
    if (change == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    change->profile = *profile;
    change->profile.duration_us = drive->profile.duration_us; // which never changes
    int code = rates_fill(&change->profile, change->rates, err);
    if (code != 0) {
        free(change);
        return code;
    }
    pthread_mutex_lock(&drive->lock);
    if (drive->over) {
        code = error_set(err, -ESHUTDOWN, "the traffic is over");
    } else {
        struct change *earlier = drive->change;
        drive->change = change;
        profile_take(&drive->profile, &change->profile);
        ask(drive);
        change = earlier;
    }
    pthread_mutex_unlock(&drive->lock);
    free(change);
    return code;
}

// Behind the lock. Waits until it is taken, or not.
static int order_wait(struct drive *drive, struct ordering *ordering, struct error *err)
{
    struct timespec until;
    int code = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TAKE_S;
    while (!ordering->done && !drive->over && code == 0) {
        if (drive->ordering == NULL) {
            drive->ordering = ordering;
            ask(drive);
        }
        code = pthread_cond_timedwait(&drive->taken, &drive->lock, &until);
    }
    if (drive->ordering == ordering) {
        drive->ordering = NULL;
    }
    if (ordering->done) {
        return ordering->code == 0
                   ? 0
                   : error_set(err, ordering->code, "at most %d anomalies are to come or under way",
                               PROFILE_ORDERS_MAX);
    }
    return drive->over ? error_set(err, -ESHUTDOWN, "the traffic is over")
                       : error_set(err, -ETIMEDOUT, "the traffic did not go on within a second");
}

int drive_order(struct drive *drive, const struct order *order, struct drive_anomaly *anomaly,
                struct error *err)
{
    struct ordering ordering = {.order = order};
    int code;
    pthread_mutex_lock(&drive->lock);
    if (drive->held && !drive->over) {
        code = error_set(err, -EBUSY, "the traffic is stopped: nothing can be odd in it");
    } else if (drive->records.count == DRIVE_ANOMALIES_MAX) {
        code = error_set(err, -ENOSPC, "at most %d anomalies are made in one run",
                         DRIVE_ANOMALIES_MAX);
    } else {
        code = order_wait(drive, &ordering, err);
    }
    pthread_mutex_unlock(&drive->lock);
    if (code == 0 && anomaly != NULL) {
        *anomaly = ordering.anomaly;
    }
    return code;
}

static int earlier(const void *left, const void *right)
{
    int64_t a = ((const struct drive_anomaly *)left)->begin_us;
    int64_t b = ((const struct drive_anomaly *)right)->begin_us;
    return a < b ? -1 : a > b;
}

struct drive_anomaly *drive_truth(const struct drive *drive, unsigned *count)
{
    const struct drive_records *records = &drive->records;
    struct drive_anomaly *told = calloc(records->count + 1, sizeof(*told));
    *count = 0;
    for (unsigned i = 0; told != NULL && i < records->count; i++) {
        if (records->anomalies[i].begin_us < drive->seen_us) {
            told[*count] = records->anomalies[i];
            if (told[*count].end_us > drive->seen_us) {
                told[*count].end_us = drive->seen_us;
            }
            ++*count;
        }
    }
    if (*count > 0) {
        qsort(told, *count, sizeof(*told), earlier);
    }
    return told;
}
