// SPDX-License-Identifier: Apache-2.0
// Malformed packets in number: the share of packets that the parser rejects, by whatever cause,
// goes up. It is judged in octaves of parts of a hundred (norm.h, pace.h), so that what a link
// always carries beside IP (ARP, LLDP) is usual.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/detect/finding.h"
#include "agent/detect/pace.h"
#include "agent/detect/watches.h"

static const double REJECTS_MIN = 20; // in a pane
static const double SHARE_MIN = 0.01;
static const double HUNDRED = 100;
static const double BESIDE = 200; // packets added, so that one reject among few is no leap
static const double DISTANCE_MIN = 1;

static int malformed_create(void **watch, const struct watch_options *options)
{
    (void)options;
    struct pace *pace = calloc(1, sizeof(*pace));
    if (pace == NULL) {
        return -ENOMEM;
    }
    pace_init(pace, DISTANCE_MIN, PACE_ROWS_MIN);
    *watch = pace;
    return 0;
}

static double share_from(double octaves)
{
    return (exp2(octaves) - 1) / HUNDRED;
}

static void malformed_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    double rejects = (double)pane->loss.parse_rejects;
    double all = rejects + (double)pane->packets;
    if (all == 0) {
        return;
    }
    struct pace_verdict verdict = pace_feed(watch, (double)pane->start_us / 1e6,
                                            log2(1 + HUNDRED * rejects / (all + BESIDE)));
    if (!verdict.beyond || !verdict.above || rejects < REJECTS_MIN || rejects < SHARE_MIN * all) {
        return;
    }
    struct finding finding;
    finding_init(&finding, "malformed", "% of packets", "all traffic");
    finding.score = finding_score(verdict.times);
    finding.observed = 100 * rejects / all;
    finding.expected = 100 * share_from(verdict.expected);
    finding_explain(&finding,
                    "%.3g %% of packets (%.0f in this pane) cannot be parsed, usually %.3g %%: see "
                    "the causes among the rejects in the books, then look for a faulty sender, a "
                    "cut snap length or somebody who probes parsers",
                    finding.observed, rejects, finding.expected);
    teller->tell(teller->context, &finding);
}

const struct watch_ops watch_malformed = {
    .name = "malformed",
    .create = malformed_create,
    .pane = malformed_pane,
    .free = free,
};
