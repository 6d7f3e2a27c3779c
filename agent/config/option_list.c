// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "agent/config/option.h"

json_t *option_list_read(const char *text)
{
    json_t *list = json_array();
    while (list != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        if (json_array_append_new(list, json_stringn(text, length)) < 0) {
            json_decref(list);
            return NULL;
        }
        text += length;
        text += *text == ',';
    }
    return list;
}

int option_list_store(const json_t *value, void *slot, struct option_fault *fault,
                      int (*add)(void *slot, const json_t *item))
{
    if (!json_is_array(value)) {
        return -EINVAL;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        fault->got = json_array_get(value, i);
        int status = add(slot, fault->got);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}
