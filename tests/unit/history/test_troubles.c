// SPDX-License-Identifier: Apache-2.0
// Damage, a process that is killed, a disk that is full, and files of others.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/history/scene.h"

enum { MAX_BYTES = 64 * 1024 * 1024, RECORDS = 3000 };

static struct taken taken;

static void some_tell(struct scene *scene)
{
    for (int i = 0; i < RECORDS; i++) {
        tell_window(scene, i, (uint64_t)i);
    }
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
}

// Overwrites a part of the file; 0 octets: cuts it to half of its length.
static void damage(const char *path, off_t from, size_t octets)
{
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    char *garbage = malloc(octets + 1);
    memset(garbage, 0xa5, octets + 1);
    if (octets > 0) {
        assert_int_equal(pwrite(fd, garbage, octets, from), octets);
    } else {
        assert_int_equal(ftruncate(fd, status.st_size / 2), 0);
    }
    free(garbage);
    close(fd);
}

static void test_damaged_between_runs(void **state)
{
    static const struct {
        off_t from;
        size_t octets;
    } cases[] = {{0, 100}, {8192, 40960}, {0, 0}, {4096 * 20, 4096}};
    struct scene *scene = *state;
    char mine[128];
    snprintf(mine, sizeof(mine), "%s.corrupt-as-it-was", scene->path);
    close(open(mine, O_CREAT | O_WRONLY, 0600)); // somebody else's, which is left alone
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t aside = i < HISTORY_ASIDE_MAX ? i + 1 : HISTORY_ASIDE_MAX;
        scene_start(scene, HOUR_US, MAX_BYTES);
        some_tell(scene);
        scene_stop(scene);
        damage(scene->path, cases[i].from, cases[i].octets);
        scene_start(scene, HOUR_US, MAX_BYTES);
        some_tell(scene);
        assert_true(scene_said(scene, "was damaged"));
        assert_int_equal(scene_statistics(scene).set_aside, 1);
        assert_int_equal(scene_statistics(scene).dropped[HISTORY_WRITE_FAILED], 0);
        assert_int_equal(scene_files(scene, ".corrupt-", NULL), 1 + aside);
        assert_int_equal(scene_said(scene, "set aside, removed"), i >= HISTORY_ASIDE_MAX);
        struct history_span span = span_of(HISTORY_WINDOWS, INT64_MIN, INT64_MAX);
        scene_read(scene, &span, &taken);
        assert_int_equal(taken.count, RECORDS);
        scene_stop(scene);
    }
}

static bool any_take(void *context, const struct history_place *place, const char *text,
                     size_t bytes)
{
    (void)context, (void)place, (void)text, (void)bytes;
    return true;
}

// A read meets it first, or a write.
static void test_damaged_meanwhile(void **state)
{
    struct scene *scene = *state;
    struct error err;
    scene_start(scene, HOUR_US, MAX_BYTES);
    some_tell(scene);
    assert_true(scene_ask(scene, "PRAGMA wal_checkpoint(TRUNCATE)") == 0);
    damage(scene->path, 4096, 100 * 4096);
    struct history_span span = span_of(HISTORY_WINDOWS, INT64_MIN, INT64_MAX);
    int64_t until_us = clock_monotonic_us() + WAIT_US;
    while (scene_statistics(scene).set_aside == 0 && clock_monotonic_us() < until_us) {
        tell_answer(scene, 1, "q", 5000);
        (void)history_read(scene->history, &span, any_take, NULL, &err);
        clock_sleep_us(10000);
    }
    assert_int_equal(scene_statistics(scene).set_aside, 1);
    assert_true(scene_said(scene, "was damaged"));
    some_tell(scene);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, RECORDS);
}

// Tells records for ever and says in the pipe how many were settled.
static void child_write(struct scene *scene, int to)
{
    scene_start(scene, HOUR_US, MAX_BYTES);
    for (uint64_t i = 0;; i++) {
        tell_window(scene, (int64_t)i, i);
        if (i % 20 == 19) {
            history_flush(scene->history, WAIT_US);
            uint64_t written = scene_statistics(scene).written;
            if (write(to, &written, sizeof(written)) != sizeof(written)) {
                _exit(1);
            }
        }
    }
}

static void test_killed(void **state)
{
    enum { ROUNDS = 8 };
    struct scene *scene = *state;
    uint64_t sure = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            child_write(scene, ends[1]);
        }
        close(ends[1]);
        uint64_t written = 0;
        for (int i = 0; i < 10 + 13 * round; i++) {
            assert_int_equal(read(ends[0], &written, sizeof(written)), sizeof(written));
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &written, sizeof(written)) > 0) {
        }
        close(ends[0]);
        sure += written;
        scene_start(scene, HOUR_US, MAX_BYTES);
        tell_window(scene, 0, 0);
        assert_int_equal(history_flush(scene->history, WAIT_US), 0);
        sure++;
        assert_int_equal(scene_statistics(scene).set_aside, 0);
        uint64_t there = (uint64_t)scene_ask(scene, "SELECT count(*) FROM records");
        assert_true(there >= sure);
        sure = there;
        assert_int_equal(scene_ask(scene, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
        scene_stop(scene);
    }
}

// No file may grow beyond where it is, as on a disk without room.
static void test_full_disk(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    some_tell(scene);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){65536, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 100; i++) {
        tell_answer(scene, i, "q", 50000);
        (void)history_flush(scene->history, WAIT_US);
    }
    uint64_t dropped = scene_statistics(scene).dropped[HISTORY_WRITE_FAILED];
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(dropped > 0);
    assert_true(scene_said(scene, "cannot be written"));
    assert_false(scene_said(scene, "cannot be written"));
    some_tell(scene);
    struct history_statistics statistics = scene_statistics(scene);
    assert_int_equal(statistics.dropped[HISTORY_WRITE_FAILED], dropped);
    assert_int_equal(statistics.written, 2 * RECORDS + 100 - dropped);
    assert_int_equal(statistics.set_aside, 0);
    struct history_span span = span_of(HISTORY_ANSWERS, INT64_MIN, INT64_MAX);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 100 - dropped);
}

static int start(struct scene *scene, struct error *err)
{
    const struct history_options options = {
        .path = scene->path, .max_age_us = HOUR_US, .max_bytes = MAX_BYTES};
    struct history *history = NULL;
    assert_int_equal(history_create(&history, &options, err), 0);
    int code = history_start(history, err);
    history_free(history);
    return code;
}

static void test_refused(void **state)
{
    struct scene *scene = *state;
    struct error err;
    scene_start(scene, HOUR_US, MAX_BYTES);
    assert_int_equal(start(scene, &err), -EBUSY);
    scene_stop(scene);
    (void)scene_ask(scene, "PRAGMA user_version = 99");
    assert_int_equal(start(scene, &err), -ENOTSUP);
    assert_int_equal(scene_ask(scene, "PRAGMA user_version"), 99);
    assert_int_equal(unlink(scene->path), 0);
    close(open(scene->path, O_CREAT | O_WRONLY, 0600));
    (void)scene_ask(scene, "CREATE TABLE theirs (a)");
    assert_int_equal(start(scene, &err), -EINVAL);
    assert_int_equal(scene_files(scene, ".corrupt-", NULL), 0);
    strcpy(scene->path + strlen(scene->directory), "/no/history.db");
    assert_int_equal(start(scene, &err), -ENOENT);
    assert_non_null(strstr(err.text, scene->path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_damaged_between_runs, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_meanwhile, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_killed, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_refused, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
