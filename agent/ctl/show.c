// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/show.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/columns.h"

enum { US_PER_S = 1000000, TIME_MAX = 32, CELL_MAX = 160, NAME_MAX_BYTES = 256, CELLS_MAX = 8 };

void show_json(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "";
}

// A member as it is written in JSON, a string without its quotes; empty where there is none.
static void cell_write(const json_t *object, const char *member, char cell[CELL_MAX])
{
    const json_t *value = json_object_get(object, member);
    cell[0] = '\0';
    if (json_is_string(value)) {
        snprintf(cell, CELL_MAX, "%s", json_string_value(value));
    } else if (json_is_real(value)) {
        snprintf(cell, CELL_MAX, "%.6g", json_real_value(value));
    } else if (value != NULL) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        snprintf(cell, CELL_MAX, "%s", text != NULL ? text : "?");
        free(text);
    }
}

static void time_write(const json_t *object, const char *member, char text[TIME_MAX])
{
    json_int_t us = json_integer_value(json_object_get(object, member));
    time_t seconds = (time_t)(us / US_PER_S);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t used = strftime(text, TIME_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + used, TIME_MAX - used, ".%03dZ", (int)(us % US_PER_S / 1000));
}

// Adds a row with these members, one for each column.
static void row_add(struct columns *columns, const json_t *object, const char *const *members,
                    unsigned count)
{
    char texts[CELLS_MAX][CELL_MAX];
    const char *cells[CELLS_MAX];
    for (unsigned i = 0; i < count; i++) {
        cells[i] = texts[i];
        if (strcmp(members[i], "start_us") == 0) {
            time_write(object, members[i], texts[i]);
        } else {
            cell_write(object, members[i], texts[i]);
        }
    }
    columns_add(columns, cells, count);
}

// What a query asks of its subjects: "> 5 %", "top 10", "> mean + 3 sd".
static void condition_write(const json_t *query, char cell[CELL_MAX])
{
    char number[CELL_MAX];
    const char *kind = text_of(query, "kind");
    if (strcmp(kind, "share") == 0) {
        cell_write(query, "percent", number);
        snprintf(cell, CELL_MAX, "> %.20s %%", number);
    } else if (strcmp(kind, "top") == 0) {
        cell_write(query, "k", number);
        snprintf(cell, CELL_MAX, "top %.20s", number);
    } else {
        cell_write(query, "deviations", number);
        bool zero = strcmp(text_of(query, "baseline"), "zero") == 0;
        snprintf(cell, CELL_MAX, "> %s%.20s sd", zero ? "" : "mean + ", number);
    }
}

// "address", "prefix /24, /48".
static void subject_write(const json_t *query, char cell[CELL_MAX])
{
    const json_t *ipv4 = json_object_get(query, "ipv4_bits");
    const json_t *ipv6 = json_object_get(query, "ipv6_bits");
    int used = snprintf(cell, CELL_MAX, "%.60s", text_of(query, "subject"));
    if (ipv4 != NULL) {
        used += snprintf(cell + used, CELL_MAX - (size_t)used, " /%lld",
                         (long long)json_integer_value(ipv4));
    }
    if (ipv6 != NULL) {
        snprintf(cell + used, CELL_MAX - (size_t)used, "%s /%lld", ipv4 != NULL ? "," : "",
                 (long long)json_integer_value(ipv6));
    }
}

void show_queries(const json_t *queries)
{
    static const char *const titles[] = {"NAME",   "SUBJECT", "CONDITION", "BY",
                                         "WINDOW", "TRAFFIC", "FILTER"};
    struct columns columns = {0};
    size_t i;
    json_t *query;
    columns_add(&columns, titles, 7);
    json_array_foreach((json_t *)queries, i, query)
    {
        char condition[CELL_MAX];
        char subject[CELL_MAX];
        condition_write(query, condition);
        subject_write(query, subject);
        const char *cells[] = {text_of(query, "name"),
                               subject,
                               condition,
                               text_of(query, "by"),
                               text_of(query, "window"),
                               text_of(query, "traffic"),
                               text_of(query, "filter")};
        columns_add(&columns, cells, 7);
    }
    columns_print(&columns, stdout);
}

static void members_print(const char *group, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        char whole[NAME_MAX_BYTES];
        snprintf(whole, sizeof(whole), "%s%s%s", group, group[0] != '\0' ? "." : "", name);
        if (json_is_object(value) && json_object_size(value) > 0) {
            members_print(whole, value);
        } else if (json_is_string(value)) {
            printf("%s  %s\n", whole, json_string_value(value));
        } else {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
            printf("%s  %s\n", whole, text != NULL ? text : "?");
            free(text);
        }
    }
}

void show_members(const json_t *object)
{
    members_print("", object);
}

void show_answer(const json_t *answer)
{
    static const char *const titles[] = {"NAME", "VALUE", "PERCENT", "DEVIATIONS"};
    static const char *const members[] = {"name", "value", "percent", "deviations"};
    struct columns columns = {0};
    char condition[CELL_MAX];
    char subject[CELL_MAX];
    char start[TIME_MAX];
    char end[TIME_MAX];
    size_t i;
    json_t *row;
    condition_write(answer, condition);
    subject_write(answer, subject);
    time_write(answer, "start_us", start);
    time_write(answer, "end_us", end);
    printf("%s: %s by %s, %s, from %s to %s: %lld of %lld%s\n", text_of(answer, "query"), subject,
           text_of(answer, "by"), condition, start, end,
           (long long)json_integer_value(json_object_get(answer, "matching")),
           (long long)json_integer_value(json_object_get(answer, "subjects")),
           json_is_false(json_object_get(answer, "exact")) ? ", not exact" : "");
    columns_add(&columns, titles, 4);
    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        row_add(&columns, row, members, 4);
    }
    columns_print(&columns, stdout);
}

// Who has seen it; nothing where nobody has.
static void acknowledged_print(const json_t *acknowledged)
{
    char line[1024];
    char at[TIME_MAX];
    const char *note = text_of(acknowledged, "note");
    if (acknowledged != NULL) {
        time_write(acknowledged, "at_us", at);
        snprintf(line, sizeof(line), "acknowledged %s by %s%s%s", at, text_of(acknowledged, "by"),
                 note[0] != '\0' ? ": " : "", note);
        columns_print_text(line, stdout);
    }
}

void show_anomalies(const json_t *anomalies)
{
    size_t i;
    json_t *anomaly;
    json_array_foreach((json_t *)anomalies, i, anomaly)
    {
        char start[TIME_MAX];
        char end[TIME_MAX];
        bool open = strcmp(text_of(anomaly, "phase"), "end") != 0;
        time_write(anomaly, "start_us", start);
        time_write(anomaly, "end_us", end);
        printf("%lld %s %s, %s, %s to %s%s, score %.2f\n",
               (long long)json_integer_value(json_object_get(anomaly, "anomaly")),
               text_of(anomaly, "severity"), text_of(anomaly, "detector"),
               text_of(anomaly, "subject"), start, end, open ? " and on" : "",
               json_number_value(json_object_get(anomaly, "score")));
        columns_print_text(text_of(anomaly, "explanation"), stdout);
        acknowledged_print(json_object_get(anomaly, "acknowledged"));
    }
}

void show_windows(const json_t *windows)
{
    static const char *const titles[] = {"START",        "PACKETS", "BYTES",        "STARTED",
                                         "FLOWS_ACTIVE", "SOURCES", "DESTINATIONS", "LOST"};
    static const char *const members[] = {"start_us",      "packets",      "bytes",
                                          "flows_started", "flows_active", "sources",
                                          "destinations",  "lost"};
    struct columns columns = {0};
    size_t i;
    json_t *window;
    columns_add(&columns, titles, 8);
    json_array_foreach((json_t *)windows, i, window)
    {
        json_t *loss = json_object_get(window, "loss");
        json_int_t lost = json_integer_value(json_object_get(loss, "capture_drops")) +
                          json_integer_value(json_object_get(loss, "parse_rejects"));
        json_object_set_new(window, "lost", json_integer(lost));
        row_add(&columns, window, members, 8);
    }
    columns_print(&columns, stdout);
}
