// SPDX-License-Identifier: Apache-2.0
// What a process finds that opens the directory.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "export/spool/parts.h"

int spool_scan_file(struct walk *walk, int fd, struct spool_told *told)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return -errno;
    }
    uint64_t bytes = (uint64_t)status.st_size;
    walk_begin(walk, bytes < FORMAT_SEGMENT_MAX ? bytes : FORMAT_SEGMENT_MAX);
    enum walk_step step;
    struct format_record found;
    uint64_t offset;
    while ((step = walk_next(walk, &offset, &found)) != WALK_END) {
        int code = step == WALK_FILL ? walk_fill(walk, fd) : 0;
        if (code != 0) {
            return code;
        }
        if (step == WALK_RECORD && !found.settled) {
            told->held[found.record.mark]++;
            if (told->found != NULL) {
                told->found(told->context, told->segment, &found.record);
            }
        }
    }
    walk->damaged_bytes += bytes - walk->end; // no segment of ours is so long
    return 0;
}

static void damage_count(struct spool *spool, const struct walk *walk, const char *name)
{
    if (walk->damaged_bytes > 0) {
        counter_add(&spool->counts.damaged_bytes, walk->damaged_bytes);
        spool_say(spool,
                  "'%s' is damaged: %" PRIu64 " octets from octet %" PRIu64
                  " on hold no whole record; they are skipped",
                  name, walk->damaged_bytes, walk->damaged_at);
    }
}

// 0 or a negative errno.
static int segment_scan(struct spool *spool, struct spool_told *told)
{
    struct segment *segment = segments_add(&spool->segments, told->segment);
    if (segment == NULL) {
        return -ENOMEM;
    }
    struct walk *walk = &spool->reader.walk;
    int code = segments_open(&spool->segments, segment, NULL);
    if (code == 0) {
        code = spool_scan_file(walk, segment->fd, told);
    }
    if (code != 0) {
        return code;
    }
    segment->created_us = walk->created_us;
    segment->bytes = walk->end;
    segment->written = walk->end;
    memcpy(segment->held, told->held, sizeof(segment->held));
    segments_close(&spool->segments, segment);
    uint32_t held = segment_held(segment);
    counter_add(&spool->counts.segments, 1);
    spool_date(spool);
    counter_add(&spool->counts.bytes, segment->bytes);
    counter_add(&spool->counts.appended[SPOOL_FOUND], held);
    counter_add(&spool->counts.held[SPOOL_FOUND], held);
    damage_count(spool, walk, segment_name(segment->number).text);
    if (held == 0) {
        spool_remove(spool, segment);
    }
    return 0;
}

int spool_scan(struct spool *spool, const struct spool_options *options, struct error *err)
{
    struct directory_list list;
    int code = directory_list(spool->directory_fd, &list);
    if (code != 0) {
        return error_set(err, code, "spool '%s': cannot be listed: %s", spool->directory,
                         strerror(-code));
    }
    spool->appender.first_number = list.highest + 1;
    spool->appender.next_number = spool->appender.first_number + FRONT_NUMBERS;
    for (size_t i = 0; i < list.count && code == 0; i++) {
        struct spool_told told = {options->found, options->context, list.numbers[i], {0}};
        code = segment_scan(spool, &told);
        if (code != 0) {
            error_set(err, code, "spool '%s': cannot read '%s': %s", spool->directory,
                      segment_name(list.numbers[i]).text, strerror(-code));
        }
    }
    free(list.numbers);
    return code;
}
