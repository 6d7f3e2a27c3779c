// SPDX-License-Identifier: Apache-2.0
#include "agent/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int summary_open(FILE **summary, const char *path, struct error *err)
{
    FILE *opened = stdout;
    if (strcmp(path, "-") != 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        opened = fd < 0 ? NULL : fdopen(fd, "w");
    }
    if (opened == NULL) {
        return error_set(err, -errno, "cannot write the summary to %s: %s", path, strerror(errno));
    }
    *summary = opened;
    return 0;
}

int summary_write(FILE *summary, const struct books *books)
{
    if (summary != stdout && ftruncate(fileno(summary), 0) != 0 && errno != EINVAL) {
        return -errno; // EINVAL: a pipe or a device
    }
    return books_write(books, summary);
}

void summary_close(FILE *summary)
{
    if (summary != NULL && summary != stdout) {
        fclose(summary);
    }
}

static void losses_log(const struct books *books, const struct log *log)
{
    for (size_t i = 0; i < books->loss_count; i++) {
        const struct capture_loss *loss = &books->losses[i];
        log_error(log, "capture", loss->detail, log_text("file", loss->file),
                  log_text("cause", loss->cause), log_unsigned("offset", loss->offset),
                  log_unsigned("bytes_lost", loss->bytes));
    }
}

// What came out otherwise than it could have.
static void limits_log(const struct books *books, const struct log *log)
{
    if (books->workers.late != 0) {
        log_warning(log, "capture",
                    "packets are older than the pane that was open, and count to it: time runs "
                    "backwards between them; a capture can be put in order (reordercap) if panes "
                    "matter",
                    log_unsigned("packets", books->workers.late));
    }
    if (books->workers.flows.evicted != 0) {
        log_warning(
            log, "flow",
            "the table was full and flows were ended early; set flow.table.max_flows higher",
            log_unsigned("flows", books->workers.flows.evicted));
    }
    if (books->exports.drops[EXPORT_SHED] != 0) {
        log_warning(log, "agent",
                    "records came faster than they could leave, and were dropped; those of slight "
                    "flows (a packet or two without an answer) first",
                    log_unsigned("records", books->exports.drops[EXPORT_SHED]));
    }
    if (books->activity_shed != 0) {
        log_warning(log, "agent",
                    "queries and detectors were not told of all flows: more were active in a pane "
                    "than found room; set window.activities higher",
                    log_unsigned("packets", books->activity_shed));
    }
    if (books->workers.flows.rare_refused != 0) {
        log_warning(log, "flow",
                    "labels or tunnels of packets found no room and are missing in records; set "
                    "flow.table.max_rare higher",
                    log_unsigned("packets", books->workers.flows.rare_refused));
    }
}

bool summary_log(const struct books *books, const struct log *log)
{
    bool balanced = books_balance(books);
    losses_log(books, log);
    limits_log(books, log);
    if (!balanced) {
        log_error(log, "agent", "the books do not balance: please report this");
    }
    log_info(log, "agent", "done", log_unsigned("received", books->capture.received),
             log_unsigned("flows", books->workers.flows.ended),
             log_unsigned("delivered", books->exports.delivered),
             log_real("seconds", books->seconds));
    return balanced && books->loss_count == 0;
}
