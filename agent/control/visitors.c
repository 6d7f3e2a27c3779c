// SPDX-License-Identifier: Apache-2.0
#include "agent/control/visitors.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { REQUEST_US = 30000000 };

void visitors_init(struct visitors *visitors, unsigned crowd)
{
    *visitors = (struct visitors){.crowd = crowd};
    TAILQ_INIT(&visitors->list);
}

// libmicrohttpd closes what its peer seems to have closed, with all that belongs to it.
static void visitor_end(struct visitors *visitors, struct visitor *visitor)
{
    TAILQ_REMOVE(&visitors->list, visitor, entry);
    visitor->listed = false;
    shutdown(visitor->fd, SHUT_RDWR);
}

struct visitor *visitors_add(struct visitors *visitors, int fd, int64_t now_us)
{
    struct visitor *visitor = malloc(sizeof(*visitor));
    if (visitor == NULL) {
        return NULL;
    }
    if (visitors->count >= visitors->crowd && !TAILQ_EMPTY(&visitors->list)) {
        visitor_end(visitors, TAILQ_FIRST(&visitors->list));
    }
    *visitor = (struct visitor){.until_us = now_us + REQUEST_US, .fd = fd, .listed = true};
    TAILQ_INSERT_TAIL(&visitors->list, visitor, entry);
    visitors->count++;
    return visitor;
}

void visitors_renew(struct visitors *visitors, struct visitor *visitor, int64_t now_us)
{
    if (visitor->listed) {
        TAILQ_REMOVE(&visitors->list, visitor, entry);
        visitor->until_us = now_us + REQUEST_US;
        TAILQ_INSERT_TAIL(&visitors->list, visitor, entry);
    }
}

void visitors_remove(struct visitors *visitors, struct visitor *visitor)
{
    if (visitor != NULL) {
        if (visitor->listed) {
            TAILQ_REMOVE(&visitors->list, visitor, entry);
        }
        visitors->count--;
        free(visitor);
    }
}

int64_t visitors_expire(struct visitors *visitors, int64_t now_us)
{
    struct visitor *oldest;
    while ((oldest = TAILQ_FIRST(&visitors->list)) != NULL && oldest->until_us <= now_us) {
        visitor_end(visitors, oldest);
    }
    return oldest != NULL ? oldest->until_us : INT64_MAX;
}
