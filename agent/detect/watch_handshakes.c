// SPDX-License-Identifier: Apache-2.0
// Broken handshakes: of the TCP connections begun in the last panes, fewer than usual were answered
// by a SYN-ACK. What is judged is how many were begun for each one answered, in octaves, over as
// many panes as it takes to see thirty: for a scan, a flood or a server that is gone it goes up
// (Jung, Paxson, Berger and Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis
// Testing", 2004, take the same sign for a single host). An answer that comes a pane later is not
// seen; the share of those is part of what is usual.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/norm.h"
#include "agent/detect/recent.h"
#include "agent/detect/watches.h"

enum { TCP = 6, BEGUN_MIN = 30, PANES_MAX = 60, ROWS_MIN = 20, RECENT_MIN = 10 };
enum { SERVER_BINS = 256, NAMED_MAX = 3 };

static const struct norm_options judged = {
    .rows_min = ROWS_MIN, .distance_min = 0.7, .probability = 1e-6};

// The server that most of a bin's unanswered connections went to, by majority vote (Misra, Gries).
struct server {
    uint8_t address[16];
    bool ipv6;
    uint64_t votes;
};

struct handshakes {
    struct hash_secret secret;
    uint64_t begun, answered; // in the panes that are gathered
    unsigned panes;
    struct server servers[SERVER_BINS];
    struct recent recent;
    struct norm norm;
};

static int handshakes_create(void **watch, const struct watch_options *options)
{
    struct handshakes *handshakes = calloc(1, sizeof(*handshakes));
    if (handshakes == NULL) {
        return -ENOMEM;
    }
    handshakes->secret = options->secret;
    recent_clear(&handshakes->recent);
    norm_init(&handshakes->norm, &judged);
    *watch = handshakes;
    return 0;
}

static void server_vote(struct handshakes *handshakes, const struct pane_flow *flow)
{
    const uint8_t *address = flow->key.address[!pane_flow_source(flow)];
    uint64_t hash = hash_bytes(address, 16, handshakes->secret);
    struct server *server = &handshakes->servers[hash_range(hash, SERVER_BINS)];
    bool ipv6 = (flow->key.scope & KEY_IPV6) != 0;
    if (server->votes > 0 && server->ipv6 == ipv6 && memcmp(server->address, address, 16) == 0) {
        server->votes++;
    } else if (server->votes > 0) {
        server->votes--;
    } else {
        memcpy(server->address, address, 16);
        server->ipv6 = ipv6;
        server->votes = 1;
    }
}

static void handshakes_flow(void *watch, const struct pane_flow *flow)
{
    struct handshakes *handshakes = watch;
    if ((flow->flags & PANE_FLOW_STARTED) == 0 || pane_flow_protocol(flow) != TCP ||
        (flow->state & FLOW_SYN) == 0) {
        return;
    }
    handshakes->begun++;
    if ((flow->state & FLOW_SYN_ACK) != 0) {
        handshakes->answered++;
    } else {
        server_vote(handshakes, flow);
    }
}

static void tell(const struct handshakes *handshakes, double expected, double times,
                 const struct watch_teller *teller)
{
    struct finding finding;
    finding_init(&finding, "handshakes", "% answered", "all traffic");
    finding.score = finding_score(times);
    finding.observed = 100 * (double)handshakes->answered / (double)handshakes->begun;
    finding.expected = 100 * exp2(-expected);
    const struct server *most = &handshakes->servers[0];
    for (int i = 1; i < SERVER_BINS; i++) {
        most = handshakes->servers[i].votes > most->votes ? &handshakes->servers[i] : most;
    }
    char address[ANOMALY_SUBJECT_MAX];
    finding_explain(&finding,
                    "Only %.0f %% of %llu TCP connections begun within %u pane%s were answered, "
                    "usually %.0f %%, most of the unanswered ones are to %s: see whether it is "
                    "down, filtered or being scanned",
                    finding.observed, (unsigned long long)handshakes->begun, handshakes->panes,
                    handshakes->panes == 1 ? "" : "s", finding.expected,
                    finding_address(address, most->address, most->ipv6));
    teller->tell(teller->context, &finding);
}

static void handshakes_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct handshakes *handshakes = watch;
    handshakes->panes++;
    if (handshakes->begun >= BEGUN_MIN) {
        double x = log2((double)(handshakes->begun + 1) / (double)(handshakes->answered + 1));
        double expected = recent_median(&handshakes->recent);
        if (handshakes->recent.rows >= RECENT_MIN) {
            struct norm_verdict verdict =
                norm_judge(&handshakes->norm, (double)pane->start_us / 1e6, expected, x);
            if (verdict.beyond && verdict.above) {
                tell(handshakes, expected, exp2(x - verdict.limit), teller);
            }
        }
        recent_add(&handshakes->recent, x);
    } else if (handshakes->panes < PANES_MAX) {
        return;
    }
    handshakes->begun = handshakes->answered = 0;
    handshakes->panes = 0;
    memset(handshakes->servers, 0, sizeof(handshakes->servers));
}

const struct watch_ops watch_handshakes = {
    .name = "handshakes",
    .create = handshakes_create,
    .flow = handshakes_flow,
    .pane = handshakes_pane,
    .free = free,
};
