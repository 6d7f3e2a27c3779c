// SPDX-License-Identifier: Apache-2.0
// What is remembered of each record while librdkafka has it. One thread.
//
// A delivery report brings back the record's octets and one pointer. The pointer is the number of a
// ticket, which knows the rest: how the caller names the record, and when it was handed over, so
// that records which come back from several partitions can be put in order again.
#ifndef WEIR_SINK_KAFKA_TICKETS_H
#define WEIR_SINK_KAFKA_TICKETS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "export/record/record.h"

struct kafka_ticket {
    uint64_t sequence; // the caller's
    uint64_t order;    // ours: rises from record to record
    enum record_topic topic;
    uint32_t next; // free tickets: the next free one
    bool out;
};

// Use the functions; only `out` may be read.
struct kafka_tickets {
    struct kafka_ticket *tickets;
    uint32_t room;
    uint32_t free; // the first free ticket; `room` where there is none
    uint32_t out;  // records in flight
};

// Makes room for more. False without memory. kafka_tickets_fini frees all.
bool kafka_tickets_grow(struct kafka_tickets *tickets);
void kafka_tickets_fini(struct kafka_tickets *tickets);

// False without memory, or where the pointer could not name one more.
static inline bool kafka_ticket_take(struct kafka_tickets *tickets, uint64_t sequence,
                                     uint64_t order, enum record_topic topic, void **number)
{
    if (tickets->free == tickets->room && !kafka_tickets_grow(tickets)) {
        return false;
    }
    uint32_t taken = tickets->free;
    struct kafka_ticket *ticket = &tickets->tickets[taken];
    tickets->free = ticket->next;
    *ticket =
        (struct kafka_ticket){.sequence = sequence, .order = order, .topic = topic, .out = true};
    tickets->out++;
    *number = (void *)(uintptr_t)taken;
    return true;
}

static inline struct kafka_ticket kafka_ticket_return(struct kafka_tickets *tickets,
                                                      const void *number)
{
    uint32_t returned = (uint32_t)(uintptr_t)number;
    struct kafka_ticket *ticket = &tickets->tickets[returned];
    assert(ticket->out);
    ticket->out = false;
    ticket->next = tickets->free;
    tickets->free = returned;
    tickets->out--;
    return *ticket;
}

#endif
