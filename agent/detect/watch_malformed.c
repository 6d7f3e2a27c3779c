// SPDX-License-Identifier: Apache-2.0
// Malformed packets and fragments in number: the share of packets that the parser rejects, by
// whatever cause, or that are parts of a datagram only, goes up. It is judged in octaves of parts
// of a hundred (norm.h, pace.h), so that what a link always carries beside IP (ARP, LLDP), or in
// fragments, is usual.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/detect/finding.h"
#include "agent/detect/pace.h"
#include "agent/detect/watches.h"

enum { REJECTS, FRAGMENTS, KINDS };

static const double SHARE_MIN = 0.01;
static const double HUNDRED = 100;
static const double BESIDE = 200; // packets added, so that one among few is no leap
static const double DISTANCE_MIN = 1;

static const struct kind {
    const char *detector;
    double least;     // in a pane
    const char *what; // they are
    const char *to_do;
} kinds[KINDS] = {
    [REJECTS] = {"malformed", 20, "cannot be parsed",
                 "see the causes among the rejects in the books, then look for a faulty sender, a "
                 "cut snap length or somebody who probes parsers"},
    [FRAGMENTS] = {"fragments", 100, "are fragments",
                   "look for a tunnel or a path with a smaller MTU, for large answers of DNS and "
                   "other UDP, or for a flood that evades filters by ports"},
};

static int malformed_create(void **watch, const struct watch_options *options)
{
    (void)options;
    struct pace *paces = calloc(KINDS, sizeof(*paces));
    if (paces == NULL) {
        return -ENOMEM;
    }
    for (int i = 0; i < KINDS; i++) {
        pace_init(&paces[i], DISTANCE_MIN, PACE_ROWS_MIN);
    }
    *watch = paces;
    return 0;
}

static double share_from(double octaves)
{
    return (exp2(octaves) - 1) / HUNDRED;
}

static void kind_feed(struct pace *pace, const struct kind *kind, double time_s, double count,
                      double all, const struct watch_teller *teller)
{
    struct pace_verdict verdict =
        pace_feed(pace, time_s, log2(1 + HUNDRED * count / (all + BESIDE)));
    if (!verdict.beyond || !verdict.above || count < kind->least || count < SHARE_MIN * all) {
        return;
    }
    struct finding finding;
    finding_init(&finding, kind->detector, "% of packets", "all traffic");
    finding.score = finding_score(verdict.times);
    finding.observed = 100 * count / all;
    finding.expected = 100 * share_from(verdict.expected);
    finding_explain(&finding, "%.3g %% of packets (%.0f in this pane) %s, usually %.3g %%: %s",
                    finding.observed, count, kind->what, finding.expected, kind->to_do);
    teller->tell(teller->context, &finding);
}

static void malformed_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct pace *paces = watch;
    double counts[KINDS] = {(double)pane->loss.parse_rejects, (double)pane->fragments};
    // A fragment is among the packets of the pane in which its first one came.
    double all = counts[REJECTS] + fmax((double)pane->packets, counts[FRAGMENTS]);
    for (int i = 0; i < KINDS && all > 0; i++) {
        kind_feed(&paces[i], &kinds[i], (double)pane->start_us / 1e6, counts[i], all, teller);
    }
}

const struct watch_ops watch_malformed = {
    .name = "malformed",
    .create = malformed_create,
    .pane = malformed_pane,
    .free = free,
};
