// SPDX-License-Identifier: Apache-2.0
// The agent thread's side. It takes the definitions over when a pane opens, with the first flow
// told of it, and again when it closes. What came in between and would count only a part of the
// pane waits for the next.
#include "agent/query/query_set_parts.h"

// What answers for a definition in the open pane: itself, where its counting has counted or will
// count all of it; else what the query was before. NULL: nothing.
static struct standing *standing_now(const struct query_set *set, struct standing *standing)
{
    if (!set->open || standing->counting->opened) {
        return standing;
    }
    for (size_t i = 0; i < set->counted.count; i++) {
        if (set->counted.items[i]->number == standing->number) {
            return set->counted.items[i];
        }
    }
    return NULL;
}

// Takes over what is defined, as far as it holds for the open pane.
static void counted_take(struct query_set *set)
{
    struct standing_list next = {.items = set->counted_before.items};
    struct standing *dead = NULL;
    pthread_mutex_lock(&set->handover);
    for (size_t i = 0; i < set->defined.count; i++) {
        struct standing *standing = standing_now(set, set->defined.items[i]);
        if (standing != NULL) {
            standing->references++;
            next.items[next.count++] = standing;
        }
    }
    for (size_t i = 0; i < set->counted.count; i++) {
        standing_release(set->counted.items[i], &dead);
    }
    pthread_mutex_unlock(&set->handover);
    standing_free_all(dead);
    set->counted_before = set->counted;
    set->counted = next;
    set->open = true;
    for (size_t i = 0; i < next.count; i++) {
        next.items[i]->counting->opened = true;
    }
}

// Whether a flow has one end inside and one outside; all have where no prefixes are known.
static bool is_external(const struct prefix_set *internal, const struct flow_key *key)
{
    bool ipv6 = (key->scope & KEY_IPV6) != 0;
    return internal == NULL || internal->count == 0 ||
           prefix_set_holds(internal, key->address[0], ipv6) !=
               prefix_set_holds(internal, key->address[1], ipv6);
}

static void batch_count(struct query_set *set)
{
    for (size_t i = 0; i < set->counted.count && set->batch.count > 0; i++) {
        counting_flows(set->counted.items[i]->counting, &set->batch);
    }
    set->batch.count = 0;
}

void query_set_flow(struct query_set *set, const struct pane_flow *flow)
{
    if (!set->open) {
        counted_take(set);
    }
    if (set->counted.count == 0) {
        return;
    }
    struct flow_batch *batch = &set->batch;
    batch->flows[batch->count] = *flow;
    batch->external[batch->count] = is_external(set->internal, &flow->key);
    if (++batch->count == FLOW_BATCH_MAX) {
        batch_count(set);
    }
}

void query_set_pane(struct query_set *set, const struct pane *pane,
                    void (*tell)(void *context, const struct query_answer *answer), void *context)
{
    batch_count(set);
    counted_take(set);
    for (size_t i = 0; i < set->counted.count; i++) {
        const struct query *query = &set->counted.items[i]->query;
        struct counting *counting = set->counted.items[i]->counting;
        counting_pane(counting, pane, query->window_us);
        struct query_answer answer = {
            .query = query,
            .start_us = counting->window.from_us,
            .end_us = pane->end_us,
            .changed = counting->told != query->revision,
        };
        answering_make(&set->answering, &answer, query, &counting->window);
        tell(context, &answer);
        counting->told = query->revision;
        counting->opened = false;
    }
    set->open = false;
}
