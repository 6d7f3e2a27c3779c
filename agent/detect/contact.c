// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/contact.h"

#include <string.h>

enum { SEGMENT_SYN = 0x02, SEGMENT_ACK = 0x10 };
enum { PREFIX_SALT = 2 };    // 0 and 1 are addresses
enum { WAITED_PACKETS = 8 }; // more than a flow shows that waits for its first answer

void contacts_init(struct contacts *contacts, struct hash_secret secret)
{
    memset(contacts, 0, sizeof(*contacts));
    contacts->secret = secret;
}

static bool is_group(const uint8_t address[16], bool ipv6)
{
    return ipv6 ? address[0] == 0xff : address[0] >= 224;
}

// A handshake of which only one direction passes the sensor is told by it alone: who acknowledges
// was answered, who answers a SYN was asked.
static void read_tcp(struct contact *contact, const struct pane_flow *flow, unsigned source)
{
    contact->asks = (flow->tcp_flags[source] & SEGMENT_SYN) != 0 && contact->sent > 0;
    contact->served = contact->asks && (flow->tcp_flags[source] & SEGMENT_ACK) != 0;
    contact->reached =
        contact->served || (contact->asks && (flow->tcp_flags[!source] & SEGMENT_SYN) != 0);
}

void contact_wait(struct contacts *contacts, struct contact *contact)
{
    uint64_t before = (uint64_t)contact->sent + contact->got - contact->flow->packets;
    if (!contact->asks || (!contact->begun && (!contact->served || before > WAITED_PACKETS))) {
        return;
    }
    uint64_t hash = contact->flow_hash;
    uint32_t *slot = &contacts->waiting[hash % CONTACTS_WAITING];
    uint32_t tag = (uint32_t)(hash >> 32) | 1;
    if (contact->begun && !contact->served) {
        *slot = tag;
    } else if (*slot == tag && contact->served) {
        *slot = 0;
        contact->late = !contact->begun;
    }
}

uint64_t contact_hash(const struct contacts *contacts, const uint8_t address[16], bool ipv6)
{
    struct hash_secret secret = {contacts->secret.seed + ipv6, contacts->secret.more};
    return hash_bytes(address, 16, secret);
}

uint64_t contact_prefix_hash(const struct contacts *contacts, const uint8_t address[16], bool ipv6)
{
    static const uint8_t masks[2][16] = {{255, 255, 255}, {255, 255, 255, 255, 255, 255}};
    struct hash_secret secret = {contacts->secret.seed + PREFIX_SALT + ipv6, contacts->secret.more};
    uint8_t prefix[16];
    for (unsigned i = 0; i < sizeof(prefix); i++) {
        prefix[i] = address[i] & masks[ipv6][i];
    }
    return hash_bytes(prefix, sizeof(prefix), secret);
}

// A division takes as long as much of the rest: most flows of a flood need none.
static uint64_t packets_sent(const struct contact *contact)
{
    if (contact->sent == 0 || contact->got == 0) {
        return contact->sent == 0 ? 0 : contact->flow->packets;
    }
    uint64_t both = (uint64_t)contact->sent + contact->got;
    return contact->flow->packets * (uint64_t)contact->sent / both;
}

void contact_read(const struct contacts *contacts, struct contact *contact,
                  const struct pane_flow *flow)
{
    unsigned source = pane_flow_source(flow);
    *contact = (struct contact){
        .flow = flow,
        .address = {flow->key.address[source], flow->key.address[!source]},
        .ipv6 = (flow->key.scope & KEY_IPV6) != 0,
        .protocol = pane_flow_protocol(flow),
        .port = flow->key.port[!source],
        .sent = flow->total_packets[source],
        .got = flow->total_packets[!source],
        .begun = (flow->flags & PANE_FLOW_STARTED) != 0,
    };
    for (unsigned end = CONTACT_SOURCE; end <= CONTACT_DESTINATION; end++) {
        contact->hash[end] = contact_hash(contacts, contact->address[end], contact->ipv6);
        contact->prefix[end] = contact_prefix_hash(contacts, contact->address[end], contact->ipv6);
    }
    contact->group = is_group(contact->address[CONTACT_DESTINATION], contact->ipv6);
    contact->packets = packets_sent(contact);
    contact->flow_hash = hash_bytes(&flow->key, sizeof(flow->key), contacts->secret);
    __builtin_prefetch(&contacts->waiting[contact->flow_hash % CONTACTS_WAITING], 1);
    if (contact->protocol == PROTOCOL_TCP) {
        read_tcp(contact, flow, source);
    } else {
        contact->asks = contact->sent > 0;
        contact->reached = contact->served = contact->got > 0;
    }
}
