// SPDX-License-Identifier: Apache-2.0
// Protocols of octets in UDP, and LDAP: DNS, DHCP, NTP, SNMP, RTP, ICMP's echo.
#include "agent/generate/messages.h"

#include "agent/generate/octets.h"

static unsigned put(uint8_t *to, const void *octets, size_t count)
{
    memcpy(to, octets, count);
    return (unsigned)count;
}

// A literal without its NUL.
#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28 };

// Header and question, which an answer repeats. A resolver asks for both families in turn.
static unsigned dns_question(const struct making *making, uint8_t *to, uint16_t flags,
                             uint16_t answers)
{
    static const char *const names[] = {"\3www\7example\3com", "\4mail\7example\3org",
                                        "\3cdn\7example\3net", "\3api\7example\3com",
                                        "\6static\7example\3org"};
    octets_16(to, (uint16_t)(making->id + making->round));
    octets_16(to + 2, flags);
    octets_16(to + 4, 1);
    octets_16(to + 6, answers);
    octets_32(to + 8, 0);
    const char *name = names[(making->id >> 16) % 5];
    unsigned at = 12 + put(to + 12, name, strlen(name) + 1);
    octets_16(to + at, making->round % 2 == 0 ? DNS_TYPE_A : DNS_TYPE_AAAA);
    octets_16(to + at + 2, 1);
    return at + 4;
}

static unsigned dns_query(const struct making *making, uint8_t *to)
{
    return dns_question(making, to, 0x0100, 0);
}

static unsigned dns_answer(const struct making *making, uint8_t *to)
{
    unsigned at = dns_question(making, to, 0x8180, 1);
    bool is_v6 = making->round % 2 != 0;
    struct address address = address_of(ADDRESS_OUTSIDE + (making->id & 0xfff), is_v6);
    octets_16(to + at, 0xc00c); // the question's name
    octets_16(to + at + 2, is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A);
    octets_16(to + at + 4, 1);
    octets_32(to + at + 6, 300);
    octets_16(to + at + 10, is_v6 ? 16 : 4);
    return at + 12 + put(to + at + 12, address.octets, is_v6 ? 16 : 4);
}

const struct message messages_dns[] = {
    {CLIENT, .make = dns_query},
    {SERVER, .make = dns_answer},
};

// A lease that is renewed: the client has an address already.
static unsigned dhcp(const struct making *making, uint8_t *to, bool is_request)
{
    const uint8_t *client =
        is_request ? making->ends->source.octets : making->ends->destination.octets;
    const uint8_t *server =
        is_request ? making->ends->destination.octets : making->ends->source.octets;
    memset(to, 0, 240);
    to[0] = is_request ? 1 : 2;
    to[1] = 1;
    to[2] = 6;
    octets_32(to + 4, making->id);
    memcpy(to + 12, client, 4);
    if (!is_request) {
        memcpy(to + 16, client, 4);
    }
    to[28] = 2; // as frames have it: 02:00 and the address
    memcpy(to + 30, client, 4);
    octets_32(to + 236, 0x63825363);
    unsigned at = 240;
    at += put(to + at, is_request ? "\65\1\3" : "\65\1\5", 3);
    if (is_request) {
        at += PUT(to + at, "\67\4\1\3\6\17"); // mask, router, servers, domain
        at += PUT(to + at, "\14\6laptop");
    } else {
        at += PUT(to + at, "\66\4");
        at += put(to + at, server, 4);
        at += PUT(to + at, "\63\4\0\0\16\20"); // an hour
        at += PUT(to + at, "\1\4\377\0\0\0");
    }
    to[at++] = 255;
    while (at < 300) {
        to[at++] = 0;
    }
    return at;
}

static unsigned dhcp_request(const struct making *making, uint8_t *to)
{
    return dhcp(making, to, true);
}

static unsigned dhcp_ack(const struct making *making, uint8_t *to)
{
    return dhcp(making, to, false);
}

const struct message messages_dhcp[] = {
    {CLIENT, .make = dhcp_request},
    {SERVER, .make = dhcp_ack},
};

static void ntp_time(uint8_t *to, int64_t us)
{
    octets_32(to, (uint32_t)(us / 1000000 + INT64_C(2208988800))); // from 1900 on
    octets_32(to + 4, (uint32_t)(((uint64_t)(us % 1000000) << 32) / 1000000));
}

static unsigned ntp_query(const struct making *making, uint8_t *to)
{
    memset(to, 0, 48);
    to[0] = 0x23; // version 4, client
    to[2] = 6;
    to[3] = 0xec;
    ntp_time(to + 40, making->now_us);
    return 48;
}

static unsigned ntp_answer(const struct making *making, uint8_t *to)
{
    memset(to, 0, 48);
    PUT(to, "\x24\2\6\xec\0\0\4\0\0\0\2\0\x0a\x0a\x0a\x0a");
    ntp_time(to + 16, making->now_us - 17000000);
    ntp_time(to + 24, making->now_us - 10000);
    ntp_time(to + 32, making->now_us - 50);
    ntp_time(to + 40, making->now_us);
    return 48;
}

const struct message messages_ntp[] = {
    {CLIENT, .make = ntp_query},
    {SERVER, .make = ntp_answer},
};

// Of version 2c: ifHCInOctets of interface 1, whose value is a Counter64.
static unsigned snmp(const struct making *making, uint8_t *to, bool is_answer)
{
    unsigned value = is_answer ? 10 : 2;
    unsigned bind = 15 + value; // the variable and its value
    unsigned at = 0;
    to[at++] = 0x30;
    to[at++] = (uint8_t)(11 + 2 + 14 + bind); // all are below 128
    at += PUT(to + at, "\x02\x01\x01\x04\x06public");
    to[at++] = is_answer ? 0xa2 : 0xa0;
    to[at++] = (uint8_t)(14 + bind);
    at += PUT(to + at, "\x02\x04");
    octets_32(to + at, (making->id + making->round) & INT32_MAX);
    to[at] |= 0x40; // so that four octets are the fewest, as they have to be
    at += 4;
    at += PUT(to + at, "\x02\x01\x00\x02\x01\x00");
    to[at++] = 0x30;
    to[at++] = (uint8_t)bind;
    to[at++] = 0x30;
    to[at++] = (uint8_t)(bind - 2);
    at += PUT(to + at, "\x06\x0b\x2b\x06\x01\x02\x01\x1f\x01\x01\x01\x06\x01");
    if (is_answer) {
        at += PUT(to + at, "\x46\x08\x01\x02\x03\x04");
        octets_32(to + at, making->id + making->round * 1000);
        return at + 4;
    }
    return at + PUT(to + at, "\x05\x00");
}

static unsigned snmp_get(const struct making *making, uint8_t *to)
{
    return snmp(making, to, false);
}

static unsigned snmp_answer(const struct making *making, uint8_t *to)
{
    return snmp(making, to, true);
}

const struct message messages_snmp[] = {
    {CLIENT, .make = snmp_get},
    {SERVER, .make = snmp_answer},
};

// A fiftieth of a second of silence in G.711.
static unsigned rtp(const struct making *making, uint8_t *to)
{
    to[0] = 0x80;
    to[1] = 0;
    octets_16(to + 2, (uint16_t)(making->id + making->number));
    octets_32(to + 4, making->id + making->number * 160);
    octets_32(to + 8, making->id ^ (uint32_t)making->from);
    memset(to + 12, 0xff, 160);
    return 172;
}

const struct message messages_rtp[] = {
    {CLIENT, .make = rtp}, {SERVER, .make = rtp}, {CLIENT, .make = rtp}, {SERVER, .make = rtp},
    {CLIENT, .make = rtp}, {SERVER, .make = rtp}, {CLIENT, .make = rtp}, {SERVER, .make = rtp},
    {CLIENT, .make = rtp}, {SERVER, .make = rtp},
};

// As ping sends them.
static unsigned ping(const struct making *making, uint8_t *to)
{
    (void)making;
    for (unsigned i = 0; i < 56; i++) {
        to[i] = (uint8_t)i;
    }
    return 56;
}

const struct message messages_ping[] = {
    {CLIENT, .make = ping},
    {SERVER, .make = ping},
};

// An operation behind its message's id.
static unsigned ldap(uint8_t *to, uint32_t id, const void *operation, unsigned length)
{
    to[0] = 0x30;
    to[1] = (uint8_t)(4 + length);
    to[2] = 2;
    to[3] = 2;
    octets_16(to + 4, (uint16_t)(0x100 + id % 0x7000));
    return 6 + put(to + 6, operation, length);
}

#define LDAP(to, id, literal) ldap(to, id, literal, sizeof(literal) - 1)

static unsigned ldap_bind(const struct making *making, uint8_t *to)
{
    (void)making;
    return LDAP(to, 0, "\x60\x07\x02\x01\x03\x04\x00\x80\x00"); // version 3, anonymous
}

static unsigned ldap_bound(const struct making *making, uint8_t *to)
{
    (void)making;
    return LDAP(to, 0, "\x61\x07\x0a\x01\x00\x04\x00\x04\x00");
}

// dc=example,dc=com, whole tree, (uid=alice), all attributes.
static unsigned ldap_search(const struct making *making, uint8_t *to)
{
    return LDAP(to, making->round + 1,
                "\x63\x32\x04\x11"
                "dc=example,dc=com"
                "\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
                "\xa3\x0c\x04\x03uid\x04\x05"
                "alice"
                "\x30\x00");
}

static unsigned ldap_entry(const struct making *making, uint8_t *to)
{
    return LDAP(to, making->round + 1,
                "\x64\x38\x04\x1b"
                "uid=alice,dc=example,dc=com"
                "\x30\x19\x30\x17\x04\x02"
                "cn\x31\x11\x04\x0f"
                "Alice Somewhere");
}

static unsigned ldap_done(const struct making *making, uint8_t *to)
{
    return LDAP(to, making->round + 1, "\x65\x07\x0a\x01\x00\x04\x00\x04\x00");
}

static unsigned ldap_unbind(const struct making *making, uint8_t *to)
{
    return LDAP(to, making->round + 1, "\x42\x00");
}

const struct message messages_ldap[] = {
    {CLIENT, .make = ldap_bind},  {SERVER, .make = ldap_bound}, {CLIENT, .make = ldap_search},
    {SERVER, .make = ldap_entry}, {SERVER, .make = ldap_done},  {CLIENT, .make = ldap_unbind},
};
