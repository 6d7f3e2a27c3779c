// SPDX-License-Identifier: Apache-2.0
// Room for flows, numbered from 1, and lists of them. Pages are touched when they are first used.
#ifndef WEIR_GENERATE_FLOW_SET_H
#define WEIR_GENERATE_FLOW_SET_H

#include "agent/generate/dialogue.h"

struct flow_set {
    struct flow *flows;
    uint32_t max;
    uint32_t used; // that ever were
    uint32_t free; // first of those that are not any more
};

// First in, first out; 0: empty.
struct flow_list {
    uint32_t first;
    uint32_t last;
};

// 0, or -ENOMEM.
int flow_set_init(struct flow_set *set, uint32_t max);
void flow_set_fini(struct flow_set *set);

static inline struct flow *flow_at(const struct flow_set *set, uint32_t number)
{
    return &set->flows[number - 1];
}

// 0: there is no room.
uint32_t flow_take(struct flow_set *set);
void flow_give(struct flow_set *set, uint32_t number);

void flow_list_put(struct flow_list *list, struct flow_set *set, uint32_t number);

// 0: the list is empty.
uint32_t flow_list_take(struct flow_list *list, const struct flow_set *set);

#endif
