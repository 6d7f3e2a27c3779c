// SPDX-License-Identifier: Apache-2.0
// The body of a reply: texts, parted by commas, between a beginning and an end. The server's thread
// only.
#ifndef WEIR_CONTROL_PAGE_H
#define WEIR_CONTROL_PAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/control/text.h"

// What replies and requests' bodies may take all together: clients that read slowly must not be
// able to have more and more of it made.
struct budget {
    size_t used;
    size_t most;
};

// Whether `bytes` more are within the budget; they are counted then.
bool budget_take(struct budget *budget, size_t bytes);
void budget_return(struct budget *budget, size_t bytes);

struct page {
    const char *before; // static texts
    const char *after;
    struct budget *budget;
    size_t charged;
    size_t bytes;    // of the whole body; set by page_close
    unsigned region; // where the next read begins: `before` is 0, then the parts, then `after`
    size_t offset;   // in that region
    unsigned count;  // of parts
    unsigned room;   // for parts
    struct text *parts[];
};

// An empty page with room for `room` texts. NULL: no memory, or not within the budget.
struct page *page_create(struct budget *budget, unsigned room, const char *before,
                         const char *after);

// Adds a text while there is room; the page holds it too. Several can be added in any thread's
// stead, under whatever lock guards them: nothing is allocated.
void page_add(struct page *page, struct text *text);

// All is added: sets `bytes`.
void page_close(struct page *page);

// Charges the texts' octets, too: for those that the page alone may come to hold. False: not within
// the budget.
bool page_charge(struct page *page);

// The next octets, at most `most`; 0 at the end.
size_t page_read(struct page *page, char *buffer, size_t most);

// May be NULL.
void page_free(struct page *page);

#endif
