// SPDX-License-Identifier: Apache-2.0
#include "agent/query/subject.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/base/prefix.h"
#include "dataplane/flow/application.h"

const char *const subject_kind_names[SUBJECT_KIND_COUNT + 1] = {
    [SUBJECT_SOURCE] = "source",
    [SUBJECT_DESTINATION] = "destination",
    [SUBJECT_ADDRESS] = "address",
    [SUBJECT_SOURCE_PREFIX] = "source_prefix",
    [SUBJECT_DESTINATION_PREFIX] = "destination_prefix",
    [SUBJECT_PREFIX] = "prefix",
    [SUBJECT_SOURCE_PORT] = "source_port",
    [SUBJECT_DESTINATION_PORT] = "destination_port",
    [SUBJECT_PORT] = "port",
    [SUBJECT_PROTOCOL] = "protocol",
    [SUBJECT_TRANSPORT] = "transport",
    [SUBJECT_APPLICATION] = "application",
    [SUBJECT_VLAN] = "vlan",
    [SUBJECT_VNI] = "vni",
    [SUBJECT_TEID] = "teid",
    [SUBJECT_CONVERSATION] = "conversation",
    [SUBJECT_SOURCE_MAC] = "source_mac",
    [SUBJECT_DESTINATION_MAC] = "destination_mac",
    [SUBJECT_MAC] = "mac",
};

// Where things lie in a key. An address has its IP version in front, so that IPv4 comes first.
enum {
    ADDRESS_AT = 1,
    ADDRESS_BYTES = 16,
    OTHER_AT = ADDRESS_AT + ADDRESS_BYTES,
    VLAN_COUNT_AT = 2 * KEY_VLANS_MAX, // behind the ids, so that these order the keys
    MAC_BYTES = 6,
    VLAN_TEXT_MAX = 5, // ".4095"
};
static_assert(OTHER_AT + ADDRESS_BYTES <= SUBJECT_KEY_BYTES, "a conversation fits");
static_assert(2 * INET6_ADDRSTRLEN <= SUBJECT_TEXT_MAX, "and so does its text");
static_assert(KEY_VLANS_MAX * VLAN_TEXT_MAX < SUBJECT_TEXT_MAX, "so do all ids of a frame");

// The same on every machine, so that keys order as numbers do.
static void number_put(struct subject_key *key, uint32_t number)
{
    for (int i = 3; i >= 0; i--) {
        key->octets[i] = (uint8_t)number;
        number >>= 8;
    }
}

static uint32_t number_of(const struct subject_key *key)
{
    uint32_t number = 0;
    for (int i = 0; i < 4; i++) {
        number = number << 8 | key->octets[i];
    }
    return number;
}

static void address_put(struct subject_key *key, const struct pane_flow *flow, unsigned end)
{
    key->octets[0] = flow->key.scope & KEY_IPV6 ? 6 : 4;
    memcpy(key->octets + ADDRESS_AT, flow->key.address[end], ADDRESS_BYTES);
}

static bool is_ipv6(const struct subject_key *key)
{
    return key->octets[0] == 6;
}

// Each makes the zeroed key of what the flow has at one end; false, and nothing is written, where
// the flow has no such thing. Those of the whole flow have no use for the end.

static bool address_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                        struct subject_key *key)
{
    (void)subject;
    address_put(key, flow, end);
    return true;
}

static bool prefix_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                       struct subject_key *key)
{
    address_put(key, flow, end);
    prefix_mask(key->octets + ADDRESS_AT, is_ipv6(key) ? subject->ipv6_bits : subject->ipv4_bits);
    return true;
}

static bool port_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                     struct subject_key *key)
{
    (void)subject;
    if (!pane_flow_has_ports(flow)) {
        return false;
    }
    number_put(key, flow->key.port[end]);
    return true;
}

static bool protocol_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                         struct subject_key *key)
{
    (void)subject;
    (void)end;
    number_put(key, flow->application);
    return true;
}

static bool transport_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                          struct subject_key *key)
{
    (void)subject;
    (void)end;
    number_put(key, pane_flow_protocol(flow));
    return true;
}

static bool application_key(const struct subject *subject, const struct pane_flow *flow,
                            unsigned end, struct subject_key *key)
{
    return flow->application >= APPLICATION_FIRST && protocol_key(subject, flow, end, key);
}

static bool vlan_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                     struct subject_key *key)
{
    (void)subject;
    (void)end;
    uint64_t scope = flow->key.scope;
    unsigned count = (scope & KEY_VLAN_COUNT_MASK) >> KEY_VLAN_COUNT_SHIFT;
    if (count == 0) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned id = scope >> (i * KEY_VLAN_BITS) & ((1u << KEY_VLAN_BITS) - 1);
        key->octets[2 * i] = (uint8_t)(id >> 8);
        key->octets[2 * i + 1] = (uint8_t)id;
    }
    key->octets[VLAN_COUNT_AT] = (uint8_t)count;
    return true;
}

static bool vni_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                    struct subject_key *key)
{
    (void)subject;
    (void)end;
    if (!(flow->key.scope & (KEY_VNI_VXLAN | KEY_VNI_GENEVE))) {
        return false;
    }
    number_put(key, flow->key.vni_protocol >> 8);
    return true;
}

static bool teid_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                     struct subject_key *key)
{
    (void)subject;
    if (!(flow->flags & PANE_FLOW_RARE) || !flow->rare.has_teid[end]) {
        return false;
    }
    number_put(key, flow->rare.teid[end]);
    return true;
}

static bool conversation_key(const struct subject *subject, const struct pane_flow *flow,
                             unsigned end, struct subject_key *key)
{
    (void)subject;
    (void)end;
    unsigned lower = memcmp(flow->key.address[1], flow->key.address[0], ADDRESS_BYTES) < 0;
    address_put(key, flow, lower);
    memcpy(key->octets + OTHER_AT, flow->key.address[!lower], ADDRESS_BYTES);
    return true;
}

static bool mac_key(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                    struct subject_key *key)
{
    (void)subject;
    if (!(flow->flags & PANE_FLOW_MAC)) {
        return false;
    }
    memcpy(key->octets, flow->mac[end], MAC_BYTES);
    return true;
}

static void address_write(const struct subject_key *key, unsigned at, char text[INET6_ADDRSTRLEN])
{
    inet_ntop(is_ipv6(key) ? AF_INET6 : AF_INET, key->octets + at, text, INET6_ADDRSTRLEN);
}

static void address_text(const struct subject *subject, const struct subject_key *key,
                         char text[SUBJECT_TEXT_MAX])
{
    (void)subject;
    address_write(key, ADDRESS_AT, text);
}

static void prefix_text(const struct subject *subject, const struct subject_key *key,
                        char text[SUBJECT_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN];
    address_write(key, ADDRESS_AT, address);
    snprintf(text, SUBJECT_TEXT_MAX, "%s/%u", address,
             (unsigned)(is_ipv6(key) ? subject->ipv6_bits : subject->ipv4_bits));
}

static void conversation_text(const struct subject *subject, const struct subject_key *key,
                              char text[SUBJECT_TEXT_MAX])
{
    (void)subject;
    char lower[INET6_ADDRSTRLEN];
    char higher[INET6_ADDRSTRLEN];
    address_write(key, ADDRESS_AT, lower);
    address_write(key, OTHER_AT, higher);
    snprintf(text, SUBJECT_TEXT_MAX, "%s %s", lower, higher);
}

static void number_text(const struct subject *subject, const struct subject_key *key,
                        char text[SUBJECT_TEXT_MAX])
{
    (void)subject;
    snprintf(text, SUBJECT_TEXT_MAX, "%" PRIu32, number_of(key));
}

// Protocols that nobody has named are told by their number.
static void protocol_text(const struct subject *subject, const struct subject_key *key,
                          char text[SUBJECT_TEXT_MAX])
{
    const char *name = application_name((uint16_t)number_of(key));
    if (name == NULL) {
        number_text(subject, key, text);
    } else {
        snprintf(text, SUBJECT_TEXT_MAX, "%s", name);
    }
}

static void vlan_text(const struct subject *subject, const struct subject_key *key,
                      char text[SUBJECT_TEXT_MAX])
{
    (void)subject;
    int used = 0;
    for (unsigned i = 0; i < key->octets[VLAN_COUNT_AT]; i++) {
        unsigned id = (unsigned)key->octets[2 * i] << 8 | key->octets[2 * i + 1];
        used +=
            snprintf(text + used, (size_t)(SUBJECT_TEXT_MAX - used), "%s%u", i > 0 ? "." : "", id);
    }
}

static void mac_text(const struct subject *subject, const struct subject_key *key,
                     char text[SUBJECT_TEXT_MAX])
{
    (void)subject;
    const uint8_t *mac = key->octets;
    snprintf(text, SUBJECT_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
             mac[3], mac[4], mac[5]);
}

enum ends { WHOLE, SOURCE, DESTINATION, EITHER };

static const struct property {
    enum ends ends;
    bool (*key)(const struct subject *subject, const struct pane_flow *flow, unsigned end,
                struct subject_key *key);
    void (*text)(const struct subject *subject, const struct subject_key *key,
                 char text[SUBJECT_TEXT_MAX]);
} properties[] = {
    [SUBJECT_SOURCE] = {SOURCE, address_key, address_text},
    [SUBJECT_DESTINATION] = {DESTINATION, address_key, address_text},
    [SUBJECT_ADDRESS] = {EITHER, address_key, address_text},
    [SUBJECT_SOURCE_PREFIX] = {SOURCE, prefix_key, prefix_text},
    [SUBJECT_DESTINATION_PREFIX] = {DESTINATION, prefix_key, prefix_text},
    [SUBJECT_PREFIX] = {EITHER, prefix_key, prefix_text},
    [SUBJECT_SOURCE_PORT] = {SOURCE, port_key, number_text},
    [SUBJECT_DESTINATION_PORT] = {DESTINATION, port_key, number_text},
    [SUBJECT_PORT] = {EITHER, port_key, number_text},
    [SUBJECT_PROTOCOL] = {WHOLE, protocol_key, protocol_text},
    [SUBJECT_TRANSPORT] = {WHOLE, transport_key, protocol_text},
    [SUBJECT_APPLICATION] = {WHOLE, application_key, protocol_text},
    [SUBJECT_VLAN] = {WHOLE, vlan_key, vlan_text},
    [SUBJECT_VNI] = {WHOLE, vni_key, number_text},
    [SUBJECT_TEID] = {EITHER, teid_key, number_text},
    [SUBJECT_CONVERSATION] = {WHOLE, conversation_key, conversation_text},
    [SUBJECT_SOURCE_MAC] = {SOURCE, mac_key, mac_text},
    [SUBJECT_DESTINATION_MAC] = {DESTINATION, mac_key, mac_text},
    [SUBJECT_MAC] = {EITHER, mac_key, mac_text},
};
static_assert(sizeof(properties) / sizeof(properties[0]) == SUBJECT_KIND_COUNT, "one row a kind");

unsigned subject_keys(const struct subject *subject, const struct pane_flow *flow,
                      struct subject_key keys[SUBJECT_KEYS_MAX])
{
    const struct property *property = &properties[subject->kind];
    unsigned source = pane_flow_source(flow);
    unsigned first = property->ends == DESTINATION ? !source : source;
    memset(keys, 0, SUBJECT_KEYS_MAX * sizeof(keys[0]));
    unsigned count = property->key(subject, flow, first, &keys[0]);
    if (property->ends == EITHER) {
        count += property->key(subject, flow, !first, &keys[count]);
        if (count == 2 && memcmp(&keys[0], &keys[1], sizeof(keys[0])) == 0) {
            count = 1;
        }
    }
    return count;
}

void subject_text(const struct subject *subject, const struct subject_key *key,
                  char text[SUBJECT_TEXT_MAX])
{
    properties[subject->kind].text(subject, key, text);
}
