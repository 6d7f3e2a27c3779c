// SPDX-License-Identifier: Apache-2.0
// First words, and what a flow keeps of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/flow/signature.h"
#include "tests/unit/flow/made.h"
#include "tests/unit/flow/recorder.h"

enum { IPV4_UDP = 28, IPV6_UDP = 48 };

static const struct spoken {
    const char *octets; // eight of them
    uint8_t protocol;
    enum signature is;
    uint32_t bytes; // of the packet; 0: any
    bool ipv6;
} spoken[] = {
    {"SSH-2.0-", MADE_TCP, SIGNATURE_SSH},
    {"SSH-1.99", MADE_TCP, SIGNATURE_SSH},
    {"SSH-3.0-", MADE_TCP, SIGNATURE_OTHER},
    {"SSH-2.0-", MADE_UDP, SIGNATURE_OTHER},
    {"\x16\x03\x01\x02\x00\x01\x00\x01", MADE_TCP, SIGNATURE_TLS},
    {"\x16\x03\x03\x00\x7a\x02\x00\x00", MADE_TCP, SIGNATURE_TLS},
    {"\x16\x03\x03\x00\x7a\x0b\x00\x00", MADE_TCP, SIGNATURE_OTHER}, // a certificate
    {"\x17\x03\x03\x02\x00\x01\x00\x01", MADE_TCP, SIGNATURE_OTHER}, // in the midst of it
    {"\x15\x03\x01\x00\x02\x02\x28\x00", MADE_TCP, SIGNATURE_OTHER}, // an alert
    {"\x16\x03\x01\xff\x00\x01\x00\x01", MADE_TCP, SIGNATURE_OTHER}, // a record too long
    {"\x16\x03\x01\x02\x00\x01\x01\x01", MADE_TCP, SIGNATURE_OTHER}, // a hello too long
    {"GET /ind", MADE_TCP, SIGNATURE_HTTP},
    {"GET http", MADE_TCP, SIGNATURE_HTTP},
    {"GET key1", MADE_TCP, SIGNATURE_OTHER}, // memcached
    {"POST /ap", MADE_TCP, SIGNATURE_HTTP},
    {"HTTP/1.1", MADE_TCP, SIGNATURE_HTTP},
    {"CONNECT ", MADE_TCP, SIGNATURE_HTTP},
    {"OPTIONS ", MADE_TCP, SIGNATURE_OTHER},
    {"220 mail", MADE_TCP, SIGNATURE_OTHER},
    {"\x03\x00\x00\x2b\x26\xe0\x00\x00", MADE_TCP, SIGNATURE_RDP},
    {"\x03\x00\x00\x13\x0e\xd0\x00\x00", MADE_TCP, SIGNATURE_RDP},
    {"\x03\x00\x00\x13\x0e\xf0\x00\x00", MADE_TCP, SIGNATURE_OTHER}, // data
    {"\x00\x00\x00\x45\xffSMB", MADE_TCP, SIGNATURE_SMB},
    {"\x00\x00\x00\xd0\xfeSMB", MADE_TCP, SIGNATURE_SMB},
    {"RFB 003.", MADE_TCP, SIGNATURE_VNC},
    {"\x13"
     "BitTorr",
     MADE_TCP, SIGNATURE_BITTORRENT},
    {"\xc3\x00\x00\x00\x01\x08\x11\x22", MADE_UDP, SIGNATURE_QUIC},
    {"\xd0\x6b\x33\x43\xcf\x14\x11\x22", MADE_UDP, SIGNATURE_QUIC},
    {"\xc3\xff\x00\x00\x1d\x00\x11\x22", MADE_UDP, SIGNATURE_QUIC},
    {"\x43\x00\x00\x00\x01\x08\x11\x22", MADE_UDP, SIGNATURE_OTHER}, // a short header
    {"\xc3\x00\x00\x00\x01\xff\x11\x22", MADE_UDP, SIGNATURE_OTHER}, // no such id
    {"\x16\xfe\xfd\x00\x00\x00\x00\x00", MADE_UDP, SIGNATURE_DTLS},
    {"\x16\xfe\xff\x00\x00\x00\x00\x00", MADE_UDP, SIGNATURE_DTLS},
    {"\x16\xfe\xfd\x00\x01\x00\x00\x00", MADE_UDP, SIGNATURE_OTHER}, // a later epoch
    {"\x01\x00\x00\x00\xaa\xbb\xcc\xdd", MADE_UDP, SIGNATURE_WIREGUARD, IPV4_UDP + 148},
    {"\x02\x00\x00\x00\xaa\xbb\xcc\xdd", MADE_UDP, SIGNATURE_WIREGUARD, IPV4_UDP + 92},
    {"\x01\x00\x00\x00\xaa\xbb\xcc\xdd", MADE_UDP, SIGNATURE_WIREGUARD, IPV6_UDP + 148, true},
    {"\x01\x00\x00\x00\xaa\xbb\xcc\xdd", MADE_UDP, SIGNATURE_OTHER, IPV4_UDP + 92},
    {"\x01\x00\x00\x00\xaa\xbb\xcc\xdd", MADE_UDP, SIGNATURE_OTHER, IPV4_UDP + 148, true},
    {"\x12\x34\x01\x00\x00\x01\x00\x00", MADE_UDP, SIGNATURE_OTHER}, // DNS
};

static struct facts facts_spoken(const char *octets, uint8_t protocol, uint8_t direction)
{
    struct facts facts = made_facts(
        &(struct made){.time_us = 1, .flow = 1, .protocol = protocol, .direction = direction});
    memcpy(&facts.payload, octets, sizeof(facts.payload));
    return facts;
}

static void first_words_tell_the_protocol(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
        struct facts facts = facts_spoken(spoken[i].octets, spoken[i].protocol, 0);
        facts.bytes = spoken[i].bytes != 0 ? spoken[i].bytes : facts.bytes;
        facts.key.scope |= spoken[i].ipv6 ? KEY_IPV6 : 0;
        if (signature_tell(&facts) != spoken[i].is) {
            fail_msg("row %zu is %d, not %d", i, signature_tell(&facts), spoken[i].is);
        }
    }
}

static void all_that_are_told_have_a_name(void **state)
{
    (void)state;
    for (unsigned i = SIGNATURE_OTHER + 1; i < SIGNATURE_COUNT; i++) {
        assert_non_null(signature_name[i]);
    }
    assert_null(signature_name[SIGNATURE_NONE]);
    assert_null(signature_name[SIGNATURE_OTHER]);
}

static uint8_t kept;

static void entry_look(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                       const struct flow_activity *activity)
{
    (void)context, (void)rare, (void)activity;
    kept = flow->signatures;
}

static void entry_end(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                      enum flow_end end)
{
    (void)context, (void)flow, (void)rare, (void)end;
}

// Each direction keeps its first words, whatever comes behind them.
static void a_flow_keeps_the_first_of_each_direction(void **state)
{
    (void)state;
    struct flow_options options = {.max_flows = 64,
                                   .max_rare = 4,
                                   .idle_timeout_us = 1000000,
                                   .active_timeout_us = 1000000,
                                   .tcp_linger_us = 1000000,
                                   .secret = made_secret,
                                   .pages = MEMORY_PAGES_NEVER};
    struct flow_events events = {.ended = entry_end, .active = entry_look};
    struct flow_table *table = NULL;
    struct error err = {0};
    assert_int_equal(flow_table_create(&table, &options, &events, &err), 0);
    const struct facts packets[] = {
        facts_spoken("\0\0\0\0\0\0\0\0", MADE_TCP, 0), // none yet
        facts_spoken("GET / HT", MADE_TCP, 0),         facts_spoken("SSH-2.0-", MADE_TCP, 0),
        facts_spoken("whatever", MADE_TCP, 1),         facts_spoken("HTTP/1.1", MADE_TCP, 1),
    };
    static const enum signature expected[][2] = {
        {SIGNATURE_NONE, SIGNATURE_NONE},  {SIGNATURE_HTTP, SIGNATURE_NONE},
        {SIGNATURE_HTTP, SIGNATURE_NONE},  {SIGNATURE_HTTP, SIGNATURE_OTHER},
        {SIGNATURE_HTTP, SIGNATURE_OTHER},
    };
    for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        flow_table_add(table, &packets[i], 1);
        flow_table_fold(table);
        struct flow_entry entry = {.signatures = kept};
        assert_int_equal(signature_of(&entry, 0), expected[i][0]);
        assert_int_equal(signature_of(&entry, 1), expected[i][1]);
    }
    flow_table_end_all(table);
    flow_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_words_tell_the_protocol),
        cmocka_unit_test(all_that_are_told_have_a_name),
        cmocka_unit_test(a_flow_keeps_the_first_of_each_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
