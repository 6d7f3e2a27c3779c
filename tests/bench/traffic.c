// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/traffic.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "tests/bench/mix.h"

enum { MI = 1 << 20 };

// Of packet time, in every kind: the rate that the hardest aim names.
#define PACKETS_PER_US 5

// Churn. Flow f starts at f us, so a million start each second, and sends its packets a gap apart:
// never two in a row to an entry that is still in a cache. It stays in a sensor's table until 3 s
// (scripts/bench sets the timeouts to that) after its last packet, for 4 * 1.87 s + 3 s in all:
// 10 Mi are there at any time from then on.
enum {
    CHURN_PACKETS = 5,
    CHURN_GAP_US = 1870000,
    CHURN_SHUFFLE_BITS = 18, // flows that started within 0.26 s of each other go on in any order
};
static_assert(CHURN_PACKETS == PACKETS_PER_US, "each microsecond one packet of each age");

struct traffic {
    const struct traffic_kind *kind;
    uint64_t seed;
    uint64_t step;       // turns tried so far
    uint32_t (*sent)[2]; // drawn kinds: of each flow, packets sent by each end
};

static uint64_t traffic_draw(const struct traffic *traffic, uint64_t salt)
{
    return mix64(traffic->seed ^ mix64(traffic->step ^ salt << 56));
}

// The client speaks first, the server answers, then either.
static void turn_take(struct traffic *traffic, struct turn *turn, uint64_t flow, uint64_t sender)
{
    uint32_t *sent = traffic->sent[flow];
    turn->flow = flow;
    turn->time_us = (int64_t)(traffic->step / PACKETS_PER_US);
    turn->sent[0] = sent[0];
    turn->sent[1] = sent[1];
    turn->direction = sent[0] != 0 && (sent[1] == 0 || (sender & 1) != 0);
    turn->closing = false;
    sent[turn->direction]++;
    traffic->step++;
}

static void uniform_next(struct traffic *traffic, struct turn *turn)
{
    uint64_t drawn = traffic_draw(traffic, 0);
    turn_take(traffic, turn, (drawn >> 1) % traffic->kind->flows, drawn);
}

// Exact by rejection: a logarithm's inverse gives rank k with a chance in proportion to
// log(1 + 1/k), which is 1/k but for a factor between log 2 and 1; the rest is thrown again.
static void zipf_next(struct traffic *traffic, struct turn *turn)
{
    const double flows = (double)traffic->kind->flows;
    for (uint64_t salt = 1;; salt += 2) {
        uint64_t drawn = traffic_draw(traffic, salt);
        double rank = floor(exp(ldexp((double)(drawn >> 11), -53) * log(flows + 1)));
        double keep = ldexp((double)(traffic_draw(traffic, salt + 1) >> 11), -53);
        if (rank <= flows && keep * rank * log1p(1 / rank) < log(2)) {
            turn_take(traffic, turn, (uint64_t)rank - 1, drawn);
            return;
        }
    }
}

// A permutation of the lowest CHURN_SHUFFLE_BITS, another one for each salt.
static uint64_t low_bits_shuffle(uint64_t x, uint64_t salt)
{
    const uint64_t mask = (UINT64_C(1) << CHURN_SHUFFLE_BITS) - 1;
    uint64_t low = x & mask;
    for (int round = 0; round < 3; round++) {
        low = (low * (salt | 1) + round) & mask;
        low ^= low >> (CHURN_SHUFFLE_BITS / 2);
    }
    return (x & ~mask) | low;
}

static void churn_next(struct traffic *traffic, struct turn *turn)
{
    for (;;) {
        uint64_t now_us = traffic->step / CHURN_PACKETS;
        unsigned nth = traffic->step % CHURN_PACKETS;
        traffic->step++;
        if (now_us < (uint64_t)nth * CHURN_GAP_US) {
            continue; // no flow is that old yet
        }
        uint64_t started = now_us - (uint64_t)nth * CHURN_GAP_US;
        turn->flow = nth == 0 ? started : low_bits_shuffle(started, mix64(traffic->seed + nth));
        turn->time_us = (int64_t)now_us;
        turn->direction = nth & 1;
        turn->sent[0] = (nth + 1) / 2;
        turn->sent[1] = nth / 2;
        turn->closing = nth >= CHURN_PACKETS - 2;
        return;
    }
}

const struct traffic_kind traffic_kinds[] = {
    {"uniform", "64 Ki flows, each as busy as the other", 64 << 10, 10000000, uniform_next},
    {"zipf", "1 Mi flows, the k-th sends 1/k of what the first does", MI, 10000000, zipf_next},
    {"churn", "1 M new flows a second, 10 Mi alive at once", 10 * MI, 71300000, churn_next},
    {0},
};

struct traffic *traffic_create(const struct traffic_kind *kind, uint64_t seed)
{
    struct traffic *traffic = calloc(1, sizeof(*traffic));
    if (traffic == NULL) {
        return NULL;
    }
    traffic->kind = kind;
    traffic->seed = mix64(seed);
    traffic->sent = calloc(kind->flows, sizeof(*traffic->sent));
    if (traffic->sent == NULL) {
        free(traffic);
        return NULL;
    }
    return traffic;
}

void traffic_free(struct traffic *traffic)
{
    if (traffic != NULL) {
        free(traffic->sent);
        free(traffic);
    }
}

void traffic_next(struct traffic *traffic, struct turn *turn)
{
    traffic->kind->next(traffic, turn);
}
