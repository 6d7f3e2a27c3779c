// SPDX-License-Identifier: Apache-2.0
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum {
    LABEL_BYTES = 4,
    LABEL_BOTTOM = 0x100,
    CONTROL_WORD_BYTES = 4,
    ETHERTYPE_OFFSET = 12,
};

// True where a frame at `offset` would have an ethertype that leads somewhere. A length, which may
// be any small number, tells nothing.
static bool ethernet_is_likely(const struct parse_walk *walk, uint32_t offset)
{
    offset += ETHERTYPE_OFFSET;
    return walk->captured >= offset + 2 && ethertype_is_known(load_be16(walk->at + offset));
}

// Labels do not say what they carry. IP shows by its version; what else may come is Ethernet, with
// a control word (whose first four bits are 0) or without; without one it may begin with 0 as well.
static enum parse_step payload_guess(struct parse_walk *walk)
{
    if (walk->captured == 0) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    const uint8_t nibble = walk->at[0] >> 4;
    if (nibble == 4) {
        return STEP_IPV4;
    }
    if (nibble == 6) {
        return STEP_IPV6;
    }
    const bool control_word = nibble == 0 && ethernet_is_likely(walk, CONTROL_WORD_BYTES);
    if (!control_word && ethernet_is_likely(walk, 0)) {
        return STEP_ETHERNET;
    }
    if (nibble == 0 && walk->captured >= CONTROL_WORD_BYTES) {
        walk_advance(walk, CONTROL_WORD_BYTES);
        return STEP_ETHERNET;
    }
    return walk_reject(walk, PARSE_REJECT_MPLS_PAYLOAD);
}

enum parse_step parse_mpls(struct parse_walk *walk)
{
    for (unsigned depth = 0; depth < MPLS_DEPTH_MAX; depth++) {
        if (walk->captured < LABEL_BYTES) {
            return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
        }
        const uint32_t entry = load_be32(walk->at);
        walk_advance(walk, LABEL_BYTES);
        if (walk->rare.mpls_count < MPLS_LABELS_MAX) {
            walk->rare.mpls[walk->rare.mpls_count++] = entry >> 12;
        }
        if ((entry & LABEL_BOTTOM) != 0) {
            return payload_guess(walk);
        }
    }
    return walk_reject(walk, PARSE_REJECT_MPLS_DEPTH);
}
