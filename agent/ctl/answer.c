// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ctl/show.h"

// What a terminal would act on, the control characters of ASCII and ISO 8859-1, becomes blanks:
// others may have written what the API says.
static void calm(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)text[0];
        unsigned char next = (unsigned char)text[1];
        if (octet == 0xc2 && next >= 0x80 && next < 0xa0) {
            *text++ = ' ';
            *text = ' ';
        } else if (octet < ' ' || octet == 0x7f) {
            *text = ' ';
        }
    }
}

// All texts in it, however deep.
static void json_calm(json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach(json, name, value)
    {
        json_calm(value);
    }
    json_array_foreach(json, i, value)
    {
        json_calm(value);
    }
    char *text = json_is_string(json) ? strdup(json_string_value(json)) : NULL;
    if (text != NULL) {
        calm(text);
        json_string_set(json, text);
    }
    free(text);
}

int ctl_answer_show(const struct ctl *ctl, json_t *json, void (*show)(const json_t *json))
{
    if (json != NULL && ctl->given[CTL_JSON] != NULL) {
        show_json(json);
    } else if (json != NULL) {
        json_calm(json);
        show(json);
    }
    json_decref(json);
    return 0;
}

int ctl_list_show(const struct ctl *ctl, json_t *json, const char *member,
                  void (*show)(const json_t *list))
{
    if (ctl->given[CTL_JSON] != NULL) {
        return ctl_answer_show(ctl, json, show_json);
    }
    json_calm(json);
    show(json_object_get(json, member));
    json_decref(json);
    return 0;
}

int ctl_get(struct ctl *ctl, const char *path, json_t **json, struct error *err)
{
    return client_ask(&ctl->client, "GET", path, NULL, "", NULL, json, err);
}

static bool is_plain(char octet)
{
    return isalnum((unsigned char)octet) != 0 || (octet != '\0' && strchr("-._~", octet) != NULL);
}

int ctl_parameter_add(char *path, size_t size, const char *name, const char *value,
                      struct error *err)
{
    size_t used = strlen(path);
    used += (size_t)snprintf(path + used, size - used,
                             "%c%s=", strchr(path, '?') != NULL ? '&' : '?', name);
    for (; *value != '\0' && used + 4 < size; value++) {
        used += (size_t)snprintf(path + used, size - used, is_plain(*value) ? "%c" : "%%%02X",
                                 (unsigned char)*value);
    }
    return *value == '\0' ? 0 : error_set(err, -EINVAL, "--%s: is too long", name);
}

int ctl_last_add(const struct ctl *ctl, char *path, size_t size, struct error *err)
{
    const char *last = ctl->given[CTL_LAST];
    if (last == NULL) {
        return 0;
    }
    if (last[0] == '\0' || last[strspn(last, "0123456789")] != '\0') {
        return error_set(err, -EINVAL, "--last: expected a number; got %s", last);
    }
    return ctl_parameter_add(path, size, "limit", last, err);
}
