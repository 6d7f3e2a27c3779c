// SPDX-License-Identifier: Apache-2.0
// Panes against the plainest way to add up: a list of addresses that is searched from its start.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/window/window.h"
#include "tests/unit/base/random.h"

enum { HOSTS_MAX = 2000, PANES = 40 };

struct sums {
    uint64_t packets, bytes, wire_bytes, overflow;
    struct pane_protocol protocols[APPLICATION_MAX];
    struct host hosts[HOSTS_MAX];
    uint32_t host_count;
};

static struct window *window_made(uint32_t max_hosts)
{
    struct window_options options = {
        .max_hosts = max_hosts, .pages = MEMORY_PAGES_NEVER, .secret = {.seed = 13}};
    struct error err = {0};
    struct window *window = NULL;
    assert_int_equal(window_create(&window, &options, &err), 0);
    return window;
}

static struct host *sums_host(struct sums *sums, uint32_t max_hosts, const uint8_t *address,
                              bool ipv6)
{
    for (uint32_t i = 0; i < sums->host_count; i++) {
        struct host *host = &sums->hosts[i];
        if (memcmp(host->address, address, 16) == 0 && host->ipv6 == ipv6) {
            return host;
        }
    }
    if (sums->host_count == max_hosts) {
        return NULL;
    }
    struct host *host = &sums->hosts[sums->host_count++];
    *host = (struct host){.ipv6 = ipv6};
    memcpy(host->address, address, 16);
    return host;
}

static void sums_fold(struct sums *sums, uint32_t max_hosts, const struct flow_entry *flow,
                      const struct flow_activity *activity)
{
    sums->packets += activity->packets;
    sums->bytes += activity->bytes;
    sums->wire_bytes += activity->wire_bytes;
    sums->protocols[flow->application].packets += activity->packets;
    sums->protocols[flow->application].bytes += activity->bytes;
    unsigned source = (flow->state & FLOW_SOURCE) != 0;
    bool ipv6 = flow->key.scope & KEY_IPV6;
    struct host *from = sums_host(sums, max_hosts, flow->key.address[source], ipv6);
    if (from != NULL) {
        from->source_packets += activity->packets;
    }
    struct host *to = sums_host(sums, max_hosts, flow->key.address[!source], ipv6);
    if (to != NULL) {
        to->destination_packets += activity->packets;
    }
    sums->overflow += from == NULL || to == NULL ? activity->packets : 0;
}

static struct flow_entry flow_draw(struct random *random, unsigned addresses)
{
    struct flow_entry flow = {.application = (uint16_t)random_below(random, APPLICATION_MAX)};
    flow.state = (uint8_t)(random_below(random, 2) * FLOW_SOURCE | FLOW_SYN);
    flow.key.scope = random_below(random, 2) * KEY_IPV6;
    for (unsigned end = 0; end < 2; end++) { // now and then the same at both ends
        uint64_t address = random_below(random, addresses);
        memcpy(flow.key.address[end], &address, sizeof(address));
    }
    return flow;
}

static void pane_check(const struct pane *pane, const struct sums *sums)
{
    assert_int_equal(pane->packets, sums->packets);
    assert_int_equal(pane->bytes, sums->bytes);
    assert_int_equal(pane->wire_bytes, sums->wire_bytes);
    assert_int_equal(pane->loss.hosts_overflow, sums->overflow);
    assert_memory_equal(pane->protocols, sums->protocols, sizeof(sums->protocols));
    assert_int_equal(pane->host_count, sums->host_count);
    assert_memory_equal(pane->hosts, sums->hosts, sums->host_count * sizeof(struct host));
}

// Of one window panes with no flow, one, as many as wait in its line, and more hosts than room.
static void sums_are_those_of_a_plain_list(void **state)
{
    (void)state;
    static const struct {
        uint32_t max_hosts;
        unsigned folds_max, addresses;
        bool overflows;
    } cases[] = {
        {HOSTS_MAX, 400, 500, false},
        {HOSTS_MAX, 2000, 900, false},
        {100, 40, 1000000, false},
        {100, 400, 300, true},
        {1, 40, 3, true},
        {2, 8, 1000000, true},
    };
    struct sums *sums = malloc(sizeof(*sums));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct random random = {.state = i};
        struct window *window = window_made(cases[i].max_hosts);
        uint64_t overflow = 0;
        for (int64_t n = 0; n < PANES; n++) {
            memset(sums, 0, sizeof(*sums));
            assert_true(window_open(window, n * 1000, n * 1000 + 1000));
            uint64_t folds = random_below(&random, cases[i].folds_max) >> random_below(&random, 6);
            for (uint64_t fold = 0; fold < folds; fold++) {
                struct flow_entry flow = flow_draw(&random, cases[i].addresses);
                uint64_t packets = 1 + random_below(&random, 1000);
                struct flow_activity activity = {packets, packets * 60, packets * 74};
                window_fold(window, &flow, &activity);
                sums_fold(sums, cases[i].max_hosts, &flow, &activity);
            }
            struct pane *pane = window_close(window);
            assert_int_equal(pane->start_us, n * 1000);
            assert_int_equal(pane->end_us, n * 1000 + 1000);
            pane_check(pane, sums);
            overflow += pane->loss.hosts_overflow;
            pane_give_back(pane);
        }
        assert_int_equal(overflow != 0, cases[i].overflows);
        window_free(window);
    }
    free(sums);
    window_free(NULL);
}

static void an_open_pane_is_empty(void **state)
{
    (void)state;
    static const struct pane_protocol no_protocols[APPLICATION_MAX];
    static const struct pane_loss no_loss;
    static const struct pane_books no_books;
    struct window *window = window_made(10);
    for (unsigned n = 0; n < 4; n++) {
        assert_true(window_open(window, n, n + 1));
        struct pane *pane = window_pane(window);
        assert_int_equal(pane->packets + pane->bytes + pane->wire_bytes, 0);
        assert_int_equal(pane->flows_started + pane->flows_ended + pane->flows_active, 0);
        assert_int_equal(pane->host_count, 0);
        assert_true(pane->first_us == INT64_MAX && pane->last_us == INT64_MIN);
        assert_memory_equal(pane->protocols, no_protocols, sizeof(no_protocols));
        assert_memory_equal(&pane->loss, &no_loss, sizeof(no_loss));
        assert_memory_equal(&pane->books, &no_books, sizeof(no_books));
        // And then it is not.
        pane->flows_started = pane->flows_ended = pane->flows_active = 1;
        pane->loss = (struct pane_loss){1, 1, 1, 1, 1, 1, 1};
        pane->books.parsed = 1;
        pane->first_us = pane->last_us = 1;
        const struct flow_entry flow = {.application = 6};
        window_fold(window, &flow, &(struct flow_activity){1, 1, 1});
        assert_ptr_equal(window_close(window), pane);
        pane_give_back(pane);
    }
    window_free(window);
}

static void two_panes_take_turns(void **state)
{
    (void)state;
    struct window *window = window_made(10);
    const struct flow_entry flow = {.application = 6, .key.address = {{1}, {2}}};
    const struct flow_activity activity = {3, 180, 220};
    assert_true(window_open(window, 0, 1));
    window_fold(window, &flow, &activity);
    struct pane *first = window_close(window);
    assert_true(atomic_load(&first->taken));

    assert_true(window_open(window, 1, 2)); // while the first is still read
    struct pane *second = window_pane(window);
    assert_ptr_not_equal(second, first);
    window_fold(window, &flow, &activity);
    window_fold(window, &flow, &activity);
    assert_int_equal(first->packets, 3);
    assert_int_equal(first->hosts[0].source_packets, 3);
    assert_ptr_equal(window_close(window), second);
    assert_int_equal(first->hosts[0].source_packets, 3);
    assert_int_equal(second->hosts[0].source_packets, 6);

    assert_false(window_open(window, 2, 3));
    assert_int_equal(first->packets, 3); // a refusal touches nothing
    pane_give_back(second);
    assert_false(window_open(window, 2, 3)); // turns are turns
    pane_give_back(first);
    assert_true(window_open(window, 2, 3));
    assert_ptr_equal(window_pane(window), first);
    window_free(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_a_plain_list),
        cmocka_unit_test(an_open_pane_is_empty),
        cmocka_unit_test(two_panes_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
