// SPDX-License-Identifier: Apache-2.0
#include "agent/query/counting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)SUBJECT_KEY_BYTES == (int)SPACE_SAVING_KEY_BYTES,
              "keys are counted as they are");

// How memory is divided, in parts of a unit: keys of the window, keys of one pane (as many as a
// window that is empty takes of them), cells.
enum {
    UNIT_KEYS = 8,
    UNIT_PANE_KEYS = 3,
    UNIT_CELLS = 48,
    UNIT_BYTES = UNIT_KEYS * SLIDING_KEY_BYTES +
                 UNIT_PANE_KEYS * (SPACE_SAVING_BYTES + SLIDING_FOUND_BYTES) +
                 UNIT_CELLS * (int)sizeof(struct sliding_cell),
};

bool counting_serves(const struct query *one, const struct query *other)
{
    return one->subject.kind == other->subject.kind &&
           one->subject.ipv4_bits == other->subject.ipv4_bits &&
           one->subject.ipv6_bits == other->subject.ipv6_bits && one->by == other->by &&
           one->traffic == other->traffic && strcmp(one->filter, other->filter) == 0;
}

static int memory_take(struct counting *counting, uint64_t bytes, struct hash_secret secret,
                       struct error *err)
{
    uint64_t units = bytes / UNIT_BYTES;
    struct sliding_window_options options = {
        .pane_keys = (uint32_t)(units * UNIT_PANE_KEYS),
        .keys = (uint32_t)(units * UNIT_KEYS),
        .cells = (uint32_t)(units * UNIT_CELLS),
        .panes_max = (uint32_t)(QUERY_WINDOW_MAX_US / counting->pane_us),
    };
    int code = space_saving_init(&counting->subjects, options.pane_keys, secret, err);
    return code == 0 ? sliding_window_init(&counting->window, &options, err) : code;
}

struct counting *counting_create(const struct query *query, int64_t pane_us, uint64_t memory_bytes,
                                 struct hash_secret secret, struct error *err)
{
    struct counting *counting = calloc(1, sizeof(*counting));
    if (counting == NULL) {
        error_set(err, -ENOMEM, "no memory for a query");
        return NULL;
    }
    counting->subject = query->subject;
    counting->by = query->by;
    counting->traffic = query->traffic;
    counting->pane_us = pane_us;
    int code = query->filter[0] != '\0' ? filter_create(&counting->filter, query->filter, err) : 0;
    if (code != 0 || memory_take(counting, memory_bytes, secret, err) < 0) {
        counting_free(counting);
        return NULL;
    }
    return counting;
}

void counting_free(struct counting *counting)
{
    if (counting != NULL) {
        filter_free(counting->filter);
        space_saving_fini(&counting->subjects);
        sliding_window_fini(&counting->window);
        free(counting);
    }
}

static uint64_t weight_of(const struct counting *counting, const struct pane_flow *flow)
{
    switch (counting->by) {
    case QUERY_BYTES:
        return flow->bytes;
    case QUERY_PACKETS:
        return flow->packets;
    default:
        return (flow->flags & PANE_FLOW_STARTED) != 0;
    }
}

// A subject that is to be given a weight.
struct weighed {
    struct subject_key key;
    uint32_t tag;
    uint64_t weight;
};

// Adds the subjects of a flow to `weighed`, behind the first `count`; returns how many there are
// then.
static unsigned flow_weigh(struct counting *counting, const struct pane_flow *flow, bool external,
                           struct weighed *weighed, unsigned count)
{
    uint64_t weight = weight_of(counting, flow);
    if (weight == 0 || (counting->traffic == QUERY_EXTERNAL && !external) ||
        !filter_holds(counting->filter, flow)) {
        return count;
    }
    counting->total += weight;
    const struct space_saving *subjects = &counting->subjects;
    struct subject_key keys[SUBJECT_KEYS_MAX];
    unsigned found = subject_keys(&counting->subject, flow, keys);
    for (unsigned i = 0; i < found; i++) {
        uint32_t tag = key_index_tag(keys[i].octets, subjects->secret);
        key_index_fetch_slot(&subjects->index, tag);
        weighed[count++] = (struct weighed){.key = keys[i], .tag = tag, .weight = weight};
    }
    return count;
}

void counting_flows(struct counting *counting, const struct flow_batch *batch)
{
    struct space_saving *subjects = &counting->subjects;
    struct weighed weighed[FLOW_BATCH_MAX * SUBJECT_KEYS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < batch->count; i++) {
        count = flow_weigh(counting, &batch->flows[i], batch->external[i], weighed, count);
    }
    for (unsigned i = 0; i < count; i++) {
        key_index_fetch_entry(&subjects->index, subjects->counters, weighed[i].tag);
    }
    for (unsigned i = 0; i < count; i++) {
        space_saving_add_tagged(subjects, weighed[i].key.octets, weighed[i].tag, weighed[i].weight);
    }
}

void counting_pane(struct counting *counting, const struct pane *pane, int64_t window_us)
{
    struct sliding_window *window = &counting->window;
    if (sliding_window_is_after(window, pane->start_us)) {
        sliding_window_clear(window);
    }
    sliding_window_drop(window, pane->end_us - window_us);
    sliding_window_resize(window, (uint32_t)(window_us / counting->pane_us));
    const struct sliding_pane added = {
        .start_us = pane->start_us,
        .total = counting->total,
        .loss = pane->loss,
    };
    sliding_window_add(window, &added, &counting->subjects);
    space_saving_clear(&counting->subjects);
    counting->total = 0;
}
