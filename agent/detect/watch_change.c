// SPDX-License-Identifier: Apache-2.0
// Change points: lasting shifts of level, of all traffic by bytes, packets and flows and of the
// busiest protocols by bytes, of how restless all traffic is within ten panes, and of its pauses.
// As in change.c the last rows are held against those before (a generalized likelihood ratio with
// the time of the change fixed: Basseville and Nikiforov, "Detection of Abrupt Changes", 1993, ch.
// 2) on medians. Rows are means of ten panes, and both halves of the last two minutes must have
// moved, so that a spike is no change; how far is judged as in norm.h. A change is told once: what
// came before it is forgotten, and its level is the usual one.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/busiest.h"
#include "agent/detect/finding.h"
#include "agent/detect/norm.h"
#include "agent/detect/watches.h"

enum { BLOCK = 10, HALF_ROWS = 6, BEFORE_ROWS = 48, BEFORE_MIN = 24 };
enum { RING_ROWS = 2 * HALF_ROWS + BEFORE_ROWS, ROWS_MIN = 36, GAP_PANES = 10 };
enum { BYTES, PACKETS, FLOWS, RESTLESSNESS, PAUSES, SERIES };

static const double PROBABILITY = 3e-6; // of a row: one in ten panes, and neighbours tell the same
static const double PROTOCOL_SHARE = 0.1;

static const struct measure {
    const char *name;
    const char *unit;
    double factor;       // to the unit, or to bits a second
    double least;        // in the unit
    double beside;       // as in watch_volume.c
    double distance_min; // octaves
} measures[SERIES] = {
    [BYTES] = {"Traffic", "bit/s", 8, 200e3, 500, 0.7},
    [PACKETS] = {"Packets", "packets/s", 1, 20, 1, 0.7},
    [FLOWS] = {"New flows", "flows/s", 1, 20, 1, 0.7},
    [RESTLESSNESS] = {"Variation of traffic", "% of its mean", 8, 20, 5, 1.2},
    [PAUSES] = {"Pauses, by what usually comes meanwhile,", "packets", 1, 20, 2, 2},
};

struct shift {
    double ring[RING_ROWS];
    unsigned rows; // without end; 0 again after a gap
    struct norm norm;
    double sum;
    double block[BLOCK];
};

struct change {
    double pane_s;
    int64_t end_us;  // of the last pane
    int64_t last_us; // of all packets so far
    double packets;  // of the block
    unsigned count;  // panes of the block
    struct shift shifts[SERIES];
    struct busiest busiest;
    struct shift places[BUSIEST_PLACES];
    unsigned muted; // panes for which protocols are not told, since all traffic was
};

struct verdict {
    bool beyond;
    double times, observed, expected; // the latter in the unit
};

static void shift_init(struct shift *shift, double distance_min)
{
    struct norm_options options = {ROWS_MIN, distance_min, PROBABILITY, 2 * HALF_ROWS};
    memset(shift, 0, sizeof(*shift));
    norm_init(&shift->norm, &options);
}

static int change_create(void **watch, const struct watch_options *options)
{
    struct change *change = calloc(1, sizeof(*change));
    if (change == NULL) {
        return -ENOMEM;
    }
    change->pane_s = (double)options->pane_us / 1e6;
    change->end_us = change->last_us = INT64_MIN;
    for (int i = 0; i < SERIES; i++) {
        shift_init(&change->shifts[i], measures[i].distance_min);
    }
    busiest_init(&change->busiest);
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        shift_init(&change->places[i], measures[BYTES].distance_min);
    }
    *watch = change;
    return 0;
}

// The median of `count` rows, from `first` (0: the last one) on backwards.
static double median_from(const struct shift *shift, unsigned first, unsigned count)
{
    double numbers[RING_ROWS];
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = shift->ring[(shift->rows - 1 - first - i) % RING_ROWS];
    }
    return median_of(numbers, count);
}

static struct verdict shift_judge(struct shift *shift, double time_s, double octaves, int measure)
{
    struct verdict verdict = {0};
    shift->ring[shift->rows++ % RING_ROWS] = octaves;
    if (shift->rows < 2 * HALF_ROWS + BEFORE_MIN) {
        return verdict;
    }
    unsigned known = shift->rows < RING_ROWS ? shift->rows : RING_ROWS;
    double newer = median_from(shift, 0, HALF_ROWS);
    double older = median_from(shift, HALF_ROWS, HALF_ROWS);
    double before = median_from(shift, 2 * HALF_ROWS, known - 2 * HALF_ROWS);
    // The half that moved less, as long as both moved to the same side.
    double moved = fmin(fabs(newer - before), fabs(older - before));
    moved = (newer > before) == (older > before) ? copysign(moved, newer - before) : 0;
    struct norm_verdict of = norm_judge(&shift->norm, time_s, before, before + moved);
    const struct measure *unit = &measures[measure];
    verdict.beyond = of.beyond;
    verdict.times = of.beyond ? exp2(fabs(before + moved - of.limit)) : 0;
    verdict.observed = fmax(exp2(newer) - unit->beside, 0);
    verdict.expected = fmax(exp2(before) - unit->beside, 0);
    if (of.beyond) {
        shift->rows = 0;
    }
    return verdict;
}

// Feeds a pane's rate; at the end of a block its row is judged: the mean, or for restlessness the
// mean distance from it in parts of it; `times`: what the row is multiplied by.
static struct verdict shift_feed(struct shift *shift, unsigned at, double time_s, double rate,
                                 int measure, double times)
{
    struct verdict none = {0};
    shift->block[at] = rate;
    shift->sum += rate;
    if (at + 1 < BLOCK) {
        return none;
    }
    double row = shift->sum / BLOCK;
    if (measure == RESTLESSNESS && row > 0) {
        double distance = 0;
        for (unsigned i = 0; i < BLOCK; i++) {
            distance += fabs(shift->block[i] - row) / BLOCK;
        }
        row = 100 * distance / row;
    }
    shift->sum = 0;
    return shift_judge(shift, time_s, log2(row * times + measures[measure].beside), measure);
}

static void gap_pass(struct change *change)
{
    change->count = 0;
    change->last_us = INT64_MIN;
    for (int i = 0; i < SERIES; i++) {
        change->shifts[i].rows = 0;
        change->shifts[i].sum = 0;
    }
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        change->places[i].rows = 0;
        change->places[i].sum = 0;
    }
}

static void tell(const struct verdict *verdict, int measure, const char *protocol,
                 const struct watch_teller *teller)
{
    const struct measure *of = &measures[measure];
    bool above = verdict->observed > verdict->expected;
    char observed[FINDING_AMOUNT_MAX], expected[FINDING_AMOUNT_MAX];
    struct finding finding;
    finding_init(&finding, measure >= RESTLESSNESS ? "variance" : "change", of->unit, "%s%s",
                 protocol != NULL ? "protocol " : "all traffic", protocol != NULL ? protocol : "");
    finding.score = finding_score(verdict->times);
    finding.observed = verdict->observed;
    finding.expected = verdict->expected;
    finding_explain(&finding,
                    "%s%s%s %s to a lasting %s from %s within the last two minutes: if no change "
                    "was planned, find what %s then",
                    of->name, protocol != NULL ? " of " : "", protocol != NULL ? protocol : "",
                    above ? "rose" : "fell", finding_amount(observed, verdict->observed, of->unit),
                    finding_amount(expected, verdict->expected, of->unit),
                    above ? "began" : "stopped");
    teller->tell(teller->context, &finding);
}

static bool matters(const struct verdict *verdict, int measure, double least)
{
    return verdict->beyond &&
           fabs(verdict->observed - verdict->expected) >= fmax(least, measures[measure].least);
}

// The seconds without a packet before the pane's first one. They show a variation that panes do
// not, being as long as it; a row is how many packets come in so long a time.
static double pause_before(struct change *change, const struct pane *pane)
{
    if (pane->packets == 0) {
        return 0;
    }
    int64_t pause_us = change->last_us == INT64_MIN ? 0 : pane->first_us - change->last_us;
    change->last_us = pane->last_us;
    return fmax((double)pause_us, 0) / 1e6;
}

static void all_feed(struct change *change, const struct pane *pane,
                     const struct watch_teller *teller)
{
    double time_s = (double)pane->start_us / 1e6;
    uint64_t counts[SERIES] = {pane->bytes, pane->packets, pane->flows_started, pane->bytes};
    struct verdict strangest = {0};
    int measure = 0;
    change->packets = (change->count > 0 ? change->packets : 0) + (double)pane->packets;
    for (int i = 0; i < SERIES; i++) {
        double rate = (double)counts[i] * measures[i].factor / change->pane_s;
        double times = 1;
        if (i == PAUSES) {
            rate = pause_before(change, pane);
            times = change->packets / change->pane_s / BLOCK;
        }
        struct verdict verdict =
            shift_feed(&change->shifts[i], change->count, time_s, rate, i, times);
        if (!matters(&verdict, i, 0)) {
            continue;
        }
        if (i >= RESTLESSNESS && strangest.times == 0) {
            tell(&verdict, i, NULL, teller);
        } else if (i < RESTLESSNESS && verdict.times > strangest.times) {
            strangest = verdict;
            measure = i;
        }
    }
    change->muted -= change->muted > 0;
    if (strangest.beyond) {
        change->muted = RING_ROWS * BLOCK;
        tell(&strangest, measure, NULL, teller);
    }
}

static void protocols_feed(struct change *change, const struct pane *pane,
                           const struct watch_teller *teller)
{
    double time_s = (double)pane->start_us / 1e6;
    const struct shift *all = &change->shifts[BYTES];
    double level = all->rows > 0 ? exp2(median_from(all, 0, 1)) : 0;
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        uint16_t number = change->busiest.place[i];
        if (number == BUSIEST_NONE) {
            continue;
        }
        double bytes = (double)pane->protocols[number].bytes;
        double rate = bytes * measures[BYTES].factor / change->pane_s;
        struct verdict verdict =
            shift_feed(&change->places[i], change->count, time_s, rate, BYTES, 1);
        bool usual = verdict.expected >= measures[BYTES].least;
        if (usual && change->muted == 0 && matters(&verdict, BYTES, PROTOCOL_SHARE * level)) {
            tell(&verdict, BYTES, application_name(number), teller);
        }
    }
}

static void change_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct change *change = watch;
    if (change->end_us != INT64_MIN &&
        pane->start_us - change->end_us > GAP_PANES * (pane->end_us - pane->start_us)) {
        gap_pass(change);
    }
    change->end_us = pane->end_us;
    int replaced = busiest_feed(&change->busiest, pane);
    if (replaced >= 0) {
        shift_init(&change->places[replaced], measures[BYTES].distance_min);
    }
    all_feed(change, pane, teller);
    protocols_feed(change, pane, teller);
    change->count = (change->count + 1) % BLOCK;
}

const struct watch_ops watch_change = {
    .name = "change",
    .create = change_create,
    .pane = change_pane,
    .free = free,
};
