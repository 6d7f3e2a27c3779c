// SPDX-License-Identifier: Apache-2.0
#include "agent/history_link.h"

enum { CLOSE_US = 5000000 };

int history_link_open(struct history_link *link, const struct config *config, struct log *log,
                      struct error *err)
{
    link->log = log;
    if (config->history.file[0] == '\0') {
        return 0;
    }
    const struct history_options options = {
        .path = config->history.file,
        .max_age_us = config->history.max_age_us,
        .max_bytes = config->history.max_bytes,
    };
    return history_create(&link->history, &options, err);
}

int history_link_start(struct history_link *link, const struct config *config, struct error *err)
{
    struct error why;
    int code = link->history != NULL ? history_start(link->history, &why) : 0;
    if (code != 0 && config->history.asked_for) {
        *err = why;
        return code;
    }
    if (code != 0) {
        log_warning(link->log, "history", why.text);
    }
    history_link_turn(link);
    return 0;
}

void history_link_tell(struct history_link *link, const struct record *record, const char *json,
                       size_t bytes)
{
    if (link->history != NULL) {
        history_tell(link->history, record, json, bytes);
    }
}

void history_link_turn(struct history_link *link)
{
    struct notice notice;
    while (link->history != NULL && history_notice(link->history, &notice)) {
        if (notice.kind == HISTORY_ERROR) {
            log_error(link->log, "history", notice.message.text);
        } else {
            log_info(link->log, "history", notice.message.text);
        }
    }
}

void history_link_statistics(const struct history_link *link, struct history_statistics *statistics)
{
    *statistics = (struct history_statistics){0};
    if (link->history != NULL) {
        history_statistics(link->history, statistics);
    }
}

static void losses_tell(const struct history_link *link)
{
    struct history_statistics statistics;
    history_statistics(link->history, &statistics);
    for (size_t cause = 0; cause < HISTORY_DROP_COUNT; cause++) {
        if (statistics.dropped[cause] > 0) {
            log_warning(link->log, "history", "records are not in the history",
                        log_text("cause", history_drop_names[cause]),
                        log_unsigned("records", statistics.dropped[cause]));
        }
    }
}

void history_link_close(struct history_link *link)
{
    if (link->history == NULL) {
        return;
    }
    (void)history_flush(link->history, CLOSE_US);
    history_link_turn(link);
    losses_tell(link);
    history_free(link->history);
    link->history = NULL;
}
