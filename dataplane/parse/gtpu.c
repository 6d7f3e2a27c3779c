// SPDX-License-Identifier: Apache-2.0
// GTP-U version 1 (3GPP TS 29.281): user packets behind a tunnel endpoint id.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum {
    GTPU_BYTES = 8,
    GTPU_OPTIONAL_BYTES = 4,  // sequence number, N-PDU number, next extension: all or none
    GTPU_VERSION_MASK = 0xf0, // version, GTP rather than GTP', a spare bit
    GTPU_VERSION_1 = 0x30,
    GTPU_EXTENSION = 0x04,
    GTPU_OPTIONAL = 0x07,
    GTPU_USER_PACKET = 255,
    EXTENSIONS_MAX = 8,
    EXTENSION_PDU_SESSION = 0x85,
};

struct gtpu_session {
    bool has_qfi;
    uint8_t qfi;
};

// Walks the chain of extension headers, the first of type `next`; false where it is cut or endless.
static bool extensions_skip(struct parse_walk *walk, uint8_t next, struct gtpu_session *session)
{
    for (unsigned i = 0; next != 0; i++) {
        if (i == EXTENSIONS_MAX || walk->captured < 4) {
            return false;
        }
        const uint32_t bytes = walk->at[0] * 4u;
        if (bytes == 0 || walk->captured < bytes) {
            return false;
        }
        if (next == EXTENSION_PDU_SESSION) {
            session->has_qfi = true;
            session->qfi = walk->at[2] & 0x3f;
        }
        next = walk->at[bytes - 1];
        walk_advance(walk, bytes);
    }
    return true;
}

// The header does not say what it carries: IP shows by its version, else it is an Ethernet session.
static enum parse_step payload_guess(const struct parse_walk *walk)
{
    const uint8_t version = walk->captured > 0 ? walk->at[0] >> 4 : 0;
    return version == 4 || version == 6 ? STEP_IP : STEP_ETHERNET;
}

enum parse_step parse_gtpu(struct parse_walk *walk)
{
    const uint8_t *header = walk->at;
    if (walk->captured < GTPU_BYTES || (header[0] & GTPU_VERSION_MASK) != GTPU_VERSION_1 ||
        header[1] != GTPU_USER_PACKET) {
        return STEP_END;
    }
    walk_advance(walk, GTPU_BYTES);
    const uint16_t length = load_be16(header + 2);
    if (length > walk->left) {
        return STEP_END;
    }
    walk_limit(walk, length);
    struct gtpu_session session = {0};
    if ((header[0] & GTPU_OPTIONAL) != 0) {
        if (walk->captured < GTPU_OPTIONAL_BYTES) {
            return STEP_END;
        }
        const uint8_t next = (header[0] & GTPU_EXTENSION) != 0 ? walk->at[3] : 0;
        walk_advance(walk, GTPU_OPTIONAL_BYTES);
        if (!extensions_skip(walk, next, &session)) {
            return STEP_END;
        }
    }
    const enum parse_step step = walk_enter_tunnel(walk, TUNNEL_GTPU, payload_guess(walk));
    walk->rare.has_teid = 1;
    walk->rare.teid = load_be32(header + 4);
    walk->rare.has_qfi = session.has_qfi;
    walk->rare.qfi = session.qfi;
    return step;
}
