// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/collect/pane_join.h"
#include "tests/unit/base/random.h"

enum { PANES = 3, HOSTS_MAX = 40, ADDRESSES = 60, ROUNDS = 200 };

// Members of struct pane_books, each of which is one.
enum { BOOKS_COUNTS = sizeof(struct pane_books) / sizeof(uint64_t) };

// Sums without a table: hosts by their number.
struct sums {
    uint64_t packets, bytes, wire_bytes, started, ended, active, fragments;
    struct pane_loss loss;
    uint64_t books[BOOKS_COUNTS];
    int64_t first_us, last_us;
    struct pane_protocol protocols[APPLICATION_MAX];
    struct pane_interface interfaces[PACKET_INTERFACES];
    uint64_t source[2][ADDRESSES], destination[2][ADDRESSES]; // by version
};

static void hosts_draw(struct random *random, struct pane *pane)
{
    pane->host_count = (uint32_t)random_below(random, HOSTS_MAX);
    uint64_t address = 0;
    for (uint32_t i = 0; i < pane->host_count; i++) { // each once: in rising order
        struct host *host = &pane->hosts[i];
        *host = (struct host){.ipv6 = (address & 1) != 0};
        host->address[0] = (uint8_t)(address / 2);
        host->source_packets = random_below(random, 1000);
        host->destination_packets = random_below(random, 1000);
        address += 1 + random_below(random, 2);
    }
}

static void pane_draw(struct random *random, struct pane *pane)
{
    struct host *hosts = pane->hosts;
    *pane = (struct pane){.start_us = 5000,
                          .end_us = 6000,
                          .first_us = INT64_MAX,
                          .last_us = INT64_MIN,
                          .hosts = hosts};
    hosts_draw(random, pane);
    if (random_below(random, 4) != 0) {
        pane->first_us = 5000 + (int64_t)random_below(random, 500);
        pane->last_us = 5500 + (int64_t)random_below(random, 500);
    }
    pane->packets = random_below(random, 1000);
    pane->bytes = random_next(random) >> 8;
    pane->wire_bytes = random_next(random) >> 8;
    pane->flows_started = random_below(random, 100);
    pane->flows_ended = random_below(random, 100);
    pane->flows_active = random_below(random, 100);
    pane->fragments = random_below(random, 100);
    pane->loss = (struct pane_loss){random_below(random, 9), random_below(random, 9),
                                    random_below(random, 9), random_below(random, 9),
                                    random_below(random, 9), random_below(random, 9),
                                    random_below(random, 9)};
    uint64_t counts[BOOKS_COUNTS];
    for (unsigned i = 0; i < BOOKS_COUNTS; i++) {
        counts[i] = random_below(random, 1000);
    }
    memcpy(&pane->books, counts, sizeof(counts));
    for (unsigned i = 0; i < APPLICATION_MAX; i += 1 + (unsigned)random_below(random, 90)) {
        pane->protocols[i] = (struct pane_protocol){random_below(random, 99), random_next(random)};
    }
    for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
        pane->interfaces[i] =
            (struct pane_interface){random_below(random, 99), random_next(random)};
    }
}

static void sums_add(struct sums *sums, const struct pane *pane)
{
    sums->packets += pane->packets;
    sums->bytes += pane->bytes;
    sums->wire_bytes += pane->wire_bytes;
    sums->started += pane->flows_started;
    sums->ended += pane->flows_ended;
    sums->active += pane->flows_active;
    sums->fragments += pane->fragments;
    sums->loss.late += pane->loss.late;
    sums->loss.capture_drops += pane->loss.capture_drops;
    sums->loss.parse_rejects += pane->loss.parse_rejects;
    sums->loss.evicted += pane->loss.evicted;
    sums->loss.hosts_overflow += pane->loss.hosts_overflow;
    sums->loss.shed += pane->loss.shed;
    sums->loss.activity_shed += pane->loss.activity_shed;
    uint64_t counts[BOOKS_COUNTS];
    memcpy(counts, &pane->books, sizeof(counts));
    for (unsigned i = 0; i < BOOKS_COUNTS; i++) {
        sums->books[i] += counts[i];
    }
    sums->first_us = pane->first_us < sums->first_us ? pane->first_us : sums->first_us;
    sums->last_us = pane->last_us > sums->last_us ? pane->last_us : sums->last_us;
    for (unsigned i = 0; i < APPLICATION_MAX; i++) {
        sums->protocols[i].packets += pane->protocols[i].packets;
        sums->protocols[i].bytes += pane->protocols[i].bytes;
    }
    for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
        sums->interfaces[i].packets += pane->interfaces[i].packets;
        sums->interfaces[i].bytes += pane->interfaces[i].bytes;
    }
    for (uint32_t i = 0; i < pane->host_count; i++) {
        const struct host *host = &pane->hosts[i];
        sums->source[host->ipv6][host->address[0]] += host->source_packets;
        sums->destination[host->ipv6][host->address[0]] += host->destination_packets;
    }
}

static void sums_check(const struct sums *sums, const struct pane *pane)
{
    assert_int_equal(pane->start_us, 5000);
    assert_int_equal(pane->end_us, 6000);
    assert_true(pane->first_us == sums->first_us && pane->last_us == sums->last_us);
    assert_int_equal(pane->packets, sums->packets);
    assert_int_equal(pane->bytes, sums->bytes);
    assert_int_equal(pane->wire_bytes, sums->wire_bytes);
    assert_int_equal(pane->flows_started, sums->started);
    assert_int_equal(pane->flows_ended, sums->ended);
    assert_int_equal(pane->flows_active, sums->active);
    assert_int_equal(pane->fragments, sums->fragments);
    assert_memory_equal(pane->protocols, sums->protocols, sizeof(sums->protocols));
    assert_memory_equal(pane->interfaces, sums->interfaces, sizeof(sums->interfaces));
    assert_int_equal(pane->loss.late, sums->loss.late);
    assert_int_equal(pane->loss.capture_drops, sums->loss.capture_drops);
    assert_int_equal(pane->loss.parse_rejects, sums->loss.parse_rejects);
    assert_int_equal(pane->loss.evicted, sums->loss.evicted);
    assert_int_equal(pane->loss.shed, sums->loss.shed);
    assert_int_equal(pane->loss.activity_shed, sums->loss.activity_shed);
    assert_memory_equal(&pane->books, sums->books, sizeof(sums->books));
}

// Takes what the pane tells of hosts off the sums and returns what is left: that of hosts without
// room.
static uint64_t hosts_take(struct sums *sums, const struct pane *pane)
{
    bool seen[2][ADDRESSES] = {0};
    for (uint32_t i = 0; i < pane->host_count; i++) {
        const struct host *host = &pane->hosts[i];
        uint8_t address = host->address[0];
        assert_false(seen[host->ipv6][address]);
        seen[host->ipv6][address] = true;
        assert_int_equal(host->source_packets, sums->source[host->ipv6][address]);
        assert_int_equal(host->destination_packets, sums->destination[host->ipv6][address]);
        sums->source[host->ipv6][address] = sums->destination[host->ipv6][address] = 0;
    }
    uint64_t left = 0;
    for (unsigned address = 0; address < ADDRESSES; address++) {
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
            left += sums->source[ipv6][address] + sums->destination[ipv6][address];
        }
    }
    return left;
}

static struct pane_join *join_made(uint32_t max_hosts)
{
    struct pane_join *join = NULL;
    struct error err = {0};
    assert_int_equal(pane_join_create(&join, max_hosts, MEMORY_PAGES_NEVER, &err), 0);
    return join;
}

static void joined_panes_are_sums(void **state)
{
    (void)state;
    static const struct {
        uint32_t max_hosts;
        bool overflows;
    } cases[] = {{2 * ADDRESSES, false}, {10, true}, {1, true}};
    struct pane *pane = calloc(1, sizeof(*pane));
    struct sums *sums = malloc(sizeof(*sums));
    struct host hosts[HOSTS_MAX];
    pane->hosts = hosts;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct random random = {.state = i};
        struct pane_join *join = join_made(cases[i].max_hosts);
        uint64_t overflows = 0;
        for (unsigned round = 0; round < ROUNDS; round++) {
            *sums = (struct sums){.first_us = INT64_MAX, .last_us = INT64_MIN};
            pane_join_begin(join);
            for (unsigned n = 0; n < 1 + round % PANES; n++) {
                pane_draw(&random, pane);
                sums_add(sums, pane);
                pane_join_add(join, pane);
            }
            const struct pane *joined = pane_join_end(join);
            sums_check(sums, joined);
            uint64_t overflow = joined->loss.hosts_overflow - sums->loss.hosts_overflow;
            assert_int_equal(hosts_take(sums, joined), overflow);
            overflows += overflow;
        }
        assert_int_equal(overflows > 0, cases[i].overflows);
        pane_join_free(join);
    }
    free(sums);
    free(pane);
    pane_join_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_panes_are_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
