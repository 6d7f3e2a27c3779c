// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "agent/control/store.h"

static void anomaly_release(const struct store_anomaly *anomaly)
{
    text_release(anomaly->acknowledged);
    text_release(anomaly->text);
}

static struct store_anomaly *ended_at(const struct store *store, unsigned i)
{
    return &store->ended[(store->first_ended + i) % store->kept];
}

void store_anomalies_clear(struct store *store)
{
    for (; store->open_count > 0; store->open_count--) {
        anomaly_release(&store->open[store->open_count - 1]);
    }
    for (; store->ended_count > 0; store->ended_count--) {
        anomaly_release(ended_at(store, store->ended_count - 1));
    }
}

// Takes it from the open ones; one without texts: it is not there.
static struct store_anomaly open_remove(struct store *store, uint64_t number)
{
    for (unsigned i = 0; i < store->open_count; i++) {
        if (store->open[i].number == number) {
            struct store_anomaly anomaly = store->open[i];
            store->open_count--;
            memmove(&store->open[i], &store->open[i + 1],
                    (store->open_count - i) * sizeof(store->open[0]));
            return anomaly;
        }
    }
    return (struct store_anomaly){0};
}

// What falls out at the other end, if anything.
static struct store_anomaly ended_add(struct store *store, const struct store_anomaly *anomaly)
{
    struct store_anomaly old = {0};
    if (store->ended_count == store->kept) {
        old = *ended_at(store, 0);
        store->first_ended = (store->first_ended + 1) % store->kept;
        store->ended_count--;
    }
    *ended_at(store, store->ended_count++) = *anomaly;
    return old;
}

static struct store_anomaly *open_find(const struct store *store, uint64_t number)
{
    for (unsigned i = 0; i < store->open_count; i++) {
        if (store->open[i].number == number) {
            return &store->open[i];
        }
    }
    return NULL;
}

// Among those that are open, then among those that ended.
static struct store_anomaly *find(const struct store *store, uint64_t number)
{
    struct store_anomaly *found = open_find(store, number);
    for (unsigned i = store->ended_count; i-- > 0 && found == NULL;) {
        struct store_anomaly *ended = ended_at(store, i);
        found = ended->number == number ? ended : NULL;
    }
    return found;
}

void store_anomaly(struct store *store, const struct store_anomaly *anomaly, bool open)
{
    struct store_anomaly replaced = {0};
    struct store_anomaly dropped = {0};
    pthread_mutex_lock(&store->lock);
    struct store_anomaly *known = open_find(store, anomaly->number);
    if (!open) {
        replaced = open_remove(store, anomaly->number);
        dropped = ended_add(store, anomaly);
    } else if (known != NULL) {
        replaced = *known;
        *known = *anomaly;
    } else {
        if (store->open_count == STORE_OPEN_MAX) {
            struct store_anomaly oldest = open_remove(store, store->open[0].number);
            dropped = ended_add(store, &oldest);
        }
        store->open[store->open_count++] = *anomaly;
    }
    pthread_mutex_unlock(&store->lock);
    anomaly_release(&replaced);
    anomaly_release(&dropped);
}

bool store_anomaly_get(struct store *store, uint64_t number, struct store_anomaly *anomaly)
{
    pthread_mutex_lock(&store->lock);
    const struct store_anomaly *found = find(store, number);
    if (found != NULL) {
        *anomaly = *found;
        text_hold(anomaly->text);
        if (anomaly->acknowledged != NULL) {
            text_hold(anomaly->acknowledged);
        }
    }
    pthread_mutex_unlock(&store->lock);
    return found != NULL;
}

void store_anomaly_replace(struct store *store, const struct store_anomaly *anomaly)
{
    struct store_anomaly old = *anomaly;
    pthread_mutex_lock(&store->lock);
    struct store_anomaly *found = find(store, anomaly->number);
    if (found != NULL) {
        old = *found;
        *found = *anomaly;
    }
    pthread_mutex_unlock(&store->lock);
    anomaly_release(&old);
}
