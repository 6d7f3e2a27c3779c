// SPDX-License-Identifier: Apache-2.0
#include "agent/series/ranking.h"

#include <string.h>

void ranking_init(struct ranking *ranking)
{
    memset(ranking, 0, sizeof(*ranking));
    for (unsigned bucket = 0; bucket < RANKING_BUCKETS; bucket++) {
        ranking->heads[bucket] = RANKING_NONE;
    }
}

static void list_take(struct ranking *ranking, struct ranked_key *keys, uint32_t at,
                      unsigned bucket)
{
    const struct ranked_key *key = &keys[at];
    if (key->previous != RANKING_NONE) {
        keys[key->previous].next = key->next;
    } else {
        ranking->heads[bucket] = key->next;
    }
    if (key->next != RANKING_NONE) {
        keys[key->next].previous = key->previous;
    }
    if (--ranking->counts[bucket] == 0) {
        ranking->used[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
    }
}

static void list_put(struct ranking *ranking, struct ranked_key *keys, uint32_t at, unsigned bucket)
{
    uint32_t head = ranking->heads[bucket];
    keys[at].previous = RANKING_NONE;
    keys[at].next = head;
    if (head != RANKING_NONE) {
        keys[head].previous = at;
    }
    ranking->heads[bucket] = at;
    ranking->counts[bucket]++;
    ranking->used[bucket / 64] |= UINT64_C(1) << bucket % 64;
}

void ranking_set(struct ranking *ranking, struct ranked_key *keys, uint32_t at, uint64_t value)
{
    uint64_t old = keys[at].value;
    unsigned from = ranking_bucket(old);
    unsigned to = ranking_bucket(value);
    if (from != to && old != 0) {
        list_take(ranking, keys, at, from);
    }
    if (from != to && value != 0) {
        list_put(ranking, keys, at, to);
    }
    keys[at].value = value;
    ranking->count += (uint64_t)(value != 0) - (uint64_t)(old != 0);
    ranking->sum += (uint128)value - old;
    ranking->squares += (uint128)value * value - (uint128)old * old;
}

int ranking_below(const struct ranking *ranking, int below)
{
    if (below <= 0) {
        return -1;
    }
    int word = (below - 1) / 64;
    uint64_t bits = ranking->used[word] & (UINT64_MAX >> (63 - (below - 1) % 64));
    while (bits == 0 && word > 0) {
        bits = ranking->used[--word];
    }
    return bits != 0 ? word * 64 + 63 - __builtin_clzll(bits) : -1;
}
