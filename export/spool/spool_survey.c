// SPDX-License-Identifier: Apache-2.0
// What is in a directory, without a lock, so that files may come, grow and go meanwhile.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export/spool/parts.h"

// The newest segment of a live process may end in the middle of what is being written.
static uint64_t damage_of(const struct walk *walk, bool growing)
{
    uint64_t tail = walk->end - walk->whole_end;
    return growing && tail <= walk->damaged_bytes ? walk->damaged_bytes - tail
                                                  : walk->damaged_bytes;
}

// Adds one segment; none where it is gone by now. 0 or a negative errno.
static int survey_add(struct spool_survey *survey, int directory, uint64_t number, bool growing,
                      struct walk *walk)
{
    int fd = openat(directory, segment_name(number).text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    struct spool_told told = {0};
    int code = spool_scan_file(walk, fd, &told);
    close(fd);
    if (code != 0) {
        return code;
    }
    if (survey->segments == 0) {
        survey->oldest_us = walk->created_us;
    }
    survey->segments++;
    survey->bytes += walk->end;
    survey->records += told.held[0] + told.held[1];
    survey->damaged_bytes += damage_of(walk, growing);
    return 0;
}

static int survey_all(struct spool_survey *survey, int directory, const char *path,
                      struct error *err)
{
    struct directory_list list;
    struct walk walk;
    survey->open = directory_is_locked(directory);
    int code = directory_list(directory, &list);
    if (code != 0) {
        return error_set(err, code, "spool '%s': cannot be listed: %s", path, strerror(-code));
    }
    code = walk_init(&walk);
    if (code != 0) {
        error_set(err, code, "spool '%s': no memory", path);
    }
    for (size_t i = 0; i < list.count && code == 0; i++) {
        bool growing = survey->open && i + 1 == list.count;
        code = survey_add(survey, directory, list.numbers[i], growing, &walk);
        if (code != 0) {
            error_set(err, code, "spool '%s': cannot read '%s': %s", path,
                      segment_name(list.numbers[i]).text, strerror(-code));
        }
    }
    walk_fini(&walk);
    free(list.numbers);
    return code;
}

int spool_survey(const char *directory, struct spool_survey *survey, struct error *err)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return error_set(err, -errno, "spool '%s': cannot be opened: %s", directory,
                         strerror(errno));
    }
    struct spool_survey found = {0};
    int code = survey_all(&found, fd, directory, err);
    close(fd);
    if (code == 0) {
        *survey = found;
    }
    return code;
}
