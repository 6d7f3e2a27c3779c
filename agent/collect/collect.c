// SPDX-License-Identifier: Apache-2.0
#include "agent/collect/collect.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/collect/pane_join.h"
#include "dataplane/worker/tally.h"

enum {
    MESSAGES_A_TURN = 256,
    PANES_APART = 4, // by which live workers are never ahead of each other
};

// What is known of one worker. Its oldest untold pane stops its ring until it is told: the worker
// can be ahead by the panes it owns and by its ring, no further.
struct source {
    struct ring *ring;
    struct pane *pane; // closed by the worker, not yet joined
    bool ended;
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
        new->sources[i].ring = options->rings[i];
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

static unsigned source_drain(struct collect *collect, struct source *source)
{
    unsigned count = 0;
    const struct tally_message *message = NULL;
    while (source->pane == NULL && !source->ended && count < MESSAGES_A_TURN &&
           (message = ring_peek(source->ring, 0)) != NULL) {
        switch ((enum tally_message_type)message->type) {
        case TALLY_FLOW:
            collect->events.flow(collect->events.context, &message->flow);
            break;
        case TALLY_PANE:
            source->pane = message->pane;
            break;
        case TALLY_END:
            source->ended = true;
            break;
        }
        ring_release(source->ring, 1);
        count++;
    }
    return count;
}

// The oldest of the panes that begin at `least_us` or later; NULL: none does.
static const struct pane *oldest_find(const struct collect *collect, int64_t least_us)
{
    const struct pane *oldest = NULL;
    for (unsigned i = 0; i < collect->count; i++) {
        const struct pane *pane = collect->sources[i].pane;
        if (pane != NULL && pane->start_us >= least_us &&
            (oldest == NULL || pane->start_us < oldest->start_us)) {
            oldest = pane;
        }
    }
    return oldest;
}

// The start of the oldest pane that waits, if no worker can still close an older one. Where the
// clock was set back, what is left of the time before goes first: its worker would stand still
// until the others have come there again.
static bool watermark_find(const struct collect *collect, int64_t *start_us)
{
    for (unsigned i = 0; i < collect->count; i++) {
        if (collect->sources[i].pane == NULL && !collect->sources[i].ended) {
            return false;
        }
    }
    const struct pane *pane = oldest_find(collect, INT64_MIN);
    if (pane == NULL) {
        return false;
    }
    if (pane->start_us < collect->told_us) {
        int64_t apart_us = PANES_APART * (pane->end_us - pane->start_us);
        const struct pane *before = oldest_find(collect, collect->told_us);
        bool far = before != NULL && before->start_us - pane->start_us > apart_us;
        pane = far ? before : pane;
    }
    *start_us = pane->start_us;
    return true;
}

static void pane_tell(struct collect *collect, int64_t start_us)
{
    const struct pane *whole = collect->sources[0].pane;
    if (collect->join != NULL) {
        pane_join_begin(collect->join);
        for (unsigned i = 0; i < collect->count; i++) {
            const struct pane *pane = collect->sources[i].pane;
            if (pane != NULL && pane->start_us == start_us) {
                pane_join_add(collect->join, pane);
            }
        }
        whole = pane_join_end(collect->join);
    }
    collect->events.pane(collect->events.context, whole);
    collect->told_us = start_us;
    for (unsigned i = 0; i < collect->count; i++) {
        struct source *source = &collect->sources[i];
        if (source->pane != NULL && source->pane->start_us == start_us) {
            pane_give_back(source->pane);
            source->pane = NULL;
        }
    }
}

unsigned collect_poll(struct collect *collect)
{
    unsigned count = 0;
    for (unsigned i = 0; i < collect->count; i++) {
        count += source_drain(collect, &collect->sources[i]);
    }
    int64_t start_us = 0;
    if (watermark_find(collect, &start_us)) {
        pane_tell(collect, start_us);
    }
    return count;
}

bool collect_ended(const struct collect *collect)
{
    for (unsigned i = 0; i < collect->count; i++) {
        if (!collect->sources[i].ended || collect->sources[i].pane != NULL) {
            return false;
        }
    }
    return true;
}
