// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>

#include "dataplane/base/memory.h"

enum { PAGE = 4096 };
#define HUGE_PAGE ((size_t)2 << 20)

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        1, PAGE - 1, PAGE, PAGE + 1, HUGE_PAGE - 1, HUGE_PAGE, HUGE_PAGE + 1, 5 * HUGE_PAGE / 2};
    static const enum memory_pages pages[] = {MEMORY_PAGES_AUTO, MEMORY_PAGES_NEVER};
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t bytes = sizes[i / 2];
        struct error err = {0};
        uint8_t *memory = memory_map(bytes, pages[i % 2], &err);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % PAGE, 0);
        for (size_t at = 0; at < bytes; at += at + PAGE < bytes ? PAGE : 1) {
            assert_int_equal(memory[at], 0);
        }
        memset(memory, 0xff, bytes);
        memory_unmap(memory, bytes);
    }
    memory_unmap(NULL, PAGE);
}

// What is not there yet would fault on the packet path.
static void all_pages_are_there(void **state)
{
    (void)state;
    enum { PAGES = 3000 };
    static const enum memory_pages pages[] = {MEMORY_PAGES_AUTO, MEMORY_PAGES_NEVER};
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct error err = {0};
        uint8_t *memory = memory_map(PAGES * PAGE, pages[i], &err);
        assert_non_null(memory);
        unsigned char there[PAGES];
        assert_int_equal(mincore(memory, PAGES * PAGE, there), 0);
        for (unsigned page = 0; page < PAGES; page++) {
            assert_int_equal(there[page] & 1, 1);
        }
        memory_unmap(memory, PAGES * PAGE);
    }
}

static void reserved_memory_comes_when_it_is_touched(void **state)
{
    (void)state;
    enum { PAGES = 300, TOUCHED = 77 }; // less than a huge page
    struct error err = {0};
    uint8_t *memory = memory_reserve(PAGES * PAGE, &err);
    assert_non_null(memory);
    assert_int_equal(memory[TOUCHED * PAGE + 1], 0);
    memory[TOUCHED * PAGE + 1] = 1;
    unsigned char there[PAGES];
    assert_int_equal(mincore(memory, PAGES * PAGE, there), 0);
    for (unsigned page = 0; page < PAGES; page++) {
        assert_int_equal(there[page] & 1, page == TOUCHED);
    }
    memory_unmap(memory, PAGES * PAGE);
    assert_null(memory_reserve((size_t)1 << 60, &err));
    assert_non_null(strstr(err.text, "memory"));
}

// /proc/self/statm: pages of the address space.
static unsigned long address_space_pages(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    return pages;
}

static void unmap_gives_all_of_it_back(void **state)
{
    (void)state;
    enum { ROUNDS = 64 };
    static const size_t sizes[] = {PAGE + 1, HUGE_PAGE + 1};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct error err;
        address_space_pages(); // its first run makes the C library's own memory grow
        unsigned long before = address_space_pages();
        for (unsigned round = 0; round < ROUNDS; round++) {
            memory_unmap(memory_map(sizes[i], MEMORY_PAGES_AUTO, &err), sizes[i]);
        }
        assert_true(address_space_pages() < before + ROUNDS);
    }
}

static void too_much_is_refused_with_a_message(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(memory_map((size_t)1 << 60, MEMORY_PAGES_AUTO, &err));
    assert_non_null(strstr(err.text, "MiB"));
}

// More huge pages than any machine has: the message says what to do.
static void required_huge_pages_are_not_replaced_by_small_ones(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(memory_map((size_t)1 << 50, MEMORY_PAGES_REQUIRE, &err));
    assert_non_null(strstr(err.text, "vm.nr_hugepages=536870912"));
    assert_non_null(strstr(err.text, "memory.huge_pages"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(all_pages_are_there),
        cmocka_unit_test(reserved_memory_comes_when_it_is_touched),
        cmocka_unit_test(unmap_gives_all_of_it_back),
        cmocka_unit_test(too_much_is_refused_with_a_message),
        cmocka_unit_test(required_huge_pages_are_not_replaced_by_small_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
