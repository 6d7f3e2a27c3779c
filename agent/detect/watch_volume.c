// SPDX-License-Identifier: Apache-2.0
// Spikes and drops: of all traffic by bytes, packets and flows begun, and of the busiest protocols
// by bytes and packets. How a row is judged is told in norm.h and pace.h. An empty pane is for
// watch_silence.c. While all traffic is told its protocols are not: they are among its
// contributors.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/busiest.h"
#include "agent/detect/finding.h"
#include "agent/detect/pace.h"
#include "agent/detect/watch_text.h"
#include "agent/detect/watches.h"

enum { BYTES, PACKETS, FLOWS, MEASURES, PROTOCOL_MEASURES = FLOWS };
enum { GAP_PANES = 10, MUTE_PANES = RECENT_ROWS };

static const double DISTANCE_MIN = 1;         // octaves: half, or twice as much
static const double TOGETHER = 1e-4;          // of ten panes of each measure, by chance
static const double PROTOCOL_PANES_MIN = 600; // what few do pauses more often
static const double PROTOCOL_SHARE = 0.05;    // of all traffic: what moves less of it is not told

static const struct measure {
    const char *name;
    const char *unit;
    double factor; // from what is counted to the unit
    double least;  // in the unit: what moves less of it matters to nobody,
    double lost;   // and what is missing less of it
    double beside; // added before the logarithm, so that nothing has one and little is no leap
} measures[MEASURES] = {
    [BYTES] = {"Traffic", "bit/s", 8, 200e3, 200e3, 500},
    [PACKETS] = {"Packets", "packets/s", 1, 20, 20, 1},
    [FLOWS] = {"New flows", "flows/s", 1, 20, 5, 1},
};

struct place {
    struct pace paces[PROTOCOL_MEASURES];
};

struct volume {
    double pane_s;
    struct pace paces[MEASURES];
    struct busiest busiest;
    struct place places[BUSIEST_PLACES];
    uint64_t started[APPLICATION_MAX]; // flows, in the pane
    int64_t end_us;                    // of the last pane
    unsigned muted[2];                 // panes for which protocols are not told: [above]
};

// The strangest of a subject's measures.
struct change {
    struct pace_verdict verdict; // times 0: there is none
    int measure;
    double observed, expected;
};

static void paces_init(struct pace *paces, int count, double panes_min)
{
    for (int i = 0; i < count; i++) {
        pace_init(&paces[i], DISTANCE_MIN, panes_min);
    }
}

static int volume_create(void **watch, const struct watch_options *options)
{
    struct volume *volume = calloc(1, sizeof(*volume));
    if (volume == NULL) {
        return -ENOMEM;
    }
    volume->pane_s = (double)options->pane_us / 1e6;
    paces_init(volume->paces, MEASURES, PACE_ROWS_MIN);
    busiest_init(&volume->busiest);
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        paces_init(volume->places[i].paces, PROTOCOL_MEASURES, PROTOCOL_PANES_MIN);
    }
    volume->end_us = INT64_MIN;
    *watch = volume;
    return 0;
}

static void gap_pass(struct volume *volume)
{
    for (int i = 0; i < MEASURES; i++) {
        pace_gap(&volume->paces[i]);
    }
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        for (int j = 0; j < PROTOCOL_MEASURES; j++) {
            pace_gap(&volume->places[i].paces[j]);
        }
    }
}

static double rate_of(const struct volume *volume, int measure, uint64_t count)
{
    return (double)count * measures[measure].factor / volume->pane_s;
}

static double octaves_of(int measure, double rate)
{
    return log2(rate + measures[measure].beside);
}

static double rate_from(int measure, double octaves)
{
    return fmax(exp2(octaves) - measures[measure].beside, 0);
}

// Where all measures are low for ten panes, each need not be as improbable. The most improbable of
// them is told, as what is at the limit.
static void together_judge(struct pace *paces, const struct pace_verdict *verdicts,
                           struct change *change)
{
    int lowest = 0;
    for (int i = 0; i < MEASURES; i++) {
        if (verdicts[i].chance >= TOGETHER) {
            return;
        }
        lowest = verdicts[i].chance < verdicts[lowest].chance ? i : lowest;
    }
    const struct pace_verdict *of = &verdicts[lowest];
    double observed = rate_from(lowest, of->ten), expected = rate_from(lowest, of->of_ten);
    if (expected - observed < measures[lowest].lost) {
        return;
    }
    for (int i = 0; i < MEASURES; i++) {
        pace_strange(&paces[i]);
    }
    if (!change->verdict.beyond) {
        change->verdict = (struct pace_verdict){.beyond = true, .times = 1, .panes = PACE_BLOCK};
        change->measure = lowest;
        change->observed = observed;
        change->expected = expected;
    }
}

// Feeds the measures of one subject. `least`: of each measure, what must have moved.
static struct change subject_feed(const struct volume *volume, struct pace *paces, int count,
                                  const struct pane *pane, const uint64_t *counts,
                                  const double *least)
{
    struct change strangest = {0};
    struct pace_verdict verdicts[MEASURES];
    for (int i = 0; i < count; i++) {
        double x = octaves_of(i, rate_of(volume, i, counts[i]));
        struct pace_verdict verdict = pace_feed(&paces[i], (double)pane->start_us / 1e6, x);
        verdicts[i] = verdict;
        if (!verdict.beyond || verdict.times <= strangest.verdict.times) {
            continue;
        }
        double observed = rate_from(i, verdict.x);
        double expected = rate_from(i, verdict.expected);
        double moved = verdict.above ? measures[i].least : measures[i].lost;
        if (expected > 0 && fabs(observed - expected) >= fmax(least[i], moved)) {
            strangest = (struct change){verdict, i, observed, expected};
        }
    }
    if (count == MEASURES) {
        together_judge(paces, verdicts, &strangest);
    }
    return strangest;
}

static void movers_add(const struct volume *volume, struct finding *finding,
                       const struct pane *pane, int measure, bool above)
{
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        uint16_t number = volume->busiest.place[i];
        if (number == BUSIEST_NONE) {
            continue;
        }
        const struct pane_protocol *protocol = &pane->protocols[number];
        double rate =
            rate_of(volume, measure, measure == BYTES ? protocol->bytes : protocol->packets);
        double usual = rate_from(measure, pace_expected(&volume->places[i].paces[measure]));
        double by = above ? rate - usual : usual - rate;
        if (by >= 1) {
            finding_add(finding, application_name(number), (uint64_t)by);
        }
    }
}

static void starters_add(const struct volume *volume, struct finding *finding)
{
    for (uint16_t number = 0; number < APPLICATION_MAX; number++) {
        uint64_t rate = (uint64_t)rate_of(volume, FLOWS, volume->started[number]);
        if (rate > 0 && application_name(number) != NULL) {
            finding_add(finding, application_name(number), rate);
        }
    }
}

static void contributors_add(const struct volume *volume, struct finding *finding,
                             const struct pane *pane, const struct change *change)
{
    bool above = change->verdict.above;
    if (above && change->measure == PACKETS) {
        hosts_add(finding, pane, volume->pane_s);
    } else if (change->measure != FLOWS) {
        movers_add(volume, finding, pane, change->measure, above);
    } else if (above) {
        starters_add(volume, finding);
    }
}

static void explain(struct finding *finding, const struct change *change, const char *protocol)
{
    char observed[FINDING_AMOUNT_MAX], expected[FINDING_AMOUNT_MAX], who[128];
    const struct measure *measure = &measures[change->measure];
    bool above = change->verdict.above;
    finding_amount(observed, change->observed, measure->unit);
    finding_amount(expected, change->expected, measure->unit);
    contributors_text(who, sizeof(who), finding);
    char times[32];
    snprintf(times, sizeof(times), above ? "%.1f times" : "%.0f %% of",
             change->observed / change->expected * (above ? 1 : 100));
    finding_explain(finding, "%s%s%s %s to %s%s, %s the usual %s%s%s: %s", measure->name,
                    protocol != NULL ? " of " : "", protocol != NULL ? protocol : "",
                    above ? "rose" : "fell", observed,
                    change->verdict.panes > 1 ? " for ten panes" : "", times, expected,
                    who[0] == '\0' ? ""
                    : above        ? ", most of it "
                                   : ", most of the loss ",
                    who,
                    above ? "see whether it is a wanted transfer, and limit who sends it if not"
                          : "check the link, the routes and the servers behind it");
}

static void tell(const struct volume *volume, const struct pane *pane, const struct change *change,
                 const char *protocol, const struct watch_teller *teller)
{
    struct finding finding;
    bool above = change->verdict.above;
    finding_init(&finding, above ? "spike" : "drop", measures[change->measure].unit, "%s%s",
                 protocol != NULL ? "protocol " : "all traffic", protocol != NULL ? protocol : "");
    finding.score = finding_score(change->verdict.times);
    finding.observed = change->observed;
    finding.expected = change->expected;
    if (protocol == NULL) {
        contributors_add(volume, &finding, pane, change);
    }
    explain(&finding, change, protocol);
    teller->tell(teller->context, &finding);
}

static void protocols_feed(struct volume *volume, const struct pane *pane,
                           const struct watch_teller *teller)
{
    double least[PROTOCOL_MEASURES];
    for (int i = 0; i < PROTOCOL_MEASURES; i++) {
        double usual = rate_from(i, pace_expected(&volume->paces[i]));
        least[i] = PROTOCOL_SHARE * usual;
    }
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        uint16_t number = volume->busiest.place[i];
        if (number == BUSIEST_NONE) {
            continue;
        }
        const struct pane_protocol *protocol = &pane->protocols[number];
        uint64_t counts[PROTOCOL_MEASURES] = {protocol->bytes, protocol->packets};
        struct change change =
            subject_feed(volume, volume->places[i].paces, PROTOCOL_MEASURES, pane, counts, least);
        if (change.verdict.beyond && pane->packets > 0 &&
            volume->muted[change.verdict.above] == 0) {
            tell(volume, pane, &change, application_name(number), teller);
        }
    }
}

static void volume_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct volume *volume = watch;
    if (volume->end_us != INT64_MIN &&
        pane->start_us - volume->end_us > GAP_PANES * (pane->end_us - pane->start_us)) {
        gap_pass(volume);
    }
    volume->end_us = pane->end_us;
    int replaced = busiest_feed(&volume->busiest, pane);
    if (replaced >= 0) {
        paces_init(volume->places[replaced].paces, PROTOCOL_MEASURES, PROTOCOL_PANES_MIN);
    }
    static const double any[MEASURES] = {0};
    uint64_t counts[MEASURES] = {pane->bytes, pane->packets, pane->flows_started};
    struct change change = subject_feed(volume, volume->paces, MEASURES, pane, counts, any);
    volume->muted[0] -= volume->muted[0] > 0;
    volume->muted[1] -= volume->muted[1] > 0;
    if (change.verdict.beyond) {
        volume->muted[change.verdict.above] = MUTE_PANES;
    }
    if (change.verdict.beyond && pane->packets > 0) {
        tell(volume, pane, &change, NULL, teller);
    }
    protocols_feed(volume, pane, teller);
    memset(volume->started, 0, sizeof(volume->started));
}

static void volume_flow(void *watch, const struct pane_flow *flow)
{
    struct volume *volume = watch;
    if ((flow->flags & PANE_FLOW_STARTED) != 0 && flow->application < APPLICATION_MAX) {
        volume->started[flow->application]++;
    }
}

const struct watch_ops watch_volume = {
    .name = "volume",
    .create = volume_create,
    .flow = volume_flow,
    .pane = volume_pane,
    .free = free,
};
