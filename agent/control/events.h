// SPDX-License-Identifier: Apache-2.0
// What has happened lately, numbered, for clients that follow it (stream.h). Any thread puts, the
// server's thread takes; a mutex guards the pointers, never the making or freeing of a text.
#ifndef WEIR_CONTROL_EVENTS_H
#define WEIR_CONTROL_EVENTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/control/text.h"

enum {
    EVENTS_MAX = 4096,
    EVENTS_BYTES_MAX = 16 * 1024 * 1024, // the oldest go first
};

enum event_kind {
    EVENT_WINDOW,
    EVENT_ANSWER,
    EVENT_ANOMALY,
    EVENT_BOOKS,
    EVENT_READY,
    EVENT_QUERY, // one was added, changed or removed
    EVENT_KIND_COUNT,
};

extern const char *const event_kind_names[EVENT_KIND_COUNT];

struct event {
    enum event_kind kind;
    struct text *text;
};

struct events {
    pthread_mutex_t lock;
    struct event ring[EVENTS_MAX]; // event n at n % EVENTS_MAX
    uint64_t next;                 // number of the next one; the first is 1
    unsigned count;
    size_t bytes;
    atomic_uint followers; // the server's thread says how many there are
    int wake;              // an eventfd of the server's
};

void events_init(struct events *events, int wake);
void events_fini(struct events *events);

// Holds the text, which may be NULL: then nothing has happened. Wakes the server's thread where
// somebody follows.
void events_put(struct events *events, enum event_kind kind, struct text *text);

// The number of the next event.
uint64_t events_next(struct events *events);

enum events_state { EVENTS_GIVEN, EVENTS_NONE_YET, EVENTS_GONE };

// The event of that number, its text held for the caller.
enum events_state events_take(struct events *events, uint64_t number, struct event *event);

#endif
