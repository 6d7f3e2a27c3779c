// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/history/scene.h"

#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    strcpy(scene->directory, "/tmp/weir-history-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    snprintf(scene->path, sizeof(scene->path), "%s/history.db", scene->directory);
    struct error err;
    assert_int_equal(json_text_init(&scene->json, "s", &err), 0);
    *state = scene;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    scene_stop(scene);
    json_text_fini(&scene->json);
    char path[512];
    while (scene_files(scene, "", path) > 0) {
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(scene->directory), 0);
    free(scene);
    return 0;
}

void scene_start(struct scene *scene, int64_t max_age_us, int64_t max_bytes)
{
    struct error err;
    const struct history_options options = {
        .path = scene->path, .max_age_us = max_age_us, .max_bytes = max_bytes};
    assert_int_equal(history_create(&scene->history, &options, &err), 0);
    if (history_start(scene->history, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

void scene_stop(struct scene *scene)
{
    history_free(scene->history);
    scene->history = NULL;
}

static void tell(struct scene *scene, const struct record *record)
{
    size_t bytes = 0;
    const char *json = json_text_make(&scene->json, record, &bytes);
    history_tell(scene->history, record, json, bytes);
}

void tell_window(struct scene *scene, int64_t start_us, uint64_t packets)
{
    struct record record;
    memset(&record, 0, sizeof(record));
    record_init(&record, RECORD_WINDOW);
    record.window.start_us = start_us;
    record.window.packets = packets;
    record_know(&record, RECORD_WINDOW_START_US);
    record_know(&record, RECORD_WINDOW_PACKETS);
    tell(scene, &record);
}

void tell_answer(struct scene *scene, int64_t end_us, const char *query, size_t octets)
{
    struct record record;
    memset(&record, 0, sizeof(record));
    record_init(&record, RECORD_QUERY);
    char *filter = malloc(octets + 1);
    memset(filter, 'f', octets);
    filter[octets] = '\0';
    record.query.query = (char *)(uintptr_t)query;
    record.query.filter = filter;
    record.query.end_us = end_us;
    record_know(&record, RECORD_QUERY_QUERY);
    record_know(&record, RECORD_QUERY_FILTER);
    record_know(&record, RECORD_QUERY_END_US);
    tell(scene, &record);
    free(filter);
}

void tell_anomaly(struct scene *scene, int64_t end_us, uint64_t number)
{
    struct record record;
    memset(&record, 0, sizeof(record));
    record_init(&record, RECORD_ANOMALY);
    record.anomaly.anomaly = number;
    record.anomaly.detector = "scan";
    record.anomaly.end_us = end_us;
    record_know(&record, RECORD_ANOMALY_ANOMALY);
    record_know(&record, RECORD_ANOMALY_DETECTOR);
    record_know(&record, RECORD_ANOMALY_END_US);
    tell(scene, &record);
}

struct taking {
    struct taken *taken;
    enum history_kind kind;
};

static bool take(void *context, const struct history_place *place, const char *text, size_t bytes)
{
    static const char *const types[] = {"window", "query", "anomaly"};
    static const char *const numbers[] = {"packets", "end_us", "anomaly"};
    struct taking *taking = context;
    struct taken *taken = taking->taken;
    json_t *record = json_loadb(text, bytes, 0, NULL);
    assert_non_null(record);
    assert_string_equal(json_string_value(json_object_get(record, "type")), types[taking->kind]);
    assert_string_equal(json_string_value(json_object_get(record, "sensor")), "s");
    assert_null(json_object_get(record, "id"));
    assert_true(taken->count < SCENE_RECORDS);
    taken->places[taken->count] = *place;
    taken->numbers[taken->count++] =
        (uint64_t)json_integer_value(json_object_get(record, numbers[taking->kind]));
    json_decref(record);
    return taken->count != taken->most;
}

void scene_read(struct scene *scene, const struct history_span *span, struct taken *taken)
{
    struct error err;
    struct taking taking = {taken, span->kind};
    taken->count = 0;
    if (history_read(scene->history, span, take, &taking, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

struct history_span span_of(enum history_kind kind, int64_t from_us, int64_t to_us)
{
    return (struct history_span){
        .kind = kind, .order = HISTORY_OLDEST_FIRST, .from_us = from_us, .to_us = to_us};
}

int64_t scene_bytes(const struct scene *scene)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    int64_t bytes = 0;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char path[128];
        struct stat status;
        snprintf(path, sizeof(path), "%s%s", scene->path, ends[i]);
        bytes += stat(path, &status) == 0 ? status.st_size : 0;
    }
    return bytes;
}

size_t scene_files(const struct scene *scene, const char *part, char path[512])
{
    size_t count = 0;
    DIR *stream = opendir(scene->directory);
    assert_non_null(stream);
    struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        if (strncmp(entry->d_name, "history.db", 10) == 0 && strstr(entry->d_name, part) != NULL) {
            if (count++ == 0 && path != NULL) {
                snprintf(path, 512, "%s/%s", scene->directory, entry->d_name);
            }
        }
    }
    closedir(stream);
    return count;
}

int64_t scene_ask(const struct scene *scene, const char *question)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(scene->path, &sqlite, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(sqlite, 10000);
    assert_int_equal(sqlite3_prepare_v2(sqlite, question, -1, &statement, NULL), SQLITE_OK);
    int status = sqlite3_step(statement);
    assert_true(status == SQLITE_ROW || status == SQLITE_DONE);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return number;
}

struct history_statistics scene_statistics(const struct scene *scene)
{
    struct history_statistics statistics;
    history_statistics(scene->history, &statistics);
    return statistics;
}

bool scene_said(const struct scene *scene, const char *part)
{
    struct notice notice;
    while (history_notice(scene->history, &notice)) {
        if (strstr(notice.message.text, part) != NULL) {
            return true;
        }
    }
    return false;
}
