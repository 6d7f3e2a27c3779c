// SPDX-License-Identifier: Apache-2.0
// Spikes and drops of one interface, where there are several: by bytes and packets, judged as all
// traffic is (pace.h). An interface that falls silent is a drop to nothing. What moves all of them
// at once is told of all traffic, and not here again.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/pace.h"
#include "agent/detect/watches.h"

enum { BYTES, PACKETS, MEASURES };
enum { GAP_PANES = 10 };

static const double DISTANCE_MIN = 1; // octaves

// As in watch_volume.c.
static const struct measure {
    const char *name;
    const char *unit;
    double factor; // from what is counted to the unit
    double least;  // in the unit: what moves less of it matters to nobody
    double beside; // added before the logarithm
} measures[MEASURES] = {
    [BYTES] = {"Traffic", "bit/s", 8, 200e3, 500},
    [PACKETS] = {"Packets", "packets/s", 1, 20, 1},
};

// The strangest of an interface's measures.
struct move {
    struct pace_verdict verdict; // beyond: it is there
    unsigned measure;
    double observed, expected;
};

struct interfaces {
    double pane_s;
    const char *const *names;
    size_t name_count;
    int64_t end_us; // of the last pane
    unsigned count; // of those with packets so far
    bool seen[PACKET_INTERFACES];
    struct pace paces[PACKET_INTERFACES][MEASURES];
};

static int interfaces_create(void **watch, const struct watch_options *options)
{
    struct interfaces *interfaces = calloc(1, sizeof(*interfaces));
    if (interfaces == NULL) {
        return -ENOMEM;
    }
    interfaces->pane_s = (double)options->pane_us / 1e6;
    interfaces->names = options->interface_names;
    interfaces->name_count = options->interface_count;
    interfaces->end_us = INT64_MIN;
    *watch = interfaces;
    return 0;
}

static void interfaces_meet(struct interfaces *interfaces, const struct pane *pane)
{
    for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
        if (pane->interfaces[i].packets == 0 || interfaces->seen[i]) {
            continue;
        }
        interfaces->seen[i] = true;
        interfaces->count++;
        for (unsigned measure = 0; measure < MEASURES; measure++) {
            pace_init(&interfaces->paces[i][measure], DISTANCE_MIN, PACE_ROWS_MIN);
        }
    }
}

static void gap_pass(struct interfaces *interfaces)
{
    for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
        for (unsigned measure = 0; interfaces->seen[i] && measure < MEASURES; measure++) {
            pace_gap(&interfaces->paces[i][measure]);
        }
    }
}

static double rate_from(const struct measure *measure, double octaves)
{
    return fmax(exp2(octaves) - measure->beside, 0);
}

static struct move interface_feed(struct interfaces *interfaces, unsigned number,
                                  const struct pane *pane)
{
    const uint64_t counts[MEASURES] = {pane->interfaces[number].bytes,
                                       pane->interfaces[number].packets};
    struct move strangest = {.measure = MEASURES};
    for (unsigned i = 0; i < MEASURES; i++) {
        const struct measure *measure = &measures[i];
        double rate = (double)counts[i] * measure->factor / interfaces->pane_s;
        struct pace_verdict verdict =
            pace_feed(&interfaces->paces[number][i], (double)pane->start_us / 1e6,
                      log2(rate + measure->beside));
        if (!verdict.beyond || verdict.times <= strangest.verdict.times) {
            continue;
        }
        double observed = rate_from(measure, verdict.x);
        double expected = rate_from(measure, verdict.expected);
        if (expected > 0 && fabs(observed - expected) >= measure->least) {
            strangest = (struct move){verdict, i, observed, expected};
        }
    }
    return strangest;
}

static void tell(const struct interfaces *interfaces, unsigned number, const struct move *move,
                 const struct watch_teller *teller)
{
    struct finding finding;
    const struct measure *measure = &measures[move->measure];
    bool above = move->verdict.above;
    char name[64], observed[FINDING_AMOUNT_MAX], expected[FINDING_AMOUNT_MAX];
    if (number < interfaces->name_count) {
        snprintf(name, sizeof(name), "%s", interfaces->names[number]);
    } else {
        snprintf(name, sizeof(name), "%u", number);
    }
    finding_amount(observed, move->observed, measure->unit);
    finding_amount(expected, move->expected, measure->unit);
    finding_init(&finding, above ? "spike" : "drop", measure->unit, "interface %s", name);
    finding.score = finding_score(move->verdict.times);
    finding.observed = move->observed;
    finding.expected = move->expected;
    finding_explain(&finding,
                    "%s of interface %s %s to %s%s where %s is usual, and not so that of all "
                    "others: %s",
                    measure->name, name, above ? "rose" : "fell", observed,
                    move->verdict.panes > 1 ? " for ten panes" : "", expected,
                    above ? "see what is routed or mirrored there now"
                          : "check its link, and what is routed or mirrored there");
    finding_add(&finding, name, (uint64_t)fabs(move->observed - move->expected));
    teller->tell(teller->context, &finding);
}

static void interfaces_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct interfaces *interfaces = watch;
    struct move moves[PACKET_INTERFACES];
    unsigned moved[2] = {0, 0}; // [above]
    interfaces_meet(interfaces, pane);
    if (interfaces->count < 2) {
        return;
    }
    if (interfaces->end_us != INT64_MIN &&
        pane->start_us - interfaces->end_us > GAP_PANES * (pane->end_us - pane->start_us)) {
        gap_pass(interfaces);
    }
    interfaces->end_us = pane->end_us;
    for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
        moves[i].measure = MEASURES;
        if (interfaces->seen[i]) {
            moves[i] = interface_feed(interfaces, i, pane);
            moved[moves[i].verdict.above] += moves[i].measure != MEASURES;
        }
    }
    for (unsigned i = 0; i < PACKET_INTERFACES && pane->packets > 0; i++) {
        if (moves[i].measure != MEASURES && moved[moves[i].verdict.above] < interfaces->count) {
            tell(interfaces, i, &moves[i], teller);
        }
    }
}

const struct watch_ops watch_interface = {
    .name = "interface",
    .create = interfaces_create,
    .pane = interfaces_pane,
    .free = free,
};
