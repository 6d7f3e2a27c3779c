// SPDX-License-Identifier: Apache-2.0
#include "agent/generate_control.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "agent/config/nearest.h"
#include "agent/generate/protocol.h"

#define WHOLE_MAX 1e15

// What is whole is written so.
static json_t *number_json(double number)
{
    bool whole = number == floor(number) && fabs(number) < WHOLE_MAX;
    return whole ? json_integer((json_int_t)number) : json_real(number);
}

static json_t *shares_json(const double shares[PROTOCOL_COUNT])
{
    json_t *json = json_object();
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        if (shares[id] > 0) {
            json_object_set_new(json, protocol_rows[id].name, number_json(shares[id]));
        }
    }
    return json;
}

static json_t *anomaly_json(const struct drive_anomaly *anomaly)
{
    const struct order_row *row = &order_rows[anomaly->kind];
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:I}", "kind", row->name, "subject", anomaly->subject,
                  "begin_us", (json_int_t)anomaly->begin_us, "end_us", (json_int_t)anomaly->end_us);
    if (row->unit != NULL) {
        json_object_set_new(json, "strength", number_json(anomaly->strength));
        json_object_set_new(json, "unit", json_string(row->unit));
    }
    return json;
}

static json_t *anomalies_json(const struct drive_look *look)
{
    json_t *json = json_array();
    for (unsigned i = 0; i < look->anomaly_count; i++) {
        json_array_append_new(json, anomaly_json(&look->anomalies[i]));
    }
    return json;
}

static json_t *show(void *context)
{
    struct generate_control *control = context;
    struct drive_look look;
    drive_look(control->drive, &look);
    const struct profile *profile = &look.profile;
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:o}", "state",
                  look.state == DRIVE_RUNNING ? "running" : "stopped", "output", control->output,
                  "packets_per_second", number_json(profile->packets_per_second),
                  "flows_per_second", number_json(profile->flows_per_second), "addresses",
                  (json_int_t)profile->addresses, "ipv6_share", number_json(profile->ipv6_share),
                  "rhythm", number_json(profile->rhythm), "seed", (json_int_t)profile->seed,
                  "protocols", shares_json(profile->shares), "anomalies", anomalies_json(&look));
    json_t *counters = json_pack("{s:I, s:I, s:I, s:f, s:I}", "packets", (json_int_t)look.packets,
                                 "octets", (json_int_t)look.octets, "flows", (json_int_t)look.flows,
                                 "measured_packets_per_second", look.packets_per_second, "late_us",
                                 (json_int_t)look.late_us);
    json_object_update_new(json, counters);
    return json;
}

static int unknown(const char *name, const char *const *names, struct error *err)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; names[i] != NULL; i++) {
        nearest_consider(&nearest, names[i]);
    }
    return error_set(err, -EINVAL, "unknown member %s%s%s%s", name,
                     nearest.name != NULL ? ", did you mean " : "",
                     nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "?" : "");
}

static bool is_among(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

static int state_read(const json_t *value, bool *runs, struct error *err)
{
    const char *text = json_string_value(value);
    if (text == NULL || (strcmp(text, "running") != 0 && strcmp(text, "stopped") != 0)) {
        return error_set(err, -EINVAL, "state: expected running or stopped");
    }
    *runs = strcmp(text, "running") == 0;
    return 0;
}

// What can change while traffic is made.
static const char *const changing[] = {
    "state",     "packets_per_second", "flows_per_second", "addresses",
    "protocols", "ipv6_share",         "rhythm",           NULL};

static int change(void *context, json_t *members, struct error *err)
{
    struct generate_control *control = context;
    struct drive_look look;
    const char *name;
    json_t *value;
    bool runs = false;
    int code = 0;
    drive_look(control->drive, &look);
    json_object_foreach(members, name, value)
    {
        if (code == 0 && !is_among(name, changing)) {
            code = unknown(name, changing, err);
        } else if (code == 0 && strcmp(name, "state") == 0) {
            code = state_read(value, &runs, err);
        } else if (code == 0) {
            code = profile_put(&look.profile, name, value, err);
        }
    }
    bool moves = json_object_get(members, "state") != NULL;
    if (code == 0 && json_object_size(members) == 0) {
        code = error_set(err, -EINVAL, "expected at least one member and its value");
    } else if (code == 0 && json_object_size(members) > moves) {
        code = drive_change(control->drive, &look.profile, err);
    }
    if (code == 0 && moves) {
        runs ? drive_resume(control->drive) : drive_hold(control->drive);
    }
    return code;
}

// A member of an order as text; a number is written into `room`. NULL in *text: it was not given.
static int text_read(const json_t *order, const char *name, char room[32], const char **text,
                     struct error *err)
{
    const json_t *value = json_object_get(order, name);
    *text = json_string_value(value);
    if (json_is_number(value)) {
        snprintf(room, 32, "%.17g", json_number_value(value));
        *text = room;
    }
    return value == NULL || *text != NULL
               ? 0
               : error_set(err, -EINVAL, "%s: expected a string or a number", name);
}

static int order_read(json_t *json, struct order *order, struct error *err)
{
    static const char *const names[] = {"kind", "length", "subject", "strength", NULL};
    struct order_text words = {0};
    const char **texts[] = {&words.kind, &words.length, &words.subject, &words.strength};
    char rooms[4][32];
    const char *name;
    json_t *value;
    json_object_foreach(json, name, value)
    {
        if (!is_among(name, names)) {
            return unknown(name, names, err);
        }
    }
    for (size_t i = 0; names[i] != NULL; i++) {
        int code = text_read(json, names[i], rooms[i], texts[i], err);
        if (code != 0) {
            return code;
        }
    }
    if (words.kind == NULL || words.length == NULL) {
        return error_set(err, -EINVAL, "%s: is missing; expected %s",
                         words.kind == NULL ? "kind" : "length",
                         words.kind == NULL ? "a kind of anomaly" : "a duration such as 20s");
    }
    return order_make(&words, order, err);
}

static int order_begin(void *context, json_t *json, json_t **begun, struct error *err)
{
    struct generate_control *control = context;
    struct order order;
    struct drive_anomaly anomaly;
    int code = order_read(json, &order, err);
    if (code == 0) {
        code = drive_order(control->drive, &order, &anomaly, err);
    }
    if (code == 0) {
        *begun = anomaly_json(&anomaly);
    }
    return code;
}

struct control_generator generate_control_operations(struct generate_control *context)
{
    return (struct control_generator){show, change, order_begin, context};
}
