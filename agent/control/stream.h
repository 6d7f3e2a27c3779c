// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/stream: server-sent events. A client that comes back with the id of the last event it
// had gets what followed, as long as that is still there; any other begins with what holds now.
// Between events a stream's connection is suspended. Server's thread.
#ifndef WEIR_CONTROL_STREAM_H
#define WEIR_CONTROL_STREAM_H

#include <stdint.h>
#include <sys/queue.h>

struct control;
struct MHD_Connection;
struct MHD_Response;
struct stream;

LIST_HEAD(stream_list, stream);

struct streams {
    struct stream_list list;
    unsigned count;
    uint64_t seen;   // events before this one were told of
    int64_t beat_us; // when each stream says something next, whether there is anything or not
    char run[24];    // ids of another run's events do not begin with it
};

void streams_init(struct streams *streams);

// The reply's body, for who has this Last-Event-ID (NULL: none). NULL: there are too many streams.
struct MHD_Response *stream_open(struct control *control, struct MHD_Connection *connection,
                                 const char *last_event_id);

// Often: lets those go on for whom there is something. Returns when it wants to be called next.
int64_t streams_turn(struct control *control, int64_t now_us);

// Ends all, before the daemon ends.
void streams_end(struct control *control);

#endif
