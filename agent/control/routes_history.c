// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/control/route.h"
#include "agent/control/state.h"

enum { PAGE_BYTES = 4 * 1024 * 1024 }; // where a page ends, however few records it has

// A page that is being written.
struct taking {
    FILE *stream;
    size_t bytes;
    int64_t left; // records that it may still have
    bool more;    // there would have been another
    struct history_place last;
};

static bool record_take(void *context, const struct history_place *place, const char *text,
                        size_t bytes)
{
    struct taking *taking = context;
    if (taking->left == 0 || (taking->bytes > 0 && taking->bytes + bytes > PAGE_BYTES)) {
        taking->more = true;
        return false;
    }
    if (taking->bytes > 0) {
        putc(',', taking->stream);
    }
    fwrite(text, 1, bytes, taking->stream);
    taking->bytes += bytes;
    taking->left--;
    taking->last = *place;
    return true;
}

static void history_error(struct control *control, int code, const struct error *err,
                          struct reply *reply)
{
    bool later = code == -EAGAIN || code == -EBUSY || code == -ENOMEM;
    reply_error(reply, &control->budget, later ? 503 : 500, "%s", err->text);
}

// Whether there is one and the span is one; else the reply says so.
static bool history_is_there(struct control *control, const struct call *call, struct reply *reply)
{
    const int64_t *values = call->values;
    if (control->history == NULL) {
        reply_error(reply, &control->budget, 404, "no history is kept: history.file is none");
        return false;
    }
    if (values[HISTORY_FROM] >= values[HISTORY_TO]) {
        reply_error(reply, &control->budget, 400,
                    "from_us: expected less than to_us; got %" PRId64 " and %" PRId64,
                    values[HISTORY_FROM], values[HISTORY_TO]);
        return false;
    }
    if (values[HISTORY_EVERY] > 0 && call->texts[HISTORY_NAME] == NULL) {
        reply_error(reply, &control->budget, 400, "every_us: expected name with it");
        return false;
    }
    return true;
}

static int page_write(struct control *control, const struct history_span *span, int64_t limit,
                      FILE *stream, struct error *err)
{
    struct taking taking = {.stream = stream, .left = limit};
    fputs("{\"records\":[", stream);
    int code = history_read(control->history, span, record_take, &taking, err);
    if (taking.more) {
        fprintf(stream, "],\"next\":{\"last_us\":%" PRId64 ",\"last_id\":%" PRId64 "}}",
                taking.last.time_us, taking.last.id);
    } else {
        fputs("],\"next\":null}", stream);
    }
    return code;
}

static void history_list(struct control *control, const struct call *call, enum history_kind kind,
                         struct reply *reply)
{
    const int64_t *values = call->values;
    if (!history_is_there(control, call, reply)) {
        return;
    }
    const struct history_span span = {
        .kind = kind,
        .order = values[HISTORY_ORDER] == 0 ? HISTORY_NEWEST_FIRST : HISTORY_OLDEST_FIRST,
        .from_us = values[HISTORY_FROM],
        .to_us = values[HISTORY_TO],
        .name = call->texts[HISTORY_NAME],
        .every_us = values[HISTORY_EVERY],
        .last = {values[HISTORY_LAST_US], values[HISTORY_LAST_ID]},
    };
    struct error err = {"no memory for a page"};
    char *octets = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&octets, &bytes);
    int code =
        stream != NULL ? page_write(control, &span, values[HISTORY_LIMIT], stream, &err) : -ENOMEM;
    bool whole = stream != NULL && ferror(stream) == 0;
    whole = stream != NULL && fclose(stream) == 0 && whole;
    if (code != 0) {
        history_error(control, code, &err, reply);
    } else {
        reply_text(reply, &control->budget, 200, whole ? text_create(octets, bytes) : NULL);
    }
    free(octets);
}

void history_windows(struct control *control, const struct call *call, struct reply *reply)
{
    history_list(control, call, HISTORY_WINDOWS, reply);
}

void history_answers(struct control *control, const struct call *call, struct reply *reply)
{
    history_list(control, call, HISTORY_ANSWERS, reply);
}

void history_anomalies(struct control *control, const struct call *call, struct reply *reply)
{
    history_list(control, call, HISTORY_ANOMALIES, reply);
}

void history_remove(struct control *control, const struct call *call, struct reply *reply)
{
    struct error err;
    int64_t from_us = call->values[HISTORY_FROM];
    int64_t to_us = call->values[HISTORY_TO];
    if (!history_is_there(control, call, reply)) {
        return;
    }
    if (!control_can_tell(control)) {
        reply_error(reply, &control->budget, 503, "changes come faster than they can be logged");
        return;
    }
    int code = history_delete(control->history, from_us, to_us, &err);
    if (code != 0) {
        history_error(control, code, &err, reply);
        return;
    }
    control_log(control, "history from %" PRId64 " to %" PRId64 " erased by %s", from_us, to_us,
                call->request->who);
    reply_page(reply, 204, page_create(&control->budget, 0, "", ""));
}
