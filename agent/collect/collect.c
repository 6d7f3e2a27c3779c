// SPDX-License-Identifier: Apache-2.0
// Each source (a worker) has a front: the oldest of its panes that is not told yet, still open or
// closed. Once all fronts are known the oldest of them is next, and nothing but its being told can
// change that. So what flows did in it can be given away while it is open, and still belongs to the
// pane that is told next: the rings need not hold all that happens in a pane, nor has anybody here
// to keep it. (Taking whatever is there would count flows to the pane before theirs where workers
// are apart.)
//
// A source's messages are drained up to the end of its front; what its flows did is drained as far
// as it belongs to its front, while that is next. The front is told when every source that has it
// has closed it and nothing of it is left in the rings.
//
// Why nobody waits for ever, however small the rings are. A worker waits for room in a ring, or for
// one of its two panes. One whose front is next and open waits for neither: both rings are drained
// and its older panes are given back, so that it goes on to the end of the pane, whatever the
// others do. One that is further waits until its front has been told. That comes, for what is next
// is known: a worker without a front has no untold pane and drained messages, so that it waits for
// nothing but its next turn. Where workers share a stream, the reader has put that turn into every
// lane before any of them can be given a packet of the pane. Where each has its own, a live stream
// turns by the clock.
#include "agent/collect/collect.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/collect/pane_join.h"
#include "dataplane/worker/tally.h"

enum {
    MESSAGES_A_TURN = 256,
    PANES_APART = 4, // by which live workers are never ahead of each other
};

struct source {
    struct ring *messages;
    struct ring *activities;
    struct pane *front; // NULL: it is not known yet, or the worker has ended
    bool closed;        // the front is the agent's to read; of an open one only the bounds are
    bool ended;
    struct pane_books books; // of the pane told last
};

struct collect {
    struct collect_events events;
    struct pane_join *join; // where there is more than one worker
    int64_t told_us;        // start of the pane told last
    unsigned count;
    struct source sources[];
};

int collect_create(struct collect **collect, const struct collect_options *options,
                   const struct collect_events *events, struct error *err)
{
    struct collect *new = calloc(1, sizeof(*new) + options->ring_count * sizeof(struct source));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory to collect from %u workers", options->ring_count);
    }
    new->events = *events;
    new->count = options->ring_count;
    new->told_us = INT64_MIN;
    for (unsigned i = 0; i < new->count; i++) {
        new->sources[i].messages = options->rings[i];
        new->sources[i].activities = options->activities[i];
    }
    if (new->count > 1) {
        int code = pane_join_create(&new->join, options->max_hosts, options->pages, err);
        if (code != 0) {
            free(new);
            return code;
        }
    }
    *collect = new;
    return 0;
}

void collect_free(struct collect *collect)
{
    if (collect != NULL) {
        pane_join_free(collect->join);
        free(collect);
    }
}

static unsigned messages_drain(struct collect *collect, struct source *source)
{
    unsigned count = 0;
    const struct tally_message *message = NULL;
    while (!source->closed && !source->ended && count < MESSAGES_A_TURN &&
           (message = ring_peek(source->messages, 0)) != NULL) {
        switch ((enum tally_message_type)message->type) {
        case TALLY_FLOW:
            collect->events.flow(collect->events.context, &message->flow);
            break;
        case TALLY_OPEN:
            source->front = message->pane;
            break;
        case TALLY_PANE:
            source->front = message->pane;
            source->closed = true;
            break;
        case TALLY_END:
            source->ended = true;
            break;
        }
        ring_release(source->messages, 1);
        count++;
    }
    return count;
}

// The next that a flow did in the front; NULL: nothing that is there.
static const struct pane_flow *activity_peek(const struct source *source)
{
    const struct pane_flow *flow = ring_peek(source->activities, 0);
    return flow != NULL && flow->pane_us == source->front->start_us ? flow : NULL;
}

static unsigned activities_drain(struct collect *collect, struct source *source)
{
    unsigned count = 0;
    const struct pane_flow *flow = NULL;
    while (count < MESSAGES_A_TURN && (flow = activity_peek(source)) != NULL) {
        collect->events.activity(collect->events.context, flow);
        ring_release(source->activities, 1);
        count++;
    }
    return count;
}

// The oldest of the fronts that begin at `least_us` or later; NULL: none does.
static const struct pane *oldest_find(const struct collect *collect, int64_t least_us)
{
    const struct pane *oldest = NULL;
    for (unsigned i = 0; i < collect->count; i++) {
        const struct pane *pane = collect->sources[i].front;
        if (pane != NULL && pane->start_us >= least_us &&
            (oldest == NULL || pane->start_us < oldest->start_us)) {
            oldest = pane;
        }
    }
    return oldest;
}

// The front that is told next; NULL where that is not certain yet. Where the clock was set back,
// what is left of the time before goes first: its worker would stand still until the others have
// come there again.
static const struct pane *next_find(const struct collect *collect)
{
    for (unsigned i = 0; i < collect->count; i++) {
        if (collect->sources[i].front == NULL && !collect->sources[i].ended) {
            return NULL;
        }
    }
    const struct pane *next = oldest_find(collect, INT64_MIN);
    if (next != NULL && next->start_us < collect->told_us) {
        int64_t apart_us = PANES_APART * (next->end_us - next->start_us);
        const struct pane *before = oldest_find(collect, collect->told_us);
        bool far = before != NULL && before->start_us - next->start_us > apart_us;
        next = far ? before : next;
    }
    return next;
}

static bool has_front(const struct source *source, int64_t start_us)
{
    return source->front != NULL && source->front->start_us == start_us;
}

// The pane of that start as a whole: of each worker its own, or what its books said last.
static const struct pane *pane_whole(struct collect *collect, int64_t start_us)
{
    if (collect->join == NULL) {
        return collect->sources[0].front;
    }
    pane_join_begin(collect->join);
    for (unsigned i = 0; i < collect->count; i++) {
        const struct source *source = &collect->sources[i];
        if (has_front(source, start_us)) {
            pane_join_add(collect->join, source->front);
        } else {
            pane_join_add_books(collect->join, &source->books);
        }
    }
    return pane_join_end(collect->join);
}

static void pane_tell(struct collect *collect, int64_t start_us)
{
    collect->events.pane(collect->events.context, pane_whole(collect, start_us));
    collect->told_us = start_us;
    for (unsigned i = 0; i < collect->count; i++) {
        struct source *source = &collect->sources[i];
        if (has_front(source, start_us)) {
            source->books = source->front->books;
            pane_give_back(source->front);
            source->front = NULL;
            source->closed = false;
        }
    }
}

unsigned collect_poll(struct collect *collect)
{
    unsigned count = 0;
    for (unsigned i = 0; i < collect->count; i++) {
        count += messages_drain(collect, &collect->sources[i]);
    }
    const struct pane *next = next_find(collect);
    if (next == NULL) {
        return count;
    }
    int64_t start_us = next->start_us;
    bool complete = true;
    for (unsigned i = 0; i < collect->count; i++) {
        struct source *source = &collect->sources[i];
        if (has_front(source, start_us)) {
            count += activities_drain(collect, source);
            complete = complete && source->closed && activity_peek(source) == NULL;
        }
    }
    if (complete) {
        pane_tell(collect, start_us);
    }
    return count;
}

bool collect_ended(const struct collect *collect)
{
    for (unsigned i = 0; i < collect->count; i++) {
        if (!collect->sources[i].ended || collect->sources[i].front != NULL) {
            return false;
        }
    }
    return true;
}
