// SPDX-License-Identifier: Apache-2.0
#include "agent/control_link.h"

#include <stdlib.h>

#include "agent/control/control.h"
#include "agent/reload.h"
#include "dataplane/base/clock.h"

enum { BOOKS_US = 1000000 };

static const char *given(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

int control_link_open(struct control_link *link, const struct config *config,
                      struct query_set *queries, struct history *history, struct log *log,
                      struct error *err)
{
    link->log = log;
    if (config->control.listen[0] == '\0') {
        return 0;
    }
    const struct control_options options = {
        .listen = config->control.listen,
        .listen_name = "control.listen",
        .token = given(config->control.token),
        .token_name = "control.token",
        .certificate = given(config->control.certificate),
        .key = given(config->control.key),
        .sensor = config->sensor,
        .queries = queries,
        .history = history,
        .config = config->written,
        .generator_at = given(config->control.generator),
        .generator_token = given(config->control.generator_token),
        .windows_kept = (unsigned)config->control.windows,
    };
    struct error why;
    int code = control_create(&link->control, &options, &why);
    if (code != 0 && config->control.asked_for) {
        *err = why;
        return code;
    }
    if (code != 0) {
        log_warning(log, "control", why.text);
        return 0;
    }
    control_ready(link->control, false, "weir is starting");
    return 0;
}

void control_link_close(struct control_link *link)
{
    control_free(link->control);
    link->control = NULL;
}

int control_link_start(struct control_link *link, struct error *err)
{
    int code = link->control != NULL ? control_start(link->control, err) : 0;
    if (code == 0 && link->control != NULL) {
        log_info(link->log, "control", "serving the control API",
                 log_unsigned("port", control_port(link->control)));
    }
    return code;
}

void control_link_tell(struct control_link *link, const struct record *record, const char *json,
                       size_t bytes)
{
    if (link->control != NULL) {
        control_tell(link->control, record, json, bytes);
    }
}

static int option_set(void *context, enum control_step step, const char *name, json_t *value,
                      struct error *err)
{
    return step == CONTROL_LOOKS ? reload_option_check(name, value, err)
                                 : reload_option(context, name, value, err);
}

void control_link_config(struct control_link *link, const struct json_t *options)
{
    if (link->control != NULL) {
        control_config(link->control, options);
    }
}

void control_link_turn(struct control_link *link)
{
    struct notice notice;
    if (link->control == NULL) {
        return;
    }
    control_poll(link->control, option_set, link->log);
    while (control_notice(link->control, &notice)) {
        log_info(link->log, "control", notice.message.text);
    }
}

bool control_link_wants_books(struct control_link *link)
{
    int64_t now_us = clock_monotonic_us();
    if (link->control == NULL || now_us < link->books_us) {
        return false;
    }
    link->books_us = now_us + BOOKS_US;
    return true;
}

void control_link_books(struct control_link *link, const struct books *books)
{
    json_t *json = books_json(books);
    if (json != NULL) {
        control_books(link->control, json);
    }
}

void control_link_metrics(struct control_link *link, const struct metrics *metrics,
                          const char *sensor)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        return;
    }
    metrics_write(metrics, sensor, stream);
    if (fclose(stream) == 0) {
        control_metrics(link->control, text, bytes - 1); // every reply gets its line's end there
    }
    free(text);
}

void control_link_ready(struct control_link *link, const char *why_not)
{
    if (link->control != NULL) {
        control_ready(link->control, why_not == NULL, why_not);
    }
}
