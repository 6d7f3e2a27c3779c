// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/config/option.h"
#include "dataplane/base/endpoint.h"

// Large enough for the value of any kind, and aligned for it.
union slot {
    int64_t number;
    char *text;
    struct config_properties list;
};

static void *value_of(struct config *config, const struct option_row *row)
{
    return (char *)config + row->offset;
}

// Makes `value` the row's value in `config`, or leaves all as it was.
static int value_store(struct config *config, const struct option_row *row, const json_t *value,
                       struct option_fault *fault)
{
    union slot slot;
    memset(&slot, 0, sizeof(slot));
    int status = row->kind->store(row, value, &slot, fault);
    void *old = value_of(config, row);
    if (row->kind->release != NULL) {
        row->kind->release(status == 0 ? old : &slot);
    }
    if (status == 0) {
        memcpy(old, &slot, row->kind->size);
    }
    return status;
}

int config_init(struct config *config, struct error *err)
{
    memset(config, 0, sizeof(*config));
    config->written = json_object();
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        json_t *value =
            row->kind == &option_properties ? json_object() : row->kind->read(row->standard);
        struct option_fault fault = {0};
        int status = value_store(config, row, value, &fault);
        if (json_object_set_new(config->written, row->name, value) < 0 || status < 0) {
            config_free(config);
            return error_set(err, -ENOMEM, "no memory for the configuration");
        }
    }
    return 0;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < option_count; i++) {
        if (option_rows[i].kind->release != NULL) {
            option_rows[i].kind->release(value_of(config, &option_rows[i]));
        }
    }
    json_decref(config->written);
    memset(config, 0, sizeof(*config));
}

static void unknown_add(struct config_problems *problems, struct config_place place,
                        const char *name)
{
    json_t *word = json_string(name);
    struct option_quote quote = option_quote(word);
    json_decref(word);
    const char *nearest = option_nearest(name);
    config_problem_add(problems, place, "unknown option %s%s%s%s (weir config --docs shows all)",
                       quote.text, nearest != NULL ? ", did you mean " : "",
                       nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static void fault_add(struct config_problems *problems, struct config_place place, const char *name,
                      const struct option_row *row, int status, const struct option_fault *fault)
{
    char expected[160];
    row->kind->expect(row, expected, sizeof(expected));
    if (status == -ENOMEM) {
        config_problem_add(problems, place, "%s: %s", name, strerror(ENOMEM));
    } else if (fault->why.text[0] != '\0') {
        config_problem_add(problems, place, "%s: %s", name, fault->why.text);
    } else {
        config_problem_add(problems, place, "%s: expected %s; got %s", name, expected,
                           option_quote(fault->got).text);
    }
}

// The object of all properties with one more among them. NULL: the name is not UTF-8, or no memory.
static json_t *with_property(const json_t *properties, const char *name, json_t *value)
{
    json_t *all = json_copy((json_t *)properties);
    if (json_object_set(all, name, value) < 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}

int config_set(struct config *config, struct config_place place, const char *name, json_t *value,
               struct config_problems *problems)
{
    const char *property;
    const struct option_row *row = option_find(name, &property);
    if (row == NULL) {
        unknown_add(problems, place, name);
        return -EINVAL;
    }
    json_t *whole = property == NULL ? json_incref(value)
                                     : with_property(json_object_get(config->written, row->name),
                                                     property, value);
    struct option_fault fault = {.got = value};
    int status = whole != NULL ? value_store(config, row, whole, &fault) : -EINVAL;
    if (whole == NULL) {
        config_problem_add(problems, place, "%s: the property's name is not UTF-8", row->name);
    } else if (status == 0) {
        json_object_set(config->written, row->name, whole);
    } else {
        fault_add(problems, place, name, row, status, &fault);
    }
    json_decref(whole);
    return status == 0 ? 0 : -EINVAL;
}

int config_set_text(struct config *config, struct config_place place, const char *name,
                    const char *text, struct config_problems *problems)
{
    const char *property;
    const struct option_row *row = option_find(name, &property);
    json_t *value = row != NULL ? row->kind->read(text) : json_null();
    if (value == NULL) {
        config_problem_add(problems, place, "%s: the value is not UTF-8", name);
        return -EINVAL;
    }
    int status = config_set(config, place, name, value, problems);
    json_decref(value);
    return status;
}

bool config_knows(const char *name)
{
    const char *property;
    return option_find(name, &property) != NULL;
}

void config_compare(const struct config *left, const struct config *right,
                    void (*differs)(void *context, const char *name, bool live), void *context)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (!json_equal(json_object_get(left->written, row->name),
                        json_object_get(right->written, row->name))) {
            differs(context, row->name, row->live);
        }
    }
}

static int sensor_name(struct config *config, struct config_problems *problems)
{
    char host[256] = "";
    if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0') {
        config_problem_add(problems, (struct config_place){0},
                           "sensor: the host has no name, so that one must be given");
        return -EINVAL;
    }
    struct config_place place = {.name = "host name"};
    return config_set_text(config, place, "sensor", host, problems);
}

static int control_check(const struct config *config, struct config_problems *problems)
{
    struct endpoint listen;
    const char *text = config->control.listen;
    bool far = endpoint_read(&listen, text, NULL) == 0 && !endpoint_is_loopback(&listen);
    if (far && config->control.token[0] == '\0') {
        config_problem_add(problems, (struct config_place){0},
                           "control.listen: other hosts can reach %s; expected control.token with "
                           "it",
                           text);
        return -EINVAL;
    }
    if ((config->control.certificate[0] == '\0') != (config->control.key[0] == '\0')) {
        bool key = config->control.key[0] != '\0';
        config_problem_add(problems, (struct config_place){0}, "%s: expected %s with it",
                           key ? "control.key" : "control.certificate",
                           key ? "control.certificate" : "control.key");
        return -EINVAL;
    }
    return 0;
}

int config_finish(struct config *config, struct config_problems *problems)
{
    if (control_check(config, problems) != 0) {
        return -EINVAL;
    }
    size_t cores = config->worker.cores.count;
    if (cores > 0 && cores < (size_t)config->workers) {
        config_problem_add(problems, (struct config_place){0},
                           "worker.cores: expected a CPU for each of %lld workers; got %zu",
                           (long long)config->workers, cores);
        return -EINVAL;
    }
    return config->sensor[0] == '\0' ? sensor_name(config, problems) : 0;
}
