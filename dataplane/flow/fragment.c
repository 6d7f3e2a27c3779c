// SPDX-License-Identifier: Apache-2.0
// Datagrams lie in a circle in the order in which their first-seen fragment came, so that the
// oldest is at its head: that is the one to time out and, when the circle is full, to be forgotten.
// A chained hash finds them. Held facts come from a pool and hang on their datagram in order.
#include "dataplane/flow/fragment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/flow/flow_pool.h"

enum { HELD_MAX = 4096 };

#define NONE UINT32_MAX

// What all fragments of a datagram agree on. Hashed and compared as octets: no padding.
struct identity {
    uint8_t address[2][16];
    uint64_t scope;
    uint32_t vni_protocol; // as in the key, with the protocol that the fragments agree on
    uint32_t id;
    uint64_t direction;
};

struct datagram {
    struct identity identity;
    struct flow_key key; // of the first fragment, once it was seen
    int64_t time_us;
    uint32_t next;       // in the chain of its bucket
    uint32_t held, last; // fragments that wait, oldest first; NONE
    uint8_t direction;
    bool has_first;
};

struct held {
    struct facts facts;
    uint32_t next;
};

struct fragments {
    struct fragment_options options;
    struct fragment_events events;
    struct fragment_stats stats;
    uint32_t *buckets; // datagram or NONE; as many as datagrams
    struct datagram *datagrams;
    uint32_t head, count; // of the circle
    struct held *held;
    struct flow_pool held_pool;
    uint32_t ready; // facts to be released, NONE
};

int fragments_create(struct fragments **fragments, const struct fragment_options *options,
                     const struct fragment_events *events, struct error *err)
{
    struct fragments *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for the fragment table");
    }
    new->options = *options;
    new->events = *events;
    new->ready = NONE;
    size_t max = options->max_datagrams;
    new->buckets = memory_map(max * sizeof(*new->buckets), options->pages, err);
    new->datagrams = memory_map(max * sizeof(*new->datagrams), options->pages, err);
    new->held = memory_map(HELD_MAX * sizeof(*new->held), options->pages, err);
    if (new->buckets == NULL || new->datagrams == NULL || new->held == NULL ||
        flow_pool_init(&new->held_pool, HELD_MAX, options->pages, err) != 0) {
        fragments_free(new);
        return -ENOMEM;
    }
    memset(new->buckets, 0xff, max * sizeof(*new->buckets)); // NONE
    *fragments = new;
    return 0;
}

void fragments_free(struct fragments *fragments)
{
    if (fragments == NULL) {
        return;
    }
    size_t max = fragments->options.max_datagrams;
    flow_pool_fini(&fragments->held_pool);
    memory_unmap(fragments->held, HELD_MAX * sizeof(*fragments->held));
    memory_unmap(fragments->datagrams, max * sizeof(*fragments->datagrams));
    memory_unmap(fragments->buckets, max * sizeof(*fragments->buckets));
    free(fragments);
}

static struct identity identity_of(const struct facts *facts)
{
    struct identity identity = {
        .scope = facts->key.scope,
        .vni_protocol = (facts->key.vni_protocol & ~UINT32_C(0xff)) | facts->fragment_protocol,
        .id = facts->fragment_id,
    };
    memcpy(identity.address, facts->key.address, sizeof(identity.address));
    // Between equal addresses the direction hangs on the ports, which later fragments lack.
    bool equal = memcmp(identity.address[0], identity.address[1], 16) == 0;
    identity.direction = equal ? 0 : facts->direction;
    return identity;
}

static uint32_t *bucket_of(struct fragments *fragments, const struct identity *identity)
{
    uint64_t hash = hash_bytes(identity, sizeof(*identity), fragments->options.secret);
    return &fragments->buckets[hash_range(hash, fragments->options.max_datagrams)];
}

static struct datagram *datagram_find(struct fragments *fragments, const struct identity *identity)
{
    uint32_t place = *bucket_of(fragments, identity);
    while (place != NONE) {
        struct datagram *datagram = &fragments->datagrams[place];
        if (memcmp(&datagram->identity, identity, sizeof(*identity)) == 0) {
            return datagram;
        }
        place = datagram->next;
    }
    return NULL;
}

static void chain_remove(struct fragments *fragments, uint32_t place)
{
    uint32_t *link = bucket_of(fragments, &fragments->datagrams[place].identity);
    while (*link != place) {
        link = &fragments->datagrams[*link].next;
    }
    *link = fragments->datagrams[place].next;
}

static void held_release(struct fragments *fragments, uint32_t first)
{
    while (first != NONE) {
        struct held *held = &fragments->held[first];
        uint32_t next = held->next;
        fragments->events.released(fragments->events.context, &held->facts);
        flow_pool_give(&fragments->held_pool, first);
        first = next;
    }
}

static void oldest_forget(struct fragments *fragments)
{
    uint32_t place = fragments->head;
    struct datagram *datagram = &fragments->datagrams[place];
    chain_remove(fragments, place);
    fragments->head = (place + 1) % fragments->options.max_datagrams;
    fragments->count--;
    for (uint32_t held = datagram->held; held != NONE; held = fragments->held[held].next) {
        fragments->stats.unmatched++;
    }
    held_release(fragments, datagram->held);
}

static struct datagram *datagram_open(struct fragments *fragments, const struct identity *identity,
                                      int64_t time_us)
{
    uint32_t max = fragments->options.max_datagrams;
    if (fragments->count == max) {
        oldest_forget(fragments);
    }
    uint32_t place = (fragments->head + fragments->count++) % max;
    uint32_t *bucket = bucket_of(fragments, identity);
    struct datagram *datagram = &fragments->datagrams[place];
    *datagram = (struct datagram){
        .identity = *identity, .time_us = time_us, .next = *bucket, .held = NONE, .last = NONE};
    *bucket = place;
    return datagram;
}

static enum fragment_verdict fragment_hold(struct fragments *fragments, struct datagram *datagram,
                                           const struct facts *facts)
{
    uint32_t place = flow_pool_take(&fragments->held_pool);
    if (place == FLOW_POOL_EMPTY) {
        fragments->stats.unmatched++;
        return FRAGMENT_COUNT;
    }
    fragments->held[place] = (struct held){.facts = *facts, .next = NONE};
    if (datagram->held == NONE) {
        datagram->held = place;
    } else {
        fragments->held[datagram->last].next = place;
    }
    datagram->last = place;
    return FRAGMENT_HELD;
}

static void facts_join(struct facts *facts, const struct datagram *datagram)
{
    facts->key = datagram->key;
    facts->direction = datagram->direction;
}

static enum fragment_verdict first_resolve(struct fragments *fragments, struct datagram *datagram,
                                           const struct facts *facts)
{
    datagram->key = facts->key;
    datagram->direction = facts->direction;
    datagram->has_first = true;
    for (uint32_t place = datagram->held; place != NONE; place = fragments->held[place].next) {
        facts_join(&fragments->held[place].facts, datagram);
        fragments->stats.matched++;
    }
    fragments->ready = datagram->held;
    datagram->held = NONE;
    datagram->last = NONE;
    return FRAGMENT_COUNT;
}

enum fragment_verdict fragments_resolve(struct fragments *fragments, struct facts *facts)
{
    // Identifications are used again: what is too old must not be found, however rare a sweep is.
    fragments_expire(fragments, facts->time_us);
    struct identity identity = identity_of(facts);
    struct datagram *datagram = datagram_find(fragments, &identity);
    if (datagram == NULL) {
        datagram = datagram_open(fragments, &identity, facts->time_us);
    }
    if (facts->flags & FACTS_FRAGMENT_FIRST) {
        return first_resolve(fragments, datagram, facts);
    }
    if (!datagram->has_first) {
        return fragment_hold(fragments, datagram, facts);
    }
    facts_join(facts, datagram);
    fragments->stats.matched++;
    return FRAGMENT_COUNT;
}

void fragments_release(struct fragments *fragments)
{
    uint32_t ready = fragments->ready;
    fragments->ready = NONE;
    held_release(fragments, ready);
}

void fragments_expire(struct fragments *fragments, int64_t now_us)
{
    while (fragments->count != 0 &&
           fragments->datagrams[fragments->head].time_us + fragments->options.timeout_us < now_us) {
        oldest_forget(fragments);
    }
}

void fragments_flush(struct fragments *fragments)
{
    while (fragments->count != 0) {
        oldest_forget(fragments);
    }
}

const struct fragment_stats *fragments_stats(const struct fragments *fragments)
{
    return &fragments->stats;
}
