// SPDX-License-Identifier: Apache-2.0
#include "agent/control/events.h"

#include <stdbool.h>
#include <unistd.h>

const char *const event_kind_names[EVENT_KIND_COUNT] = {
    [EVENT_WINDOW] = "window", [EVENT_ANSWER] = "answer", [EVENT_ANOMALY] = "anomaly",
    [EVENT_BOOKS] = "books",   [EVENT_READY] = "ready",   [EVENT_QUERY] = "query",
};

void events_init(struct events *events, int wake)
{
    pthread_mutex_init(&events->lock, NULL);
    events->next = 1;
    events->count = 0;
    events->bytes = 0;
    events->wake = wake;
    atomic_init(&events->followers, 0);
}

void events_fini(struct events *events)
{
    for (; events->count > 0; events->count--) {
        text_release(events->ring[(events->next - events->count) % EVENTS_MAX].text);
    }
    pthread_mutex_destroy(&events->lock);
}

// Takes the oldest out where one of `bytes` more finds no room; NULL: there is room.
static struct text *make_room(struct events *events, size_t bytes)
{
    bool full = events->count == EVENTS_MAX || events->bytes + bytes > EVENTS_BYTES_MAX;
    if (!full || events->count == 0) {
        return NULL;
    }
    struct text *oldest = events->ring[(events->next - events->count) % EVENTS_MAX].text;
    events->count--;
    events->bytes -= oldest->bytes;
    return oldest;
}

void events_put(struct events *events, enum event_kind kind, struct text *text)
{
    struct text *old = NULL;
    if (text == NULL) {
        return;
    }
    do {
        text_release(old);
        pthread_mutex_lock(&events->lock);
        old = make_room(events, text->bytes);
        if (old == NULL) {
            events->ring[events->next++ % EVENTS_MAX] = (struct event){kind, text_hold(text)};
            events->count++;
            events->bytes += text->bytes;
        }
        pthread_mutex_unlock(&events->lock);
    } while (old != NULL);
    if (atomic_load_explicit(&events->followers, memory_order_relaxed) > 0) {
        uint64_t one = 1;
        ssize_t woken = write(events->wake, &one, sizeof(one));
        (void)woken; // the server's thread looks once a second anyway
    }
}

uint64_t events_next(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    uint64_t next = events->next;
    pthread_mutex_unlock(&events->lock);
    return next;
}

enum events_state events_take(struct events *events, uint64_t number, struct event *event)
{
    enum events_state state = EVENTS_GIVEN;
    pthread_mutex_lock(&events->lock);
    if (number >= events->next) {
        state = EVENTS_NONE_YET;
    } else if (number < events->next - events->count) {
        state = EVENTS_GONE;
    } else {
        *event = events->ring[number % EVENTS_MAX];
        text_hold(event->text);
    }
    pthread_mutex_unlock(&events->lock);
    return state;
}
