// SPDX-License-Identifier: Apache-2.0
// A history in a directory of its own, records for it, and what is read of them.
#ifndef WEIR_TESTS_HISTORY_SCENE_H
#define WEIR_TESTS_HISTORY_SCENE_H

#include "agent/history/history.h"
#include "export/encode/json_text.h"

enum { SCENE_RECORDS = 4096, WAIT_US = 60000000 };

#define HOUR_US (INT64_C(3600) * 1000000)

struct scene {
    char directory[64];
    char path[96];
    struct history *history;
    struct json_text json;
};

// cmocka's set-up and tear-down; *state is a struct scene without a history.
int scene_setup(void **state);
int scene_teardown(void **state);

// Starts it with the path, and asserts that it did.
void scene_start(struct scene *scene, int64_t max_age_us, int64_t max_bytes);
void scene_stop(struct scene *scene);

// A window with so many packets; an answer of that query about so many octets long; an anomaly.
void tell_window(struct scene *scene, int64_t start_us, uint64_t packets);
void tell_answer(struct scene *scene, int64_t end_us, const char *query, size_t octets);
void tell_anomaly(struct scene *scene, int64_t end_us, uint64_t number);

struct taken {
    size_t count;
    size_t most; // 0: all
    struct history_place places[SCENE_RECORDS];
    uint64_t numbers[SCENE_RECORDS]; // packets of a window, number of an anomaly
};

// Reads the span with history_read, which must succeed; each text must be a record of its kind.
void scene_read(struct scene *scene, const struct history_span *span, struct taken *taken);
struct history_span span_of(enum history_kind kind, int64_t from_us, int64_t to_us);

// Octets of the database, its log and its index on disk.
int64_t scene_bytes(const struct scene *scene);

// Files in the directory whose name begins with the database's and holds `part`; the first's path
// in *path, which may be NULL.
size_t scene_files(const struct scene *scene, const char *part, char path[512]);

// A number that SQLite tells, from another connection.
int64_t scene_ask(const struct scene *scene, const char *question);

struct history_statistics scene_statistics(const struct scene *scene);

// Takes notices up to one with `part` in it; false: there is none.
bool scene_said(const struct scene *scene, const char *part);

#endif
