// SPDX-License-Identifier: Apache-2.0
// Many to one and one to many: an address with far more different peers than is usual. Only peers
// that were answered, or that answered, count: made-up sources are a flood's, tries in vain a
// scan's.
//
// Counting of different peers for many addresses at once as in Venkataraman, Song, Gibbons, Blum:
// "New streaming algorithms for fast detection of superspreaders" (2005), with a HyperLogLog for
// each address that is watched (distinct.h); the limit is adaptive (usual.h).
#include <math.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

static const double LEAST_PEERS = 30; // in the window of ten seconds
static const double STILL = 0.25;     // of the rate that a window's peers come at: it goes on

// What is looked at of a source or of a target.
struct peers {
    unsigned role;
    struct talker *talker;
    struct usual *own;
    struct usual *link;
    double count;          // in the window
    double served;         // contacts in this pane
    const struct few *few; // who came in this pane; NULL: is not kept
};

static void peers_tell(const struct talkers *talkers, const struct peers *peers, double limit,
                       const struct watch_teller *teller)
{
    struct finding finding;
    char text[ANOMALY_SUBJECT_MAX];
    bool source = peers->role == CONTACT_SOURCE;
    double usual = fmax(usual_now(peers->own), 1);
    double window_s = talkers->peers_window * talkers->pane_s;
    finding_address(text, peers->talker->address, peers->talker->ipv6);
    finding_init(&finding, source ? "one_to_many" : "many_to_one", "hosts", "%s", text);
    finding.score = finding_score(peers->count / limit);
    finding.observed = peers->count;
    finding.expected = usual;
    if (source) {
        finding_explain(&finding,
                        "%s talked to about %.0f different hosts within %.0f s and was answered, "
                        "usual of it are %.3g: see what it began to do (a worm, peer-to-peer, a "
                        "crawler)",
                        text, peers->count, window_s, usual);
        finding_add(&finding, text, (uint64_t)peers->count);
    } else {
        finding_explain(&finding,
                        "about %.0f different hosts were served by %s within %.0f s, usual of it "
                        "are %.3g: see whether they are users, and limit them if not",
                        peers->count, text, window_s, usual);
        few_tell(peers->few, peers->talker->ipv6, &finding);
    }
    teller->tell(teller->context, &finding);
}

static void peers_judge(const struct talkers *talkers, const struct peers *peers,
                        const struct watch_teller *teller)
{
    if (!talkers_warm(talkers)) {
        usual_see(peers->own, peers->count, peers->count);
        usual_see(peers->link, peers->count, peers->count);
        return;
    }
    bool known = talker_known(talkers, peers->talker);
    double limit = usual_limit(peers->own, known, peers->link, LEAST_PEERS);
    bool still = peers->served * talkers->peers_window >= STILL * peers->count;
    usual_see(peers->own, peers->count, limit);
    if (peers->count < limit) {
        usual_see(peers->link, peers->count, limit);
    } else if (still && !talker_claimed(talkers, peers->talker, CLAIM_PEERS)) {
        peers_tell(talkers, peers, limit, teller);
        talker_claim(talkers, peers->talker, CLAIM_PEERS);
    }
}

static void source_judge(struct talkers *talkers, struct source *source,
                         const struct watch_teller *teller)
{
    struct peers peers = {
        .role = CONTACT_SOURCE,
        .talker = &source->talker,
        .own = &source->peers_usual,
        .link = &talkers->link.peers,
        .count = distinct_count(&source->peers, source->peer, talkers->pane, talkers->peers_window),
        .served = (double)source->served,
    };
    peers_judge(talkers, &peers, teller);
}

static void target_judge(struct talkers *talkers, struct target *target,
                         const struct watch_teller *teller)
{
    struct peers peers = {
        .role = CONTACT_DESTINATION,
        .talker = &target->talker,
        .own = &target->sources_usual,
        .link = &talkers->link.sources,
        .count =
            distinct_count(&target->sources, target->source, talkers->pane, talkers->peers_window),
        .served = (double)target->served,
        .few = talkers_many(talkers, target, MANY_SERVED),
    };
    peers_judge(talkers, &peers, teller);
}

static void peers_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct talkers *talkers = watch;
    for (uint32_t i = 0; i < talkers_sources(talkers); i++) {
        struct source *source = talkers_source(talkers, i);
        if (source->served > 0) {
            source_judge(talkers, source, teller);
        }
    }
    for (uint32_t i = 0; i < talkers_targets(talkers); i++) {
        struct target *target = talkers_target(talkers, i);
        if (target->served > 0) {
            target_judge(talkers, target, teller);
        }
    }
}

const struct watch_ops watch_peers = {
    .name = "peers",
    .create = talkers_watch,
    .pane = peers_pane,
    .free = talkers_leave,
};
