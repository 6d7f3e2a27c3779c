// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/flow_set.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

int flow_set_init(struct flow_set *set, uint32_t max)
{
    size_t bytes = (max * sizeof(*set->flows) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    *set = (struct flow_set){.flows = aligned_alloc(HUGE_PAGE, bytes), .max = max};
    if (set->flows == NULL) {
        return -ENOMEM;
    }
    madvise(set->flows, bytes, MADV_HUGEPAGE); // flows are met at random; without, too, it works
    return 0;
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
        if (list->first != 0) { // it is likely to be asked for next
            __builtin_prefetch(flow_at(set, list->first), 1);
        }
    }
    return number;
}
