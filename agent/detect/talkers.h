// SPDX-License-Identifier: Apache-2.0
// The addresses that do most, each as a source and as a destination, with what watches want to know
// of them. Kept once for all watches: a flow is looked at, and its addresses looked up, once.
//
// Order of calls, on one thread: talkers_take for each flow of a pane, talkers_next until there is
// none whenever the former says so and at the pane's end, talkers_close with the pane, then watches
// read what is here, learn what is usual, and claim the addresses that they have told something of.
// Who comes first in the table of watches claims first: an attack is told as what it is, and not
// once more as each of the things that go with it.
#ifndef WEIR_DETECT_TALKERS_H
#define WEIR_DETECT_TALKERS_H

#include "agent/detect/contact.h"
#include "agent/detect/distinct.h"
#include "agent/detect/few.h"
#include "agent/detect/heavy.h"
#include "agent/detect/seen.h"
#include "agent/detect/usual.h"
#include "agent/detect/watch.h"
#include "dataplane/window/pane.h"

// Tries that did not reach anybody, of one source, and had one thing in common with most others:
// the port (asked of many hosts) or the network of the host (asked for many ports): hosts next to
// each other are scanned side by side. Which thing that is is found by majority vote (Boyer and
// Moore: "MJRTY - a fast majority vote algorithm", 1981).
struct tries {
    uint64_t common; // hash of the thing
    int32_t votes;   // for it; 0: the next one is it
    uint32_t last;   // pane of the last try that failed
    uint16_t port;   // of the thing, or of the last try
    uint8_t protocol;
    struct distinct failed; // the other thing: hosts, or ports
    struct distinct reached;
};

// What there is too much of, for one destination.
enum load {
    LOAD_HALF_OPEN, // TCP flows begun whose handshake was not completed
    LOAD_UDP,       // UDP packets that are as good as unanswered
    LOAD_ICMP,      // ICMP packets
    LOAD_OTHER,     // packets of other flows that are as good as unanswered
    LOAD_AMPLIFIED, // octets from servers that answer more than they were asked
    LOAD_FLOWS,     // flows begun
    LOAD_COUNT,
};

// What was told of an address, in the order of precedence: of what goes together, the first is what
// it is. CLAIM_HEAVY is what gives way to all.
enum claim {
    CLAIM_NONE,
    CLAIM_AMPLIFICATION,
    CLAIM_SYN_FLOOD,
    CLAIM_UDP_FLOOD,
    CLAIM_ICMP_FLOOD,
    CLAIM_PACKET_FLOOD,
    CLAIM_SCAN,
    CLAIM_PEERS,
    CLAIM_FLOW_FLOOD,
    CLAIM_HEAVY,
};

struct talker { // the head of both
    uint64_t hash;
    uint8_t address[16];
    uint32_t since; // panes: when it came, when it did something last, when it was claimed last
    uint32_t pane;
    uint32_t claimed;
    uint32_t block; // of USUAL_BLOCK_S, that its usual values were settled for
    uint8_t claim;  // enum claim
    bool ipv6;
};

enum { TRIES_PORT, TRIES_HOST, TRIES_COUNT }; // one port of many hosts, many ports of hosts

struct source {
    struct talker talker;
    float served;          // asked in this pane, and answered
    struct distinct peers; // that served it
    struct tries tries[TRIES_COUNT];
    struct usual peers_usual;
    // What is below is not zeroed when the entry is made.
    uint8_t host[16]; // one of those of tries[TRIES_HOST]
    // The registers of each struct distinct.
    uint8_t failed[TRIES_COUNT][DISTINCT_REGISTERS] __attribute__((aligned(64)));
    uint8_t reaches[TRIES_COUNT][DISTINCT_REGISTERS];
    uint8_t peer[DISTINCT_REGISTERS];
} __attribute__((aligned(64)));

enum { MANY_OPEN, MANY_PACKETS, MANY_AMPLIFIED, MANY_SERVED, MANY_COUNT }; // who sends what

struct target {
    struct talker talker;
    float completed;      // TCP flows begun whose handshake was completed
    float served;         // flows begun that were answered
    int32_t votes;        // for `port`, of half-open flows in the pane
    int32_t server_votes; // for `server_port`, of octets
    uint16_t port;
    uint16_t server_port;
    float load[LOAD_COUNT];         // of this pane, in the load's unit
    uint32_t many_pane[MANY_COUNT]; // that `many` is of
    struct distinct sources;        // that it served
    struct distinct servers;        // that amplify
    struct usual usual[LOAD_COUNT];
    struct usual served_usual; // of `served`
    struct usual sources_usual;
    // What is below is not zeroed when the entry is made.
    uint8_t source[DISTINCT_REGISTERS] __attribute__((aligned(64)));
    uint8_t server[DISTINCT_REGISTERS];
    struct few many[MANY_COUNT];
} __attribute__((aligned(64)));

// Flows that wait to be counted together: what one needs of memory comes while others are counted.
enum { TALKERS_BATCH = 32 };

struct talkers_batch {
    struct pane_flow flows[TALKERS_BATCH];
    struct contact contacts[TALKERS_BATCH];
    unsigned taken, counted;
};

// What is usual of the whole link, per second.
struct link {
    double packets;
    double bytes;
    double flows;
    double heard[2]; // how many of 1 conversations are seen in both directions: TCP, others
    struct usual load[LOAD_COUNT]; // of the largest of all destinations, per pane
    struct usual sources, peers;
};

// The entries of a table that did something in this pane, each once.
struct active {
    uint32_t *entries; // their numbers
    uint8_t *listed;   // by number
    uint32_t count;
};

struct talkers {
    struct contacts contacts;
    const struct contact *contact; // of the flow that was counted last
    struct talkers_batch batch;
    struct heavy_table sources;
    struct heavy_table targets;
    struct active active[2]; // of sources, of targets
    struct seen *seen;       // addresses, and their prefixes, that were answered or answered
    struct link link;
    double pane_s;
    uint32_t pane;         // from 1 on: the number of the pane that is filled, or was closed last
    uint32_t first;        // pane
    uint32_t block;        // of it
    uint32_t peers_window; // panes: for `peers`, `sources` and `servers`
    uint32_t tries_window;
    bool closed;
    int64_t pane_us;
    int64_t base_us;              // start of pane 0
    uint32_t conversations[2][2]; // in the pane; [1]: heard in both directions
};

// 0 or -ENOMEM; *talkers is untouched then.
int talkers_create(struct talkers **talkers, int64_t pane_us, struct hash_secret secret);
void talkers_free(struct talkers *talkers); // may be NULL

// Takes what a flow did in. True: no more than that can be taken before all are counted.
bool talkers_take(struct talkers *talkers, const struct pane_flow *flow);

// Counts the next of the flows that were taken, in their order, and returns it: `contact` is what
// was made of it. NULL: there is none. It dies with the next flow that is taken.
const struct pane_flow *talkers_next(struct talkers *talkers);

// All flows of the pane were counted.
void talkers_close(struct talkers *talkers, const struct pane *pane);

// For the tables of watches that keep nothing but what is here: the watch is the talkers.
int talkers_watch(void **watch, const struct watch_options *options);
void talkers_leave(void *watch);

// For watches, between talkers_close and the next flow.

// For how long there has been traffic.
double talkers_old_s(const struct talkers *talkers);

// False in the first minute, in which nothing is known to be usual.
bool talkers_warm(const struct talkers *talkers);

// Whether the address was claimed, as a source or as a destination, by what comes before `claim`.
bool talkers_claimed(const struct talkers *talkers, const uint8_t address[16], bool ipv6,
                     enum claim claim);

// The sources and targets that did something in the pane, by number from 0 up to their count.
static inline uint32_t talkers_sources(const struct talkers *talkers)
{
    return talkers->active[CONTACT_SOURCE].count;
}

static inline uint32_t talkers_targets(const struct talkers *talkers)
{
    return talkers->active[CONTACT_DESTINATION].count;
}

struct source *talkers_source(const struct talkers *talkers, uint32_t index);
struct target *talkers_target(const struct talkers *talkers, uint32_t index);

// Who sent most of one kind (MANY_OPEN...) in this pane.
const struct few *talkers_many(const struct talkers *talkers, const struct target *target,
                               unsigned kind);

// Whether the address was seen for longer than what is usual takes to learn.
bool talker_known(const struct talkers *talkers, const struct talker *talker);

// A finding of the address was told. It holds for a few panes, against what gives way to it.
void talker_claim(const struct talkers *talkers, struct talker *talker, enum claim claim);

// Whether what comes before `claim` was told of the address in this pane or in one of the few
// before.
bool talker_claimed(const struct talkers *talkers, const struct talker *talker, enum claim claim);

#endif
