// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/publish/fill.h"
#include "agent/publish/owned.h"
#include "dataplane/sketch/entropy.h"

static void fill_hosts(struct record_window *to, const struct pane *pane)
{
    struct entropy sources = {0};
    struct entropy destinations = {0};
    for (uint32_t i = 0; i < pane->host_count; i++) {
        entropy_add(&sources, pane->hosts[i].source_packets);
        entropy_add(&destinations, pane->hosts[i].destination_packets);
    }
    to->sources = sources.kinds;
    to->destinations = destinations.kinds;
    to->source_entropy = entropy_bits(&sources);
    to->destination_entropy = entropy_bits(&destinations);
}

static int protocol_compare(const void *a, const void *b)
{
    const struct record_protocol *one = a;
    const struct record_protocol *other = b;
    if (one->bytes != other->bytes) {
        return one->bytes > other->bytes ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

// Numbers without a name share one row.
static int fill_protocols(struct record_window *to, const struct pane *pane)
{
    struct record_protocol *rows = calloc(APPLICATION_MAX + 1, sizeof(*rows));
    if (rows == NULL) {
        return -ENOMEM;
    }
    struct record_protocol other = {.name = "other"};
    uint32_t count = 0;
    for (uint16_t number = 0; number < APPLICATION_MAX; number++) {
        const struct pane_protocol *from = &pane->protocols[number];
        const char *name = application_name(number);
        if (from->packets == 0) {
            continue;
        }
        if (name == NULL) {
            other.packets += from->packets;
            other.bytes += from->bytes;
            continue;
        }
        rows[count++] = (struct record_protocol){name, from->packets, from->bytes};
    }
    if (other.packets != 0) {
        rows[count++] = other;
    }
    qsort(rows, count, sizeof(*rows), protocol_compare);
    to->protocols = (struct field_rows){.row = rows, .count = count};
    return 0;
}

int fill_window(struct record *record, const struct pane *pane, uint32_t sampling)
{
    record_init(record, RECORD_WINDOW);
    struct record_window *to = &record->window;
    *to = (struct record_window){
        .start_us = pane->start_us,
        .end_us = pane->end_us,
        .packets = pane->packets,
        .bytes = pane->bytes,
        .wire_bytes = pane->wire_bytes,
        .flows_started = pane->flows_started,
        .flows_ended = pane->flows_ended,
        .flows_active = pane->flows_active,
        .loss = loss_told(&pane->loss),
        .sampling = sampling,
    };
    record->known = (UINT64_C(1) << RECORD_WINDOW_FIELD_COUNT) - 1;
    fill_hosts(to, pane);
    if (sampling <= 1) {
        record->known &= ~(UINT64_C(1) << RECORD_WINDOW_SAMPLING);
    }
    if (pane->packets > 0) {
        to->mean_packet_bytes = (double)pane->bytes / (double)pane->packets;
    } else {
        record->known &= ~(UINT64_C(1) << RECORD_WINDOW_MEAN_PACKET_BYTES);
    }
    if (pane->packets > 1 && pane->last_us >= pane->first_us) {
        to->mean_interarrival_us =
            (double)(pane->last_us - pane->first_us) / (double)(pane->packets - 1);
    } else {
        record->known &= ~(UINT64_C(1) << RECORD_WINDOW_MEAN_INTERARRIVAL_US);
    }
    int code = fill_protocols(to, pane);
    if (code != 0) {
        record->known &= ~(UINT64_C(1) << RECORD_WINDOW_PROTOCOLS);
    }
    return code;
}
