// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "agent/publish/fill.h"
#include "tests/unit/base/random.h"
#include "tests/unit/publish/losses.h"

enum { HOSTS_MAX = 3000, UNNAMED_ONE = 200, UNNAMED_OTHER = 511 };

#define ALL        ((UINT64_C(1) << RECORD_WINDOW_FIELD_COUNT) - 1)
#define BIT(field) (UINT64_C(1) << RECORD_WINDOW_##field)

static struct pane pane;
static struct host hosts[HOSTS_MAX];

static int pane_clear(void **state)
{
    (void)state;
    memset(hosts, 0, sizeof(hosts));
    pane = (struct pane){.start_us = 5000000,
                         .end_us = 6000000,
                         .first_us = INT64_MAX,
                         .last_us = INT64_MIN,
                         .hosts = hosts};
    return 0;
}

static struct record *filled(void)
{
    static struct record record;
    memset(&record, 0xff, sizeof(record));
    assert_int_equal(fill_window(&record, &pane, 1), 0);
    assert_int_equal(record.type, RECORD_WINDOW);
    return &record;
}

static void an_empty_pane_is_a_record_of_zeros(void **state)
{
    (void)state;
    struct record *record = filled();
    assert_int_equal(record->known,
                     ALL & ~(BIT(MEAN_PACKET_BYTES) | BIT(MEAN_INTERARRIVAL_US) | BIT(SAMPLING)));
    const struct record_window *window = &record->window;
    assert_int_equal(window->start_us, 5000000);
    assert_int_equal(window->end_us, 6000000);
    assert_int_equal(window->packets + window->bytes + window->wire_bytes, 0);
    assert_int_equal(window->flows_started + window->flows_ended + window->flows_active, 0);
    assert_int_equal(window->sources + window->destinations, 0);
    assert_true(window->source_entropy == 0 && window->destination_entropy == 0);
    assert_int_equal(window->protocols.count, 0);
    static const struct record_loss none;
    assert_memory_equal(&window->loss, &none, sizeof(none));
    record_release(record);
}

static void counters_and_losses_are_copied(void **state)
{
    (void)state;
    pane.packets = 2;
    pane.bytes = 3;
    pane.wire_bytes = 4;
    pane.flows_started = 5;
    pane.flows_ended = 6;
    pane.flows_active = 7;
    pane.loss = losses_made;
    struct record *record = filled();
    const struct record_window *window = &record->window;
    assert_int_equal(window->packets, 2);
    assert_int_equal(window->bytes, 3);
    assert_int_equal(window->wire_bytes, 4);
    assert_int_equal(window->flows_started, 5);
    assert_int_equal(window->flows_ended, 6);
    assert_int_equal(window->flows_active, 7);
    losses_assert(&window->loss);
    record_release(record);
}

static void means_are_told_where_there_are_any(void **state)
{
    (void)state;
    static const struct {
        uint64_t packets, bytes;
        int64_t first_us, last_us;
        double bytes_mean, gap_mean; // below 0: unknown
    } cases[] = {
        {1, 60, 5000000, 5000000, 60, -1},       {2, 61, 5000000, 5000100, 30.5, 100},
        {5, 1000, 5000001, 5000011, 200, 2.5},   {3, 300, 5000000, 5000000, 100, 0},
        {3, 300, INT64_MAX, INT64_MIN, 100, -1}, // late packets only
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pane.packets = cases[i].packets;
        pane.bytes = cases[i].bytes;
        pane.first_us = cases[i].first_us;
        pane.last_us = cases[i].last_us;
        struct record *record = filled();
        assert_true(record_knows(record, RECORD_WINDOW_MEAN_PACKET_BYTES));
        assert_float_equal(record->window.mean_packet_bytes, cases[i].bytes_mean, 1e-9);
        bool known = cases[i].gap_mean >= 0;
        assert_int_equal(record_knows(record, RECORD_WINDOW_MEAN_INTERARRIVAL_US), known);
        if (known) {
            assert_float_equal(record->window.mean_interarrival_us, cases[i].gap_mean, 1e-9);
        }
        record_release(record);
    }
}

// Straight from the definition: the sum of -p log2 p.
static double entropy_of(uint32_t count, bool source)
{
    double total = 0, entropy = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += (double)(source ? hosts[i].source_packets : hosts[i].destination_packets);
    }
    for (uint32_t i = 0; i < count; i++) {
        double n = (double)(source ? hosts[i].source_packets : hosts[i].destination_packets);
        entropy -= n > 0 ? n / total * log2(n / total) : 0;
    }
    return entropy;
}

static void hosts_shuffle(struct random *random, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = (uint32_t)random_below(random, i);
        struct host host = hosts[i - 1];
        hosts[i - 1] = hosts[other];
        hosts[other] = host;
    }
}

static void entropies_are_those_of_the_definition(void **state)
{
    (void)state;
    static const struct {
        uint32_t hosts;
        uint64_t packets_max;
    } cases[] = {
        {1, 1},    {1, UINT64_C(1) << 40},   {2, 1}, {2, 1000}, {16, 1}, {1024, 1}, {1000, 50},
        {3000, 3}, {3000, UINT64_C(1) << 28}};
    struct random random = {.state = 21};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t sources = 0, destinations = 0;
        pane.host_count = cases[i].hosts;
        for (uint32_t n = 0; n < cases[i].hosts; n++) {
            // Some hosts are sources only, some destinations only.
            bool source = n % 3 != 1 || n < 2, destination = n % 3 != 2;
            uint64_t packets = 1 + random_below(&random, cases[i].packets_max);
            hosts[n].source_packets = source ? packets : 0;
            hosts[n].destination_packets =
                destination ? 1 + random_below(&random, cases[i].packets_max) : 0;
            sources += source;
            destinations += destination;
        }
        struct record *record = filled();
        double source_entropy = record->window.source_entropy;
        double destination_entropy = record->window.destination_entropy;
        assert_int_equal(record->window.sources, sources);
        assert_int_equal(record->window.destinations, destinations);
        assert_true(fabs(source_entropy - entropy_of(cases[i].hosts, true)) < 1e-4);
        assert_true(fabs(destination_entropy - entropy_of(cases[i].hosts, false)) < 1e-4);
        record_release(record);
        // To the last bit the same in whatever order the hosts lie.
        hosts_shuffle(&random, cases[i].hosts);
        record = filled();
        assert_true(record->window.source_entropy == source_entropy);
        assert_true(record->window.destination_entropy == destination_entropy);
        record_release(record);
    }
}

// One source of everything: no uncertainty, and no -0.
static void one_host_has_no_entropy(void **state)
{
    (void)state;
    pane.host_count = 1;
    struct random random = {.state = 22};
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t packets = 1 + (random_next(&random) >> (24 + round % 40));
        hosts[0].source_packets = hosts[0].destination_packets = packets;
        struct record *record = filled();
        assert_true(record->window.source_entropy >= 0 && record->window.source_entropy < 1e-4);
        assert_int_equal(signbit(record->window.destination_entropy), 0);
        record_release(record);
    }
}

static void protocols_are_sorted_and_the_nameless_are_one(void **state)
{
    (void)state;
    static const struct {
        uint16_t number;
        uint64_t packets, bytes;
    } given[] = {
        {17, 1, 500}, {6, 2, 900}, {132, 3, 500}, {UNNAMED_ONE, 4, 300}, {UNNAMED_OTHER, 5, 301},
        {1, 6, 0}};
    static const struct record_protocol expected[] = {
        {"tcp", 2, 900}, {"other", 9, 601}, {"sctp", 3, 500}, {"udp", 1, 500}, {"icmp", 6, 0}};
    enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        pane.protocols[given[i].number].packets = given[i].packets;
        pane.protocols[given[i].number].bytes = given[i].bytes;
    }
    struct record *record = filled();
    assert_int_equal(record->window.protocols.count, EXPECTED);
    const struct record_protocol *rows = record->window.protocols.row;
    for (unsigned i = 0; i < EXPECTED; i++) {
        assert_string_equal(rows[i].name, expected[i].name);
        assert_int_equal(rows[i].packets, expected[i].packets);
        assert_int_equal(rows[i].bytes, expected[i].bytes);
    }
    record_release(record);
}

static void every_protocol_can_be_there(void **state)
{
    (void)state;
    uint64_t bytes = 0, packets = 0;
    for (unsigned i = 0; i < APPLICATION_MAX; i++) {
        pane.protocols[i] = (struct pane_protocol){1, i};
    }
    struct record *record = filled();
    const struct record_protocol *rows = record->window.protocols.row;
    for (unsigned i = 0; i < record->window.protocols.count; i++) {
        bytes += rows[i].bytes;
        packets += rows[i].packets;
    }
    assert_int_equal(packets, APPLICATION_MAX);
    assert_int_equal(bytes, APPLICATION_MAX * (APPLICATION_MAX - 1) / 2);
    record_release(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_pane_is_a_record_of_zeros, pane_clear),
        cmocka_unit_test_setup(counters_and_losses_are_copied, pane_clear),
        cmocka_unit_test_setup(means_are_told_where_there_are_any, pane_clear),
        cmocka_unit_test_setup(entropies_are_those_of_the_definition, pane_clear),
        cmocka_unit_test_setup(one_host_has_no_entropy, pane_clear),
        cmocka_unit_test_setup(protocols_are_sorted_and_the_nameless_are_one, pane_clear),
        cmocka_unit_test_setup(every_protocol_can_be_there, pane_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
