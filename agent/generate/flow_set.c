// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/flow_set.h"

#include <errno.h>
#include <stdlib.h>

int flow_set_init(struct flow_set *set, uint32_t max)
{
    *set = (struct flow_set){.flows = calloc(max, sizeof(*set->flows)), .max = max};
    return set->flows != NULL ? 0 : -ENOMEM;
}

void flow_set_fini(struct flow_set *set)
{
    free(set->flows);
    *set = (struct flow_set){0};
}

uint32_t flow_take(struct flow_set *set)
{
    uint32_t number = set->free;
    if (number != 0) {
        set->free = flow_at(set, number)->next;
    } else if (set->used < set->max) {
        number = ++set->used;
    }
    return number;
}

void flow_give(struct flow_set *set, uint32_t number)
{
    flow_at(set, number)->next = set->free;
    set->free = number;
}

void flow_list_put(struct flow_list *list, struct flow_set *set, uint32_t number)
{
    flow_at(set, number)->next = 0;
    if (list->first == 0) {
        list->first = number;
    } else {
        flow_at(set, list->last)->next = number;
    }
    list->last = number;
}

uint32_t flow_list_take(struct flow_list *list, const struct flow_set *set)
{
    uint32_t number = list->first;
    if (number != 0) {
        list->first = flow_at(set, number)->next;
    }
    return number;
}
