// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config_file.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/config/key_lines.h"
#include "agent/config/option.h"
#include "agent/config/text_file.h"

enum { FILE_BYTES_MAX = 1024 * 1024 };

struct reader {
    struct config *config;
    struct config_problems *problems;
    const char *path;
    const unsigned *lines; // of the keys, in the order in which they are met
    size_t next;           // key
    json_t *seen;          // name of an option: line where it was given
};

static size_t keys_within(const json_t *value)
{
    size_t count = 0;
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)value, key, item)
    {
        count += 1 + keys_within(item);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        count += keys_within(json_array_get(value, i));
    }
    return count;
}

static void read_option(struct reader *reader, struct config_place place, const char *name,
                        json_t *value)
{
    json_t *first = json_object_get(reader->seen, name);
    if (first != NULL) {
        config_problem_add(reader->problems, place, "%s: already given in line %lld", name,
                           (long long)json_integer_value(first));
        return;
    }
    json_object_set_new(reader->seen, name, json_integer(place.line));
    config_set(reader->config, place, name, value, reader->problems);
}

// Objects are groups of options, except where a plain option stands: that one says what it expects.
static bool is_group(const char *name, const json_t *value)
{
    const char *property;
    const struct option_row *row = option_find(name, &property);
    if (row != NULL && property == NULL) {
        return false;
    }
    return json_is_object(value) && (json_object_size(value) > 0 || option_group_exists(name));
}

static void read_object(struct reader *reader, const json_t *object, const char *group)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        struct config_place place = {reader->path, reader->lines[reader->next++]};
        char name[OPTION_NAME_MAX];
        int length =
            snprintf(name, sizeof(name), "%s%s%s", group, group[0] != '\0' ? "." : "", key);
        if (length >= (int)sizeof(name)) {
            config_problem_add(reader->problems, place, "no option's name is as long as this");
        } else if (is_group(name, value)) {
            read_object(reader, value, name);
            continue;
        } else if (option_group_exists(name)) {
            config_problem_add(reader->problems, place, "%s: expected an object of options; got %s",
                               name, option_quote(value).text);
        } else {
            read_option(reader, place, name, value);
        }
        reader->next += keys_within(value);
    }
}

static void read_root(struct reader *reader, const json_t *root)
{
    if (!json_is_object(root)) {
        config_problem_add(reader->problems, (struct config_place){reader->path, 1},
                           "expected an object of options; got %s", option_quote(root).text);
        return;
    }
    read_object(reader, root, "");
}

int config_file_parse(struct config *config, const char *path, const char *text, size_t size,
                      struct config_problems *problems)
{
    size_t before = problems->count;
    json_error_t json;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &json);
    if (root == NULL) {
        config_problem_add(problems, (struct config_place){0}, "%s:%d:%d: %s", path, json.line,
                           json.column, json.text);
        return -EINVAL;
    }
    unsigned *lines = key_lines_find(text, size);
    struct reader reader = {config, problems, path, lines, 0, json_object()};
    if (lines == NULL || reader.seen == NULL) {
        config_problem_add(problems, (struct config_place){path, 0}, "no memory to read it");
    } else {
        read_root(&reader, root);
    }
    json_decref(reader.seen);
    free(lines);
    json_decref(root);
    return problems->count == before ? 0 : -EINVAL;
}

int config_file_read(struct config *config, const char *path, struct config_problems *problems)
{
    struct error err;
    char *text;
    size_t size;
    if (text_file_read(path, FILE_BYTES_MAX, &text, &size, &err) < 0) {
        config_problem_add(problems, (struct config_place){0}, "%s", err.text);
        return -EINVAL;
    }
    int status = config_file_parse(config, path, text, size, problems);
    free(text);
    return status;
}
