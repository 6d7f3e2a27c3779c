// SPDX-License-Identifier: Apache-2.0
// Silence: of all traffic, and of the busiest protocols that are usually there. A stretch of empty
// panes is told when it is twice as long as any before it, and longer than chance would have
// it: by Laplace's rule of succession a pane is empty with a probability of about (empty + 1) over
// (seen + 2), so that what is there all the time is missed after two or three panes, and what was
// watched for a minute only after some more. A protocol must be made of many flows, over an hour:
// that a single connection ends is no news.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/detect/busiest.h"
#include "agent/detect/finding.h"
#include "agent/detect/watches.h"

enum { PANES_MIN = 60, PROTOCOL_PANES_MIN = 3600, PROTOCOL_FLOWS_MIN = 100 };

static const double PROBABILITY = 1e-8; // of a stretch of empty panes that is told
static const double LONGER = 2;
static const double LEARNED = 1.05;        // of the limit, at most
static const double FADE = 0.5;            // of the counts,
static const double COUNT_MAX = 7 * 86400; // once there are so many
static const double LONGEST_FADE = 0.8;
static const double EMPTY_MAX = 0.2; // share of panes without a packet: else there is no usual one
static const double PROTOCOL_EMPTY_MAX = 0.01; // of packets of it
static const double PROTOCOL_SILENCE_S = 5;    // is told at least

struct presence {
    double seen, empty; // panes
    double longest;     // stretch of empty ones that ended
    double stretch;     // the one that lasts
    double flows;       // begun; of protocols only
};

struct silence {
    double pane_s;
    int64_t end_us; // of the last pane
    struct presence all;
    struct busiest busiest;
    struct presence places[BUSIEST_PLACES];
};

static int silence_create(void **watch, const struct watch_options *options)
{
    struct silence *silence = calloc(1, sizeof(*silence));
    if (silence == NULL) {
        return -ENOMEM;
    }
    silence->pane_s = (double)options->pane_us / 1e6;
    busiest_init(&silence->busiest);
    *watch = silence;
    return 0;
}

// The stretch from which on it is told, in panes.
static double limit_of(const struct presence *presence)
{
    double empty = (presence->empty + 1) / (presence->seen + 2);
    double chance = log(PROBABILITY) / log(empty);
    return fmax(fmax(LONGER * presence->longest, ceil(chance)), 2);
}

static void presence_miss(struct presence *presence, double panes)
{
    presence->stretch += presence->seen > 0 ? panes : 0;
}

// A silence that was told is learned as a shorter one, so that the next is told as well.
static void presence_come(struct presence *presence)
{
    double limit = limit_of(presence);
    bool told = presence->stretch >= limit;
    double longest = told ? LEARNED / LONGER * limit : presence->stretch;
    presence->longest = fmax(presence->longest, longest);
    double empty = fmin(presence->stretch, limit);
    presence->empty += empty;
    presence->seen += 1 + empty;
    presence->stretch = 0;
    if (presence->seen > COUNT_MAX) {
        presence->seen *= FADE;
        presence->empty *= FADE;
        presence->longest *= LONGEST_FADE;
    }
}

static void tell(const struct presence *presence, double pane_s, double limit, const char *protocol,
                 const struct watch_teller *teller)
{
    struct finding finding;
    finding_init(&finding, "silence", "s", "%s%s", protocol != NULL ? "protocol " : "all traffic",
                 protocol != NULL ? protocol : "");
    finding.score = finding_score(presence->stretch / limit);
    finding.observed = presence->stretch * pane_s;
    finding.expected = presence->longest * pane_s;
    finding_explain(
        &finding, "No packet%s%s for %.4g s, where the longest silence so far was %.4g s: check %s",
        protocol != NULL ? " of " : "", protocol != NULL ? protocol : "", finding.observed,
        finding.expected,
        protocol != NULL ? "the service, and what lets it through"
                         : "the link, the mirror port and the capture");
    teller->tell(teller->context, &finding);
}

static void protocols_feed(struct silence *silence, const struct pane *pane,
                           const struct watch_teller *teller)
{
    double least = PROTOCOL_SILENCE_S / silence->pane_s;
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        uint16_t number = silence->busiest.place[i];
        if (number == BUSIEST_NONE) {
            continue;
        }
        struct presence *presence = &silence->places[i];
        if (pane->protocols[number].packets > 0) {
            presence_come(presence);
            continue;
        }
        presence_miss(presence, 1);
        double limit = fmax(limit_of(presence), least);
        if (presence->stretch >= limit && presence->seen >= PROTOCOL_PANES_MIN &&
            presence->flows >= PROTOCOL_FLOWS_MIN &&
            presence->empty <= PROTOCOL_EMPTY_MAX * presence->seen) {
            tell(presence, silence->pane_s, limit, application_name(number), teller);
        }
    }
}

static void silence_flow(void *watch, const struct pane_flow *flow)
{
    struct silence *silence = watch;
    if ((flow->flags & PANE_FLOW_STARTED) == 0) {
        return;
    }
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        silence->places[i].flows += silence->busiest.place[i] == flow->application;
    }
}

static void all_feed(struct silence *silence, const struct pane *pane,
                     const struct watch_teller *teller)
{
    struct presence *all = &silence->all;
    double pane_us = (double)(pane->end_us - pane->start_us);
    // Of a long silence not all panes come: those that are missing were empty too.
    double missing = all->seen > 0 ? (double)(pane->start_us - silence->end_us) / pane_us : 0;
    double empty = fmax(floor(missing), 0) + (pane->packets == 0);
    silence->end_us = pane->end_us;
    presence_miss(all, empty);
    double limit = limit_of(all);
    bool usual = all->seen - all->empty >= PANES_MIN && all->empty <= EMPTY_MAX * all->seen;
    if (empty > 0 && usual && all->stretch >= limit) {
        tell(all, silence->pane_s, limit, NULL, teller);
    }
    if (pane->packets > 0) {
        presence_come(all);
    }
}

static void silence_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct silence *silence = watch;
    int replaced = busiest_feed(&silence->busiest, pane);
    if (replaced >= 0) {
        silence->places[replaced] = (struct presence){0};
    }
    all_feed(silence, pane, teller);
    if (pane->packets > 0) {
        protocols_feed(silence, pane, teller);
    }
}

const struct watch_ops watch_silence = {
    .name = "silence",
    .create = silence_create,
    .flow = silence_flow,
    .pane = silence_pane,
    .free = free,
};
