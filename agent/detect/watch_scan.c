// SPDX-License-Identifier: Apache-2.0
// Scans: a source whose tries reach nobody, to one port of many hosts (horizontal) or to many ports
// of one host, or of some in the same /24 or /48 (vertical).
//
// The test is sequential hypothesis testing on first contacts (Jung, Paxson, Berger, Balakrishnan:
// "Fast portscan detection using sequential hypothesis testing", 2004): each different host (or
// port) that was tried in vain makes a scanner likelier by the factor 4, each that was reached
// makes it less likely by the same factor, with the paper's assumption that four of five first
// contacts of others succeed and four of five of a scanner fail. The threshold is not the paper's
// 99 but 4^20: of very many sources over very long a time, none may be taken for one by chance.
// That most failures have the port (or host) in common keeps peer-to-peer programs apart, whose
// failures are scattered.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum {
    FAILURES = 20, // more than successes: a scan
    VOTES = 16,    // that the failures have something in common
    PAUSES = 3,    // times its usual one: a slow scan goes on for so long after a try
    SLOW_MAX = 64,
};

static const double IN_VAIN = 3;        // failures for each success, at least
static const double USUALLY_FAIL = 0.2; // of first contacts
static const double HEARD = 0.2;        // of conversations: with fewer, silence says nothing

// Scans that were told in the pane before: the slow ones do nothing in most panes.
struct scans {
    struct talkers *talkers;
    struct scan {
        uint64_t source; // hash
        unsigned kind;   // TRIES_PORT or TRIES_HOST
    } told[SLOW_MAX];
    unsigned told_count;
};

static int scans_create(void **watch, const struct watch_options *options)
{
    struct scans *scans = calloc(1, sizeof(*scans));
    if (scans == NULL) {
        return -ENOMEM;
    }
    scans->talkers = options->talkers;
    *watch = scans;
    return 0;
}

static bool goes_on(const struct talkers *talkers, const struct tries *tries, double failed)
{
    uint32_t age = talkers->pane - tries->failed.begin + 1;
    double lasts = tries->failed.before > 0 ? talkers->tries_window : age;
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
                    "%s tried about %.0f ports of %s, or hosts beside it, within the last minutes, "
                    "in vain but for %.0f: block or examine it, and check what they serve on open "
                    "ports",
                    from, failed + reached, to, reached);
    finding_add(finding, from, (uint64_t)failed);
}

static struct target *host_of(const struct talkers *talkers, const struct source *source)
{
    return heavy_find(&talkers->targets,
                      contact_hash(&talkers->contacts, source->host, source->talker.ipv6));
}

static void claim_host(struct talkers *talkers, const struct source *source)
{
    struct target *target = host_of(talkers, source);
    if (target != NULL) {
        talker_claim(talkers, &target->talker, CLAIM_SCAN);
    }
}

// True: it was told.
static bool tries_judge(struct talkers *talkers, struct source *source, unsigned kind,
                        const struct watch_teller *teller)
{
    const struct tries *tries = &source->tries[kind];
    if (tries->votes < VOTES ||
        (tries->protocol != PROTOCOL_TCP && talkers->link.heard[1] < HEARD)) {
        return false;
    }
    double failed =
        distinct_count(&tries->failed, source->failed[kind], talkers->pane, talkers->tries_window);
    double reached = distinct_count(&tries->reached, source->reaches[kind], talkers->pane,
                                    talkers->tries_window);
    if (failed - reached < FAILURES || failed < IN_VAIN * reached ||
        !goes_on(talkers, tries, failed)) {
        return false;
    }
    struct finding finding;
    if (kind == TRIES_PORT) {
        horizontal_tell(source, failed, reached, &finding);
    } else {
        vertical_tell(source, failed, reached, &finding);
        claim_host(talkers, source);
    }
    finding.score = finding_score((failed - reached) / FAILURES);
    finding.observed = failed;
    finding.expected = USUALLY_FAIL * (failed + reached);
    talker_claim(talkers, &source->talker, CLAIM_SCAN);
    teller->tell(teller->context, &finding);
    return true;
}

// What a flood is made of can look like a scan of who is flooded.
static bool host_is_flooded(const struct talkers *talkers, const struct source *source)
{
    const struct target *target = host_of(talkers, source);
    return target != NULL && talker_claimed(talkers, &target->talker, CLAIM_SCAN);
}

static bool scan_judge(struct talkers *talkers, struct source *source, unsigned kind,
                       const struct watch_teller *teller)
{
    return (kind == TRIES_PORT || !host_is_flooded(talkers, source)) &&
           tries_judge(talkers, source, kind, teller);
}

static void told_add(struct scans *scans, const struct scan *scan)
{
    if (scans->told_count < SLOW_MAX) {
        scans->told[scans->told_count++] = *scan;
    }
}

static void scans_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct scans *scans = watch;
    struct talkers *talkers = scans->talkers;
    struct scans before = *scans;
    scans->told_count = 0;
    for (uint32_t i = 0; i < talkers_sources(talkers); i++) {
        struct source *source = talkers_source(talkers, i);
        for (unsigned kind = 0; kind < TRIES_COUNT; kind++) {
            if (scan_judge(talkers, source, kind, teller)) {
                told_add(scans, &(struct scan){.source = source->talker.hash, .kind = kind});
            }
        }
    }
    for (unsigned i = 0; i < before.told_count; i++) {
        struct source *source = heavy_find(&talkers->sources, before.told[i].source);
        if (source != NULL && source->talker.pane != talkers->pane &&
            scan_judge(talkers, source, before.told[i].kind, teller)) {
            told_add(scans, &before.told[i]);
        }
    }
}

const struct watch_ops watch_scan = {
    .name = "scan",
    .create = scans_create,
    .pane = scans_pane,
    .free = free,
};
