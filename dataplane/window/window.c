// SPDX-License-Identifier: Apache-2.0
// A fold costs two look-ups in tables far larger than the caches, so folds wait in a short line
// while what they will touch is fetched: the slot when a fold enters, the host half-way, the sums
// when it leaves.
#include "dataplane/window/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PANES = 2, LINE = 64, LINE_HALF = LINE / 2 }; // LINE: folds that wait

struct line_item {
    uint8_t address[2][16]; // source, destination
    uint64_t hash[2];
    uint64_t packets;
    uint32_t ipv6;
};

struct window {
    struct pane panes[PANES];
    struct pane *open;
    struct host_table table; // of the open pane's hosts
    uint32_t max_hosts;
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
    new->max_hosts = options->max_hosts;
    bool complete =
        host_table_init(&new->table, options->max_hosts, options->pages, options->secret, err) == 0;
    for (unsigned i = 0; i < PANES && complete; i++) {
        size_t bytes = options->max_hosts * sizeof(struct host);
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
        memory_unmap(window->panes[i].hosts, window->max_hosts * sizeof(struct host));
    }
    host_table_fini(&window->table);
    free(window);
}

bool window_open(struct window *window, int64_t start_us, int64_t end_us)
{
    struct pane *pane = window->open == &window->panes[0] ? &window->panes[1] : &window->panes[0];
    if (atomic_load_explicit(&pane->taken, memory_order_acquire)) {
        return false;
    }
    struct host *hosts = pane->hosts;
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

static struct host *host_get(struct window *window, const struct line_item *item, unsigned role)
{
    struct pane *pane = window->open;
    return host_table_get(&window->table, pane->hosts, &pane->host_count, item->address[role],
                          item->ipv6, item->hash[role]);
}

static void item_leave(struct window *window)
{
    const struct line_item *item = &window->line[window->left++ % LINE];
    struct host *source = host_get(window, item, 0);
    if (source != NULL) {
        source->source_packets += item->packets;
    }
    struct host *destination = host_get(window, item, 1);
    if (destination != NULL) {
        destination->destination_packets += item->packets;
    }
    if (source == NULL || destination == NULL) {
        window->open->loss.hosts_overflow += item->packets;
    }
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
        item->hash[role] = host_table_hash(&window->table, item->address[role], item->ipv6);
        __builtin_prefetch(host_table_slot(&window->table, item->hash[role]), 1);
    }
}

static void item_halfway(struct window *window)
{
    const struct line_item *item = &window->line[(window->entered - LINE_HALF) % LINE];
    for (unsigned role = 0; role < 2; role++) {
        uint32_t index = host_table_guess(&window->table, item->hash[role]);
        if (index < window->max_hosts) {
            __builtin_prefetch(&window->open->hosts[index], 1);
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

struct pane *window_close(struct window *window)
{
    while (window->left != window->entered) {
        item_leave(window);
    }
    struct pane *pane = window->open;
    host_table_clear(&window->table, pane->hosts, pane->host_count);
    atomic_store_explicit(&pane->taken, true, memory_order_release);
    return pane;
}
