// SPDX-License-Identifier: Apache-2.0
#include "export/spool/spool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export/spool/parts.h"

enum { SEGMENT_BYTES_MAX = 64 << 20, SEGMENTS_AT_LEAST = 8 };

uint64_t spool_total(const counter counts[SPOOL_ORIGINS])
{
    uint64_t total = 0;
    for (size_t origin = 0; origin < SPOOL_ORIGINS; origin++) {
        total += counter_read(&counts[origin]);
    }
    return total;
}

size_t spool_origin(const struct spool *spool, uint64_t number, uint8_t mark)
{
    return number < spool->appender.first_number ? (size_t)SPOOL_FOUND : mark;
}

void spool_release(struct spool *spool, counter as[SPOOL_ORIGINS], uint64_t number, uint8_t mark,
                   uint64_t count)
{
    size_t origin = spool_origin(spool, number, mark);
    counter_add(&as[origin], count);
    counter_add(&spool->counts.held[origin], -count);
}

void spool_say(struct spool *spool, const char *format, ...)
{
    char said[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said, sizeof(said), format, arguments);
    va_end(arguments);
    struct error text;
    error_set(&text, 0, "spool '%s': %s", spool->directory, said);
    notices_put(&spool->notices, 0, text.text);
}

void spool_date(struct spool *spool)
{
    const struct segments *segments = &spool->segments;
    int64_t oldest_us = 0;
    for (size_t i = 0; i < segments->count && oldest_us == 0; i++) {
        oldest_us = segments->list[i]->created_us; // not known where its head is damaged
    }
    counter_set(&spool->counts.oldest_us, (uint64_t)oldest_us);
}

void spool_remove(struct spool *spool, struct segment *segment)
{
    struct segment_name name = segment_name(segment->number);
    if (segment == spool->appender.active) {
        spool->appender.active = NULL;
        spool->segments.pinned = NULL;
        spool->appender.used = 0;
    }
    counter_add(&spool->counts.bytes, -segment->bytes);
    counter_add(&spool->counts.segments, -UINT64_C(1));
    int code = segments_remove(&spool->segments, segment);
    spool_date(spool);
    if (code != 0) {
        spool_say(spool, "cannot delete '%s': %s; its records may be found again", name.text,
                  strerror(-code));
    }
}

void spool_tidy(struct spool *spool, struct segment *segment)
{
    struct segment *active = spool->appender.active;
    if (segment != active && segment_held(segment) == 0) {
        spool_remove(spool, segment);
    }
    if (active != NULL && spool_is_empty(spool)) {
        spool_remove(spool, active);
    }
}

static int options_check(const struct spool_options *options, struct error *err)
{
    if (options->directory == NULL || *options->directory == '\0') {
        return error_set(err, -EINVAL, "spool: expected a directory");
    }
    if (options->max_bytes < SPOOL_BYTES_MIN) {
        return error_set(err, -EINVAL,
                         "spool '%s': expected room for at least %d octets, not %" PRIu64,
                         options->directory, SPOOL_BYTES_MIN, options->max_bytes);
    }
    if (options->sync_us < 0 ||
        (options->full != SPOOL_DROP_OLDEST && options->full != SPOOL_REFUSE_NEWEST)) {
        return error_set(err, -EINVAL, "spool '%s': no such way to sync or to be full",
                         options->directory);
    }
    return 0;
}

static void spool_free(struct spool *spool)
{
    segments_fini(&spool->segments);
    if (spool->lock_fd >= 0) {
        close(spool->lock_fd);
    }
    if (spool->directory_fd >= 0) {
        close(spool->directory_fd);
    }
    notices_fini(&spool->notices);
    walk_fini(&spool->reader.walk);
    free(spool->appender.buffer);
    free(spool->directory);
    free(spool);
}

// What needs memory only. NULL where there is none.
static struct spool *spool_allocate(const struct spool_options *options)
{
    struct spool *spool = calloc(1, sizeof(*spool));
    if (spool == NULL) {
        return NULL;
    }
    uint64_t share = options->max_bytes / SEGMENTS_AT_LEAST;
    spool->max_bytes = options->max_bytes;
    spool->segment_bytes = share < SEGMENT_BYTES_MAX ? share : SEGMENT_BYTES_MAX;
    spool->full = options->full;
    spool->directory_fd = spool->lock_fd = -1;
    notices_init(&spool->notices);
    spool->directory = strdup(options->directory);
    spool->appender.buffer = malloc(APPENDER_BYTES);
    if (walk_init(&spool->reader.walk) != 0 || spool->directory == NULL ||
        spool->appender.buffer == NULL) {
        spool_free(spool);
        return NULL;
    }
    return spool;
}

// 0, or a negative errno and a message.
static int spool_begin(struct spool *spool, const struct spool_options *options, struct error *err)
{
    spool->directory_fd = directory_make(spool->directory, err);
    if (spool->directory_fd < 0) {
        return spool->directory_fd;
    }
    spool->segments.directory = spool->directory_fd;
    spool->lock_fd = directory_lock(spool->directory_fd, spool->directory, err);
    if (spool->lock_fd < 0) {
        return spool->lock_fd;
    }
    int code = spool_scan(spool, options, err);
    if (code != 0) {
        return code;
    }
    return sync_start(&spool->sync, spool->directory, spool->directory_fd, options->sync_us,
                      &spool->notices, err);
}

int spool_open(const struct spool_options *options, struct spool **spool, struct error *err)
{
    int code = options_check(options, err);
    if (code != 0) {
        return code;
    }
    struct spool *opened = spool_allocate(options);
    if (opened == NULL) {
        return error_set(err, -ENOMEM, "spool '%s': no memory", options->directory);
    }
    code = spool_begin(opened, options, err);
    if (code != 0) {
        spool_free(opened);
        return code;
    }
    *spool = opened;
    return 0;
}

void spool_close(struct spool *spool)
{
    if (spool == NULL) {
        return;
    }
    size_t lost;
    spool_flush(spool, &lost);
    struct segment *active = spool->appender.active;
    if (active != NULL && segment_held(active) == 0) {
        spool_remove(spool, active);
    }
    sync_stop(&spool->sync);
    spool_free(spool);
}

uint64_t spool_in_flight(const struct spool *spool)
{
    return spool->in_flight;
}

uint64_t spool_held(const struct spool *spool)
{
    return spool_total(spool->counts.held);
}

bool spool_is_empty(const struct spool *spool)
{
    return spool_held(spool) == 0;
}

// What is appended next goes there.
static uint64_t number_to_come(const struct spool *spool)
{
    const struct segment *active = spool->appender.active;
    return active != NULL ? active->number : spool->appender.next_number;
}

uint64_t spool_oldest_segment(const struct spool *spool)
{
    const struct segments *segments = &spool->segments;
    for (size_t i = 0; i < segments->count; i++) {
        if (segment_held(segments->list[i]) > 0) {
            return segments->list[i]->number;
        }
    }
    return number_to_come(spool);
}

uint64_t spool_newest_segment(const struct spool *spool)
{
    const struct segments *segments = &spool->segments;
    for (size_t i = segments->count; i-- > 0;) {
        if (segment_held(segments->list[i]) > 0) {
            return segments->list[i]->number;
        }
    }
    return number_to_come(spool);
}

const struct spool_counts *spool_counts(const struct spool *spool)
{
    return &spool->counts;
}

bool spool_complaint(struct spool *spool, struct error *message)
{
    struct notice notice;
    bool taken = notices_take(&spool->notices, &notice);
    if (taken) {
        *message = notice.message;
    }
    return taken;
}
