// SPDX-License-Identifier: Apache-2.0
// The protocols that traffic is made of: one row each, with the messages that make up a dialogue.
#ifndef WEIR_GENERATE_PROTOCOL_H
#define WEIR_GENERATE_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/generate/draw.h"
#include "agent/generate/flow_model.h"
#include "agent/generate/frame.h"

enum protocol_id {
    PROTOCOL_DNS,
    PROTOCOL_HTTP,
    PROTOCOL_HTTPS,
    PROTOCOL_QUIC,
    PROTOCOL_SSH,
    PROTOCOL_FTP,
    PROTOCOL_SMTP,
    PROTOCOL_LDAP,
    PROTOCOL_SOAP,
    PROTOCOL_SIP,
    PROTOCOL_RTP,
    PROTOCOL_DHCP,
    PROTOCOL_NTP,
    PROTOCOL_SNMP,
    PROTOCOL_SSDP,
    PROTOCOL_PING,
    PROTOCOL_GTPU,
    PROTOCOL_COUNT,                 // of those with a share; what follows comes along with another
    PROTOCOL_CALL = PROTOCOL_COUNT, // of SIP, with RTP
    PROTOCOL_ROWS,
};

enum end { CLIENT, SERVER };

// What a message is made of.
struct making {
    const struct frame_ends *ends; // of the packet that it is for
    struct draw *draw;
    const uint8_t *noise; // TLS_NOISE octets that are as good as random
    struct quic_hellos *hellos;
    int64_t now_us;
    uint32_t id;         // drawn for the flow
    uint32_t round;      // of the dialogue's body, from 0
    uint32_t number;     // of the packet among those of its direction
    unsigned bulk_bytes; // of all bulk that follows in this round
    enum end from;
};

enum bulk { BULK_NONE, BULK_RANDOM, BULK_TLS, BULK_TEXT, BULK_QUIC };

struct message {
    enum end from;
    const char *text; // the payload; NULL: it is made
    // Writes the payload, at most 1400 octets, and returns its length.
    unsigned (*make)(const struct making *making, uint8_t *to);
    enum bulk bulk; // else many segments, as long as the model of flows has them
};

// First the opening, then the body until the flow is as long as was drawn, then the end.
struct script {
    const struct message *messages;
    uint8_t opening;
    uint8_t body;
    uint8_t end;
};

struct protocol_row {
    const char *name; // NULL: has no share of its own
    double share;     // unless the profile says otherwise; of packets, relative to the others
    struct script script;
    uint32_t least; // packets of the longer direction
    uint32_t most;
    // All packets of a flow, in the mean: so many for each of the longer direction, and so many
    // more.
    double both;
    double fixed;
    uint32_t gap_us;          // between packets; 0: as the round trip has it
    enum protocol_id charged; // whose share its packets are
    uint16_t port;            // of the server
    uint16_t client_port;     // 0: any
    uint8_t transport;        // IP protocol number
    uint8_t bulk_quantum;     // a bulk segment is a multiple of so many octets
    bool is_local;            // the server is inside, too
    bool is_group;            // the server is a group: 239.255.255.250
    bool is_v4;               // only
    bool is_tunnelled;
};

extern const struct protocol_row protocol_rows[PROTOCOL_ROWS];

static inline enum flow_model protocol_model(const struct protocol_row *row)
{
    return row->transport == PROTOCOL_TCP ? FLOW_MODEL_TCP : FLOW_MODEL_UDP;
}

// The row of that name; PROTOCOL_COUNT where there is none.
enum protocol_id protocol_find(const char *name);

#endif
