// SPDX-License-Identifier: Apache-2.0
// Bytes to facts: from a frame to the innermost transport header, bounds first.
#ifndef WEIR_PARSE_PARSE_H
#define WEIR_PARSE_PARSE_H

#include <stdbool.h>

#include "dataplane/packet/facts.h"
#include "dataplane/packet/packet.h"

// Why a frame gave no facts. One row each in parse_reject_name; PARSE_OK is no reject.
enum parse_reject {
    PARSE_OK,
    // The parser's author adds the rows: one for each cause that a user would want to tell apart.
    PARSE_REJECT_COUNT,
};

extern const char *const parse_reject_name[PARSE_REJECT_COUNT];

struct parse_options {
    bool vlan_in_key;   // false: VLAN ids are left out of the key
    bool decap_tunnels; // false: the outermost IP packet is the flow
};

// Parses one frame. On PARSE_OK `facts` is filled but for `hash` (and `rare`, where flags lacks
// FACTS_RARE); on a reject it holds nothing. Reads only packet->data[0 .. captured_bytes). Called by
// worker threads; touches no memory but its arguments'; never blocks.
enum parse_reject parse_packet(const struct packet *packet, const struct parse_options *options,
                               struct facts *facts);

#endif
