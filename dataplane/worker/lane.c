// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/lane.h"

#include <errno.h>
#include <string.h>

#include "dataplane/base/backoff.h"

enum { FACTS = 4096, TURNS = 16, BURST = 64 };

// In facts.flags: no packet, but a word to the worker.
enum { MARK_TURN = 1 << 14, MARK_END = 1 << 15, MARKS = MARK_TURN | MARK_END };

int lane_init(struct lane *lane, struct error *err)
{
    *lane = (struct lane){0};
    lane->facts = ring_create(sizeof(struct facts), FACTS, err);
    lane->turns = ring_create(sizeof(struct pane_turn), TURNS, err);
    if (lane->facts == NULL || lane->turns == NULL) {
        lane_fini(lane);
        return -ENOMEM;
    }
    return 0;
}

void lane_fini(struct lane *lane)
{
    ring_free(lane->turns);
    ring_free(lane->facts);
}

static struct facts *facts_reserve(struct lane *lane)
{
    struct backoff backoff = {0};
    struct facts *slot = NULL;
    while ((slot = ring_reserve(lane->facts, lane->reserved)) == NULL) {
        lane_flush(lane);
        backoff_wait(&backoff);
    }
    lane->reserved++;
    return slot;
}

void lane_put(struct lane *lane, const struct facts *facts)
{
    struct facts *slot = facts_reserve(lane);
    memcpy(slot, facts, offsetof(struct facts, rare));
    if (facts->flags & FACTS_RARE) {
        slot->rare = facts->rare;
    }
}

void lane_flush(struct lane *lane)
{
    ring_submit(lane->facts, lane->reserved);
    lane->reserved = 0;
}

void lane_turn(struct lane *lane, const struct pane_turn *turn)
{
    struct backoff backoff = {0};
    struct pane_turn *slot = NULL;
    lane_flush(lane);
    while ((slot = ring_reserve(lane->turns, 0)) == NULL) {
        backoff_wait(&backoff);
    }
    *slot = *turn;
    ring_submit(lane->turns, 1); // before the mark that announces it
    facts_reserve(lane)->flags = MARK_TURN;
    lane_flush(lane);
}

void lane_end(struct lane *lane)
{
    facts_reserve(lane)->flags = MARK_END;
    lane_flush(lane);
}

// How many facts lie side by side at the ring's head, up to a mark.
static unsigned burst_length(struct lane *lane, const struct facts *first)
{
    unsigned count = 0;
    const struct facts *next = first;
    while (count < BURST && next == first + count && !(next->flags & MARKS)) {
        next = ring_peek(lane->facts, ++count);
    }
    return count;
}

void lane_run(struct lane *lane, struct tally *tally)
{
    struct backoff backoff = {0};
    int64_t now_us = 0;
    for (;;) {
        const struct facts *first = ring_peek(lane->facts, 0);
        tally_sweep(tally, now_us);
        if (first == NULL) {
            backoff_wait(&backoff);
            continue;
        }
        backoff.rounds = 0;
        if (first->flags & MARK_END) {
            break;
        }
        unsigned count = 1;
        if (first->flags & MARK_TURN) {
            const struct pane_turn *turn = ring_peek(lane->turns, 0);
            now_us = turn->start_us;
            tally_turn(tally, turn);
            ring_release(lane->turns, 1);
        } else {
            count = burst_length(lane, first);
            now_us = first->time_us;
            tally_add(tally, first, count);
        }
        ring_release(lane->facts, count);
    }
}
