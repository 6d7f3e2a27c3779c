// SPDX-License-Identifier: Apache-2.0
// What was said of anomalies: shown with all their records, across runs, and gone with them.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/history/scene.h"

enum { MAX_BYTES = 64 * 1024 * 1024, TEXT_BYTES = 512, TEXTS_MAX = 8 };

#define NOTE  "{\"at_us\":1,\"by\":\"127.0.0.1:1\",\"note\":\"known\"}"
#define OTHER "{\"at_us\":2,\"by\":\"127.0.0.1:2\",\"note\":\"\u00e9\"}"
#define SHOWN ",\"acknowledged\":"

struct texts {
    unsigned count;
    char texts[TEXTS_MAX][TEXT_BYTES];
};

static bool text_take(void *context, const struct history_place *place, const char *text,
                      size_t bytes)
{
    struct texts *texts = context;
    (void)place;
    assert_true(texts->count < TEXTS_MAX && bytes < TEXT_BYTES);
    memcpy(texts->texts[texts->count], text, bytes);
    texts->texts[texts->count++][bytes] = '\0';
    return true;
}

// All records of anomalies, in the order of time.
static struct texts anomalies_of(struct scene *scene)
{
    struct error err;
    struct texts texts = {.count = 0};
    struct history_span span = span_of(HISTORY_ANOMALIES, INT64_MIN, INT64_MAX);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    assert_int_equal(history_read(scene->history, &span, text_take, &texts, &err), 0);
    return texts;
}

static void acknowledge(struct scene *scene, uint64_t number, const char *json)
{
    struct error err;
    size_t bytes = json != NULL ? strlen(json) : 0;
    assert_int_equal(history_acknowledge(scene->history, number, json, bytes, &err), 0);
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static void test_all_records_of_it_say_so(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    tell_anomaly(scene, 10, 1);
    tell_anomaly(scene, 20, 2);
    acknowledge(scene, 1, NOTE);
    tell_anomaly(scene, 30, 1);
    struct texts texts = anomalies_of(scene);
    assert_int_equal(texts.count, 3);
    assert_true(ends_in(texts.texts[0], SHOWN NOTE "}"));
    assert_null(strstr(texts.texts[1], SHOWN));
    assert_true(ends_in(texts.texts[2], SHOWN NOTE "}"));
    acknowledge(scene, 1, OTHER);
    acknowledge(scene, 2, NOTE);
    texts = anomalies_of(scene);
    assert_true(ends_in(texts.texts[0], SHOWN OTHER "}"));
    assert_true(ends_in(texts.texts[1], SHOWN NOTE "}"));
    acknowledge(scene, 1, NULL);
    texts = anomalies_of(scene);
    assert_null(strstr(texts.texts[0], SHOWN));
    assert_non_null(strstr(texts.texts[1], SHOWN));
    assert_null(strstr(texts.texts[2], SHOWN));
}

// Numbers begin anew: what was said of another run's anomaly is not of this one's.
static void test_next_run(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    tell_anomaly(scene, 10, 1);
    acknowledge(scene, 1, NOTE);
    scene_stop(scene);
    scene_start(scene, HOUR_US, MAX_BYTES);
    tell_anomaly(scene, 20, 1);
    struct texts texts = anomalies_of(scene);
    assert_int_equal(texts.count, 2);
    assert_non_null(strstr(texts.texts[0], SHOWN NOTE));
    assert_null(strstr(texts.texts[1], SHOWN));
    acknowledge(scene, 1, NULL);
    acknowledge(scene, 7, NOTE);
    texts = anomalies_of(scene);
    assert_non_null(strstr(texts.texts[0], SHOWN NOTE));
}

static void test_goes_with_the_last_record(void **state)
{
    struct scene *scene = *state;
    struct error err;
    scene_start(scene, HOUR_US, MAX_BYTES);
    tell_anomaly(scene, 10, 1);
    tell_anomaly(scene, 20, 1);
    tell_anomaly(scene, 30, 2);
    acknowledge(scene, 1, NOTE);
    acknowledge(scene, 2, NOTE);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    assert_int_equal(history_delete(scene->history, 0, 20, &err), 0);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    assert_int_equal(scene_ask(scene, "SELECT count(*) FROM acknowledgements"), 2);
    assert_int_equal(history_delete(scene->history, 20, 30, &err), 0);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    assert_int_equal(scene_ask(scene, "SELECT count(*) FROM acknowledgements"), 1);
    assert_non_null(strstr(anomalies_of(scene).texts[0], SHOWN NOTE));
}

// As weir made it before anomalies could be acknowledged.
static void test_first_layout(void **state)
{
    struct scene *scene = *state;
    static const char *const made[] = {
        "PRAGMA auto_vacuum = INCREMENTAL",
        "CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, time_us"
        " INTEGER NOT NULL, written_us INTEGER NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL)",
        "CREATE INDEX records_by_time ON records (kind, time_us)",
        "CREATE INDEX records_by_name ON records (kind, name, time_us)",
        "INSERT INTO records (kind, time_us, written_us, name, record)"
        " VALUES (2, 5, strftime('%s') * 1000000, 'scan', '{\"anomaly\":1}')",
        "PRAGMA application_id = 1466263922",
        "PRAGMA user_version = 1",
    };
    scene_start(scene, HOUR_US, MAX_BYTES); // makes the file
    scene_stop(scene);
    assert_int_equal(remove(scene->path), 0);
    close(open(scene->path, O_CREAT | O_WRONLY, 0640));
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        (void)scene_ask(scene, made[i]);
    }
    scene_start(scene, HOUR_US, MAX_BYTES);
    tell_anomaly(scene, 10, 1);
    acknowledge(scene, 1, NOTE);
    struct texts texts = anomalies_of(scene);
    assert_int_equal(texts.count, 2);
    assert_string_equal(texts.texts[0], "{\"anomaly\":1}");
    assert_non_null(strstr(texts.texts[1], SHOWN NOTE));
    assert_int_equal(scene_files(scene, ".corrupt-", NULL), 0);
}

static void test_nothing_before_start(void **state)
{
    struct scene *scene = *state;
    struct error err;
    const struct history_options options = {
        .path = scene->path, .max_age_us = HOUR_US, .max_bytes = MAX_BYTES};
    assert_int_equal(history_create(&scene->history, &options, &err), 0);
    assert_int_equal(history_acknowledge(scene->history, 1, NOTE, strlen(NOTE), &err), -EAGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_records_of_it_say_so, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_next_run, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_goes_with_the_last_record, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(test_first_layout, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_before_start, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
