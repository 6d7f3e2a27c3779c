// SPDX-License-Identifier: Apache-2.0
// Beacons: a host asks another one again and again, as regularly as no human does.
//
// Of the times between two visits the mean and the variance are kept (Welford: "Note on a method
// for calculating corrected sums of squares and products", 1962); a small coefficient of variation
// over many visits is what gives beacons away (Hu et al.: "BAYWATCH: Robust beaconing detection to
// identify infected hosts in large-scale enterprise networks", 2016, whose first filter, the
// popularity of a destination, is here that nobody had talked to it before). Much that is harmless
// is as regular, so only few are told: where there are more, they are what is usual.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum {
    PAIRS = 16384,
    TOLD_MAX = 8,
    INTERVALS = 8,
    PANES = 4,  // between two visits at least: finer than that panes cannot tell
    MISSED = 3, // times the mean: a longer pause begins anew
    DAY_S = 86400,
    A_DAY = 2, // how many are told
    PORT_DNS = 53,
    PORT_NTP = 123,
};

static const double REGULAR = 0.15;    // coefficient of variation
static const double GOES_ON = 1.5;     // times the mean after the last visit
static const double PAIR_FADES = 1e-4; // of weight, per second: pairs wait for hours

struct pair {
    struct heavy heavy;
    uint32_t last; // pane of the last visit
    uint32_t intervals;
    double mean;    // panes
    double squares; // of distances from the mean
    uint16_t port;
    uint8_t protocol;
    bool ipv6;
    bool told;
    uint8_t address[2][16]; // source, destination
} __attribute__((aligned(64)));

struct beacons {
    struct talkers *talkers;
    struct heavy_table table;
    struct pair told[TOLD_MAX]; // as of their last visit
    unsigned told_count;
    double allowance; // how many may still be told
};

static int beacons_create(void **watch, const struct watch_options *options)
{
    // Pairs are aligned to more than calloc's memory is.
    struct beacons *beacons = aligned_alloc(_Alignof(struct beacons), sizeof(*beacons));
    if (beacons == NULL) {
        return -ENOMEM;
    }
    memset(beacons, 0, sizeof(*beacons));
    if (heavy_init(&beacons->table, PAIRS, sizeof(struct pair), sizeof(struct pair)) != 0) {
        free(beacons);
        return -ENOMEM;
    }
    beacons->talkers = options->talkers;
    beacons->allowance = A_DAY;
    *watch = beacons;
    return 0;
}

static void beacons_free(void *watch)
{
    struct beacons *beacons = watch;
    if (beacons != NULL) {
        heavy_fini(&beacons->table);
        free(beacons);
    }
}

static bool is_regular(const struct pair *pair)
{
    double variance = pair->squares / fmax(pair->intervals, 1);
    return pair->intervals >= INTERVALS && pair->mean >= PANES &&
           sqrt(variance) <= REGULAR * pair->mean;
}

static void pair_visit(struct pair *pair, uint32_t now)
{
    double interval = now - pair->last;
    pair->last = now;
    if (interval <= 0) {
        return; // the same visit
    }
    if (pair->intervals > 0 && interval > MISSED * pair->mean) {
        pair->intervals = 0;
        pair->mean = pair->squares = 0;
        return;
    }
    double distance = interval - pair->mean;
    pair->intervals++;
    pair->mean += distance / pair->intervals;
    pair->squares += distance * (interval - pair->mean);
}

static void pair_begin(struct pair *pair, const struct contact *contact, uint32_t now)
{
    pair->last = now;
    pair->port = contact->port;
    pair->protocol = contact->protocol;
    pair->ipv6 = contact->ipv6;
    for (unsigned end = CONTACT_SOURCE; end <= CONTACT_DESTINATION; end++) {
        memcpy(pair->address[end], contact->address[end], sizeof(pair->address[end]));
    }
}

// Keeps what is told as it is now; one whose time is over makes room.
static void told_put(struct beacons *beacons, struct pair *pair)
{
    unsigned at = 0;
    while (at < beacons->told_count && beacons->told[at].heavy.hash != pair->heavy.hash) {
        at++;
    }
    if (at == beacons->told_count) {
        if (at == TOLD_MAX || (!pair->told && beacons->allowance < 1)) {
            return;
        }
        beacons->allowance -= !pair->told;
        beacons->told_count++;
        pair->told = true;
    }
    beacons->told[at] = *pair;
}

static void beacons_flow(void *watch, const struct pane_flow *flow)
{
    (void)flow; // the talkers have looked at it already
    struct beacons *beacons = watch;
    const struct talkers *talkers = beacons->talkers;
    const struct contact *contact = talkers->contact;
    bool clock = contact->port == PORT_DNS || contact->port == PORT_NTP;
    if (!contact->begun || !contact->asks || contact->group || clock ||
        (contact->protocol != PROTOCOL_TCP && contact->protocol != PROTOCOL_UDP)) {
        return;
    }
    uint64_t block[4] = {contact->hash[CONTACT_SOURCE], contact->hash[CONTACT_DESTINATION],
                         contact->port, contact->protocol};
    uint64_t hash = hash_bytes(block, sizeof(block), talkers->contacts.secret);
    struct pair *pair = heavy_find(&beacons->table, hash);
    if (pair == NULL) { // most destinations are known, and then pairs need no room
        bool fresh = contact->new_end[CONTACT_DESTINATION] && talkers_warm(talkers);
        pair = fresh ? heavy_add(&beacons->table, hash, 1) : NULL;
        if (pair != NULL) {
            pair_begin(pair, contact, talkers->pane);
        }
        return;
    }
    heavy_add(&beacons->table, hash, 1);
    pair_visit(pair, talkers->pane);
    if (is_regular(pair)) {
        told_put(beacons, pair);
    }
}

static void beacon_tell(const struct beacons *beacons, const struct pair *pair,
                        const struct watch_teller *teller)
{
    struct finding finding;
    char from[ANOMALY_SUBJECT_MAX], to[ANOMALY_SUBJECT_MAX];
    double every_s = pair->mean * beacons->talkers->pane_s;
    double variation = sqrt(pair->squares / pair->intervals) / pair->mean;
    finding_address(from, pair->address[CONTACT_SOURCE], pair->ipv6);
    finding_address(to, pair->address[CONTACT_DESTINATION], pair->ipv6);
    finding_init(&finding, "beacon", "visits", "%.45s to %.45s", from, to);
    finding.score = finding_score(1 + log2((double)pair->intervals / INTERVALS) / 4);
    finding.observed = pair->intervals + 1;
    finding.expected = 0;
    finding_explain(&finding,
                    "%s asks %s port %u/%s, which nobody talked to before, every %.0f s, %u times "
                    "so far and with a variation of only %.0f %%: see which program does it",
                    from, to, pair->port, pair->protocol == PROTOCOL_TCP ? "tcp" : "udp", every_s,
                    pair->intervals + 1, 100 * variation);
    finding_add(&finding, from, pair->intervals + 1);
    teller->tell(teller->context, &finding);
}

static void beacons_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct beacons *beacons = watch;
    const struct talkers *talkers = beacons->talkers;
    double day = talkers->pane_s / DAY_S;
    beacons->allowance = fmin(beacons->allowance + A_DAY * day, A_DAY);
    heavy_fade(&beacons->table, exp(-PAIR_FADES * talkers->pane_s));
    for (unsigned i = 0; i < beacons->told_count; i++) {
        const struct pair *told = &beacons->told[i];
        if (talkers->pane - told->last > GOES_ON * told->mean) {
            beacons->told[i--] = beacons->told[--beacons->told_count];
        } else {
            beacon_tell(beacons, told, teller);
        }
    }
}

const struct watch_ops watch_beacon = {
    .name = "beacon",
    .create = beacons_create,
    .flow = beacons_flow,
    .pane = beacons_pane,
    .free = beacons_free,
};
