// SPDX-License-Identifier: Apache-2.0
// Shifts of the entropy of addresses and ports, by packets: a flood from many made-up sources
// raises that of the sources and lowers that of the destinations, a scan of ports raises that of
// their ports, a single transfer that fills the link lowers all (Lakhina, Crovella and Diot,
// "Mining Anomalies Using Traffic Feature Distributions", SIGCOMM 2005). An entropy in bits is the
// logarithm of how many equally busy addresses there seem to be, so that it is judged as any other
// quantity in octaves (norm.h, pace.h). Ports are counted in bins of a keyed hash.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/pace.h"
#include "agent/detect/watch_text.h"
#include "agent/detect/watches.h"
#include "dataplane/sketch/entropy.h"

enum { SOURCES, DESTINATIONS, SOURCE_PORTS, DESTINATION_PORTS, FEATURES };
enum { PORT_BINS = 4096, TCP = 6, UDP = 17, GAP_PANES = 10 };

static const double PACKETS_MIN = 100; // in a pane: fewer tell nothing of a distribution
static const double DISTANCE_MIN = 1.5;

static const char *const names[FEATURES] = {
    "source addresses",
    "destination addresses",
    "source ports",
    "destination ports",
};

struct entropies {
    double pane_s;
    struct hash_secret secret;
    int64_t end_us; // of the last pane that was judged
    struct pace paces[FEATURES];
    uint64_t ports[2][PORT_BINS]; // packets, by source port and by destination port
};

static int entropy_create(void **watch, const struct watch_options *options)
{
    struct entropies *entropies = calloc(1, sizeof(*entropies));
    if (entropies == NULL) {
        return -ENOMEM;
    }
    entropies->pane_s = (double)options->pane_us / 1e6;
    entropies->secret = options->secret;
    entropies->end_us = INT64_MIN;
    for (int i = 0; i < FEATURES; i++) {
        pace_init(&entropies->paces[i], DISTANCE_MIN, PACE_ROWS_MIN);
    }
    *watch = entropies;
    return 0;
}

static void entropy_flow(void *watch, const struct pane_flow *flow)
{
    struct entropies *entropies = watch;
    uint8_t protocol = pane_flow_protocol(flow);
    if (protocol != TCP && protocol != UDP) {
        return;
    }
    unsigned source = pane_flow_source(flow);
    uint16_t ports[2] = {flow->key.port[source], flow->key.port[!source]};
    for (int i = 0; i < 2; i++) {
        uint64_t hash = hash_bytes(&ports[i], sizeof(ports[i]), entropies->secret);
        entropies->ports[i][hash % PORT_BINS] += flow->packets;
    }
}

static void entropies_of(const struct entropies *entropies, const struct pane *pane,
                         struct entropy found[FEATURES])
{
    memset(found, 0, FEATURES * sizeof(found[0]));
    for (uint32_t i = 0; i < pane->host_count; i++) {
        entropy_add(&found[SOURCES], pane->hosts[i].source_packets);
        entropy_add(&found[DESTINATIONS], pane->hosts[i].destination_packets);
    }
    for (int i = 0; i < PORT_BINS; i++) {
        entropy_add(&found[SOURCE_PORTS], entropies->ports[0][i]);
        entropy_add(&found[DESTINATION_PORTS], entropies->ports[1][i]);
    }
}

static void tell(const struct pace_verdict *verdict, int feature, const struct pane *pane,
                 double pane_s, const struct watch_teller *teller)
{
    struct finding finding;
    finding_init(&finding, "entropy", "bit", "%s", names[feature]);
    finding.score = finding_score(verdict->times);
    finding.observed = verdict->x;
    finding.expected = verdict->expected;
    char who[128] = "";
    if (!verdict->above) {
        hosts_add(&finding, pane, pane_s);
        contributors_text(who, sizeof(who), &finding);
        finding.contributor_count = 0; // they are in packets, and not in bits
    }
    finding_explain(
        &finding,
        "Packets are spread over %s far %s evenly than usual, entropy %.1f bits instead "
        "of %.1f%s%s: %s",
        names[feature], verdict->above ? "more" : "less", verdict->x, verdict->expected,
        who[0] != '\0' ? ", busiest are " : "", who,
        verdict->above ? "look for a scan, or for a flood of made-up addresses"
                       : "look for one transfer or flood that outweighs the rest");
    teller->tell(teller->context, &finding);
}

static void entropy_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct entropies *entropies = watch;
    struct entropy found[FEATURES];
    entropies_of(entropies, pane, found);
    memset(entropies->ports, 0, sizeof(entropies->ports));
    if (entropies->end_us != INT64_MIN &&
        pane->start_us - entropies->end_us > GAP_PANES * (pane->end_us - pane->start_us)) {
        for (int i = 0; i < FEATURES; i++) {
            pace_gap(&entropies->paces[i]);
        }
    }
    for (int i = 0; i < FEATURES; i++) {
        if ((double)found[i].total < PACKETS_MIN) {
            continue;
        }
        entropies->end_us = pane->end_us;
        struct pace_verdict verdict =
            pace_feed(&entropies->paces[i], (double)pane->start_us / 1e6, entropy_bits(&found[i]));
        if (verdict.beyond) {
            tell(&verdict, i, pane, entropies->pane_s, teller);
        }
    }
}

const struct watch_ops watch_entropy = {
    .name = "entropy",
    .create = entropy_create,
    .flow = entropy_flow,
    .pane = entropy_pane,
    .free = free,
};
