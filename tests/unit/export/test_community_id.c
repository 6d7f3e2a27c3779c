// SPDX-License-Identifier: Apache-2.0
// Community ids against the specification's own baseline: some of it as facts here, all of it where
// the corpus is.
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "export/record/community_id.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_ICMP6 = 58, NO_PORT = -1 };

// What the specification counts as ports; an ICMP type and, where it has no answer, the code.
struct flow_case {
    int protocol;
    const char *source;
    const char *destination;
    int source_port;
    int destination_port;
    const char *id;
};

static void set_ip(struct field_ip *ip, const char *text)
{
    ip->version = strchr(text, ':') != NULL ? 6 : 4;
    assert_int_equal(inet_pton(ip->version == 6 ? AF_INET6 : AF_INET, text, ip->octets), 1);
}

static void record_fill(struct record *record, const struct flow_case *flow)
{
    memset(record, 0, sizeof(*record));
    record_init(record, RECORD_FLOW);
    struct record_side *source = &record->flow.side[RECORD_SOURCE];
    struct record_side *destination = &record->flow.side[RECORD_DESTINATION];
    record->flow.protocol = flow->protocol;
    set_ip(&source->ip, flow->source);
    set_ip(&destination->ip, flow->destination);
    record_know(record, RECORD_FLOW_PROTOCOL);
    record_know(record, RECORD_FLOW_SOURCE_IP);
    record_know(record, RECORD_FLOW_DESTINATION_IP);
    if (flow->protocol == PROTOCOL_ICMP || flow->protocol == PROTOCOL_ICMP6) {
        source->icmp_type = flow->source_port;
        source->icmp_code = flow->destination_port;
        record_know(record, RECORD_FLOW_SOURCE_ICMP_TYPE);
        record_know(record, RECORD_FLOW_SOURCE_ICMP_CODE);
    } else if (flow->source_port != NO_PORT) {
        source->port = flow->source_port;
        destination->port = flow->destination_port;
        record_know(record, RECORD_FLOW_SOURCE_PORT);
        record_know(record, RECORD_FLOW_DESTINATION_PORT);
    }
}

static void test_constant_cases(void **state)
{
    (void)state;
    static const struct flow_case cases[] = {
        {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
        {6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
        {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
         "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
        {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
        {132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
        {46, "10.1.12.1", "10.1.12.2", NO_PORT, NO_PORT, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
        {1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
        {1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
        {1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
        {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
         "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
        {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
         "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record record;
        record_fill(&record, &cases[i]);
        record_identify(&record);
        assert_true(record_knows(&record, RECORD_FLOW_COMMUNITY_ID));
        assert_string_equal(record.flow.community_id, cases[i].id);
    }
}

static void test_no_id_without_its_parts(void **state)
{
    (void)state;
    static const struct {
        struct flow_case flow;
        enum record_flow_field missing;
    } cases[] = {
        {{6, "10.0.0.1", "10.0.0.2", 1, 2, NULL}, RECORD_FLOW_SOURCE_IP},
        {{6, "10.0.0.1", "10.0.0.2", 1, 2, NULL}, RECORD_FLOW_PROTOCOL},
        {{6, "10.0.0.1", "10.0.0.2", 1, 2, NULL}, RECORD_FLOW_DESTINATION_PORT},
        {{17, "10.0.0.1", "10.0.0.2", 1, 2, NULL}, RECORD_FLOW_SOURCE_PORT},
        {{1, "10.0.0.1", "10.0.0.2", 3, 1, NULL}, RECORD_FLOW_SOURCE_ICMP_TYPE},
        {{58, "::1", "::2", 1, 4, NULL}, RECORD_FLOW_SOURCE_ICMP_CODE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record record;
        record_fill(&record, &cases[i].flow);
        record.known &= ~(UINT64_C(1) << cases[i].missing);
        record_identify(&record);
        assert_false(record_knows(&record, RECORD_FLOW_COMMUNITY_ID));
    }
}

static int port_of(const json_t *row, const char *name)
{
    const json_t *port = json_object_get(row, name);
    return json_is_integer(port) ? (int)json_integer_value(port) : NO_PORT;
}

typedef void id_writer(const uint8_t *digest, char *text);

static void id_in_hex(const uint8_t *digest, char *text)
{
    text += sprintf(text, "1:");
    for (int i = 0; i < COMMUNITY_ID_DIGEST_BYTES; i++) {
        text += sprintf(text, "%02x", digest[i]);
    }
}

static void check_baseline(const char *corpus, const char *name, uint16_t seed, id_writer *write_id)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/community-id/%s", corpus, name);
    json_error_t why;
    json_t *rows = json_load_file(path, 0, &why);
    if (rows == NULL) {
        fail_msg("%s: %s", path, why.text);
    }
    assert_true(json_array_size(rows) > 0);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        struct flow_case flow = {
            .protocol = port_of(row, "proto"),
            .source = json_string_value(json_object_get(row, "saddr")),
            .destination = json_string_value(json_object_get(row, "daddr")),
            .source_port = port_of(row, "sport"),
            .destination_port = port_of(row, "dport"),
        };
        struct record record;
        record_fill(&record, &flow);
        uint8_t digest[COMMUNITY_ID_DIGEST_BYTES];
        char id[2 + 2 * COMMUNITY_ID_DIGEST_BYTES + 1];
        assert_true(community_id_digest(&record, seed, digest));
        write_id(digest, id);
        assert_string_equal(id, json_string_value(json_object_get(row, "communityid")));
    }
    json_decref(rows);
}

static void test_baselines(void **state)
{
    (void)state;
    char corpus[2048];
    const char *configured = getenv("WEIR_CORPUS");
    if (configured != NULL) {
        snprintf(corpus, sizeof(corpus), "%s", configured);
    } else {
        snprintf(corpus, sizeof(corpus), "%s/../shared/corpus", getenv("WEIR_ROOT"));
    }
    char baseline[4096];
    snprintf(baseline, sizeof(baseline), "%s/community-id/baseline_deflt.json", corpus);
    FILE *there = fopen(baseline, "r");
    if (there == NULL) {
        print_message("no corpus at %s (WEIR_CORPUS names another place)\n", corpus);
        skip();
    }
    fclose(there);
    check_baseline(corpus, "baseline_deflt.json", 0, community_id_write);
    check_baseline(corpus, "baseline_nob64.json", 0, id_in_hex);
    check_baseline(corpus, "baseline_seed1.json", 1, community_id_write);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_cases),
        cmocka_unit_test(test_no_id_without_its_parts),
        cmocka_unit_test(test_baselines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
