// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/talkers_count.h"

#include <string.h>

#include "agent/detect/amplifiers.h"

enum {
    VOTES_MAX = 64,        // so that a majority of yesterday can be outvoted
    UNANSWERED_TIMES = 20, // as many packets there as come back, or more: as good as unanswered
    AMPLIFIED_TIMES = 5,   // octets out for each one in; honest answers are mostly shorter
    CONVERSATION_PACKETS = 3,
    TRACEROUTE_FIRST = 33434, // one port for each probe
    TRACEROUTE_LAST = 33689,
};

// An address is there for the first time: true.
static bool talker_begin(const struct talkers *talkers, struct talker *talker,
                         const uint8_t address[16], bool ipv6)
{
    if (talker->since != 0) {
        return false;
    }
    memcpy(talker->address, address, sizeof(talker->address));
    talker->ipv6 = ipv6;
    talker->since = talkers->pane;
    talker->pane = talkers->pane;
    talker->block = talkers->block;
    return true;
}

// A slot that changes hands within the pane stays listed, for the one who has it in the end.
static void active_add(struct active *active, uint32_t entry)
{
    if (!active->listed[entry]) {
        active->listed[entry] = 1;
        active->entries[active->count++] = entry;
    }
}

static float weight_of(const struct contact *contact)
{
    return (float)(32 - __builtin_clz(contact->flow->packets | 1));
}

static struct source *source_get(struct talkers *talkers, const struct contact *contact)
{
    struct source *source =
        heavy_add(&talkers->sources, contact->hash[CONTACT_SOURCE], weight_of(contact));
    if (source == NULL) {
        return NULL;
    }
    active_add(&talkers->active[CONTACT_SOURCE], heavy_index(&talkers->sources, source));
    struct talker *talker = &source->talker;
    talker_begin(talkers, talker, contact->address[CONTACT_SOURCE], contact->ipv6);
    if (talker->pane != talkers->pane) {
        talker->pane = talkers->pane;
        source->served = 0;
    }
    if (talker->block != talkers->block) {
        usual_settle(&source->peers_usual, talkers->block - talker->block);
        talker->block = talkers->block;
    }
    return source;
}

static void target_settle(const struct talkers *talkers, struct target *target)
{
    unsigned blocks = talkers->block - target->talker.block;
    for (unsigned i = 0; i < LOAD_COUNT; i++) {
        usual_settle(&target->usual[i], blocks);
    }
    usual_settle(&target->sources_usual, blocks);
    usual_settle(&target->served_usual, blocks);
    target->talker.block = talkers->block;
}

static struct target *target_get(struct talkers *talkers, const struct contact *contact,
                                 unsigned end)
{
    struct target *target = heavy_add(&talkers->targets, contact->hash[end], weight_of(contact));
    if (target == NULL) {
        return NULL;
    }
    active_add(&talkers->active[CONTACT_DESTINATION], heavy_index(&talkers->targets, target));
    struct talker *talker = &target->talker;
    if (!talker_begin(talkers, talker, contact->address[end], contact->ipv6) &&
        talker->pane != talkers->pane) {
        talker->pane = talkers->pane;
        memset(target->load, 0, sizeof(target->load));
        target->completed = target->served = 0;
        target->votes = target->server_votes = 0;
    }
    if (talker->block != talkers->block) {
        target_settle(talkers, target);
    }
    return target;
}

static uint64_t port_hash(const struct talkers *talkers, const struct contact *contact)
{
    uint64_t block[2] = {contact->port, contact->protocol};
    return hash_bytes(block, sizeof(block), talkers->contacts.secret);
}

static bool tries_vote(struct tries *tries, uint64_t common)
{
    if (tries->common == common) {
        tries->votes += tries->votes < VOTES_MAX;
        return false;
    }
    if (tries->votes > 0) {
        tries->votes--;
        return false;
    }
    *tries = (struct tries){.common = common, .votes = 1};
    return true;
}

static void tries_add(const struct talkers *talkers, struct source *source, unsigned kind,
                      const struct contact *contact, uint64_t common, uint64_t other)
{
    struct tries *tries = &source->tries[kind];
    bool failed = contact->begun && !contact->reached;
    if (failed && tries_vote(tries, common) && kind == TRIES_HOST) {
        memcpy(source->host, contact->address[CONTACT_DESTINATION], sizeof(source->host));
    }
    if (tries->votes == 0 || tries->common != common) {
        return;
    }
    if (failed) {
        tries->last = talkers->pane;
        tries->port = contact->port;
        tries->protocol = contact->protocol;
        distinct_add(&tries->failed, source->failed[kind], other, talkers->pane,
                     talkers->tries_window);
    } else {
        distinct_add(&tries->reached, source->reaches[kind], other, talkers->pane,
                     talkers->tries_window);
    }
}

// Traceroute asks for ports that nobody has, and is answered by others.
static bool is_tried(const struct contact *contact)
{
    bool traceroute = contact->port >= TRACEROUTE_FIRST && contact->port <= TRACEROUTE_LAST;
    return contact->protocol == PROTOCOL_TCP || (contact->protocol == PROTOCOL_UDP && !traceroute);
}

static void source_count(struct talkers *talkers, const struct contact *contact)
{
    struct source *source = source_get(talkers, contact);
    if (source == NULL || !contact->asks || !(contact->begun || contact->late)) {
        return;
    }
    if (contact->served) {
        source->served++;
        distinct_add(&source->peers, source->peer, contact->hash[CONTACT_DESTINATION],
                     talkers->pane, talkers->peers_window);
    }
    if (is_tried(contact)) {
        uint64_t port = port_hash(talkers, contact);
        uint64_t network = contact->prefix[CONTACT_DESTINATION];
        tries_add(talkers, source, TRIES_PORT, contact, port, contact->hash[CONTACT_DESTINATION]);
        tries_add(talkers, source, TRIES_HOST, contact, network, port);
    }
}

static void port_vote(uint16_t *port, int32_t *votes, uint16_t voted, int32_t weight)
{
    if (*port == voted) {
        *votes += *votes < INT32_MAX / 2 ? weight : 0;
    } else if (*votes >= weight) {
        *votes -= weight;
    } else {
        *port = voted;
        *votes = weight - *votes;
    }
}

static void many_add(const struct talkers *talkers, struct target *target, unsigned kind,
                     const uint8_t address[16], double value)
{
    if (target->many_pane[kind] != talkers->pane) {
        target->many_pane[kind] = talkers->pane;
        few_clear(&target->many[kind]);
    }
    few_add(&target->many[kind], address, value);
}

static void half_open_count(const struct talkers *talkers, struct target *target,
                            const struct contact *contact)
{
    if (contact->protocol != PROTOCOL_TCP || !contact->asks) {
        return;
    }
    if (contact->served) {
        target->completed += (float)(contact->begun || contact->late);
    } else if (contact->begun) {
        target->load[LOAD_HALF_OPEN]++;
        port_vote(&target->port, &target->votes, contact->port, 1);
        many_add(talkers, target, MANY_OPEN, contact->address[CONTACT_SOURCE], 1);
    }
}

static void packets_count(const struct talkers *talkers, struct target *target,
                          const struct contact *contact)
{
    bool icmp = contact->protocol == PROTOCOL_ICMP || contact->protocol == PROTOCOL_ICMPV6;
    bool answered = (uint64_t)contact->got * UNANSWERED_TIMES > contact->sent;
    if (!icmp && answered) {
        return;
    }
    enum load load = icmp ? LOAD_ICMP : contact->protocol == PROTOCOL_UDP ? LOAD_UDP : LOAD_OTHER;
    target->load[load] += (float)contact->packets;
    many_add(talkers, target, MANY_PACKETS, contact->address[CONTACT_SOURCE],
             (double)contact->packets);
}

static void target_count(struct talkers *talkers, const struct contact *contact)
{
    struct target *target = target_get(talkers, contact, CONTACT_DESTINATION);
    if (target == NULL) {
        return;
    }
    target->load[LOAD_FLOWS] += contact->begun;
    half_open_count(talkers, target, contact);
    packets_count(talkers, target, contact);
    if (contact->served && (contact->begun || contact->late)) {
        target->served++;
        distinct_add(&target->sources, target->source, contact->hash[CONTACT_SOURCE], talkers->pane,
                     talkers->peers_window);
        many_add(talkers, target, MANY_SERVED, contact->address[CONTACT_SOURCE], 1);
    }
}

// The end that is a server who answers more than it was asked, or -1: CONTACT_SOURCE where only its
// answers pass here.
static int amplifier_of(const struct contact *contact)
{
    const struct pane_flow *flow = contact->flow;
    if (contact->protocol != PROTOCOL_UDP) {
        return -1;
    }
    unsigned source = pane_flow_source(flow);
    unsigned larger = flow->total_bytes[1] > flow->total_bytes[0];
    if (flow->total_bytes[larger] <= flow->total_bytes[!larger] * AMPLIFIED_TIMES ||
        amplifier_name(flow->key.port[larger]) == NULL) {
        return -1;
    }
    return larger == source ? CONTACT_SOURCE : CONTACT_DESTINATION;
}

static void amplified_count(struct talkers *talkers, const struct contact *contact, unsigned server)
{
    const struct pane_flow *flow = contact->flow;
    struct target *target = target_get(talkers, contact, !server);
    if (target == NULL) {
        return;
    }
    unsigned end = pane_flow_source(flow) ^ (server == CONTACT_DESTINATION);
    int32_t bytes = (int32_t)(flow->bytes < INT16_MAX ? flow->bytes : INT16_MAX);
    target->load[LOAD_AMPLIFIED] += (float)flow->bytes;
    port_vote(&target->server_port, &target->server_votes, flow->key.port[end], bytes);
    distinct_add(&target->servers, target->server, contact->hash[server], talkers->pane,
                 talkers->peers_window);
    many_add(talkers, target, MANY_AMPLIFIED, contact->address[server], (double)flow->bytes);
    target->load[LOAD_FLOWS] += server == CONTACT_SOURCE && contact->begun;
}

static void source_prefetch(const struct talkers *talkers, const struct contact *contact)
{
    const struct source *source =
        heavy_prefetch_entry(&talkers->sources, contact->hash[CONTACT_SOURCE], weight_of(contact),
                             offsetof(struct source, failed) / 64);
    if (source == NULL || !contact->begun) {
        return;
    }
    if (contact->served) {
        __builtin_prefetch(source->peer, 1);
    } else if (!contact->reached) {
        __builtin_prefetch(source->failed[TRIES_PORT], 1);
        __builtin_prefetch(source->failed[TRIES_HOST], 1);
    }
}

static void target_prefetch(const struct talkers *talkers, const struct contact *contact)
{
    const struct target *target =
        heavy_prefetch_entry(&talkers->targets, contact->hash[CONTACT_DESTINATION],
                             weight_of(contact), offsetof(struct target, source) / 64);
    if (target == NULL) {
        return;
    }
    unsigned kind = contact->served ? MANY_SERVED : MANY_OPEN;
    if (contact->protocol != PROTOCOL_TCP && !contact->served) {
        kind = MANY_PACKETS;
    }
    if (contact->begun || kind == MANY_PACKETS) {
        __builtin_prefetch(&target->many[kind], 1);
        __builtin_prefetch((const char *)(&target->many[kind] + 1) - 1, 1);
    }
    if (contact->served && contact->begun) {
        __builtin_prefetch(target->source, 1);
    }
}

void talkers_prefetch(const struct talkers *talkers, const struct contact *contact)
{
    if (!contact->group) {
        source_prefetch(talkers, contact);
        target_prefetch(talkers, contact);
    }
}

void talkers_count(struct talkers *talkers, const struct contact *contact)
{
    if ((uint64_t)contact->sent + contact->got >= CONVERSATION_PACKETS) {
        talkers->conversations[contact->protocol != PROTOCOL_TCP][contact->got > 0]++;
    }
    source_count(talkers, contact);
    int server = amplifier_of(contact);
    if (server >= 0) {
        amplified_count(talkers, contact, (unsigned)server);
    }
    if (server != CONTACT_SOURCE) { // an answer that nobody asked for is counted as that alone
        target_count(talkers, contact);
    }
}
