// SPDX-License-Identifier: Apache-2.0
// Gives the fragments of a datagram to the flow of its first fragment, the only one with ports.
//
// Datagrams seen lately are remembered by (addresses, identification, protocol, VLANs). A fragment
// that overtook its first one is held back until that comes, until the datagram is forgotten, or
// until the end; then it counts to the flow without ports. Nothing is reassembled, nothing is lost:
// what finds no room to be held counts to the flow without ports at once.
//
// Owned by one thread, the one that parses; allocates at creation only.
#ifndef WEIR_FLOW_FRAGMENT_H
#define WEIR_FLOW_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/base/memory.h"
#include "dataplane/packet/facts.h"

struct fragment_options {
    uint32_t max_datagrams;
    int64_t timeout_us;
    enum memory_pages pages;
    struct hash_secret secret;
};

struct fragment_events {
    void *context;
    // Facts that were held back and are free to be counted; they die when this returns.
    void (*released)(void *context, const struct facts *facts);
};

struct fragment_stats {
    uint64_t matched;   // later fragments that met their first
    uint64_t unmatched; // and those that did not: counted to the flow without ports
};

struct fragments;

// Sets *fragments. 0 or a negative errno with a message; *fragments is untouched then.
int fragments_create(struct fragments **fragments, const struct fragment_options *options,
                     const struct fragment_events *events, struct error *err);

// `fragments` may be NULL. What is held back is forgotten: flush first.
void fragments_free(struct fragments *fragments);

enum fragment_verdict {
    FRAGMENT_COUNT, // the facts are ready, with the ports of their flow; then call
                    // fragments_release
    FRAGMENT_HELD,  // a copy is kept and comes out of `released` later
};

// Resolves facts with one of the FRAGMENT flags, and forgets datagrams that are too old by then:
// what they held comes out of `released` meanwhile.
enum fragment_verdict fragments_resolve(struct fragments *fragments, struct facts *facts);

// Releases what waited for the first fragment just counted, in the order it came.
void fragments_release(struct fragments *fragments);

// Forgets datagrams whose first-seen fragment is older than the timeout at `now_us`.
void fragments_expire(struct fragments *fragments, int64_t now_us);

// Forgets all datagrams.
void fragments_flush(struct fragments *fragments);

const struct fragment_stats *fragments_stats(const struct fragments *fragments);

#endif
