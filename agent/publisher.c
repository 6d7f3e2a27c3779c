// SPDX-License-Identifier: Apache-2.0
#include "agent/publisher.h"

#include "agent/publish/fill.h"
#include "dataplane/base/backoff.h"
#include "dataplane/base/clock.h"

enum {
    STALL_US = 200000, // a link waits no longer for the exporter: workers own but two panes each

    // Live, parts of the exporter's ring that records of flows leave free for windows, which tell
    // what was lost, and slight ones (flow_is_slight) for those of others.
    FLOWS_LEAVE = 16,
    SLIGHT_LEAVE = 4,

    // The part of the octets that answers leave free for windows and anomalies.
    ANSWERS_LEAVE = 4,
};

// What there is no room of for a record of this type; PUBLISHER_LACKS: of nothing.
static enum publisher_lack lack_of(const struct publisher *publisher, enum record_type type,
                                   size_t kept)
{
    if (ring_reserve(exporter_ring(publisher->exporter), kept) == NULL) {
        return PUBLISHER_LACKS_SLOTS;
    }
    uint64_t kept_bytes = type == RECORD_QUERY ? publisher->bytes / ANSWERS_LEAVE : 0;
    bool room = record_types[type].owned == 0 || exporter_has_room(publisher->exporter, kept_bytes);
    return room ? PUBLISHER_LACKS : PUBLISHER_LACKS_BYTES;
}

// The next record to fill, or NULL: a link does not wait for an exporter that takes nothing, or the
// workers would have to. `kept` slots are left free behind it.
static struct record *slot_reserve(struct publisher *publisher, enum record_type type, size_t kept)
{
    struct backoff backoff = {0};
    int64_t until_us = 0; // 0: it need not be waited for yet
    enum publisher_lack lack;
    while ((lack = lack_of(publisher, type, kept)) != PUBLISHER_LACKS) {
        if (publisher->live) {
            int64_t now_us = clock_monotonic_us();
            until_us = until_us != 0 ? until_us : now_us + STALL_US;
            publisher->stalled[lack] |= now_us > until_us;
            if (publisher->stalled[lack]) {
                return NULL;
            }
        }
        backoff_wait(&backoff);
        publisher->waiting(publisher->context);
    }
    // What is for windows alone does not tell that it takes records.
    publisher->stalled[PUBLISHER_LACKS_SLOTS] &= kept == 0;
    publisher->stalled[PUBLISHER_LACKS_BYTES] &= type != RECORD_QUERY;
    return ring_reserve(exporter_ring(publisher->exporter), 0);
}

struct record *publisher_reserve(struct publisher *publisher, enum record_type type)
{
    struct record *record = slot_reserve(publisher, type, 0);
    publisher->shed[type] += record == NULL;
    return record;
}

void publisher_submit(struct publisher *publisher, const struct record *record)
{
    if (publisher->look != NULL && record->type != RECORD_FLOW) {
        publisher->look(publisher->context, record);
    }
    exporter_submit(publisher->exporter);
    publisher->records++;
}

void publisher_flow(struct publisher *publisher, const struct flow_record *flow)
{
    size_t kept = publisher->slots / (flow_is_slight(&flow->flow) ? SLIGHT_LEAVE : FLOWS_LEAVE);
    struct record *record = slot_reserve(publisher, RECORD_FLOW, publisher->live ? kept : 0);
    if (record == NULL) {
        publisher->shed[RECORD_FLOW]++;
        publisher->pane_shed++;
        return;
    }
    fill_flow(record, flow, publisher->sampling);
    publisher_submit(publisher, record);
}

int publisher_pane(struct publisher *publisher, const struct pane *pane)
{
    struct record *record = publisher_reserve(publisher, RECORD_WINDOW);
    if (record == NULL) {
        return 0;
    }
    int code = fill_window(record, pane, publisher->sampling);
    record->window.loss.shed += publisher->pane_shed;
    publisher->pane_shed = 0;
    publisher_submit(publisher, record);
    return code;
}
