// SPDX-License-Identifier: Apache-2.0
// Kinds of options that hold one value.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "agent/config/quantity.h"

// What is JSON of itself (4, true) is taken as that, anything else (1Mi) as a string.
static json_t *read_literal(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value != NULL ? value : json_string(text);
}

static void string_release(void *slot)
{
    free(*(char **)slot);
}

static int boolean_store(const struct option_row *row, const json_t *value, void *slot,
                         struct option_fault *fault)
{
    (void)row;
    (void)fault;
    *(bool *)slot = json_is_true(value);
    return json_is_boolean(value) ? 0 : -EINVAL;
}

static void boolean_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "true or false");
}

static int number_store(const struct option_row *row, const struct quantity_unit *units,
                        int64_t number, void *slot)
{
    if (number < quantity_parse(units, row->least) || number > quantity_parse(units, row->most) ||
        (row->power_of_two && (number & (number - 1)) != 0)) {
        return -EINVAL;
    }
    *(int64_t *)slot = number;
    return 0;
}

// A string is for a number with a suffix: "4" where 4 is meant is a mistake of type.
static int integer_store(const struct option_row *row, const json_t *value, void *slot,
                         struct option_fault *fault)
{
    (void)fault;
    const char *text = json_string_value(value);
    int64_t number = json_is_integer(value) ? json_integer_value(value) : -EINVAL;
    if (text != NULL && text[0] != '\0' && !isdigit((unsigned char)text[strlen(text) - 1])) {
        number = quantity_parse(quantity_counts, text);
    }
    return number_store(row, quantity_counts, number, slot);
}

static void integer_expect(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "%s from %s to %s", row->power_of_two ? "a power of two" : "an integer",
             row->least, row->most);
}

// A number that is nothing without its unit.
static int quantity_store(const struct option_row *row, const struct quantity_unit *units,
                          const json_t *value, void *slot)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    return number_store(row, units, quantity_parse(units, text), slot);
}

static int duration_store(const struct option_row *row, const json_t *value, void *slot,
                          struct option_fault *fault)
{
    (void)fault;
    return quantity_store(row, quantity_durations, value, slot);
}

static int size_store(const struct option_row *row, const json_t *value, void *slot,
                      struct option_fault *fault)
{
    (void)fault;
    return quantity_store(row, quantity_sizes, value, slot);
}

static void duration_expect(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "a duration from %s to %s with its unit, such as %s", row->least,
             row->most, row->standard);
}

static void size_expect(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "a size from %s to %s with its unit, such as %s", row->least, row->most,
             row->standard);
}

// For strings the range is of their length.
static int string_store(const struct option_row *row, const json_t *value, void *slot,
                        struct option_fault *fault)
{
    (void)fault;
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) < strtoul(row->least, NULL, 10) ||
        strlen(text) > strtoul(row->most, NULL, 10)) {
        return -EINVAL;
    }
    *(char **)slot = strdup(text);
    return *(char **)slot != NULL ? 0 : -ENOMEM;
}

static void string_expect(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "a string of %s to %s octets", row->least, row->most);
}

// Brokers refuse every other name.
static int topic_store(const struct option_row *row, const json_t *value, void *slot,
                       struct option_fault *fault)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *text = json_string_value(value);
    if (text == NULL || text[strspn(text, allowed)] != '\0' || strcmp(text, ".") == 0 ||
        strcmp(text, "..") == 0) {
        return -EINVAL;
    }
    return string_store(row, value, slot, fault);
}

static void topic_expect(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "a topic's name of %s to %s letters, digits, dots, - and _", row->least,
             row->most);
}

static int choice_store(const struct option_row *row, const json_t *value, void *slot,
                        struct option_fault *fault)
{
    (void)fault;
    const char *text = json_string_value(value);
    for (int i = 0; text != NULL && row->choices[i] != NULL; i++) {
        if (strcmp(row->choices[i], text) == 0) {
            *(int *)slot = i;
            return 0;
        }
    }
    return -EINVAL;
}

static void choice_expect(const struct option_row *row, char *text, size_t size)
{
    int used = snprintf(text, size, "one of %s", row->choices[0]);
    for (int i = 1; row->choices[i] != NULL && used >= 0 && (size_t)used < size; i++) {
        used += snprintf(text + used, size - (size_t)used, ", %s", row->choices[i]);
    }
}

const struct option_kind option_boolean = {
    .size = sizeof(bool),
    .read = read_literal,
    .store = boolean_store,
    .expect = boolean_expect,
};

const struct option_kind option_integer = {
    .size = sizeof(int64_t),
    .read = read_literal,
    .store = integer_store,
    .expect = integer_expect,
};

const struct option_kind option_duration = {
    .size = sizeof(int64_t),
    .read = json_string,
    .store = duration_store,
    .expect = duration_expect,
};

const struct option_kind option_size = {
    .size = sizeof(int64_t),
    .read = json_string,
    .store = size_store,
    .expect = size_expect,
};

const struct option_kind option_string = {
    .size = sizeof(char *),
    .read = json_string,
    .store = string_store,
    .expect = string_expect,
    .release = string_release,
};

const struct option_kind option_topic = {
    .size = sizeof(char *),
    .read = json_string,
    .store = topic_store,
    .expect = topic_expect,
    .release = string_release,
};

const struct option_kind option_choice = {
    .size = sizeof(int),
    .read = json_string,
    .store = choice_store,
    .expect = choice_expect,
};
