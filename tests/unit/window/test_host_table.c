// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/window/host_table.h"
#include "tests/unit/base/random.h"

struct fixture {
    struct host_table table;
    struct host *hosts;
    uint32_t count;
};

static void fixture_init(struct fixture *fixture, uint32_t max)
{
    struct error err = {0};
    struct hash_secret secret = {.seed = 11};
    assert_int_equal(host_table_init(&fixture->table, max, MEMORY_PAGES_NEVER, secret, &err), 0);
    fixture->hosts = calloc(max, sizeof(*fixture->hosts));
    assert_non_null(fixture->hosts);
    fixture->count = 0;
}

static void fixture_fini(struct fixture *fixture)
{
    host_table_fini(&fixture->table);
    free(fixture->hosts);
}

static struct host *get(struct fixture *fixture, uint64_t address, uint32_t ipv6)
{
    uint8_t octets[16] = {0};
    memcpy(octets, &address, sizeof(address));
    uint64_t hash = host_table_hash(&fixture->table, octets, ipv6);
    return host_table_get(&fixture->table, fixture->hosts, &fixture->count, octets, ipv6, hash);
}

static void hosts_come_in_their_order_and_stay(void **state)
{
    (void)state;
    enum { HOSTS = 1000 };
    struct fixture fixture;
    fixture_init(&fixture, HOSTS);
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < HOSTS; i++) {
            // Half of them with the octets of another one, of the other version.
            struct host *host = get(&fixture, i / 2, i & 1);
            assert_ptr_equal(host, &fixture.hosts[i]);
            assert_int_equal(host->ipv6, i & 1);
            assert_int_equal(host->source_packets, round * i);
            assert_int_equal(host->destination_packets, round);
            host->source_packets += i;
            host->destination_packets++;
        }
    }
    assert_int_equal(fixture.count, HOSTS);
    fixture_fini(&fixture);
}

static void a_full_table_takes_no_new_host_and_finds_the_old(void **state)
{
    (void)state;
    for (uint32_t max = 1; max <= 64; max++) {
        struct fixture fixture;
        fixture_init(&fixture, max);
        for (uint64_t address = 0; address < 3 * max; address++) {
            assert_int_equal(get(&fixture, address, 0) != NULL, address < max);
        }
        for (uint64_t address = 0; address < max; address++) {
            assert_ptr_equal(get(&fixture, address, 0), &fixture.hosts[address]);
        }
        assert_int_equal(fixture.count, max);
        fixture_fini(&fixture);
    }
}

// Whatever the hash says, hosts are told apart by address and version.
static void equal_hashes_are_no_equal_hosts(void **state)
{
    (void)state;
    enum { HOSTS = 8 };
    static const uint64_t hashes[] = {0, UINT64_MAX, UINT64_C(0x8000000001000000)};
    for (size_t h = 0; h < sizeof(hashes) / sizeof(hashes[0]); h++) {
        struct fixture fixture;
        fixture_init(&fixture, HOSTS);
        for (unsigned i = 0; i < 2 * HOSTS; i++) {
            const uint8_t address[16] = {[15] = (uint8_t)(i % (HOSTS / 2))};
            uint32_t ipv6 = i % HOSTS >= HOSTS / 2;
            struct host *host = host_table_get(&fixture.table, fixture.hosts, &fixture.count,
                                               address, ipv6, hashes[h]);
            assert_ptr_equal(host, &fixture.hosts[i % HOSTS]);
        }
        fixture_fini(&fixture);
    }
}

static void guesses_are_right_where_nothing_collides(void **state)
{
    (void)state;
    enum { HOSTS = 4096 };
    struct fixture fixture;
    fixture_init(&fixture, HOSTS);
    unsigned right = 0;
    for (uint64_t address = 0; address < HOSTS; address++) {
        uint8_t octets[16] = {0};
        memcpy(octets, &address, sizeof(address));
        uint64_t hash = host_table_hash(&fixture.table, octets, 0);
        uint32_t before = host_table_guess(&fixture.table, hash);
        get(&fixture, address, 0);
        if (before >= HOSTS) { // an empty slot: now it is this host's
            assert_int_equal(host_table_guess(&fixture.table, hash), address);
            right++;
        }
    }
    assert_true(right > HOSTS / 2);
    fixture_fini(&fixture);
}

// Small tables, so that runs of slots meet and go round the end; from no host to a full table, so
// that both ways of clearing are gone.
static void clear_leaves_nothing_behind(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 4, 30, 100, 1000};
    struct random random = {.state = 9};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct fixture fixture;
        fixture_init(&fixture, sizes[i]);
        for (unsigned round = 0; round < 1000; round++) {
            uint64_t wanted = random_below(&random, sizes[i] + 1) >> random_below(&random, 4);
            for (uint64_t n = 0; n < wanted; n++) {
                get(&fixture, random_next(&random), n & 1);
            }
            assert_int_equal(fixture.count, wanted);
            host_table_clear(&fixture.table, fixture.hosts, fixture.count);
            fixture.count = 0;
            for (uint32_t slot = 0; slot < fixture.table.slot_count; slot++) {
                assert_true(fixture.table.slots[slot] == 0);
            }
        }
        fixture_fini(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_come_in_their_order_and_stay),
        cmocka_unit_test(a_full_table_takes_no_new_host_and_finds_the_old),
        cmocka_unit_test(equal_hashes_are_no_equal_hosts),
        cmocka_unit_test(guesses_are_right_where_nothing_collides),
        cmocka_unit_test(clear_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
