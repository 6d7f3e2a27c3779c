// SPDX-License-Identifier: Apache-2.0
#include "agent/series/quota.h"

enum { SET_ASIDE = 4 }; // a fourth

void quota_init(struct quota *quota, uint32_t size, uint32_t panes)
{
    uint32_t share = size / SET_ASIDE / panes;
    *quota = (struct quota){
        .size = size,
        .share = panes > 1 ? share : size,
        .common = panes > 1 ? size - share * panes : 0,
    };
}

uint32_t quota_of_next(const struct quota *quota)
{
    uint32_t free = quota->size - quota->used;
    uint32_t left = quota->common > quota->borrowed ? quota->common - quota->borrowed : 0;
    uint32_t most = quota->share + left / 2;
    return most < free ? most : free;
}

static uint32_t excess(const struct quota *quota, uint32_t held)
{
    return held > quota->share ? held - quota->share : 0;
}

void quota_change(struct quota *quota, uint32_t before, uint32_t after)
{
    quota->used += after - before; // modulo 2^32
    quota->borrowed += excess(quota, after) - excess(quota, before);
}
