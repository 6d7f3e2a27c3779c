// SPDX-License-Identifier: Apache-2.0
// Anomalies and what clients say of them. The agent thread tells their records, the server's thread
// what was said: whoever does so has `anomalies` locked from the look at what there is until it is
// in the store and among the events, so that none undoes the other. Both make a text of a kilobyte
// meanwhile, and wait for nothing.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control/body.h"
#include "agent/control/route.h"
#include "agent/control/state.h"
#include "dataplane/base/clock.h"

enum { NOTE_CHARACTERS_MAX = 200 };

// The record with what was said of it, if anything, as its last member. NULL: no memory.
static struct text *shown_make(const char *record, size_t bytes, const struct text *acknowledged)
{
    static const char member[] = ",\"acknowledged\":";
    size_t more = acknowledged != NULL ? sizeof(member) - 1 + acknowledged->bytes : 0;
    struct text *text = text_room(bytes + more);
    if (text == NULL) {
        return NULL;
    }
    char *at = mempcpy(text->octets, record, bytes - 1);
    if (acknowledged != NULL) {
        at = mempcpy(at, member, sizeof(member) - 1);
        at = mempcpy(at, acknowledged->octets, acknowledged->bytes);
    }
    *at = '}';
    return text;
}

void control_anomaly(struct control *control, const struct record_anomaly *anomaly,
                     struct text *text)
{
    struct store_anomaly known = {.text = NULL};
    pthread_mutex_lock(&control->anomalies);
    store_anomaly_get(&control->store, anomaly->anomaly, &known);
    struct text *shown = known.acknowledged != NULL
                             ? shown_make(text->octets, text->bytes, known.acknowledged)
                             : text_hold(text);
    if (shown != NULL) {
        const struct store_anomaly now = {
            .number = anomaly->anomaly,
            .record_bytes = text->bytes,
            .acknowledged = known.acknowledged,
            .text = shown,
        };
        events_put(&control->events, EVENT_ANOMALY, shown);
        store_anomaly(&control->store, &now, anomaly->phase != RECORD_PHASE_END);
    } else {
        text_release(known.acknowledged);
    }
    pthread_mutex_unlock(&control->anomalies);
    text_release(known.text);
}

// Characters of UTF-8, which the parser has seen to.
static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

// Takes the body apart: *note is NULL where what was said is to be taken back. False: the reply
// says what is wrong.
static bool note_read(struct control *control, const json_t *body, const char **note,
                      struct reply *reply)
{
    const json_t *wish = json_object_get(body, "acknowledged");
    const json_t *text = json_object_get(body, "note");
    const char *said = text != NULL ? json_string_value(text) : "";
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)body, name, value)
    {
        if (value != wish && value != text) {
            reply_error(reply, &control->budget, 400,
                        "unknown member \"%.80s\"; expected acknowledged, note", name);
            return false;
        }
    }
    if (!json_is_boolean(wish)) {
        reply_error(reply, &control->budget, 400, "acknowledged: expected true or false");
    } else if (said == NULL || characters(said) > NOTE_CHARACTERS_MAX) {
        reply_error(reply, &control->budget, 400, "note: expected a text of at most %d characters",
                    NOTE_CHARACTERS_MAX);
    } else if (text != NULL && json_is_false(wish)) {
        reply_error(reply, &control->budget, 400,
                    "note: expected none where an acknowledgement is taken back");
    } else {
        *note = json_is_true(wish) ? said : NULL;
        return true;
    }
    return false;
}

// Leaves it with the history, so that it is there after a restart; where none is kept, all is well.
static int history_tell_of(struct control *control, uint64_t number, const struct text *said,
                           struct error *err)
{
    int code = control->history != NULL ? history_acknowledge(control->history, number,
                                                              said != NULL ? said->octets : NULL,
                                                              said != NULL ? said->bytes : 0, err)
                                        : 0;
    return code == -EAGAIN ? 0 : code;
}

// A number as routes have it; 0, which no anomaly has: it is none.
static uint64_t number_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    errno = 0;
    uint64_t number = strtoull(text, NULL, 10);
    return text[digits] == '\0' && errno == 0 ? number : 0;
}

// Takes the reference of `said` over; NULL takes back what was said. Locked.
static void change(struct control *control, const char *name, struct text *said,
                   struct reply *reply)
{
    struct error err = {"no memory for the anomaly"};
    struct store_anomaly anomaly;
    uint64_t number = number_of(name);
    if (number == 0 || !store_anomaly_get(&control->store, number, &anomaly)) {
        reply_error(reply, &control->budget, 404,
                    "no anomaly of this run has the number '%s', or it is not kept any more", name);
        text_release(said);
        return;
    }
    struct text *shown = shown_make(anomaly.text->octets, anomaly.record_bytes, said);
    int code = shown != NULL ? history_tell_of(control, number, said, &err) : -ENOMEM;
    text_release(anomaly.acknowledged);
    text_release(anomaly.text);
    if (code != 0) {
        reply_error(reply, &control->budget, 503, "%s", err.text);
        text_release(shown);
        text_release(said);
        return;
    }
    anomaly.acknowledged = said;
    anomaly.text = shown;
    events_put(&control->events, EVENT_ANOMALY, shown);
    reply_text(reply, &control->budget, 200, text_hold(shown));
    store_anomaly_replace(&control->store, &anomaly);
}

// In the words of the client.
static void change_log(struct control *control, const struct call *call, const char *note)
{
    const char *who = call->request->who;
    if (note == NULL) {
        control_log(control, "acknowledgement of anomaly %s taken back by %s", call->name, who);
    } else {
        control_log(control, "anomaly %s acknowledged by %s%s%s", call->name, who,
                    note[0] != '\0' ? ": " : "", note);
    }
}

// `note` is NULL where what was said is taken back.
static void note_take(struct control *control, const struct call *call, const char *note,
                      struct reply *reply)
{
    struct text *said =
        note != NULL ? text_of(json_pack("{s:I, s:s, s:s}", "at_us", (json_int_t)clock_wall_us(),
                                         "by", call->request->who, "note", note))
                     : NULL;
    if (note != NULL && said == NULL) {
        reply_page(reply, 503, NULL);
        return;
    }
    pthread_mutex_lock(&control->anomalies);
    change(control, call->name, said, reply);
    pthread_mutex_unlock(&control->anomalies);
    if (reply->status == 200) {
        change_log(control, call, note);
    }
}

void anomaly_acknowledge(struct control *control, const struct call *call, struct reply *reply)
{
    const char *note = NULL;
    if (!control_can_tell(control)) {
        reply_error(reply, &control->budget, 503, "changes come faster than they can be logged");
        return;
    }
    json_t *body = body_read(&control->budget, call->request, reply);
    if (body != NULL && note_read(control, body, &note, reply)) {
        note_take(control, call, note, reply);
    }
    json_decref(body);
}
