// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/text_file.h"
#include "agent/generate/profile.h"

enum { FILE_MAX = 1 << 20 };

static int scalar_set(struct profile *profile, const char *name, const json_t *value,
                      struct error *err)
{
    char number[64];
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
        text = number;
    } else if (json_is_real(value)) {
        snprintf(number, sizeof(number), "%.17g", json_real_value(value));
        text = number;
    }
    if (text == NULL) {
        return error_set(err, -EINVAL, "%s: expected a string or a number", name);
    }
    return profile_set(profile, name, text, err);
}

// {"dns": 10, "https": 90} becomes "dns=10,https=90,".
static int shares_set(struct profile *profile, json_t *object, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    const char *name;
    json_t *share;
    int code = to == NULL ? error_set(err, -ENOMEM, "no memory") : 0;
    if (to != NULL) {
        json_object_foreach(object, name, share)
        {
            if (strpbrk(name, "=,") != NULL) {
                code = error_set(err, -EINVAL, "protocols: unknown protocol %s", name);
            } else if (!json_is_number(share)) {
                code = error_set(err, -EINVAL, "protocols: expected a number for %s", name);
            }
            fprintf(to, "%s=%.17g,", name, json_number_value(share));
        }
        fclose(to);
    }
    code = code == 0 ? profile_set(profile, "protocols", text, err) : code;
    free(text);
    return code;
}

static int orders_set(struct profile *profile, json_t *array, struct error *err)
{
    size_t index;
    json_t *value;
    int code = 0;
    json_array_foreach(array, index, value)
    {
        code = code == 0 ? scalar_set(profile, "anomaly", value, err) : code;
    }
    return code;
}

int profile_put(struct profile *profile, const char *name, json_t *value, struct error *err)
{
    if (strcmp(name, "protocols") == 0 && json_is_object(value)) {
        return shares_set(profile, value, err);
    }
    if (strcmp(name, "anomalies") == 0 && json_is_array(value)) {
        return orders_set(profile, value, err);
    }
    return scalar_set(profile, name, value, err);
}

static int members_set(struct profile *profile, json_t *root, struct error *err)
{
    const char *name;
    json_t *value;
    int code = 0;
    json_object_foreach(root, name, value)
    {
        if (code != 0) {
            break;
        }
        code = profile_put(profile, name, value, err);
    }
    return code;
}

int profile_parse(struct profile *profile, const char *text, size_t size, const char *name,
                  struct error *err)
{
    int code = 0;
    json_error_t where;
    struct error inner;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        return error_set(err, -EINVAL, "%s:%d: %s", name, where.line, where.text);
    }
    if (!json_is_object(root)) {
        code = error_set(err, -EINVAL, "%s: expected an object", name);
    } else if ((code = members_set(profile, root, &inner)) != 0) {
        error_set(err, code, "%s: %s", name, inner.text);
    }
    json_decref(root);
    return code;
}

int profile_read(struct profile *profile, const char *path, struct error *err)
{
    char *text;
    size_t size;
    int code = text_file_read(path, FILE_MAX, &text, &size, err);
    if (code == 0) {
        code = profile_parse(profile, text, size, path, err);
        free(text);
    }
    return code;
}
