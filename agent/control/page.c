// SPDX-License-Identifier: Apache-2.0
#include "agent/control/page.h"

#include <stdlib.h>
#include <string.h>

bool budget_take(struct budget *budget, size_t bytes)
{
    if (bytes > budget->most - budget->used) {
        return false;
    }
    budget->used += bytes;
    return true;
}

void budget_return(struct budget *budget, size_t bytes)
{
    budget->used -= bytes;
}

struct page *page_create(struct budget *budget, unsigned room, const char *before,
                         const char *after)
{
    size_t bytes = sizeof(struct page) + room * sizeof(struct text *);
    if (!budget_take(budget, bytes)) {
        return NULL;
    }
    struct page *page = malloc(bytes);
    if (page == NULL) {
        budget_return(budget, bytes);
        return NULL;
    }
    *page = (struct page){
        .before = before, .after = after, .budget = budget, .charged = bytes, .room = room};
    return page;
}

void page_add(struct page *page, struct text *text)
{
    if (page->count < page->room) {
        page->parts[page->count++] = text_hold(text);
    }
}

void page_close(struct page *page)
{
    page->bytes = strlen(page->before) + strlen(page->after) + page->count - (page->count > 0);
    for (unsigned i = 0; i < page->count; i++) {
        page->bytes += page->parts[i]->bytes;
    }
}

bool page_charge(struct page *page)
{
    if (!budget_take(page->budget, page->bytes)) {
        return false;
    }
    page->charged += page->bytes;
    return true;
}

// What the page's region holds; false after the last. Commas stand between two parts: region 2n is
// part n - 1's text or an end's, 2n + 1 the comma behind it.
static bool region_find(const struct page *page, const char **octets, size_t *bytes)
{
    unsigned last = 2 * page->count + 2;
    if (page->region > last) {
        return false;
    }
    const struct text *part = NULL;
    if (page->region > 0 && page->region < last && page->region % 2 == 0) {
        part = page->parts[page->region / 2 - 1];
    }
    bool comma = page->region > 1 && page->region < last - 2 && page->region % 2 == 1;
    *octets = page->region == 0      ? page->before
              : page->region == last ? page->after
              : part != NULL         ? part->octets
              : comma                ? ","
                                     : "";
    *bytes = part != NULL ? part->bytes : strlen(*octets);
    return true;
}

size_t page_read(struct page *page, char *buffer, size_t most)
{
    const char *octets;
    size_t bytes;
    size_t done = 0;
    while (done < most && region_find(page, &octets, &bytes)) {
        size_t left = bytes - page->offset;
        size_t copied = left < most - done ? left : most - done;
        memcpy(buffer + done, octets + page->offset, copied);
        done += copied;
        page->offset += copied;
        if (copied == left) {
            page->region++;
            page->offset = 0;
        }
    }
    return done;
}

void page_free(struct page *page)
{
    if (page != NULL) {
        for (unsigned i = 0; i < page->count; i++) {
            text_release(page->parts[i]);
        }
        budget_return(page->budget, page->charged);
        free(page);
    }
}
