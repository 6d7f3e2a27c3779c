// SPDX-License-Identifier: Apache-2.0
// New talkers in number: sources never seen, or not for a day, come faster than ever.
//
// Watching the number of new source addresses instead of the traffic is due to Peng, Leckie and
// Ramamohanarao: "Proactively detecting distributed denial of service attacks using source IP
// address monitoring" (2004); their memory of addresses is a pair of Bloom filters here (seen.h).
// Only sources that were answered count, so that a flood from made-up addresses is told as that.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum {
    WINDOW_S = 10,
    ALL_NEW_S = 30, // after the start: what comes then says nothing
    YOUNG_S = 3600, // what is usual is less with each block, as fewer are new
};

static const double LEAST = 30;   // in the window
static const double STILL = 0.25; // of the window's rate: it goes on

struct newcomers {
    struct talkers *talkers;
    double in_pane;
    double in_window;   // fades within it
    struct usual usual; // of in_window
    uint32_t block;
    uint64_t place; // hash of the destination that most of them came to, by majority vote
    double votes;
    uint8_t address[16]; // of it
    bool ipv6;
    struct few sources;
};

static int newcomers_create(void **watch, const struct watch_options *options)
{
    struct newcomers *newcomers = calloc(1, sizeof(*newcomers));
    if (newcomers == NULL) {
        return -ENOMEM;
    }
    newcomers->talkers = options->talkers;
    *watch = newcomers;
    return 0;
}

static void newcomers_flow(void *watch, const struct pane_flow *flow)
{
    (void)flow; // the talkers have looked at it already
    struct newcomers *newcomers = watch;
    const struct contact *contact = newcomers->talkers->contact;
    if (!contact->new_end[CONTACT_SOURCE]) {
        return;
    }
    newcomers->in_pane++;
    uint64_t place = contact->hash[CONTACT_DESTINATION];
    if (newcomers->votes <= 0) {
        newcomers->place = place;
        newcomers->ipv6 = contact->ipv6;
        memcpy(newcomers->address, contact->address[CONTACT_DESTINATION], 16);
    }
    newcomers->votes += place == newcomers->place ? 1 : -1;
}

static bool place_is_flooded(const struct newcomers *newcomers)
{
    const struct target *target = heavy_find(&newcomers->talkers->targets, newcomers->place);
    return newcomers->votes > 0 && target != NULL &&
           talker_claimed(newcomers->talkers, &target->talker, CLAIM_PEERS);
}

static void newcomers_tell(const struct newcomers *newcomers, double limit,
                           const struct watch_teller *teller)
{
    struct finding finding;
    char text[ANOMALY_SUBJECT_MAX];
    bool one = newcomers->votes > newcomers->in_pane / 2;
    finding_init(&finding, "new_talkers", "hosts", "new sources");
    finding.score = finding_score(newcomers->in_window / limit);
    finding.observed = newcomers->in_window;
    finding.expected = usual_now(&newcomers->usual);
    finding_address(text, newcomers->address, newcomers->ipv6);
    finding_explain(
        &finding,
        "about %.0f hosts that were not seen for a day began to talk within %d s, usual "
        "are %.3g, most of them to %s: see whether something drew users, or a network "
        "was attached, or hosts took part in an attack",
        newcomers->in_window, WINDOW_S, finding.expected, one ? text : "no one host");
    if (one) {
        finding_add(&finding, text, (uint64_t)newcomers->in_window);
    }
    teller->tell(teller->context, &finding);
}

static void newcomers_judge(struct newcomers *newcomers, const struct watch_teller *teller)
{
    static const struct usual nobody;
    struct talkers *talkers = newcomers->talkers;
    double value = newcomers->in_window;
    if (!talkers_warm(talkers)) {
        if (talkers_old_s(talkers) >= ALL_NEW_S) {
            usual_see(&newcomers->usual, value, value);
        }
        return;
    }
    double limit = usual_limit(&newcomers->usual, true, &nobody, LEAST);
    bool still = newcomers->in_pane * WINDOW_S >= STILL * value * talkers->pane_s;
    usual_see(&newcomers->usual, value, limit);
    if (value >= limit && still && !place_is_flooded(newcomers)) {
        newcomers_tell(newcomers, limit, teller);
    }
}

static void newcomers_settle(struct newcomers *newcomers)
{
    struct talkers *talkers = newcomers->talkers;
    unsigned blocks = talkers->block - newcomers->block;
    if (blocks != 0 && talkers_old_s(talkers) < YOUNG_S &&
        newcomers->usual.most < newcomers->usual.level) {
        newcomers->usual.level = newcomers->usual.most;
    }
    usual_settle(&newcomers->usual, blocks);
    newcomers->block = talkers->block;
}

static void newcomers_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct newcomers *newcomers = watch;
    struct talkers *talkers = newcomers->talkers;
    double keeps = fmax(1 - talkers->pane_s / WINDOW_S, 0);
    newcomers->in_window = newcomers->in_window * keeps + newcomers->in_pane;
    newcomers_settle(newcomers);
    newcomers_judge(newcomers, teller);
    newcomers->in_pane = 0;
    newcomers->votes = 0;
}

const struct watch_ops watch_newcomers = {
    .name = "newcomers",
    .create = newcomers_create,
    .flow = newcomers_flow,
    .pane = newcomers_pane,
    .free = free,
};
