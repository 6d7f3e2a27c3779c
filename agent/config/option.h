// SPDX-License-Identifier: Apache-2.0
// One row for each option and one table of operations for each kind of value. For the files of this
// room only.
#ifndef WEIR_CONFIG_OPTION_H
#define WEIR_CONFIG_OPTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/config/config.h"

// With its NUL. Only a property's could be longer, and is unknown then.
enum { OPTION_NAME_MAX = 256 };

struct option_row {
    const char *name;
    const struct option_kind *kind;
    size_t offset;        // of the value in struct config
    size_t size;          // of the value, which must be the kind's
    const char *standard; // the default, as it would be written after --set
    const char *least;    // numbers: the range, in the same way of writing
    const char *most;
    const char *const *choices; // enumerations: the names in the order of the enum, then NULL
    bool power_of_two;
    bool live; // can change while the agent runs
    const char *help;
};

extern const struct option_row option_rows[];
extern const size_t option_count; // of them

// Why a value was refused.
struct option_fault {
    const json_t *got; // the value at fault, where it is a part of the whole one
    struct error why;  // empty: it is not what the kind expects
};

struct option_kind {
    size_t size; // of the value in struct config

    // The JSON value that `text` of a command line stands for. NULL: not UTF-8, or no memory.
    json_t *(*read)(const char *text);

    // Fills the zeroed *slot. On failure (-EINVAL, -ENOMEM) what it holds may be released.
    int (*store)(const struct option_row *row, const json_t *value, void *slot,
                 struct option_fault *fault);

    // Says what is accepted: "an integer from 1 to 64".
    void (*expect)(const struct option_row *row, char *text, size_t size);

    // Frees what *slot holds; NULL where that is nothing.
    void (*release)(void *slot);
};

extern const struct option_kind option_boolean, option_integer, option_duration, option_size,
    option_string, option_topic, option_choice;                                // option_scalar.c
extern const struct option_kind option_numbers, option_outputs;                // a file each
extern const struct option_kind option_names, option_devices, option_prefixes; // option_strings.c

extern const struct option_kind option_endpoint, option_reach, option_token; // a file each

// The kind whose name ends in ".NAME", for any NAME; its value is an object of them.
extern const struct option_kind option_properties; // option_properties.c

// The row of an option. Of a property *property is the NAME part, else NULL. NULL: no such option.
const struct option_row *option_find(const char *name, const char **property);

// Whether options have names that begin with "name.".
bool option_group_exists(const char *name);

// The option that a wrong name was probably meant to be, or NULL.
const char *option_nearest(const char *name);

// For the kinds that are lists: the array that "A,B" stands for, and a store that calls `add` for
// each item of an array until one fails.
json_t *option_list_read(const char *text);
int option_list_store(const json_t *value, void *slot, struct option_fault *fault,
                      int (*add)(void *slot, const json_t *item));

// The same for lists of strings (struct config_strings). add: -EINVAL where it is there already.
int option_strings_add(struct config_strings *strings, const char *text);
void option_strings_release(void *slot);

// How a value is shown in a message: as JSON, cut where it is long.
struct option_quote {
    char text[80];
};
struct option_quote option_quote(const json_t *value);

#endif
