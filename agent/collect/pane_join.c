// SPDX-License-Identifier: Apache-2.0
#include "agent/collect/pane_join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pane_join {
    struct pane sum;
    struct host_table table;
};

int pane_join_create(struct pane_join **join, uint32_t max_hosts, enum memory_pages pages,
                     struct error *err)
{
    struct pane_join *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory to join panes");
    }
    struct hash_secret secret;
    hash_secret_draw(&secret);
    new->sum.hosts = memory_map(max_hosts * sizeof(struct host), pages, err);
    if (new->sum.hosts == NULL ||
        host_table_init(&new->table, max_hosts, pages, secret, err) != 0) {
        memory_unmap(new->sum.hosts, max_hosts * sizeof(struct host));
        free(new);
        return -ENOMEM;
    }
    *join = new;
    return 0;
}

void pane_join_free(struct pane_join *join)
{
    if (join != NULL) {
        memory_unmap(join->sum.hosts, join->table.max * sizeof(struct host));
        host_table_fini(&join->table);
        free(join);
    }
}

void pane_join_begin(struct pane_join *join)
{
    struct host *hosts = join->sum.hosts;
    join->sum = (struct pane){.hosts = hosts, .first_us = INT64_MAX, .last_us = INT64_MIN};
}

static void loss_add(struct pane_loss *sum, const struct pane_loss *loss)
{
    sum->late += loss->late;
    sum->capture_drops += loss->capture_drops;
    sum->parse_rejects += loss->parse_rejects;
    sum->evicted += loss->evicted;
    sum->hosts_overflow += loss->hosts_overflow;
    sum->shed += loss->shed;
    sum->activity_shed += loss->activity_shed;
}

void pane_join_add_books(struct pane_join *join, const struct pane_books *books)
{
    struct pane_books *sum = &join->sum.books;
    sum->received += books->received;
    for (unsigned cause = 0; cause < PANE_DROP_CAUSES; cause++) {
        sum->capture_drops[cause] += books->capture_drops[cause];
    }
    for (unsigned cause = 0; cause < PANE_REJECT_CAUSES; cause++) {
        sum->parse_rejects[cause] += books->parse_rejects[cause];
    }
    sum->parsed += books->parsed;
    sum->late += books->late;
    sum->flows_started += books->flows_started;
    sum->flows_ended += books->flows_ended;
    sum->flows_evicted += books->flows_evicted;
    sum->ended_packets += books->ended_packets;
    sum->live_packets += books->live_packets;
    sum->rare_refused += books->rare_refused;
    sum->shed += books->shed;
}

// A flow is in one worker only, an address may be in several.
static void hosts_add(struct pane_join *join, const struct pane *pane)
{
    struct pane *sum = &join->sum;
    for (uint32_t i = 0; i < pane->host_count; i++) {
        const struct host *from = &pane->hosts[i];
        uint64_t hash = host_table_hash(&join->table, from->address, from->ipv6);
        struct host *to = host_table_get(&join->table, sum->hosts, &sum->host_count, from->address,
                                         from->ipv6, hash);
        if (to == NULL) {
            sum->loss.hosts_overflow += from->source_packets + from->destination_packets;
            continue;
        }
        to->source_packets += from->source_packets;
        to->destination_packets += from->destination_packets;
    }
}

void pane_join_add(struct pane_join *join, const struct pane *pane)
{
    struct pane *sum = &join->sum;
    sum->start_us = pane->start_us;
    sum->end_us = pane->end_us;
    sum->first_us = pane->first_us < sum->first_us ? pane->first_us : sum->first_us;
    sum->last_us = pane->last_us > sum->last_us ? pane->last_us : sum->last_us;
    sum->packets += pane->packets;
    sum->bytes += pane->bytes;
    sum->wire_bytes += pane->wire_bytes;
    sum->flows_started += pane->flows_started;
    sum->flows_ended += pane->flows_ended;
    sum->flows_active += pane->flows_active;
    sum->fragments += pane->fragments;
    loss_add(&sum->loss, &pane->loss);
    pane_join_add_books(join, &pane->books);
    for (unsigned i = 0; i < APPLICATION_MAX; i++) {
        sum->protocols[i].packets += pane->protocols[i].packets;
        sum->protocols[i].bytes += pane->protocols[i].bytes;
    }
    for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
        sum->interfaces[i].packets += pane->interfaces[i].packets;
        sum->interfaces[i].bytes += pane->interfaces[i].bytes;
    }
    hosts_add(join, pane);
}

const struct pane *pane_join_end(struct pane_join *join)
{
    host_table_clear(&join->table, join->sum.hosts, join->sum.host_count);
    return &join->sum;
}
