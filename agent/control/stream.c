// SPDX-License-Identifier: Apache-2.0
#include "agent/control/stream.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/control/frame.h"
#include "agent/control/server.h"
#include "agent/control/state.h"
#include "dataplane/base/clock.h"

enum {
    STREAMS_MAX = 64,
    BEAT_US = 10000000, // well within what a connection may be idle, here and on the way
    BLOCK_BYTES = 4096,
    UNSENT_BYTES_MAX =
        256 * 1024, // that the kernel holds for who does not read; it would take 4 MiB
};

// What holds now comes first, event by event; what happens meanwhile comes behind it, so that
// something may be told twice but nothing is missed.
enum stream_step {
    STEP_HELLO,
    STEP_READY,
    STEP_BOOKS,
    STEP_WINDOW,
    STEP_ANSWERS,
    STEP_ANOMALIES,
    STEP_FOLLOW,
};

struct stream {
    LIST_ENTRY(stream) entry;
    struct control *control;
    struct MHD_Connection *connection;
    enum stream_step step;
    uint64_t next; // number of the event that it gets next
    bool resumed;
    bool suspended;
    bool beat; // it is to say something, if only that it is there
    bool over;
    struct frame frame; // the event that is under way
};

void streams_init(struct streams *streams)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *streams = (struct streams){.beat_us = INT64_MAX};
    LIST_INIT(&streams->list);
    snprintf(streams->run, sizeof(streams->run), "%" PRIx64,
             (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

// Sends the body under a name; none is left out, except that the stream ends if there should be
// one.
static void event_begin(struct stream *stream, const char *name, struct page *body)
{
    if (body == NULL) {
        stream->over = true; // too much is under way: whoever it is comes again
    } else {
        frame_begin(&stream->frame, body, "event: %s\ndata: ", name);
    }
}

// The same with a text, whose reference is taken over; it is shared, and not charged for.
static void event_text(struct stream *stream, const char *name, struct text *text)
{
    struct page *body = text != NULL ? page_create(&stream->control->budget, 1, "", "") : NULL;
    if (text == NULL) {
        return; // there is none yet
    }
    if (body != NULL) {
        page_add(body, text);
        page_close(body);
    }
    text_release(text);
    event_begin(stream, name, body);
}

static void ready_begin(struct stream *stream)
{
    char why_not[128];
    bool ready = store_is_ready(&stream->control->store, why_not);
    event_text(stream, "ready", control_ready_text(ready, why_not));
}

// The next event of those that happen, or a sign of life. Nothing begins where there is neither.
static void follow_begin(struct stream *stream)
{
    struct control *control = stream->control;
    struct event event;
    char id[64];
    switch (events_take(&control->events, stream->next, &event)) {
    case EVENTS_GIVEN:
        snprintf(id, sizeof(id), "%s\nid: %s-%" PRIu64, event_kind_names[event.kind],
                 control->streams.run, stream->next);
        stream->next++;
        event_text(stream, id, event.text);
        break;
    case EVENTS_GONE:
        stream->over = true; // it is too slow, and begins again with what holds then
        break;
    default:
        if (stream->beat) {
            frame_begin(&stream->frame, NULL, ": beat");
        }
    }
    stream->beat = false;
}

static void hello_begin(struct stream *stream)
{
    frame_begin(&stream->frame, NULL,
                "retry: 1000\nid: %s-%" PRIu64 "\nevent: hello\ndata: {\"resumed\":%s}",
                stream->control->streams.run, stream->next - 1, stream->resumed ? "true" : "false");
    stream->step = stream->resumed ? STEP_FOLLOW : STEP_READY;
}

static void next_begin(struct stream *stream)
{
    struct store *store = &stream->control->store;
    struct budget *budget = &stream->control->budget;
    switch (stream->step) {
    case STEP_HELLO:
        hello_begin(stream);
        return;
    case STEP_READY:
        ready_begin(stream);
        break;
    case STEP_BOOKS:
        event_text(stream, "books", store_books_text(store));
        break;
    case STEP_WINDOW:
        event_text(stream, "window", store_last_window(store));
        break;
    case STEP_ANSWERS:
        event_begin(stream, "answers", store_answers(store, budget));
        break;
    case STEP_ANOMALIES:
        event_begin(stream, "anomalies", store_anomalies(store, budget, true, STORE_OPEN_MAX));
        break;
    default:
        follow_begin(stream);
        return;
    }
    stream->step++;
}

static ssize_t stream_read(void *context, uint64_t position, char *buffer, size_t most)
{
    struct stream *stream = context;
    size_t done = 0;
    (void)position;
    server_renew(stream->control->server, stream->connection);
    while (done < most && !stream->over) {
        if (!frame_is_over(&stream->frame)) {
            done += frame_read(&stream->frame, buffer + done, most - done);
            continue;
        }
        bool following = stream->step == STEP_FOLLOW;
        next_begin(stream);
        if (following && frame_is_over(&stream->frame)) {
            break;
        }
    }
    if (done > 0) {
        return (ssize_t)done;
    }
    if (stream->over) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    stream->suspended = true;
    MHD_suspend_connection(stream->connection);
    return 0;
}

static void stream_close(void *context)
{
    struct stream *stream = context;
    struct control *control = stream->control;
    LIST_REMOVE(stream, entry);
    control->streams.count--;
    atomic_store_explicit(&control->events.followers, control->streams.count, memory_order_relaxed);
    frame_clear(&stream->frame);
    free(stream);
}

// The number of the event behind the one with this id, where that is still there; 0: it is not.
static uint64_t number_behind(struct control *control, const char *id)
{
    struct event event;
    size_t run = strlen(control->streams.run);
    if (id == NULL || strncmp(id, control->streams.run, run) != 0 || id[run] != '-') {
        return 0;
    }
    uint64_t number = strtoull(id + run + 1, NULL, 10);
    uint64_t next = events_next(&control->events);
    if (number >= next ||
        (number + 1 < next && events_take(&control->events, number + 1, &event) != EVENTS_GIVEN)) {
        return 0;
    }
    if (number + 1 < next) {
        text_release(event.text);
    }
    return number + 1;
}

static void unsent_bound(struct MHD_Connection *connection)
{
    int bytes = UNSENT_BYTES_MAX;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL) {
        setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    }
}

struct MHD_Response *stream_open(struct control *control, struct MHD_Connection *connection,
                                 const char *last_event_id)
{
    struct streams *streams = &control->streams;
    struct stream *stream = streams->count < STREAMS_MAX ? calloc(1, sizeof(*stream)) : NULL;
    if (stream == NULL) {
        return NULL;
    }
    uint64_t next = number_behind(control, last_event_id);
    *stream = (struct stream){.control = control,
                              .connection = connection,
                              .next = next > 0 ? next : events_next(&control->events),
                              .resumed = next > 0};
    unsent_bound(connection);
    LIST_INSERT_HEAD(&streams->list, stream, entry);
    streams->count++;
    if (streams->count == 1) {
        streams->beat_us = clock_monotonic_us() + BEAT_US;
    }
    atomic_store_explicit(&control->events.followers, streams->count, memory_order_relaxed);
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, stream_read, stream, stream_close);
    if (response == NULL) {
        stream_close(stream);
    }
    return response;
}

static void go_on(struct stream *stream)
{
    if (stream->suspended) {
        stream->suspended = false;
        MHD_resume_connection(stream->connection);
    }
}

int64_t streams_turn(struct control *control, int64_t now_us)
{
    struct streams *streams = &control->streams;
    struct stream *stream;
    if (streams->count == 0) {
        return INT64_MAX;
    }
    uint64_t next = events_next(&control->events);
    bool beats = now_us >= streams->beat_us;
    if (next != streams->seen || beats) {
        LIST_FOREACH(stream, &streams->list, entry)
        {
            stream->beat = stream->beat || beats;
            go_on(stream);
        }
    }
    streams->seen = next;
    streams->beat_us = beats ? now_us + BEAT_US : streams->beat_us;
    return streams->beat_us;
}

void streams_end(struct control *control)
{
    struct stream *stream;
    LIST_FOREACH(stream, &control->streams.list, entry)
    {
        stream->over = true;
        go_on(stream);
    }
}
