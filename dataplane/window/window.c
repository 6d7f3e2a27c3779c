// SPDX-License-Identifier: Apache-2.0
// Hosts lie densely in the pane, in the order in which they were first seen; an open-addressed
// table of indices finds them. A fold costs two look-ups in a table far larger than the caches, so
// folds wait in a short line while what they will touch is fetched: hash and slot when a fold
// enters, the host itself half-way, the sums when it leaves.
#include "dataplane/window/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE = 16, // folds that wait
    LINE_HALF = LINE / 2,
    PANES = 2,
    SPARSE_CLEAR = 8, // clearing single slots pays below one host for so many slots
};

#define SLOT_EMPTY 0 // slots hold the host's index + 1

struct line_item {
    uint8_t address[2][16]; // source, destination
    uint64_t hash[2];
    uint64_t packets;
    uint32_t ipv6;
};

struct window {
    struct pane panes[PANES];
    struct pane *open;
    uint32_t *slots;
    uint32_t slot_count;
    struct window_options options;
    struct line_item line[LINE];
    uint64_t entered, left; // folds so far; left <= entered <= left + LINE
};

int window_create(struct window **window, const struct window_options *options, struct error *err)
{
    struct window *new = aligned_alloc(64, (sizeof(*new) + 63) / 64 * 64);
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for a window");
    }
    memset(new, 0, sizeof(*new));
    new->options = *options;
    new->slot_count = options->max_hosts * 2; // at most half full
    new->slots = memory_map(new->slot_count * sizeof(*new->slots), options->pages, err);
    bool complete = new->slots != NULL;
    for (unsigned i = 0; i < PANES && complete; i++) {
        size_t bytes = options->max_hosts * sizeof(struct pane_host);
        new->panes[i].hosts = memory_map(bytes, options->pages, err);
        complete = new->panes[i].hosts != NULL;
    }
    if (!complete) {
        window_free(new);
        return -ENOMEM;
    }
    *window = new;
    return 0;
}

void window_free(struct window *window)
{
    if (window == NULL) {
        return;
    }
    for (unsigned i = 0; i < PANES; i++) {
        memory_unmap(window->panes[i].hosts, window->options.max_hosts * sizeof(struct pane_host));
    }
    memory_unmap(window->slots, window->slot_count * sizeof(*window->slots));
    free(window);
}

bool window_open(struct window *window, int64_t start_us, int64_t end_us)
{
    struct pane *pane = window->open == &window->panes[0] ? &window->panes[1] : &window->panes[0];
    if (atomic_load_explicit(&pane->taken, memory_order_acquire)) {
        return false;
    }
    struct pane_host *hosts = pane->hosts;
    memset(pane, 0, sizeof(*pane));
    pane->hosts = hosts;
    pane->start_us = start_us;
    pane->end_us = end_us;
    pane->first_us = INT64_MAX;
    pane->last_us = INT64_MIN;
    window->open = pane;
    return true;
}

struct pane *window_pane(struct window *window)
{
    return window->open;
}

static uint64_t host_hash(const struct window *window, const uint8_t *address, uint32_t ipv6)
{
    struct hash_secret secret = {.seed = window->options.secret.seed + ipv6};
    return hash_bytes(address, 16, secret);
}

// The address's slot, or the empty one where it belongs.
static uint32_t *slot_find(const struct window *window, const struct line_item *item, unsigned role)
{
    uint32_t place = hash_range(item->hash[role], window->slot_count);
    for (;;) {
        uint32_t *slot = &window->slots[place];
        if (*slot == SLOT_EMPTY) {
            return slot;
        }
        const struct pane_host *host = &window->open->hosts[*slot - 1];
        if (memcmp(host->address, item->address[role], 16) == 0 && host->ipv6 == item->ipv6) {
            return slot;
        }
        place = place + 1 < window->slot_count ? place + 1 : 0;
    }
}

static struct pane_host *host_get(struct window *window, const struct line_item *item,
                                  unsigned role)
{
    struct pane *pane = window->open;
    uint32_t *slot = slot_find(window, item, role);
    if (*slot == SLOT_EMPTY) {
        if (pane->host_count == window->options.max_hosts) {
            return NULL;
        }
        struct pane_host *host = &pane->hosts[pane->host_count++];
        *host = (struct pane_host){.ipv6 = item->ipv6};
        memcpy(host->address, item->address[role], 16);
        *slot = pane->host_count;
    }
    return &pane->hosts[*slot - 1];
}

static void item_leave(struct window *window)
{
    const struct line_item *item = &window->line[window->left++ % LINE];
    struct pane_host *source = host_get(window, item, 0);
    if (source != NULL) {
        source->source_packets += item->packets;
    }
    struct pane_host *destination = host_get(window, item, 1);
    if (destination != NULL) {
        destination->destination_packets += item->packets;
    }
    if (source == NULL || destination == NULL) {
        window->open->loss.hosts_overflow += item->packets;
    }
}

static uint32_t *item_slot(const struct window *window, const struct line_item *item, unsigned role)
{
    return &window->slots[hash_range(item->hash[role], window->slot_count)];
}

static void item_enter(struct window *window, const struct flow_entry *flow, uint64_t packets)
{
    struct line_item *item = &window->line[window->entered++ % LINE];
    unsigned source = flow_source(flow);
    item->packets = packets;
    item->ipv6 = (flow->key.scope & KEY_IPV6) != 0;
    memcpy(item->address[0], flow->key.address[source], 16);
    memcpy(item->address[1], flow->key.address[!source], 16);
    for (unsigned role = 0; role < 2; role++) {
        item->hash[role] = host_hash(window, item->address[role], item->ipv6);
        __builtin_prefetch(item_slot(window, item, role), 1);
    }
}

static void item_halfway(struct window *window)
{
    const struct line_item *item = &window->line[(window->entered - LINE_HALF) % LINE];
    for (unsigned role = 0; role < 2; role++) {
        uint32_t slot = *item_slot(window, item, role);
        if (slot != SLOT_EMPTY) {
            __builtin_prefetch(&window->open->hosts[slot - 1], 1);
        }
    }
}

void window_fold(struct window *window, const struct flow_entry *flow,
                 const struct flow_activity *activity)
{
    struct pane *pane = window->open;
    pane->packets += activity->packets;
    pane->bytes += activity->bytes;
    pane->wire_bytes += activity->wire_bytes;
    pane->protocols[flow->application].packets += activity->packets;
    pane->protocols[flow->application].bytes += activity->bytes;

    if (window->entered - window->left == LINE) {
        item_leave(window);
    }
    item_enter(window, flow, activity->packets);
    if (window->entered - window->left >= LINE_HALF) {
        item_halfway(window);
    }
}

static void slots_clear(struct window *window)
{
    const struct pane *pane = window->open;
    if (pane->host_count > window->slot_count / SPARSE_CLEAR) {
        memset(window->slots, 0, window->slot_count * sizeof(*window->slots));
        return;
    }
    for (uint32_t i = 0; i < pane->host_count; i++) {
        const struct pane_host *host = &pane->hosts[i];
        uint64_t hash = host_hash(window, host->address, host->ipv6);
        uint32_t place = hash_range(hash, window->slot_count);
        // Each host empties the run that its own slot starts: together they empty all.
        while (window->slots[place] != SLOT_EMPTY) {
            window->slots[place] = SLOT_EMPTY;
            place = place + 1 < window->slot_count ? place + 1 : 0;
        }
    }
}

struct pane *window_close(struct window *window)
{
    while (window->left != window->entered) {
        item_leave(window);
    }
    slots_clear(window);
    struct pane *pane = window->open;
    atomic_store_explicit(&pane->taken, true, memory_order_release);
    return pane;
}
