// SPDX-License-Identifier: Apache-2.0
// A protocol on a port that is not its own, as far as the sizes of packets tell: services that ask
// in short packets, whose port carries long ones in both directions. That is how tunnels look that
// use a port which firewalls let through.
//
// Told by a flow's octets and packets, as in Ellens et al.: "Flow-based detection of DNS tunnels"
// (2013). The limits are what the protocols' own messages can need, and not of a site.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum { PACKETS = 100, FLOWS_MAX = 8 };

static const struct service {
    uint8_t protocol;
    uint16_t port;      // 0: the protocol has none
    uint32_t asks_most; // octets of the IP packet, in the mean, from who asks
    const char *name;
} services[] = {
    // A question of the longest name takes 300; resolvers' questions 60 to 80 in the mean.
    {PROTOCOL_UDP, 53, 200, "DNS"},
    {PROTOCOL_TCP, 53, 200, "DNS"},
    {PROTOCOL_UDP, 123, 400, "NTP"},
    {PROTOCOL_UDP, 137, 200, "NetBIOS names"},
    {PROTOCOL_UDP, 5353, 400, "mDNS"},
    // Echoes come back as long as they were sent, which is what is looked at.
    {PROTOCOL_ICMP, 0, 200, "echoes"},
    {PROTOCOL_ICMPV6, 0, 200, "echoes"},
};

struct wrong {
    const struct service *service;
    uint8_t address[2][16]; // who asks, who answers
    bool ipv6;
    uint64_t bytes; // in the pane
    double mean;    // octets of a packet from who asks
};

struct wrongs {
    struct talkers *talkers;
    unsigned count;
    struct wrong flows[FLOWS_MAX]; // of the pane
};

static int wrongs_create(void **watch, const struct watch_options *options)
{
    struct wrongs *wrongs = calloc(1, sizeof(*wrongs));
    if (wrongs == NULL) {
        return -ENOMEM;
    }
    wrongs->talkers = options->talkers;
    *watch = wrongs;
    return 0;
}

static const struct service *service_of(uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (services[i].protocol == protocol && services[i].port == port) {
            return &services[i];
        }
    }
    return NULL;
}

static bool is_wrong(const struct service *service, const struct contact *contact, uint64_t sent,
                     uint64_t got)
{
    if (contact->sent < PACKETS || contact->got < PACKETS ||
        sent < (uint64_t)contact->sent * service->asks_most) {
        return false;
    }
    // Of an echo, each octet comes back.
    return service->port != 0 || sent > got + got / 5 || got > sent + sent / 5;
}

static void wrongs_flow(void *watch, const struct pane_flow *flow)
{
    struct wrongs *wrongs = watch;
    const struct contact *contact = wrongs->talkers->contact;
    if (contact->sent < PACKETS || wrongs->count == FLOWS_MAX) {
        return;
    }
    const struct service *service = service_of(contact->protocol, contact->port);
    unsigned source = pane_flow_source(flow);
    if (service == NULL ||
        !is_wrong(service, contact, flow->total_bytes[source], flow->total_bytes[!source])) {
        return;
    }
    struct wrong *wrong = &wrongs->flows[wrongs->count++];
    *wrong = (struct wrong){.service = service,
                            .ipv6 = contact->ipv6,
                            .bytes = flow->bytes,
                            .mean = (double)flow->total_bytes[source] / contact->sent};
    memcpy(wrong->address[0], contact->address[0], sizeof(wrong->address[0]));
    memcpy(wrong->address[1], contact->address[1], sizeof(wrong->address[1]));
}

static void wrong_tell(const struct wrong *wrong, const struct watch_teller *teller)
{
    struct finding finding;
    char from[ANOMALY_SUBJECT_MAX], to[ANOMALY_SUBJECT_MAX], port[32] = "";
    finding_address(from, wrong->address[0], wrong->ipv6);
    finding_address(to, wrong->address[1], wrong->ipv6);
    finding_init(&finding, "wrong_port", "bytes/packet", "%.45s to %.45s", from, to);
    finding.score = finding_score(wrong->mean / wrong->service->asks_most);
    finding.observed = wrong->mean;
    finding.expected = wrong->service->asks_most;
    if (wrong->service->port != 0) {
        snprintf(port, sizeof(port), " on port %u", wrong->service->port);
    }
    finding_explain(&finding,
                    "%s sends %s packets of %.0f octets in the mean%s and gets as many back: that "
                    "is more than %s needs; see whether it is a tunnel",
                    from, to, wrong->mean, port, wrong->service->name);
    finding_add(&finding, from, wrong->bytes);
    teller->tell(teller->context, &finding);
}

static void wrongs_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    (void)pane;
    struct wrongs *wrongs = watch;
    for (unsigned i = 0; i < wrongs->count; i++) {
        wrong_tell(&wrongs->flows[i], teller);
    }
    wrongs->count = 0;
}

const struct watch_ops watch_port = {
    .name = "port",
    .create = wrongs_create,
    .flow = wrongs_flow,
    .pane = wrongs_pane,
    .free = free,
};
