// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/backoff.h"
#include "dataplane/base/counter.h"
#include "dataplane/worker/activities.h"
#include "dataplane/worker/drop_log.h"

struct tally {
    struct flow_table *flows;
    struct window *window;
    struct ring *ring;
    struct activities activities;
    int64_t pane_us;                    // start of the open pane
    struct flow_table_stats pane_began; // the flow table's, when the open pane began
    enum tally_pressure pressure;
    size_t slight_room; // slots that must be free behind the next for a slight flow's record
    uint64_t shed;      // flows
    uint64_t pane_shed; // when the open pane began
    struct drop_log drops;
    counter packets; // taken in, and of flows that ended, for other threads
    counter ended_packets;
};

// Slots that flows leave free: panes and the end need not wait then.
enum { ROOM_KEPT = 16 };

static struct tally_message *message_reserve(struct tally *tally)
{
    struct backoff backoff = {0};
    struct tally_message *message = NULL;
    while ((message = ring_reserve(tally->ring, 0)) == NULL) {
        backoff_wait(&backoff);
    }
    return message;
}

static bool flow_has_room(const struct tally *tally, const struct flow_entry *flow)
{
    return ring_reserve(tally->ring, flow_is_slight(flow) ? tally->slight_room : ROOM_KEPT) != NULL;
}

static void flow_ended(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                       enum flow_end end)
{
    struct tally *tally = context;
    if (tally->pressure == TALLY_SHEDS && !flow_has_room(tally, flow)) {
        tally->shed++;
        return;
    }
    struct tally_message *message = message_reserve(tally);
    message->type = TALLY_FLOW;
    message->flow.flow = *flow;
    message->flow.end = (uint8_t)end;
    message->flow.capture_drops =
        drop_log_sum(&tally->drops, flow->start_us, flow->start_us + flow->last_us);
    if (rare != NULL) {
        message->flow.rare = *rare;
    }
    ring_submit(tally->ring, 1);
}

// There was no room. Apart from flow_active, which is called for each fold.
static __attribute__((noinline)) void activity_squeeze(struct tally *tally,
                                                       const struct flow_entry *flow,
                                                       const struct flow_rare *rare,
                                                       const struct flow_activity *activity)
{
    struct backoff backoff = {0};
    do {
        activities_flush(&tally->activities);
        if (tally->pressure == TALLY_SHEDS) {
            window_pane(tally->window)->loss.activity_shed += activity->packets;
            return;
        }
        backoff_wait(&backoff);
    } while (!activities_put(&tally->activities, tally->pane_us, flow, rare, activity));
}

static void flow_active(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                        const struct flow_activity *activity)
{
    struct tally *tally = context;
    window_fold(tally->window, flow, activity);
    if (__builtin_expect(!activities_put(&tally->activities, tally->pane_us, flow, rare, activity),
                         0)) {
        activity_squeeze(tally, flow, rare, activity);
    }
}

int tally_create(struct tally **tally, const struct tally_options *options, struct error *err)
{
    struct tally *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for a worker");
    }
    new->pressure = options->pressure;
    new->slight_room = options->messages / 4;
    struct flow_events events = {.context = new, .ended = flow_ended, .active = flow_active};
    int code = flow_table_create(&new->flows, &options->flow, &events, err);
    if (code == 0) {
        code = window_create(&new->window, &options->window, err);
    }
    if (code == 0) {
        new->ring = ring_create(sizeof(struct tally_message), options->messages, err);
        code = new->ring == NULL ? -ENOMEM : 0;
    }
    if (code == 0) {
        code = activities_init(&new->activities, options->activities, err);
    }
    if (code != 0) {
        tally_free(new);
        return code;
    }
    *tally = new;
    return 0;
}

void tally_free(struct tally *tally)
{
    if (tally != NULL) {
        activities_fini(&tally->activities);
        ring_free(tally->ring);
        window_free(tally->window);
        flow_table_free(tally->flows);
        free(tally);
    }
}

void tally_add(struct tally *tally, const struct facts *facts, unsigned count)
{
    flow_table_add(tally->flows, facts, count);
    const struct flow_table_stats *stats = flow_table_stats(tally->flows);
    counter_set(&tally->packets, stats->packets);
    counter_set(&tally->ended_packets, stats->ended_packets);
}

void tally_sweep(struct tally *tally, int64_t now_us)
{
    if (tally->pressure == TALLY_SHEDS) {
        flow_table_expire_part(tally->flows, now_us);
    }
}

static void pane_tell(struct tally *tally, enum tally_message_type type, struct pane *pane)
{
    struct tally_message *message = message_reserve(tally);
    message->type = (uint8_t)type;
    message->pane = pane;
    ring_submit(tally->ring, 1);
}

static void books_fill(const struct tally *tally, const struct pane_turn *turn,
                       struct pane_books *books)
{
    const struct flow_table_stats *stats = flow_table_stats(tally->flows);
    *books = turn->books;
    books->flows_started = stats->started;
    books->flows_ended = stats->ended;
    books->flows_evicted = stats->evicted;
    books->ended_packets = stats->ended_packets;
    books->live_packets = stats->packets - stats->ended_packets;
    books->rare_refused = stats->rare_refused;
    books->shed = tally->shed;
}

static void pane_close(struct tally *tally, const struct pane_turn *turn)
{
    struct pane *pane = window_pane(tally->window);
    drop_log_add(&tally->drops, pane->start_us, pane->end_us, turn->capture_drops);
    if (!turn->begins) {
        tally->pressure = TALLY_WAITS;
        // Packet time ends with the last packet, whatever is left of the pane: why a flow ended
        // must not hang on the pane's length.
        flow_table_expire(tally->flows, turn->last_us);
        flow_table_end_all(tally->flows);
    } else if (tally->pressure == TALLY_WAITS) {
        flow_table_expire(tally->flows, pane->end_us);
    }
    if (turn->begins && turn->start_us < pane->start_us) {
        flow_table_set_back(tally->flows, pane->end_us - turn->start_us);
    }
    flow_table_fold(tally->flows);
    activities_flush(&tally->activities);

    const struct flow_table_stats *now = flow_table_stats(tally->flows);
    const struct flow_table_stats *then = &tally->pane_began;
    pane->first_us = turn->first_us;
    pane->last_us = turn->last_us;
    pane->flows_started = now->started - then->started;
    pane->flows_ended = now->ended - then->ended;
    pane->flows_active = now->started - now->ended;
    pane->fragments = turn->fragments;
    memcpy(pane->interfaces, turn->interfaces, sizeof(pane->interfaces));
    pane->loss.late = turn->loss.late;
    pane->loss.capture_drops = turn->loss.capture_drops;
    pane->loss.parse_rejects = turn->loss.parse_rejects;
    pane->loss.evicted = now->evicted - then->evicted;
    pane->loss.shed = tally->shed - tally->pane_shed;
    tally->pane_shed = tally->shed;
    tally->pane_began = *now;
    books_fill(tally, turn, &pane->books);
    pane_tell(tally, TALLY_PANE, window_close(tally->window));
}

void tally_turn(struct tally *tally, const struct pane_turn *turn)
{
    if (turn->ends) {
        pane_close(tally, turn);
    }
    if (turn->begins) {
        struct backoff backoff = {0};
        while (!window_open(tally->window, turn->start_us, turn->end_us)) {
            backoff_wait(&backoff);
        }
        tally->pane_us = turn->start_us;
        pane_tell(tally, TALLY_OPEN, window_pane(tally->window));
    }
}

void tally_end(struct tally *tally)
{
    message_reserve(tally)->type = TALLY_END;
    ring_submit(tally->ring, 1);
}

struct ring *tally_ring(struct tally *tally)
{
    return tally->ring;
}

struct ring *tally_activities(struct tally *tally)
{
    return tally->activities.ring;
}

const struct flow_table_stats *tally_flow_stats(const struct tally *tally)
{
    return flow_table_stats(tally->flows);
}

uint64_t tally_shed(const struct tally *tally)
{
    return tally->shed;
}

uint64_t tally_live_packets(const struct tally *tally)
{
    uint64_t ended = counter_read(&tally->ended_packets);
    uint64_t taken = counter_read(&tally->packets);
    return taken > ended ? taken - ended : 0;
}
