// SPDX-License-Identifier: Apache-2.0
#include "agent/query/answering.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agent/query/threshold.h"

// The best keys of those that were offered: up to twice as many as are wanted, of which the better
// half is kept whenever there is no more room.
struct best {
    const struct ranked_key *keys;
    uint32_t *found;
    uint32_t count;
    uint32_t wanted;
    bool cut; // found[wanted - 1] is the worst that is still of use
};

static int key_compare(const struct ranked_key *left, const struct ranked_key *right)
{
    if (left->value != right->value) {
        return left->value > right->value ? -1 : 1;
    }
    return memcmp(left->key, right->key, sizeof(left->key));
}

static int found_compare(const void *left, const void *right, void *keys)
{
    const struct ranked_key *of = keys;
    return key_compare(&of[*(const uint32_t *)left], &of[*(const uint32_t *)right]);
}

static void best_sort(struct best *best)
{
    qsort_r(best->found, best->count, sizeof(*best->found), found_compare, (void *)best->keys);
    if (best->count >= best->wanted) {
        best->count = best->wanted;
        best->cut = true;
    }
}

static void best_offer(struct best *best, uint32_t key)
{
    if (best->cut &&
        key_compare(&best->keys[key], &best->keys[best->found[best->wanted - 1]]) > 0) {
        return;
    }
    best->found[best->count++] = key;
    if (best->count == 2 * best->wanted) {
        best_sort(best);
    }
}

// Offers the keys of a bucket whose value is `least` or more, and returns how many these are.
static uint64_t bucket_offer(struct best *best, const struct ranking *ranking, int bucket,
                             uint64_t least)
{
    uint64_t matching = 0;
    for (uint32_t key = ranking->heads[bucket]; key != RANKING_NONE; key = best->keys[key].next) {
        if (best->keys[key].value >= least) {
            best_offer(best, key);
            matching++;
        }
    }
    return matching;
}

// Finds the best of those that match, and returns how many match.
static uint64_t matching_find(struct best *best, const struct ranking *ranking, uint64_t least)
{
    uint64_t matching = 0;
    int last = (int)ranking_bucket(least);
    for (int bucket = ranking_below(ranking, RANKING_BUCKETS); bucket >= last;
         bucket = ranking_below(ranking, bucket)) {
        bool whole = ranking_floor((unsigned)bucket) >= least;
        if (whole && matching >= best->wanted) {
            matching += ranking->counts[bucket]; // each below what was found
        } else {
            matching += bucket_offer(best, ranking, bucket, least);
        }
    }
    best_sort(best);
    return matching;
}

static void row_fill(struct query_row *row, const struct ranked_key *key,
                     const struct query_answer *answer, const struct spread *spread)
{
    memcpy(row->key.octets, key->key, sizeof(row->key.octets));
    row->value = key->value;
    row->percent = (double)(100 * (long double)key->value / (long double)answer->total);
    row->deviations = spread->stddev > 0
                          ? (double)(((long double)key->value - spread->mean) / spread->stddev)
                          : 0;
}

void answering_make(struct answering *answering, struct query_answer *answer,
                    const struct query *query, const struct sliding_window *window)
{
    const struct ranking *ranking = &window->ranking;
    struct spread spread = spread_of(ranking);
    answer->total = window->total;
    answer->subjects = ranking->count;
    answer->mean = (double)spread.mean;
    answer->stddev = (double)spread.stddev;
    answer->error = window->error;
    answer->exact = window->error == 0 && window->loss.activity_shed == 0;
    answer->loss = window->loss;
    bool top = query->kind == QUERY_TOP;
    uint32_t wanted = top && query->k < QUERY_ROWS_MAX ? query->k : QUERY_ROWS_MAX;
    struct best best = {.keys = window->keys, .found = answering->found, .wanted = wanted};
    uint128 least = threshold_of(query, ranking, window->total);
    answer->matching = least <= UINT64_MAX ? matching_find(&best, ranking, (uint64_t)least) : 0;
    if (top && answer->matching > query->k) {
        answer->matching = query->k;
    }
    for (uint32_t i = 0; i < best.count; i++) {
        row_fill(&answering->rows[i], &window->keys[best.found[i]], answer, &spread);
    }
    answer->rows = answering->rows;
    answer->row_count = best.count;
}
