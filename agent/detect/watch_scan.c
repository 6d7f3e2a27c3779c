// SPDX-License-Identifier: Apache-2.0
// Scans: a source whose tries reach nobody, to one port of many hosts (horizontal) or to many ports
// of one host (vertical).
//
// The test is sequential hypothesis testing on first contacts (Jung, Paxson, Berger, Balakrishnan:
// "Fast portscan detection using sequential hypothesis testing", 2004): each different host (or
// port) that was tried in vain makes a scanner likelier by the factor 4, each that was reached
// makes it less likely by the same factor, with the paper's assumption that four of five first
// contacts of others succeed and four of five of a scanner fail. The threshold is not the paper's
// 99 but 4^20: of very many sources over very long a time, none may be taken for one by chance.
// That most failures have the port (or host) in common keeps peer-to-peer programs apart, whose
// failures are scattered.
#include <math.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum {
    FAILURES = 20, // more than successes: a scan
    VOTES = 16,    // that the failures have something in common
    PAUSES = 3,    // times its usual one: a slow scan goes on for so long after a try
};

static const double IN_VAIN = 3;        // failures for each success, at least
static const double USUALLY_FAIL = 0.2; // of first contacts
static const double HEARD = 0.2;        // of conversations: with fewer, silence says nothing

static bool goes_on(const struct talkers *talkers, const struct tries *tries, double failed)
{
    double lasts = talkers->pane - tries->failed.begin + 1;
    if (tries->failed.before > 0) {
        lasts += talkers->tries_window;
    }
    return talkers->pane - tries->last <= fmax(1, PAUSES * lasts / failed);
}

static void horizontal_tell(const struct source *source, double failed, double reached,
                            struct finding *finding)
{
    const struct tries *tries = &source->tries[TRIES_PORT];
    char text[ANOMALY_SUBJECT_MAX];
    finding_address(text, source->talker.address, source->talker.ipv6);
    finding_init(finding, "horizontal_scan", "hosts", "%s", text);
    finding_explain(finding,
                    "%s tried port %u/%s of about %.0f hosts within the last minutes and reached "
                    "%.0f of them: block or examine it, and check those that answered it",
                    text, tries->port, tries->protocol == PROTOCOL_TCP ? "tcp" : "udp",
                    failed + reached, reached);
    finding_add(finding, text, (uint64_t)failed);
}

static void vertical_tell(const struct source *source, double failed, double reached,
                          struct finding *finding)
{
    char from[ANOMALY_SUBJECT_MAX], to[ANOMALY_SUBJECT_MAX];
    finding_address(from, source->talker.address, source->talker.ipv6);
    finding_address(to, source->host, source->talker.ipv6);
    finding_init(finding, "vertical_scan", "ports", "%.45s to %.45s", from, to);
    finding_explain(finding,
                    "%s tried about %.0f ports of %s within the last minutes, in vain but for "
                    "%.0f: block or examine it, and check what %s serves on open ports",
                    from, failed + reached, to, reached, to);
    finding_add(finding, from, (uint64_t)failed);
}

static void claim_host(struct talkers *talkers, const struct tries *tries)
{
    struct target *target = heavy_find(&talkers->targets, tries->common);
    if (target != NULL) {
        talker_claim(talkers, &target->talker, CLAIM_SCAN);
    }
}

static void tries_judge(struct talkers *talkers, struct source *source, unsigned kind,
                        const struct watch_teller *teller)
{
    const struct tries *tries = &source->tries[kind];
    if (tries->votes < VOTES ||
        (tries->protocol != PROTOCOL_TCP && talkers->link.heard[1] < HEARD)) {
        return;
    }
    double failed =
        distinct_count(&tries->failed, source->failed[kind], talkers->pane, talkers->tries_window);
    double reached = distinct_count(&tries->reached, source->reaches[kind], talkers->pane,
                                    talkers->tries_window);
    if (failed - reached < FAILURES || failed < IN_VAIN * reached ||
        !goes_on(talkers, tries, failed)) {
        return;
    }
    struct finding finding;
    if (kind == TRIES_PORT) {
        horizontal_tell(source, failed, reached, &finding);
    } else {
        vertical_tell(source, failed, reached, &finding);
        claim_host(talkers, tries);
    }
    finding.score = finding_score((failed - reached) / FAILURES);
    finding.observed = failed;
    finding.expected = USUALLY_FAIL * (failed + reached);
    talker_claim(talkers, &source->talker, CLAIM_SCAN);
    teller->tell(teller->context, &finding);
}

// What a flood is made of can look like a scan of who is flooded.
static bool host_is_flooded(const struct talkers *talkers, const struct source *source)
{
    const struct target *target = heavy_find(&talkers->targets, source->tries[TRIES_HOST].common);
    return target != NULL && talker_claimed(talkers, &target->talker, CLAIM_SCAN);
}

static void scan_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct talkers *talkers = watch;
    for (uint32_t i = 0; i < talkers_sources(talkers); i++) {
        struct source *source = talkers_source(talkers, i);
        tries_judge(talkers, source, TRIES_PORT, teller);
        if (!host_is_flooded(talkers, source)) {
            tries_judge(talkers, source, TRIES_HOST, teller);
        }
    }
}

const struct watch_ops watch_scan = {
    .name = "scan",
    .create = talkers_watch,
    .pane = scan_pane,
    .free = talkers_leave,
};
