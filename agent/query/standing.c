// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "agent/query/query_set_parts.h"

static struct standing *standing_alone(const struct query *query, uint64_t number,
                                       struct error *err)
{
    struct standing *standing = calloc(1, sizeof(*standing));
    if (standing == NULL) {
        error_set(err, -ENOMEM, "no memory for a query");
        return NULL;
    }
    standing->query = *query;
    standing->number = number;
    standing->references = 1;
    return standing;
}

struct standing *standing_create(const struct query_set *set, const struct query *query,
                                 uint64_t number, struct error *err)
{
    struct standing *standing = standing_alone(query, number, err);
    if (standing == NULL) {
        return NULL;
    }
    standing->counting = counting_create(query, set->pane_us, set->memory_bytes, set->secret, err);
    if (standing->counting == NULL) {
        free(standing);
        return NULL;
    }
    standing->counting->references = 1;
    return standing;
}

struct standing *standing_change(struct query_set *set, const struct standing *old,
                                 const struct query *query, struct error *err)
{
    struct standing *standing = standing_alone(query, old->number, err);
    if (standing != NULL) {
        pthread_mutex_lock(&set->handover);
        standing->counting = old->counting;
        standing->counting->references++;
        pthread_mutex_unlock(&set->handover);
    }
    return standing;
}

void standing_release(struct standing *standing, struct standing **dead)
{
    if (--standing->references > 0) {
        return;
    }
    if (--standing->counting->references > 0) {
        standing->counting = NULL; // another definition's
    }
    standing->next = *dead;
    *dead = standing;
}

void standing_free_all(struct standing *dead)
{
    while (dead != NULL) {
        struct standing *next = dead->next;
        counting_free(dead->counting);
        free(dead);
        dead = next;
    }
}
