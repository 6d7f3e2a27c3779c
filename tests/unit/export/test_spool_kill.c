// SPDX-License-Identifier: Apache-2.0
// Processes that are killed while they append.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/base/random.h"
#include "tests/unit/export/spool_made.h"

enum { BATCH = 32, ROUNDS = 64 };

static struct made_taken taken;

// Appends and flushes for ever, settling some of what came before; tells each record that is
// flushed.
static void append_for_ever(uint64_t next, uint64_t max_bytes, int report)
{
    struct spool *spool =
        made_open("killed", (struct made_options){.max_bytes = max_bytes, .sync_us = 3000});
    for (;;) {
        struct spool_item items[BATCH];
        size_t count = spool_peek(spool, items, next % BATCH);
        spool_take(spool, count);
        for (size_t i = 0; i < count; i++) {
            spool_settle(spool, items[i].place);
        }
        made_append(spool, next, BATCH, 8 + next % 5000);
        next += BATCH;
        if (write(report, &next, sizeof(next)) != sizeof(next)) {
            _exit(1);
        }
    }
}

// Lets a child append for a while and kills it. Returns the number behind the last record that it
// said is flushed.
static uint64_t kill_one(uint64_t next, int64_t after_us)
{
    int report[2];
    assert_int_equal(pipe(report), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(report[0]);
        append_for_ever(next, 0, report[1]);
    }
    close(report[1]);
    uint64_t told = next;
    assert_int_equal(read(report[0], &told, sizeof(told)), sizeof(told)); // it has begun
    int64_t until_us = clock_monotonic_us() + after_us;
    while (clock_monotonic_us() < until_us) {
        assert_int_equal(read(report[0], &told, sizeof(told)), sizeof(told));
    }
    kill(child, SIGKILL);
    while (read(report[0], &told, sizeof(told)) == sizeof(told)) {
    }
    close(report[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return told;
}

// All that was flushed and not settled is there, in order and whole; what the child was about when
// it was killed may be.
static void test_killed_processes(void **state)
{
    (void)state;
    struct random random = {.state = 1};
    uint64_t next = 0;
    uint64_t first = 0; // the oldest that may be there
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t told = kill_one(next, (int64_t)random_below(&random, 20000));
        struct spool *spool = made_open("killed", (struct made_options){0});
        made_take(spool, &taken, sizeof(taken.places) / sizeof(taken.places[0]));
        assert_true(taken.count > 0);
        assert_true(taken.numbers[0] >= first);
        for (size_t i = 1; i < taken.count; i++) {
            assert_int_equal(taken.numbers[i], taken.numbers[i - 1] + 1);
        }
        next = taken.numbers[taken.count - 1] + 1;
        assert_true(next >= told && next <= told + BATCH);
        first = taken.numbers[0];
        // No more than a few thousand are kept for the next round.
        for (size_t i = 0; i + 2000 < taken.count; i++) {
            spool_settle(spool, taken.places[i]);
            first = taken.numbers[i] + 1;
        }
        spool_close(spool);
    }
    made_delete("killed");
}

// A survey beside a process that appends, and gives up segments meanwhile, sees no damage.
static void test_survey_beside(void **state)
{
    (void)state;
    int report[2];
    assert_int_equal(pipe(report), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(report[0]);
        append_for_ever(0, 4 * SPOOL_BYTES_MIN, report[1]);
    }
    close(report[1]);
    uint64_t told = 0;
    assert_int_equal(read(report[0], &told, sizeof(told)), sizeof(told));
    for (int i = 0; i < 200; i++) {
        struct spool_survey survey;
        struct error err = {0};
        if (spool_survey(made_path("killed", ""), &survey, &err) != 0) {
            fail_msg("%s", err.text);
        }
        assert_true(survey.open);
        assert_int_equal(survey.damaged_bytes, 0);
        assert_int_equal(read(report[0], &told, sizeof(told)), sizeof(told));
    }
    kill(child, SIGKILL);
    close(report[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    made_delete("killed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_processes),
        cmocka_unit_test(test_survey_beside),
    };
    return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
