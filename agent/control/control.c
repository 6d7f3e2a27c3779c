// SPDX-License-Identifier: Apache-2.0
// Who has what: the agent thread leaves texts in the store (store.h) and answers changes of the
// configuration (change.h); the server's one thread (server.h) has sockets, requests and replies to
// itself, so that none of them needs a lock. What one client can hold is bounded by the connection
// (server.c), what all can by the budget (page.h).
#include "agent/control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/control/openapi.h"
#include "agent/control/server.h"
#include "agent/control/state.h"
#include "dataplane/base/clock.h"

enum {
    BUDGET_BYTES = 64 * 1024 * 1024,
    CUT_MAX = 64,
};

// Cuts a text of UTF-8 to so many octets at most, before a character and not within one.
static void text_cut(char *text, size_t most)
{
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) {
        most--;
    }
    text[most] = '\0';
}

bool control_can_tell(const struct control *control)
{
    return atomic_load_explicit(&control->untold, memory_order_relaxed) < NOTICES_MAX;
}

void control_log(struct control *control, const char *format, ...)
{
    struct error line;
    va_list arguments;
    va_start(arguments, format);
    int whole = vsnprintf(line.text, sizeof(line.text), format, arguments);
    va_end(arguments);
    if (whole >= (int)sizeof(line.text)) {
        char cut[CUT_MAX];
        int bytes = snprintf(cut, sizeof(cut), "... (cut; the whole line has %d octets)", whole);
        text_cut(line.text, sizeof(line.text) - 1 - (size_t)bytes);
        strcat(line.text, cut);
    }
    atomic_fetch_add_explicit(&control->untold, 1, memory_order_relaxed);
    notices_put(&control->notices, 0, line.text);
}

bool control_notice(struct control *control, struct notice *notice)
{
    if (!notices_take(&control->notices, notice)) {
        return false;
    }
    atomic_fetch_sub_explicit(&control->untold, 1, memory_order_relaxed);
    return true;
}

static int parts_make(struct control *control, const struct control_options *options,
                      struct error *err)
{
    control->queries = options->queries;
    control->history = options->history;
    control->generator = options->generator;
    if (options->generator_at != NULL) {
        int code = forward_create(&control->forward, options->generator_at,
                                  options->generator_token, control->wake, err);
        if (code != 0) {
            return code;
        }
    }
    control->config = options->config != NULL ? json_deep_copy(options->config) : json_object();
    control->openapi = openapi_make(control, options->sensor);
    bool all = control->config != NULL && control->openapi != NULL;
    return all ? 0 : error_set(err, -ENOMEM, "no memory for the control API");
}

int control_open(struct control **control, const struct control_options *options, struct error *err)
{
    struct control *new = calloc(1, sizeof(*new));
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (new == NULL || wake < 0 || store_init(&new->store, options->windows_kept) != 0) {
        free(new);
        if (wake >= 0) {
            close(wake);
        }
        return error_set(err, -ENOMEM, "no memory for the control API");
    }
    new->wake = wake;
    new->budget.most = BUDGET_BYTES;
    new->began_us = clock_monotonic_us();
    changes_init(&new->changes, wake);
    events_init(&new->events, wake);
    streams_init(&new->streams);
    pthread_mutex_init(&new->anomalies, NULL);
    pthread_mutex_init(&new->config_lock, NULL);
    notices_init(&new->notices);
    int code = parts_make(new, options, err);
    if (code != 0) {
        control_free(new);
        return code;
    }
    *control = new;
    return 0;
}

int control_create(struct control **control, const struct control_options *options,
                   struct error *err)
{
    struct control *new = NULL;
    int code = control_open(&new, options, err);
    if (code == 0) {
        code = server_create(&new->server, new, options, err);
    }
    if (code != 0) {
        control_free(new);
        return code;
    }
    *control = new;
    return 0;
}

int control_start(struct control *control, struct error *err)
{
    int code = control->forward != NULL ? forward_start(control->forward, err) : 0;
    return code == 0 ? server_start(control->server, err) : code;
}

void control_free(struct control *control)
{
    if (control == NULL) {
        return;
    }
    forward_stop(control->forward);
    server_free(control->server);
    forward_free(control->forward);
    changes_fini(&control->changes);
    notices_fini(&control->notices);
    events_fini(&control->events);
    store_fini(&control->store);
    pthread_mutex_destroy(&control->anomalies);
    pthread_mutex_destroy(&control->config_lock);
    text_release(control->openapi);
    text_release(control->readiness);
    json_decref(control->config);
    close(control->wake);
    free(control);
}

unsigned control_port(const struct control *control)
{
    return server_port(control->server);
}

// A client may have removed the query meanwhile, first from the set, then its answer from the store
// (query_remove): of the two orders in which that meets this, each leaves no answer behind.
static void answer_store(struct control *control, const char *name, struct text *text)
{
    if (store_answer(&control->store, name, text)) {
        if (!query_set_has(control->queries, name)) {
            store_forget(&control->store, name);
        }
    }
}

void control_tell(struct control *control, const struct record *record, const char *json,
                  size_t bytes)
{
    struct text *text = json != NULL ? text_create(json, bytes) : NULL;
    if (text == NULL) {
        return;
    }
    switch (record->type) {
    case RECORD_WINDOW:
        events_put(&control->events, EVENT_WINDOW, text);
        store_window(&control->store, record->window.start_us, text);
        break;
    case RECORD_QUERY:
        events_put(&control->events, EVENT_ANSWER, text);
        answer_store(control, record->query.query, text);
        break;
    case RECORD_ANOMALY:
        control_anomaly(control, &record->anomaly, text);
        text_release(text);
        break;
    default:
        text_release(text);
    }
}

void control_books(struct control *control, json_t *books)
{
    struct text *text = text_of(books);
    if (text != NULL) {
        events_put(&control->events, EVENT_BOOKS, text);
        store_books(&control->store, text);
    }
}

void control_metrics(struct control *control, const char *text, size_t bytes)
{
    struct text *copy = text_create(text, bytes);
    if (copy != NULL) {
        store_metrics(&control->store, copy);
    }
}

struct text *control_ready_text(bool ready, const char *why_not)
{
    return text_of(ready ? json_pack("{s:b}", "ready", 1)
                         : json_pack("{s:b, s:s}", "ready", 0, "error", why_not));
}

void control_ready(struct control *control, bool ready, const char *why_not)
{
    struct text *text = control_ready_text(ready, why_not != NULL ? why_not : "");
    const struct text *said = control->readiness;
    store_ready(&control->store, ready, why_not);
    if (text == NULL || (said != NULL && said->bytes == text->bytes &&
                         memcmp(said->octets, text->octets, text->bytes) == 0)) {
        text_release(text);
        return;
    }
    text_release(control->readiness);
    control->readiness = text;
    events_put(&control->events, EVENT_READY, text);
}

void control_config(struct control *control, const json_t *options)
{
    pthread_mutex_lock(&control->config_lock);
    json_object_update_new(control->config, json_deep_copy(options));
    pthread_mutex_unlock(&control->config_lock);
}

void control_poll(struct control *control, control_setter *set, void *context)
{
    changes_run(&control->changes, set, context);
}
