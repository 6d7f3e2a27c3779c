// SPDX-License-Identifier: Apache-2.0
#include "export/sink/kafka_tickets.h"

enum { ROOM_MIN = 1024, ROOM_MAX = 1 << 30 };

bool kafka_tickets_grow(struct kafka_tickets *tickets)
{
    uint32_t room = tickets->room == 0 ? ROOM_MIN : tickets->room * 2;
    if (room > ROOM_MAX) {
        return false;
    }
    struct kafka_ticket *grown = realloc(tickets->tickets, room * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    for (uint32_t i = tickets->room; i < room; i++) {
        grown[i] = (struct kafka_ticket){.next = i + 1};
    }
    tickets->tickets = grown;
    tickets->free = tickets->room; // there was no free one
    tickets->room = room;
    return true;
}

void kafka_tickets_fini(struct kafka_tickets *tickets)
{
    free(tickets->tickets);
}
