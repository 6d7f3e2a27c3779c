// SPDX-License-Identifier: Apache-2.0
// Divides bounded room among the panes of a window. A fourth of it is set aside in equal shares, so
// that the panes to come find some whatever those before them held; the rest is for whoever comes,
// but no pane takes more than half of what is left of it.
#ifndef WEIR_SERIES_QUOTA_H
#define WEIR_SERIES_QUOTA_H

#include <stdint.h>

struct quota {
    uint32_t size;
    uint32_t used;
    uint32_t share;    // of each pane
    uint32_t common;   // what is in no share
    uint32_t borrowed; // of that, by panes that hold more than their share
};

// Of `size`, all free, for so many panes.
void quota_init(struct quota *quota, uint32_t size, uint32_t panes);

// Most that a pane may hold that holds nothing yet.
uint32_t quota_of_next(const struct quota *quota);

// What a pane holds was `before` and is `after`.
void quota_change(struct quota *quota, uint32_t before, uint32_t after);

#endif
