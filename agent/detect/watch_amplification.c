// SPDX-License-Identifier: Apache-2.0
// Amplification: servers answer somebody with far more than they were asked, because another asked
// in his name. Told of the one who gets it, whether the questions pass the sensor or not.
//
// What is looked for is what Rossow found in flow data of such attacks ("Amplification Hell:
// Revisiting Network Protocols for DDoS Abuse", 2014, section V): pairs of a server's well-known
// UDP port and an address where the server sends a multiple of what it gets, and much. His limit in
// octets is fixed; here it is what is usual of the address, of others, and of the link, since a
// resolver gets long answers all day.
#include <math.h>

#include "agent/detect/amplifiers.h"
#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum { SERVERS = 4 }; // fewer are somebody's download

static const double LEAST_BYTES = 20000;  // per second
static const double SHARE_OF_LINK = 0.25; // of its mean

static void amplification_tell(const struct talkers *talkers, const struct target *target,
                               double limit, double servers, const struct watch_teller *teller)
{
    struct finding finding;
    char text[ANOMALY_SUBJECT_MAX], amount[FINDING_AMOUNT_MAX];
    double value = (double)target->load[LOAD_AMPLIFIED];
    const char *service = amplifier_name(target->server_port);
    finding_address(text, target->talker.address, target->talker.ipv6);
    finding_init(&finding, "amplification", "bytes/s", "%s", text);
    finding.score = finding_score(value / limit);
    finding.observed = value / talkers->pane_s;
    finding.expected = usual_now(&target->usual[LOAD_AMPLIFIED]) / talkers->pane_s;
    finding_amount(amount, 8 * finding.observed, "bit/s");
    finding_explain(&finding,
                    "about %.0f servers send %s to %s from UDP port %u (%s) and were asked for a "
                    "fifth of it or nothing: an attack by reflection; have that source port to %s "
                    "filtered upstream, and close such servers if they are yours",
                    servers, amount, text, target->server_port, service != NULL ? service : "?",
                    text);
    few_tell(talkers_many(talkers, target, MANY_AMPLIFIED), target->talker.ipv6, &finding);
    teller->tell(teller->context, &finding);
}

static void target_judge(struct talkers *talkers, struct target *target,
                         const struct watch_teller *teller)
{
    struct usual *own = &target->usual[LOAD_AMPLIFIED];
    struct usual *link = &talkers->link.load[LOAD_AMPLIFIED];
    double value = (double)target->load[LOAD_AMPLIFIED];
    if (value <= 0) {
        return;
    }
    if (!talkers_warm(talkers)) {
        usual_see(own, value, value);
        usual_see(link, value, value);
        return;
    }
    bool known = talker_known(talkers, &target->talker);
    double limit = fmax(usual_limit(own, known, link, LEAST_BYTES * talkers->pane_s),
                        SHARE_OF_LINK * talkers->link.bytes * talkers->pane_s);
    double servers =
        distinct_count(&target->servers, target->server, talkers->pane, talkers->peers_window);
    usual_see(own, value, limit);
    if (value >= limit && servers >= SERVERS) {
        amplification_tell(talkers, target, limit, servers, teller);
        talker_claim(talkers, &target->talker, CLAIM_AMPLIFICATION);
    } else {
        usual_see(link, value, limit);
    }
}

static void amplification_pane(void *watch, const struct pane *pane,
                               const struct watch_teller *teller)
{
    (void)pane;
    struct talkers *talkers = watch;
    for (uint32_t i = 0; i < talkers_targets(talkers); i++) {
        target_judge(talkers, talkers_target(talkers, i), teller);
    }
}

const struct watch_ops watch_amplification = {
    .name = "amplification",
    .create = talkers_watch,
    .pane = amplification_pane,
    .free = talkers_leave,
};
