// SPDX-License-Identifier: Apache-2.0
// Unusual sources: an address, a prefix (/24, /48) or a port that was never seen, or not for a day,
// becomes heavy: a large share of the link.
//
// What is new is told by the memory of addresses of Peng, Leckie and Ramamohanarao ("Protection
// from distributed denial of service attacks using history-based IP filtering", 2003), what is
// heavy by a share of the link, as in Estan and Varghese: "New directions in traffic measurement
// and accounting" (2002). Where new ones get heavy all the time, that is what is usual, and only a
// heavier one is told (usual.h).
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

enum {
    ENTRIES = 1024, // of new ones, in few enough lines to stay in the cache
    NEW_MAX = 256,
    NEW_S = 600,
    SMOOTH_S = 5,
    PORT_SALT = 4,
    BULK_PACKETS = 10, // in a pane: more than a probe
    PORTS_S = 43200,   // a set of ports is filled for so long
};

static const double SHARE_OF_LINK = 0.5; // of its mean of octets; more while most are new
static const double LEAST_BYTES = 20000; // per second
static const double BURSTY = 0.7; // deviation of panes in means, beyond which a young link is that

enum kind { KIND_ADDRESS, KIND_PREFIX, KIND_PORT, KIND_COUNT };

struct stranger {
    struct heavy heavy;
    uint64_t place; // hash of the destination of most of its octets, by majority vote
    double votes;
    double bytes; // in this pane
    double rate;  // bytes per second, over the last seconds
    uint32_t since, pane;
    uint16_t port;
    uint8_t kind;
    uint8_t protocol;
    bool ipv6;
    uint8_t address[16];
    uint8_t to[16];
} __attribute__((aligned(64)));

struct strangers {
    struct talkers *talkers;
    struct heavy_table table;
    uint64_t ports[2][2][65536 / 64]; // that were seen: set, TCP or UDP; two sets take turns
    unsigned filled;                  // which set
    uint32_t turned;                  // pane
    struct usual usual[KIND_COUNT];   // of the rate of the heaviest new one
    double panes, bytes, squares;     // of the link, in the first minutes: sums
    uint32_t block;
};

static void strangers_free(void *watch)
{
    struct strangers *strangers = watch;
    if (strangers != NULL) {
        heavy_fini(&strangers->table);
        free(strangers);
    }
}

static int strangers_create(void **watch, const struct watch_options *options)
{
    struct strangers *strangers = calloc(1, sizeof(*strangers));
    if (strangers == NULL) {
        return -ENOMEM;
    }
    strangers->talkers = options->talkers;
    if (heavy_init(&strangers->table, ENTRIES, sizeof(struct stranger), sizeof(struct stranger)) !=
        0) {
        free(strangers);
        return -ENOMEM;
    }
    *watch = strangers;
    return 0;
}

static void bytes_add(struct stranger *stranger, const struct contact *contact, double bytes)
{
    uint64_t place = contact->hash[CONTACT_DESTINATION];
    stranger->bytes += bytes;
    if (stranger->place == place) {
        stranger->votes += bytes;
    } else if (stranger->votes >= bytes) {
        stranger->votes -= bytes;
    } else {
        stranger->place = place;
        stranger->votes = bytes - stranger->votes;
        memcpy(stranger->to, contact->address[CONTACT_DESTINATION], sizeof(stranger->to));
    }
}

static void stranger_begin(const struct strangers *strangers, struct stranger *stranger,
                           const struct contact *contact, enum kind kind)
{
    stranger->kind = (uint8_t)kind;
    stranger->ipv6 = contact->ipv6;
    stranger->protocol = contact->protocol;
    stranger->port = contact->port;
    stranger->since = stranger->pane = strangers->talkers->pane;
    memcpy(stranger->address, contact->address[CONTACT_SOURCE], sizeof(stranger->address));
}

// Adds to what is new; what is not has no entry.
static void stranger_add(struct strangers *strangers, uint64_t hash, const struct contact *contact,
                         enum kind kind, bool is_new)
{
    double bytes = (double)contact->flow->bytes;
    if (!is_new && heavy_find(&strangers->table, hash) == NULL) {
        return;
    }
    struct stranger *stranger = heavy_add(&strangers->table, hash, (float)bytes);
    if (stranger == NULL) {
        return;
    }
    if (stranger->since == 0) {
        stranger_begin(strangers, stranger, contact, kind);
    }
    bytes_add(stranger, contact, bytes);
}

// What nobody answered is not remembered by the talkers, but looked up where it is much.
static void source_add(struct strangers *strangers, const struct contact *contact, bool warm)
{
    const struct talkers *talkers = strangers->talkers;
    uint64_t hash = contact->hash[CONTACT_SOURCE];
    uint64_t prefix = contact->prefix[CONTACT_SOURCE];
    bool look = warm && !contact->served && contact->flow->packets >= BULK_PACKETS;
    bool new_source = contact->new_end[CONTACT_SOURCE] || (look && !seen_has(talkers->seen, hash));
    bool new_prefix = contact->new_prefix || (look && !seen_has(talkers->seen, prefix));
    stranger_add(strangers, hash, contact, KIND_ADDRESS, warm && new_source);
    stranger_add(strangers, prefix, contact, KIND_PREFIX, warm && new_prefix);
}

static bool port_was_seen(const struct strangers *strangers, unsigned udp, uint16_t port)
{
    uint64_t word = strangers->ports[0][udp][port / 64] | strangers->ports[1][udp][port / 64];
    return (word >> port % 64 & 1) != 0;
}

// A flow of which the beginning was not seen can have its ends the wrong way round: the source's
// port is known then.
static void port_add(struct strangers *strangers, const struct contact *contact, bool warm)
{
    uint64_t block[2] = {contact->port, contact->protocol};
    struct hash_secret secret = strangers->talkers->contacts.secret;
    secret.seed += PORT_SALT;
    unsigned udp = contact->protocol == PROTOCOL_UDP;
    uint16_t other = contact->flow->key.port[pane_flow_source(contact->flow)];
    bool known =
        port_was_seen(strangers, udp, contact->port) || port_was_seen(strangers, udp, other);
    strangers->ports[strangers->filled][udp][contact->port / 64] |= UINT64_C(1)
                                                                    << contact->port % 64;
    stranger_add(strangers, hash_bytes(block, sizeof(block), secret), contact, KIND_PORT,
                 warm && !known);
}

static void strangers_flow(void *watch, const struct pane_flow *flow)
{
    (void)flow; // the talkers have looked at it already
    struct strangers *strangers = watch;
    const struct contact *contact = strangers->talkers->contact;
    if (contact->group) {
        return;
    }
    bool warm = talkers_warm(strangers->talkers);
    source_add(strangers, contact, warm);
    if (contact->protocol == PROTOCOL_TCP || contact->protocol == PROTOCOL_UDP) {
        port_add(strangers, contact, warm);
    }
}

static bool is_claimed(const struct strangers *strangers, const struct stranger *stranger)
{
    const struct talkers *talkers = strangers->talkers;
    const struct target *target = heavy_find(&talkers->targets, stranger->place);
    return (target != NULL && talker_claimed(talkers, &target->talker, CLAIM_HEAVY)) ||
           (stranger->kind != KIND_PORT &&
            talkers_claimed(talkers, stranger->address, stranger->ipv6, CLAIM_HEAVY));
}

static const char *stranger_name(const struct stranger *stranger, char text[ANOMALY_SUBJECT_MAX])
{
    char address[ANOMALY_SUBJECT_MAX];
    uint8_t octets[16];
    if (stranger->kind == KIND_PORT) {
        snprintf(text, ANOMALY_SUBJECT_MAX, "port %u/%s", stranger->port,
                 stranger->protocol == PROTOCOL_TCP ? "tcp" : "udp");
        return text;
    }
    memcpy(octets, stranger->address, sizeof(octets));
    if (stranger->kind == KIND_ADDRESS) {
        return finding_address(text, octets, stranger->ipv6);
    }
    prefix_mask(octets, stranger->ipv6 ? 48 : 24);
    finding_address(address, octets, stranger->ipv6);
    snprintf(text, ANOMALY_SUBJECT_MAX, "%.45s/%d", address, stranger->ipv6 ? 48 : 24);
    return text;
}

static void stranger_tell(const struct strangers *strangers, const struct stranger *stranger,
                          double limit, const struct watch_teller *teller)
{
    static const char *const detectors[KIND_COUNT] = {"unusual_source", "unusual_prefix",
                                                      "unusual_port"};
    struct finding finding;
    char name[ANOMALY_SUBJECT_MAX], to[ANOMALY_SUBJECT_MAX], amount[FINDING_AMOUNT_MAX];
    stranger_name(stranger, name);
    finding_init(&finding, detectors[stranger->kind], "bytes/s", "%s", name);
    finding.score = finding_score(stranger->rate / limit);
    finding.observed = stranger->rate;
    finding.expected = usual_now(&strangers->usual[stranger->kind]);
    finding_amount(amount, 8 * stranger->rate, "bit/s");
    finding_address(to, stranger->to, stranger->ipv6);
    finding_explain(&finding,
                    "%s was not seen for a day and now has %s, %.0f %% of what the link usually "
                    "carries, most of it with %s: see whether it is known to you, and what it "
                    "sends or fetches",
                    name, amount, 100 * stranger->rate / fmax(strangers->talkers->link.bytes, 1),
                    to);
    finding_add(&finding, to, (uint64_t)stranger->rate);
    teller->tell(teller->context, &finding);
}

// How many times as much it takes in the first minutes: most is new to the sensor then, and the
// less is known of a link the burstier it is.
static double caution(const struct strangers *strangers)
{
    double young = fmax(1, USUAL_BLOCK_S / fmax(talkers_old_s(strangers->talkers), 1));
    double mean = strangers->bytes / fmax(strangers->panes, 1);
    double variance = strangers->squares / fmax(strangers->panes, 1) - mean * mean;
    double bursty = sqrt(fmax(variance, 0)) / fmax(mean, 1);
    return fmin(young, sqrt(young) * fmax(1, bursty / BURSTY));
}

// A source that is told takes its prefix with it, and both the port: one event, one finding.
static void stranger_judge(struct strangers *strangers, struct stranger *stranger,
                           const struct watch_teller *teller, struct stranger *told)
{
    const struct talkers *talkers = strangers->talkers;
    static const struct usual nobody;
    struct usual *usual = &strangers->usual[stranger->kind];
    double least = fmax(LEAST_BYTES, SHARE_OF_LINK * caution(strangers) * talkers->link.bytes);
    double limit = usual_limit(usual, true, &nobody, least);
    usual_see(usual, stranger->rate, limit);
    if (stranger->rate < limit || is_claimed(strangers, stranger) ||
        (told->rate > 0 && told->place == stranger->place)) {
        return;
    }
    stranger_tell(strangers, stranger, limit, teller);
    *told = *stranger;
}

static void stranger_roll(const struct strangers *strangers, struct stranger *stranger)
{
    const struct talkers *talkers = strangers->talkers;
    double pane_s = talkers->pane_s;
    double keeps = exp(-pane_s / SMOOTH_S);
    double gap = talkers->pane - stranger->pane;
    stranger->rate = stranger->rate * pow(keeps, gap) + stranger->bytes / pane_s * (1 - keeps);
    stranger->pane = talkers->pane;
    stranger->bytes = 0;
}

// It has been there for long enough: its room is free, once somebody needs it.
static bool is_new(const struct strangers *strangers, const struct stranger *stranger)
{
    const struct talkers *talkers = strangers->talkers;
    return (talkers->pane - stranger->since) * talkers->pane_s <= NEW_S;
}

static void strangers_settle(struct strangers *strangers)
{
    const struct talkers *talkers = strangers->talkers;
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        usual_settle(&strangers->usual[i], talkers->block - strangers->block);
    }
    strangers->block = talkers->block;
    if ((talkers->pane - strangers->turned) * talkers->pane_s > PORTS_S) {
        strangers->turned = talkers->pane;
        strangers->filled = !strangers->filled;
        memset(strangers->ports[strangers->filled], 0, sizeof(strangers->ports[0]));
    }
    heavy_fade(&strangers->table, exp(-talkers->pane_s / NEW_S));
}

static void link_see(struct strangers *strangers, const struct pane *pane)
{
    if (talkers_old_s(strangers->talkers) <= USUAL_BLOCK_S) {
        strangers->panes++;
        strangers->bytes += (double)pane->bytes;
        strangers->squares += (double)pane->bytes * (double)pane->bytes;
    }
}

static void strangers_pane(void *watch, const struct pane *pane, const struct watch_teller *teller)
{
    struct strangers *strangers = watch;
    struct stranger *new[NEW_MAX];
    struct stranger told = {.rate = 0};
    unsigned count = 0;
    strangers_settle(strangers);
    link_see(strangers, pane);
    for (uint32_t i = 0; i < heavy_size(&strangers->table); i++) {
        struct stranger *stranger = heavy_at(&strangers->table, i);
        if (stranger == NULL || stranger->bytes <= 0) {
            continue;
        }
        stranger_roll(strangers, stranger);
        if (!is_new(strangers, stranger)) {
            seen_add(strangers->talkers->seen, stranger->heavy.hash); // though nobody answered it
        } else if (stranger->rate >= LEAST_BYTES && count < NEW_MAX) {
            new[count++] = stranger;
        }
    }
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        for (unsigned i = 0; i < count; i++) {
            if (new[i]->kind == kind) {
                stranger_judge(strangers, new[i], teller, &told);
            }
        }
    }
}

const struct watch_ops watch_stranger = {
    .name = "stranger",
    .create = strangers_create,
    .flow = strangers_flow,
    .pane = strangers_pane,
    .free = strangers_free,
};
