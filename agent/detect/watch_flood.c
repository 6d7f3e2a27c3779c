// SPDX-License-Identifier: Apache-2.0
// Floods: a destination that gets far more of something than is usual for it, for the largest of
// other destinations, and for the link.
//
// An adaptive threshold (Siris and Papagalou 2004; see usual.h) on quantities of which ordinary
// traffic has little: handshakes begun and not completed (the difference that Wang, Zhang and Shin,
// "Detecting SYN flooding attacks", 2002, accumulate for a whole link, here for each destination),
// packets that nobody answers, ICMP. What is answered is a transfer, however large; only the number
// of flows begun is a flood also where all are answered.
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

static const double ONE_SOURCE = 0.8;   // of all: the others do not count
static const double OUTAGE_TIMES = 2;   // what is usual: as many as clients that ask again
static const double OUTAGE_OPEN = 0.05; // of handshakes: next to none is completed
static const double HEARD = 0.5; // of conversations: with fewer, what is not answered says nothing

// The quantity, what is the least of it that is a flood anywhere, per second, and how much of the
// link's mean of packets or flows it is at least.
struct flood {
    enum load load;
    enum claim claim;
    const char *detector;
    const char *name;
    const char *unit;
    double least;
    double share;
    bool of_flows;
    bool warm; // only after the first minute: what is ordinary has it, too
    const char *advice;
};

static const struct flood floods[] = {
    {LOAD_HALF_OPEN, CLAIM_SYN_FLOOD, "syn_flood", "SYN flood", "flows/s", 20, 0.25, true, false,
     "turn on SYN cookies there, or have it filtered upstream"},
    {LOAD_UDP, CLAIM_UDP_FLOOD, "udp_flood", "UDP flood", "packets/s", 100, 0.5, false, true,
     "have UDP to it filtered upstream"},
    {LOAD_ICMP, CLAIM_ICMP_FLOOD, "icmp_flood", "ICMP flood", "packets/s", 50, 0.5, false, true,
     "limit ICMP to it"},
    {LOAD_OTHER, CLAIM_PACKET_FLOOD, "packet_flood", "flood of packets", "packets/s", 200, 0.5,
     false, true, "have it filtered upstream"},
};

static const struct flood flow_flood = {
    LOAD_FLOWS,   CLAIM_FLOW_FLOOD,
    "flow_flood", "flood of flows",
    "flows/s",    50,
    0.5,          true,
    true,         "see whether these are users, and limit the rate of new ones if not"};

static double flood_limit(const struct talkers *talkers, const struct target *target,
                          const struct flood *flood)
{
    const struct link *link = &talkers->link;
    bool known = talker_known(talkers, &target->talker);
    double least = flood->least * talkers->pane_s;
    double share = flood->share * (flood->of_flows ? link->flows : link->packets) * talkers->pane_s;
    return fmax(usual_limit(&target->usual[flood->load], known, &link->load[flood->load], least),
                share);
}

// One source that asks for many ports is a scan; a server that is down is asked as often as ever,
// or twice as often, by those whom it does not answer.
static bool is_syn_flood(const struct talkers *talkers, const struct target *target)
{
    double half_open = (double)target->load[LOAD_HALF_OPEN];
    double usual = (double)target->served_usual.level;
    bool one = few_share(talkers_many(talkers, target, MANY_OPEN), half_open) > ONE_SOURCE;
    bool outage =
        half_open < OUTAGE_TIMES * usual && (double)target->completed < OUTAGE_OPEN * half_open;
    return !(one && target->votes < half_open / 2) && !outage;
}

static const struct few *flood_sources(const struct talkers *talkers, const struct target *target,
                                       const struct flood *flood)
{
    return talkers_many(talkers, target,
                        flood->load == LOAD_HALF_OPEN ? MANY_OPEN
                        : flood->load == LOAD_FLOWS   ? MANY_SERVED
                                                      : MANY_PACKETS);
}

static bool is_flood(const struct talkers *talkers, const struct target *target,
                     const struct flood *flood)
{
    double value = (double)target->load[flood->load];
    const struct few *sources = flood_sources(talkers, target, flood);
    bool one = few_share(sources, value) > ONE_SOURCE;
    switch (flood->load) {
    case LOAD_HALF_OPEN:
        return is_syn_flood(talkers, target);
    case LOAD_UDP: // one source with a packet for each of many ports is a scan
        return talkers->link.heard[1] >= HEARD &&
               !(one && (double)target->load[LOAD_FLOWS] > ONE_SOURCE * value);
    case LOAD_OTHER:
        return talkers->link.heard[0] >= HEARD;
    case LOAD_FLOWS: // asked in the name of who is flooded with the answers, or scanned
        return !one ||
               !talkers_claimed(talkers, few_first(sources), target->talker.ipv6, flood->claim);
    default:
        return true;
    }
}

static void flood_tell(const struct talkers *talkers, const struct target *target,
                       const struct flood *flood, double limit, const struct watch_teller *teller)
{
    struct finding finding;
    char text[ANOMALY_SUBJECT_MAX], amount[FINDING_AMOUNT_MAX], port[32] = "";
    double value = (double)target->load[flood->load];
    const struct few *sources = flood_sources(talkers, target, flood);
    finding_address(text, target->talker.address, target->talker.ipv6);
    finding_init(&finding, flood->detector, flood->unit, "%s", text);
    finding.score = finding_score(value / limit);
    finding.observed = value / talkers->pane_s;
    finding.expected = usual_now(&target->usual[flood->load]) / talkers->pane_s;
    if (flood->load == LOAD_HALF_OPEN && target->votes > value / 2) {
        snprintf(port, sizeof(port), " port %u", target->port);
    }
    bool one = few_share(sources, value) > ONE_SOURCE;
    finding_amount(amount, finding.observed, flood->unit);
    finding_explain(&finding, "%s to %s%s from %s: a %s, %s usual there is %.3g; %s", amount, text,
                    port, one ? "one source" : "many sources", flood->name,
                    flood->load == LOAD_HALF_OPEN ? "unfinished handshakes, of which" : "of which",
                    finding.expected, flood->advice);
    few_tell(sources, target->talker.ipv6, &finding);
    teller->tell(teller->context, &finding);
}

static void flood_judge(struct talkers *talkers, struct target *target, const struct flood *flood,
                        const struct watch_teller *teller)
{
    struct usual *own = &target->usual[flood->load];
    struct usual *link = &talkers->link.load[flood->load];
    double value = (double)target->load[flood->load];
    if (value <= 0) {
        return;
    }
    if (flood->warm && !talkers_warm(talkers)) {
        usual_see(own, value, value);
        usual_see(link, value, value);
        return;
    }
    double limit = flood_limit(talkers, target, flood);
    bool over = value >= limit && is_flood(talkers, target, flood);
    usual_see(own, value, limit);
    if (over && !talker_claimed(talkers, &target->talker, flood->claim)) {
        flood_tell(talkers, target, flood, limit, teller);
        talker_claim(talkers, &target->talker, flood->claim);
    } else if (!over) {
        usual_see(link, value, limit);
    }
}

static void flood_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct talkers *talkers = watch;
    for (uint32_t i = 0; i < talkers_targets(talkers); i++) {
        struct target *target = talkers_target(talkers, i);
        usual_see(&target->served_usual, (double)target->served, (double)target->served);
        for (size_t j = 0; j < sizeof(floods) / sizeof(floods[0]); j++) {
            flood_judge(talkers, target, &floods[j], teller);
        }
    }
}

static void flow_flood_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct talkers *talkers = watch;
    for (uint32_t i = 0; i < talkers_targets(talkers); i++) {
        flood_judge(talkers, talkers_target(talkers, i), &flow_flood, teller);
    }
}

const struct watch_ops watch_flood = {
    .name = "flood",
    .create = talkers_watch,
    .pane = flood_pane,
    .free = talkers_leave,
};

const struct watch_ops watch_flow_flood = {
    .name = "flow_flood",
    .create = talkers_watch,
    .pane = flow_flood_pane,
    .free = talkers_leave,
};
