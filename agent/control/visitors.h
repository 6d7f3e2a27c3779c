// SPDX-License-Identifier: Apache-2.0
// Connections by how long their request has been under way, so that none takes forever: a client
// that sends an octet now and then, or reads one, is never idle. Server's thread.
#ifndef WEIR_CONTROL_VISITORS_H
#define WEIR_CONTROL_VISITORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct visitor {
    TAILQ_ENTRY(visitor) entry;
    int64_t until_us; // when the request that is under way, or to come, must be over
    int fd;
    bool listed; // false: it was ended
};

TAILQ_HEAD(visitor_list, visitor);

struct visitors {
    struct visitor_list list; // by until_us
    unsigned count;           // of all connections, listed or not
    unsigned crowd;           // beyond so many the oldest makes room for the next
};

void visitors_init(struct visitors *visitors, unsigned crowd);

// NULL: no memory.
struct visitor *visitors_add(struct visitors *visitors, int fd, int64_t now_us);

// Its request is over: the next may come.
void visitors_renew(struct visitors *visitors, struct visitor *visitor, int64_t now_us);

// The connection is closed. May be NULL.
void visitors_remove(struct visitors *visitors, struct visitor *visitor);

// Ends those whose time is over. Returns when the next one's is; INT64_MAX: there is none.
int64_t visitors_expire(struct visitors *visitors, int64_t now_us);

#endif
