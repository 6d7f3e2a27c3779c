// SPDX-License-Identifier: Apache-2.0
// What brings the records to the disk.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/export/spool_made.h"

enum { SMALL = 600, BATCH = 32 };

static struct made_taken taken;

// Appends, reads and settles while the thread syncs as often as it can.
static void test_thread_beside(void **state)
{
    (void)state;
    struct spool *spool =
        made_open("beside", (struct made_options){.max_bytes = SPOOL_BYTES_MIN, .sync_us = 100});
    uint64_t next = 0;
    for (int i = 0; i < 400; i++) {
        made_append(spool, next, BATCH, SMALL);
        next += BATCH;
        made_take(spool, &taken, i % 3 == 0 ? 2 * BATCH : BATCH / 2);
        for (size_t j = 0; j < taken.count; j++) {
            spool_settle(spool, taken.places[j]);
        }
        made_check(spool);
    }
    assert_int_equal(made_complaints(spool, NULL), 0);
    spool_close(spool);
    made_delete("beside");
}

// With 0 there is no thread: spool_flush does it.
static void test_sync_at_once(void **state)
{
    (void)state;
    struct spool_options options = {
        .directory = made_path("once", ""), .max_bytes = SPOOL_BYTES_MIN, .sync_us = 0};
    struct spool *spool = NULL;
    assert_int_equal(spool_open(&options, &spool, NULL), 0);
    for (uint64_t i = 0; i < 10; i++) {
        made_append(spool, i * BATCH, BATCH, SMALL);
    }
    made_take(spool, &taken, 10 * BATCH + 1);
    made_expect(&taken, 0, 10 * BATCH);
    spool_close(spool);
    made_delete("once");
}

// Waits until the spool complains, a while at most.
static size_t complaints_await(struct spool *spool, struct error *first)
{
    size_t count = 0;
    for (int i = 0; i < 2000 && count == 0; i++) {
        clock_sleep_us(1000);
        count = made_complaints(spool, first);
    }
    return count;
}

// A name that leads nowhere cannot be synced: that is said once, and again after it went well.
static void test_failing_sync(void **state)
{
    (void)state;
    enum { SYNC_US = 2000 };
    struct spool *spool = made_open("failing", (struct made_options){.sync_us = SYNC_US});
    const char *segment = made_segment("failing", spool_newest_segment(spool));
    const char *away = made_path("failing", "away");
    for (uint64_t i = 0; i < 2; i++) {
        made_append(spool, 2 * i, 1, SMALL);
        assert_int_equal(rename(segment, away), 0);
        assert_int_equal(symlink(segment, segment), 0);
        made_append(spool, 2 * i + 1, 1, SMALL);
        struct error first;
        assert_int_equal(complaints_await(spool, &first), 1);
        assert_non_null(strstr(first.text, "cannot sync"));
        assert_non_null(strstr(first.text, made_path("failing", "")));
        clock_sleep_us(10 * SYNC_US);
        assert_int_equal(made_complaints(spool, NULL), 0); // it goes on failing
        assert_int_equal(unlink(segment), 0);
        assert_int_equal(rename(away, segment), 0);
        clock_sleep_us(20 * SYNC_US);
    }
    made_take(spool, &taken, 10);
    made_expect(&taken, 0, 4);
    spool_close(spool);
    made_delete("failing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thread_beside),
        cmocka_unit_test(test_sync_at_once),
        cmocka_unit_test(test_failing_sync),
    };
    return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
